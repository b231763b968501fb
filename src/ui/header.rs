//! The line at the top: where we are, with which model, and how near the limit.

use super::theme::Role;
use super::widgets::bar::bar;
use super::widgets::fit::{columns, fit, fit_middle};
use super::widgets::lines::draw_lines;
use super::{Look, View};
use crate::app::{RepositoryView, State};
use crate::budget::limit::{Gauge, Level};
use crate::domain::count::{counted, grouped};
use crate::domain::model::Locality;
use crate::domain::money::Money;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns of the header's bar.
const BAR: usize = 8;
/// Columns from which the bar and the model's note are shown.
const ROOMY: usize = 100;

/// Draws the line. The gauge stays whole as long as anything does; names give way first.
pub fn draw_header(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let width = usize::from(rect.width);
    let right = gauge(state, &view.look, width);
    let taken: usize = right.iter().map(|s| columns(&s.content)).sum();
    let mut left = place(state, view, width.saturating_sub(taken + 1));
    let used: usize = left.iter().map(|s| columns(&s.content)).sum();
    left.push(Span::raw(" ".repeat(width.saturating_sub(used + taken))));
    left.extend(right);
    draw_lines(frame, rect, &[Line::from(left)]);
}

/// Repository, session and model in the room there is.
fn place(state: &State, view: &View, room: usize) -> Vec<Span<'static>> {
    let look = &view.look;
    let model = match (&state.model, &state.models) {
        (_, None) => "looking for models…".to_owned(),
        (None, Some(_)) => "no model".to_owned(),
        (Some(m), Some(_)) => m.to_string(),
    };
    let branch = state.root.branch.as_ref().map(|b| format!(" ({b})")).unwrap_or_default();
    let root = fit_middle(&format!("{}{branch}", state.root.name), room / 2);
    let mut spans = vec![Span::styled(format!(" {root}"), look.style(Role::Title))];
    let mut left = room.saturating_sub(columns(&root) + 1);
    let mut add = |text: &str, role: Role, middle: bool| {
        let text = if middle { fit_middle(text, left.saturating_sub(3)) } else { fit(text, left.saturating_sub(3)) };
        if columns(&text) < 4 {
            return;
        }
        left -= columns(&text) + 3;
        spans.push(Span::styled(" · ", look.style(Role::Border)));
        spans.push(Span::styled(text, look.style(role)));
    };
    add(&model, Role::Accent, true);
    if room >= ROOMY && !state.session.name.is_empty() {
        add(&state.session.name, Role::Dim, false);
    }
    if let Some(info) = state.model_info().filter(|i| !i.note.is_empty()) {
        add(&info.note, Role::Dim, false);
    }
    if let Some(text) = map_words(&state.repository).filter(|_| room >= ROOMY || state.repository.ready.is_none()) {
        add(&text, Role::Dim, false);
    }
    spans
}

/// How far the map of the repository is: under way, or what it holds. What makes it better afterwards is no one's concern.
pub fn map_words(map: &RepositoryView) -> Option<String> {
    match (map.ready, map.progress) {
        (Some((files, symbols, _)), _) => Some(format!("{} · {}", counted(files, "file"), counted(symbols, "symbol"))),
        (None, Some((_, done, total))) => {
            Some(format!("mapping {}/{} files", grouped(done.into()), grouped(total.into())))
        }
        (None, None) => None,
    }
}

/// Spent of the tightest limit, in its colour. A model on this machine costs nothing, and what cost something still shows.
fn gauge(state: &State, look: &Look, width: usize) -> Vec<Span<'static>> {
    let spent = state.totals.session.spent;
    let free = state.model_info().is_some_and(|m| m.locality != Locality::Remote);
    let tightest = state.gauges().into_iter().rev().max_by_key(|g| g.percent);
    match tightest {
        Some(g) if !free || g.percent > 0 => gauge_spans(&g, free, look, width),
        _ if free && spent == Money::ZERO => vec![Span::styled("free ", look.style(Role::Success))],
        _ => vec![Span::styled(format!("{spent} spent, no limit "), look.style(Role::Dim))],
    }
}

fn gauge_spans(gauge: &Gauge, free: bool, look: &Look, width: usize) -> Vec<Span<'static>> {
    let role = level_role(gauge.level);
    let mut spans = Vec::new();
    if free {
        spans.push(Span::styled("free now · ", look.style(Role::Success)));
    }
    spans.push(Span::styled(format!("{} {} % ", gauge.scope.word(), gauge.percent), look.style(role)));
    if width >= ROOMY {
        spans.extend(bar(u64::from(gauge.percent), 100, BAR, role, look));
        spans.push(Span::raw(" "));
    }
    spans.push(Span::styled(format!("{}/{} ", gauge.spent + gauge.reserved, gauge.limit), look.style(role)));
    if let Some(left) = gauge.iterations_left.filter(|_| width >= ROOMY && !free) {
        spans.push(Span::styled(format!("~{left} left "), look.style(Role::Dim)));
    }
    spans
}

/// The gauge's colour.
pub fn level_role(level: Level) -> Role {
    match level {
        Level::Green => Role::GaugeLow,
        Level::Yellow => Role::GaugeMid,
        Level::Red => Role::GaugeHigh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_not_many() {
        let words = |files, symbols| {
            map_words(&RepositoryView { ready: Some((files, symbols, 0)), ..RepositoryView::default() }).unwrap()
        };
        assert_eq!(words(1, 1), "1 file · 1 symbol");
        assert_eq!(words(20_000, 0), "20,000 files · 0 symbols");
    }
}
