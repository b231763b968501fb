//! The session list.

use crate::app::{Area, State};
use crate::domain::clock::Timestamp;
use crate::domain::session::{SessionStatus, SessionSummary};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, padded};
use crate::ui::widgets::frame::{draw_frame, draw_hint};
use crate::ui::widgets::lines::draw_lines;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns from which the status is a word beside its sign, and from which the money is shown.
const ROOMY: usize = 34;
const WIDE: usize = 48;

/// Draws the pane.
pub fn draw_sessions(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let count = state.sessions.list.len();
    let note = if count > 0 { count.to_string() } else { String::new() };
    let inner = draw_frame(frame, rect, Area::Sessions, state, view, &note);
    let height = usize::from(inner.height);
    if count == 0 {
        return draw_hint(frame, inner, "None yet. The first request begins one; it is kept.", view);
    }
    let focused = state.layout.focus == Area::Sessions;
    let selected = state.sessions.selected;
    let top = if focused { (selected + 1).saturating_sub(height) } else { 0 };
    let shown = state.sessions.list.iter().enumerate().skip(top).take(height);
    let width = usize::from(inner.width);
    let lines: Vec<Line> = shown.map(|(i, s)| row(s, focused && i == selected, state, view, width)).collect();
    draw_lines(frame, inner, &lines);
}

fn row(session: &SessionSummary, selected: bool, state: &State, view: &View, width: usize) -> Line<'static> {
    let look = &view.look;
    let open = session.id == state.session.id;
    let (mark, role) = match session.status {
        SessionStatus::Running => ("▶", Role::Accent),
        SessionStatus::Halted => ("▷", Role::Warning),
        SessionStatus::Waiting => ("◆", Role::Pending),
        SessionStatus::Paused => ("‖", Role::Warning),
        SessionStatus::Idle => ("·", Role::Dim),
        SessionStatus::Archived => ("-", Role::Dim),
    };
    let name = match (&state.sessions.renaming, selected) {
        (Some(name), true) => format!("{name}▏"),
        _ => session.name.clone(),
    };
    let word = if width >= ROOMY { format!(" {:<8}", session.status.word()) } else { String::new() };
    let spent = if width >= WIDE { format!(" {:>7}", session.spent.to_string()) } else { String::new() };
    let ago = ago(state.now, session.updated);
    let figures = if width < ROOMY { format!(" {ago}") } else { format!("{spent} {ago:>6}") };
    let room = width.saturating_sub(columns(&word) + columns(&figures) + 2);
    let style = match (selected, open) {
        (true, _) => look.style(Role::Selection),
        (false, true) => look.style(Role::Title),
        (false, false) => look.style(Role::Text),
    };
    Line::from(vec![
        Span::styled(format!("{mark} "), look.style(role)),
        Span::styled(padded(&name, room), style),
        Span::styled(word, look.style(role)),
        Span::styled(figures, look.style(Role::Dim)),
    ])
}

/// How long ago, in the largest unit that fits.
fn ago(now: Timestamp, then: Timestamp) -> String {
    match now.millis_since(then) / 1000 {
        0..60 => "now".to_owned(),
        s @ 60..3600 => format!("{} min", s / 60),
        s @ 3600..86_400 => format!("{} h", s / 3600),
        s => format!("{} d", s / 86_400),
    }
}
