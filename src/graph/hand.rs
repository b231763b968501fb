//! What changes in a proposal without a model, by the user's own hands or because its files have changed: one more attempt of the
//! series, checked like any other, but neither healed nor reviewed. It belongs to the user, and goes straight back to the gate.

use super::run::{Attempt, Run};
use super::stage::Stage;
use super::{RunCommand, formatter, notice, validator};
use crate::domain::change::ChangeSet;
use crate::domain::finding::ValidationReport;
use crate::domain::hunk::{Decision, Hunk, HunkId};
use crate::domain::model::Node;
use crate::domain::rung::{Rung, RungKind};
use std::collections::BTreeMap;
use std::sync::Arc;

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
    let what = format!("changed {path}");
    put(run, changes, RungKind::ByHand, what)
}

/// One more attempt, made from the chosen one without a model; what was decided on hunks that stay the same stays decided.
pub(super) fn put(run: &mut Run, changes: ChangeSet, kind: RungKind, what: String) -> Vec<RunCommand> {
    let Some(chosen) = run.attempt() else { return Vec::new() };
    let attempt = Attempt {
        node: Node::Executor,
        iteration: chosen.iteration,
        cause: Vec::new(),
        request: chosen.request,
        diff: Arc::default(),
        changes,
        report: None,
        verdict: None,
        // What could not be placed is missing here, too.
        problems: chosen.problems.clone(),
        rung: Rung { kind, what, base: Some(run.chosen), ..Rung::default() },
    };
    run.inner.decided = std::mem::take(&mut run.decisions).into_iter().collect();
    notice::forget_end(run);
    run.attempts.push(attempt);
    run.choose(run.attempts.len() - 1);
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

/// The attempt is cut into hunks: those that are the same as before are decided as before, wherever they have moved to.
pub(super) fn keep(run: &mut Run) {
    let decided = std::mem::take(&mut run.inner.decided);
    let Some(attempt) = run.attempts.last() else { return };
    let Some(base) = attempt.rung.base.and_then(|base| run.attempts.get(base)) else { return };
    run.decisions = kept(&decided, base, attempt);
}

/// To the gate, with the attempt as it is.
pub(super) fn back(run: &mut Run) -> Vec<RunCommand> {
    run.inner.by_hand = false;
    run.inner.job = None;
    if let Some(attempt) = run.attempts.last_mut().filter(|attempt| attempt.diff.is_empty()) {
        validator::cut(attempt);
        keep(run);
    }
    formatter::compose(run);
    run.stage = Stage::Gate;
    Vec::new()
}

/// The decisions on hunks that are in both. Where the file itself is another one, nobody can tell: the user decides anew.
fn kept(decided: &[(HunkId, Decision)], before: &Attempt, after: &Attempt) -> BTreeMap<HunkId, Decision> {
    let mut kept = BTreeMap::new();
    for (id, decision) in decided {
        let Some(old_file) = before.diff.get(id.file) else { continue };
        let Some(old) = old_file.hunks.get(id.hunk) else { continue };
        let Some(file) = after.diff.iter().position(|f| f.path == old_file.path) else { continue };
        let base = |attempt: &Attempt| attempt.changes.file(&old_file.path).map(|change| change.before.clone());
        if base(before) != base(after) {
            continue;
        }
        let same = |new: &Hunk| {
            old.old_start == new.old_start
                && old.lines.len() == new.lines.len()
                && old.lines.iter().zip(&new.lines).all(|(a, b)| a.kind == b.kind && a.text == b.text)
        };
        if let Some(hunk) = after.diff[file].hunks.iter().position(same) {
            kept.insert(HunkId { file, hunk }, *decision);
        }
    }
    kept
}
