//! The healer: has red attempts mended, rung by rung, as long as `heal` sees progress, and keeps the best.
//!
//! What needs no model comes first. What is bounded is said before anything is sent; what a rung made is validated like
//! every other attempt.

use super::inner::Operation;
use super::ladder::Task;
use super::run::{Attempt, Run};
use super::rung;
use super::stage::{Outcome, Stage};
use super::{RunCommand, executor, formatter, install, notice, reviewer, validator};
use crate::budget::choice::Candidate;
use crate::budget::price::{Price, worst_case};
use crate::domain::change::{ChangeSet, FileSnapshot};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::finding::{Severity, ValidationReport};
use crate::domain::hunk::FileDiff;
use crate::domain::ids::RequestId;
use crate::domain::model::{Locality, ModelRequest, Node};
use crate::domain::money::Money;
use crate::domain::rung::{Recollection, Rung};
use crate::heal::{self, Bounds, StopReason, Trial, Turn};
use std::sync::Arc;

/// The newest attempt is validated: mend it, or have the best of the series reviewed.
pub(super) fn decide(run: &mut Run) -> Vec<RunCommand> {
    let mut commands: Vec<RunCommand> = rung::teaching(run).into_iter().collect();
    commands.extend(climb(run));
    commands
}

/// The next rung, or the end.
pub(super) fn climb(run: &mut Run) -> Vec<RunCommand> {
    let attempts = run.spec.settings.heal_attempts;
    let models = run.spec.ladder.models.len().max(1);
    // A tree is not formatted because somebody wants its errors mended.
    let format = run.spec.task.is_request();
    let turn = heal::turn(&run.climbed(), Bounds { attempts, models, spent: &run.inner.heal.spent, format });
    let (base, findings, free, model, why) = match turn {
        Turn::Stop { why, best } => return conclude(run, why.words(), best, why == StopReason::Green),
        Turn::Climb { base, findings, free, model, why } => (base, findings, free, model, why),
    };
    let base = run.inner.series + base;
    run.inner.findings = findings;
    let healing = &mut run.inner.heal;
    if healing.base != Some(base) {
        (healing.base, healing.known) = (Some(base), None);
        healing.why.clear();
        healing.dry.clear();
    }
    if !free.is_empty() || model.is_some() {
        let Some(known) = healing.known.as_ref() else { return rung::recall(run) };
        for kind in heal::by_rate(&free, run.inner.findings.first(), &known.rates) {
            if run.inner.heal.dry.contains(&kind) {
                continue;
            }
            match rung::make(run, kind) {
                Some(commands) => return commands,
                None => run.inner.heal.dry.push(kind),
            }
        }
    }
    match model {
        Some(model) => ask(run, model, base),
        None => {
            let is_green = why == StopReason::Green;
            let why = if run.inner.heal.why.is_empty() { why.words().to_owned() } else { run.inner.heal.why.clone() };
            let best = heal::best(&trials(run));
            conclude(run, &why, best, is_green)
        }
    }
}

/// Has a model of the ladder mend the attempt at `base`.
fn ask(run: &mut Run, model: usize, base: usize) -> Vec<RunCommand> {
    run.inner.findings.truncate(heal::MAX_FINDINGS);
    run.inner.heal.model = Some(model);
    let overlay = run.ground(base);
    executor::propose(run, Operation::Heal, overlay)
}

/// What the repository knows of the findings has come.
pub(super) fn recalled(run: &mut Run, known: &Recollection) -> Vec<RunCommand> {
    install::recalled(run, known);
    run.similar.retain(|old| known.similar.iter().all(|new| new.key != old.key));
    run.similar.extend(known.similar.iter().cloned());
    run.inner.heal.recalling = false;
    run.inner.heal.known = Some(known.clone());
    install::beforehand(run).unwrap_or_else(|| climb(run))
}

/// Between models of which the same is said.
const AND: &str = " and ";

