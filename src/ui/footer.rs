//! The two lines at the bottom: what is to be told, and the keys that matter here. A key is shown only where it does
//! something now.

use super::View;
use super::theme::Role;
use super::widgets::fit::{columns, fit, one_line};
use super::widgets::wrap::wrap;
use crate::app::{Action, Area, Confirming, Failed, Notice, Overlay, ReviewView, Scope, Standing, State};
use crate::domain::hunk::Decision;
use crate::graph::{Outcome, Run, Stage};
use crate::input::label;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Facts that may be on their way to the disk while something runs without a word about it: there always are some.
const ON_THEIR_WAY: u64 = 32;

/// A key and its word; one that would do nothing now is shown without colour, so that the others keep their place.
struct Hint {
    keys: String,
    word: String,
    ready: bool,
}

/// Draws both lines. A chord that has begun takes both, and so does a sentence that is too long for one: its end says what to
/// do. The next key makes room again.
pub fn draw_footer(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let width = usize::from(rect.width);
    let mut rows = Vec::new();
    if let Some(long) = long_notice(state, view, width) {
        rows.extend(long);
    } else if state.chord.is_empty() {
        rows.push(told_line(state, view, width));
        rows.extend(key_rows(hints(state, view), width, 1, view));
    } else {
        let ways = state.chord.iter().map(|(keys, word)| Hint { keys: keys.clone(), word: word.clone(), ready: true });
        rows.extend(key_rows(ways, width, 2, view));
    }
    let height = usize::from(rect.height);
    for (y, line) in (rect.y..).zip(rows.into_iter().rev().take(height).rev()) {
        frame.render_widget(line, Rect { y, height: 1, ..rect });
    }
}

/// What is to be told in both lines, where one is too short for it.
fn long_notice(state: &State, view: &View, width: usize) -> Option<Vec<Line<'static>>> {
    let notice = state.notice.as_ref().filter(|_| state.chord.is_empty())?;
    let text = one_line(&notice.text);
    let room = width.saturating_sub(1);
    let style = view.look.style(role_of(notice));
    (columns(&text) > room).then_some(())?;
    let rows = wrap(&[(text, style)], room, 0);
    let mut lines: Vec<Line<'static>> = rows.iter().take(2).cloned().collect();
    if rows.len() > 2 {
        let rest: String = rows[1..].iter().map(|row| format!("{row} ")).collect();
        lines[1] = Line::from(Span::styled(fit(rest.trim_end(), room), style));
    }
    lines.iter_mut().for_each(|line| line.spans.insert(0, Span::raw(" ")));
    Some(lines)
}

fn role_of(notice: &Notice) -> Role {
    if notice.failed == Failed::Yes { Role::Warning } else { Role::Text }
}

fn told_line(state: &State, view: &View, width: usize) -> Line<'static> {
    let look = &view.look;
    let room = width.saturating_sub(1);
    if let Some(notice) = &state.notice {
        return Line::from(Span::styled(format!(" {}", fit(&notice.text, room)), look.style(role_of(notice))));
    }
    if let Some(failure) = &state.session.unsaved {
        let text = fit(&format!("Not saved: {failure}"), room);
        return Line::from(Span::styled(format!(" {text}"), look.style(Role::Warning)));
    }
    let behind = state.session.seq.saturating_sub(state.session.acknowledged);
    if behind > (if state.is_busy() { ON_THEIR_WAY } else { 0 }) {
        return Line::from(Span::styled(" saving…", look.style(Role::Dim)));
    }
    Line::default()
}

/// Keys and words, as many as fit in so many rows.
fn key_rows(hints: impl IntoIterator<Item = Hint>, width: usize, most: usize, view: &View) -> Vec<Line<'static>> {
    let look = &view.look;
    let (mut rows, mut used) = (vec![Vec::new()], 0);
    for hint in hints {
        let wide = columns(&hint.keys) + columns(&hint.word) + 3;
        if used + wide > width + 1 {
            if rows.len() == most {
                break;
            }
            rows.push(Vec::new());
            used = 0;
        }
        used += wide;
        if let Some(row) = rows.last_mut() {
            let role = if hint.ready { Role::Key } else { Role::Dim };
            row.push(Span::styled(format!(" {}", hint.keys), look.style(role)));
            row.push(Span::styled(format!(" {} ", hint.word), look.style(Role::Dim)));
        }
    }
    rows.into_iter().map(Line::from).collect()
}

