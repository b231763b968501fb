//! Cutting a text into the pieces that tokens never cross, as OpenAI's vocabularies define them, without backtracking.
//!
//! The published patterns look ahead: in `\s+(?!\S)` the last space before a word is left to the word. A regular
//! expression cannot, so a run of spaces is matched whole here and its last one is given back by hand. That way the
//! time is linear and no run is too long.

use regex::Regex;

/// The pattern of `o200k_base` without its look-ahead (openai/tiktoken, `tiktoken_ext/openai_public.py`).
pub(super) const O200K: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+"
);

/// The pattern of `cl100k_base` without its look-ahead, from the same place.
pub(super) const CL100K: &str =
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+$|\s*[\r\n]|\s+";

/// The pieces of a text, in order; together they are the text.
pub(super) struct Pieces<'a> {
    pattern: &'a Regex,
    text: &'a str,
    at: usize,
}

/// Cuts `text` by one of the patterns above.
pub(super) fn pieces<'a>(pattern: &'a Regex, text: &'a str) -> Pieces<'a> {
    Pieces { pattern, text, at: 0 }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let found = self.pattern.find_at(self.text, self.at)?;
        let mut end = found.end();
        let mut last_two = found.as_str().chars().rev();
        let last = last_two.next()?;
        // Only `\s+` ends in a space that is no line end; with something behind it, its last character is given back.
        if end < self.text.len() && last.is_whitespace() && !matches!(last, '\r' | '\n') && last_two.next().is_some() {
            end -= last.len_utf8();
        }
        self.at = end;
        Some(&self.text[found.start()..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_space_of_a_run_belongs_to_the_word_behind_it() {
        let pattern = Regex::new(O200K).unwrap();
        let cut = |text| pieces(&pattern, text).collect::<Vec<_>>();
        assert_eq!(cut("a   b"), ["a", "  ", " b"]);
        assert_eq!(cut("a   "), ["a", "   "]);
        assert_eq!(cut("a \n  b"), ["a", " \n", " ", " b"]);
        assert_eq!(cut("x\u{a0}\u{a0}y"), ["x", "\u{a0}", "\u{a0}y"]);
        assert_eq!(cut(" 1"), [" ", "1"]);
    }
}
