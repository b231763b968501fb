//! Reports on the code, asked for in the chat and put into it.

use super::Step;
use crate::app::command::{Report, Reported};
use crate::app::effect::Effect;
use crate::app::state::Failed;
use crate::domain::message::Author;

impl Step<'_> {
    /// Asks for a report. It comes when it is ready; nothing waits for it.
    pub(super) fn ask_report(&mut self, about: Report, of: &str) {
        self.state.tell("Measuring…", Failed::No);
        self.effects.push(Effect::Report { about, of: of.to_owned() });
    }

    pub(super) fn reported(&mut self, reported: &Reported) {
        self.state.notice = None;
        match &reported.report {
            Ok(text) => {
                self.begin_session_by_order(&name_of(reported));
                self.post(Author::Workbench, text);
            }
            Err(failure) => self.state.tell_failure(failure),
        }
    }
}

/// What a session is called that begins with this report.
fn name_of(reported: &Reported) -> String {
    match (reported.about, reported.of.as_str()) {
        (Report::Review, "") => "Review the change".to_owned(),
        (Report::Review, revision) => format!("Review the change since {revision}"),
        (Report::Analyze, "") => "Analyze the code".to_owned(),
        (Report::Analyze, path) => format!("Analyze {path}"),
    }
}
