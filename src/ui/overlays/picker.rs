//! A list with a filter line: the palette, models, modes.

use super::draw_box;
use crate::app::{Picker, PickerKind, PickerValue, Scope};
use crate::domain::safe_text::SafeText;
use crate::ui::View;
use crate::ui::theme::Role;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Draws the list over everything.
pub fn draw_picker(frame: &mut Frame, screen: Rect, picker: &Picker, view: &View) {
    let title = match picker.kind {
        PickerKind::Action => "What do you want to do?",
        PickerKind::Model => "Which model?",
        PickerKind::Mode => "Which mode?",
    };
    let inner = draw_box(frame, screen, (84, 22), title, view);
    let [filter, list] = Layout::vertical([Constraint::Length(2), Constraint::Min(1)]).areas(inner);
    let look = &view.look;
    let typed = SafeText::new(&picker.filter).into_string();
    let line = vec![
        Span::styled("› ", look.style(Role::Accent)),
        Span::styled(typed, look.style(Role::Text)),
        Span::styled(" ", look.style(Role::Selection)),
    ];
    frame.render_widget(Line::from(line), filter);
    if picker.matches.is_empty() {
        let text = if picker.items.is_empty() { "There is nothing to choose from yet." } else { "Nothing matches." };
        return frame.render_widget(Paragraph::new(Span::styled(text, look.style(Role::Dim))), list);
    }
    let height = usize::from(list.height);
    let top = picker.selected.saturating_sub(height.saturating_sub(1));
    let width = usize::from(list.width);
    let lines: Vec<Line> = picker
        .matches
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .map(|(i, item)| row(&picker.items[*item], i == picker.selected, width, view))
        .collect();
    frame.render_widget(Paragraph::new(lines), list);
}

fn row(item: &crate::app::PickerItem, selected: bool, width: usize, view: &View) -> Line<'static> {
    let look = &view.look;
    let note = match &item.value {
        PickerValue::Action(action) => {
            view.keymap.bindings(*action, &Scope::ALL).into_iter().next().unwrap_or_default()
        }
        _ => SafeText::new(&item.note).into_string(),
    };
    let note: String = note.chars().take(width / 2).collect();
    let room = width.saturating_sub(note.chars().count() + 3);
    let label: String = SafeText::new(&item.label).as_str().chars().take(room).collect();
    let style = look.style(if selected { Role::Selection } else { Role::Text });
    Line::from(vec![
        Span::styled(if selected { "▌ " } else { "  " }, look.style(Role::Accent)),
        Span::styled(format!("{label:<room$} "), style),
        Span::styled(note, look.style(Role::Dim)),
    ])
}
