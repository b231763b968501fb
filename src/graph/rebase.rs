//! A proposal whose files were changed on disk after it was made is put onto the files as they are now: one more attempt of the
//! series, checked like any other, for the user to decide on.
//!
//! Writes nothing, asks no model, and decides nothing where both changed the same lines: there the next revision begins with the
//! file as it is.

use super::notice::PUT;
use super::run::Run;
use super::stage::Stage;
use super::{RunCommand, hand};
use crate::domain::change::{ChangeSet, FileChange, FileSnapshot};
use crate::domain::clip;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::Node;
use crate::domain::revert::{Conflict, Way};
use crate::domain::rung::RungKind;
use crate::domain::safe_text::code_span;
use crate::edit;

/// Bytes of a lost change that are shown to a model.
const LOST: usize = 4_000;

/// Reads the proposal's files once more before a revision, if they were other ones than it was made from: they may have
/// changed again since. `None` where nothing is to be read.
pub(super) fn before_revision(run: &mut Run, text: &str) -> Option<Vec<RunCommand>> {
    if run.inner.drift.now.is_empty() {
        return None;
    }
    run.inner.drift.revision = Some(text.to_owned());
    run.apply_failure = None;
    run.stage = Stage::Working(Node::Executor);
    Some(read(run))
}

/// The revision that waited for these files, if one did.
pub(super) fn revision(run: &mut Run, files: &[FileSnapshot]) -> Option<String> {
    let text = run.inner.drift.revision.take()?;
    run.inner.drift.now = files.to_vec();
    Some(text)
}

/// Whether a revision waits for the files.
pub(super) fn is_before_revision(run: &Run) -> bool {
    run.inner.drift.revision.is_some()
}

/// The user stopped before the revision began: the gate is as it was.
pub(super) fn stop_revision(run: &mut Run) -> bool {
    let was_waiting = run.inner.drift.revision.take().is_some();
    if was_waiting {
        run.inner.job = None;
        run.stage = Stage::Gate;
    }
    was_waiting
}

/// Nothing was written, since a file is another one now: the proposal's files are read anew.
pub(super) fn begin(run: &mut Run, wanted: ChangeSet, failure: &Failure) -> Vec<RunCommand> {
    run.inner.drift.wanted = Some((wanted, failure.clone()));
    read(run)
}

/// The same, also after a kill.
pub(super) fn read(run: &mut Run) -> Vec<RunCommand> {
    let paths = run.attempt().map_or(Vec::new(), |a| a.changes.files.iter().map(|f| f.path.clone()).collect());
    vec![RunCommand::ReadFiles { job: run.next_job(), paths }]
}

/// The files were read: what of the proposal fits them becomes an attempt.
pub(super) fn onto(run: &mut Run, files: &[FileSnapshot]) -> Vec<RunCommand> {
    run.stage = Stage::Gate;
    let Some((wanted, failure)) = run.inner.drift.wanted.take() else { return Vec::new() };
    run.inner.drift.now = files.to_vec();
    let Some(chosen) = run.attempt() else { return Vec::new() };
    let mut moved = edit::revert(&chosen.changes, Way::Redo, files);
    let is_wanted = |path: &str| wanted.file(path).is_some();
    if moved.conflicts.iter().any(|c| is_wanted(&c.path)) {
        // Perhaps it is what nobody accepted that clashes.
        let clashing = wanted.files.iter().filter(|f| moved.conflicts.iter().any(|c| c.path == f.path));
        let accepted = edit::revert(&ChangeSet { files: clashing.cloned().collect() }, Way::Redo, files);
        if let Some(conflict) = accepted.conflicts.first() {
            run.apply_failure = Some(Failure::fatal(FailureKind::Stale, clash(conflict)));
            run.clashes = accepted.conflicts;
            return Vec::new();
        }
        moved.conflicts.retain(|c| !is_wanted(&c.path));
        moved.changes.files.extend(accepted.changes.files);
    }
    // What is not wanted now may wait as it is.
    let waits = |f: &&FileChange| moved.conflicts.iter().any(|c| c.path == f.path);
    let waiting: Vec<FileChange> = chosen.changes.files.iter().filter(waits).cloned().collect();
    moved.changes.files.extend(waiting);
    moved.changes.files.sort_by(|a, b| a.path.cmp(&b.path));
    if moved.changes == chosen.changes {
        // They are as they were again.
        run.apply_failure = Some(failure);
        return Vec::new();
    }
    if moved.changes.is_empty() {
        let text = "Nothing is left to write: the files are already as the proposal has them.";
        run.apply_failure = Some(Failure::fatal(FailureKind::Stale, text));
        return Vec::new();
    }
    let named = others(&chosen.changes, &moved.changes);
    for file in files {
        run.inner.heal.examined.iter_mut().filter(|f| f.path == file.path).for_each(|f| *f = file.clone());
    }
    // Those before it were made from files that are no more.
    run.inner.since = run.attempts.len();
    let commands = hand::put(run, moved.changes, RungKind::Rebase, format!("onto {named} as on disk now"));
    run.notice(format!("{named} changed on disk after the proposal was made: attempt {} {PUT}.", run.attempts.len()));
    commands
}

