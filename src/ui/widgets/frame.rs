//! A pane's border and title, brighter where the keys are.

use super::fit::{columns, fit_middle};
use crate::app::{Area, State};
use crate::ui::View;
use crate::ui::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, BorderType, Paragraph, Wrap};

/// Draws the border and returns what is inside.
pub fn draw_frame(frame: &mut Frame, rect: Rect, area: Area, state: &State, view: &View, note: &str) -> Rect {
    let focused = state.layout.focus == area && state.overlay.is_none();
    let (border, title) = match focused {
        true => (view.look.style(Role::BorderFocused), view.look.style(Role::Title)),
        false => (view.look.style(Role::Border), view.look.style(Role::Dim)),
    };
    let mut line = vec![Span::styled(format!(" {} ", area.title()), title)];
    let room = usize::from(rect.width).saturating_sub(columns(area.title()) + 5);
    let note = fit_middle(note, room);
    if !note.is_empty() {
        line.push(Span::styled(format!("{note} "), view.look.style(Role::Dim)));
    }
    let kind = if focused { BorderType::Thick } else { BorderType::Rounded };
    let block = Block::bordered().border_type(kind).border_style(border).title(Line::from(line));
    let inner = block.inner(rect);
    frame.render_widget(block, rect);
    inner
}

/// What a pane says while it is empty.
pub fn draw_hint(frame: &mut Frame, rect: Rect, text: &str, view: &View) {
    let text = Text::styled(text.to_owned(), view.look.style(Role::Dim));
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), rect);
}
