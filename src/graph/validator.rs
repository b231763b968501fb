//! The validator: every attempt is checked in a scratch copy before anyone judges it.

use super::run::{Run, Stage};
use super::{RunCommand, healer};
use crate::domain::finding::ValidationReport;
use crate::domain::model::Node;

/// Has the newest attempt checked.
pub(super) fn begin(run: &mut Run) -> Vec<RunCommand> {
    let Some(changes) = run.attempts.last().map(|a| a.changes.clone()) else { return Vec::new() };
    run.stage = Stage::Working(Node::Validator);
    vec![RunCommand::Validate { job: run.next_job(), changes }]
}

/// The validators are done.
pub(super) fn validated(run: &mut Run, report: &ValidationReport) -> Vec<RunCommand> {
    for check in &report.checks {
        if let Some(why) = &check.not_run {
            run.notice(format!("`{}` could not run: {why}.", check.command.trim(), why = why.trim_end_matches('.')));
        }
    }
    if let Some(attempt) = run.attempts.last_mut() {
        attempt.report = Some(report.clone());
    }
    healer::decide(run)
}

/// Whether a check ran on this and failed.
pub(super) fn is_red(report: &ValidationReport) -> bool {
    report.checks.iter().any(|c| !c.passed && c.not_run.is_none())
}