/// Nothing came of it, for the reason `why` gives: another model, or the end.
pub(super) fn gave_up(run: &mut Run, why: &str) -> Vec<RunCommand> {
    if let Some(model) = run.inner.heal.model {
        run.inner.heal.spent.push(model);
        let why = &notice::clause(why);
        run.inner.heal.why.clone_from(why);
        let (asked, said) = (run.asked().reference.to_string(), format!(" mended nothing: {why}."));
        // What two models gave up for is said once, of both.
        match run.notices.iter().position(|notice| notice.ends_with(&said)) {
            Some(at) => {
                let others = run.notices.remove(at);
                let mut names: Vec<&str> = others.trim_end_matches(&*said).split(AND).collect();
                names.extend(Some(&*asked).filter(|asked| !names.contains(asked)));
                run.notice(format!("{}{said}", names.join(AND)));
            }
            None => run.notice(format!("{asked}{said}")),
        }
        return climb(run);
    }
    give_up(run, why)
}

/// Whether something is left where the model that is asked cannot be reached: the next one up, or an attempt to offer.
pub(super) fn can_go_on(run: &Run) -> bool {
    let models = run.spec.ladder.models.len();
    let has_next = run.inner.heal.model.is_some_and(|at| (at + 1..models).any(|m| !run.inner.heal.spent.contains(&m)));
    has_next || run.attempts.iter().any(|attempt| !attempt.changes.is_empty())
}

/// It is over, for the reason `why` gives.
pub(super) fn give_up(run: &mut Run, why: &str) -> Vec<RunCommand> {
    let best = heal::best(&trials(run));
    conclude(run, &notice::clause(why), best, false)
}

/// Why a request of the healer must not be sent; `None` if it may.
pub(super) fn forbids(run: &Run, request: &ModelRequest) -> Option<StopReason> {
    let ladder = &run.spec.ladder;
    if !run.asks_to_mend() {
        return None;
    }
    let calls = run.calls.get(run.inner.heal.since..).unwrap_or_default().iter();
    let usages = calls.clone().filter_map(|c| c.usage);
    let used: u64 = usages.map(|u| u64::from(u.input) + u64::from(u.output)).sum();
    let asked = u64::from(request.prompt_tokens);
    if ladder.max_tokens > 0 && used + asked > ladder.max_tokens {
        return Some(StopReason::Tokens);
    }
    let price = run.inner.heal.model.and_then(|at| ladder.models.get(at)).map(|c| &c.price);
    let most = ladder.max_cost?;
    let spent: Money = calls.filter_map(|c| c.cost).sum();
    let is_free = run.asked().locality != Locality::Remote;
    let price = if is_free { &Price::Free } else { price.unwrap_or(&Price::Unknown) };
    match worst_case(price, request.prompt_tokens, request.max_output) {
        None => Some(StopReason::UnknownPrice),
        Some(worst) => (spent + worst > most).then_some(StopReason::Money),
    }
}

/// A request of the healer is not sent. Where only the price of its model is not known, another may be asked.
pub(super) fn forbidden(run: &mut Run, why: StopReason) -> Vec<RunCommand> {
    match why {
        StopReason::UnknownPrice => gave_up(run, why.words()),
        why => give_up(run, why.words()),
    }
}

/// The user goes on with another model: while healing it takes the place of the one that was asked.
pub(super) fn use_model(run: &mut Run, model: &Candidate) {
    let at = run.inner.heal.model.filter(|_| run.asks_to_mend());
    if let Some(place) = at.and_then(|at| run.spec.ladder.models.get_mut(at)) {
        *place = model.clone();
    }
}

/// Whether a notice gives this reason already.
fn is_told(run: &Run, why: &str) -> bool {
    run.notices.iter().any(|notice| notice.ends_with(&format!(": {why}.")))
}

fn conclude(run: &mut Run, why: &str, best: usize, green: bool) -> Vec<RunCommand> {
    if !green && !is_told(run, why) {
        run.notice(format!("{}: {why}.", notice::ENDED));
    }
    run.inner.findings.clear();
    let best = run.inner.series + best;
    run.choose(best);
    run.decide_again();
    match run.spec.task {
        Task::Request => reviewer::begin(run),
        Task::Heal { .. } => offer(run, why, green),
    }
}

