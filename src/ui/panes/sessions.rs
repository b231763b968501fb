//! The session list.

use crate::app::{Area, State};
use crate::domain::clock::Timestamp;
use crate::domain::safe_text::SafeText;
use crate::domain::session::{SessionStatus, SessionSummary};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::frame::draw_frame;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Draws the pane.
pub fn draw_sessions(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let count = state.sessions.list.len();
    let note = if count > 0 { count.to_string() } else { String::new() };
    let inner = draw_frame(frame, rect, Area::Sessions, state, view, &note);
    let height = usize::from(inner.height);
    if count == 0 {
        let text = Span::styled("none yet", view.look.style(Role::Dim));
        return frame.render_widget(Paragraph::new(text), inner);
    }
    let focused = state.layout.focus == Area::Sessions;
    let selected = state.sessions.selected;
    let top = if focused { selected.saturating_sub(height.saturating_sub(1)) } else { 0 };
    let lines: Vec<Line> = state
        .sessions
        .list
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .map(|(i, s)| row(s, focused && i == selected, state, view, usize::from(inner.width)))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

fn row(session: &SessionSummary, selected: bool, state: &State, view: &View, width: usize) -> Line<'static> {
    let look = &view.look;
    let open = session.id == state.session.id;
    let (mark, role) = match session.status {
        SessionStatus::Running => ("▶", Role::Accent),
        SessionStatus::Waiting => ("◆", Role::Pending),
        SessionStatus::Paused => ("‖", Role::Warning),
        SessionStatus::Idle => ("·", Role::Dim),
        SessionStatus::Archived => ("-", Role::Dim),
    };
    let name = match (&state.sessions.renaming, selected) {
        (Some(name), true) => format!("{name}▏"),
        _ => session.name.clone(),
    };
    let figures = format!(" {} {}", session.spent, ago(state.now, session.updated));
    let room = width.saturating_sub(figures.chars().count() + 2);
    let name: String = SafeText::new(&name).as_str().replace('\n', " ").chars().take(room).collect();
    let style = match (selected, open) {
        (true, _) => look.style(Role::Selection),
        (false, true) => look.style(Role::Title),
        (false, false) => look.style(Role::Text),
    };
    Line::from(vec![
        Span::styled(format!("{mark} "), look.style(role)),
        Span::styled(format!("{name:<room$}"), style),
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
