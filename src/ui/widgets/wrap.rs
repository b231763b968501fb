//! Wrapping styled text at words, by display width.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A piece of text in one style, without line ends.
pub type Piece = (String, Style);

/// Wraps pieces to lines of at most `width` columns. Lines after the first begin with `indent` blanks. A word wider than a
/// line is cut.
pub fn wrap(pieces: &[Piece], width: usize, indent: usize) -> Vec<Line<'static>> {
    let width = width.max(1);
    let indent = if indent + 8 > width { 0 } else { indent };
    let mut builder = Builder { width, indent, lines: Vec::new(), spans: Vec::new(), used: 0 };
    for (text, style) in pieces {
        for word in text.split_word_bounds() {
            builder.word(word, *style);
        }
    }
    builder.finish()
}

struct Builder {
    width: usize,
    indent: usize,
    lines: Vec<Line<'static>>,
    spans: Vec<Span<'static>>,
    used: usize,
}

impl Builder {
    fn word(&mut self, word: &str, style: Style) {
        let wide = word.width();
        if self.used + wide <= self.width {
            return self.push(word, wide, style);
        }
        if word.trim().is_empty() {
            return self.break_line();
        }
        if wide <= self.width - self.indent {
            self.break_line();
            return self.push(word, wide, style);
        }
        for grapheme in word.graphemes(true) {
            let wide = grapheme.width();
            if self.used + wide > self.width {
                self.break_line();
            }
            self.push(grapheme, wide, style);
        }
    }

    fn push(&mut self, text: &str, wide: usize, style: Style) {
        // A wrapped line does not begin with the blank that it was broken at.
        if self.used == self.indent && !self.lines.is_empty() && text.trim().is_empty() {
            return;
        }
        match self.spans.last_mut().filter(|s| s.style == style) {
            Some(last) => last.content.to_mut().push_str(text),
            None => self.spans.push(Span::styled(text.to_owned(), style)),
        }
        self.used += wide;
    }

    fn break_line(&mut self) {
        self.lines.push(Line::from(std::mem::take(&mut self.spans)));
        self.used = self.indent;
        if self.indent > 0 {
            self.spans.push(Span::raw(" ".repeat(self.indent)));
        }
    }

    fn finish(mut self) -> Vec<Line<'static>> {
        if !self.spans.is_empty() || self.lines.is_empty() {
            self.lines.push(Line::from(self.spans));
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize, indent: usize) -> Vec<String> {
        wrap(&[(text.to_owned(), Style::default())], width, indent).iter().map(Line::to_string).collect()
    }

    #[test]
    fn words_stay_whole_and_no_line_is_too_wide() {
        assert_eq!(wrapped("the quick brown fox", 10, 0), ["the quick ", "brown fox"]);
        assert_eq!(wrapped("- one two three four", 12, 2), ["- one two ", "  three four"]);
    }

    #[test]
    fn a_word_wider_than_the_line_is_cut_at_graphemes() {
        assert_eq!(wrapped("日本語日本語", 5, 0), ["日本", "語日", "本語"]);
        assert_eq!(wrapped("abcdefgh", 3, 0), ["abc", "def", "gh"]);
    }

    #[test]
    fn nothing_is_one_empty_line() {
        assert_eq!(wrapped("", 10, 0), [""]);
    }
}
