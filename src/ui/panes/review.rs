//! The review: the proposal as hunks, each with its decision, in one column or two.

use crate::app::{Area, State};
use crate::domain::change::runs_later;
use crate::domain::hunk::{Decision, DiffLine, FileDiff, HunkId, LineKind};
use crate::domain::safe_text::SafeText;
use crate::graph::{Attempt, Outcome, Run, Stage};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::frame::draw_frame;
use crate::ui::widgets::syntax::Highlighter;
use crate::ui::widgets::wrap::Piece;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use std::collections::HashMap;

/// Highlighted lines of the proposal under review, by hunk.
#[derive(Default)]
pub struct Cache {
    /// Session, run and attempt these are of.
    of: (String, u64, usize),
    hunks: HashMap<HunkId, Vec<Vec<Piece>>>,
}

/// Draws the pane.
pub fn draw_review(frame: &mut Frame, rect: Rect, state: &State, view: &mut View) {
    let run = state.session.run();
    let note = run.map(|r| summary(r)).unwrap_or_default();
    let inner = draw_frame(frame, rect, Area::Review, state, view, &note);
    let Some((run, attempt)) = run.and_then(|r| Some((r, r.attempt()?))) else {
        let text = "Proposals appear here as hunks to accept or reject. Nothing is on disk before.";
        let text = Span::styled(text, view.look.style(Role::Dim));
        frame.render_widget(Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }), inner);
        return;
    };
    let of = (state.session.id.0.clone(), run.spec.id.0, run.chosen);
    if view.review.of != of {
        view.review = Cache { of, hunks: HashMap::new() };
    }
    let status = status_line(run, attempt, state, view);
    let [top, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inner);
    frame.render_widget(status, top);
    let split = state.review.split && body.width >= 60;
    let rows = rows(&attempt.diff, split);
    let height = usize::from(body.height);
    let first = top_row(&rows, state, height);
    let lines: Vec<Line> =
        rows.iter().skip(first).take(height).map(|row| row_line(row, run, attempt, state, view, body.width)).collect();
    frame.render_widget(Paragraph::new(lines), body);
}

/// Files and lines, for the title.
fn summary(run: &Run) -> String {
    let Some(attempt) = run.attempt() else { return String::new() };
    let (added, removed) = attempt.diff.iter().map(FileDiff::counts).fold((0, 0), |(a, r), (fa, fr)| (a + fa, r + fr));
    let files = attempt.diff.len();
    format!("{files} file{} +{added} −{removed}", if files == 1 { "" } else { "s" })
}

/// Which attempt, what the validators and the reviewer say, what is decided.
fn status_line(run: &Run, attempt: &Attempt, state: &State, view: &View) -> Line<'static> {
    let look = &view.look;
    let mut spans = Vec::new();
    if run.attempts.len() > 1 {
        let text = format!("attempt {}/{} ", run.chosen + 1, run.attempts.len());
        spans.push(Span::styled(text, look.style(Role::Accent)));
    }
    match &attempt.report {
        Some(report) if report.passed() => spans.push(Span::styled("✓ checks ", look.style(Role::Success))),
        Some(report) => {
            let errors = report.errors();
            let text = if errors > 0 { format!("✗ {errors} errors ") } else { "✗ checks not run ".to_owned() };
            spans.push(Span::styled(text, look.style(Role::Error)));
        }
        None => {}
    }
    if let Some(verdict) = &attempt.verdict {
        let good = verdict.score >= run.spec.settings.quality_threshold;
        let role = if good { Role::Success } else { Role::Warning };
        spans.push(Span::styled(format!("quality {:.2} ", verdict.score), look.style(role)));
    }
    let all = crate::app::hunks(&attempt.diff).count();
    let count = |d| crate::app::hunks(&attempt.diff).filter(|h| run.decision(*h) == d).count();
    let (accepted, rejected) = (count(Decision::Accepted), count(Decision::Rejected));
    let decided = match &run.stage {
        Stage::Finished(Outcome::Applied) if state.session.is_saved() => "written".to_owned(),
        Stage::Finished(Outcome::Applied) | Stage::Applying => "writing…".to_owned(),
        Stage::Finished(Outcome::Undone) => "taken back".to_owned(),
        _ => format!("{accepted} accepted, {rejected} rejected, {} open", all - accepted - rejected),
    };
    spans.push(Span::styled(decided, look.style(Role::Dim)));
    Line::from(spans)
}

