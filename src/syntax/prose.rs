//! What comments say, their words and the first sentence of a doc comment; and heads on one line. Knows marks of comments, not languages.

use crate::domain::secret::masked;
use memchr::{memchr, memchr_iter};
use std::borrow::Cow;

/// A signature has at most this many characters.
pub(super) const MOST_SIGNATURE: usize = 200;
/// A first sentence has at most this many characters.
const MOST_SENTENCE: usize = 120;

/// Words shorter than this, or longer than `LONGEST_WORD`, are none.
const SHORTEST_WORD: usize = 3;
const LONGEST_WORD: usize = 40;

/// Calls `take` with every word of `text` as it is written: letters only.
pub(super) fn words<'t>(text: &'t str, mut take: impl FnMut(&'t str)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_letter(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_letter(bytes[at]) {
            at += 1;
        }
        if (SHORTEST_WORD..=LONGEST_WORD).contains(&(at - start))
            && let Some(word) = text.get(start..at)
        {
            take(word);
        }
    }
}

#[inline]
fn is_letter(byte: u8) -> bool {
    static IS_LETTER: [bool; 256] = {
        let (mut table, mut byte) = ([false; 256], 0);
        while byte < 256 {
            table[byte] = (byte as u8).is_ascii_alphabetic() || byte >= 0x80;
            byte += 1;
        }
        table
    };
    IS_LETTER[usize::from(byte)]
}

/// Lines of a text, and those that are not blank.
pub(super) fn lines(text: &str) -> (usize, usize) {
    let (mut all, mut full, mut start) = (0, 0, 0);
    let is_full = |line: &[u8]| usize::from(line.iter().any(|byte| *byte > b' '));
    for end in memchr_iter(b'\n', text.as_bytes()) {
        all += 1;
        full += is_full(&text.as_bytes()[start..end]);
        start = end + 1;
    }
    let is_open = !text.is_empty() && !text.ends_with('\n');
    (all + usize::from(is_open), full + is_full(&text.as_bytes()[start..]))
}

/// The first sentence of a comment or docstring, without its marks, on one line.
pub(super) fn first_sentence(comment: &str) -> String {
    let mut said = String::with_capacity(comment.len().min(MOST_SENTENCE));
    for line in comment.lines() {
        let line = unmarked(line);
        let line = line.trim();
        if line.is_empty() || line.starts_with('@') || line.starts_with('\\') {
            if said.is_empty() && line.is_empty() {
                continue;
            }
            break;
        }
        if !said.is_empty() {
            said.push(' ');
        }
        for word in line.split_whitespace() {
            if !said.is_empty() && !said.ends_with(' ') {
                said.push(' ');
            }
            said.push_str(word);
            let ends = word.ends_with(['.', '!', '?']) && !matches!(word, "e.g." | "i.e." | "etc." | "cf." | "vs.");
            if ends {
                return clipped(said, MOST_SENTENCE);
            }
        }
        if said.len() > 4 * MOST_SENTENCE {
            break;
        }
    }
    clipped(said, MOST_SENTENCE)
}

/// A line of a comment without the marks around it, and without tags of markup (`<summary>`).
fn unmarked(line: &str) -> Cow<'_, str> {
    let mut line = line.trim();
    if let Some(rest) = ["\"\"\"", "'''", "r\"\"\"", "\"", "'"].iter().find_map(|m| line.strip_prefix(m)) {
        line = rest;
    }
    line = line.trim_end_matches("*/").trim_end_matches("\"\"\"").trim_end_matches("'''");
    line = line.trim_start_matches(['/', '*', '#', '!']).trim();
    if memchr(b'<', line.as_bytes()).is_none() {
        return line.into();
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('<') {
        let is_tag = after.starts_with(|c: char| c == '/' || c.is_ascii_lowercase());
        match after.split_once('>').filter(|_| is_tag) {
            Some((_, behind)) => {
                plain.push_str(before);
                rest = behind;
            }
            None => {
                plain.push_str(before);
                plain.push('<');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain.into()
}

/// `text` with at most `most` characters, `…` where it was cut.
pub(super) fn clipped(mut text: String, most: usize) -> String {
    // As many bytes are no more characters.
    let cut = if text.len() <= most { None } else { text.char_indices().nth(most) };
    if let Some((cut, _)) = cut {
        let last = text[..cut].char_indices().next_back().map_or(0, |(i, _)| i);
        text.truncate(last);
        text.push('…');
    }
    text
}

/// A head without the lines in it that begin with `#`, which are the preprocessor's.
pub(super) fn without_directives(head: &str) -> Cow<'_, str> {
    let is_directive = |line: &str| line.trim_start().starts_with('#');
    if !head.contains('#') || !head.lines().any(is_directive) {
        return Cow::Borrowed(head);
    }
    Cow::Owned(head.split_inclusive('\n').filter(|line| !is_directive(line)).collect())
}

/// `text` on one line, at most `most` characters: white space collapsed, keys masked, as it is for looking at.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(4 * most));
    let mut taken = 0;
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        taken += word.len();
        if taken > 4 * most {
            break;
        }
    }
    match masked(&line) {
        Cow::Borrowed(_) => clipped(line, most),
        Cow::Owned(masked) => clipped(masked, most),
    }
}