/// The best of a healed working tree goes to the gate, if it is any better than the tree.
fn offer(run: &mut Run, why: &str, green: bool) -> Vec<RunCommand> {
    if run.attempt().is_some_and(|a| !a.changes.is_empty()) {
        formatter::compose(run);
        run.inner.job = None;
        run.stage = Stage::Gate;
        return Vec::new();
    }
    let open = report(run).map(heal::open).unwrap_or_default();
    let left =
        report(run).map_or(0, |r| r.findings().filter(|f| f.severity != Severity::Error && !open.contains(f)).count());
    let warnings = if left == 0 { String::new() } else { format!(" Warnings, which are not mended: {left}.") };
    if green {
        let found = if left == 0 { "anything" } else { "an error" };
        let answer = format!("No check that ran finds {found}.{warnings}");
        run.answer = formatter::with_notices(&answer, &run.notices);
        return run.finish(Outcome::NothingToDo);
    }
    let (open, notices) = (open.len(), run.notices.iter().filter(|n| !n.starts_with(notice::ENDED)));
    let is_told = notices.clone().any(|notice| notice.ends_with(&format!(": {why}.")));
    let reason = if is_told { String::new() } else { format!(": {why}") };
    let mut message = format!("Nothing could be mended{reason}. Findings that are left: {open}.{warnings}");
    for notice in notices {
        message.push_str(&format!(" {notice}"));
    }
    run.finish(Outcome::Failed(Failure::fatal(FailureKind::BadOutput, message)))
}

/// Begins a run that heals the working tree: it is validated as it is.
pub(super) fn examine(run: &mut Run) -> Vec<RunCommand> {
    let Task::Heal { paths } = run.spec.task.clone() else { return Vec::new() };
    run.stage = Stage::Working(Node::Validator);
    run.inner.began = run.inner.now;
    vec![RunCommand::Examine { job: run.next_job(), paths, changes: None }]
}

/// The working tree is validated: what it is becomes the first attempt of the series.
pub(super) fn examined(run: &mut Run, files: &[FileSnapshot], report: &ValidationReport) -> Vec<RunCommand> {
    validator::not_run(run, report);
    let rung = Rung { what: "the working tree as it is".to_owned(), millis: validator::took(run), ..Rung::default() };
    run.inner.iteration = 1;
    first(run, ChangeSet::default(), Arc::default(), report.clone(), rung);
    run.inner.heal.examined = files.to_vec();
    climb(run)
}

/// Begins another series with the chosen attempt.
pub(super) fn again(run: &mut Run) -> Vec<RunCommand> {
    let Some(attempt) = run.attempt().filter(|_| run.is_red()).cloned() else { return Vec::new() };
    let what = format!("attempt {} again", run.chosen + 1);
    let rung = Rung { what, base: Some(run.chosen), ..Rung::default() };
    let decided = std::mem::take(&mut run.decisions);
    notice::forget_end(run);
    run.inner.since = run.attempts.len();
    let report = attempt.report.unwrap_or_default();
    first(run, attempt.changes, attempt.diff, report, rung);
    run.inner.heal.decided = decided.into_iter().collect();
    climb(run)
}

/// Puts a validated attempt at the beginning of a new series.
fn first(run: &mut Run, changes: ChangeSet, diff: Arc<[FileDiff]>, report: ValidationReport, rung: Rung) {
    run.inner.series = run.attempts.len();
    run.inner.heal.restart(run.calls.len());
    run.attempts.push(Attempt {
        node: Node::Executor,
        iteration: run.inner.iteration,
        cause: Vec::new(),
        request: RequestId::default(),
        changes,
        diff,
        report: Some(report),
        verdict: None,
        problems: Vec::new(),
        rung,
    });
    run.choose(run.attempts.len() - 1);
}

/// The series, as far as it is validated.
fn trials(run: &Run) -> Vec<Trial<'_>> {
    run.climbed().into_iter().map(|s| s.trial).collect()
}

fn report(run: &Run) -> Option<&ValidationReport> {
    run.attempt()?.report.as_ref()
}
