//! The planner: a request becomes a few steps. Never a reason to stop: without a readable plan the request is the plan.

use super::inner::Operation;
use super::run::Run;
use super::{RunCommand, answer, executor, prompt, step};
use crate::domain::intent::{Action, Complexity};
use crate::domain::plan::{Plan, PlanStep, StepKind};

/// The context is there: plan, or go straight on where a plan would only cost.
pub(super) fn begin(run: &mut Run) -> Vec<RunCommand> {
    if !run.spec.mode.edits {
        return step::ask(run, Operation::Answer);
    }
    if run.spec.intent.complexity == Complexity::Simple && prompt::is_tiny(run) {
        return executor::begin(run);
    }
    step::ask(run, Operation::Plan)
}

/// The planner has answered.
pub(super) fn answered(run: &mut Run, text: &str) -> Vec<RunCommand> {
    match answer::plan(text) {
        Some(plan) => {
            run.plan = Some(plan);
            executor::begin(run)
        }
        None => useless(run),
    }
}

/// No plan can be read in the answer: once more with a shorter prompt, then one step that is the request itself.
pub(super) fn useless(run: &mut Run) -> Vec<RunCommand> {
    if run.inner.operation == Operation::Plan {
        return step::ask(run, Operation::PlanRetry);
    }
    run.notice("The plan could not be read, twice; the request itself is the only step.");
    run.plan = Some(single(run));
    executor::begin(run)
}

fn single(run: &Run) -> Plan {
    let intent = &run.spec.intent;
    let kind = match intent.action {
        Action::Create => StepKind::Create,
        Action::Delete => StepKind::Delete,
        _ => StepKind::Modify,
    };
    let title = intent.text.trim().to_owned();
    let path = intent.paths.first().and_then(|p| crate::edit::normalise(p).ok()).unwrap_or_default();
    Plan { summary: title.clone(), steps: vec![PlanStep { title, kind, path }] }
}
