//! The executor: answers become edits, edits a proposal. Also serves the healer, whose answers are edits as well.
//!
//! Nothing is accepted that is not whole: an answer that was cut, or ends within a file, is continued once, an edit that fits nowhere is sent back alone,
//! an answer without edits is asked for once more in the simplest form. A file that the model has not seen whole is
//! never overwritten whole.

use super::inner::{Operation, Tries, Unplaced};
use super::run::{Attempt, Run};
use super::stage::{Outcome, PauseReason, Stage};
use super::{RunCommand, answer, formatter, gate, healer, material, notice, rung, step, validator};
use crate::domain::change::{ChangeSet, FileChange, FileContent, FileSnapshot};
use crate::domain::clip;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::FinishReason;
use crate::edit::{self, Action, Edit, EditProblem, ProblemKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest text of an unplaced edit that is sent back, in bytes.
const MAX_EDIT: usize = 4000;
/// Reasons that a sentence has room for.
const TOLD: usize = 3;
/// Lines shown around a place that comes near.
const CANDIDATE_LINES: usize = 3;

/// The first proposal.
pub(super) fn begin(run: &mut Run) -> Vec<RunCommand> {
    run.inner.iteration = 1;
    propose(run, Operation::Execute, ChangeSet::default())
}

/// A proposal on top of `overlay`.
pub(super) fn propose(run: &mut Run, origin: Operation, overlay: ChangeSet) -> Vec<RunCommand> {
    run.inner.origin = origin;
    run.inner.overlay = overlay;
    run.inner.unplaced.clear();
    run.inner.read.clear();
    run.inner.began = run.inner.now;
    run.inner.calls = run.calls.len();
    step::ask(run, origin)
}

/// The model has answered, in edits or (in a mode without them) in prose.
pub(super) fn answered(run: &mut Run, text: String, finish: &FinishReason) -> Vec<RunCommand> {
    let cut = *finish == FinishReason::Length;
    let continued = !run.inner.tries.draft.is_empty();
    if cut && !continued && answer::garbage(&text).is_none() {
        return go_on(run, text);
    }
    run.inner.tries.draft.clear();
    if run.inner.operation == Operation::Answer {
        return match answer::garbage(&text) {
            Some(garbage) if garbage != answer::Garbage::Refusal => useless(run, garbage.words()),
            _ => read_only(run, text, cut),
        };
    }
    if cut {
        let garbage = answer::garbage(&text).filter(|_| !continued);
        return useless(run, garbage.map_or("was cut off at its limit, twice", answer::Garbage::words));
    }
    let edits = edit::read(&text);
    match answer::garbage(&text) {
        Some(answer::Garbage::Repetition) => return step::useless(run, answer::Garbage::Repetition.words()),
        Some(garbage) if edits.is_empty() => return step::useless(run, garbage.words()),
        _ => {}
    }
    if edits.iter().any(|e| matches!(e.action, Action::Whole { closed: false, .. })) {
        return if continued { step::useless(run, "ends in the middle of a file, twice") } else { go_on(run, text) };
    }
    if edits.is_empty() && answer::says_no_change(&text) {
        return unchanged(run, "the model found the request already met");
    }
    if edits.is_empty() {
        return step::useless(run, "holds no edits in the form that was asked for");
    }
    read(run, edits)
}

/// The answer has no end: the rest is asked for, if there is room for it, else the same with less around it.
fn go_on(run: &mut Run, text: String) -> Vec<RunCommand> {
    let tight = run.inner.tries.tight;
    run.inner.tries.draft = text;
    let commands = step::send(run);
    if !matches!(run.stage, Stage::Paused(_)) {
        return commands;
    }
    run.inner.tries.draft.clear();
    if tight {
        return useless(run, "was cut off at the end of the window");
    }
    run.inner.tries.tight = true;
    step::send(run)
}

fn read_only(run: &mut Run, text: String, cut: bool) -> Vec<RunCommand> {
    if cut {
        run.notice("The answer was cut off at the model's limit.");
    }
    run.answer = formatter::with_notices(&text, &run.notices);
    run.finish(Outcome::Answered)
}

/// Asks for the files that the edits name and the proposal under work does not hold.
fn read(run: &mut Run, edits: Vec<Edit>) -> Vec<RunCommand> {
    let known = |path: &String| run.inner.overlay.file(path).is_some();
    let mut paths: Vec<String> =
        edits.iter().flat_map(Edit::names).filter_map(|p| edit::normalise(p).ok()).filter(|p| !known(p)).collect();
    paths.sort();
    paths.dedup();
    run.inner.edits = edits;
    if paths.is_empty() {
        return place(run);
    }
    vec![RunCommand::ReadFiles { job: run.next_job(), paths }]
}

/// The files of the outstanding read, again.
pub(super) fn read_again(run: &mut Run) -> Vec<RunCommand> {
    let edits = std::mem::take(&mut run.inner.edits);
    read(run, edits)
}

/// The files stand as they were read: place the edits in them.
pub(super) fn files_read(run: &mut Run, files: &[FileSnapshot]) -> Vec<RunCommand> {
    for file in files {
        run.inner.read.retain(|f| f.path != file.path);
        run.inner.read.push(file.clone());
    }
    place(run)
}

fn place(run: &mut Run) -> Vec<RunCommand> {
    let edits = std::mem::take(&mut run.inner.edits);
    let base = base(run);
    let (unseen, seen): (Vec<Edit>, Vec<Edit>) = edits.into_iter().partition(|e| overwrites_unseen(run, e));
    let mut unplaced: Vec<Unplaced> = unseen.iter().map(unseen_problem).collect();
    let (placed, changes) = match edit::apply(&seen, &base) {
        Ok(changes) => (seen, changes),
        Err(problems) => {
            let (good, bad) = split(&seen, &problems);
            unplaced.extend(bad);
            let changes = edit::apply(&good, &base).unwrap_or_default();
            (good, changes)
        }
    };
    // What a model has written it has seen.
    let written = placed.iter().filter(|edit| matches!(edit.action, Action::Whole { .. }));
    run.inner.shown.extend(written.filter_map(|edit| edit::normalise(&edit.path).ok()));
    run.inner.overlay = merge(&run.inner.overlay, changes);
    run.inner.unplaced = unplaced;
    if run.inner.unplaced.is_empty() || !run.has_rounds_left() || run.inner.operation == Operation::Problems {
        return proposed(run);
    }
    run.inner.iteration += 1;
    step::ask(run, Operation::Problems)
}

/// Every file that was read, as the proposal under work leaves it.
fn base(run: &Run) -> Vec<FileSnapshot> {
    let mut base: BTreeMap<String, FileSnapshot> = run.inner.read.iter().map(|f| (f.path.clone(), f.clone())).collect();
    for file in &run.inner.overlay.files {
        let content = file.after.clone().map_or(FileContent::Absent, |text| FileContent::Text { text });
        base.insert(file.path.clone(), FileSnapshot { path: file.path.clone(), content });
    }
    base.into_values().collect()
}

/// Whether the edit would replace a whole file whose text the model has not seen.
fn overwrites_unseen(run: &Run, edit: &Edit) -> bool {
    let Ok(path) = edit::normalise(&edit.path) else { return false };
    let whole = matches!(edit.action, Action::Whole { .. });
    whole && !run.inner.shown.contains(&path) && material::current(run, &path).is_some_and(|t| !t.trim().is_empty())
}

fn unseen_problem(edit: &Edit) -> Unplaced {
    let path = edit::normalise(&edit.path).unwrap_or_default();
    let message = format!("{path} exists and you had not seen all of it, so it must not be replaced as a whole.");
    Unplaced { path, message, text: String::new(), lines: Vec::new() }
}

/// The edits without those that have a problem, and the problems. What is already there is no problem.
fn split(edits: &[Edit], problems: &[EditProblem]) -> (Vec<Edit>, Vec<Unplaced>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for edit in edits {
        let normal = edit::normalise(&edit.path).ok();
        let block = normal.as_ref().map_or(1, |path| {
            let count = counts.entry(path.clone()).or_default();
            *count += 1;
            *count
        });
        let path = normal.unwrap_or_else(|| edit.path.clone());
        match problems.iter().find(|p| p.path == path && p.block == block) {
            None => good.push(edit.clone()),
            Some(problem) if problem.kind == ProblemKind::AlreadyApplied => {}
            Some(problem) => bad.push(Unplaced {
                path,
                message: problem.message.clone(),
                text: shown_edit(edit),
                lines: problem.candidates.iter().take(CANDIDATE_LINES).flat_map(|(a, b)| [*a, *b]).collect(),
            }),
        }
    }
    // A file keeps its name while an edit of it is still to come.
    good.retain(|edit| {
        let waits = matches!(edit.action, Action::Move { .. }) && bad.iter().any(|b| names(edit, &b.path));
        if let (true, Action::Move { to }) = (waits, &edit.action) {
            let message = format!("{} was not moved to {to}, because another edit of it was not placed.", edit.path);
            bad.push(Unplaced { path: edit.path.clone(), message, text: String::new(), lines: Vec::new() });
        }
        !waits
    });
    (good, bad)
}

fn names(edit: &Edit, path: &str) -> bool {
    edit::normalise(&edit.path).is_ok_and(|normal| normal == path)
}

fn shown_edit(edit: &Edit) -> String {
    let text = match &edit.action {
        Action::Replace { search, replace, .. } | Action::Hunk { search, replace, .. } => {
            format!("<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n")
        }
        Action::Whole { .. } | Action::Delete | Action::Move { .. } | Action::Malformed { .. } => String::new(),
    };
    clip::head(&text, MAX_EDIT).to_owned()
}

/// `newer` on top of `older`: what was there before stays what was there before the older one.
fn merge(older: &ChangeSet, newer: ChangeSet) -> ChangeSet {
    let mut files: BTreeMap<String, FileChange> = older.files.iter().map(|f| (f.path.clone(), f.clone())).collect();
    for change in newer.files {
        match files.get_mut(&change.path) {
            Some(file) => file.after = change.after,
            None => {
                files.insert(change.path.clone(), change);
            }
        }
    }
    ChangeSet { files: files.into_values().collect() }
}

/// The edits are placed, as far as they can be: the proposal under work becomes an attempt.
fn proposed(run: &mut Run) -> Vec<RunCommand> {
    let mut changes = run.inner.overlay.clone();
    changes.files.retain(|f| !f.is_noop());
    if changes.is_empty() || shown(run).is_some_and(|a| a.changes == changes) {
        if run.inner.unplaced.is_empty() {
            return unchanged(run, "what the model sent is in the files already");
        }
        let why = unplaced_words(&run.inner.unplaced);
        return step::useless(run, &format!("holds no edit that could be placed: {why}"));
    }
    // What could not be mended then would be mended no better now, and cost the same again.
    if let Some(again) = made_before(run, &changes).map(|at| at + 1) {
        if run.inner.origin == Operation::Heal {
            return healer::gave_up(run, &format!("the model's answer is attempt {again} again"));
        }
        run.notice(format!("The model made attempt {again} again. {}", notice::STANDS));
        return gate::open_with_best(run);
    }
    let inner = &run.inner;
    let healing = inner.origin == Operation::Heal;
    let cause = if healing { inner.findings.iter().map(material::finding).collect() } else { inner.feedback.clone() };
    let attempt = Attempt {
        node: inner.origin.node(),
        iteration: inner.iteration,
        cause,
        request: run.calls.last().map(|c| c.id).unwrap_or_default(),
        diff: Arc::default(),
        changes,
        report: None,
        verdict: None,
        problems: inner.unplaced.iter().map(|u| u.message.clone()).collect(),
        rung: rung::asked(run),
    };
    run.attempts.push(attempt);
    let newest = run.attempts.len() - 1;
    if !healing {
        run.inner.series = newest;
        run.inner.heal.restart(run.calls.len());
    }
    run.choose(newest);
    validator::begin(run)
}

/// The attempt that the model was shown.
fn shown(run: &Run) -> Option<&Attempt> {
    run.attempts.get(rung::base(run)?)
}

/// The attempt that these changes were before: in the same series of healing, or since the user last asked for another.
fn made_before(run: &Run, changes: &ChangeSet) -> Option<usize> {
    let from = match run.inner.origin {
        Operation::Heal => run.inner.series,
        Operation::Round if run.inner.unplaced.is_empty() => run.inner.since,
        _ => return None,
    };
    (from..run.attempts.len()).find(|at| run.attempts[*at].changes == *changes)
}

/// Why edits could not be placed, the first of them, without the period.
fn unplaced_words(unplaced: &[Unplaced]) -> String {
    let mut said: Vec<&str> = unplaced.iter().map(|edit| edit.message.trim_end_matches('.')).collect();
    said.dedup();
    let more = said.len().saturating_sub(TOLD);
    said.truncate(TOLD);
    let rest = if more == 0 { String::new() } else { format!("; and {more} more") };
    said.join("; ") + &rest
}

/// The answer changes nothing, for the reason `why` gives.
fn unchanged(run: &mut Run, why: &str) -> Vec<RunCommand> {
    match run.inner.origin {
        _ if run.attempts.is_empty() => {
            run.answer = formatter::with_notices(&format!("Nothing has to change: {why}."), &run.notices);
            run.finish(Outcome::NothingToDo)
        }
        Operation::Heal => healer::gave_up(run, "the model's answer changes nothing"),
        _ => {
            run.notice(format!("The model would change nothing more. {}", notice::STANDS));
            gate::open_with_best(run)
        }
    }
}

/// The answer is of no use: once more and more simply, then what there is, else a pause.
pub(super) fn useless(run: &mut Run, why: &str) -> Vec<RunCommand> {
    let sentence = format!("The model's answer {why}.");
    match run.inner.operation {
        Operation::Answer if !run.inner.tries.repeated => {
            run.inner.tries = Tries { repeated: true, ..Default::default() };
            return step::send(run);
        }
        Operation::Execute | Operation::Round | Operation::Revise => return simpler(run, sentence),
        Operation::Problems if run.inner.origin == Operation::Heal => {
            return healer::gave_up(run, &format!("the model's answer {why}"));
        }
        Operation::Problems if holds_something_new(run) => return proposed(run),
        Operation::Problems => return simpler(run, sentence),
        _ => {}
    }
    if !run.attempts.is_empty() {
        run.notice(format!("{sentence} {}", notice::STANDS));
        return gate::open_with_best(run);
    }
    let model = &run.spec.model.reference;
    let advice = format!("{sentence} Try again, or go on with another model than {model}.");
    run.inner.request = None;
    run.stage = Stage::Paused(PauseReason::Failed(Failure::transient(FailureKind::BadOutput, advice)));
    Vec::new()
}

/// Whether the proposal under work is more than what the model was shown.
fn holds_something_new(run: &Run) -> bool {
    let overlay = &run.inner.overlay;
    !overlay.is_empty() && shown(run).is_none_or(|a| a.changes != *overlay)
}

/// The same once more, asked in the simplest way.
fn simpler(run: &mut Run, problem: String) -> Vec<RunCommand> {
    run.inner.operation = Operation::ExecuteRetry;
    run.inner.unplaced.clear();
    run.inner.tries = Tries { problem, ..Default::default() };
    step::send(run)
}
