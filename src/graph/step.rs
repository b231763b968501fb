//! The transition: which node a fact is for, and the bookkeeping of requests that all nodes share.
//!
//! Every fact is defined in every stage: one that the stage does not expect, or whose identifier is not awaited,
//! changes nothing. At most one request or job is outstanding at any time.

use super::answer::{self, Garbage};
use super::inner::{Operation, Tries};
use super::ladder::Task;
use super::run::{Call, Run};
use super::stage::{PauseReason, Stage};
use super::{
    RunCommand, RunFact, executor, gate, hand, healer, install, pause, planner, prompt, rebase, reviewer, validator,
};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::RequestId;
use crate::domain::model::{FinishReason, Node, Timings};

/// A stream is searched for a loop each time it has grown by this many bytes.
const LOOP_STRIDE: usize = 2048;
/// How many bytes at its end have to be one loop before a stream is ended early.
const LOOP_LENGTH: usize = 4096;

/// Takes one fact in and returns what has to be done now.
pub fn step(run: &mut Run, fact: &RunFact) -> Vec<RunCommand> {
    match fact {
        RunFact::Started => begin(run),
        RunFact::ContextAssembled { job, bundle } => {
            if run.stage != Stage::Assembling || !run.take_job(*job) {
                return Vec::new();
            }
            run.context = bundle.as_ref().clone();
            planner::begin(run)
        }
        RunFact::RequestSent { .. }
        | RunFact::TextReceived { .. }
        | RunFact::ThinkingReceived { .. }
        | RunFact::Answered { .. }
        | RunFact::RequestSettled { .. }
        | RunFact::RequestFailed { .. }
        | RunFact::BudgetRefused { .. } => of_request(run, fact),
        RunFact::FilesRead { job, files } => {
            let reading = matches!(run.stage, Stage::Working(Node::Executor | Node::Healer));
            if !reading || !run.take_job(*job) {
                return gate::take(run, fact);
            }
            match rebase::revision(run, files) {
                Some(text) => gate::revise(run, &text),
                None => executor::files_read(run, files),
            }
        }
        RunFact::Diffed { job, files } => {
            let checking = run.stage == Stage::Working(Node::Validator) && run.inner.job == Some(*job);
            if checking && validator::diffed(run, files) && run.inner.by_hand {
                hand::keep(run);
            }
            Vec::new()
        }
        RunFact::Validated { job, report } => {
            // Of a tree that is only looked at, there is another answer.
            let is_tree = run.attempts.is_empty();
            if run.stage != Stage::Working(Node::Validator) || is_tree || !run.take_job(*job) {
                return Vec::new();
            }
            match run.inner.write.take() {
                Some(wanted) => gate::part_validated(run, wanted, report),
                None if run.inner.by_hand => hand::validated(run, report),
                None => {
                    validator::validated(run, report);
                    healer::decide(run)
                }
            }
        }
        RunFact::Recalled { job, known } => {
            let recalling = run.stage == Stage::Working(Node::Healer);
            if recalling && run.take_job(*job) { healer::recalled(run, known) } else { Vec::new() }
        }
        RunFact::Installed { job, installed } => {
            if run.take_job(*job) {
                install::ended(run, installed)
            } else {
                Vec::new()
            }
        }
        RunFact::InstallRequested { install, by } => install::requested(run, install, *by),
        RunFact::Examined { job, files, report } => {
            let examining = run.stage == Stage::Working(Node::Validator) && run.attempts.is_empty();
            if examining && run.take_job(*job) { healer::examined(run, files, report) } else { Vec::new() }
        }
        RunFact::Resumed { choice } => pause::resumed(run, choice),
        RunFact::Interrupted => pause::interrupted(run),
        RunFact::Cancelled => pause::cancelled(run),
        _ => gate::take(run, fact),
    }
}

