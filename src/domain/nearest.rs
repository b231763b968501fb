//! "Did you mean": the known word that lies nearest to one that is not known. Guesses are offered, never used.

/// The candidate that `word` is most likely a slip of: at most a third of its letters wrong, and at least one allowed.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    // Of one letter every other is a slip.
    let allowed = if length < 2 { 0 } else { (length / 3).clamp(1, 4) };
    let candidates = candidates.into_iter().filter(|c| c.chars().count().abs_diff(length) <= allowed);
    let scored = candidates.map(|c| (distance(&word, &c.to_lowercase()), c));
    scored.filter(|(d, _)| *d <= allowed).min_by_key(|(d, _)| *d).map(|(_, c)| c)
}

/// `; did you mean …?` when there is a near one, otherwise the list of what is known, otherwise nothing.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(word, known.clone()) {
        return format!("; did you mean `{near}`?");
    }
    let known: Vec<_> = known.into_iter().take(13).map(|k| format!("`{k}`")).collect();
    match known.len() {
        0 => String::new(),
        1..13 => format!("; known: {}", known.join(", ")),
        _ => format!("; known: {}, …", known[..12].join(", ")),
    }
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let substituted = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substituted.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word_and_strangers_find_none() {
        let known = ["theme", "keymap", "offline", "max_fps"];
        for (word, near) in [
            ("thme", Some("theme")),
            ("htme", None),
            ("them", Some("theme")),
            ("Theme", Some("theme")),
            ("kyemap", Some("keymap")),
            ("off_line", Some("offline")),
            ("colour", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, known), near, "{word}");
        }
    }

    #[test]
    fn without_a_near_word_the_known_ones_are_listed() {
        assert_eq!(suggestion("zzz", ["a", "bb"]), "; known: `a`, `bb`");
    }
}
