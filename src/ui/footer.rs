//! The two lines at the bottom: what is to be told, and the keys that matter here. A key is shown only where it does
//! something now.

use super::View;
use super::theme::Role;
use super::widgets::fit::{columns, fit, one_line};
use super::widgets::lines::draw_lines;
use super::widgets::wrap::wrap;
use crate::app::{Action, Area, Confirming, Failed, Notice, Overlay, ReviewView, Scope, Standing, State, TOO_SMALL};
use crate::domain::hunk::Decision;
use crate::graph::{Outcome, Run, Stage};
use crate::input::label;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

/// Facts that may be on their way to the disk while something runs without a word about it: there always are some.
const ON_THEIR_WAY: u64 = 32;

/// A key and its word; one that would do nothing now is shown without colour, so that the others keep their place.
struct Hint {
    keys: String,
    word: String,
    ready: bool,
}

/// Draws both lines. A chord that has begun takes both. A sentence that is too long for one, since its end says what to do, takes
/// the panes' lower border as well: the keys stay. The next key makes room again.
pub fn draw_footer(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let width = usize::from(rect.width);
    let mut rows = Vec::new();
    if state.chord.is_empty() {
        let keys = key_row(hints(state, view), &ways_on(state, view), width, view);
        match long_notice(state, view, &keys, width) {
            Some(long) => rows.extend(long),
            None => rows.push(told_line(state, view, width)),
        }
        rows.push(keys);
    } else {
        let ways = state.chord.iter().map(|(keys, word)| Hint { keys: keys.clone(), word: word.clone(), ready: true });
        rows.extend(key_rows(ways, width, 2, view));
    }
    let top = rect.bottom().saturating_sub(rows.len() as u16);
    for (y, line) in (top..).zip(rows) {
        let row = Rect { y, height: 1, ..rect };
        frame.render_widget(Clear, row);
        frame.render_widget(Block::new().style(view.look.style(Role::Text)), row);
        draw_lines(frame, row, &[line]);
    }
}

/// What is to be told in two lines, where one is too short for it.
fn long_notice(state: &State, view: &View, keys: &Line, width: usize) -> Option<[Line<'static>; 2]> {
    let (text, role) = notice(state)?;
    let text = one_line(text);
    let room = width.saturating_sub(1);
    let style = view.look.style(role);
    (columns(&text) > room).then_some(())?;
    let rows = wrap(&[(text, style)], room, 0);
    // Blanks at its end may be all that did not fit.
    rows.get(1)?;
    let answer = answer(state, view).filter(|answer| !keys.to_string().contains(&answer.word));
    let rest: String = rows[1..].iter().map(|row| format!("{} ", row.to_string().trim_end())).collect();
    let rest = fit(rest.trim_end(), room.saturating_sub(answer.as_ref().map_or(0, |hint| hint.columns() + 1)));
    // Where the key leaves nothing of the second row, the first says that there is more.
    let first = if rest.is_empty() {
        fit(&format!("{} …", rows[0].to_string().trim_end()), room)
    } else {
        rows[0].to_string()
    };
    let first = Line::from(vec![Span::raw(" "), Span::styled(first, style)]);
    let mut second = Line::from(vec![Span::raw(" "), Span::styled(rest, style)]);
    second.spans.extend(answer.iter().flat_map(|hint| hint.spans(view)));
    Some([first, second])
}

/// The key that does what was asked for once.
fn answer(state: &State, view: &View) -> Option<Hint> {
    let action = match state.review.confirming? {
        Confirming::Write => Action::Apply,
        Confirming::Drop => Action::CancelRun,
    };
    let scopes = state.scopes();
    let (_, word, ready) = wanted(state, &scopes).into_iter().find(|(wanted, ..)| *wanted == action)?;
    Some(Hint { keys: keys(action, &scopes, view)?, word: word.to_owned(), ready })
}

/// What is told now, and how it looks: the newest notice, or else that no hunk can be seen where one is to be decided.
fn notice(state: &State) -> Option<(&str, Role)> {
    let role = |notice: &Notice| if notice.failed == Failed::Yes { Role::Warning } else { Role::Text };
    let told = state.notice.as_ref().map(|notice| (notice.text.as_str(), role(notice)));
    told.or_else(|| is_blind(state).then_some((TOO_SMALL, Role::Warning)))
}

/// Whether hunks wait for a decision and none of their lines can be seen.
fn is_blind(state: &State) -> bool {
    let is_at_gate = state.session.run().is_some_and(|run| run.stage == Stage::Gate);
    is_at_gate && state.layout.focus == Area::Review && !state.sees_hunks
}

fn told_line(state: &State, view: &View, width: usize) -> Line<'static> {
    let look = &view.look;
    let room = width.saturating_sub(1);
    if let Some((text, role)) = notice(state) {
        return Line::from(Span::styled(format!(" {}", fit(text, room)), look.style(role)));
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
    let (mut rows, mut used) = (vec![Vec::new()], 0);
    for hint in hints {
        if used + hint.columns() > width + 1 {
            if rows.len() == most {
                break;
            }
            rows.push(Vec::new());
            used = 0;
        }
        used += hint.columns();
        if let Some(row) = rows.last_mut() {
            row.extend(hint.spans(view));
        }
    }
    rows.into_iter().map(Line::from).collect()
}

/// Keys and words, as many as fit in a row beside those at its end. These take no more than half of it.
fn key_row(hints: Vec<Hint>, last: &[Hint], width: usize, view: &View) -> Line<'static> {
    let (mut end, mut used) = (Vec::new(), 0);
    for hint in last {
        if used + hint.columns() > width / 2 {
            break;
        }
        used += hint.columns();
        end.extend(hint.spans(view));
    }
    let mut line = key_rows(hints, width.saturating_sub(used), 1, view).pop().unwrap_or_default();
    line.spans.extend(end);
    line
}

