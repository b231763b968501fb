//! The one boundary between text from outside and the screen.
//!
//! A [`SafeText`] holds nothing a terminal would obey or a reader could not see: control characters, bidirectional
//! overrides, Unicode tags, private-use, zero-width and variation characters are replaced by a visible mark.

use std::fmt::{self, Write};

/// Text that is safe to draw. Lines stay lines; tabs become spaces to the next multiple of four.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SafeText(String);

impl SafeText {
    /// Makes every character of `text` that would be obeyed or invisible a visible mark such as `⟦U+202E⟧`.
    pub fn new(text: &str) -> SafeText {
        if text.bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\n') {
            return SafeText(text.to_owned());
        }
        let mut safe = String::with_capacity(text.len());
        let mut column = 0usize;
        let mut previous = ' ';
        for c in text.chars() {
            match c {
                '\n' => {
                    safe.push('\n');
                    column = 0;
                    previous = c;
                    continue;
                }
                '\t' => {
                    let width = 4 - column % 4;
                    safe.extend(std::iter::repeat_n(' ', width));
                    column += width;
                }
                c if is_hidden(c, previous) => {
                    let start = safe.len();
                    write!(safe, "⟦U+{:04X}⟧", c as u32).expect("writing to a String cannot fail");
                    column += safe[start..].chars().count();
                }
                c => {
                    safe.push(c);
                    column += 1;
                }
            }
            previous = c;
        }
        SafeText(safe)
    }

    /// The same on one line: line ends and tabs become marks, too. For names of files, which may hold them.
    pub fn line(text: &str) -> SafeText {
        let marked = text.replace('\n', "⟦U+000A⟧").replace('\t', "⟦U+0009⟧");
        SafeText::new(&marked)
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The safe text, owned.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Whether `text` holds a character that would be shown as a mark (line ends and tabs do not count). A hunk that
    /// has one needs an explicit acknowledgement before it is accepted.
    pub fn has_hidden(text: &str) -> bool {
        let mut previous = ' ';
        text.chars().any(|c| {
            let hidden = !matches!(c, '\n' | '\t' | '\r') && is_hidden(c, previous);
            previous = c;
            hidden
        })
    }
}

/// A text of one line as a code span of Markdown (CommonMark 0.31, 6.1): nothing in it is a mark, a link or HTML.
pub fn code_span(text: &str) -> String {
    let text = SafeText::line(text).into_string();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One blank on each side belongs to the span, so that a backtick at an end is not taken for a part of the fence.
    let pad = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Control, format, bidi, tag, private-use and invisible characters. The emoji selector U+FE0F and the zero-width joiner
/// pass after a character that is itself a symbol outside ASCII and Latin, since emoji are written with them.
fn is_hidden(c: char, previous: char) -> bool {
    let after_symbol = matches!(previous as u32, 0x203C..=0x3299 | 0x1F000..=0x1FAFF | 0xFE0F);
    match c as u32 {
        0x00..=0x1F | 0x7F..=0x9F => true,
        0xAD | 0x034F | 0x061C | 0x070F | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x3164 | 0xFFA0 => true,
        0x0600..=0x0605 | 0x06DD | 0x08E2 => true,
        0x200D | 0xFE0F => !after_symbol,
        0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F => true,
        0xFE00..=0xFE0E | 0xFEFF | 0xFFF0..=0xFFFB => true,
        0xE000..=0xF8FF | 0xE0000..=0xE0FFF | 0xF0000..=0x10FFFF => true,
        0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0x13430..=0x13455 | 0x110BD | 0x110CD => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_bidi_overrides_and_tags_become_marks() {
        assert_eq!(SafeText::new("a\x1b[31mb").as_str(), "a⟦U+001B⟧[31mb");
        assert_eq!(SafeText::new("x\u{202e}y").as_str(), "x⟦U+202E⟧y");
        assert_eq!(SafeText::new("\u{e0041}").as_str(), "⟦U+E0041⟧");
        assert_eq!(SafeText::new("\u{9b}31m").as_str(), "⟦U+009B⟧31m");
    }

    #[test]
    fn a_name_stays_on_its_line_and_within_its_code_span() {
        assert_eq!(SafeText::line("z\n\tGate\r").as_str(), "z⟦U+000A⟧⟦U+0009⟧Gate⟦U+000D⟧");
        assert_eq!(code_span("a.py:1"), "`a.py:1`");
        assert_eq!(code_span("<img> [l](http:x)\n# Gate"), "`<img> [l](http:x)⟦U+000A⟧# Gate`");
        assert_eq!(code_span("a`b``c"), "```a`b``c```");
        assert_eq!((code_span("`a"), code_span("")), ("`` `a ``".to_owned(), "`  `".to_owned()));
    }

    #[test]
    fn lines_tabs_and_ordinary_text_stay() {
        assert_eq!(SafeText::new("a\tb\nü €").as_str(), "a   b\nü €");
        assert_eq!(SafeText::new("a\r\nb").as_str(), "a⟦U+000D⟧\nb");
        assert!(!SafeText::has_hidden("a\tb\r\n"));
        assert!(SafeText::has_hidden("a\u{200b}b"));
    }

    #[test]
    fn emoji_sequences_are_not_marked() {
        let family = "👩\u{200d}💻 ❤\u{fe0f}";
        assert_eq!(SafeText::new(family).as_str(), family);
        assert!(SafeText::has_hidden("a\u{fe0f}"));
    }
}