/// A change that does not fit its file any more, in the words of which a model is told to make it again.
pub(super) struct Lost {
    pub path: String,
    pub said: String,
}

impl Lost {
    fn of(change: &FileChange) -> Lost {
        let path = change.path.clone();
        let patch = edit::unified(&ChangeSet { files: vec![change.clone()] });
        let shown = clip::head(&patch, LOST);
        let cut = if shown.len() < patch.len() { "\n… and more" } else { "" };
        let said = format!(
            "Somebody else has changed {path} meanwhile, and this change of it does not fit any more: make it again there.\n{}{cut}",
            shown.trim_end()
        );
        Lost { path, said }
    }
}

/// What a revision builds on: what of the proposal fits the files as they were last read, and those that it does not fit as they
/// are, with what is lost there.
pub(super) fn ground(run: &mut Run, proposal: ChangeSet) -> (ChangeSet, Vec<Lost>) {
    let mut now = std::mem::take(&mut run.inner.drift.now);
    now.retain(|f| proposal.file(&f.path).is_some());
    let (known, mut files): (Vec<FileChange>, Vec<FileChange>) =
        proposal.files.into_iter().partition(|change| now.iter().any(|f| f.path == change.path));
    let moved = edit::revert(&ChangeSet { files: known.clone() }, Way::Redo, &now);
    let is_lost = |change: &&FileChange| moved.conflicts.iter().any(|c| c.path == change.path);
    let lost = known.iter().filter(is_lost).map(Lost::of).collect();
    for change in known {
        let text = now.iter().find(|f| f.path == change.path).and_then(|f| f.text()).map(str::to_owned);
        files.push(match moved.changes.file(&change.path) {
            Some(moved) => moved.clone(),
            // As it is, it is part of the work, and so what the model is shown.
            None => FileChange { path: change.path, before: text.clone(), after: text },
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    (ChangeSet { files }, lost)
}

/// The files that are not as the proposal was made from them, as code in a sentence.
fn others(before: &ChangeSet, after: &ChangeSet) -> String {
    let is_other = |change: &&FileChange| after.file(&change.path).is_none_or(|now| now.before != change.before);
    let paths: Vec<String> = before.files.iter().filter(is_other).map(|f| code_span(&f.path)).collect();
    paths.join(", ")
}

/// Where both changed the same, and what to do.
fn clash(conflict: &Conflict) -> String {
    let (place, what) = (conflict.place(), &conflict.what);
    format!(
        "{place} is not what the proposal was made from: {what}. Nothing was written. Say what you want once more, as a revision: \
         the model is shown the file as it is now. Without the hunks of this file the rest can be written."
    )
}
