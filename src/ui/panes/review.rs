//! The review: the proposal as hunks, each with its decision, in one column or two.
//!
//! What is in sight follows from the cursor, see [`sight`].

mod cache;
mod code;
mod head;
mod rows;
mod series;
mod sight;

use crate::app::{Area, Event, State, unwritten};
use crate::domain::change::runs_later;
use crate::domain::count::counted;
use crate::domain::hunk::{Decision, DiffLine, HunkId, LineKind};
use crate::graph::{Attempt, Outcome, Run, Stage};
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, fit, fit_middle, one_line};
use crate::ui::widgets::frame::{draw_frame, draw_hint};
use crate::ui::widgets::lines::draw_lines;
use crate::ui::widgets::wrap::wrap;
use crate::ui::{Look, View, Work};
pub use cache::Cache;
use cache::lay_out;
use code::{Code, faded, number, window};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use rows::{HunkFacts, Row, Rows};
use sight::Sight;

/// Draws the pane. Returns how much of what stands above the cursor is out of sight, and whether a hunk can be seen, where the
/// state does not know.
pub fn draw_review(frame: &mut Frame, rect: Rect, state: &State, view: &mut View) -> Vec<Event> {
    let shown = state.session.run().and_then(|r| Some((r, state.review.shown(r)?)));
    let Some((run, attempt)) = shown else {
        let inner = draw_frame(frame, rect, Area::Review, state, view, "");
        let text = "Proposals appear here as hunks to accept or reject. Nothing is on disk before.";
        draw_hint(frame, inner, text, view);
        return Vec::new();
    };
    let width = usize::from(rect.width.saturating_sub(2));
    lay_out(state, run, attempt, width, view);
    let failure = failure_lines(run, view, width);
    let height = usize::from(rect.height.saturating_sub(3)).saturating_sub(failure.len());
    let sight = Sight::of(&view.review.rows, &state.review, height);
    let note = summary(attempt, view.review.rows.counts, &sight);
    let inner = draw_frame(frame, rect, Area::Review, state, view, &note);
    let parts = [Constraint::Length(1), Constraint::Length(failure.len() as u16), Constraint::Min(0)];
    let [top, failed, body] = Layout::vertical(parts).areas(inner);
    draw_lines(frame, top, &[status_line(run, attempt, state, view, width)]);
    frame.render_widget(Paragraph::new(failure), failed);
    let lines = body_lines(state, run, attempt, view, &sight, height);
    draw_lines(frame, body, &lines);
    let known = state.review.hidden == sight.hidden && state.review.above == sight.above;
    let ended = (!known).then_some(Event::ScrollEnded(Area::Review, sight.hidden));
    ended.into_iter().chain(report(height > 0, state)).collect()
}

/// Whether a line of a hunk has room, where the state does not know.
pub fn report(are_shown: bool, state: &State) -> Option<Event> {
    (state.sees_hunks != are_shown).then_some(Event::HunksShown(are_shown))
}

/// Files and lines, for the title, and how many rows of what stands above the hunks are out of sight.
fn summary(attempt: &Attempt, (added, removed): (usize, usize), sight: &Sight) -> String {
    let files = counted(attempt.diff.len(), "file");
    let more = |sign: &str, rows: usize| if rows > 0 { format!(" {sign} {rows} more") } else { String::new() };
    let (above, below) = (more("↑", sight.hidden - sight.above), more("↓", sight.below));
    format!("{files} +{added} −{removed}{above}{below}")
}

/// Why the last write did not happen.
fn failure_lines(run: &Run, view: &View, width: usize) -> Vec<Line<'static>> {
    let Some(failure) = &run.apply_failure else { return Vec::new() };
    let text = one_line(&unwritten(failure));
    let mut lines = wrap(&[(text, view.look.style(Role::Error))], width, 0);
    lines.truncate(3);
    lines
}

