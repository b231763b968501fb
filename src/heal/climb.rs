//! Whose turn it is on the ladder: what is free first, then the first model, then the next one up, always from the best
//! there is so far.
//!
//! Pure judgement over a series of attempts. An attempt that made nothing better is left behind and its rung is not tried
//! again from there; a model that has tried twice without an end, or once without getting anywhere, gives way to the next.

use super::class::class;
use super::trial::{StopReason, Trial, best, mended, open, quality, unformatted};
use crate::domain::finding::Finding;
use crate::domain::rung::{Rate, RungKind};
use std::cmp::Ordering;

/// Tries of a model after which the next one up is asked.
const TRIES: usize = 2;

/// An attempt of the series.
#[derive(Clone, Copy, Debug)]
pub struct Climbed<'a> {
    /// What it proposed, and what came of it.
    pub trial: Trial<'a>,
    /// What made it.
    pub kind: RungKind,
    /// Which attempt of the series it was made from; `None` for the first.
    pub base: Option<usize>,
    /// Which of the ladder's models was asked.
    pub model: Option<usize>,
}

/// What bounds the climbing.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// Most attempts of a kind of rung without a model, and of all models together.
    pub attempts: u32,
    /// How many models there are.
    pub models: usize,
    /// Models whose answers were of no use.
    pub spent: &'a [usize],
    /// Whether what has no errors any more is formatted, if the project's formatter can do that.
    pub format: bool,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// One of these, from this attempt of the series.
    Climb {
        /// Where from.
        base: usize,
        /// What is open there, causes before consequences; never empty.
        findings: Vec<Finding>,
        /// The rungs without a model that were not tried from there.
        free: Vec<RungKind>,
        /// The model to ask if none of them can do anything.
        model: Option<usize>,
        /// Why it ends if there is none.
        why: StopReason,
    },
    /// It is over.
    Stop {
        /// Why.
        why: StopReason,
        /// The best of the series.
        best: usize,
    },
}

