//! The front without a screen: the same state, the same `update`, a policy in place of the keys.

use super::front::Front;
use super::report::{Reporter, Style};
use super::setup::Setup;
use crate::app::{Action, Effect, Event, Resume, StoreEvent};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::hunk::Decision;
use crate::graph::{Outcome, PauseReason, Run, Stage};
use std::io::{IsTerminal, Write};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Who decides on the hunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// Every hunk is accepted, except those that need a yes of their own.
    All,
    /// None: the proposal is printed and waits in its session.
    None,
    /// The user, hunk by hunk, on the terminal; without a terminal the same as `None`.
    Ask,
}

/// How a headless run ends; the numbers are documented and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Applied, answered, or nothing to change.
    Done = 0,
    /// Something failed.
    Failed = 1,
    /// The request or a flag cannot be used.
    Usage = 2,
    /// Nothing was accepted, nothing was written.
    NothingAccepted = 3,
    /// The checks failed, nothing was written.
    ChecksFailed = 4,
    /// A limit was reached before it was passed.
    Budget = 5,
    /// Neither a model nor a pattern can serve the request.
    NothingServes = 6,
    /// Interrupted.
    Interrupted = 130,
}

/// A headless run.
pub struct Headless {
    /// What is wanted.
    pub intent: String,
    /// Who decides.
    pub accept: Accept,
    /// How progress is told.
    pub style: Style,
}

/// Runs one intent to its end.
pub async fn run(mut setup: Setup, headless: Headless) -> Exit {
    setup.opening.resume = Resume::Never;
    let opening = setup.opening.clone();
    for problem in &opening.problems {
        eprintln!("vibe-tui: {problem}");
    }
    let named = opening.session_name.is_some();
    let mut front = Front::start(setup, None);
    let mut driver = Driver { reporter: Reporter::new(headless.style), headless, requested: false, named, exit: None };
    let mut signals = Signals::new();
    let effects = front.open(opening).await;
    driver.reporter.effects(&effects, &front.state);
    while driver.exit.is_none() {
        let event = tokio::select! {
            biased;
            () = signals.any() => {
                let effects = front.take(Event::User(Action::CancelRun)).await;
                driver.reporter.effects(&effects, &front.state);
                driver.exit = Some(Exit::Interrupted);
                continue;
            }
            event = front.events.recv() => event,
        };
        let Some(event) = event else {
            driver.exit = Some(Exit::Failed);
            break;
        };
        driver.event(&mut front, event).await;
    }
    let exit = driver.exit.unwrap_or(Exit::Failed);
    driver.reporter.finish(&front.state, exit);
    front.close().await;
    exit
}

/// The signals that end a run.
struct Signals(Vec<Signal>);

impl Signals {
    fn new() -> Signals {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Signals(kinds.into_iter().filter_map(|k| signal(k).ok()).collect())
    }

    async fn any(&mut self) {
        let waits = self.0.iter_mut().map(|s| Box::pin(s.recv()));
        futures_util::future::select_all(waits).await;
    }
}

/// The policy in place of the keys.
struct Driver {
    headless: Headless,
    reporter: Reporter,
    requested: bool,
    /// A session is to be opened by name before the request.
    named: bool,
    exit: Option<Exit>,
}

impl Driver {
    async fn event(&mut self, front: &mut Front, event: Event) {
        if let Event::Noticed(failure) = &event {
            self.reporter.trouble(failure);
        }
        if let Event::Store(StoreEvent::JournalFailed(failure)) = &event {
            self.reporter.trouble(failure);
            self.exit = Some(Exit::Failed);
        }
        let models = matches!(event, Event::Models(crate::app::ModelEvent::Found { .. }));
        self.take(front, event).await;
        if models && !self.requested {
            self.request(front).await;
        }
        if self.requested {
            self.decide(front).await;
        }
    }

    async fn take(&mut self, front: &mut Front, event: Event) {
        let effects: Vec<Effect> = front.take(event).await;
        self.reporter.effects(&effects, &front.state);
    }

