//! The stream: the model's words as they come, with what is known of its progress and speed.
//!
//! All requests of the run stand below each other, newest last; a plan or a verdict that has become readable is shown as
//! such in place of its JSON. Above them stand the files that the answer is writing.

mod figure;
mod files;
mod shape;

use crate::app::{Area, Event, State};
use crate::domain::model::Node;
use crate::graph::{Call, Outcome, Run, Stage};
use crate::ui::header::map_words;
use crate::ui::panes::budget::node_word;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, fit, fit_middle, one_line};
use crate::ui::widgets::frame::{draw_frame, draw_hint};
use crate::ui::widgets::lines::draw_lines;
use crate::ui::widgets::transcript::{Transcript, Voice};
use crate::ui::widgets::wrap::wrap;
use crate::ui::{Look, View, Work};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// A pane that is full makes room for this part of its lines at once.
const STEPS: usize = 4;

/// The run's requests, laid out.
#[derive(Default)]
pub struct Cache {
    of: (String, u64, usize),
    calls: Vec<Laid>,
}

/// A request, laid out.
struct Laid {
    thinking: Transcript,
    text: Transcript,
    /// What the whole answer means, if it is a plan or a verdict; made once, when it is whole.
    shaped: Option<Option<Vec<Line<'static>>>>,
    /// Why the request failed.
    failure: Vec<Line<'static>>,
}

impl Laid {
    fn new() -> Laid {
        Laid {
            thinking: Transcript::of(Voice::Thinking),
            text: Transcript::default(),
            shaped: None,
            failure: Vec::new(),
        }
    }

    fn update(&mut self, call: &Call, width: usize, look: &Look, work: &mut Work) {
        work.wrapped += self.thinking.update(&call.thinking, width, look);
        if call.finish.is_some() && self.shaped.is_none() {
            self.shaped = Some(shape::lines(call, width, look));
        }
        if let Some(failure) = call.failure.as_ref().filter(|_| self.failure.is_empty()) {
            self.failure = wrap(&[(one_line(&failure.message), look.style(Role::Warning))], width, 0);
        }
        if !matches!(self.shaped, Some(Some(_))) {
            work.wrapped += self.text.update(&call.text, width, look);
        }
    }

    /// Rows, the title included.
    fn len(&self) -> usize {
        1 + self.thinking.len() + self.answer_len() + self.failure.len()
    }

    fn answer_len(&self) -> usize {
        match &self.shaped {
            Some(Some(lines)) => lines.len(),
            _ => self.text.len(),
        }
    }

    /// The rows of a range, the title being row 0.
    fn rows(&self, call: &Call, from: usize, to: usize, look: &Look) -> Vec<Line<'static>> {
        let mut rows = Vec::with_capacity(to - from);
        if from == 0 && to > 0 {
            rows.push(title(call, look));
        }
        let (from, to) = (from.saturating_sub(1), to.saturating_sub(1));
        let thought = self.thinking.len();
        rows.extend(self.thinking.slice(from, to.min(thought)).cloned());
        let (from, to) = (from.saturating_sub(thought), to.saturating_sub(thought));
        match &self.shaped {
            Some(Some(lines)) => rows.extend(lines.iter().take(to).skip(from).cloned()),
            _ => rows.extend(self.text.slice(from, to.min(self.text.len())).cloned()),
        }
        let answered = self.answer_len();
        let (from, to) = (from.saturating_sub(answered), to.saturating_sub(answered));
        rows.extend(self.failure.iter().take(to).skip(from).cloned());
        rows
    }
}

/// Which node asked, and whether its request failed.
fn title(call: &Call, look: &Look) -> Line<'static> {
    let (sign, word) = match (&call.finish, &call.failure) {
        (None, None) => ("●", call.node.activity()),
        (_, Some(_)) => ("✗", node_word(call.node)),
        (Some(_), None) => ("✓", node_word(call.node)),
    };
    let mut spans = vec![Span::styled(format!("{sign} {word}"), look.style(Role::Heading))];
    if call.failure.is_some() {
        spans.push(Span::styled("  failed", look.style(Role::Warning)));
    }
    Line::from(spans)
}

