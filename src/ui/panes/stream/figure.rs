//! The line of figures: speed, first token, tokens, time; measured by the server, or marked `~`. Silence and waiting are said.

use crate::app::{Live, State};
use crate::domain::model::Node;
use crate::graph::{Call, Run, Stage};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::bar::bar;
use crate::ui::widgets::fit::{columns, fit};
use ratatui::text::{Line, Span};

/// Milliseconds of a check or a read after which its time is shown.
const PATIENCE_MS: u64 = 1000;

/// The line, no wider than `width`.
pub fn line(run: &Run, state: &State, view: &View, width: usize) -> Line<'static> {
    let look = &view.look;
    let said = |text: String, role: Role| Line::from(Span::styled(fit(&text, width), look.style(role)));
    let Some(live) = &state.stream.live else { return Line::default() };
    if let Some((attempt, wait_ms, failure)) = &live.retrying {
        let left = wait_ms.saturating_sub(state.now.millis_since(live.last_sign));
        return said(format!("attempt {attempt} in {} · {failure}", seconds(left)), Role::Warning);
    }
    if let Some(silent) = live.stalled(state.now) {
        return said(format!("nothing for {} s: the model may be loading or stuck", silent / 1000), Role::Warning);
    }
    if let (Stage::Working(Node::Validator), Some(began)) = (&run.stage, state.stream.checking) {
        let ms = state.now.millis_since(began);
        let time = if ms >= PATIENCE_MS { format!(" · {}", seconds(ms)) } else { String::new() };
        return said(format!("checks are running{time}"), Role::Dim);
    }
    if let Some((done, total)) = live.prefill.filter(|_| live.first_token.is_none() && live.ended.is_none()) {
        return prefill(done, total, live.elapsed(state.now), width, view);
    }
    let mut text = String::new();
    for part in parts(run, live, state) {
        let next = if text.is_empty() { part } else { format!("{text} · {part}") };
        if columns(&next) > width && !text.is_empty() {
            break;
        }
        text = next;
    }
    said(text, Role::Dim)
}

/// How much of the prompt the model has read.
fn prefill(done: u32, total: u32, elapsed: u64, width: usize, view: &View) -> Line<'static> {
    let look = &view.look;
    let before = "reading the prompt ";
    let after = format!(" {done}/{total} · {}", seconds(elapsed));
    let room = width.saturating_sub(columns(before) + columns(&after)).min(40);
    let mut spans = vec![Span::styled(before, look.style(Role::Dim))];
    if room >= 4 {
        spans.extend(bar(u64::from(done), u64::from(total), room, Role::Accent, look));
    }
    spans.push(Span::styled(after, look.style(Role::Dim)));
    Line::from(spans)
}

fn parts(run: &Run, live: &Live, state: &State) -> Vec<String> {
    let mut parts = Vec::new();
    match live.rate(state.now) {
        Some((rate, true)) => parts.push(format!("{rate:.1} tok/s")),
        Some((rate, false)) => parts.push(format!("~{rate:.1} tok/s")),
        None if live.first_token.is_none() && live.ended.is_none() => {
            let waiting = if live.sent.is_some() { "waiting for the first token" } else { "reserving" };
            parts.push(waiting.to_owned());
        }
        None => {}
    }
    if let Some(call) = run.current_call().filter(|c| c.usage.is_some() || live.ended.is_none()) {
        parts.push(tokens(call, live));
    }
    parts.push(seconds(live.elapsed(state.now)));
    if let Some(ms) = live.time_to_first_token() {
        parts.push(format!("first {}", seconds(ms)));
    }
    parts
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
