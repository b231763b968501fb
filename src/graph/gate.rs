//! The gate: the user's decisions on the proposal, and the only way from a proposal to the disk.
//!
//! Writes nothing itself; asks for exactly the accepted hunks, all or none. A write that fails leads back to the gate
//! with nothing lost.

use super::inner::{Operation, Write};
use super::run::Run;
use super::stage::{Outcome, Stage};
use super::{RunCommand, RunFact, executor, formatter, hand, healer, notice, rebase, validator};
use crate::domain::change::{ChangeSet, FileChange};
use crate::domain::comment::Comment;
use crate::domain::failure::FailureKind;
use crate::domain::finding::ValidationReport;
use crate::domain::hunk::{Decision, HunkId};
use crate::edit;

/// The facts that are the user's, and those of writing.
pub(super) fn take(run: &mut Run, fact: &RunFact) -> Vec<RunCommand> {
    let reading = run.inner.drift.is_reading();
    match (fact, run.stage.clone()) {
        (RunFact::Applied { job }, Stage::Applying) if !reading && run.take_job(*job) => applied(run),
        (RunFact::ApplyFailed { job, failure }, Stage::Applying) if !reading && run.take_job(*job) => {
            let Some(write) = run.inner.write.take() else { return Vec::new() };
            if failure.kind == FailureKind::Stale && write.back == Stage::Gate {
                return rebase::begin(run, write.changes, failure);
            }
            run.apply_failure = Some(failure.clone());
            run.stage = write.back;
            Vec::new()
        }
        (RunFact::FilesRead { job, files }, Stage::Applying) if reading && run.take_job(*job) => {
            rebase::onto(run, files)
        }
        (RunFact::UndoRequested, Stage::Finished(Outcome::Applied)) => take_back(run),
        (RunFact::UndoRequested, Stage::Finished(Outcome::Undone)) => make_again(run),
        (RunFact::RevertRequested { changes, .. }, Stage::Finished(Outcome::Applied)) => {
            revert(run, changes, Outcome::Undone, Outcome::Applied)
        }
        (RunFact::RevertRequested { changes, .. }, Stage::Finished(Outcome::Undone)) => {
            revert(run, changes, Outcome::Applied, Outcome::Undone)
        }
        (_, Stage::Gate) => at_gate(run, fact),
        _ => Vec::new(),
    }
}

fn at_gate(run: &mut Run, fact: &RunFact) -> Vec<RunCommand> {
    match fact {
        RunFact::Decided { decisions } => decide(run, decisions),
        RunFact::DecisionUndone => {
            if let Some(entry) = run.history.pop() {
                entry.iter().rev().for_each(|(hunk, before, _)| set(run, *hunk, *before));
                run.undone.push(entry);
            }
        }
        RunFact::DecisionRedone => {
            if let Some(entry) = run.undone.pop() {
                entry.iter().for_each(|(hunk, _, after)| set(run, *hunk, *after));
                run.history.push(entry);
            }
        }
        RunFact::AttemptChosen { index } if *index < run.attempts.len() => {
            run.choose(*index);
            formatter::compose(run);
        }
        RunFact::Commented { comment } => {
            run.comments.retain(|other| !other.is_beside(comment));
            run.comments.extend(Some(comment.clone()).filter(|comment| !comment.text.trim().is_empty()));
        }
        RunFact::EditedByHand { path, text } => return hand::edit(run, path, text),
        RunFact::RevisionRequested { text } if !text.trim().is_empty() || !run.comments.is_empty() => {
            return rebase::before_revision(run, text).unwrap_or_else(|| revise(run, text));
        }
        RunFact::HealRequested => return healer::again(run),
        RunFact::ApplyRequested { .. } => return apply(run),
        _ => {}
    }
    Vec::new()
}

/// Opens the gate with the best attempt since the user last asked for another; without one the chosen one stays.
pub(super) fn open_with_best(run: &mut Run) -> Vec<RunCommand> {
    let sent = std::mem::take(&mut run.inner.sent);
    match run.best_since() {
        Some(best) => {
            run.choose(best);
            run.decide_again();
        }
        None => {
            run.comments.extend(sent);
            // Nothing came of the revision: it is none that led to a proposal.
            let attempts = run.attempts.len();
            run.revisions.pop_if(|(since, _)| *since == attempts);
        }
    }
    run.attempts.iter_mut().for_each(validator::cut);
    formatter::compose(run);
    run.inner.job = None;
    run.inner.request = None;
    run.stage = Stage::Gate;
    Vec::new()
}

