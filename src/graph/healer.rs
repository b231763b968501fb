//! The healer: asks for red attempts to be mended, as long as `heal` sees progress, and keeps the best.

use super::inner::Operation;
use super::run::Run;
use super::{RunCommand, executor, gate, reviewer, validator};
use crate::domain::finding::ValidationReport;
use crate::heal::{self, Limits, Next, StopReason, Trial};

/// The newest attempt is validated: mend it, or have the best of the series reviewed.
pub(super) fn decide(run: &mut Run) -> Vec<RunCommand> {
    let limits = Limits { attempts: run.spec.settings.heal_attempts };
    match heal::next(&trials(run), limits) {
        Next::Try { findings, .. } => {
            run.inner.findings = findings;
            let overlay = run.attempts.last().map(|a| a.changes.clone()).unwrap_or_default();
            executor::propose(run, Operation::Heal, overlay)
        }
        Next::Stop { why, best } => conclude(run, why.words(), best, why == StopReason::Green),
    }
}

/// Nothing came of it, for the reason `why` gives.
pub(super) fn gave_up(run: &mut Run, why: &str) -> Vec<RunCommand> {
    let best = heal::best(&trials(run));
    conclude(run, why.trim_end_matches('.'), best, false)
}

fn conclude(run: &mut Run, why: &str, best: usize, green: bool) -> Vec<RunCommand> {
    if !green {
        run.notice(format!("Healing ended: {why}."));
    }
    run.inner.findings.clear();
    let best = run.inner.series + best;
    gate::choose(run, best);
    reviewer::begin(run)
}

/// The series: the executor's proposal and what was made of it, as far as it is validated.
fn trials(run: &Run) -> Vec<Trial<'_>> {
    let series = run.attempts.get(run.inner.series..).unwrap_or_default();
    series.iter().filter_map(|a| Some(Trial { changes: &a.changes, report: a.report.as_ref()? })).collect()
}

/// Whether the chosen attempt is red.
pub(super) fn chosen_is_red(run: &Run) -> bool {
    report(run).is_some_and(validator::is_red)
}

fn report(run: &Run) -> Option<&ValidationReport> {
    run.attempt()?.report.as_ref()
}
