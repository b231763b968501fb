//! What the last prompt was made of: looking at it, and saying which files belong into the next ones and which do not.

use super::Step;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::fact::Fact;
use crate::app::state::{ContextView, Failed, FileSought, Overlay, Standing};
use crate::domain::failure::Failure;

impl Step<'_> {
    pub(super) fn context_action(&mut self, action: Action) {
        match action {
            Action::PinItem => self.say_of_selected(Standing::Pinned),
            Action::DropItem => self.say_of_selected(Standing::Dropped),
            _ => self.state.overlay = Some(Overlay::Context(ContextView::default())),
        }
    }

    /// Pins or drops the file of the selected line, or takes that back.
    fn say_of_selected(&mut self, said: Standing) {
        let Some(Overlay::Context(view)) = &self.state.overlay else {
            return self.state.tell("That is for the context: /context shows it.", Failed::No);
        };
        let row = self.state.context_row(view);
        match row.map(|row| row.path.map(str::to_owned)) {
            Some(Some(path)) => self.say(&path, said),
            Some(None) => {
                let text = "Only files can be pinned or dropped here; /memory pins what is remembered.";
                self.state.tell(text, Failed::No);
            }
            None => {}
        }
    }

    /// The orders `/pin PATH` and `/drop PATH`: which file that is, the repository says, unless it is taken back. Whether that
    /// was a path.
    pub(super) fn say_of_named(&mut self, name: &str, said: Standing) -> bool {
        let path = name.trim_matches(['`', '"', '\'']).trim_start_matches('@').trim_start_matches("./");
        let is_inside = !path.starts_with(['/', '~']) && !path.split('/').any(|part| part == "..");
        let fits = !path.is_empty() && is_inside && !path.chars().any(char::is_control);
        match fits {
            true if self.state.standing(path) == Some(said) => self.say(path, said),
            true => {
                let (session, name) = (self.state.session.id.clone(), path.to_owned());
                self.effects.push(Effect::FindFile(FileSought { session, name, said }));
            }
            false => {
                self.state.tell("Which file? Its path from the root of the repository; @ completes it.", Failed::Yes);
            }
        }
        fits
    }

    /// A file to be pinned or dropped is there, or it is not: then the order stands in the chat again, to be corrected.
    pub(super) fn file_found(&mut self, sought: &FileSought, found: &Result<String, Failure>) {
        let FileSought { session, name, said } = sought;
        match found {
            _ if *session != self.state.session.id => {}
            Ok(path) => self.say(path, *said),
            Err(failure) => {
                if self.state.chat.is_empty() {
                    let order = if *said == Standing::Pinned { "pin" } else { "drop" };
                    self.state.chat.set_text(&format!("/{order} {name}"));
                }
                self.state.tell_failure(failure);
            }
        }
    }

    fn say(&mut self, path: &str, said: Standing) {
        let taken_back = self.state.standing(path) == Some(said);
        let path = path.to_owned();
        let (fact, text) = match said {
            _ if taken_back => {
                (Fact::ContextReset { path: path.clone() }, format!("{path} is chosen by itself again."))
            }
            Standing::Pinned => (
                Fact::ContextPinned { path: path.clone() },
                format!("Pinned: {path} stands in every context from now on."),
            ),
            Standing::Dropped => (
                Fact::ContextDropped { path: path.clone() },
                format!("Dropped: {path} stands in no context from now on."),
            ),
        };
        self.commit(fact);
        self.state.tell(text, Failed::No);
    }

    /// Lines go while the view is open: a file is let go, a run has another context, another session is there.
    pub(super) fn keep_context_in_sight(&mut self) {
        let Some(Overlay::Context(view)) = &self.state.overlay else { return };
        let (rows, has_text) =
            (self.state.context_rows().len(), self.state.context_row(view).is_some_and(|r| r.item.is_some()));
        if let Some(Overlay::Context(view)) = &mut self.state.overlay {
            view.selected = view.selected.min(rows.saturating_sub(1));
            view.reading = view.reading.filter(|_| has_text);
        }
    }

    /// Moves within the items, or within the text of the one that is read.
    pub(super) fn move_in_context(&mut self, lines: isize) {
        let last = self.state.context_rows().len().saturating_sub(1);
        let Some(Overlay::Context(view)) = &mut self.state.overlay else { return };
        match &mut view.reading {
            Some(scroll) => *scroll = scroll.saturating_add_signed(lines).min(super::view::FAR as usize),
            None => view.selected = view.selected.saturating_add_signed(lines).min(last),
        }
    }

    /// Shows the text of the selected item; of a file that is not in the context there is none.
    pub(super) fn read_item(&mut self) {
        let Some(Overlay::Context(view)) = &self.state.overlay else { return };
        let has_text = self.state.context_row(view).is_some_and(|row| row.item.is_some());
        if let Some(Overlay::Context(view)) = &mut self.state.overlay
            && has_text
        {
            view.reading = Some(0);
        }
    }
}
