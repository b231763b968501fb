//! The input line: what is typed, wrapped, with the cursor in it. Only the surroundings of the cursor are laid out, so that
//! a pasted megabyte costs no more than a sentence.

use crate::domain::safe_text::SafeText;
use crate::ui::Look;
use crate::ui::theme::Role;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Lines before and after the cursor's that are laid out.
const AROUND: usize = 10;
/// Characters of the cursor's line before and after it that are laid out.
const REACH: usize = 2000;

/// Whether the text has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// It has.
    Shown,
    /// Something else has.
    Hidden,
}

/// A typed text, laid out around its cursor.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// Safe rows of at most the asked width.
    pub rows: Vec<String>,
    /// The cursor's row, and the bytes of it that the cursor covers (empty at the end of a row).
    pub cursor: (usize, Range<usize>),
}

impl Input {
    /// Lays out `lines` with the cursor at a line and a character of it.
    pub fn lay_out(lines: &[String], cursor: (usize, usize), width: usize) -> Input {
        let mut input = Input::default();
        let width = width.max(2);
        let from = cursor.0.saturating_sub(AROUND);
        for (number, line) in lines.iter().enumerate().skip(from).take(2 * AROUND + 1) {
            let (text, at) = match number == cursor.0 {
                true => near(line, cursor.1),
                false => (near(line, 0).0, usize::MAX),
            };
            input.line(text, at, width);
        }
        input
    }

    /// The rows that are shown in `height`, and the cursor's row among them.
    pub fn window(&self, height: usize) -> (&[String], usize) {
        let height = height.max(1);
        let top = (self.cursor.0 + 1).saturating_sub(height).min(self.rows.len().saturating_sub(height));
        (&self.rows[top..(top + height).min(self.rows.len())], self.cursor.0 - top)
    }

    /// The rows that are shown in `height`, to be drawn.
    pub fn lines(&self, height: usize, cursor: Cursor, look: &Look) -> Vec<Line<'static>> {
        let text = look.style(Role::Text);
        let (rows, at) = self.window(height);
        let range = self.cursor.1.clone();
        let lines = rows.iter().enumerate().map(|(i, row)| {
            if cursor == Cursor::Hidden || i != at {
                return Line::from(Span::styled(row.clone(), text));
            }
            let under = if range.is_empty() { " " } else { &row[range.clone()] };
            Line::from(vec![
                Span::styled(row[..range.start].to_owned(), text),
                Span::styled(under.to_owned(), text.add_modifier(Modifier::REVERSED)),
                Span::styled(row[range.end..].to_owned(), text),
            ])
        });
        lines.collect()
    }

    /// Adds a line; the cursor is at character `at` of it, if it has as many.
    fn line(&mut self, text: &str, at: usize, width: usize) {
        let (mut row, mut used, mut seen) = (String::new(), 0, 0);
        for word in text.split_word_bounds() {
            let shown: Vec<String> = word.graphemes(true).map(|g| SafeText::new(g).into_string()).collect();
            let wide: usize = shown.iter().map(|g| g.width()).sum();
            // One column stays free, for the cursor behind the last character.
            if used > 0 && used + wide > width - 1 && wide < width {
                self.rows.push(std::mem::take(&mut row));
                used = 0;
            }
            for (grapheme, shown) in word.graphemes(true).zip(shown) {
                let wide = shown.width();
                if used > 0 && used + wide > width - 1 {
                    self.rows.push(std::mem::take(&mut row));
                    used = 0;
                }
                let characters = grapheme.chars().count();
                if (seen..seen + characters).contains(&at) {
                    self.cursor = (self.rows.len(), row.len()..row.len() + shown.len());
                }
                seen += characters;
                used += wide;
                row.push_str(&shown);
            }
        }
        if at != usize::MAX && at >= seen {
            self.cursor = (self.rows.len(), row.len()..row.len());
        }
        self.rows.push(row);
    }
}

/// The part of a line around a character, and where in it the character is.
fn near(line: &str, at: usize) -> (&str, usize) {
    let from = at.saturating_sub(REACH);
    let start = line.char_indices().nth(from).map_or(line.len(), |(i, _)| i);
    let rest = &line[start..];
    let end = rest.char_indices().nth(2 * REACH).map_or(rest.len(), |(i, _)| i);
    (&rest[..end], at - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, at: usize, width: usize) -> Vec<String> {
        let mut input = Input::lay_out(&[text.to_owned()], (0, at), width);
        let (row, range) = input.cursor.clone();
        input.rows[row].insert(range.end, ']');
        input.rows[row].insert(range.start, '[');
        input.rows
    }

    #[test]
    fn words_wrap_and_the_cursor_is_where_it_was_put() {
        assert_eq!(marked("one two three", 0, 9), ["[o]ne two ", "three"]);
        assert_eq!(marked("one two three", 8, 9), ["one two ", "[t]hree"]);
        assert_eq!(marked("one two three", 13, 9), ["one two ", "three[]"]);
        assert_eq!(marked("", 0, 9), ["[]"]);
        assert_eq!(marked("abcdefgh", 8, 5), ["abcd", "efgh[]"]);
        assert_eq!(marked("日本語", 1, 5), ["日[本]", "語"]);
    }

    #[test]
    fn what_is_pasted_cannot_reach_the_terminal() {
        assert_eq!(marked("a\u{1b}b", 2, 40), ["a⟦U+001B⟧[b]"]);
        assert_eq!(marked("x\u{202e}", 2, 40), ["x⟦U+202E⟧[]"]);
    }

    #[test]
    fn no_row_is_wider_than_the_line_and_a_megabyte_is_not_laid_out() {
        let text = "日x ".repeat(400_000);
        let input = Input::lay_out(&[text], (0, 900_000), 20);
        assert!(input.rows.len() < 1000);
        assert!(input.rows.iter().all(|r| r.width() <= 20));
        let many: Vec<String> = (0..100_000).map(|i| i.to_string()).collect();
        let input = Input::lay_out(&many, (50_000, 2), 20);
        assert_eq!(input.rows[input.cursor.0], "50000");
        assert!(input.rows.len() <= 2 * AROUND + 1);
        assert_eq!(input.window(5).0[input.window(5).1], "50000");
    }
}