/// One row of the view.
enum Row<'a> {
    File(&'a FileDiff),
    Hunk(HunkId),
    Line(HunkId, usize),
    /// Both sides: indexes into the hunk's lines.
    Pair(HunkId, Option<usize>, Option<usize>),
}

fn rows(diff: &[FileDiff], split: bool) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for (file, of) in diff.iter().enumerate() {
        rows.push(Row::File(of));
        for (hunk, h) in of.hunks.iter().enumerate() {
            let id = HunkId { file, hunk };
            rows.push(Row::Hunk(id));
            if split {
                rows.extend(pairs(&h.lines).into_iter().map(|(l, r)| Row::Pair(id, l, r)));
            } else {
                rows.extend((0..h.lines.len()).map(|l| Row::Line(id, l)));
            }
        }
    }
    rows
}

/// Puts removed lines beside the added ones that follow them.
fn pairs(lines: &[DiffLine]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut paired = Vec::new();
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    let flush = |removed: &mut Vec<usize>, added: &mut Vec<usize>, paired: &mut Vec<_>| {
        for i in 0..removed.len().max(added.len()) {
            paired.push((removed.get(i).copied(), added.get(i).copied()));
        }
        removed.clear();
        added.clear();
    };
    for (i, line) in lines.iter().enumerate() {
        match line.kind {
            LineKind::Removed if added.is_empty() => removed.push(i),
            LineKind::Removed => {
                flush(&mut removed, &mut added, &mut paired);
                removed.push(i);
            }
            LineKind::Added => added.push(i),
            LineKind::Context => {
                flush(&mut removed, &mut added, &mut paired);
                paired.push((Some(i), Some(i)));
            }
        }
    }
    flush(&mut removed, &mut added, &mut paired);
    paired
}

/// The first visible row: the cursor's hunk a little below the top, moved by what the user scrolled.
fn top_row(rows: &[Row], state: &State, height: usize) -> usize {
    let cursor = rows.iter().position(|r| matches!(r, Row::Hunk(id) if *id == state.review.cursor)).unwrap_or(0);
    let last = rows.len().saturating_sub(height);
    let wanted = cursor as i64 - (height as i64 / 5).min(3) + i64::from(state.review.offset);
    wanted.clamp(0, last as i64) as usize
}

fn row_line(row: &Row, run: &Run, attempt: &Attempt, state: &State, view: &mut View, width: u16) -> Line<'static> {
    match row {
        Row::File(file) => file_line(file, view),
        Row::Hunk(id) => hunk_line(*id, run, attempt, state, view, width),
        Row::Line(id, index) => {
            let numbers = |l: &DiffLine| format!("{:>4} {:>4} ", number(l.old_line), number(l.new_line));
            code_line(*id, *index, attempt, state, view, usize::from(width), numbers)
        }
        Row::Pair(id, left, right) => {
            let half = usize::from(width) / 2;
            let mut spans = Vec::new();
            for (side, pick) in [(left, 0), (right, 1)] {
                let room = if pick == 0 { half } else { usize::from(width) - half };
                let numbers =
                    move |l: &DiffLine| format!("{:>4} ", number(if pick == 0 { l.old_line } else { l.new_line }));
                match side {
                    Some(index) => spans.extend(code_line(*id, *index, attempt, state, view, room, numbers).spans),
                    None => spans.push(Span::styled(" ".repeat(room), view.look.style(Role::Dim))),
                }
            }
            Line::from(spans)
        }
    }
}

fn number(line: Option<u32>) -> String {
    line.map(|n| n.to_string()).unwrap_or_default()
}

fn file_line(file: &FileDiff, view: &View) -> Line<'static> {
    let look = &view.look;
    let (added, removed) = file.counts();
    let what = if file.created {
        " new"
    } else if file.deleted {
        " deleted"
    } else {
        ""
    };
    let path = SafeText::new(&file.path).into_string();
    let mut spans = vec![
        Span::styled(path, look.style(Role::Title)),
        Span::styled(what, look.style(Role::Accent)),
        Span::styled(format!(" +{added}"), look.style(Role::Success)),
        Span::styled(format!(" −{removed}"), look.style(Role::Error)),
    ];
    if runs_later(&file.path) {
        spans.push(Span::styled("  runs by itself later", look.style(Role::Warning)));
    }
    Line::from(spans)
}