/// Which attempt, what the validators and the reviewer say, what is decided: in full, or in short words where that is too
/// long.
fn status_line(run: &Run, attempt: &Attempt, state: &State, view: &View, width: usize) -> Line<'static> {
    let parts = status(run, attempt, state);
    let wide = |pick: fn(&Part) -> &str| parts.iter().map(|p| columns(pick(p)) + 2).sum::<usize>();
    let long = wide(|p| &p.long) <= width + 2;
    let mut spans = Vec::new();
    for part in &parts {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        let text = if long { &part.long } else { &part.short };
        spans.push(Span::styled(text.clone(), view.look.style(part.role)));
    }
    Line::from(spans)
}

/// A part of the status, in full and in short.
struct Part {
    long: String,
    short: String,
    role: Role,
}

fn status(run: &Run, attempt: &Attempt, state: &State) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |long: String, short: String, role| parts.push(Part { long, short, role });
    if run.attempts.len() > 1 {
        let which = format!("{}/{}", run.chosen + 1, run.attempts.len());
        add(format!("attempt {which}"), format!("try {which}"), Role::Accent);
    }
    let part = run.part.as_ref().filter(|report| !report.passed());
    match &attempt.report {
        _ if part.is_some() => add("✗ accepted hunks fail".into(), "✗ part fails".into(), Role::Error),
        Some(report) if report.checks.is_empty() => add("no checks ran".into(), "no checks".into(), Role::Dim),
        Some(report) if report.passed() => add("✓ checks".into(), "✓ checks".into(), Role::Success),
        Some(report) => match report.errors() {
            0 if report.checks.iter().any(|c| !c.passed && c.not_run.is_none()) => {
                add("✗ checks failed".into(), "✗ failed".into(), Role::Error);
            }
            0 => add("! not all checked".into(), "! unchecked".into(), Role::Warning),
            1 => add("✗ 1 error".into(), "✗ 1 error".into(), Role::Error),
            n => add(format!("✗ {}", counted(n, "error")), format!("✗ {n} err"), Role::Error),
        },
        None => {}
    }
    if let Some(verdict) = &attempt.verdict {
        let good = verdict.score >= run.spec.settings.quality_threshold;
        let role = if good { Role::Success } else { Role::Warning };
        add(format!("quality {:.2}", verdict.score), format!("q {:.2}", verdict.score), role);
    }
    let all: usize = attempt.diff.iter().map(|f| f.hunks.len()).sum();
    let count = |d| run.decisions.values().filter(|v| **v == d).count();
    let (yes, no) = (count(Decision::Accepted), count(Decision::Rejected));
    match &run.stage {
        Stage::Finished(Outcome::Applied) if state.session.is_saved() => {
            let of = if yes < all { format!(": {yes} of {all} hunks") } else { String::new() };
            add(format!("written{of}"), "written".into(), Role::Success);
        }
        Stage::Finished(Outcome::Applied) | Stage::Applying => add("writing…".into(), "writing…".into(), Role::Dim),
        Stage::Finished(Outcome::Undone) => add("taken back".into(), "taken back".into(), Role::Dim),
        _ => {
            let open = all.saturating_sub(yes + no);
            add(format!("{yes} accepted, {no} rejected, {open} open"), format!("✓{yes} ✗{no} open {open}"), Role::Dim);
        }
    }
    parts
}

/// The visible rows. The attempt that is shown stays in sight, and the head of a file while its hunks pass below it.
fn body_lines(
    state: &State,
    run: &Run,
    attempt: &Attempt,
    view: &mut View,
    sight: &Sight,
    height: usize,
) -> Vec<Line<'static>> {
    let View { look, review, work, .. } = view;
    let width = review.width();
    let Cache { rows, code, .. } = review;
    let place = Place { state, run, attempt, rows, look, width };
    let stuck = |at| sight.stuck.iter().find(|(stuck, _)| *stuck == at).map(|(_, row)| *row);
    let shown = rows.rows.iter().skip(sight.top).take(height).enumerate();
    shown.map(|(at, row)| place.row_line(stuck(at).unwrap_or(*row), code, work)).collect()
}

