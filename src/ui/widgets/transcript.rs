//! Wrapped, highlighted lines of a text that only grows. Complete lines are laid out once; the last, unfinished one anew.

use super::markdown::{Block, block, ends_edit, pieces};
use super::syntax::Highlighter;
use super::wrap::wrap;
use crate::domain::clip;
use crate::domain::safe_text::SafeText;
use crate::ui::Look;
use crate::ui::theme::Role;
use ratatui::text::{Line, Span};

/// A line longer than this (bytes) is laid out in pieces, as if it had line ends: only the last piece is laid out anew
/// while it grows.
const LONGEST: usize = 4096;

/// A text laid out at one width.
#[derive(Default)]
pub struct Transcript {
    width: usize,
    voice: Voice,
    /// Bytes of the text that are laid out in `lines`.
    consumed: usize,
    lines: Vec<Line<'static>>,
    /// The unfinished last line, laid out.
    tail: Vec<Line<'static>>,
    /// Length of the text the tail was made from.
    seen: usize,
    code: Option<(Until, Highlighter)>,
}

/// Where code ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// At a fence of this many ticks.
    Fence(usize),
    /// With the last line of a search/replace block.
    Edit,
}

/// Whose words they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    /// Said aloud: Markdown in full colour.
    #[default]
    Speaking,
    /// The model's thinking: Markdown in the look of thinking.
    Thinking,
}

impl Transcript {
    /// An empty one in this voice.
    pub fn of(voice: Voice) -> Transcript {
        Transcript { voice, ..Transcript::default() }
    }

    /// Brings the layout up to the text and returns how many lines of it were laid out. A text that does not go on from
    /// what was laid out needs a new transcript.
    pub fn update(&mut self, text: &str, width: usize, look: &Look) -> usize {
        if width != self.width || text.len() < self.seen {
            *self = Transcript { width, voice: self.voice, ..Transcript::default() };
        } else if text.len() == self.seen {
            return 0;
        }
        let mut work = 0;
        while let Some((line, next)) = complete_line(&text[self.consumed..]) {
            let mut laid = self.lay_out(line.trim_end_matches('\r'), look);
            self.lines.append(&mut laid);
            self.consumed += next;
            work += 1;
        }
        let before = self.code.clone();
        let rest = &text[self.consumed..];
        self.tail = if rest.is_empty() { Vec::new() } else { self.lay_out(rest, look) };
        self.code = before;
        self.seen = text.len();
        work + usize::from(!rest.is_empty())
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
        if let Some((until, highlighter)) = &mut self.code {
            if let (Until::Fence(ticks), Block::Fence { ticks: t, tag: "" }) = (*until, block(line))
                && t >= ticks
            {
                self.code = None;
                return vec![rule(self.width, "", look)];
            }
            let code = highlighter.line(line, look);
            if *until == Until::Edit && ends_edit(line) {
                self.code = None;
            }
            return self.spoken(wrap(&code, self.width, 0), look);
        }
        match block(line) {
            Block::Fence { ticks, tag } => {
                let language = tag.split_whitespace().next().unwrap_or("");
                self.code = Some((Until::Fence(ticks), Highlighter::new(language)));
                vec![rule(self.width, language, look)]
            }
            Block::Edit => {
                let mut highlighter = Highlighter::new("");
                let code = highlighter.line(line, look);
                self.code = Some((Until::Edit, highlighter));
                self.spoken(wrap(&code, self.width, 0), look)
            }
            Block::Text { mark, text, indent } => {
                self.spoken(wrap(&pieces(mark, text, look), self.width, indent), look)
            }
        }
    }

    /// The lines in the look of their voice.
    fn spoken(&self, mut lines: Vec<Line<'static>>, look: &Look) -> Vec<Line<'static>> {
        if self.voice == Voice::Thinking {
            let style = look.style(Role::Thinking);
            lines.iter_mut().flat_map(|l| &mut l.spans).for_each(|span| span.style = style);
        }
        lines
    }
}

/// The first line of `rest`, if it is complete or long enough to be cut, and the bytes to go on from.
fn complete_line(rest: &str) -> Option<(&str, usize)> {
    match rest.find('\n') {
        Some(end) if end <= LONGEST => Some((&rest[..end], end + 1)),
        _ if rest.len() > LONGEST => {
            let line = clip::head(rest, LONGEST);
            Some((line, line.len()))
        }
        _ => None,
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
    fn a_search_replace_block_is_shown_as_it_stands_and_markdown_goes_on_behind_it() {
        let look = plain_look();
        let edit = "<<<<<<< SEARCH\n# old\n- a\n=======\n> new\n>>>>>>> REPLACE";
        let mut transcript = Transcript::default();
        transcript.update(&format!("src/a.py\n{edit}\n- done\n"), 40, &look);
        assert_eq!(shown(&transcript).join("\n"), format!("src/a.py\n{edit}\n• done"));
    }

    #[test]
    fn a_line_without_end_is_laid_out_piece_by_piece() {
        let look = plain_look();
        let text = "日本 ".repeat(150_000);
        let mut transcript = Transcript::default();
        let mut work = 0;
        for end in (0..=text.len()).step_by(7 * 1000) {
            work += transcript.update(&text[..end], 40, &look);
        }
        transcript.update(&text, 40, &look);
        let mut whole = Transcript::default();
        whole.update(&text, 40, &look);
        assert_eq!(shown(&transcript), shown(&whole));
        assert!(work < 3 * text.len() / LONGEST + 300, "{work} pieces laid out");
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
