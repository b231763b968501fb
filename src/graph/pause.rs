//! What interrupts a run: failures, the user's answer to a pause, a killed process, and stopping.
//!
//! Nothing that was gained is thrown away: where there is a proposal, every way to stop leads to the gate.

use super::inner::{Operation, Tries};
use super::run::Run;
use super::stage::{Outcome, PauseReason, Stage};
use super::{
    ResumeChoice, RunCommand, executor, gate, hand, healer, install, notice, rebase, reviewer, rung, step, validator,
};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::Node;

/// The awaited request failed for good.
pub(super) fn failed(run: &mut Run, failure: &Failure) -> Vec<RunCommand> {
    match failure.kind {
        FailureKind::NothingFits => nothing_fits(run, failure),
        FailureKind::ContextExceeded if !run.inner.tries.tight => {
            run.inner.tries.tight = true;
            run.notice("The server found the prompt too large; it was sent again with half of the context.");
            step::send(run)
        }
        // A try that takes too long has failed like any other.
        FailureKind::Timeout if run.asks_to_mend() => healer::gave_up(run, &failure.message),
        _ if run.asks_to_mend() && healer::can_go_on(run) => healer::gave_up(run, &failure.message),
        _ => {
            run.stage = Stage::Paused(PauseReason::Failed(failure.clone()));
            Vec::new()
        }
    }
}

/// The provider can do nothing for this request: what comes after it may still make sense.
fn nothing_fits(run: &mut Run, failure: &Failure) -> Vec<RunCommand> {
    match run.inner.operation {
        Operation::Heal => healer::gave_up(run, &failure.message),
        Operation::Review => reviewer::without_verdict(run, failure.message.trim_end_matches('.')),
        _ if run.attempts.is_empty() => run.finish(Outcome::Failed(failure.clone())),
        _ => {
            run.notice(format!("{} {}", failure.message, notice::STANDS));
            gate::open_with_best(run)
        }
    }
}

/// The user has answered a pause.
pub(super) fn resumed(run: &mut Run, choice: &ResumeChoice) -> Vec<RunCommand> {
    if !matches!(run.stage, Stage::Paused(_)) {
        return Vec::new();
    }
    match choice {
        ResumeChoice::Retry => step::send(run),
        ResumeChoice::UseModel(model) => {
            healer::use_model(run, model);
            run.spec.model = model.info.clone();
            run.inner.tries = Tries::default();
            step::send(run)
        }
        ResumeChoice::Stop => stop(run),
    }
}

/// The process ended: what was outstanding is asked for again.
pub(super) fn interrupted(run: &mut Run) -> Vec<RunCommand> {
    if run.installing().is_some() {
        return install::broken_off(run, "the process ended");
    }
    if run.inner.request.is_some() {
        end_call(run, "the process ended");
        return step::send(run);
    }
    // A run whose journal ends before `Started` waits for nothing and has to begin.
    if run.inner.job.is_none() && run.stage != Stage::Assembling {
        return Vec::new();
    }
    match run.stage {
        Stage::Assembling => step::assemble(run),
        Stage::Working(Node::Validator) if run.attempts.is_empty() => healer::examine(run),
        Stage::Working(Node::Validator) => match run.inner.write.take() {
            Some(wanted) => gate::validate_part(run, wanted),
            None => validator::begin(run),
        },
        Stage::Working(Node::Healer) if run.inner.heal.recalling => rung::recall(run),
        Stage::Working(_) if rebase::is_before_revision(run) => rebase::read(run),
        Stage::Working(_) => executor::read_again(run),
        Stage::Applying if run.inner.drift.is_reading() => rebase::read(run),
        Stage::Applying => gate::write_again(run),
        Stage::Gate | Stage::Paused(_) | Stage::Finished(_) => Vec::new(),
    }
}

/// The user stopped the run. A write that is under way is not stopped half-way.
pub(super) fn cancelled(run: &mut Run) -> Vec<RunCommand> {
    if matches!(run.stage, Stage::Applying | Stage::Finished(_)) {
        return Vec::new();
    }
    // The accepted hunks were being checked: they are not written, and nothing is lost.
    if run.inner.write.take().is_some() {
        run.inner.job = None;
        run.stage = Stage::Gate;
        return Vec::new();
    }
    if run.installing().is_some() {
        return install::broken_off(run, "stopped by the user");
    }
    if run.inner.by_hand {
        return hand::back(run);
    }
    if rebase::stop_revision(run) {
        return Vec::new();
    }
    let mut commands = Vec::new();
    if let Some(request) = run.inner.request {
        end_call(run, "stopped by the user");
        commands.push(RunCommand::CancelRequest(request));
    }
    commands.extend(match run.stage {
        Stage::Gate => run.finish(Outcome::Cancelled),
        _ => stop(run),
    });
    commands
}

pub(super) fn stop(run: &mut Run) -> Vec<RunCommand> {
    if run.attempts.iter().all(|a| a.changes.is_empty()) {
        return run.finish(Outcome::Cancelled);
    }
    if run.attempts[run.inner.series..].len() > 1 {
        run.notice(notice::STOPPED);
    }
    gate::open_with_best(run)
}

/// Marks the awaited call as broken off; its text stays.
fn end_call(run: &mut Run, why: &str) {
    let Some(request) = run.inner.request.take() else { return };
    if let Some(call) = run.calls.iter_mut().rfind(|c| c.id == request) {
        call.failure = Some(Failure::transient(FailureKind::Cancelled, why));
    }
}
