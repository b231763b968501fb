//! What came of a run, for whoever comes after it: one phrase, and the corrections that led to what was accepted.
//!
//! Says only what the run's own facts say.

use super::run::Run;
use super::stage::{Outcome, Stage};

/// Files that a phrase names.
const NAMED: usize = 4;

impl Run {
    /// How it ended, or that it has not: `applied to src/app.py`.
    pub fn outcome_phrase(&self) -> String {
        let files = || {
            let files = self.applied.as_ref().map_or(&[][..], |c| &c.files);
            let named: Vec<&str> = files.iter().take(NAMED).map(|f| f.path.as_str()).collect();
            let more = files.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{more}", named.join(", "))
        };
        match &self.stage {
            Stage::Finished(Outcome::Applied) => format!("applied to {}", files()),
            Stage::Finished(Outcome::Undone) => format!("applied to {}, then taken back", files()),
            Stage::Finished(Outcome::Answered) => format!("answered: {}", self.answer.trim()),
            Stage::Finished(Outcome::NothingToDo) => "nothing to change".to_owned(),
            Stage::Finished(Outcome::Rejected) => "proposed, and rejected".to_owned(),
            Stage::Finished(Outcome::Cancelled) => "stopped".to_owned(),
            Stage::Finished(Outcome::Failed(failure)) => format!("failed: {failure}"),
            _ => "not finished".to_owned(),
        }
    }

    /// What the user said in revisions that the proposal under review, or the one that was applied, came out of.
    pub fn heeded_revisions(&self) -> impl Iterator<Item = &str> {
        self.revisions.iter().filter(|(since, _)| *since <= self.chosen).map(|(_, text)| text.as_str())
    }
}
