//! The attempts of a run as a series: which is the best, and what each did to the one it was made from. For whoever shows them.
//!
//! Reads and changes nothing.

use super::gate;
use super::run::{Attempt, Run};
use crate::domain::change::{ChangeSet, FileChange};
use crate::domain::past::Similar;
use crate::edit;
use crate::heal;
use std::collections::BTreeSet;

impl Run {
    /// The attempt that the gate opens with: the best since the user last asked for another, or since its files changed on disk.
    pub fn best_attempt(&self) -> Option<usize> {
        gate::best(self)
    }

    /// Which attempt this one was made from: what its rung says, else the one before it in the same round.
    pub fn base_of(&self, index: usize) -> Option<usize> {
        let rung = &self.attempts.get(index)?.rung;
        rung.base.or_else(|| index.checked_sub(1))
    }

    /// What became of findings like the attempt's before, where anything is known.
    pub fn similar_to(&self, attempt: &Attempt) -> Vec<&Similar> {
        let keys: BTreeSet<String> = match self.similar.is_empty() {
            true => BTreeSet::new(),
            false => attempt.report.iter().flat_map(|r| r.findings()).map(heal::lesson::key).collect(),
        };
        self.similar.iter().filter(|similar| keys.contains(&similar.key)).collect()
    }

    /// How many findings were open before an attempt and after it; `None` while it is not validated, and before the first.
    pub fn open_findings(&self, index: usize) -> (Option<usize>, Option<usize>) {
        let count = |at: usize| self.attempts.get(at)?.report.as_ref().map(|report| heal::open(report).len());
        (self.attempts.get(index).and_then(|a| a.rung.base).and_then(count), count(index))
    }

    /// The chosen attempt as what changes from the one it was made from; `None` for the first.
    pub fn step(&self) -> Option<Attempt> {
        let (attempt, base) = (self.attempt()?, self.attempts.get(self.base_of(self.chosen)?)?);
        let mut paths: Vec<&String> =
            attempt.changes.files.iter().chain(&base.changes.files).map(|f| &f.path).collect();
        paths.sort();
        paths.dedup();
        // What one of them does not change is as it was before the run.
        let text = |changes: &ChangeSet, other: &ChangeSet, path: &str| match (changes.file(path), other.file(path)) {
            (Some(own), _) => own.after.clone(),
            (None, Some(other)) => other.before.clone(),
            (None, None) => None,
        };
        let change = |path: &String| FileChange {
            path: path.clone(),
            before: text(&base.changes, &attempt.changes, path),
            after: text(&attempt.changes, &base.changes, path),
        };
        let files = paths.into_iter().map(change).filter(|f| !f.is_noop()).collect();
        let changes = ChangeSet { files };
        Some(Attempt { diff: edit::diff(&changes).into(), changes, ..attempt.clone() })
    }
}