/// Draws the pane.
pub fn draw_stream(frame: &mut Frame, rect: Rect, state: &State, view: &mut View) -> Option<Event> {
    let run = state.session.run();
    let note = run.and_then(Run::current_call).map(|c| c.model.to_string()).unwrap_or_default();
    let inner = draw_frame(frame, rect, Area::Stream, state, view, &note);
    let Some(run) = run else {
        let map = map_words(&state.repository).map(|words| format!("\n\n{words}")).unwrap_or_default();
        let hint = format!("The plan and the model's answer appear here as they are written.{map}");
        draw_hint(frame, inner, &hint, view);
        return None;
    };
    let width = usize::from(inner.width);
    let written = state.stream.live.as_ref().map(|live| live.written(run)).unwrap_or_default();
    let room = usize::from(inner.height.saturating_sub(2) / 2);
    let files = files::lines(&written, !run.draft().is_empty(), width, room, &view.look);
    let [progress, written, body, figures] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(files.len() as u16),
        Constraint::Min(0),
        Constraint::Length(u16::from(inner.height > 1)),
    ])
    .areas(inner);
    draw_lines(frame, written, &files);
    draw_lines(frame, progress, &[progress_line(run, view, width)]);
    draw_lines(frame, figures, &[figure::line(run, state, view, width)]);
    draw_calls(frame, body, state, run, view)
}

/// How far a node has come.
#[derive(Clone, Copy, PartialEq)]
enum Reached {
    Ahead,
    Here,
    Done,
    Failed,
    /// There was nothing to do.
    Left,
}

/// The nodes that this run goes through, each with how far it has come. A node it will not visit is not shown.
fn nodes(run: &Run) -> Vec<(Node, Reached)> {
    let active = run.active_node();
    let called = |node: Node| run.calls.iter().any(|c| c.node == node && c.finish.is_some());
    let newest = run.attempts.last();
    let ended_badly = matches!(run.stage, Stage::Paused(_) | Stage::Finished(Outcome::Failed(_) | Outcome::Cancelled));
    let failed = run.calls.last().filter(|c| ended_badly && c.failure.is_some()).map(|c| c.node);
    let over = !matches!(run.stage, Stage::Assembling | Stage::Working(_) | Stage::Paused(_));
    let reached = |node: Node| {
        if active == Some(node) {
            return Reached::Here;
        }
        if failed == Some(node) {
            return Reached::Failed;
        }
        let done = match node {
            Node::Planner => run.plan.is_some(),
            Node::Executor if run.spec.mode.edits => newest.is_some(),
            Node::Validator => match newest.and_then(|a| a.report.as_ref()) {
                Some(report) if !report.passed() => return Reached::Failed,
                Some(report) if report.checks.is_empty() => return Reached::Left,
                report => report.is_some(),
            },
            Node::Reviewer => run.attempts.iter().any(|a| a.verdict.is_some()),
            Node::Formatter => over && !matches!(run.stage, Stage::Finished(Outcome::Cancelled | Outcome::Failed(_))),
            node => called(node),
        };
        if done { Reached::Done } else { Reached::Ahead }
    };
    let visits = |node: &Node| match node {
        Node::Planner => run.spec.mode.edits && (run.plan.is_some() || run.attempts.is_empty()),
        Node::Healer => active == Some(Node::Healer) || run.calls.iter().any(|c| c.node == Node::Healer),
        Node::Executor => true,
        _ => run.spec.mode.edits,
    };
    let all = [Node::Planner, Node::Executor, Node::Validator, Node::Healer, Node::Reviewer, Node::Formatter];
    all.into_iter().filter(visits).map(|node| (node, reached(node))).collect()
}

