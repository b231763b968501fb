//! The review: decisions on hunks, attempts, applying, undoing.

use super::Step;
use crate::app::action::Action;
use crate::app::state::{Confirming, Failed};
use crate::domain::change::runs_later;
use crate::domain::count::counted;
use crate::domain::hunk::{Decision, FileDiff, HunkId};
use crate::domain::revert::Way;
use crate::graph::{Attempt, Run, RunFact, Stage};
use std::collections::BTreeSet;

impl Step<'_> {
    pub(super) fn review_action(&mut self, action: Action) {
        use Action::*;
        match action {
            ToggleSplit => {
                let columns = self.state.review.columns.next();
                self.state.review.columns = columns;
                return self.state.tell(columns.words(), Failed::No);
            }
            ToggleStep => return self.toggle_step(),
            _ if self.decides_blindly(action) => return,
            Undo | Redo => return self.undo(action),
            Install => return self.offer_installs(),
            _ => {}
        }
        let shown = self.state.session.run().and_then(|r| self.state.review.shown(r));
        let Some(attempt) = shown else {
            return self.state.tell("There is no proposal to review yet.", Failed::No);
        };
        match action {
            NextHunk | PreviousHunk | NextFile | PreviousFile => {
                let by = if matches!(action, NextHunk | NextFile) { 1 } else { -1 };
                let review = &self.state.review;
                let target = match action {
                    NextHunk | PreviousHunk => review.hunk_at(&attempt.diff, by),
                    _ => review.file_at(&attempt.diff, by),
                };
                if let Some(hunk) = target {
                    self.state.review.look_at(hunk);
                }
            }
            // What is made next is made from one of them, and the run itself says from which.
            NextAttempt | PreviousAttempt if self.state.session.run().is_some_and(|r| r.active_node().is_some()) => {
                self.state.tell("The attempts can be gone through once the proposal waits for you.", Failed::No);
            }
            _ if self.state.session.run().is_some_and(|r| r.stage != Stage::Gate) => {
                self.state.tell("Nothing waits for a decision now.", Failed::No);
            }
            AcceptHunk => self.accept_hunk(),
            RejectHunk => self.decide(vec![(self.state.review.cursor, Decision::Rejected)], 1),
            AcceptFile => self.accept_many(|file, cursor| file == cursor.file),
            AcceptAll => self.accept_many(|_, _| true),
            RejectFile => self.reject_many(|file, cursor| file == cursor.file),
            RejectAll => self.reject_many(|_, _| true),
            NextAttempt => self.choose_attempt(1),
            PreviousAttempt => self.choose_attempt(-1),
            Refine => {
                self.start_typing();
                let text = match self.state.session.run().map_or(0, |r| r.comments.len()) {
                    0 => "Say what should be different; hunks you accepted are kept in mind.".to_owned(),
                    1 => "Say what else should be different, or send it as it is: your comment goes along.".to_owned(),
                    n => format!("Say what else should be different, or send it as it is: your {n} comments go along."),
                };
                self.state.tell(text, Failed::No);
            }
            Apply => self.apply(),
            Comment => self.comment(),
            EditHunk => self.edit_hunk(),
            OpenEditor => self.open_editor(),
            _ => {}
        }
    }

    fn accept_hunk(&mut self) {
        let hunk = self.state.review.cursor;
        let Some(attempt) = self.state.session.run().and_then(|r| r.attempt()) else { return };
        if hides(attempt, hunk) && self.state.review.acknowledging != Some(hunk) {
            self.state.review.acknowledging = Some(hunk);
            return self.state.tell(
                "This hunk has characters that cannot be seen (marked ⟦U+…⟧). Accept again if you want them.",
                Failed::Yes,
            );
        }
        self.decide(vec![(hunk, Decision::Accepted)], 1);
    }

    /// Accepts all that match, except what needs a yes of its own.
    fn accept_many(&mut self, matches: impl Fn(usize, HunkId) -> bool) {
        let Some(run) = self.state.session.run() else { return };
        let Some(attempt) = run.attempt() else { return };
        let (alone, together): (Vec<HunkId>, Vec<HunkId>) = matching(&attempt.diff, self.state.review.cursor, matches)
            .filter(|h| run.decision(*h) != Decision::Accepted)
            .partition(|h| needs_own_yes(attempt, *h));
        self.decide(together.into_iter().map(|h| (h, Decision::Accepted)).collect(), 0);
        if let Some(first) = alone.first() {
            self.state.review.look_at(*first);
            let count = alone.len();
            let (hunks, whose) = if count == 1 { ("hunk needs", "its") } else { ("hunks need", "their") };
            let text =
                format!("{count} {hunks} a yes of {whose} own: files that run by themselves, or hidden characters.");
            self.state.tell(text, Failed::Yes);
        }
    }

    fn reject_many(&mut self, matches: impl Fn(usize, HunkId) -> bool) {
        let Some(attempt) = self.state.session.run().and_then(|r| r.attempt()) else { return };
        let all = matching(&attempt.diff, self.state.review.cursor, matches);
        self.decide(all.map(|h| (h, Decision::Rejected)).collect(), 0);
    }

    /// Journals decisions and moves on.
    fn decide(&mut self, decisions: Vec<(HunkId, Decision)>, advance: isize) {
        if decisions.is_empty() {
            return;
        }
        self.commit_run(RunFact::Decided { decisions });
        self.state.review.acknowledging = None;
        let next = self
            .state
            .session
            .run()
            .and_then(|r| r.attempt())
            .and_then(|a| self.state.review.hunk_at(&a.diff, advance));
        if let Some(hunk) = next.filter(|_| advance != 0) {
            self.state.review.look_at(hunk);
        }
    }

    fn choose_attempt(&mut self, by: isize) {
        let Some(run) = self.state.session.run() else { return };
        let index = run.chosen.saturating_add_signed(by).min(run.attempts.len().saturating_sub(1));
        if index != run.chosen {
            self.commit_run(RunFact::AttemptChosen { index });
            let (stepwise, above) = (self.state.review.step.is_some(), self.state.review.above);
            self.state.review = self.state.review.anew();
            if stepwise {
                self.show_step();
            }
            let empty = self.state.session.run().and_then(|r| r.attempt()).is_some_and(|a| a.diff.is_empty());
            if above > 0 || empty {
                self.state.review.look_at_head();
            }
        }
    }

    fn apply(&mut self) {
        let Some(run) = self.state.session.run() else { return };
        let decided = run.decisions.values().any(|d| *d != Decision::Pending);
        if !decided {
            return self.state.tell("Nothing is decided yet: accept or reject hunks first.", Failed::No);
        }
        // Letters are decisions here: a sentence typed in the belief that it goes to the chat must not end in a write.
        if self.state.review.confirming.replace(Confirming::Write) != Some(Confirming::Write) {
            let text = consequence(run);
            return self.state.tell(text, Failed::No);
        }
        self.state.review.confirming = None;
        self.commit_run(RunFact::ApplyRequested { by: self.state.asker });
    }

    /// Takes back the last decision; where nothing waits for decisions, what a run wrote.
    fn undo(&mut self, action: Action) {
        let undo = action == Action::Undo;
        let Some(run) = self.state.session.run() else {
            return self.state.tell("There is nothing to take back.", Failed::No);
        };
        let fact = match (&run.stage, undo) {
            (Stage::Gate, true) if !run.history.is_empty() => RunFact::DecisionUndone,
            (Stage::Gate, false) if !run.undone.is_empty() => RunFact::DecisionRedone,
            (Stage::Gate, true) => return self.state.tell("There is nothing to take back.", Failed::No),
            (Stage::Gate, false) => return self.state.tell("There is nothing to make again.", Failed::No),
            _ => return self.offer_reverts(if undo { Way::Undo } else { Way::Redo }),
        };
        self.commit_run(fact);
    }
}

