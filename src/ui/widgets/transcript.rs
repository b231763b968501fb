//! Wrapped, highlighted lines of a text that only grows. Complete lines are laid out once; the last, unfinished one anew.

use super::markdown::{Block, block, pieces};
use super::syntax::Highlighter;
use super::wrap::wrap;
use crate::domain::safe_text::SafeText;
use crate::ui::Look;
use crate::ui::theme::Role;
use ratatui::text::{Line, Span};

/// A text laid out at one width.
#[derive(Default)]
pub struct Transcript {
    width: usize,
    /// Bytes of the text that are laid out in `lines`.
    consumed: usize,
    lines: Vec<Line<'static>>,
    /// The unfinished last line, laid out.
    tail: Vec<Line<'static>>,
    /// Length of the text the tail was made from.
    seen: usize,
    fence: Option<(usize, Highlighter)>,
}

impl Transcript {
    /// Brings the layout up to the text. A text that does not go on from what was laid out needs a new transcript.
    pub fn update(&mut self, text: &str, width: usize, look: &Look) {
        if width != self.width || text.len() < self.seen {
            *self = Transcript { width, ..Transcript::default() };
        } else if text.len() == self.seen {
            return;
        }
        let complete = text.rfind('\n').map_or(0, |i| i + 1);
        while self.consumed < complete {
            let rest = &text[self.consumed..complete];
            let end = rest.find('\n').unwrap_or(rest.len());
            let mut laid = self.lay_out(rest[..end].trim_end_matches('\r'), look);
            self.lines.append(&mut laid);
            self.consumed += end + 1;
        }
        let before = self.fence.clone();
        self.tail = if text.len() > complete { self.lay_out(&text[complete..], look) } else { Vec::new() };
        self.fence = before;
        self.seen = text.len();
    }

    /// Lines in all.
    pub fn len(&self) -> usize {
        self.lines.len() + self.tail.len()
    }

    /// The lines of a range, which may reach beyond the end.
    pub fn slice(&self, from: usize, to: usize) -> impl Iterator<Item = &Line<'static>> {
        self.lines.iter().chain(&self.tail).skip(from).take(to.saturating_sub(from))
    }

    fn lay_out(&mut self, line: &str, look: &Look) -> Vec<Line<'static>> {
        let safe = SafeText::new(line);
        let line = safe.as_str();
        if let Some((ticks, highlighter)) = &mut self.fence {
            if matches!(block(line), Block::Fence { ticks: t, tag: "" } if t >= *ticks) {
                self.fence = None;
                return vec![rule(self.width, "", look)];
            }
            let code = highlighter.line(line, look);
            return wrap(&code, self.width, 0);
        }
        match block(line) {
            Block::Fence { ticks, tag } => {
                let language = tag.split_whitespace().next().unwrap_or("");
                self.fence = Some((ticks, Highlighter::new(language)));
                vec![rule(self.width, language, look)]
            }
            Block::Text { mark, text, indent } => wrap(&pieces(mark, text, look), self.width, indent),
        }
    }
}

/// A thin line that bounds a code block and names its language.
fn rule(width: usize, label: &str, look: &Look) -> Line<'static> {
    let label = if label.is_empty() { String::new() } else { format!(" {label} ") };
    let label: String = label.chars().take(width.saturating_sub(2)).collect();
    let rest = width.saturating_sub(label.chars().count() + 2);
    Line::from(Span::styled(format!("──{label}{}", "─".repeat(rest)), look.style(Role::Border)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::tests::plain_look;

    fn shown(transcript: &Transcript) -> Vec<String> {
        transcript.slice(0, usize::MAX).map(Line::to_string).collect()
    }

    #[test]
    fn a_text_laid_out_in_any_pieces_looks_as_if_laid_out_whole() {
        let look = plain_look();
        let text = "# Plan\n\nSome **bold** words that wrap.\n```python\nx = \"\"\"\na\n\"\"\"\n```\n- done\nlast";
        let mut whole = Transcript::default();
        whole.update(text, 20, &look);
        for step in 1..7 {
            let mut parts = Transcript::default();
            let mut end = 0;
            while end < text.len() {
                end = (end + step).min(text.len());
                parts.update(&text[..end], 20, &look);
            }
            assert_eq!(shown(&parts), shown(&whole), "in steps of {step}");
        }
    }

    #[test]
    fn another_width_lays_everything_out_again() {
        let look = plain_look();
        let mut transcript = Transcript::default();
        transcript.update("one two three\n", 20, &look);
        transcript.update("one two three\n", 7, &look);
        assert_eq!(shown(&transcript), ["one two", "three"]);
    }

    #[test]
    fn escape_sequences_are_shown_and_not_obeyed() {
        let mut transcript = Transcript::default();
        transcript.update("\x1b]0;owned\x07\n", 60, &plain_look());
        assert_eq!(shown(&transcript), ["⟦U+001B⟧]0;owned⟦U+0007⟧"]);
    }
}
