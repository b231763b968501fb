//! Help: every key, straight from the keymap, grouped by where it works; the place the user came from comes first.

use super::draw_box;
use crate::app::{Action, Area, Event, Scope, State};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, padded};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Columns of a list of keys.
const LIST: u16 = 74;
/// Columns of the keys in it.
const KEYS: usize = 22;

/// Draws help over everything, in as many lists beside each other as fit.
pub fn draw_help(frame: &mut Frame, screen: Rect, scroll: usize, state: &State, view: &View) -> Option<Event> {
    let lists = (screen.width.saturating_sub(4) / LIST).clamp(1, 2);
    let inner = draw_box(frame, screen, (lists * LIST + 2, screen.height), "Keys", view);
    let height = usize::from(inner.height);
    if height == 0 {
        return None;
    }
    let (lines, shown) = (lines(state, view), height * usize::from(lists));
    let end = lines.len().saturating_sub(shown);
    let mut rest = lines.into_iter().skip(scroll.min(end));
    for list in Layout::horizontal(vec![Constraint::Fill(1); usize::from(lists)]).split(inner).iter() {
        frame.render_widget(Paragraph::new(rest.by_ref().take(height).collect::<Vec<_>>()), *list);
    }
    (scroll > end).then_some(Event::ScrollEnded(Area::Chat, end))
}

/// The place the user came from, then everywhere, then the other places.
fn groups(state: &State) -> Vec<Scope> {
    let mut groups = state.place();
    groups.extend(Scope::ALL.into_iter().filter(|s| !matches!(s, Scope::Overlay)));
    let mut seen = Vec::new();
    groups.retain(|s| {
        let new = !seen.contains(s);
        seen.push(*s);
        new
    });
    groups
}

fn title(scope: Scope) -> &'static str {
    match scope {
        Scope::Global => "Everywhere",
        Scope::Typing => "While typing",
        Scope::Chat => "Chat",
        Scope::Stream => "Stream",
        Scope::Review => "Review",
        Scope::Budget => "Budget",
        Scope::Sessions => "Sessions",
        Scope::Pause => "When a run is paused",
        Scope::Picker => "In a list",
        Scope::Overlay => "Here",
    }
}

fn lines(state: &State, view: &View) -> Vec<Line<'static>> {
    let look = &view.look;
    let here = state.place()[0];
    let mut lines = Vec::new();
    for scope in groups(state) {
        let bound: Vec<(String, Action)> = Action::ALL
            .iter()
            .map(|a| (view.keymap.bindings(*a, &[scope]).join("  "), *a))
            .filter(|(keys, _)| !keys.is_empty())
            .collect();
        if bound.is_empty() {
            continue;
        }
        let note = if scope == here { " · you are here" } else { "" };
        lines.push(Line::from(vec![
            Span::styled(format!(" {}", title(scope)), look.style(Role::Heading)),
            Span::styled(note, look.style(Role::Dim)),
        ]));
        for (keys, action) in bound {
            let room = KEYS.max(columns(&keys));
            lines.push(Line::from(vec![
                Span::styled(format!("   {} ", padded(&keys, room)), look.style(Role::Key)),
                Span::styled(action.doc(), look.style(Role::Text)),
            ]));
        }
        lines.push(Line::default());
    }
    lines.extend(signs(view));
    lines
}

/// What the signs on the screen mean.
fn signs(view: &View) -> Vec<Line<'static>> {
    let look = &view.look;
    let signs = [
        ("▶ ◆ ‖ ·", "a session: running, waiting for you, paused, idle"),
        ("[✓] [✗] [ ]", "a hunk: accepted, rejected, open"),
        ("~", "an estimate; without it, the server's own figure"),
        ("⟦U+202E⟧", "a character that would be obeyed or cannot be seen"),
    ];
    let mut lines = vec![Line::from(Span::styled(" Signs", look.style(Role::Heading)))];
    lines.extend(signs.map(|(sign, meaning)| {
        Line::from(vec![
            Span::styled(format!("   {} ", padded(sign, KEYS)), look.style(Role::Key)),
            Span::styled(meaning, look.style(Role::Text)),
        ])
    }));
    lines
}
