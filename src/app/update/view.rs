//! Moving about: scrolling, selecting, closing, pointing. Nothing here is journaled.

use super::Step;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::event::Pointer;
use crate::app::state::{Area, Failed, Overlay};
use crate::domain::count::counted;
use crate::domain::message::Author;

/// Lines of a page; the pane shows what it can.
const PAGE: isize = 10;
/// "To the end": the view clamps it and says so with `ScrollEnded`.
pub(super) const FAR: isize = 1_000_000;
/// Columns of a step sideways.
const SIDEWAYS: isize = 8;

impl Step<'_> {
    /// Closes what lies on top, else leaves a correction, a rename, the zoom, and at last goes back to typing.
    pub(super) fn close(&mut self) {
        if self.is_completing() {
            self.state.chat.completion.iter_mut().for_each(|c| (c.closed, c.taken) = (true, false));
            return;
        }
        if self.state.overlay.is_none() && self.is_installing() {
            return self.action(Action::CancelRun);
        }
        let state = &mut *self.state;
        if let Some(Overlay::Context(view)) = &mut state.overlay
            && view.reading.take().is_some()
        {
            return;
        }
        if let Some(Overlay::Editor(editor)) = &mut state.overlay
            && editor.is_changed()
            && !std::mem::replace(&mut editor.leaving, true)
        {
            return state.tell("Once more to leave without keeping what you wrote.", Failed::Yes);
        }
        if let Some(Overlay::Help { over: Some(view), .. }) = state.overlay {
            state.overlay = Some(Overlay::Context(view));
            return;
        }
        if state.overlay.take().is_some() || state.sessions.renaming.take().is_some() {
            return;
        }
        if state.chat.chip.take().is_some() {
            state.chat.typing = true;
        } else if state.pause().is_some() && !state.pause_is_aside() {
            state.stream.aside = state.session.run().and_then(|r| r.current_call()).map(|c| c.id);
        } else if state.layout.zoomed {
            state.layout.zoomed = false;
        } else {
            state.layout.focus_on(Area::Chat);
            state.chat.typing = true;
        }
    }

    /// Shows every key, those of the view that it is asked from first.
    pub(super) fn help(&mut self) {
        let over = match self.state.overlay {
            Some(Overlay::Context(view)) => Some(view),
            Some(Overlay::Help { over, .. }) => over,
            _ => None,
        };
        self.state.overlay = Some(Overlay::Help { scroll: 0, over });
    }

    pub(super) fn confirm(&mut self) {
        if self.is_completing() {
            return self.accept_completion();
        }
        if matches!(self.state.overlay, Some(Overlay::Editor(_))) {
            return self.keep_written();
        }
        if self.state.overlay.is_some() {
            return self.choose();
        }
        if self.state.sessions.renaming.is_some() {
            return self.rename();
        }
        match self.state.layout.focus {
            Area::Sessions => self.session_action(Action::OpenSession),
            Area::Chat => self.start_typing(),
            _ => {}
        }
    }

    pub(super) fn navigate(&mut self, action: Action) {
        let (lines, columns) = match action {
            Action::Up => (-1, 0),
            Action::Down => (1, 0),
            Action::PageUp => (-PAGE, 0),
            Action::PageDown => (PAGE, 0),
            Action::Top => (-FAR, 0),
            Action::Bottom => (FAR, 0),
            Action::Left => (0, -1),
            _ => (0, 1),
        };
        match &mut self.state.overlay {
            Some(Overlay::Help { scroll, .. }) => {
                return *scroll = scroll.saturating_add_signed(lines).min(FAR as usize);
            }
            Some(Overlay::Picker(picker)) => return picker.move_by(lines),
            Some(Overlay::Context(_)) => return self.move_in_context(lines),
            Some(Overlay::Editor(editor)) => return editor.move_by(lines),
            None => {}
        }
        if self.state.sessions.renaming.is_some() {
            return;
        }
        // Pages are the conversation's.
        if self.is_completing() && matches!(action, Action::Up | Action::Down) {
            return self.state.chat.completion.iter_mut().for_each(|completion| completion.move_by(lines));
        }
        let focus = self.state.layout.focus;
        if let Some(chip) = self.state.chat.chip.filter(|_| focus == Area::Chat) {
            return self.move_chip(chip, lines, columns);
        }
        match focus {
            area @ (Area::Chat | Area::Stream) => self.scroll(area, lines),
            Area::Review => self.move_review(lines, columns * SIDEWAYS),
            Area::Sessions => {
                let last = self.state.sessions.list.len().saturating_sub(1);
                self.state.sessions.selected = self.state.sessions.selected.saturating_add_signed(lines).min(last);
            }
            Area::Budget => {}
        }
    }

    fn move_chip(&mut self, chip: crate::app::state::Chip, lines: isize, columns: isize) {
        let chat = &mut self.state.chat;
        if columns != 0 {
            chat.chip = Some(chip.neighbour(columns));
        } else if let Some(reading) = &chat.reading {
            let shown = chat.corrections.apply(reading.clone());
            chat.corrections.cycle(chip, &shown, lines.signum());
        }
    }

    fn scroll(&mut self, area: Area, lines: isize) {
        match area {
            // These count lines up from the end, so that 0 follows.
            Area::Chat => {
                self.state.chat.scroll = self.state.chat.scroll.saturating_add_signed(-lines).min(FAR as usize)
            }
            Area::Stream => {
                self.state.stream.scroll = self.state.stream.scroll.saturating_add_signed(-lines).min(FAR as usize);
            }
            Area::Review => self.move_review(lines, 0),
            Area::Budget | Area::Sessions => {}
        }
    }

    /// Moves in what the review shows: the chosen attempt, whole or as a step.
    fn move_review(&mut self, lines: isize, columns: isize) {
        let step = self.state.review.step.take();
        let shown = step.as_deref().or_else(|| self.state.session.run()?.attempt());
        if let Some(attempt) = shown {
            self.state.review.move_by(&attempt.diff, lines);
            self.state.review.move_sideways(&attempt.diff, columns);
        }
        self.state.review.step = step;
    }

    pub(super) fn scroll_ended(&mut self, area: Area, end: usize) {
        match (&mut self.state.overlay, area) {
            // Drawn below an overlay, too, and no limit of that.
            (_, Area::Review) => {
                let review = &mut self.state.review;
                (review.above, review.hidden) = (review.above.min(end), end);
            }
            (Some(Overlay::Help { scroll, .. }), _) => *scroll = end.min(*scroll),
            (Some(Overlay::Context(view)), _) => view.reading = view.reading.map(|scroll| scroll.min(end)),
            (_, Area::Chat) => self.state.chat.scroll = self.state.chat.scroll.min(end),
            (_, Area::Stream) => self.state.stream.scroll = self.state.stream.scroll.min(end),
            _ => {}
        }
    }

    pub(super) fn pointed(&mut self, pointer: Pointer) {
        match pointer {
            Pointer::Scrolled(area, lines) => self.scroll(area, isize::from(lines)),
            Pointer::Clicked(area, row) => {
                self.state.sessions.renaming = None;
                self.state.layout.focus_on(area);
                if area == Area::Chat {
                    self.state.chat.typing = true;
                }
                if area == Area::Sessions && usize::from(row) < self.state.sessions.list.len() {
                    self.state.sessions.selected = usize::from(row);
                }
            }
        }
    }

    /// Copies what the focused pane is about: the hunk's new text, the stream's text, or the last answer.
    pub(super) fn copy(&mut self) {
        let run = self.state.session.run();
        let item = match &self.state.overlay {
            Some(Overlay::Context(view)) => self.state.context_row(view).and_then(|row| row.item),
            _ => None,
        };
        let text = match self.state.layout.focus {
            _ if item.is_some() => item.map(|(_, item)| item.text.clone()),
            Area::Review => run.and_then(|r| self.state.review.shown(r)).and_then(|a| {
                let file = a.diff.get(self.state.review.cursor.file)?;
                let hunk = file.hunks.get(self.state.review.cursor.hunk)?;
                let kept = hunk.lines.iter().filter(|l| l.kind != crate::domain::hunk::LineKind::Removed);
                Some(kept.map(|l| format!("{}\n", l.text)).collect::<String>())
            }),
            Area::Stream => run.and_then(|r| r.current_call()).map(|c| c.text.clone()),
            _ => {
                let said = self.state.session.messages.iter().rev();
                said.clone().find(|m| m.author != Author::User).map(|m| m.text.clone())
            }
        };
        match text.filter(|t| !t.is_empty()) {
            Some(text) => {
                let lines = counted(text.lines().count(), "line");
                self.state.tell(format!("Copied {lines}."), Failed::No);
                self.effects.push(Effect::CopyText(text));
            }
            None => self.state.tell("There is nothing to copy here.", Failed::No),
        }
    }
}
