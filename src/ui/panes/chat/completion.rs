//! The list above the input line: what the letters behind an `@` may become.

use crate::app::{Completion, CompletionItem, CompletionKind, State};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, fit, fit_middle, one_line};
use ratatui::text::{Line, Span};

/// Most lines of the list.
const MOST: usize = 8;

/// The list in the room there is, the selected line in sight; `None` where nothing is completed.
pub fn lines(state: &State, view: &View, width: usize, room: usize) -> Option<Vec<Line<'static>>> {
    let completion = state.chat.completion.as_ref().filter(|completion| !completion.closed)?;
    if let Some(text) = instead(completion) {
        return Some(vec![Line::from(Span::styled(fit(text, width), view.look.style(Role::Dim)))]);
    }
    let room = room.clamp(1, MOST);
    let top = (completion.selected + 1).saturating_sub(room);
    let shown = completion.items.iter().enumerate().skip(top).take(room);
    Some(shown.map(|(at, item)| line(item, at == completion.selected, width, view)).collect())
}

/// What stands there while there is no list.
fn instead(completion: &Completion) -> Option<&'static str> {
    match &completion.answered {
        _ if completion.query.is_empty() => Some("letters of a file or a name"),
        _ if completion.no_map && completion.taken => Some("map is being made, then its best line is taken"),
        _ if completion.no_map => Some("map is being made"),
        _ if !completion.items.is_empty() => None,
        Some(_) => Some("no file and no name has these letters"),
        None => Some(""),
    }
}

fn line(item: &CompletionItem, selected: bool, width: usize, view: &View) -> Line<'static> {
    let look = &view.look;
    let name = match item.kind {
        CompletionKind::File => one_line(&item.name),
        CompletionKind::Symbol => format!("`{}`", one_line(&item.name)),
    };
    let name = fit_middle(&name, width.saturating_sub(2));
    let room = width.saturating_sub(columns(&name) + 4);
    let place = if room >= 8 { fit_middle(&item.place, room) } else { String::new() };
    Line::from(vec![
        Span::styled(if selected { "▌ " } else { "  " }, look.style(Role::Accent)),
        Span::styled(name, look.style(if selected { Role::Selection } else { Role::Text })),
        Span::styled(format!("  {place}"), look.style(Role::Dim)),
    ])
}
