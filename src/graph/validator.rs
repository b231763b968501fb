//! The validator: every attempt is cut into hunks, and checked in a scratch copy, before anyone judges it.
//!
//! Neither is done here: a diff of many lines takes longer than a frame may wait.

use super::run::{Attempt, Run, Stage};
use super::{RunCommand, healer};
use crate::domain::finding::ValidationReport;
use crate::domain::hunk::FileDiff;
use crate::domain::model::Node;
use crate::edit;
use std::sync::Arc;

/// Has the newest attempt checked.
pub(super) fn begin(run: &mut Run) -> Vec<RunCommand> {
    let Some(changes) = run.attempts.last().map(|a| a.changes.clone()) else { return Vec::new() };
    run.stage = Stage::Working(Node::Validator);
    vec![RunCommand::Validate { job: run.next_job(), changes }]
}

/// The newest attempt is cut.
pub(super) fn diffed(run: &mut Run, files: &Arc<[FileDiff]>) {
    let Some(attempt) = run.attempts.last_mut() else { return };
    let paths = attempt.changes.files.iter().map(|f| &f.path);
    if paths.eq(files.iter().map(|f| &f.path)) {
        attempt.diff = files.clone();
    }
}

/// Cuts an attempt that is not cut yet: nobody can judge it otherwise. It is only met where the journal is older than the fact
/// that brings the hunks, or where the user stopped the run in the very moment of the proposal.
pub(super) fn cut(attempt: &mut Attempt) {
    if attempt.diff.is_empty() {
        attempt.diff = edit::diff(&attempt.changes).into();
    }
}

/// The validators are done.
pub(super) fn validated(run: &mut Run, report: &ValidationReport) -> Vec<RunCommand> {
    for check in &report.checks {
        if let Some(why) = &check.not_run {
            run.notice(format!("`{}` could not run: {why}.", check.command.trim(), why = why.trim_end_matches('.')));
        }
    }
    if let Some(attempt) = run.attempts.last_mut() {
        cut(attempt);
        attempt.report = Some(report.clone());
    }
    healer::decide(run)
}

/// Whether a check ran on this and failed.
pub(super) fn is_red(report: &ValidationReport) -> bool {
    report.checks.iter().any(|c| !c.passed && c.not_run.is_none())
}