/// The keys to show, those that matter most first.
fn hints(state: &State, view: &View) -> Vec<Hint> {
    let scopes = state.scopes();
    let mut shown: Vec<Hint> = Vec::new();
    for (action, word, ready) in wanted(state, &scopes) {
        if let Some(keys) = view.keymap.bindings(action, &scopes).into_iter().next() {
            shown.push(Hint { keys, word: word.to_owned(), ready });
        }
        if action == Action::Submit && state.session.can_undo_apply() && state.chat.is_empty() {
            let undone = state.session.run().is_some_and(|r| r.stage == Stage::Finished(Outcome::Undone));
            let (order, word) = if undone { ("/redo", "write again") } else { ("/undo", "take back") };
            shown.push(Hint { keys: order.to_owned(), word: word.to_owned(), ready: true });
        }
    }
    shown
}

/// An action, its word, and whether it does something now.
type Wanted = (Action, &'static str, bool);

/// The actions that belong to the place, those that matter most first.
fn wanted(state: &State, scopes: &[Scope]) -> Vec<Wanted> {
    use Action::*;
    match scopes[0] {
        Scope::Picker if state.sessions.renaming.is_some() => {
            return vec![(Confirm, "rename", true), (Close, "leave it", true)];
        }
        Scope::Completion => {
            return vec![(Confirm, "take it", true), (Up, "up", true), (Down, "down", true), (Close, "leave it", true)];
        }
        Scope::Context => return context(state),
        Scope::Comment => {
            return vec![(Confirm, "keep it", true), (Newline, "new line", true), (Close, "leave", true)];
        }
        Scope::Editor => return vec![(Confirm, "keep it", true), (Close, "leave", true)],
        Scope::Picker => return plain(&[Confirm, Close, Up, Down]),
        Scope::Overlay => return plain(&[Close, Up, Down, PageDown]),
        _ => {}
    }
    let correcting = state.chat.chip.is_some() && state.layout.focus == Area::Chat;
    let mut wanted = match scopes[0] {
        Scope::Pause => pause(state),
        Scope::Typing => typing(state),
        _ if correcting => vec![(Right, "next part", true), (Up, "change", true), (StartTyping, "done", true)],
        _ => pane(state),
    };
    let stage = state.session.run().map(|r| &r.stage);
    if matches!(stage, Some(Stage::Assembling | Stage::Working(_))) {
        wanted.insert(0, (CancelRun, "cancel", true));
    }
    if stage == Some(&Stage::Gate) && state.layout.focus != Area::Review {
        wanted.push((FocusReview, "review", true));
    }
    wanted.extend(plain(&[Help, FocusNext, Palette]));
    if state.context().is_some() {
        wanted.push((ShowContext, "context", true));
    }
    if stage == Some(&Stage::Gate) && scopes[0] == Scope::Review && state.review.step.is_none() {
        wanted.extend(plain(&[Comment, EditHunk, OpenEditor, RejectAll, PreviousHunk, ToggleSplit]));
        let drop = if state.review.confirming == Some(Confirming::Drop) { "yes, drop" } else { "drop all" };
        wanted.push((CancelRun, drop, true));
    }
    wanted.push((Quit, "quit", true));
    wanted
}

fn plain(actions: &[Action]) -> Vec<Wanted> {
    actions.iter().map(|a| (*a, label(*a), true)).collect()
}

fn context(state: &State) -> Vec<Wanted> {
    use Action::*;
    let Some(Overlay::Context(view)) = &state.overlay else { return Vec::new() };
    let row = state.context_row(view);
    let is_file = row.is_some_and(|row| row.path.is_some());
    let word = |said, other, own| if row.is_some_and(|row| row.standing == Some(said)) { other } else { own };
    let mut keys = vec![
        (DropItem, word(Standing::Dropped, "let it back", "drop"), is_file),
        (PinItem, word(Standing::Pinned, "let it go", "pin"), is_file),
    ];
    match view.reading {
        Some(_) => keys.extend([(Close, "back", true), (PageDown, "page down", true), (Copy, "copy", true)]),
        None => keys.extend([(Confirm, "its text", row.is_some_and(|row| row.item.is_some())), (Close, "close", true)]),
    }
    keys.extend(plain(&[Up, Down]));
    keys
}

fn pause(state: &State) -> Vec<Wanted> {
    let mut keys: Vec<Wanted> = state.offers().iter().map(|o| (o.action, label(o.action), true)).collect();
    if !state.pause_is_aside() {
        keys.push((Action::Close, "look around", true));
    }
    keys
}

fn typing(state: &State) -> Vec<Wanted> {
    if state.pause().is_some() {
        return vec![(Action::StopTyping, "answer the pause", true)];
    }
    let mut keys = vec![(Action::Submit, submit_word(state), !state.is_busy()), (Action::Newline, "new line", true)];
    if state.chat.reading.is_some() {
        keys.insert(1, (Action::EditIntent, "correct", true));
    }
    keys
}

/// One word for what sending would do.
fn submit_word(state: &State) -> &'static str {
    match state.session.run().map(|r| &r.stage) {
        _ if state.chat.is_order() => "do it",
        _ if state.chat.asked.is_some() => "answer",
        Some(Stage::Gate) => "revise",
        _ => "send",
    }
}

