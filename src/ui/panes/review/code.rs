//! The code of a proposal: highlighted in pieces as they come into sight, with the words that changed emphasised.
//!
//! A piece begins a little before itself, so that what it looks like does not depend on what was looked at before.

use super::rows::pairs;
use crate::domain::clip;
use crate::domain::hunk::{DiffLine, FileDiff, HunkId, LineKind};
use crate::domain::safe_text::SafeText;
use crate::edit;
use crate::ui::theme::Role;
use crate::ui::widgets::syntax::Highlighter;
use crate::ui::widgets::wrap::Piece;
use crate::ui::{Look, Work};
use ratatui::style::Style;
use ratatui::text::Span;
use std::collections::HashMap;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Lines of a piece, and lines before it that are read to find its state.
const PIECE: usize = 64;
/// Pieces that are kept.
const KEPT: usize = 48;
/// Bytes of a line that are looked at: nobody scrolls further.
const LONGEST: usize = 8192;

/// Highlighted pieces, by hunk and number.
#[derive(Default)]
pub struct Code {
    pieces: HashMap<(HunkId, usize), Vec<Vec<Piece>>>,
}

impl Code {
    /// The styled text of a line of a hunk.
    pub fn line(&mut self, file: &FileDiff, id: HunkId, line: usize, look: &Look, work: &mut Work) -> &[Piece] {
        let number = line / PIECE;
        if !self.pieces.contains_key(&(id, number)) && self.pieces.len() >= KEPT {
            self.pieces.clear();
        }
        let piece = self.pieces.entry((id, number)).or_insert_with(|| {
            let piece = highlight(file, id, number, look);
            work.highlighted += piece.len();
            piece
        });
        piece.get(line % PIECE).map_or(&[], Vec::as_slice)
    }
}

/// Highlights a piece, each side with its own state.
fn highlight(file: &FileDiff, id: HunkId, number: usize, look: &Look) -> Vec<Vec<Piece>> {
    let lines = &file.hunks[id.hunk].lines;
    let wanted = number * PIECE..((number + 1) * PIECE).min(lines.len());
    let (mut old, mut new) = (Highlighter::new(&file.path), Highlighter::new(&file.path));
    let mut found = Vec::with_capacity(wanted.len());
    for (index, line) in lines.iter().enumerate().take(wanted.end).skip(wanted.start.saturating_sub(PIECE)) {
        let text = safe(&line.text);
        let pieces = match line.kind {
            LineKind::Removed => old.line(&text, look),
            LineKind::Added => new.line(&text, look),
            LineKind::Context => {
                old.line(&text, look);
                new.line(&text, look)
            }
        };
        if index >= wanted.start {
            found.push(pieces);
        }
    }
    emphasise(lines, &wanted, &mut found, look);
    found
}

fn safe(text: &str) -> String {
    SafeText::new(clip::head(text, LONGEST)).into_string().replace('\n', " ")
}

/// Marks the words in which a removed line and the added line in its place differ.
fn emphasise(lines: &[DiffLine], wanted: &Range<usize>, found: &mut [Vec<Piece>], look: &Look) {
    // Whole blocks of changes, so that a line finds its counterpart beyond the piece.
    let is_context = |l: &DiffLine| l.kind == LineKind::Context;
    let start = lines[..wanted.start].iter().rposition(is_context).map_or(0, |i| i + 1);
    let end = lines[wanted.end..].iter().position(is_context).map_or(lines.len(), |i| wanted.end + i);
    for (old, new) in pairs(&lines[start..end]) {
        let (Some(old), Some(new)) = (old.map(|i| start + i), new.map(|i| start + i)) else { continue };
        if old == new || !(wanted.contains(&old) || wanted.contains(&new)) {
            continue;
        }
        let words = edit::words(&safe(&lines[old].text), &safe(&lines[new].text));
        let sides = [(old, words.old, Role::RemovedEmphasis), (new, words.new, Role::AddedEmphasis)];
        for (line, ranges, role) in sides {
            if wanted.contains(&line) {
                let pieces = &mut found[line - wanted.start];
                *pieces = mark(std::mem::take(pieces), &ranges, look.style(role));
            }
        }
    }
}

