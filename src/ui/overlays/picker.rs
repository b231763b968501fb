//! A list with a filter line: the palette, models, modes.

use super::draw_box;
use crate::app::{Picker, PickerItem, PickerKind, PickerValue, Scope, State};
use crate::domain::revert::Way;
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, fit, fit_middle, one_line, padded};
use crate::ui::widgets::lines::draw_lines;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Columns that a model's label keeps.
const LABEL: usize = 34;

/// Draws the list over everything.
pub fn draw_picker(frame: &mut Frame, screen: Rect, picker: &Picker, state: &State, view: &View) {
    let (title, width) = match picker.kind {
        PickerKind::Action => ("What do you want to do?", 84),
        PickerKind::Model => ("Which model?", 116),
        PickerKind::Mode => ("Which mode?", 84),
        PickerKind::Revert(Way::Undo) => ("Take back what a run wrote", 116),
        PickerKind::Revert(Way::Redo) => ("Make again what was taken back", 116),
        PickerKind::Install => ("Get what is missing?", 116),
        PickerKind::Memory => ("What is remembered: choose one to pin it, or to let it go", 116),
    };
    // As high as the whole list, so that it does not jump while it is narrowed.
    let height = u16::try_from(picker.items.len().clamp(1, 20)).unwrap_or(20) + 4;
    let inner = draw_box(frame, screen, (width, height), title, view);
    let [filter, list] = Layout::vertical([Constraint::Length(2), Constraint::Min(1)]).areas(inner);
    let look = &view.look;
    let (matches, all) = (picker.matches.len(), picker.items.len());
    let count = if picker.filter.is_empty() { all.to_string() } else { format!("{matches} of {all}") };
    let room = usize::from(filter.width).saturating_sub(columns(&count) + 4);
    let line = vec![
        Span::styled("› ", look.style(Role::Accent)),
        Span::styled(tail(&picker.filter, room.saturating_sub(1)), look.style(Role::Text)),
        Span::styled(" ", look.style(Role::Text).add_modifier(ratatui::style::Modifier::REVERSED)),
    ];
    frame.render_widget(Line::from(line), filter);
    frame.render_widget(Line::from(Span::styled(format!("{count} "), look.style(Role::Dim))).right_aligned(), filter);
    if picker.matches.is_empty() {
        let text = if picker.items.is_empty() { "There is nothing to choose from yet." } else { "Nothing matches." };
        return frame.render_widget(Paragraph::new(Span::styled(text, look.style(Role::Dim))), list);
    }
    let height = usize::from(list.height);
    let top = picker.selected.saturating_sub(height.saturating_sub(1));
    let width = usize::from(list.width);
    let shown = picker.matches.iter().enumerate().skip(top).take(height);
    let lines: Vec<Line> =
        shown.map(|(i, item)| row(&picker.items[*item], i == picker.selected, width, state, view)).collect();
    draw_lines(frame, list, &lines);
}

/// The end of what is typed: that is where the cursor is.
fn tail(text: &str, room: usize) -> String {
    let text = one_line(text);
    let skip = columns(&text).saturating_sub(room);
    text.chars().skip(skip).collect()
}

fn row(item: &PickerItem, selected: bool, width: usize, state: &State, view: &View) -> Line<'static> {
    let look = &view.look;
    let (label, note) = match &item.value {
        PickerValue::Action(action) => {
            let keys = view.keymap.bindings(*action, &Scope::ALL).into_iter().next().unwrap_or_default();
            let note = fit(&keys, width / 3);
            (padded(&item.label, width.saturating_sub(columns(&note) + 4)), note)
        }
        PickerValue::Model(model) => {
            let used = if state.model.as_ref() == Some(model) { "● " } else { "  " };
            let label = fit_middle(&item.label, LABEL.min(width / 2));
            let label = padded(&format!("{used}{label}"), LABEL.min(width / 2) + 3);
            let room = width.saturating_sub(columns(&label) + 3);
            (label, fit(&item.note, room))
        }
        PickerValue::Mode(mode) => {
            let used = if state.mode == *mode { "● " } else { "  " };
            let label = padded(&format!("{used}{}", item.label), 16.min(width / 2));
            let room = width.saturating_sub(columns(&label) + 3);
            (label, fit(&item.note, room))
        }
        PickerValue::Command(_) => {
            let note = fit(&item.note, width / 3);
            (padded(&item.label, width.saturating_sub(columns(&note) + 4)), note)
        }
        // Spaces count in a line of a diff.
        PickerValue::ShownLine => {
            (padded(&fit(&item.label, width.saturating_sub(4)), width.saturating_sub(4)), String::new())
        }
        PickerValue::Memory(_)
        | PickerValue::Revert(..)
        | PickerValue::WriteRevert
        | PickerValue::LeaveRevert
        | PickerValue::Install(_)
        | PickerValue::LeaveInstall => {
            let note = fit(&item.note, width / 2);
            (padded(&one_line(&item.label), width.saturating_sub(columns(&note) + 4)), note)
        }
    };
    let style = look.style(if selected { Role::Selection } else { Role::Text });
    Line::from(vec![
        Span::styled(if selected { "▌ " } else { "  " }, look.style(Role::Accent)),
        Span::styled(format!("{label} "), style),
        Span::styled(note, look.style(Role::Dim)),
    ])
}