fn pane(state: &State) -> Vec<Wanted> {
    use Action::*;
    match state.layout.focus {
        Area::Chat if state.chat.reading.is_some() => plain(&[StartTyping, EditIntent, Up, Down]),
        Area::Chat => plain(&[StartTyping, Up, Down, Copy]),
        Area::Stream => plain(&[Up, Down, Bottom, Copy]),
        Area::Budget => plain(&[ChooseModel]),
        Area::Sessions if state.sessions.list.is_empty() => plain(&[NewSession]),
        Area::Sessions => plain(&[OpenSession, NewSession, RenameSession, DeleteSession]),
        Area::Review => {
            let run = state.session.run().filter(|r| r.attempt().is_some());
            run.map(|run| review(run, &state.review)).unwrap_or_default()
        }
    }
}

fn review(run: &Run, review: &ReviewView) -> Vec<Wanted> {
    use Action::*;
    if review.step.is_some() {
        return vec![
            (ToggleStep, "show the whole", true),
            (NextHunk, "next", true),
            (PreviousAttempt, "earlier", true),
            (NextAttempt, "later", true),
        ];
    }
    let confirming = review.confirming == Some(Confirming::Write);
    let mut keys = match &run.stage {
        Stage::Gate => {
            let accepted = run.decisions.values().any(|d| *d == Decision::Accepted);
            let decided = run.decisions.values().any(|d| *d != Decision::Pending);
            let apply = match (decided && !accepted, confirming) {
                (true, false) => "end it",
                (true, true) => "yes, end it",
                (false, false) => "apply",
                (false, true) => "yes, write",
            };
            vec![
                (AcceptHunk, "accept", true),
                (RejectHunk, "reject", true),
                (AcceptAll, "all", true),
                (Apply, apply, decided),
                (NextHunk, "next", true),
                (Undo, "undo", !run.history.is_empty()),
                (Refine, if run.comments.is_empty() { "refine" } else { "send comments" }, true),
            ]
        }
        Stage::Finished(Outcome::Applied) => vec![(Undo, "take back", true), (NextHunk, "next", true)],
        Stage::Finished(Outcome::Undone) => vec![(Redo, "write again", true), (NextHunk, "next", true)],
        _ => vec![(NextHunk, "next", true), (PreviousHunk, "previous", true), (ToggleSplit, "split", true)],
    };
    if run.can_install() && !run.installs.is_empty() && !run.missing().is_empty() {
        keys.insert(keys.len().min(3), (Install, "install…", true));
    }
    if run.attempts.len() > 1 && run.stage == Stage::Gate {
        keys.extend([(PreviousAttempt, "earlier", true), (NextAttempt, "later", true), (ToggleStep, "step", true)]);
    }
    keys
}
