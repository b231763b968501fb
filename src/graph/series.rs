//! The attempts of a run as a series: which is the best, and what each did to the one it was made from. Makes none.

use super::run::{Attempt, Run};
use crate::domain::change::{ChangeSet, FileChange};
use crate::domain::past::Similar;
use crate::edit;
use crate::heal::{self, Climbed, Trial};
use std::cmp::Reverse;
use std::collections::BTreeSet;

impl Run {
    /// The attempt that is offered: the best since the user last asked for another, or since its files changed on disk; where
    /// nothing came of that, the one that is reviewed.
    pub fn best_attempt(&self) -> Option<usize> {
        self.best_since().or_else(|| self.attempt().map(|_| self.chosen))
    }

    /// The best attempt since the user last asked for another; of equals as the healer takes them.
    pub(super) fn best_since(&self) -> Option<usize> {
        let since = self.inner.since;
        let judged = self.attempts.get(since..)?.iter().map(|attempt| {
            let trial = attempt.report.as_ref().map(|report| Trial { changes: &attempt.changes, report });
            (worth(attempt), trial)
        });
        heal::most_worth(judged).map(|at| since + at)
    }

    /// Which attempt this one was made from, which a model that made it was shown; `None` for the first.
    pub fn base_of(&self, index: usize) -> Option<usize> {
        self.attempts.get(index)?.rung.base
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

    /// The series of healing: the executor's proposal and what was made of it, as far as it is validated.
    pub(super) fn climbed(&self) -> Vec<Climbed<'_>> {
        let first = self.inner.series;
        let attempts = self.attempts.get(first..).unwrap_or_default().iter();
        let models = &self.spec.ladder.models;
        let model = |a: &'_ Attempt| {
            let named = a.rung.model.as_ref().filter(|_| a.rung.kind.asks_model());
            // A model that the user chose at a pause stands for the one whose place it took.
            named.map(|m| models.iter().position(|c| c.info.reference == *m).unwrap_or_default())
        };
        attempts
            .filter_map(|a| {
                let trial = Trial { changes: &a.changes, report: a.report.as_ref()? };
                let base = a.rung.base.and_then(|base| base.checked_sub(first));
                Some(Climbed { trial, kind: a.rung.kind, base, model: model(a) })
            })
            .collect()
    }

    /// What an attempt proposes, with the files that were examined and that it leaves as they are.
    pub(super) fn ground(&self, attempt: usize) -> ChangeSet {
        self.laid_over(self.attempts.get(attempt).map(|a| a.changes.clone()).unwrap_or_default())
    }

    /// These changes, with the files that were examined and that they leave as they are.
    pub(super) fn laid_over(&self, mut changes: ChangeSet) -> ChangeSet {
        for file in &self.inner.heal.examined {
            if let (None, Some(text)) = (changes.file(&file.path), file.text()) {
                let text = Some(text.to_owned());
                changes.files.push(FileChange { path: file.path.clone(), before: text.clone(), after: text });
            }
        }
        changes.files.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }

    /// Where nothing better was made of an attempt that was to be healed again, what was decided of it holds: its text is the same.
    pub(super) fn decide_again(&mut self) {
        let decided = std::mem::take(&mut self.inner.heal.decided);
        if self.chosen == self.inner.series {
            self.decisions.extend(decided);
        }
    }
}

/// More is better: validated, checks passed, few errors, all edits placed, a high score (in thousandths).
fn worth(attempt: &Attempt) -> (bool, usize, Reverse<usize>, Reverse<usize>, u32) {
    let score = attempt.verdict.as_ref().map_or(0.0, |v| v.score.clamp(0.0, 1.0));
    let report = attempt.report.as_ref();
    let passed = report.map_or(0, |r| r.checks.iter().filter(|c| c.passed && c.not_run.is_none()).count());
    let errors = report.map_or(0, |r| r.errors());
    (report.is_some(), passed, Reverse(errors), Reverse(attempt.problems.len()), (score * 1000.0) as u32)
}
