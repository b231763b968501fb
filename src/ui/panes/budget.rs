//! The budget: what was spent, under which limits, and what is left.

use crate::app::{Area, ScopeTotal, State};
use crate::domain::money::Money;
use crate::graph::{PauseReason, Stage};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::frame::draw_frame;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Draws the pane.
pub fn draw_budget(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let inner = draw_frame(frame, rect, Area::Budget, state, view, "");
    let width = usize::from(inner.width);
    let limits = state.session.limits(&state.settings.limits);
    let mut lines = Vec::new();
    for (scope, limit) in limits.named() {
        let total = state.total(scope);
        if limit.is_some() || total.spent > Money::ZERO {
            lines.extend(scope_lines(scope, &total, limit, width, view));
        }
    }
    lines.extend(token_lines(state, view));
    if let Some(Stage::Paused(PauseReason::Budget { .. })) = state.session.run().map(|r| &r.stage) {
        lines.insert(0, Line::from(Span::styled("paused at a limit", view.look.style(Role::Warning))));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The gauge's colour: green below half, yellow to 80 %, red above.
pub fn level(percent: f64) -> Role {
    match percent {
        p if p < 50.0 => Role::GaugeLow,
        p if p <= 80.0 => Role::GaugeMid,
        _ => Role::GaugeHigh,
    }
}

/// Percent of a limit that is spent or reserved; 100 where the limit is nothing.
pub fn percent(total: &ScopeTotal, limit: Money) -> f64 {
    match limit.0 {
        0 => 100.0,
        l => (total.spent + total.reserved).0 as f64 * 100.0 / l as f64,
    }
}

fn scope_lines(scope: &str, total: &ScopeTotal, limit: Option<Money>, width: usize, view: &View) -> Vec<Line<'static>> {
    let look = &view.look;
    let held = if total.reserved > Money::ZERO { format!(" +{} held", total.reserved) } else { String::new() };
    let Some(limit) = limit else {
        let text = format!("{scope:<8}{}{held}, no limit", total.spent);
        return vec![Line::from(Span::styled(text, look.style(Role::Text)))];
    };
    let percent = percent(total, limit);
    let role = level(percent);
    let figures = format!("{}{held} / {limit}", total.spent);
    let room = width.saturating_sub(8 + figures.chars().count() + 7);
    let label = Span::styled(format!("{scope:<8}"), look.style(Role::Text));
    let share = Span::styled(format!("{percent:>4.0} % "), look.style(role));
    let mut line = vec![label, share];
    if room >= 4 {
        let filled = ((percent / 100.0 * room as f64).round() as usize).min(room);
        line.push(Span::styled("█".repeat(filled), look.style(role)));
        line.push(Span::styled("░".repeat(room - filled), look.style(Role::Border)));
        line.push(Span::raw(" "));
    }
    line.push(Span::styled(figures, look.style(Role::Dim)));
    vec![Line::from(line)]
}

/// Tokens of the newest run, and how many more such runs fit.
fn token_lines(state: &State, view: &View) -> Vec<Line<'static>> {
    let look = &view.look;
    let dim = look.style(Role::Dim);
    let Some(run) = state.session.run() else {
        return vec![Line::from(Span::styled("nothing spent yet", dim))];
    };
    let usages = || run.calls.iter().filter_map(|c| c.usage);
    let (input, output): (u32, u32) = (usages().map(|u| u.input).sum(), usages().map(|u| u.output).sum());
    let cached: u32 = usages().map(|u| u.cache_read).sum();
    let mark = if usages().any(|u| u.estimated) { "~" } else { "" };
    let mut text = format!("this run: {mark}{input} in, {mark}{output} out");
    if cached > 0 {
        text.push_str(&format!(", {cached} cached"));
    }
    let mut lines = vec![Line::from(Span::styled(text, dim))];
    let unknown = run.calls.iter().any(|c| c.finish.is_some() && c.cost.is_none());
    if unknown {
        lines.push(Line::from(Span::styled("price unknown: not in the sums", look.style(Role::Warning))));
    }
    if let Some(left) = iterations_left(state) {
        lines.push(Line::from(Span::styled(format!("~{left} more runs like these"), dim)));
    }
    lines
}

/// Runs at the session's average cost that fit under the tightest limit.
pub fn iterations_left(state: &State) -> Option<i64> {
    let costs: Vec<Money> = state.session.runs.iter().map(crate::graph::Run::spent).filter(|c| c.0 > 0).collect();
    let average = costs.iter().copied().sum::<Money>().0.checked_div(costs.len() as i64)?;
    let limits = state.session.limits(&state.settings.limits);
    let rooms = limits.named().into_iter().filter(|(scope, _)| *scope != "run").filter_map(|(scope, limit)| {
        let total = state.total(scope);
        Some(limit?.saturating_sub(total.spent + total.reserved).0)
    });
    rooms.min()?.checked_div(average)
}
