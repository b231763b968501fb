//! The line at the top (where we are, with which model, at what cost) and the two at the bottom (what is to be told, keys).

use super::View;
use super::panes::budget::role;
use super::theme::Role;
use crate::app::{Action, Area, Failed, Scope, State};
use crate::domain::model::Locality;
use crate::domain::safe_text::SafeText;
use crate::input::hints as hints_of;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the top line.
pub fn draw_header(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let look = &view.look;
    let branch = state.root.branch.as_ref().map(|b| format!(" ({})", SafeText::new(b))).unwrap_or_default();
    let root = format!(" {}{branch} ", SafeText::new(&state.root.name));
    let model = match (&state.model, &state.models) {
        (_, None) => "looking for models…".to_owned(),
        (None, Some(_)) => "no model".to_owned(),
        (Some(m), Some(_)) => m.to_string(),
    };
    let note = state.model_info().map(|m| m.note.clone()).unwrap_or_default();
    let mut left = vec![
        Span::styled(root, look.style(Role::Title)),
        Span::styled("· ", look.style(Role::Border)),
        Span::styled(SafeText::new(&model).into_string(), look.style(Role::Accent)),
        Span::styled(format!(" {}", SafeText::new(&note)), look.style(Role::Dim)),
    ];
    let gauge = gauge(state, view);
    let used: usize = left.iter().chain(&gauge).map(|s| s.content.chars().count()).sum();
    left.push(Span::raw(" ".repeat(usize::from(rect.width).saturating_sub(used))));
    left.extend(gauge);
    frame.render_widget(Line::from(left), rect);
}

/// Spent of the tightest limit, in its colour.
fn gauge(state: &State, view: &View) -> Vec<Span<'static>> {
    let look = &view.look;
    if state.model_info().is_some_and(|m| m.locality != Locality::Remote) {
        return vec![Span::styled("free ", look.style(Role::Success))];
    }
    match state.gauges().into_iter().rev().max_by_key(|g| g.percent) {
        Some(g) => {
            let text = format!("{} {} % {}/{} ", g.scope.word(), g.percent, g.spent, g.limit);
            vec![Span::styled(text, look.style(role(g.level)))]
        }
        None => vec![Span::styled(format!("{} no limit ", state.totals.session.spent), look.style(Role::Dim))],
    }
}

/// Draws the two bottom lines.
pub fn draw_footer(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let [told, keys] = ratatui::layout::Layout::vertical([
        ratatui::layout::Constraint::Length(1),
        ratatui::layout::Constraint::Length(1),
    ])
    .areas(rect);
    frame.render_widget(told_line(state, view), told);
    frame.render_widget(key_line(state, view, usize::from(keys.width)), keys);
}

fn told_line(state: &State, view: &View) -> Line<'static> {
    let look = &view.look;
    if let Some(notice) = &state.notice {
        let role = if notice.failed == Failed::Yes { Role::Warning } else { Role::Text };
        let text = SafeText::new(&notice.text).into_string().replace('\n', " ");
        return Line::from(Span::styled(format!(" {text}"), look.style(role)));
    }
    if !state.session.is_saved() {
        return Line::from(Span::styled(" saving…", look.style(Role::Dim)));
    }
    Line::default()
}

/// The keys that matter here. A chord that has begun shows how it may go on.
fn key_line(state: &State, view: &View, width: usize) -> Line<'static> {
    let look = &view.look;
    let hints: Vec<(String, String)> = match state.chord.is_empty() {
        false => state.chord.clone(),
        true => hints(state, view),
    };
    let (mut spans, mut used) = (Vec::new(), 0);
    for (keys, label) in hints {
        let wide = keys.chars().count() + label.chars().count() + 3;
        if used + wide > width {
            break;
        }
        used += wide;
        spans.push(Span::styled(format!(" {keys}"), look.style(Role::Accent)));
        spans.push(Span::styled(format!(" {label} "), look.style(Role::Dim)));
    }
    Line::from(spans)
}

fn hints(state: &State, view: &View) -> Vec<(String, String)> {
    use Action::*;
    let scopes = state.scopes();
    let mut wanted: Vec<Action> = match scopes[0] {
        Scope::Picker => vec![Confirm, Close, Up, Down],
        Scope::Overlay => vec![Close, Up, Down],
        Scope::Pause => vec![Retry, RaiseLimit, UseCheaper, UseLocal, StopRun],
        Scope::Typing => vec![Submit, Newline, EditIntent],
        _ => match state.layout.focus {
            Area::Chat => vec![StartTyping, Up, Down],
            Area::Review => {
                vec![
                    AcceptHunk,
                    RejectHunk,
                    Apply,
                    NextHunk,
                    PreviousHunk,
                    AcceptAll,
                    RejectAll,
                    Undo,
                    Refine,
                    ToggleSplit,
                ]
            }
            Area::Stream => vec![Up, Down, Bottom, Copy],
            Area::Budget => vec![ChooseModel],
            Area::Sessions => vec![OpenSession, NewSession, RenameSession, DeleteSession],
        },
    };
    if state.session.active_run().is_some() {
        wanted.push(CancelRun);
    }
    wanted.extend([FocusNext, Palette, Help, Quit]);
    hints_of(&view.keymap, &scopes, &wanted).into_iter().map(|(k, l)| (k, l.to_owned())).collect()
}