/// What came of a request.
fn of_request(run: &mut Run, fact: &RunFact) -> Vec<RunCommand> {
    match fact {
        RunFact::TextReceived { request, text } => received(run, *request, |call| &mut call.text, text),
        RunFact::ThinkingReceived { request, text } => received(run, *request, |call| &mut call.thinking, text),
        RunFact::Answered { request, finish, usage, timings, cost } => {
            let Some(call) = awaited(run, *request) else { return Vec::new() };
            call.finish = Some(finish.clone());
            call.usage = Some(*usage);
            call.timings = *timings;
            call.cost = *cost;
            run.inner.request = None;
            answered(run, finish)
        }
        RunFact::RequestSettled { request, usage, cost } => {
            if let Some(call) = run.calls.iter_mut().rfind(|call| call.id == *request && call.usage.is_none()) {
                (call.usage, call.cost) = (Some(*usage), *cost);
            }
            Vec::new()
        }
        RunFact::RequestFailed { request, failure } => {
            let Some(call) = awaited(run, *request) else { return Vec::new() };
            call.failure = Some(failure.clone());
            run.inner.request = None;
            pause::failed(run, failure)
        }
        RunFact::BudgetRefused { request, scope, limit, used, asked } => {
            let Some(call) = awaited(run, *request) else { return Vec::new() };
            let sentence = format!("not sent: the {scope} limit of {limit} would be passed");
            call.failure = Some(Failure::fatal(FailureKind::Budget, sentence));
            run.inner.request = None;
            let (scope, limit, used, asked) = (scope.clone(), *limit, *used, *asked);
            run.stage = Stage::Paused(PauseReason::Budget { scope, limit, used, asked });
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn begin(run: &mut Run) -> Vec<RunCommand> {
    if run.stage != Stage::Assembling || run.inner.counter > 0 {
        return Vec::new();
    }
    if run.spec.task != Task::Request {
        return healer::examine(run);
    }
    assemble(run)
}

/// Asks for the context.
pub(super) fn assemble(run: &mut Run) -> Vec<RunCommand> {
    let budget = prompt::context_budget(run);
    vec![RunCommand::AssembleContext { job: run.next_job(), budget }]
}

/// The call whose answer is awaited, if it is this one.
fn awaited(run: &mut Run, request: RequestId) -> Option<&mut Call> {
    if run.inner.request != Some(request) {
        return None;
    }
    run.calls.iter_mut().rfind(|c| c.id == request)
}

fn received(run: &mut Run, request: RequestId, side: fn(&mut Call) -> &mut String, text: &str) -> Vec<RunCommand> {
    let Some(call) = awaited(run, request) else { return Vec::new() };
    let kept = side(call);
    let before = kept.len() / LOOP_STRIDE;
    kept.push_str(text);
    if kept.len() / LOOP_STRIDE == before || !answer::is_stuck(kept, LOOP_LENGTH) {
        return Vec::new();
    }
    let sentence = format!("stopped early: the model's answer {}", Garbage::Repetition.words());
    call.failure = Some(Failure::transient(FailureKind::BadOutput, sentence));
    run.inner.request = None;
    let mut commands = vec![RunCommand::CancelRequest(request)];
    commands.extend(useless(run, Garbage::Repetition.words()));
    commands
}

fn answered(run: &mut Run, finish: &FinishReason) -> Vec<RunCommand> {
    let text = run.calls.last().map_or("", |c| c.text.as_str());
    let text = match run.inner.tries.draft.as_str() {
        "" => answer::visible(text).to_owned(),
        draft => answer::join(draft, answer::after_thinking(text)),
    };
    if *finish == FinishReason::Refused {
        return useless(run, Garbage::Refusal.words());
    }
    match run.inner.operation {
        Operation::Plan | Operation::PlanRetry => planner::answered(run, &text),
        Operation::Review => reviewer::answered(run, &text),
        _ => executor::answered(run, text, finish),
    }
}

/// The answer is of no use: `why` ends the sentence "The model's answer …".
pub(super) fn useless(run: &mut Run, why: &str) -> Vec<RunCommand> {
    match run.inner.operation {
        Operation::Plan | Operation::PlanRetry => planner::useless(run),
        Operation::Review => reviewer::without_verdict(run, &format!("the model's answer {why}")),
        Operation::Heal => healer::gave_up(run, &format!("the model's answer {why}")),
        _ => executor::useless(run, why),
    }
}

/// Asks the model for something new.
pub(super) fn ask(run: &mut Run, operation: Operation) -> Vec<RunCommand> {
    run.inner.operation = operation;
    run.inner.tries = Tries::default();
    send(run)
}

/// Sends the request of the current operation, with a new identifier.
pub(super) fn send(run: &mut Run) -> Vec<RunCommand> {
    let node = run.inner.operation.node();
    run.stage = Stage::Working(node);
    let id = run.next_request();
    match prompt::compose(run, id) {
        Ok(composed) => {
            leave_out(run, &composed.dropped);
            run.inner.shown.extend(composed.shown);
            let request = composed.request;
            if let Some(why) = healer::forbids(run, &request) {
                run.inner.request = None;
                return healer::forbidden(run, why);
            }
            run.calls.push(Call {
                id,
                node,
                model: request.model.clone(),
                prompt_tokens: request.prompt_tokens,
                text: String::new(),
                thinking: String::new(),
                finish: None,
                failure: None,
                usage: None,
                timings: Timings::default(),
                cost: None,
            });
            vec![RunCommand::CallModel(Box::new(request))]
        }
        Err(failure) => {
            run.inner.request = None;
            run.stage = Stage::Paused(PauseReason::Failed(failure));
            Vec::new()
        }
    }
}

/// Takes items out of the context that did not fit, and says so.
fn leave_out(run: &mut Run, dropped: &[usize]) {
    if dropped.is_empty() {
        return;
    }
    let mut names = Vec::new();
    for at in dropped.iter().rev() {
        let item = run.context.items.remove(*at);
        run.context.tokens = run.context.tokens.saturating_sub(item.tokens);
        run.context.files.retain(|f| f.path != item.label);
        names.push(item.label);
    }
    names.reverse();
    run.notice(format!("Left out of the context to fit the model's window: {}.", names.join(", ")));
}
