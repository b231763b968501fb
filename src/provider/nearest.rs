//! "Did you mean" for names of models and providers, of which one is often a part of another. Suggests; never replaces a name by
//! itself.

use crate::domain::nearest::distance;

/// At most three of `known` that `wanted` may have meant, closest first: they contain it, or differ in at most a third of
/// its letters.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let contained = !wanted.is_empty() && (lower.contains(&wanted) || wanted.contains(&lower));
            let distance = distance(&wanted, &lower);
            let close = distance <= wanted.chars().count().max(3) / 3;
            (contained || close).then_some((if contained { distance.min(1) } else { distance }, name))
        })
        .collect();
    scored.sort();
    scored.dedup();
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// The suggestion as a sentence to append, with a leading space; empty when nothing is near.
pub fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(wanted, known).as_slice() {
        [] => String::new(),
        names => format!(" Did you mean {}?", names.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_a_missing_tag_and_a_part_find_the_name() {
        let known = ["qwen2.5-coder:7b", "llama3.2:3b", "mistral:latest"];
        assert_eq!(nearest("qwen2.5-coder:1b", known), ["qwen2.5-coder:7b"]);
        assert_eq!(nearest("mistral", known), ["mistral:latest"]);
        assert_eq!(nearest("Llama3.2:3B", known), ["llama3.2:3b"]);
        assert_eq!(nearest("gpt-5", known), Vec::<&str>::new());
        assert_eq!(did_you_mean("olama", ["ollama", "openai"]), " Did you mean ollama?");
    }
}
