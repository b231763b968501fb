//! Words as code has them: runs of letters, digits and `_`. Knows no language's rules for names, and cuts no word into parts.

/// Whether a character is a part of a word.
pub fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of a text.
pub fn all(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_part(c)).filter(|word| !word.is_empty())
}

/// Where `word` first stands in `text` by itself, and not as a part of a longer one. An empty word stands nowhere.
pub fn find(text: &str, word: &str) -> Option<usize> {
    let is_alone = |at: &usize| !text[..*at].ends_with(is_part) && !text[*at + word.len()..].starts_with(is_part);
    if word.is_empty() { None } else { text.match_indices(word).map(|(at, _)| at).find(is_alone) }
}

/// Whether `word` stands in `text` by itself.
pub fn holds(text: &str, word: &str) -> bool {
    find(text, word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_only_where_it_is_no_part_of_another() {
        for (text, word, place) in [
            ("reparse parse_all parse()", "parse", Some(18)),
            ("größe groß", "groß", Some(8)),
            ("élan", "lan", None),
            ("x.py.bak x.py", "x.py", Some(0)),
            ("parses", "parse", None),
            ("", "parse", None),
            ("parse", "", None),
        ] {
            assert_eq!(find(text, word), place, "{word} in {text}");
        }
        assert_eq!(all("a_1 = größe(-x);").collect::<Vec<_>>(), ["a_1", "größe", "x"]);
    }
}
