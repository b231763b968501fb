//! The budget: what was spent, under which limits, and what is left.

use crate::app::{Area, State};
use crate::budget::ledger::Scope;
use crate::budget::limit::{Gauge, Level};
use crate::domain::money::Money;
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
    let gauges = state.gauges();
    let mut lines: Vec<Line> = gauges.iter().map(|g| gauge_line(g, width, view)).collect();
    if gauges.is_empty() {
        let text = format!("session {}, no limits", state.totals.session.spent);
        lines.push(Line::from(Span::styled(text, view.look.style(Role::Text))));
    }
    lines.extend(token_lines(state, &gauges, view));
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The gauge's colour.
pub fn role(level: Level) -> Role {
    match level {
        Level::Green => Role::GaugeLow,
        Level::Yellow => Role::GaugeMid,
        Level::Red => Role::GaugeHigh,
    }
}

fn gauge_line(gauge: &Gauge, width: usize, view: &View) -> Line<'static> {
    let look = &view.look;
    let held = if gauge.reserved > Money::ZERO { format!(" +{} held", gauge.reserved) } else { String::new() };
    let style = look.style(role(gauge.level));
    let figures = format!("{}{held} / {}", gauge.spent, gauge.limit);
    let room = width.saturating_sub(8 + figures.chars().count() + 7);
    let mut spans = vec![
        Span::styled(format!("{:<8}", gauge.scope.word()), look.style(Role::Text)),
        Span::styled(format!("{:>3} % ", gauge.percent), style),
    ];
    if room >= 4 {
        let filled = (gauge.percent as usize * room / 100).min(room);
        spans.push(Span::styled("█".repeat(filled), style));
        spans.push(Span::styled("░".repeat(room - filled), look.style(Role::Border)));
        spans.push(Span::raw(" "));
    }
    spans.push(Span::styled(figures, look.style(Role::Dim)));
    Line::from(spans)
}

/// Tokens of the newest run, and how many more such runs fit.
fn token_lines(state: &State, gauges: &[Gauge], view: &View) -> Vec<Line<'static>> {
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
    if let Some(left) = gauges.iter().filter(|g| g.scope != Scope::Run).filter_map(|g| g.iterations_left).min() {
        lines.push(Line::from(Span::styled(format!("~{left} more runs like these"), dim)));
    }
    if gauges.iter().any(|g| g.spent > Money::ZERO && g.wants_downgrade()) {
        let text = "near the limit: a cheaper or local model would stretch it";
        lines.push(Line::from(Span::styled(text, look.style(Role::Warning))));
    }
    lines
}
