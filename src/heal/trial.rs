//! How good a proposal of the series is, what is open in it, and for which reasons healing ends.
//!
//! Good is counted, not guessed: how many checks passed (cheapest first, so more is further), then how many errors
//! there are. Whose turn it is, says `climb`.

use super::class::class;
use super::exchange::keep_mended;
use super::fix;
use crate::domain::change::ChangeSet;
use crate::domain::finding::{CheckResult, Finding, Severity, Strategy, ValidationReport};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// Most findings that one try is asked to mend: the rest is mostly their consequence.
pub const MAX_FINDINGS: usize = 8;

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

/// The best of the series: most checks passed, then fewest errors, then fewest places to format; of equals as [`most_worth`] says.
pub fn best(trials: &[Trial<'_>]) -> usize {
    let worth = |report: &ValidationReport| (quality(report), Reverse(unformatted(report).len()));
    most_worth(trials.iter().map(|trial| (worth(trial.report), Some(*trial)))).unwrap_or_default()
}

/// Which of a series, oldest first, is worth most; of equals the newest, but where that is red the first of those of which it mended
/// nothing. `None` for an empty series.
pub fn most_worth<'a, W: Ord>(series: impl Iterator<Item = (W, Option<Trial<'a>>)>) -> Option<usize> {
    let series: Vec<_> = series.collect();
    let newest = (0..series.len()).max_by_key(|at| (&series[*at].0, *at))?;
    let (most, trial) = &series[newest];
    let red = trial.filter(|trial| !trial.report.passed());
    let is_like = |(worth, other): &(W, Option<Trial<'_>>)| {
        worth == most && other.zip(red).is_some_and(|(other, red)| mended(other, red).is_empty())
    };
    series.iter().position(is_like).or(Some(newest))
}

/// What was open in `before` and is no longer in `after`, wherever the rest has moved; of what was said several times as many as
/// it is said less often. The other way round it is what `after` brought.
fn turned_away(before: &ValidationReport, after: &ValidationReport) -> Vec<Finding> {
    let said = |f: &Finding| (f.tool.clone(), f.path.clone(), f.message.clone());
    let mut left: HashMap<_, usize> = HashMap::new();
    open(after).iter().for_each(|f| *left.entry(said(f)).or_default() += 1);
    let mut gone = open(before);
    gone.retain(|f| match left.get_mut(&said(f)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    gone
}

/// What was open in a proposal and was mended in another: it is not said any more, and was not only exchanged for something else.
pub fn mended(before: Trial<'_>, after: Trial<'_>) -> Vec<Finding> {
    let brought = turned_away(after.report, before.report);
    let mut gone = turned_away(before.report, after.report);
    keep_mended(&mut gone, before.changes, after.changes, &brought);
    gone
}

/// More is better.
pub(super) fn quality(report: &ValidationReport) -> (usize, Reverse<usize>) {
    let passed = report.checks.iter().filter(|c| c.passed && c.not_run.is_none()).count();
    (passed, Reverse(report.errors()))
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

/// What the project's formatter would do otherwise and can do itself.
pub fn unformatted(report: &ValidationReport) -> Vec<Finding> {
    let formatters = report.checks.iter().filter(|c| c.strategy == Strategy::Format && c.not_run.is_none());
    let findings = formatters.flat_map(|c| &c.findings).filter(|f| f.severity == Severity::Warning);
    findings.filter(|f| f.fixes.iter().any(fix::is_safe)).cloned().collect()
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

    fn report(checks: &[CheckResult]) -> ValidationReport {
        ValidationReport { checks: checks.to_vec(), ..ValidationReport::default() }
    }

    #[test]
    fn passed_checks_count_before_errors_and_of_equals_the_newest_is_best_but_none_that_mended_nothing() {
        use Strategy::{Custom, Syntax};
        let further = report(&[check(Syntax, &[]), check(Custom, &["p", "q"])]);
        let one = report(&[check(Syntax, &["x"])]);
        let other = report(&[check(Syntax, &["y"])]);
        let two = report(&[check(Syntax, &["x", "y"])]);
        let green = report(&[check(Syntax, &[]), check(Custom, &[])]);
        let changes = ChangeSet::default();
        for (reports, wanted) in [
            (vec![&two, &one], 1),
            (vec![&one, &two], 0),
            (vec![&one, &other], 1),
            (vec![&two, &one, &one, &one], 1),
            (vec![&one, &other, &one], 0),
            (vec![&green, &green], 1),
            (vec![&one, &further, &two], 1),
            (vec![], 0),
        ] {
            let trials: Vec<Trial> = reports.iter().map(|report| Trial { changes: &changes, report }).collect();
            assert_eq!(best(&trials), wanted, "{reports:?}");
        }
    }

    #[test]
    fn what_was_turned_away_is_what_is_not_said_any_more() {
        let of = |messages| report(&[check(Strategy::Custom, messages)]);
        let gone = turned_away(&of(&["x", "y"]), &of(&["y", "z"]));
        assert_eq!(gone.iter().map(|f| f.message.as_str()).collect::<Vec<_>>(), ["x"]);
        let often = |lines: std::ops::Range<u32>| {
            let mut report = of(&["x"]);
            report.checks[0].findings = lines.map(|line| Finding { line, ..finding("no semicolon") }).collect();
            report
        };
        assert_eq!(
            (turned_away(&often(1..6), &often(1..3)).len(), turned_away(&often(1..3), &often(1..6)).len()),
            (3, 0)
        );
    }

    #[test]
    fn of_equals_that_only_exchange_an_error_the_first_is_best() {
        let texts = ["a\nb\nx = c\n", "a\nb\nx = d\n"].map(|text| {
            let file = FileChange { path: "a.py".into(), before: None, after: Some(text.into()) };
            ChangeSet { files: vec![file] }
        });
        let reports = ["c is no number", "d is not there"].map(|said| report(&[check(Strategy::Custom, &[said])]));
        let trial = |at: usize| Trial { changes: &texts[at], report: &reports[at] };
        assert_eq!(best(&[trial(0), trial(1)]), 0);
        assert_eq!(
            best(&[trial(0), Trial { changes: &texts[0], ..trial(1) }]),
            1,
            "what is said of the same lines is news"
        );
    }

    #[test]
    fn causes_come_before_consequences_and_nothing_twice() {
        let messages = ["AssertionError: 1", "SyntaxError: x", "AssertionError: 1"];
        let found = open(&report(&[check(Strategy::Syntax, &messages)]));
        assert_eq!(
            found.iter().map(|f| f.message.as_str()).collect::<Vec<_>>(),
            ["SyntaxError: x", "AssertionError: 1"]
        );
    }

    #[test]
    fn a_check_that_could_not_run_is_not_for_a_model_to_mend() {
        let mut failed = check(Strategy::Custom, &["x"]);
        failed.not_run = Some("pytest is not installed".into());
        assert_eq!(open(&report(&[failed])), []);
    }

    #[test]
    fn a_check_that_failed_without_a_word_stands_for_itself() {
        let mut silent = check(Strategy::Custom, &[]);
        silent.passed = false;
        let found = open(&report(&[silent]));
        assert_eq!(
            found.iter().map(|f| f.message.as_str()).collect::<Vec<_>>(),
            ["`make check` failed without a message"]
        );
    }
}
