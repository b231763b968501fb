//! The validator: every attempt is cut into hunks, and checked in a scratch copy, before anyone judges it.
//!
//! Neither is done here: a diff of many lines takes longer than a frame may wait.

use super::RunCommand;
use super::ladder::Task;
use super::run::{Attempt, Run};
use super::stage::Stage;
use crate::domain::change::ChangeSet;
use crate::domain::clock::Timestamp;
use crate::domain::finding::ValidationReport;
use crate::domain::hunk::FileDiff;
use crate::domain::model::Node;
use crate::edit;
use std::sync::Arc;

/// Has the newest attempt checked.
pub(super) fn begin(run: &mut Run) -> Vec<RunCommand> {
    let Some(newest) = run.attempts.len().checked_sub(1) else { return Vec::new() };
    let changes = run.attempts[newest].changes.clone();
    check(run, changes)
}

/// Has an attempt, or the accepted part of one, checked the way the run's task wants it.
pub(super) fn check(run: &mut Run, changes: ChangeSet) -> Vec<RunCommand> {
    run.stage = Stage::Working(Node::Validator);
    let job = run.next_job();
    vec![match run.spec.task.clone() {
        Task::Request => RunCommand::Validate { job, changes },
        Task::Heal { paths } => RunCommand::Examine { job, paths, changes: Some(run.laid_over(changes)) },
    }]
}

/// The newest attempt is cut. Whether that is the first time: after a kill the same comes again.
pub(super) fn diffed(run: &mut Run, files: &Arc<[FileDiff]>) -> bool {
    // Not the attempt is cut where only a part of it is checked, or a whole tree as if it were new.
    let is_whole = run.inner.write.is_none() && run.spec.task.is_request();
    let Some(attempt) = run.attempts.last_mut().filter(|_| is_whole) else { return false };
    let (is_first, paths) = (attempt.diff.is_empty(), attempt.changes.files.iter().map(|f| &f.path));
    if paths.eq(files.iter().map(|f| &f.path)) {
        attempt.diff = files.clone();
    }
    is_first
}

/// Cuts an attempt that is not cut yet: nobody can judge it otherwise. It is met where the user stopped the run in the very moment
/// of the proposal.
pub(super) fn cut(attempt: &mut Attempt) {
    if attempt.diff.is_empty() {
        attempt.diff = edit::diff(&attempt.changes).into();
    }
}

/// The validators are done.
pub(super) fn validated(run: &mut Run, report: &ValidationReport) {
    not_run(run, report);
    let millis = took(run);
    if let Some(attempt) = run.attempts.last_mut() {
        cut(attempt);
        attempt.report = Some(report.clone());
        attempt.rung.millis = millis;
    }
}

/// Milliseconds since the attempt under work was begun; `None` when nobody says what time it is.
pub(super) fn took(run: &Run) -> Option<u64> {
    let inner = &run.inner;
    (inner.began != Timestamp::default()).then(|| inner.now.millis_since(inner.began))
}

/// Says which checks could not run.
pub(super) fn not_run(run: &mut Run, report: &ValidationReport) {
    for check in &report.checks {
        if let Some(why) = &check.not_run {
            run.notice(format!("`{}` could not run: {why}.", check.command.trim(), why = why.trim_end_matches('.')));
        }
    }
}