fn exists(run: &Run, id: HunkId) -> bool {
    run.attempt().and_then(|a| a.diff.get(id.file)).is_some_and(|f| id.hunk < f.hunks.len())
}

fn set(run: &mut Run, hunk: HunkId, decision: Decision) {
    run.part = None;
    match decision {
        Decision::Pending => run.decisions.remove(&hunk),
        decision => run.decisions.insert(hunk, decision),
    };
}

fn decide(run: &mut Run, decisions: &[(HunkId, Decision)]) {
    let mut entry = Vec::new();
    for (hunk, decision) in decisions {
        let before = run.decision(*hunk);
        if exists(run, *hunk) && before != *decision {
            entry.push((*hunk, before, *decision));
            set(run, *hunk, *decision);
        }
    }
    if !entry.is_empty() {
        run.history.push(entry);
        run.undone.clear();
    }
}

/// The chosen proposal with only those hunks that `take` says yes to.
fn selected(run: &Run, take: impl Fn(HunkId) -> bool) -> ChangeSet {
    let Some(attempt) = run.attempt() else { return ChangeSet::default() };
    let pairs = attempt.changes.files.iter().zip(attempt.diff.iter()).enumerate();
    let files = pairs.filter_map(|(file, (change, diff))| {
        let after = edit::select(change, diff, |hunk| take(HunkId { file, hunk }))?;
        Some(FileChange { path: change.path.clone(), before: change.before.clone(), after })
    });
    ChangeSet { files: files.filter(|f| !f.is_noop()).collect() }
}

/// One more round with the user's sentence, on top of the proposal without its rejected hunks.
pub(super) fn revise(run: &mut Run, text: &str) -> Vec<RunCommand> {
    // Places are those of this proposal, and say nothing later on.
    let said: Vec<&str> = std::iter::once(text).chain(run.comments.iter().map(|comment| &*comment.text)).collect();
    let said = said.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
    let text = &wish(text, &run.comments);
    run.inner.sent = std::mem::take(&mut run.comments);
    // What is said of a rejected hunk says how it should be: it is not to stay away.
    let is_out = |run: &Run, id| run.decision(id) == Decision::Rejected && !is_commented(run, id);
    let overlay = selected(run, |id| !is_out(run, id));
    let (overlay, lost) = rebase::ground(run, overlay);
    // What is lost stands nowhere, and so can neither be kept nor stay away.
    let stands = |path: &str| lost.iter().all(|lost| lost.path != path);
    run.inner.judged =
        (phrases(run, stands, |id| run.decision(id) == Decision::Accepted), phrases(run, stands, |id| is_out(run, id)));
    run.part = None;
    run.apply_failure = None;
    notice::forget_end(run);
    run.inner.feedback =
        std::iter::once(text.trim().to_owned()).chain(lost.into_iter().map(|lost| lost.said)).collect();
    run.inner.since = run.attempts.len();
    run.revisions.push((run.inner.since, said));
    run.inner.revisions += 1;
    run.inner.iteration += 1;
    executor::propose(run, Operation::Revise, overlay)
}

/// Whether the comments that go along with the revision are about a line of this hunk.
fn is_commented(run: &Run, id: HunkId) -> bool {
    let Some(file) = run.attempt().and_then(|a| a.diff.get(id.file)) else { return false };
    let lines = file.hunks.get(id.hunk).map_or(&[][..], |hunk| &hunk.lines);
    lines.iter().any(|line| run.inner.sent.iter().any(|comment| comment.is_on(&file.path, line)))
}

