//! The healing ladder: after each validation either one more try, with the errors that matter first, or an end.
//!
//! How good a proposal is, is counted, not guessed: how many checks passed (cheapest first, so more is further), then
//! how many errors there are. It ends on success, at the limit, and as soon as trying has stopped to help.

use super::class::{ErrorClass, class};
use crate::domain::change::ChangeSet;
use crate::domain::finding::{CheckResult, Finding, Severity, ValidationReport};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Most findings that one try is asked to mend: the rest is mostly their consequence.
pub const MAX_FINDINGS: usize = 8;

/// Numbers that bound healing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most tries of one proposal.
    pub attempts: u32,
}

/// A proposal of the series and what its validation said: the first is the executor's, the others are tries to mend it.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// What was proposed.
    pub changes: &'a ChangeSet,
    /// What the validators said.
    pub report: &'a ValidationReport,
}

/// Why healing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Nothing is red that a change could mend.
    Green,
    /// All tries are used.
    Attempts,
    /// The same errors as before.
    NoProgress,
    /// A proposal that was there before came again.
    Oscillation,
    /// It got worse.
    Regression,
    /// The tokens that healing may take are used.
    Tokens,
    /// The money that healing may take would be passed.
    Money,
    /// What the next request costs is not known, and money is bounded.
    UnknownPrice,
}

impl StopReason {
    /// The end of the sentence "Healing ended: …".
    pub fn words(self) -> &'static str {
        match self {
            StopReason::Green => "all checks that ran pass",
            StopReason::Attempts => "all attempts are used",
            StopReason::NoProgress => "the same errors came again",
            StopReason::Oscillation => "a proposal that was there before came again",
            StopReason::Regression => "the last attempt made it worse",
            StopReason::Tokens => "the tokens it may take are used",
            StopReason::Money => "the next request might pass the money it may take",
            StopReason::UnknownPrice => "what the next model costs is not known, and `heal.max_cost` bounds the money",
        }
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Mend these.
    Try {
        /// The kind of the first of them.
        class: ErrorClass,
        /// What to mend, causes before consequences; never empty.
        findings: Vec<Finding>,
        /// Which try this is, from 1.
        attempt: u32,
    },
    /// Leave it.
    Stop {
        /// Why.
        why: StopReason,
        /// Index of the best proposal of the series.
        best: usize,
    },
}