/// What to do after the newest of `series` was validated.
pub fn turn(series: &[Climbed<'_>], bounds: Bounds<'_>) -> Turn {
    let trials: Vec<Trial<'_>> = series.iter().map(|s| s.trial).collect();
    let base = (1..series.len()).rfind(|at| failing(series, *at).is_none()).unwrap_or(0);
    let findings = series.get(base).map_or_else(Vec::new, |s| open(s.trial.report));
    let most = bounds.attempts as usize;
    let count = |kind| series.iter().filter(|s| s.kind == kind).count();
    let is_tried = |kind| series.iter().any(|s| s.kind == kind && s.base == Some(base));
    if findings.is_empty() {
        let green = StopReason::Green;
        let findings =
            series.get(base).filter(|_| bounds.format).map_or_else(Vec::new, |s| unformatted(s.trial.report));
        if findings.is_empty() || count(RungKind::ToolFix) >= most || is_tried(RungKind::ToolFix) {
            return Turn::Stop { why: green, best: best(&trials) };
        }
        return Turn::Climb { base, findings, free: vec![RungKind::ToolFix], model: None, why: green };
    }
    let free: Vec<RungKind> =
        RungKind::FREE.into_iter().filter(|kind| count(*kind) < most && !is_tried(*kind)).collect();
    let asked: Vec<usize> = (0..series.len()).filter(|at| series[*at].model.is_some()).collect();
    let last = asked.last().and_then(|at| failing(series, *at));
    let gives_way = |model: usize| {
        let own: Vec<usize> = asked.iter().copied().filter(|at| series[*at].model == Some(model)).collect();
        let is_stuck = own.last().is_some_and(|at| failing(series, *at).is_some());
        is_stuck || (own.len() >= TRIES && model + 1 < bounds.models) || bounds.spent.contains(&model)
    };
    // Who has given way to a bigger one is not asked again.
    let from = asked.iter().filter_map(|at| series[*at].model).max().unwrap_or(0);
    let model = (from..bounds.models).find(|m| !gives_way(*m)).filter(|_| asked.len() < most);
    let why = if asked.len() >= most { StopReason::Attempts } else { last.unwrap_or(StopReason::NoProgress) };
    Turn::Climb { base, findings, free, model, why }
}

/// Why the attempt at `at` is no step forward from the one it was made from; `None` if it is one.
fn failing(series: &[Climbed<'_>], at: usize) -> Option<StopReason> {
    let (own, base) = (&series[at], &series[series[at].base?]);
    if series[..at].iter().any(|s| s.trial.changes == own.trial.changes) {
        return Some(StopReason::Oscillation);
    }
    match quality(own.trial.report).cmp(&quality(base.trial.report)) {
        Ordering::Less => Some(StopReason::Regression),
        Ordering::Greater => None,
        Ordering::Equal if open(base.trial.report).is_empty() => {
            let places = |s: &Climbed<'_>| unformatted(s.trial.report).len();
            (places(own) >= places(base)).then_some(StopReason::NoProgress)
        }
        Ordering::Equal => mended(base.trial, own.trial).is_empty().then_some(StopReason::NoProgress),
    }
}

/// Whether the attempt at `at` is a step forward from the one it was made from.
pub fn helped(series: &[Climbed<'_>], at: usize) -> bool {
    series.get(at).is_some_and(|s| s.base.is_some()) && failing(series, at).is_none()
}

/// Rungs in the order of how often they helped against the kind of `finding`; of equal ones the order stays. Nothing known
/// counts as every second time.
pub fn by_rate(rungs: &[RungKind], finding: Option<&Finding>, rates: &[Rate]) -> Vec<RungKind> {
    let word = finding.map_or("", |f| class(f).word());
    let rate = |rung: &RungKind| {
        let own = rates.iter().find(|r| r.rung == *rung && r.class == word);
        // Laplace's rule of succession, in thousandths.
        own.map_or(500, |r| (r.helped + 1) * 1000 / (r.tried + 2))
    };
    let mut ordered = rungs.to_vec();
    ordered.sort_by_key(|rung| std::cmp::Reverse(rate(rung)));
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::{ChangeSet, FileChange};
    use crate::domain::finding::{CheckResult, Severity, Strategy, ValidationReport};
    use RungKind::*;

    fn report(messages: &[&str]) -> ValidationReport {
        let finding = |m: &&str| Finding {
            tool: "check".into(),
            path: "a.py".into(),
            message: (*m).into(),
            severity: Severity::Error,
            ..Finding::default()
        };
        let check = CheckResult {
            strategy: Strategy::Custom,
            command: "c".into(),
            passed: messages.is_empty(),
            millis: 0,
            findings: messages.iter().map(finding).collect(),
            known: 0,
            not_run: None,
        };
        ValidationReport { checks: vec![check], ..ValidationReport::default() }
    }

    /// An attempt: its text, what made it, from which one, by which model, and what is wrong with it.
    type Made<'a> = (&'a str, RungKind, Option<usize>, Option<usize>, &'a [&'a str]);

    fn judged(made: &[Made], models: usize, spent: &[usize]) -> Turn {
        let held: Vec<(ChangeSet, ValidationReport)> = made
            .iter()
            .map(|(text, .., wrong)| {
                let file = FileChange { path: "a.py".into(), before: None, after: Some((*text).into()) };
                (ChangeSet { files: vec![file] }, report(wrong))
            })
            .collect();
        let series: Vec<Climbed> = made
            .iter()
            .zip(&held)
            .map(|((_, kind, base, model, _), (changes, report))| Climbed {
                trial: Trial { changes, report },
                kind: *kind,
                base: *base,
                model: *model,
            })
            .collect();
        turn(&series, Bounds { attempts: 3, models, spent, format: true })
    }

    /// Where from, which free rungs, which model.
    fn climbs(turn: Turn) -> (usize, Vec<RungKind>, Option<usize>) {
        match turn {
            Turn::Climb { base, free, model, .. } => (base, free, model),
            other => panic!("{other:?}"),
        }
    }

    const FIRST: Made = ("a", First, None, None, &["x", "y"]);

    #[test]
    fn what_is_free_comes_before_the_models_and_each_is_tried_once_from_a_place() {
        assert_eq!(climbs(judged(&[FIRST], 2, &[])), (0, vec![ToolFix, Grammar, Import, Learned], Some(0)));
        let no_better = ("b", ToolFix, Some(0), None, &["x", "y"][..]);
        assert_eq!(climbs(judged(&[FIRST, no_better], 2, &[])), (0, vec![Grammar, Import, Learned], Some(0)));
        let better = ("b", ToolFix, Some(0), None, &["y"][..]);
        assert_eq!(climbs(judged(&[FIRST, better], 2, &[])), (1, vec![ToolFix, Grammar, Import, Learned], Some(0)));
        let worse = ("b", Grammar, Some(0), None, &["x", "y", "z"][..]);
        assert_eq!(climbs(judged(&[FIRST, worse], 2, &[])).0, 0, "the worse one is left behind");
    }

    #[test]
    fn a_model_gives_way_after_two_tries_or_one_without_progress() {
        let one = ("b", Model, Some(0), Some(0), &["y"][..]);
        assert_eq!(climbs(judged(&[FIRST, one], 2, &[])).2, Some(0));
        let two = ("c", Model, Some(1), Some(0), &["z"][..]);
        assert_eq!(climbs(judged(&[FIRST, one, two], 2, &[])).2, Some(1));
        assert_eq!(climbs(judged(&[FIRST, one, two], 1, &[])).2, Some(0), "nobody else is there");
        let same = ("b", Model, Some(0), Some(0), &["x", "y"][..]);
        assert_eq!(climbs(judged(&[FIRST, same], 2, &[])).2, Some(1));
        assert_eq!(climbs(judged(&[FIRST], 2, &[0])).2, Some(1), "an answer of no use counts as well");
        let bigger = ("d", BiggerModel, Some(0), Some(1), &["x", "y"][..]);
        assert_eq!(climbs(judged(&[FIRST, same, bigger], 2, &[])).2, None);
    }

    #[test]
    fn an_attempt_that_only_exchanged_an_error_is_left_behind() {
        let placed = |message: &str| {
            let mut report = report(&[message]);
            report.checks[0].findings[0].line = 1;
            report
        };
        let (before, after) = (placed("a is no number"), placed("b is not there"));
        let texts = ["x = a\ny = 1\n", "x = b\ny = 1\n", "x = a\ny = 2\n"].map(|text| {
            let file = FileChange { path: "a.py".into(), before: None, after: Some(text.into()) };
            ChangeSet { files: vec![file] }
        });
        let climbed = |at: usize, report| Climbed {
            trial: Trial { changes: &texts[at], report },
            kind: if at == 0 { First } else { Model },
            base: (at > 0).then_some(0),
            model: (at > 0).then_some(0),
        };
        let bounds = Bounds { attempts: 3, models: 2, spent: &[], format: true };
        let exchanged = turn(&[climbed(0, &before), climbed(1, &after)], bounds);
        assert_eq!(
            (climbs(exchanged.clone()).0, climbs(exchanged).2),
            (0, Some(1)),
            "the next model begins where it began"
        );
        let mut elsewhere = after.clone();
        elsewhere.checks[0].findings[0].line = 2;
        assert_eq!(
            climbs(turn(&[climbed(0, &before), climbed(1, &elsewhere)], bounds)).0,
            1,
            "what is behind it is seen"
        );
    }

    #[test]
    fn it_ends_with_the_reason_of_the_last_model() {
        let why = |made: &[Made]| match judged(made, 1, &[]) {
            Turn::Climb { why, model: None, .. } => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(&[FIRST, ("b", Model, Some(0), Some(0), &["x", "y"])]), StopReason::NoProgress);
        assert_eq!(why(&[FIRST, ("b", Model, Some(0), Some(0), &["x", "y", "z"])]), StopReason::Regression);
        assert_eq!(
            why(&[FIRST, ("b", Model, Some(0), Some(0), &["y"]), ("a", Model, Some(1), Some(0), &["z"])]),
            StopReason::Oscillation
        );
        let green = judged(&[FIRST, ("b", ToolFix, Some(0), None, &[])], 1, &[]);
        assert_eq!(green, Turn::Stop { why: StopReason::Green, best: 1 });
    }

    #[test]
    fn rungs_that_helped_come_first_and_what_is_unknown_stays_where_it_was() {
        let finding = Finding { tool: "syntax".into(), ..Finding::default() };
        let rate = |rung, tried, helped| Rate { class: "syntax".into(), rung, tried, helped };
        let rates = [rate(ToolFix, 4, 0), rate(Learned, 4, 4)];
        assert_eq!(by_rate(&RungKind::FREE, Some(&finding), &rates), [Learned, Grammar, Import, ToolFix]);
        assert_eq!(by_rate(&RungKind::FREE, Some(&finding), &[]), RungKind::FREE);
    }
}