/// The user's sentence with the comments below it, each with its line.
pub fn wish(text: &str, comments: &[Comment]) -> String {
    let mut lines: Vec<String> = Some(text.trim().to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
    for comment in comments {
        let Comment { path, quote, text, .. } = comment;
        lines.push(format!("{path} line {}, `{}`: {}", comment.line(), quote.trim(), text.trim()));
    }
    lines.join("\n")
}

/// The hunks of files that stand to which `take` says yes, as `path lines 3-9`.
fn phrases(run: &Run, stands: impl Fn(&str) -> bool, take: impl Fn(HunkId) -> bool) -> Vec<String> {
    let Some(attempt) = run.attempt() else { return Vec::new() };
    let mut phrases = Vec::new();
    for (file, diff) in attempt.diff.iter().enumerate().filter(|(_, diff)| stands(&diff.path)) {
        for (hunk, lines) in diff.hunks.iter().enumerate() {
            if take(HunkId { file, hunk }) {
                let (first, last) = (lines.new_start + 1, (lines.new_start + lines.new_len).max(lines.new_start + 1));
                phrases.push(format!("{} lines {first}-{last}", diff.path));
            }
        }
    }
    phrases
}

fn apply(run: &mut Run) -> Vec<RunCommand> {
    let changes = selected(run, |id| run.decision(id) == Decision::Accepted);
    if changes.files.is_empty() {
        return run.finish(Outcome::Rejected);
    }
    let is_whole = run.attempt().is_some_and(|a| a.changes == changes);
    let wanted = Write { changes, then: Outcome::Applied, back: Stage::Gate };
    // Part of what was checked was not checked. What the user has seen fail is theirs to decide.
    if is_whole || run.part.is_some() { write(run, wanted) } else { validate_part(run, wanted) }
}

/// Has the accepted hunks checked without the others, before they are written.
pub(super) fn validate_part(run: &mut Run, wanted: Write) -> Vec<RunCommand> {
    let changes = wanted.changes.clone();
    run.inner.write = Some(wanted);
    validator::check(run, changes)
}

/// The accepted hunks are checked: green ones are written, red ones lead back to the user.
pub(super) fn part_validated(run: &mut Run, wanted: Write, report: &ValidationReport) -> Vec<RunCommand> {
    run.part = Some(report.clone());
    if report.is_red() {
        run.stage = Stage::Gate;
        return Vec::new();
    }
    write(run, wanted)
}

fn take_back(run: &mut Run) -> Vec<RunCommand> {
    let Some(applied) = run.applied.clone() else { return Vec::new() };
    let swap = |f: FileChange| FileChange { path: f.path, before: f.after, after: f.before };
    let changes = ChangeSet { files: applied.files.into_iter().map(swap).collect() };
    write(run, Write { changes, then: Outcome::Undone, back: Stage::Finished(Outcome::Applied) })
}

fn make_again(run: &mut Run) -> Vec<RunCommand> {
    let Some(changes) = run.applied.clone() else { return Vec::new() };
    write(run, Write { changes, then: Outcome::Applied, back: Stage::Finished(Outcome::Undone) })
}

/// Writes what was worked out against the files as they are now. Where they are as wanted already, that is all.
fn revert(run: &mut Run, changes: &ChangeSet, then: Outcome, now: Outcome) -> Vec<RunCommand> {
    if changes.is_empty() {
        run.written = 0;
        return run.finish(then);
    }
    write(run, Write { changes: changes.clone(), then, back: Stage::Finished(now) })
}

fn write(run: &mut Run, write: Write) -> Vec<RunCommand> {
    let changes = write.changes.clone();
    run.inner.write = Some(write);
    run.apply_failure = None;
    run.clashes.clear();
    run.stage = Stage::Applying;
    vec![RunCommand::Apply { job: run.next_job(), changes }]
}

/// The write under way, asked for again: its result is not known, and writing what is there already is no harm.
pub(super) fn write_again(run: &mut Run) -> Vec<RunCommand> {
    match run.inner.write.take() {
        Some(under_way) => write(run, under_way),
        None => Vec::new(),
    }
}

fn applied(run: &mut Run) -> Vec<RunCommand> {
    let Some(write) = run.inner.write.take() else { return Vec::new() };
    run.written = write.changes.files.len();
    // What a revert writes is the same change as the files then take it; the change itself stays what it was.
    if write.then == Outcome::Applied && run.applied.is_none() {
        run.applied = Some(write.changes);
    }
    run.finish(write.then)
}