/// The pieces with `style` laid over the ranges (bytes of their whole text).
fn mark(pieces: Vec<Piece>, ranges: &[Range<usize>], style: Style) -> Vec<Piece> {
    if ranges.is_empty() {
        return pieces;
    }
    let mut marked = Vec::with_capacity(pieces.len() + 2 * ranges.len());
    let mut at = 0;
    for (text, own) in pieces {
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let range = ranges.iter().find(|r| r.end > at);
            let (length, inside) = match range {
                Some(r) if r.start <= at => (r.end - at, true),
                Some(r) => (r.start - at, false),
                None => (rest.len(), false),
            };
            let (piece, left) = rest.split_at(length.min(rest.len()));
            // The emphasis is the background: what the code means keeps its colour.
            let emphasis = Style { fg: None, ..style };
            marked.push((piece.to_owned(), if inside { own.patch(emphasis) } else { own }));
            at += piece.len();
            rest = left;
        }
    }
    marked
}

/// The part of a line that lies in a window of columns, on its side's background. Where the line goes on beyond an edge a
/// mark says so: nobody shall accept what is not there to be seen. `screen` is the background that gives way.
pub fn window(pieces: &[Piece], skip: usize, room: usize, base: Style, look: &Look) -> Vec<Span<'static>> {
    let screen = look.style(Role::Text).bg;
    let ground = Style { fg: None, ..base };
    let dressed = |style: Style| match style.bg == screen || style.bg.is_none() {
        true => style.patch(ground),
        false => style.add_modifier(ground.add_modifier),
    };
    let sign = |sign| Span::styled(sign, dressed(look.style(Role::Warning)));
    let is_wider = |than: usize| {
        let mut wide = 0;
        let mut widths = pieces.iter().flat_map(|(text, _)| text.graphemes(true)).map(|grapheme| grapheme.width());
        widths.any(|one| {
            wide += one;
            wide > than
        })
    };
    let (before, after) = (room > 2 && skip > 0 && is_wider(0), room > 2 && is_wider(skip + room));
    let skip = skip + usize::from(before);
    let (mut column, mut spans) = (0, Vec::from_iter(before.then(|| sign("‹"))));
    let mut left = room - usize::from(before) - usize::from(after);
    'line: for (text, style) in pieces {
        let mut shown = String::new();
        for grapheme in text.graphemes(true) {
            let wide = grapheme.width();
            if column >= skip {
                if wide > left {
                    spans.push(Span::styled(shown, dressed(*style)));
                    break 'line;
                }
                shown.push_str(grapheme);
                left -= wide;
            }
            column += wide;
        }
        if !shown.is_empty() {
            spans.push(Span::styled(shown, dressed(*style)));
        }
    }
    spans.push(Span::styled(" ".repeat(left), ground));
    spans.extend(after.then(|| sign("›")));
    spans
}

/// The same text as something that matters less.
pub fn faded(span: Span<'static>, look: &Look) -> Span<'static> {
    Span::styled(span.content, look.style(Role::Dim))
}

/// A line number before its line, or the room for one.
pub fn number(line: Option<u32>, digits: usize) -> String {
    let number = line.map(|n| n.to_string()).unwrap_or_default();
    format!("{number:>digits$} ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, Theme};
    use ratatui::style::Modifier;

    #[test]
    fn exactly_the_ranges_are_marked_and_no_text_is_lost() {
        let pieces = vec![("let ".to_owned(), Style::new()), ("total = 1".to_owned(), Style::new())];
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let marked = mark(pieces, &[2..6, 12..13], bold);
        let bolds: Vec<&str> = marked.iter().filter(|p| p.1 == bold).map(|p| p.0.as_str()).collect();
        assert_eq!(bolds, ["t ", "to", "1"]);
        assert_eq!(marked.iter().map(|p| p.0.as_str()).collect::<String>(), "let total = 1");
    }

    #[test]
    fn a_line_that_goes_on_beyond_an_edge_has_a_mark_there() {
        let look = Look::new(&Theme::load("dark", &|_| Ok(None)).0, Depth::TrueColor);
        let shown = |text: &str, skip, room| {
            let spans = window(&[(text.to_owned(), Style::new())], skip, room, Style::new(), &look);
            spans.iter().map(|span| span.content.as_ref()).collect::<String>()
        };
        assert_eq!(shown("abcdef", 0, 6), "abcdef");
        assert_eq!(shown("abcdefg", 0, 6), "abcde›");
        assert_eq!(shown("x = 1            # and more", 0, 8), "x = 1  ›", "blanks hide nothing");
        assert_eq!(shown("abcdefghij", 2, 6), "‹defg›");
        assert_eq!(shown("abcdefgh", 2, 6), "‹defgh");
        assert_eq!(shown("ab", 8, 4), "‹   ", "all of it lies to the left");
        assert_eq!(shown("", 8, 4), "    ");
        assert_eq!(shown("日本語", 0, 5), "日本›");
        assert_eq!(shown("abcdef", 0, 2), "ab", "too narrow for marks");
    }
}
