//! Short words for actions, and the keys that lead to them: what the footer shows. Palette and help take their keys from
//! the same keymap, by [`Keymap::bindings`].

use super::keymap::Keymap;
use crate::app::{Action, Scope};

/// Actions that need no key: the palette has them, and a keymap may bind them.
pub const PALETTE_ONLY: &[Action] = &[Action::NextTheme, Action::ToggleMouse, Action::Hide];

/// The keys and the short word of each action that `scopes` (innermost first) can reach, in the order asked for.
pub fn hints(keymap: &Keymap, scopes: &[Scope], actions: &[Action]) -> Vec<(String, &'static str)> {
    let hint = |action: &Action| Some((keymap.bindings(*action, scopes).into_iter().next()?, label(*action)));
    actions.iter().filter_map(hint).collect()
}

/// A word or two for the footer, at most 10 characters.
pub fn label(action: Action) -> &'static str {
    match action {
        Action::Quit => "quit",
        Action::Suspend => "suspend",
        Action::Help => "help",
        Action::Palette => "palette",
        Action::FocusNext => "next pane",
        Action::FocusPrevious => "prev pane",
        Action::FocusChat => "chat",
        Action::FocusStream => "stream",
        Action::FocusReview => "review",
        Action::FocusBudget => "budget",
        Action::FocusSessions => "sessions",
        Action::Zoom => "zoom",
        Action::Widen => "larger",
        Action::Narrow => "smaller",
        Action::Hide => "hide",
        Action::NextTheme => "theme",
        Action::ToggleMouse => "mouse",
        Action::Redraw => "redraw",
        Action::Close => "close",
        Action::CancelRun => "cancel",
        Action::Retry => "retry",
        Action::RaiseLimit => "raise",
        Action::UseCheaper => "cheaper",
        Action::UseLocal => "local",
        Action::StopRun => "stop",
        Action::ChooseModel => "model",
        Action::ChooseMode => "mode",
        Action::Submit => "send",
        Action::Newline => "new line",
        Action::StartTyping => "type",
        Action::StopTyping => "leave",
        Action::HistoryPrevious => "earlier",
        Action::HistoryNext => "later",
        Action::EditIntent => "correct",
        Action::Up => "up",
        Action::Down => "down",
        Action::Left => "left",
        Action::Right => "right",
        Action::PageUp => "page up",
        Action::PageDown => "page down",
        Action::Top => "top",
        Action::Bottom => "bottom",
        Action::Copy => "copy",
        Action::Confirm => "choose",
        Action::ShowContext => "context",
        Action::PinItem => "pin",
        Action::DropItem => "drop",
        Action::AcceptHunk => "accept",
        Action::RejectHunk => "reject",
        Action::AcceptFile => "acc. file",
        Action::RejectFile => "rej. file",
        Action::AcceptAll => "accept all",
        Action::RejectAll => "reject all",
        Action::Apply => "apply",
        Action::Refine => "refine",
        Action::Comment => "comment",
        Action::EditHunk => "edit",
        Action::OpenEditor => "$EDITOR",
        Action::Indent => "indent",
        Action::NextHunk => "next hunk",
        Action::PreviousHunk => "prev hunk",
        Action::NextFile => "next file",
        Action::PreviousFile => "prev file",
        Action::ToggleSplit => "split",
        Action::ToggleStep => "step",
        Action::NextAttempt => "next try",
        Action::PreviousAttempt => "prev try",
        Action::Install => "install",
        Action::Undo => "undo",
        Action::Redo => "redo",
        Action::NewSession => "new",
        Action::OpenSession => "open",
        Action::RenameSession => "rename",
        Action::DeleteSession => "delete",
    }
}
