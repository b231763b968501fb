//! Taking written changes back and making them again, at any later time: which run, what that would do to the files as
//! they are now, and the user's yes. Working it out is an effect; nothing is written before the yes.

use super::Step;
use crate::app::effect::Effect;
use crate::app::event::RevertPlanned;
use crate::app::fact::Fact;
use crate::app::state::{Failed, Overlay, Picker, PickerItem, PickerKind, PickerValue, Reverting};
use crate::app::trail::{revert_refused, revertible};
use crate::domain::change::{ChangeSet, FileChange};
use crate::domain::clock::age;
use crate::domain::count::counted;
use crate::domain::ids::RunId;
use crate::domain::message::Author;
use crate::domain::revert::{Asker, Way};
use crate::edit;
use crate::graph::{Run, RunFact};

/// Lines of a revert's diff that are shown before the yes.
const SHOWN: usize = 500;

impl Step<'_> {
    /// `/undo` and `/redo` without a number, and their keys: the only run there is, or a list to choose from.
    pub(super) fn offer_reverts(&mut self, way: Way) {
        if self.is_under_way() {
            return;
        }
        let now = self.state.now;
        let session = &self.state.session;
        let item = |(place, run): (usize, &Run)| {
            let files = run.applied.as_ref().map_or(0, |c| c.files.len());
            let ago =
                session.begun.get(place).map_or_else(String::new, |at| format!(", {}", age(now.millis_since(*at))));
            PickerItem {
                label: format!("{} {}", run.spec.id.0, run.spec.intent.text),
                note: format!("{}{ago}", counted(files, "file")),
                value: PickerValue::Revert(run.spec.id, way),
            }
        };
        let runs = session.runs.iter().enumerate().rev().filter(|(_, run)| revertible(run, way));
        let items: Vec<PickerItem> = runs.map(item).collect();
        match items.as_slice() {
            [] => self.state.tell(nothing(way), Failed::No),
            [only] => {
                if let PickerValue::Revert(run, way) = only.value {
                    self.plan_revert(run, way);
                }
            }
            _ => self.state.overlay = Some(Overlay::Picker(Picker::new(PickerKind::Revert(way), items))),
        }
    }

    /// `/undo 3`. Whether that was a run that can go this way.
    pub(super) fn revert_numbered(&mut self, number: &str, way: Way) -> bool {
        if self.is_under_way() {
            return false;
        }
        let id = number.trim_start_matches("run").trim_matches(['-', ' ', '#']).parse().ok().map(RunId);
        let run = id.and_then(|id| self.state.session.run_of(id)).filter(|run| revertible(run, way));
        match run.map(|run| run.spec.id) {
            Some(id) => self.plan_revert(id, way),
            None => {
                let word = way.word();
                let text = format!("There is no run `{number}` to {}: /{word} alone lists them.", way.verb());
                self.state.tell(text, Failed::Yes);
            }
        }
        run_is_planned(&self.state.reverting)
    }

    /// Asks for what it would do to the files as they are now.
    pub(super) fn plan_revert(&mut self, run: RunId, way: Way) {
        let Some(written) = self.state.session.run_of(run).and_then(|r| r.applied.clone()) else { return };
        self.state.reverting = Some(Reverting { run, way, ready: None });
        self.effects.push(Effect::PlanRevert { run, way, written });
    }

    /// What it would do is known: shown, and asked about.
    pub(super) fn revert_planned(&mut self, planned: &RevertPlanned) {
        let awaited = self.state.reverting.as_ref().is_some_and(|r| r.is(planned) && r.ready.is_none());
        if !awaited || self.is_under_way() {
            return;
        }
        let RevertPlanned { run, way, revert } = planned;
        let refused = self
            .state
            .session
            .run_of(*run)
            .filter(|_| !revert.conflicts.is_empty())
            .map(|of| revert_refused(of, *way, revert, &self.state.session.runs));
        if let Some(refused) = refused {
            self.state.reverting = None;
            self.state.tell("Nothing was written: other changes are in the way.", Failed::Yes);
            return self.post(Author::Workbench, &refused);
        }
        let note =
            if revert.changes.is_empty() { "the files are so already".to_owned() } else { summary(&revert.changes) };
        let line = |label: String| PickerItem { label, note: String::new(), value: PickerValue::ShownLine };
        let yes = format!("Yes, {} run {}", way.verb(), run.0);
        let mut items = vec![
            PickerItem { label: yes, note, value: PickerValue::WriteRevert },
            PickerItem { label: "No, leave it".to_owned(), note: String::new(), value: PickerValue::LeaveRevert },
        ];
        if !revert.merged.is_empty() {
            items.push(line(format!("Changed since, and what changed is kept: {}", revert.merged.join(", "))));
        }
        let patch = edit::unified(&revert.changes);
        items.extend(patch.lines().take(SHOWN).map(|text| line(text.to_owned())));
        let more = patch.lines().count().saturating_sub(SHOWN);
        if more > 0 {
            items.push(line(format!("… {more} more lines: `vibe-tui {} --dry-run` shows them all", way.word())));
        }
        self.state.reverting = Some(Reverting { run: *run, way: *way, ready: Some(revert.changes.clone()) });
        self.state.overlay = Some(Overlay::Picker(Picker::new(PickerKind::Revert(*way), items)));
    }

    /// The user said yes to what was shown.
    pub(super) fn write_revert(&mut self) {
        let Some(Reverting { run, way, ready: Some(changes) }) = self.state.reverting.take() else { return };
        if self.is_under_way() || !self.state.session.run_of(run).is_some_and(|r| revertible(r, way)) {
            return;
        }
        self.commit(Fact::Run { run, fact: RunFact::RevertRequested { changes, by: Asker::Workbench } });
    }

    /// Whether a run is under way, and says so: its proposal is made from the files as they are.
    fn is_under_way(&mut self) -> bool {
        let busy = self.state.session.active_run().is_some();
        if busy {
            self.state.tell("A run is under way: finish or stop it first.", Failed::Yes);
        }
        busy
    }
}

fn run_is_planned(reverting: &Option<Reverting>) -> bool {
    reverting.as_ref().is_some_and(|r| r.ready.is_none())
}

fn nothing(way: Way) -> &'static str {
    match way {
        Way::Undo => "There is nothing to take back in this session. `vibe-tui undo --list` names what others wrote.",
        Way::Redo => {
            "There is nothing to make again in this session. `vibe-tui redo --list` names what others took back."
        }
    }
}

/// `calc.py +1 −4, old.py deleted`.
fn summary(changes: &ChangeSet) -> String {
    let one = |(change, diff): (&FileChange, &crate::domain::hunk::FileDiff)| {
        let (added, removed) = diff.counts();
        match (&change.before, &change.after) {
            (None, _) => format!("{} made, +{added}", change.path),
            (_, None) => format!("{} deleted, −{removed}", change.path),
            _ => format!("{} +{added} −{removed}", change.path),
        }
    };
    changes.files.iter().zip(&edit::diff(changes)).map(one).collect::<Vec<_>>().join(", ")
}
