//! What the user changes of a proposal with their own hands: one more attempt of the series, checked like any other, but
//! neither healed nor reviewed. It belongs to the user, and goes straight back to the gate.

use super::run::{Attempt, Run, Stage};
use super::{RunCommand, formatter, gate, validator};
use crate::domain::finding::ValidationReport;
use crate::domain::hunk::{Decision, FileDiff, HunkId};
use crate::domain::model::Node;
use crate::domain::rung::{Rung, RungKind};
use crate::edit;
use std::collections::BTreeMap;

/// The chosen proposal with another text of one of its files. Nothing happens where that changes nothing, where the file
/// is none of the proposal's, or where nothing would be left to propose.
pub(super) fn edit(run: &mut Run, path: &str, text: &str) -> Vec<RunCommand> {
    let Some(chosen) = run.attempt() else { return Vec::new() };
    let mut changes = chosen.changes.clone();
    let Some(file) = changes.files.iter_mut().find(|f| f.path == path) else { return Vec::new() };
    if file.after.as_deref() == Some(text) {
        return Vec::new();
    }
    file.after = Some(text.to_owned());
    changes.files.retain(|f| !f.is_noop());
    if changes.files.is_empty() {
        return Vec::new();
    }
    let attempt = Attempt {
        node: Node::Executor,
        iteration: chosen.iteration,
        cause: Vec::new(),
        request: chosen.request,
        diff: edit::diff(&changes),
        changes,
        report: None,
        verdict: None,
        problems: Vec::new(),
        rung: Rung {
            kind: RungKind::ByHand,
            what: format!("changed {path}"),
            base: Some(run.chosen),
            ..Rung::default()
        },
    };
    let kept = kept(run, &chosen.diff, &attempt.diff);
    run.attempts.push(attempt);
    gate::choose(run, run.attempts.len() - 1);
    run.decisions = kept;
    run.inner.by_hand = true;
    validator::begin(run)
}

/// The checks are done: whatever they say, the user decides.
pub(super) fn validated(run: &mut Run, report: &ValidationReport) -> Vec<RunCommand> {
    run.inner.by_hand = false;
    if let Some(attempt) = run.attempts.last_mut() {
        attempt.report = Some(report.clone());
    }
    back(run)
}

/// To the gate, with the attempt as it is.
pub(super) fn back(run: &mut Run) -> Vec<RunCommand> {
    run.inner.by_hand = false;
    run.inner.job = None;
    formatter::compose(run);
    run.stage = Stage::Gate;
    Vec::new()
}

/// The decisions on hunks that are in both, wherever they have moved to.
fn kept(run: &Run, before: &[FileDiff], after: &[FileDiff]) -> BTreeMap<HunkId, Decision> {
    let mut kept = BTreeMap::new();
    for (file, diff) in after.iter().enumerate() {
        let Some(old_file) = before.iter().position(|f| f.path == diff.path) else { continue };
        for (hunk, lines) in diff.hunks.iter().enumerate() {
            let same = |old: &crate::domain::hunk::Hunk| {
                old.old_start == lines.old_start
                    && old.lines.len() == lines.lines.len()
                    && old.lines.iter().zip(&lines.lines).all(|(a, b)| a.kind == b.kind && a.text == b.text)
            };
            let Some(old_hunk) = before[old_file].hunks.iter().position(same) else { continue };
            match run.decision(HunkId { file: old_file, hunk: old_hunk }) {
                Decision::Pending => {}
                decision => drop(kept.insert(HunkId { file, hunk }, decision)),
            }
        }
    }
    kept
}