impl Hint {
    fn columns(&self) -> usize {
        columns(&self.keys) + columns(&self.word) + 3
    }

    fn spans(&self, view: &View) -> [Span<'static>; 2] {
        let role = if self.ready { Role::Key } else { Role::Dim };
        let keys = Span::styled(format!(" {}", self.keys), view.look.style(role));
        [keys, Span::styled(format!(" {} ", self.word), view.look.style(Role::Dim))]
    }
}

/// What leads to everything that finds no room, and out: shown at the end of the line wherever nothing lies on top.
fn ways_on(state: &State, view: &View) -> Vec<Hint> {
    let scopes = state.scopes();
    if is_closed(scopes[0]) {
        return Vec::new();
    }
    let hint =
        |action: &Action| Some(Hint { keys: keys(*action, &scopes, view)?, word: label(*action).into(), ready: true });
    let mut ways = vec![Action::Help, Action::Palette, Action::Quit];
    // A pause has many answers, all of them needed.
    ways.truncate(if scopes[0] == Scope::Pause { 2 } else { 3 });
    ways.iter().filter_map(hint).collect()
}

/// Whether a place has only its own keys in the footer: one leaves it first.
fn is_closed(scope: Scope) -> bool {
    use Scope::*;
    matches!(scope, Picker | Completion | Context | Comment | Editor | Overlay)
}

/// The first keys of an action; for two that are each other's reverse, the keys of both.
fn keys(action: Action, scopes: &[Scope], view: &View) -> Option<String> {
    let first = |action| view.keymap.bindings(action, scopes).into_iter().next();
    let reverse = match action {
        Action::AcceptFile => first(Action::RejectFile),
        Action::NextFile => first(Action::PreviousFile),
        Action::PreviousAttempt => first(Action::NextAttempt),
        _ => None,
    };
    Some(first(action)? + &reverse.map(|keys| format!("/{keys}")).unwrap_or_default())
}

/// The keys to show, those that matter most first.
fn hints(state: &State, view: &View) -> Vec<Hint> {
    let scopes = state.scopes();
    let mut shown: Vec<Hint> = Vec::new();
    for (action, word, ready) in wanted(state, &scopes) {
        if let Some(keys) = keys(action, &scopes, view) {
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
        wanted.insert(wanted.len().min(1), (FocusReview, "review", true));
    }
    let decides =
        stage == Some(&Stage::Gate) && scopes[0] == Scope::Review && state.review.step.is_none() && state.sees_hunks;
    if decides {
        wanted.extend(plain(&[Comment, EditHunk]));
        let drop = if state.review.confirming == Some(Confirming::Drop) { "yes, drop" } else { "drop all" };
        wanted.push((CancelRun, drop, true));
    }
    wanted.extend(plain(&[FocusNext]));
    if state.context().is_some() {
        wanted.push((ShowContext, "context", true));
    }
    if decides {
        wanted.extend(plain(&[RejectAll, OpenEditor, ToggleSplit, PreviousHunk]));
    }
    if scopes[0] == Scope::Pause {
        wanted.push((Quit, "quit", true));
    }
    wanted
}

fn plain(actions: &[Action]) -> Vec<Wanted> {
    actions.iter().map(|a| (*a, label(*a), true)).collect()
}

fn context(state: &State) -> Vec<Wanted> {
    use Action::*;
    let Some(Overlay::Context(view)) = &state.overlay else { return Vec::new() };
    let row = state.context_row(view);
    if row.is_none() {
        return vec![(Close, "close", true)];
    }
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
        Area::Review if is_blind(state) => plain(&[FocusChat]),
        Area::Review => {
            let run = state.session.run().filter(|r| r.attempt().is_some());
            run.map(|run| review(run, &state.review)).unwrap_or_default()
        }
    }
}

fn review(run: &Run, review: &ReviewView) -> Vec<Wanted> {
    use Action::*;
    if review.step.is_some() {
        let mut keys = vec![(ToggleStep, "show the whole", true), (NextHunk, "next", true)];
        keys.extend((run.stage == Stage::Gate).then_some((PreviousAttempt, "tries", true)));
        return keys;
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
            let commented = !run.comments.is_empty();
            let refine = (Refine, if commented { "send comments" } else { "refine" }, true);
            let (all, apply) = ((AcceptAll, "all", true), (Apply, apply, decided));
            let mut keys = vec![(AcceptHunk, "accept", true), (RejectHunk, "reject", true)];
            // Comments are answered only when they are sent.
            keys.extend(if commented { [apply, refine, all] } else { [all, apply, (NextHunk, "next", true)] });
            keys.extend(commented.then_some((NextHunk, "next", true)));
            if run.attempt().is_some_and(|a| a.diff.len() > 1) {
                keys.extend([(AcceptFile, "whole file", true), (NextFile, "next file", true)]);
            }
            if run.attempts.len() > 1 {
                keys.push((PreviousAttempt, "tries", true));
            }
            keys.push((Undo, "undo", !run.history.is_empty()));
            keys.extend((!commented).then_some(refine));
            keys.extend((run.attempts.len() > 1).then_some((ToggleStep, "step", true)));
            keys
        }
        Stage::Finished(Outcome::Applied) => vec![(Undo, "take back", true), (NextHunk, "next", true)],
        Stage::Finished(Outcome::Undone) => vec![(Redo, "write again", true), (NextHunk, "next", true)],
        _ => vec![(NextHunk, "next", true), (PreviousHunk, "previous", true), (ToggleSplit, "split", true)],
    };
    if run.can_install() && !run.installs.is_empty() && !run.missing().is_empty() {
        keys.insert(keys.len().min(3), (Install, "install…", true));
    }
    keys
}