    async fn request(&mut self, front: &mut Front) {
        self.requested = true;
        if let (Some(wanted), None) = (&front.state.model, front.state.model_info()) {
            let names: Vec<String> = front.state.models.iter().flatten().map(|m| m.reference.to_string()).collect();
            let message = format!("`{wanted}` is not there; there are: {}.", names.join(", "));
            self.reporter.trouble(&Failure::fatal(FailureKind::UnknownModel, message));
            self.exit = Some(Exit::NothingServes);
            return;
        }
        // An unfinished run of a named session goes on; asking for the same again would be a second one.
        let unfinished = self.named && front.state.session.active_run().is_some();
        if !unfinished {
            self.take(front, Event::Requested(self.headless.intent.clone())).await;
        }
    }

    /// What the state of the run asks of the policy.
    async fn decide(&mut self, front: &mut Front) {
        if front.state.chat.asked.is_some() {
            self.exit = Some(Exit::Usage);
            return;
        }
        let Some(run) = front.state.session.run() else { return };
        match run.stage.clone() {
            Stage::Gate => self.gate(front).await,
            Stage::Paused(PauseReason::Budget { .. }) => self.exit = Some(Exit::Budget),
            Stage::Paused(PauseReason::Failed(failure)) => self.exit = Some(exit_of(&failure)),
            Stage::Finished(outcome) if front.state.session.is_saved() => self.exit = Some(exit_of_outcome(&outcome)),
            _ => {}
        }
    }

    async fn gate(&mut self, front: &mut Front) {
        if !front.state.session.is_saved() {
            return;
        }
        let Some(run) = front.state.session.run() else { return };
        let passed = run.attempt().and_then(|a| a.report.as_ref()).is_none_or(|r| r.passed());
        self.reporter.proposal(run);
        let ask =
            self.headless.accept == Accept::Ask && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !passed && !ask {
            self.exit = Some(Exit::ChecksFailed);
            return;
        }
        match self.headless.accept {
            Accept::All => self.take(front, Event::User(Action::AcceptAll)).await,
            Accept::Ask if ask => {
                let decisions = ask_user(run);
                for accepted in decisions {
                    let action = if accepted { Action::AcceptHunk } else { Action::RejectHunk };
                    self.take(front, Event::User(action)).await;
                }
            }
            Accept::None | Accept::Ask => {
                self.exit = Some(Exit::NothingAccepted);
                return;
            }
        }
        let accepted =
            front.state.session.run().is_some_and(|r| r.decisions.values().any(|d| *d == Decision::Accepted));
        if !accepted {
            if let Some(notice) = &front.state.notice {
                let message = notice.text.clone();
                self.reporter.trouble(&Failure::fatal(FailureKind::Denied, message));
            }
            self.exit = Some(Exit::NothingAccepted);
            return;
        }
        self.take(front, Event::User(Action::Apply)).await;
    }
}

/// Asks on the terminal, hunk by hunk. The end of input is a no to all that follow.
fn ask_user(run: &Run) -> Vec<bool> {
    let Some(attempt) = run.attempt() else { return Vec::new() };
    let mut all = None;
    let mut decisions = Vec::new();
    for id in crate::app::hunks(&attempt.diff) {
        let decision = all.unwrap_or_else(|| {
            let file = crate::domain::safe_text::SafeText::new(&attempt.diff[id.file].path);
            let of = attempt.diff[id.file].hunks.len();
            eprint!("{file}: accept hunk {} of {of}? [y]es, [n]o, [a]ll, [q]uit: ", id.hunk + 1);
            let _ = std::io::stderr().flush();
            let mut answer = String::new();
            let read = std::io::stdin().read_line(&mut answer).unwrap_or(0);
            match answer.trim() {
                "a" => all = Some(true),
                "q" => all = Some(false),
                _ if read == 0 => all = Some(false),
                _ => {}
            }
            all.unwrap_or(answer.trim().eq_ignore_ascii_case("y"))
        });
        decisions.push(decision);
    }
    decisions
}

fn exit_of_outcome(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Applied | Outcome::Undone | Outcome::Answered | Outcome::NothingToDo => Exit::Done,
        Outcome::Rejected => Exit::NothingAccepted,
        Outcome::Cancelled => Exit::Interrupted,
        Outcome::Failed(failure) => exit_of(failure),
    }
}

fn exit_of(failure: &Failure) -> Exit {
    use FailureKind::*;
    match failure.kind {
        NothingFits | UnknownModel | Auth | Offline | Network | Quota => Exit::NothingServes,
        Budget => Exit::Budget,
        Cancelled => Exit::Interrupted,
        _ => Exit::Failed,
    }
}