/// What to do after the newest of `trials` was validated. Without trials there is nothing to do.
pub fn next(trials: &[Trial<'_>], limits: Limits) -> Next {
    let stop = |why| Next::Stop { why, best: best(trials) };
    let Some((newest, earlier)) = trials.split_last() else { return stop(StopReason::Green) };
    let mut findings = open(newest.report);
    findings.truncate(MAX_FINDINGS);
    let Some(first) = findings.first() else { return stop(StopReason::Green) };
    if earlier.iter().any(|t| t.changes == newest.changes) {
        return stop(StopReason::Oscillation);
    }
    if let Some(before) = earlier.last() {
        if quality(newest.report) < quality(before.report) {
            return stop(StopReason::Regression);
        }
        if signature(newest.report) == signature(before.report) {
            return stop(StopReason::NoProgress);
        }
    }
    let attempt = u32::try_from(trials.len()).unwrap_or(u32::MAX);
    if attempt > limits.attempts {
        return stop(StopReason::Attempts);
    }
    Next::Try { class: class(first), findings, attempt }
}

/// The best of the series: most checks passed, then fewest errors, then the newest.
pub fn best(trials: &[Trial<'_>]) -> usize {
    (0..trials.len()).max_by_key(|i| (quality(trials[*i].report), *i)).unwrap_or(0)
}

/// More is better.
pub(super) fn quality(report: &ValidationReport) -> (usize, Reverse<usize>) {
    let passed = report.checks.iter().filter(|c| c.passed && c.not_run.is_none()).count();
    (passed, Reverse(report.errors()))
}

/// Which errors there are, wherever they have moved to.
pub(super) fn signature(report: &ValidationReport) -> BTreeSet<(String, String, String)> {
    open(report).into_iter().map(|f| (f.tool, f.path, f.message)).collect()
}

/// The errors of the checks that ran and failed, causes first, none twice. A check that failed without saying why
/// stands for itself; one that could not run is not for a model to mend.
pub fn open(report: &ValidationReport) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for check in report.checks.iter().filter(|c| !c.passed && c.not_run.is_none()) {
        let errors: Vec<&Finding> = check.findings.iter().filter(|f| f.severity == Severity::Error).collect();
        match (errors.is_empty(), check.findings.is_empty()) {
            (false, _) => found.extend(errors.into_iter().cloned()),
            (true, false) => found.extend(check.findings.iter().cloned()),
            (true, true) => found.push(unexplained(check)),
        }
    }
    found.sort_by_key(class);
    let mut seen = BTreeSet::new();
    found.retain(|f| seen.insert((f.path.clone(), f.line, f.message.clone())));
    found
}

fn unexplained(check: &CheckResult) -> Finding {
    Finding {
        tool: "check".into(),
        path: String::new(),
        line: 0,
        column: 0,
        rule: None,
        message: format!("`{}` failed without a message", check.command),
        severity: Severity::Error,
        ..Finding::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::FileChange;
    use crate::domain::finding::Strategy;

    fn proposal(text: &str) -> ChangeSet {
        ChangeSet { files: vec![FileChange { path: "a.py".into(), before: None, after: Some(text.into()) }] }
    }

    fn finding(message: &str) -> Finding {
        Finding {
            tool: "check".into(),
            path: "a.py".into(),
            line: 3,
            column: 1,
            rule: None,
            message: message.into(),
            severity: Severity::Error,
            ..Finding::default()
        }
    }

    fn check(strategy: Strategy, messages: &[&str]) -> CheckResult {
        CheckResult {
            strategy,
            command: "make check".into(),
            passed: messages.is_empty(),
            millis: 5,
            findings: messages.iter().map(|m| finding(m)).collect(),
            not_run: None,
            known: 0,
        }
    }

    /// One step of a series: text, messages of the syntax check, messages of the check command if it got that far.
    type Made<'a> = (&'a str, &'a [&'a str], Option<&'a [&'a str]>);
    /// Name, series, and the number of the next try or why and with which proposal it ends.
    type Case<'a> = (&'a str, &'a [Made<'a>], Result<u32, (StopReason, usize)>);

    fn judged(series: &[Made], attempts: u32) -> Next {
        let made: Vec<(ChangeSet, ValidationReport)> = series
            .iter()
            .map(|(text, syntax, custom)| {
                let mut checks = vec![check(Strategy::Syntax, syntax)];
                checks.extend(custom.map(|m| check(Strategy::Custom, m)));
                (proposal(text), ValidationReport { checks, ..ValidationReport::default() })
            })
            .collect();
        let trials: Vec<Trial> = made.iter().map(|(changes, report)| Trial { changes, report }).collect();
        next(&trials, Limits { attempts })
    }

    #[test]
    fn the_series_decides_between_trying_again_and_stopping() {
        use StopReason::*;
        let table: [Case; 11] = [
            ("green", &[("a", &[], None)], Err((Green, 0))),
            ("first red", &[("a", &["x"], None)], Ok(1)),
            ("fewer errors", &[("a", &["x", "y"], None), ("b", &["y"], None)], Ok(2)),
            ("other errors, as many", &[("a", &["x"], None), ("b", &["y"], None)], Ok(2)),
            ("same errors", &[("a", &["x"], None), ("b", &["x"], None)], Err((NoProgress, 1))),
            ("more errors", &[("a", &["x"], None), ("b", &["x", "y"], None)], Err((Regression, 0))),
            ("further down the ladder", &[("a", &["x"], None), ("b", &[], Some(&["p", "q"]))], Ok(2)),
            ("back up the ladder", &[("a", &[], Some(&["p", "q"])), ("b", &["x"], None)], Err((Regression, 0))),
            (
                "a proposal again",
                &[("a", &["x"], None), ("b", &["y"], None), ("a", &["x"], None)],
                Err((Oscillation, 2)),
            ),
            (
                "attempts used",
                &[
                    ("a", &["x", "y", "z", "w"], None),
                    ("b", &["y", "z", "w"], None),
                    ("c", &["y", "z"], None),
                    ("d", &["z"], None),
                ],
                Err((Attempts, 3)),
            ),
            ("mended at last", &[("a", &["x"], None), ("b", &[], None)], Err((Green, 1))),
        ];
        for (name, series, expected) in table {
            match (judged(series, 3), expected) {
                (Next::Try { attempt, .. }, Ok(wanted)) => assert_eq!(attempt, wanted, "{name}"),
                (Next::Stop { why, best }, Err(wanted)) => assert_eq!((why, best), wanted, "{name}"),
                (got, wanted) => panic!("{name}: {got:?}, expected {wanted:?}"),
            }
        }
    }

    #[test]
    fn causes_come_before_consequences_and_nothing_twice() {
        let Next::Try { class, findings, .. } =
            judged(&[("a", &["AssertionError: 1", "SyntaxError: x", "AssertionError: 1"], None)], 3)
        else {
            panic!("must try");
        };
        assert_eq!(class, ErrorClass::Syntax);
        assert_eq!(
            findings.iter().map(|f| f.message.as_str()).collect::<Vec<_>>(),
            ["SyntaxError: x", "AssertionError: 1"]
        );
    }

    #[test]
    fn a_check_that_could_not_run_is_not_for_a_model_to_mend() {
        let mut failed = check(Strategy::Custom, &["x"]);
        failed.not_run = Some("pytest is not installed".into());
        let report = ValidationReport { checks: vec![failed], ..ValidationReport::default() };
        let changes = proposal("a");
        let got = next(&[Trial { changes: &changes, report: &report }], Limits { attempts: 3 });
        assert_eq!(got, Next::Stop { why: StopReason::Green, best: 0 });
    }

    #[test]
    fn a_check_that_failed_without_a_word_is_still_tried() {
        let mut silent = check(Strategy::Custom, &[]);
        silent.passed = false;
        let report = ValidationReport { checks: vec![silent], ..ValidationReport::default() };
        let changes = proposal("a");
        let got = next(&[Trial { changes: &changes, report: &report }], Limits { attempts: 3 });
        assert!(matches!(got, Next::Try { attempt: 1, .. }), "{got:?}");
    }
}
