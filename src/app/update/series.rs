//! The series of attempts: showing the chosen one whole, or only what it changed of the attempt it was made from.

use super::Step;
use crate::app::action::Action;
use crate::app::state::{Failed, ReviewView};
use crate::graph::Stage;

/// What is said where no line of a hunk has room: nobody accepts what nobody can see.
pub const TOO_SMALL: &str = "Too small to review: make the window larger.";

impl Step<'_> {
    /// Shows the chosen attempt the other way.
    pub(super) fn toggle_step(&mut self) {
        if self.state.review.step.is_some() {
            self.state.review = self.state.review.anew();
            return self.state.tell("The whole proposal, to decide on.", Failed::No);
        }
        if !self.show_step() {
            self.state.tell("This is the first attempt: there is none before it.", Failed::No);
        }
    }

    /// Shows what the chosen attempt changed of the one it was made from. Whether there is such a one.
    pub(super) fn show_step(&mut self) -> bool {
        let Some(run) = self.state.session.run() else { return false };
        let (Some(step), Some(base)) = (run.step(), run.base_of(run.chosen)) else { return false };
        let text = format!("What changed since attempt {}. The same key shows the whole.", base + 1);
        self.state.review = ReviewView { step: Some(Box::new(step)), ..self.state.review.anew() };
        self.state.tell(text, Failed::No);
        true
    }

    /// Whether an action would decide on hunks that are not shown; it is refused and said.
    pub(super) fn decides_blindly(&mut self, action: Action) -> bool {
        use Action::*;
        // A comment or a change would be of another hunk than the one that is shown.
        let is_of_a_hunk = matches!(
            action,
            AcceptHunk | RejectHunk | AcceptFile | RejectFile | AcceptAll | RejectAll | Apply | Comment | EditHunk
        );
        let is_of_the_whole = is_of_a_hunk || matches!(action, Undo | Redo | Install | OpenEditor);
        let is_at_gate = self.state.session.run().is_some_and(|run| run.stage == Stage::Gate);
        let why = match self.state.sees_hunks {
            false if is_of_a_hunk && is_at_gate => TOO_SMALL,
            _ if is_of_the_whole && self.state.review.step.is_some() => {
                "Only a step is shown. Show the whole proposal to decide or change."
            }
            _ => return false,
        };
        self.state.tell(why, Failed::Yes);
        true
    }
}
