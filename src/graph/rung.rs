//! The rungs of the ladder: attempts that need no model, what is asked of the repository for them, and what a model's
//! attempt took.
//!
//! Makes attempts and nothing else; whose turn it is says `heal::turn`, and the healer acts on it.

use super::inner::Operation;
use super::run::{Attempt, Run};
use super::stage::Stage;
use super::{RunCommand, material, validator};
use crate::domain::change::ChangeSet;
use crate::domain::finding::{Finding, Fix, ValidationReport};
use crate::domain::ids::RequestId;
use crate::domain::model::Node;
use crate::domain::money::Money;
use crate::domain::past::Met;
use crate::domain::rung::{Rung, RungKind, Teaching};
use crate::heal::{self, Trial};
use std::sync::Arc;

/// Most findings that an attempt names as its cause.
const CAUSES: usize = 8;

/// Asks what the repository knows of what is to be mended.
pub(super) fn recall(run: &mut Run) -> Vec<RunCommand> {
    let changes = run.ground(run.inner.heal.base.unwrap_or(run.inner.series));
    run.stage = Stage::Working(Node::Healer);
    run.inner.heal.recalling = true;
    let findings = run.inner.findings.clone();
    let began = run.inner.started.unwrap_or(run.inner.now);
    vec![RunCommand::Recall { job: run.next_job(), findings, changes, began }]
}

/// An attempt by a rung without a model; `None` if it can do nothing here.
pub(super) fn make(run: &mut Run, kind: RungKind) -> Option<Vec<RunCommand>> {
    let base = run.inner.heal.base?;
    let ground = run.ground(base);
    let known = run.inner.heal.known.clone().unwrap_or_default();
    let findings = &run.inner.findings;
    let fixes: Vec<Fix> = match kind {
        RungKind::ToolFix => heal::fix::machine_applicable(findings),
        RungKind::Grammar => heal::grammar::fixes(&judged(run, &ground), findings),
        RungKind::Import => known.imports,
        RungKind::Learned => known.learned.iter().map(|(_, fix)| fix.clone()).collect(),
        RungKind::First
        | RungKind::Model
        | RungKind::BiggerModel
        | RungKind::ByHand
        | RungKind::Rebase
        | RungKind::Install => return None,
    };
    let mut fixed = heal::fix::apply(&ground, &known.files, &fixes)?;
    fixed.changes.files.retain(|f| !f.is_noop());
    if run.spec.task.is_request() && fixed.changes.is_empty() {
        return None;
    }
    if !fixed.outside.is_empty() {
        let files = fixed.outside.join(", ");
        run.notice(format!("Healing also changes {files}, which the proposal had left alone."));
    }
    let learned =
        fixed.made.iter().filter(|_| kind == RungKind::Learned).filter_map(|at| Some(known.learned.get(*at)?.0));
    let rung =
        Rung { kind, what: fixed.titles.join("; "), base: Some(base), learned: learned.collect(), ..Rung::default() };
    run.inner.began = run.inner.now;
    let attempt = Attempt {
        node: Node::Healer,
        iteration: run.inner.iteration,
        cause: causes(run),
        request: RequestId::default(),
        diff: Arc::default(),
        changes: fixed.changes,
        report: None,
        verdict: None,
        // What could not be placed is missing here, too.
        problems: run.attempts[base].problems.clone(),
        rung,
    };
    run.attempts.push(attempt);
    run.choose(run.attempts.len() - 1);
    Some(validator::begin(run))
}

/// A proposal as it is validated. Of a working tree that is healed nothing counts as old: what was wrong before is what is
/// to be mended.
pub(super) fn judged(run: &Run, changes: &ChangeSet) -> ChangeSet {
    let mut changes = changes.clone();
    if !run.spec.task.is_request() {
        changes.files.iter_mut().for_each(|f| f.before = None);
    }
    changes
}

/// What an attempt answers to, each a sentence.
pub(super) fn causes(run: &Run) -> Vec<String> {
    run.inner.findings.iter().take(CAUSES).map(material::finding).collect()
}

/// The attempt that the one under work is made from: the one whose text the model is shown.
pub(super) fn base(run: &Run) -> Option<usize> {
    match run.inner.origin {
        Operation::Heal => run.inner.heal.base.or_else(|| run.attempts.len().checked_sub(1)),
        Operation::Round | Operation::Revise => Some(run.chosen).filter(|at| *at < run.attempts.len()),
        _ => None,
    }
}

/// How the attempt under work came about, when a model was asked for it.
pub(super) fn asked(run: &Run) -> Rung {
    let calls = run.calls.get(run.inner.calls..).unwrap_or_default();
    let usages = calls.iter().filter_map(|c| c.usage);
    let costs: Vec<Money> = calls.iter().filter_map(|c| c.cost).collect();
    let heals = run.inner.origin == Operation::Heal;
    let kind = match run.inner.heal.model {
        _ if !heals => RungKind::First,
        Some(0) | None => RungKind::Model,
        Some(_) => RungKind::BiggerModel,
    };
    Rung {
        kind,
        what: String::new(),
        base: base(run),
        model: calls.last().map(|c| c.model.clone()),
        tokens: usages.clone().map(|u| u64::from(u.input) + u64::from(u.output)).sum(),
        estimated: usages.clone().any(|u| u.estimated),
        cost: (!costs.is_empty()).then(|| costs.into_iter().sum()),
        millis: None,
        learned: Vec::new(),
    }
}

/// What the newest attempt taught, if it was one at healing.
pub(super) fn teaching(run: &Run) -> Option<RunCommand> {
    let attempt = run.attempts.last().filter(|attempt| attempt.rung.kind != RungKind::First)?;
    let base = run.attempts.get(attempt.rung.base?)?;
    let (before, after) = (base.report.as_ref()?, attempt.report.as_ref()?);
    let class = heal::class(heal::open(before).first()?).word().to_owned();
    let series = run.climbed();
    let old = run.ground(attempt.rung.base?);
    let (from, to) = (Trial { changes: &old, report: before }, Trial { changes: &attempt.changes, report: after });
    let mended = heal::mended(from, to);
    let is_forward = attempt.rung.kind == RungKind::Install || heal::helped(&series, series.len().checked_sub(1)?);
    let helped = is_forward && !mended.is_empty();
    let lessons = if helped && attempt.rung.kind.asks_model() {
        heal::lesson::learn(&mended, &old, &attempt.changes)
    } else {
        Vec::new()
    };
    let Rung { kind: rung, what, model, learned: used, .. } = attempt.rung.clone();
    Some(RunCommand::Learn(Box::new(Teaching {
        class,
        rung,
        helped,
        used,
        lessons,
        what,
        model: model.map(|model| model.to_string()),
        attempt: u32::try_from(run.attempts.len()).unwrap_or(u32::MAX),
        met: met(rung, before, &mended),
    })))
}

/// What became of the findings that an attempt was made against. A rung without a model is made against those that it can do
/// something about, so that what it left is held against it only where it mended nothing.
fn met(rung: RungKind, before: &ValidationReport, mended: &[Finding]) -> Vec<Met> {
    let counts = |helped: &bool| *helped || rung.asks_model() || mended.is_empty();
    let met = |finding: &Finding| {
        let helped = mended.contains(finding);
        let message = finding.message.trim().lines().next().unwrap_or_default().to_owned();
        counts(&helped).then(|| Met { key: heal::lesson::key(finding), message, helped })
    };
    heal::open(before).iter().take(CAUSES).filter_map(met).collect()
}