/// What writing would do, for the question before it.
fn consequence(run: &Run) -> String {
    let accepted: Vec<HunkId> =
        run.decisions.iter().filter(|(_, d)| **d == Decision::Accepted).map(|(hunk, _)| *hunk).collect();
    let files: BTreeSet<usize> = accepted.iter().map(|hunk| hunk.file).collect();
    let unsent = match run.comments.len() {
        0 => String::new(),
        n => format!(" Not sent: {}.", counted(n, "comment")),
    };
    match accepted.len() {
        0 => format!("Once more to end the run: every decided hunk is rejected, nothing will be written.{unsent}"),
        hunks => {
            let fails = failing(run, hunks);
            format!("Once more to write {} in {}{fails}.{unsent}", counted(hunks, "hunk"), counted(files.len(), "file"))
        }
    }
}

/// What is known to fail of what would be written: of a part that is not checked yet nothing is.
fn failing(run: &Run, accepted: usize) -> String {
    let all: usize = run.attempt().map_or(0, |a| a.diff.iter().map(|file| file.hunks.len()).sum());
    let whole = run.attempt().and_then(|a| a.report.as_ref()).filter(|_| accepted == all && run.is_red());
    let part = run.part.as_ref().filter(|report| !report.passed());
    let (said, report) = match (part, whole) {
        (Some(part), _) => ("they fail alone", part),
        (None, Some(whole)) => ("the checks fail", whole),
        (None, None) => return String::new(),
    };
    match report.errors() {
        0 => format!(", though {said}"),
        n => format!(", though {said} ({})", counted(n, "error")),
    }
}

/// The hunks of the proposal whose file matches.
fn matching<'a>(
    diff: &'a [FileDiff],
    cursor: HunkId,
    matches: impl Fn(usize, HunkId) -> bool + 'a,
) -> impl Iterator<Item = HunkId> + 'a {
    crate::app::state::hunks(diff).filter(move |h| matches(h.file, cursor))
}

/// Whether a hunk brings characters that cannot be seen.
fn hides(attempt: &Attempt, id: HunkId) -> bool {
    let hunk = attempt.diff.get(id.file).and_then(|f| f.hunks.get(id.hunk));
    hunk.is_some_and(|h| h.hidden_lines().next().is_some())
}

/// Whether a hunk is never part of an accept-all: its file runs by itself later, or it hides characters.
pub fn needs_own_yes(attempt: &Attempt, id: HunkId) -> bool {
    attempt.diff.get(id.file).is_some_and(|f| runs_later(&f.path)) || hides(attempt, id)
}
