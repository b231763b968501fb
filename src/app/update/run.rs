//! A run's events become its facts; a run's changes of stage reach the user.

use super::Step;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::event::{ModelEvent, WorkEvent};
use crate::app::fact::Fact;
use crate::app::session::UNKNOWN_PRICE;
use crate::app::state::{Area, Confirming, Failed, Live, raised};
use crate::app::trail::written_words;
use crate::domain::context::Unseen;
use crate::domain::count::counted;
use crate::domain::failure::Failure;
use crate::domain::hunk::Decision;
use crate::domain::ids::{RequestId, RunId};
use crate::domain::message::Author;
use crate::domain::model::Node;
use crate::domain::rung::RungKind;
use crate::graph::{Outcome, PauseReason, ResumeChoice, Run, RunFact, Stage};

impl Step<'_> {
    pub(super) fn model_event(&mut self, event: &ModelEvent) {
        match event.clone() {
            ModelEvent::Found { models, failures } => self.models_found(models, &failures),
            ModelEvent::Sent { request, .. } => {
                let now = self.state.now;
                self.with_live(request, |live| live.sent = Some(now));
                self.commit_run(RunFact::RequestSent { request });
                self.sum_ledger();
            }
            ModelEvent::Prefill { request, processed, total } => {
                self.with_live(request, |live| live.prefill = Some((processed, total)));
            }
            ModelEvent::Delta { request, text, thinking } => self.delta(request, text, thinking),
            ModelEvent::Retrying { request, attempt, wait_ms, failure } => {
                self.with_live(request, |live| live.retrying = Some((attempt, wait_ms, failure)));
            }
            ModelEvent::Timed { request, timings } => self.with_live(request, |live| live.timings = timings),
            ModelEvent::Answered { request, finish, usage, timings, cost } => {
                self.with_live(request, |live| live.timings = timings);
                self.end_live(request);
                self.commit_run(RunFact::Answered { request, finish, usage, timings, cost });
                self.sum_ledger();
            }
            ModelEvent::Settled { request, usage, cost } => {
                self.commit_run(RunFact::RequestSettled { request, usage, cost });
                self.sum_ledger();
            }
            ModelEvent::Failed { request, failure } => {
                self.end_live(request);
                self.commit_run(RunFact::RequestFailed { request, failure });
                self.sum_ledger();
            }
            ModelEvent::Refused { request, scope, limit, used, asked } => {
                self.end_live(request);
                self.commit_run(RunFact::BudgetRefused { request, scope, limit, used, asked });
            }
        }
    }

    fn delta(&mut self, request: RequestId, text: String, thinking: String) {
        let now = self.state.now;
        let characters = (text.chars().count() + thinking.chars().count()) as u64;
        self.with_live(request, |live| {
            live.first_token.get_or_insert(now);
            live.characters += characters;
            if let Some(preview) = &mut live.preview {
                preview.push(&text);
            }
            live.retrying = None;
        });
        if !thinking.is_empty() {
            self.commit_run(RunFact::ThinkingReceived { request, text: thinking });
        }
        if !text.is_empty() {
            self.commit_run(RunFact::TextReceived { request, text });
        }
    }

    /// Changes the newest request's view if it is this one and not over; anything that comes is a sign of life.
    fn with_live(&mut self, request: RequestId, change: impl FnOnce(&mut Live)) {
        let now = self.state.now;
        if let Some(live) = self.state.stream.live.as_mut().filter(|l| l.request == request && l.ended.is_none()) {
            live.last_sign = now;
            change(live);
        }
    }

    pub(super) fn end_live(&mut self, request: RequestId) {
        let now = self.state.now;
        self.with_live(request, |live| {
            live.ended = Some(now);
            live.retrying = None;
        });
    }

    pub(super) fn sum_ledger(&mut self) {
        let session = &self.state.session;
        let run = session.run().map(|r| r.spec.id).unwrap_or_default();
        self.effects.push(Effect::SumLedger(session.id.clone(), run));
    }

    pub(super) fn work_event(&mut self, event: &WorkEvent) {
        if let WorkEvent::Applied { job } = event {
            return self.applied(RunFact::Applied { job: *job });
        }
        if let WorkEvent::Installed { job, installed } = event {
            let awaited = self.is_installing();
            self.commit_run(RunFact::Installed { job: *job, installed: installed.clone() });
            if awaited && !self.is_installing() {
                self.installed(installed);
            }
            return;
        }
        let fact = match event.clone() {
            WorkEvent::ContextAssembled { job, bundle } => RunFact::ContextAssembled { job, bundle },
            WorkEvent::FilesRead { job, files } => RunFact::FilesRead { job, files },
            WorkEvent::Diffed { job, files } => RunFact::Diffed { job, files },
            WorkEvent::Validated { job, report } => RunFact::Validated { job, report },
            WorkEvent::Recalled { job, known } => RunFact::Recalled { job, known },
            WorkEvent::Examined { job, files, report } => RunFact::Examined { job, files, report },
            WorkEvent::Installed { job, installed } => RunFact::Installed { job, installed },
            WorkEvent::Applied { job } => RunFact::Applied { job },
            WorkEvent::ApplyFailed { job, failure } => RunFact::ApplyFailed { job, failure },
        };
        if let RunFact::ContextAssembled { bundle, .. } = &fact
            && !bundle.unseen.is_empty()
            && self.state.session.run().is_some_and(|run| run.awaits(&fact))
        {
            let said: Vec<String> = bundle.unseen.iter().map(Unseen::sentence).collect();
            self.post(Author::Workbench, &said.join("\n"));
        }
        self.commit_run(fact);
        if matches!(event, WorkEvent::ContextAssembled { .. }) {
            self.tell_of_missing_pins();
        }
    }

    /// A file that was pinned and is in no context is one the user counts on in vain.
    fn tell_of_missing_pins(&mut self) {
        let Some(run) = self.state.session.run() else { return };
        let is_there = |path: &&String| run.context.items.iter().any(|item| item.label == **path);
        let missing: Vec<&str> =
            self.state.session.pinned.iter().filter(|p| !is_there(p)).map(String::as_str).collect();
        if !missing.is_empty() {
            let text = format!(
                "Pinned, but not in this context: {}. It is not there, is no text, or there was no room; /pin lets it go.",
                missing.join(", ")
            );
            self.state.tell(text, Failed::Yes);
        }
    }

    /// What the user has to know of a new stage: said in the conversation, and rung for when the user is needed.
    pub(super) fn stage_changed(&mut self, run: RunId, before: &Stage, stage: &Stage) {
        let failure = self.state.session.run_of(run).and_then(|r| r.apply_failure.clone());
        if let (Stage::Applying, Some(failure)) = (before, failure) {
            // What stands on disk where the two clash stands above the hunks.
            if self.state.session.run_of(run).is_some_and(|r| !r.clashes.is_empty()) {
                self.state.review.look_at_head();
            }
            self.state.tell_failure(&failure);
            return self.post(Author::Workbench, &unwritten(&failure));
        }
        if *stage == Stage::Working(Node::Validator) {
            self.state.stream.checking = Some(self.state.now);
        }
        match stage {
            Stage::Gate if *before == Stage::Working(Node::Validator) && self.part_is_red() => self.part_failed(),
            Stage::Gate if *before == Stage::Working(Node::Validator) && self.is_put() => self.put_is_checked(),
            // The user stopped the check of what was accepted.
            Stage::Gate if *before == Stage::Working(Node::Validator) && self.decided() => {
                self.state.tell("Stopped: nothing was written.", Failed::No);
            }
            Stage::Gate => self.gate_opened(),
            Stage::Paused(reason) => {
                let text = match reason {
                    PauseReason::Budget { scope, limit, used, asked } if scope == UNKNOWN_PRICE => {
                        let _ = (limit, used, asked);
                        "Paused: the price of this model is unknown, so no limit can be kept. Go on anyway, use a model on this machine, or stop.".to_owned()
                    }
                    PauseReason::Budget { scope, limit, used, asked } => format!(
                        "Paused before spending: the next request may cost {asked}, and {used} of the {scope} limit of {limit} is used. Raise it, go on with a cheaper or local model, or stop."
                    ),
                    PauseReason::Failed(failure) => format!("Paused: {failure}"),
                };
                self.post(Author::Workbench, &text);
                self.state.chat.typing = self.is_writing() || self.state.unattended;
                self.effects.push(Effect::Notify("A run is paused and asks".into()));
            }
            Stage::Finished(outcome) => self.finished(run, outcome),
            _ => {}
        }
    }

    /// The accepted hunks alone do not pass the checks: nothing was written.
    fn part_failed(&mut self) {
        let errors = self.state.session.run().and_then(|r| r.part.as_ref()).map_or(0, |r| r.errors());
        let found = match errors {
            0 => String::new(),
            n => format!(" ({})", counted(n, "error")),
        };
        self.state.review.confirming = Some(Confirming::Write);
        // What fails stands above the hunks.
        self.state.review.look_at_head();
        let text = format!("Not written: accepted hunks alone fail{found}. Once more to write anyway.");
        self.state.tell(text, Failed::Yes);
        self.effects.push(Effect::Notify("The accepted hunks do not pass the checks".into()));
    }

    /// The user's own change, or the proposal on other files, is checked.
    fn put_is_checked(&mut self) {
        let attempt = self.state.session.run().and_then(|r| r.attempt());
        let rung = attempt.map(|attempt| attempt.rung.clone());
        let (said, failed) = match attempt.and_then(|a| a.report.as_ref()).map(|r| (r.passed(), r.errors())) {
            Some((true, _)) => (" and passes the checks.".to_owned(), Failed::No),
            Some((false, 0)) => ("; the checks fail.".to_owned(), Failed::Yes),
            Some((false, n)) => (format!("; the checks find {}.", counted(n, "error")), Failed::Yes),
            None => (", unchecked.".to_owned(), Failed::No),
        };
        let (text, failed) = match rung.filter(|rung| rung.kind == RungKind::Rebase) {
            Some(rung) => {
                self.state.review = self.state.review.anew();
                let what = format!("Not written, as files had changed on disk: the proposal is put {}", rung.what);
                (format!("{what}{said} Decide on it anew."), Failed::Yes)
            }
            None => (format!("Your change is in the proposal{said}"), failed),
        };
        self.state.tell(text, failed);
    }

    /// A proposal waits for decisions.
    fn gate_opened(&mut self) {
        let answer = self.state.session.run().map(|r| r.answer.clone()).unwrap_or_default();
        if !answer.is_empty() {
            self.post(Author::Assistant, &answer);
        }
        self.state.review = self.state.review.anew();
        if self.is_writing() {
            self.state.tell("The proposal is ready: look at the review when your sentence is done.", Failed::No);
        } else if self.state.unattended {
            self.state.tell("The proposal is ready: its hunks are decided in the review.", Failed::No);
        } else {
            self.state.layout.focus_on(Area::Review);
        }
        self.effects.push(Effect::Notify("A proposal waits for your review".into()));
    }

    fn finished(&mut self, id: RunId, outcome: &Outcome) {
        let newest = self.state.session.run().is_some_and(|r| r.spec.id == id);
        let run = self.state.session.run_of(id);
        let answer = run.map(|r| r.answer.clone()).unwrap_or_default();
        let written = |undone| run.map(|r| written_words(r, undone, newest)).unwrap_or_default();
        let left_out = match run.map_or(0, undecided) {
            0 => String::new(),
            1 => " Left out: 1 hunk that was not decided.".to_owned(),
            n => format!(" Left out: {n} hunks that were not decided."),
        };
        let (author, text) = match outcome {
            Outcome::Applied => {
                let red = run.is_some_and(|r| r.part.as_ref().map_or(r.is_red(), |part| !part.passed()));
                let although = if red { " They were written although they fail their checks." } else { "" };
                (Author::Workbench, format!("{}{left_out}{although}", written(false)))
            }
            Outcome::Undone => (Author::Workbench, written(true)),
            Outcome::Answered => (Author::Assistant, answer),
            Outcome::NothingToDo => (Author::Assistant, format!("{answer}\n\nNothing to change.").trim().to_owned()),
            Outcome::Rejected => (Author::Workbench, "Nothing was accepted, nothing was written.".to_owned()),
            Outcome::Cancelled => (Author::Workbench, "Stopped. Nothing was written.".to_owned()),
            Outcome::Failed(failure) => (Author::Workbench, failure.message.clone()),
        };
        self.post(author, &text);
        if matches!(outcome, Outcome::Failed(_) | Outcome::Answered | Outcome::NothingToDo) {
            self.effects.push(Effect::Notify("A run is over".into()));
        }
        if newest && *outcome != Outcome::Undone {
            self.state.layout.focus_on(Area::Chat);
            self.state.chat.typing = true;
        }
    }

    /// Whether the accepted hunks were checked without the others and did not pass.
    fn part_is_red(&self) -> bool {
        self.state.session.run().and_then(|run| run.part.as_ref()).is_some_and(|report| !report.passed())
    }

    fn decided(&self) -> bool {
        self.state.session.run().is_some_and(|run| !run.decisions.is_empty())
    }

    /// Whether no model made the proposal under review: the user changed one, or its files were changed.
    fn is_put(&self) -> bool {
        let attempt = self.state.session.run().and_then(|run| run.attempt());
        attempt.is_some_and(|attempt| matches!(attempt.rung.kind, RungKind::ByHand | RungKind::Rebase))
    }

    /// Whether the user is in the middle of a sentence: its next letters must not become decisions.
    fn is_writing(&self) -> bool {
        let state = &self.state;
        state.layout.focus == Area::Chat && state.chat.typing && !state.chat.text().trim().is_empty()
    }

    pub(super) fn run_action(&mut self, action: Action) {
        let Some(run) = self.state.session.active_run() else {
            return self.state.tell("No run is under way.", Failed::No);
        };
        let pause = match &run.stage {
            Stage::Paused(reason) => Some(reason.clone()),
            _ => None,
        };
        match (action, pause) {
            (Action::CancelRun, _) if run.stage == Stage::Applying => {
                self.state.tell("The files are being written; that is not stopped half-way.", Failed::No);
            }
            // What was read, decided and said of a proposal is not lost by one key, which may have been meant for what ran before.
            (Action::CancelRun, _)
                if run.stage == Stage::Gate
                    && self.state.review.confirming.replace(Confirming::Drop) != Some(Confirming::Drop) =>
            {
                self.state.tell("Once more to drop the proposal: nothing of it will be written.", Failed::Yes);
            }
            (Action::CancelRun, _) => {
                self.state.review.confirming = None;
                self.commit_run(RunFact::Cancelled);
                self.effects.push(Effect::CancelJobs);
            }
            (Action::Retry, Some(_)) => self.resume(ResumeChoice::Retry),
            (Action::StopRun, Some(_)) => self.resume(ResumeChoice::Stop),
            (Action::RaiseLimit, Some(PauseReason::Budget { scope, limit, used, asked })) => {
                let limit = raised(limit, used, asked);
                self.commit(Fact::LimitRaised { scope: scope.clone(), limit });
                self.resume(ResumeChoice::Retry);
            }
            (Action::UseCheaper, Some(_)) => self.resume_with(self.state.cheaper_model(), "No cheaper model is known."),
            (Action::UseLocal, Some(_)) => {
                self.resume_with(
                    self.state.local_model(),
                    "No model on this machine was found: start Ollama or llama-server.",
                );
            }
            (_, Some(_)) => self.state.tell("The run is paused for another reason than a limit.", Failed::No),
            (_, None) => self.state.tell("The run is not paused.", Failed::No),
        }
    }

    fn resume_with(&mut self, model: Option<crate::domain::model::ModelInfo>, otherwise: &str) {
        match model {
            Some(model) => {
                self.state.model = Some(model.reference.clone());
                self.resume(ResumeChoice::UseModel(Box::new(self.state.priced(&model))));
            }
            None => self.state.tell(otherwise, Failed::Yes),
        }
    }

    fn resume(&mut self, choice: ResumeChoice) {
        self.commit_run(RunFact::Resumed { choice });
    }
}

/// Why a write did not happen, in a sentence that says so once.
pub fn unwritten(failure: &Failure) -> String {
    match failure.message.contains("othing was written") {
        true => failure.to_string(),
        false => format!("Nothing was written: {failure}"),
    }
}

/// Hunks of the proposal that were neither accepted nor rejected.
fn undecided(run: &Run) -> usize {
    let hunks: usize = run.attempt().map_or(0, |a| a.diff.iter().map(|f| f.hunks.len()).sum());
    hunks.saturating_sub(run.decisions.values().filter(|d| **d != Decision::Pending).count())
}