/// Which node is at work, among all of them; short words where there is little room.
fn progress_line(run: &Run, view: &View, width: usize) -> Line<'static> {
    let look = &view.look;
    if run.stage == Stage::Assembling {
        return Line::from(Span::styled("▶ choosing the context", look.style(Role::Accent)));
    }
    let roomy = width >= 56;
    let separators = if roomy { " › " } else { " " };
    let mut spans = Vec::new();
    for (node, reached) in nodes(run) {
        if !spans.is_empty() {
            spans.push(Span::styled(separators, look.style(Role::Border)));
        }
        let word = super::budget::node_word(node);
        spans.push(match reached {
            Reached::Here if roomy => Span::styled(format!("▶ {}", node.activity()), look.style(Role::Accent)),
            Reached::Here => Span::styled(format!("▶{word}"), look.style(Role::Accent)),
            Reached::Done => Span::styled(format!("✓{word}"), look.style(Role::Success)),
            Reached::Failed => Span::styled(format!("✗{word}"), look.style(Role::Error)),
            Reached::Left => Span::styled(format!("–{word}"), look.style(Role::Dim)),
            Reached::Ahead => Span::styled(word, look.style(Role::Dim)),
        });
    }
    let mut line = cut(spans, width);
    let room = width.saturating_sub(line.width());
    let count = Some(run.attempts.len()).filter(|count| *count > 1);
    let words = count.into_iter().flat_map(|n| [format!("  attempt {n}"), format!("  try {n}"), format!(" {n}")]);
    if let Some(words) = words.into_iter().find(|words| columns(words) <= room) {
        line.push_span(Span::styled(words, look.style(Role::Dim)));
    }
    line
}

/// The spans in one line of at most `width` columns; what is too long ends in `…`.
fn cut(spans: Vec<Span<'static>>, width: usize) -> Line<'static> {
    let (mut line, mut left) = (Line::default(), width);
    let all: usize = spans.iter().map(Span::width).sum();
    if all <= width {
        return Line::from(spans);
    }
    for span in spans {
        // The sign itself takes a column, also behind what would just fit.
        if span.width() < left {
            left -= span.width();
            line.push_span(span);
        } else {
            line.push_span(Span::styled(fit(&format!("{} ", span.content), left), span.style));
            break;
        }
    }
    line
}

/// The answers, from the end upwards: only what is visible is looked at.
fn draw_calls(frame: &mut Frame, rect: Rect, state: &State, run: &Run, view: &mut View) -> Option<Event> {
    let (width, height) = (usize::from(rect.width), usize::from(rect.height));
    let View { look, stream: cache, work, .. } = view;
    let of = (state.session.id.0.clone(), run.spec.id.0, width);
    if cache.of != of {
        *cache = Cache { of, calls: Vec::new() };
    }
    cache.calls.resize_with(run.calls.len(), Laid::new);
    // Drawing every line anew for each line that is added is most of what a terminal is sent: the text fills the pane and
    // then makes room for several lines at once.
    let growing = state.stream.scroll == 0 && state.stream.live.as_ref().is_some_and(|l| l.ended.is_none());
    let newest = run.calls.last().zip(cache.calls.last_mut()).filter(|_| growing);
    let free = newest.map_or(0, |(call, laid)| {
        laid.update(call, width, look, work);
        let step = (height / STEPS).max(1);
        (step - laid.len() % step) % step
    });
    let (mut below, mut parts) = (0, Vec::new());
    let height = height - free;
    let mut missing = height;
    let wanted = state.stream.scroll + height;
    for (call, laid) in run.calls.iter().zip(&mut cache.calls).rev() {
        laid.update(call, width, look, work);
        let rows = laid.len();
        let skip = state.stream.scroll.saturating_sub(below).min(rows);
        let take = missing.min(rows - skip);
        parts.push(laid.rows(call, rows - skip - take, rows - skip, look));
        missing -= take;
        below += rows;
        if below >= wanted {
            break;
        }
    }
    let lines: Vec<Line> = parts.into_iter().rev().flatten().collect();
    if lines.is_empty() && run.calls.is_empty() {
        let model = fit_middle(&run.spec.model.reference.to_string(), width.saturating_sub(8));
        let text = Span::styled(format!("asking {model}"), look.style(Role::Dim));
        frame.render_widget(Paragraph::new(text), rect);
    } else {
        draw_lines(frame, rect, &lines);
    }
    let end = below.saturating_sub(height);
    (below < wanted && state.stream.scroll > end).then_some(Event::ScrollEnded(Area::Stream, end))
}
