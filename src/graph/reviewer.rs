//! The reviewer: scores the chosen attempt; below the threshold, or red, it goes back while rounds are left.
//!
//! Never invents a score: without a readable verdict the score is what the checks alone say, and the verdict says so.

use super::inner::Operation;
use super::run::Run;
use super::{RunCommand, answer, executor, gate, material, step};
use crate::domain::finding::Severity;
use crate::domain::verdict::Verdict;

/// Most findings that are given as reasons for another round.
const MAX_FINDINGS: usize = 6;

/// Has the chosen attempt judged.
pub(super) fn begin(run: &mut Run) -> Vec<RunCommand> {
    step::ask(run, Operation::Review)
}

/// The reviewer has answered.
pub(super) fn answered(run: &mut Run, text: &str) -> Vec<RunCommand> {
    match answer::verdict(text) {
        Some(verdict) => judged(run, verdict),
        None => without_verdict(run, "its answer could not be read"),
    }
}

/// There is no verdict: the checks alone decide.
pub(super) fn without_verdict(run: &mut Run, why: &str) -> Vec<RunCommand> {
    let red = run.is_red();
    let score = if red { 0.0 } else { run.spec.settings.quality_threshold.clamp(0.0, 1.0) };
    let meaning = if red { "the score only says that checks fail" } else { "the score only says that no check fails" };
    let reasons = vec![format!("There is no review: {why}; {meaning}.")];
    judged(run, Verdict { score, reasons, next_steps: Vec::new(), improvements: Vec::new() })
}

fn judged(run: &mut Run, verdict: Verdict) -> Vec<RunCommand> {
    let threshold = run.spec.settings.quality_threshold;
    let good = verdict.score >= threshold && !run.is_red();
    let mut reasons = verdict.reasons.clone();
    let score = verdict.score;
    let last = good || !run.has_rounds_left();
    let chosen = run.chosen;
    let Some(attempt) = run.attempts.get_mut(chosen) else { return gate::open_with_best(run) };
    attempt.verdict = Some(verdict);
    if last {
        return gate::open_with_best(run);
    }
    let report = attempt.report.iter().flat_map(|r| r.findings());
    reasons.extend(report.filter(|f| f.severity == Severity::Error).take(MAX_FINDINGS).map(material::finding));
    if reasons.is_empty() {
        reasons.push(format!("The reviewer gave {score:.2} of 1 and no reason; {threshold:.2} is needed."));
    }
    let overlay = attempt.changes.clone();
    run.inner.feedback = reasons;
    run.inner.iteration += 1;
    executor::propose(run, Operation::Round, overlay)
}
