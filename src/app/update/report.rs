//! Reports on the code, asked for in the chat and put into it.

use super::Step;
use crate::app::command::Report;
use crate::app::effect::Effect;
use crate::app::state::Failed;
use crate::domain::failure::Failure;
use crate::domain::message::Author;

impl Step<'_> {
    /// Asks for a report. It comes when it is ready; nothing waits for it.
    pub(super) fn ask_report(&mut self, about: Report, of: &str) {
        self.state.tell("Measuring…", Failed::No);
        self.effects.push(Effect::Report { about, of: of.to_owned() });
    }

    pub(super) fn reported(&mut self, report: &Result<String, Failure>) {
        self.state.notice = None;
        match report {
            Ok(text) => self.post(Author::Workbench, text),
            Err(failure) => self.state.tell_failure(failure),
        }
    }
}