fn hunk_line(id: HunkId, run: &Run, attempt: &Attempt, state: &State, view: &View, width: u16) -> Line<'static> {
    let look = &view.look;
    let here = state.review.cursor == id && state.layout.focus == Area::Review;
    let (mark, role) = match run.decision(id) {
        Decision::Accepted => ("[✓] accepted", Role::Accepted),
        Decision::Rejected => ("[✗] rejected", Role::Rejected),
        Decision::Pending => ("[ ] open", Role::Pending),
    };
    let hunk = &attempt.diff[id.file].hunks[id.hunk];
    let place = match hunk.old_len {
        0 => format!("line {}, {} new", hunk.new_start + 1, hunk.new_len),
        1 => format!("line {}", hunk.old_start + 1),
        n => format!("lines {}–{}", hunk.old_start + 1, hunk.old_start + n),
    };
    let pointer = if here { "▌" } else { " " };
    let text = format!("hunk {} of {} · {place} ", id.hunk + 1, attempt.diff[id.file].hunks.len());
    let used = 1 + text.chars().count() + mark.chars().count() + 2;
    let rest = usize::from(width).saturating_sub(used);
    Line::from(vec![
        Span::styled(pointer, look.style(Role::Accent)),
        Span::styled(format!("{mark} "), look.style(role)),
        Span::styled(text, look.style(if here { Role::Title } else { Role::HunkHeader })),
        Span::styled("─".repeat(rest), look.style(Role::Border)),
    ])
}

/// A line of code on its side's background, scrolled and cut to the room there is.
fn code_line(
    id: HunkId,
    index: usize,
    attempt: &Attempt,
    state: &State,
    view: &mut View,
    room: usize,
    numbers: impl Fn(&DiffLine) -> String,
) -> Line<'static> {
    let file = &attempt.diff[id.file];
    let hunk = &file.hunks[id.hunk];
    let line = &hunk.lines[index];
    let look = view.look.clone();
    let pieces = view.review.hunks.entry(id).or_insert_with(|| highlight(file, id, &look));
    let (sign, background) = match line.kind {
        LineKind::Added => ("+", look.style(Role::Added)),
        LineKind::Removed => ("−", look.style(Role::Removed)),
        LineKind::Context => (" ", Style::default()),
    };
    let here = state.review.cursor == id && state.layout.focus == Area::Review;
    let pointer = if here { "▌" } else { " " };
    let gutter = numbers(line);
    let used = 2 + gutter.chars().count();
    let mut spans = vec![
        Span::styled(pointer, look.style(Role::Accent)),
        Span::styled(gutter, look.style(Role::Dim).patch(background_of(background))),
        Span::styled(sign, background),
    ];
    let code = pieces.get(index).map(Vec::as_slice).unwrap_or_default();
    let left = fit(code, usize::from(state.review.column), room.saturating_sub(used), background, &mut spans);
    spans.push(Span::styled(" ".repeat(left), background_of(background)));
    Line::from(spans)
}

fn background_of(style: Style) -> Style {
    Style { fg: None, ..style }
}

/// Appends what of the pieces lies in the window of columns; returns the columns left over.
fn fit(pieces: &[Piece], skip: usize, room: usize, background: Style, spans: &mut Vec<Span<'static>>) -> usize {
    use unicode_segmentation::UnicodeSegmentation;
    use unicode_width::UnicodeWidthStr;
    let (mut column, mut left) = (0, room);
    for (text, style) in pieces {
        let mut shown = String::new();
        for grapheme in text.graphemes(true) {
            let wide = grapheme.width();
            if column >= skip {
                if wide > left {
                    spans.push(Span::styled(shown, style.patch(background_of(background))));
                    return left;
                }
                shown.push_str(grapheme);
                left -= wide;
            }
            column += wide;
        }
        spans.push(Span::styled(shown, style.patch(background_of(background))));
    }
    left
}

/// Highlights a hunk's lines, each side with its own state.
fn highlight(file: &FileDiff, id: HunkId, look: &crate::ui::Look) -> Vec<Vec<Piece>> {
    let mut old = Highlighter::new(&file.path);
    let mut new = Highlighter::new(&file.path);
    let lines = &file.hunks[id.hunk].lines;
    lines
        .iter()
        .map(|line| {
            let text = SafeText::new(&line.text);
            match line.kind {
                LineKind::Removed => old.line(text.as_str(), look),
                LineKind::Added => new.line(text.as_str(), look),
                LineKind::Context => {
                    old.line(text.as_str(), look);
                    new.line(text.as_str(), look)
                }
            }
        })
        .collect()
}
