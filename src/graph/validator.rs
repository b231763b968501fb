//! The validator: every attempt is checked in a scratch copy before anyone judges it.

use super::ladder::Task;
use super::run::{Run, Stage};
use super::{RunCommand, healer, rung};
use crate::domain::clock::Timestamp;
use crate::domain::finding::ValidationReport;
use crate::domain::model::Node;

/// Has the newest attempt checked.
pub(super) fn begin(run: &mut Run) -> Vec<RunCommand> {
    let Some(newest) = run.attempts.len().checked_sub(1) else { return Vec::new() };
    run.stage = Stage::Working(Node::Validator);
    let job = run.next_job();
    vec![match run.spec.task.clone() {
        Task::Request => RunCommand::Validate { job, changes: run.attempts[newest].changes.clone() },
        Task::Heal { paths } => RunCommand::Examine { job, paths, changes: Some(rung::ground(run, newest)) },
    }]
}

/// The validators are done.
pub(super) fn validated(run: &mut Run, report: &ValidationReport) -> Vec<RunCommand> {
    not_run(run, report);
    let millis = took(run);
    if let Some(attempt) = run.attempts.last_mut() {
        attempt.report = Some(report.clone());
        attempt.rung.millis = millis;
    }
    healer::decide(run)
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

/// Whether a check ran on this and failed.
pub(super) fn is_red(report: &ValidationReport) -> bool {
    report.checks.iter().any(|c| !c.passed && c.not_run.is_none())
}
