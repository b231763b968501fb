//! The stream: the model's text as it comes, with what is known of its speed.

use crate::app::{Area, Event, Live, State};
use crate::domain::model::Node;
use crate::graph::{Call, Run, Stage};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::frame::draw_frame;
use crate::ui::widgets::transcript::Transcript;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// The newest call, laid out.
#[derive(Default)]
pub struct Cache {
    call: Option<u64>,
    thinking: Transcript,
    text: Transcript,
}

/// The graph's nodes in order, for the progress line.
const NODES: [Node; 5] = [Node::Planner, Node::Executor, Node::Validator, Node::Reviewer, Node::Formatter];

/// Draws the pane.
pub fn draw_stream(frame: &mut Frame, rect: Rect, state: &State, view: &mut View) -> Option<Event> {
    let call = state.session.run().and_then(Run::current_call);
    let note = call.map(|c| c.model.to_string()).unwrap_or_default();
    let inner = draw_frame(frame, rect, Area::Stream, state, view, &note);
    if inner.height < 2 {
        return None;
    }
    let [progress, body, figures] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(inner);
    frame.render_widget(progress_line(state, view), progress);
    frame.render_widget(figures_line(state, view), figures);
    match call {
        Some(call) => draw_text(frame, body, state, call, view),
        None => {
            let text = "The model's answer appears here as it is written.";
            frame.render_widget(Paragraph::new(Span::styled(text, view.look.style(Role::Dim))), body);
            None
        }
    }
}

/// Which node is at work, among all of them.
fn progress_line(state: &State, view: &View) -> Line<'static> {
    let look = &view.look;
    let Some(run) = state.session.run() else { return Line::default() };
    let active = run.active_node();
    let reached = |node: Node| run.calls.iter().any(|c| c.node == node);
    let mut spans = Vec::new();
    for node in NODES {
        let here = active == Some(node) || (node == Node::Validator && active == Some(Node::Healer));
        let name = match (here, active) {
            (true, Some(node)) => node.activity(),
            _ => short(node),
        };
        let style = if here {
            look.style(Role::Accent)
        } else if reached(node) || matches!(run.stage, Stage::Gate | Stage::Applying) {
            look.style(Role::Success)
        } else {
            look.style(Role::Dim)
        };
        if !spans.is_empty() {
            spans.push(Span::styled(" › ", look.style(Role::Border)));
        }
        spans.push(Span::styled(if here { format!("▶ {name}") } else { name.to_owned() }, style));
    }
    if run.attempts.len() > 1 {
        spans.push(Span::styled(format!("  attempt {}", run.attempts.len()), look.style(Role::Dim)));
    }
    Line::from(spans)
}

fn short(node: Node) -> &'static str {
    match node {
        Node::Planner => "plan",
        Node::Executor => "write",
        Node::Validator => "check",
        Node::Healer => "heal",
        Node::Reviewer => "review",
        Node::Formatter => "format",
    }
}

/// Speed, first token, tokens, time; measured by the server, or marked `~`.
fn figures_line(state: &State, view: &View) -> Line<'static> {
    let look = &view.look;
    let dim = look.style(Role::Dim);
    let Some(live) = &state.stream.live else { return Line::default() };
    if let Some((attempt, wait_ms, failure)) = &live.retrying {
        let text = format!("{failure} Attempt {attempt} in {:.0} s.", *wait_ms as f64 / 1000.0);
        return Line::from(Span::styled(text, look.style(Role::Warning)));
    }
    if let Some(silent) = live.stalled(state.now) {
        let text = format!("nothing for {} s: the model may be loading or stuck", silent / 1000);
        return Line::from(Span::styled(text, look.style(Role::Warning)));
    }
    let mut parts = Vec::new();
    match live.rate(state.now) {
        Some((rate, true)) => parts.push(format!("{rate:.1} tok/s")),
        Some((rate, false)) => parts.push(format!("~{rate:.1} tok/s")),
        None => parts.extend(waiting(live)),
    }
    if let Some(ms) = live.time_to_first_token() {
        parts.push(format!("first token {}", seconds(ms)));
    }
    if let Some(call) = state.session.run().and_then(Run::current_call) {
        parts.push(tokens(call, live));
    }
    parts.push(seconds(live.elapsed(state.now)));
    Line::from(Span::styled(parts.join(" · "), dim))
}

/// What happens before the first token.
fn waiting(live: &Live) -> Option<String> {
    if live.first_token.is_some() || live.ended.is_some() {
        return None;
    }
    Some(match live.prefill {
        Some((done, total)) => format!("reading the prompt {done}/{total}"),
        None if live.sent.is_some() => "waiting for the first token".to_owned(),
        None => "reserving".to_owned(),
    })
}

fn tokens(call: &Call, live: &Live) -> String {
    match call.usage {
        Some(usage) => {
            let mark = if usage.estimated { "~" } else { "" };
            let cached = if usage.cache_read > 0 { format!(" ({} cached)", usage.cache_read) } else { String::new() };
            format!("{mark}{}{cached} in, {mark}{} out", usage.input, usage.output)
        }
        None => format!("~{} in, ~{} out", call.prompt_tokens, live.characters / 4),
    }
}

fn seconds(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => format!("{} min {} s", ms / 60_000, ms / 1000 % 60),
    }
}

fn draw_text(frame: &mut Frame, rect: Rect, state: &State, call: &Call, view: &mut View) -> Option<Event> {
    let cache = &mut view.stream;
    if cache.call != Some(call.id.0) {
        *cache = Cache { call: Some(call.id.0), ..Cache::default() };
    }
    let width = usize::from(rect.width);
    cache.thinking.update(&call.thinking, width, &view.look);
    cache.text.update(&call.text, width, &view.look);
    let (first, total) = (cache.thinking.len(), cache.thinking.len() + cache.text.len());
    let height = usize::from(rect.height);
    let end = total.saturating_sub(height);
    let top = end.saturating_sub(state.stream.scroll);
    let dim = view.look.style(Role::Dim);
    let thinking = cache.thinking.slice(top, (top + height).min(first)).map(|l| l.clone().style(dim));
    let text = cache.text.slice(top.saturating_sub(first), (top + height).saturating_sub(first)).cloned();
    frame.render_widget(Paragraph::new(thinking.chain(text).collect::<Vec<_>>()), rect);
    (state.stream.scroll > end).then_some(Event::ScrollEnded(Area::Stream, end))
}