/// A line of a hunk, and where it is drawn.
struct Cell {
    id: HunkId,
    line: usize,
    side: Side,
    room: usize,
}

/// Whose line numbers stand before a line.
#[derive(Clone, Copy)]
enum Side {
    Both,
    Old,
    New,
}

/// What a row needs to be drawn.
struct Place<'a> {
    state: &'a State,
    run: &'a Run,
    attempt: &'a Attempt,
    rows: &'a Rows,
    look: &'a Look,
    width: usize,
}

impl Place<'_> {
    fn row_line(&self, row: Row, code: &mut Code, work: &mut Work) -> Line<'static> {
        match row {
            Row::Ready(index) => self.rows.ready[index].clone(),
            Row::File(file) => self.file_line(file),
            Row::Hunk(id) => self.hunk_line(id),
            Row::Line(id, line) => {
                Line::from(self.side(Cell { id, line, side: Side::Both, room: self.width }, code, work))
            }
            Row::Pair(id, old, new) => {
                let half = self.width / 2;
                let mut spans = Vec::new();
                for (line, room, side) in [(old, half, Side::Old), (new, self.width - half, Side::New)] {
                    match line {
                        Some(line) => spans.extend(self.side(Cell { id, line, side, room }, code, work)),
                        None => spans.push(Span::styled(" ".repeat(room), self.look.style(Role::Dim))),
                    }
                }
                Line::from(spans)
            }
        }
    }

    /// The line numbers that stand before a line.
    fn numbers(&self, cell: &Cell, line: &DiffLine) -> String {
        let digits = self.rows.files[cell.id.file].digits;
        let file = &self.attempt.diff[cell.id.file];
        match cell.side {
            Side::Old => number(line.old_line, digits),
            Side::New => number(line.new_line, digits),
            Side::Both if file.created || file.deleted => number(line.new_line.or(line.old_line), digits),
            Side::Both => format!("{}{}", number(line.old_line, digits), number(line.new_line, digits)),
        }
    }

    fn file_line(&self, index: usize) -> Line<'static> {
        let (file, facts) = (&self.attempt.diff[index], &self.rows.files[index]);
        let look = self.look;
        let what = match (file.created, file.deleted) {
            (true, _) => " new",
            (_, true) => " deleted",
            _ => "",
        };
        let count = |sign: &str, n: usize| if n > 0 { format!(" {sign}{n}") } else { String::new() };
        let (added, removed) = (count("+", facts.counts.0), count("−", facts.counts.1));
        let warning = if runs_later(&file.path) { " ! runs by itself" } else { "" };
        let taken = columns(what) + columns(&added) + columns(&removed) + columns(warning);
        Line::from(vec![
            Span::styled(fit_middle(&file.path, self.width.saturating_sub(taken)), look.style(Role::Title)),
            Span::styled(what, look.style(Role::Accent)),
            Span::styled(added, self.quiet(Role::Added)),
            Span::styled(removed, self.quiet(Role::Removed)),
            Span::styled(warning, look.style(Role::Warning)),
        ])
    }

    /// A role's look on the pane's own background.
    fn quiet(&self, role: Role) -> Style {
        Style { bg: None, ..self.look.style(role) }
    }

    /// What is decided of a hunk. Of a step nothing is: decisions are about the whole.
    fn decision(&self, id: HunkId) -> Decision {
        if self.state.review.step.is_some() { Decision::Pending } else { self.run.decision(id) }
    }

    fn is_here(&self, id: HunkId) -> bool {
        self.state.review.cursor == id
    }

    /// The sign at a hunk's left edge: the cursor, else its decision.
    fn edge(&self, id: HunkId) -> Span<'static> {
        let focused = self.state.layout.focus == Area::Review;
        match (self.is_here(id), self.decision(id)) {
            (true, _) => Span::styled("▌", self.look.style(if focused { Role::Accent } else { Role::Dim })),
            (_, Decision::Accepted) => Span::styled("✓", self.look.style(Role::Accepted)),
            (_, Decision::Rejected) => Span::styled("✗", self.quiet(Role::Removed)),
            (_, Decision::Pending) => Span::raw(" "),
        }
    }

    fn hunk_line(&self, id: HunkId) -> Line<'static> {
        let look = self.look;
        let (mark, role) = match self.run.decision(id) {
            _ if self.state.review.step.is_some() => ("[·] step", Role::Dim),
            Decision::Accepted => ("[✓] accepted", Role::Accepted),
            Decision::Rejected => ("[✗] rejected", Role::Rejected),
            Decision::Pending if self.run.is_finished() => ("[–] left out", Role::Dim),
            Decision::Pending => ("[ ] open", Role::Pending),
        };
        let file = &self.attempt.diff[id.file];
        let hunk = &file.hunks[id.hunk];
        let place = match (hunk.old_len, hunk.new_len) {
            (0, 1) => format!("line {}", hunk.new_start + 1),
            (0, n) => format!("lines {}–{}", hunk.new_start + 1, hunk.new_start + n),
            (1, _) => format!("line {}", hunk.old_start + 1),
            (n, _) => format!("lines {}–{}", hunk.old_start + 1, hunk.old_start + n),
        };
        let hides = self.rows.hunk(id).is_some_and(|h: &HunkFacts| h.hides);
        let warning = if hides { "! hidden characters " } else { "" };
        let room = self.width.saturating_sub(columns(mark) + columns(warning) + 2);
        let text = fit(&format!("{}/{} · {place} ", id.hunk + 1, file.hunks.len()), room);
        let rest = room.saturating_sub(columns(&text));
        Line::from(vec![
            if self.is_here(id) { self.edge(id) } else { Span::raw(" ") },
            Span::styled(mark, look.style(role)),
            Span::raw(" "),
            Span::styled(text, look.style(if self.is_here(id) { Role::Title } else { Role::HunkHeader })),
            Span::styled(warning, look.style(Role::Warning)),
            Span::styled("─".repeat(rest), look.style(Role::Border)),
        ])
    }

    /// A line of code on its side's background, scrolled and cut to the room there is. A rejected hunk steps back.
    fn side(&self, cell: Cell, code: &mut Code, work: &mut Work) -> Vec<Span<'static>> {
        let Cell { id, line: index, room, .. } = cell;
        let (look, file) = (self.look, &self.attempt.diff[id.file]);
        let line = &file.hunks[id.hunk].lines[index];
        let rejected = match self.decision(id) {
            Decision::Pending => self.run.is_finished(),
            decision => decision == Decision::Rejected,
        };
        let (sign, base) = match (line.kind, rejected) {
            (LineKind::Context, _) => (" ", Style::default()),
            (LineKind::Added, false) => ("+", look.style(Role::Added)),
            (LineKind::Removed, false) => ("−", look.style(Role::Removed)),
            (LineKind::Added, true) => ("+", look.style(Role::Dim)),
            (LineKind::Removed, true) => ("−", look.style(Role::Dim)),
        };
        let gutter = self.numbers(&cell, line);
        let here = self.is_here(id) && self.state.review.line == index && self.state.layout.focus == Area::Review;
        let gutter_style = match here {
            true => look.style(Role::Selection).patch(look.style(Role::Accent)),
            false => look.style(Role::LineNumber).patch(Style { fg: None, ..base }),
        };
        let used = 2 + columns(&gutter);
        let mut spans = vec![self.edge(id), Span::styled(gutter, gutter_style), Span::styled(sign, base)];
        let skip = usize::from(self.state.review.column);
        let pieces = code.line(file, id, index, look, work);
        let text = window(pieces, skip, room.saturating_sub(used), base, look);
        spans.extend(text.into_iter().map(|span| if rejected { faded(span, look) } else { span }));
        spans
    }
}
