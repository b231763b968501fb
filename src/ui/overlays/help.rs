//! Help: every key, by where it works, straight from the keymap.

use super::draw_box;
use crate::app::{Action, Area, Event, Scope};
use crate::ui::View;
use crate::ui::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Draws help over everything.
pub fn draw_help(frame: &mut Frame, screen: Rect, scroll: usize, view: &View) -> Option<Event> {
    let inner = draw_box(frame, screen, (76, screen.height), "Keys", view);
    let lines = lines(view);
    let end = lines.len().saturating_sub(usize::from(inner.height));
    let shown: Vec<Line> = lines.into_iter().skip(scroll.min(end)).take(usize::from(inner.height)).collect();
    frame.render_widget(Paragraph::new(shown), inner);
    (scroll > end).then_some(Event::ScrollEnded(Area::Chat, end))
}

fn lines(view: &View) -> Vec<Line<'static>> {
    let look = &view.look;
    let mut lines = Vec::new();
    for scope in Scope::ALL {
        let bound: Vec<(String, Action)> = Action::ALL
            .iter()
            .map(|a| (view.keymap.bindings(*a, &[scope]).join("  "), *a))
            .filter(|(keys, _)| !keys.is_empty())
            .collect();
        if bound.is_empty() {
            continue;
        }
        let title = match scope {
            Scope::Global => "everywhere",
            other => other.name(),
        };
        lines.push(Line::from(Span::styled(title, look.style(Role::Title))));
        for (keys, action) in bound {
            lines.push(Line::from(vec![
                Span::styled(format!("  {keys:<24} "), look.style(Role::Accent)),
                Span::styled(action.doc(), look.style(Role::Text)),
            ]));
        }
        lines.push(Line::default());
    }
    lines
}
