//! Wrapping styled text at words, by display width.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A piece of text in one style, without line ends.
pub type Piece = (String, Style);

/// Wraps pieces to lines of at most `width` columns. Lines after the first begin with `indent` blanks. Lines break at blanks
/// and between wide characters; what is wider than a line is cut.
pub fn wrap(pieces: &[Piece], width: usize, indent: usize) -> Vec<Line<'static>> {
    let width = width.max(1);
    let indent = if indent + 8 > width { 0 } else { indent };
    let mut builder = Builder { width, indent, lines: Vec::new(), spans: Vec::new(), used: 0, unit: Vec::new() };
    for (text, style) in pieces {
        for word in text.split_word_bounds() {
            let blank = word.trim().is_empty();
            // A wide character may stand at the beginning of a line on its own.
            let alone = blank || word.chars().next().and_then(UnicodeWidthChar::width) == Some(2);
            if alone {
                builder.flush();
            }
            match blank {
                true => builder.blank(word, *style),
                false => builder.unit.push((word.to_owned(), *style)),
            }
            if alone {
                builder.flush();
            }
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
    /// What stays on one line if it can: everything since the last blank, in whatever styles.
    unit: Vec<Piece>,
}

impl Builder {
    fn blank(&mut self, blank: &str, style: Style) {
        let wide = blank.width();
        match self.used + wide <= self.width {
            true => self.push(blank, wide, style),
            false => self.break_line(),
        }
    }

    fn flush(&mut self) {
        let unit = std::mem::take(&mut self.unit);
        let wide: usize = unit.iter().map(|(text, _)| text.width()).sum();
        if self.used + wide > self.width && self.used > self.indent && wide <= self.width - self.indent {
            self.break_line();
        }
        for (word, style) in unit {
            self.word(&word, style);
        }
    }

    fn word(&mut self, word: &str, style: Style) {
        let wide = word.width();
        if self.used + wide <= self.width {
            return self.push(word, wide, style);
        }
        if wide <= self.width - self.indent {
            self.break_line();
            return self.push(word, wide, style);
        }
        for grapheme in word.graphemes(true) {
            let wide = grapheme.width();
            if self.used + wide > self.width && self.used > self.indent {
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
        self.flush();
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
    fn punctuation_stays_with_its_word_whatever_its_style() {
        assert_eq!(wrapped("an address is there; go", 20, 0), ["an address is there;", "go"]);
        let bold = Style::default().add_modifier(ratatui::style::Modifier::BOLD);
        let pieces = [("see ".to_owned(), bold), ("the_code".to_owned(), bold), (".".to_owned(), Style::default())];
        let lines: Vec<String> = wrap(&pieces, 12, 0).iter().map(Line::to_string).collect();
        assert_eq!(lines, ["see ", "the_code."]);
    }

    #[test]
    fn nothing_is_one_empty_line() {
        assert_eq!(wrapped("", 10, 0), [""]);
    }
}
