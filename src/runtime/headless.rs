//! The front without a screen: the same state, the same `update`, a policy in place of the keys.

use super::ask::{ask_user, left_out, unplaced};
use super::front::Front;
use super::panic;
use super::report::{Reporter, Style, tell_line};
use super::setup::Setup;
use crate::app::{Action, Effect, Event, ModelEvent, Resume, State, StoreEvent, healed_paths};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::hunk::Decision;
use crate::domain::revert::Asker;
use crate::domain::rung::RungKind;
use crate::graph::{Outcome, PauseReason, Run, RunSpec, Stage, Task};
use std::io::IsTerminal;
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

/// How often a proposal is put onto files that have changed before a run gives up.
const MAX_REBASED: usize = 3;

/// A headless run.
pub struct Headless {
    /// What is wanted.
    pub intent: String,
    /// Who decides.
    pub accept: Accept,
    /// Packages that may be installed where they are missing.
    pub installs: Vec<String>,
    /// How progress is told.
    pub style: Style,
}

/// Runs one intent to its end.
pub async fn run(mut setup: Setup, headless: Headless) -> Exit {
    panic::watch(|| ());
    setup.opening.resume = Resume::Never;
    setup.opening.asker = Asker::CommandLine;
    setup.opening.settings.heal.installs.clone_from(&headless.installs);
    let opening = setup.opening.clone();
    for problem in &opening.problems {
        tell_line(&format!("vibe-tui: {}", problem.message));
    }
    let named = opening.session_name.is_some();
    let mut front = Front::start(setup, None);
    let mut driver = Driver {
        reporter: Reporter::new(headless.style),
        headless,
        requested: false,
        named,
        tried: false,
        interrupted: false,
        exit: None,
    };
    let mut signals = Signals::new();
    let effects = front.open(opening).await;
    driver.reporter.effects(&effects, &front.state);
    while driver.exit.is_none() {
        tokio::select! {
            biased;
            () = panic::happened() => driver.exit = Some(Exit::Failed),
            () = signals.any() => driver.interrupt(&mut front).await,
            event = front.next() => match event {
                Some(event) => driver.event(&mut front, event, &mut signals).await,
                None => driver.exit = Some(Exit::Failed),
            },
        }
    }
    let exit = driver.exit.unwrap_or(Exit::Failed);
    driver.reporter.finish(&front.state, exit);
    if !driver.named && is_empty(&front.state) {
        front.forget_session().await;
    }
    front.close().await;
    exit
}

/// Whether the session is one run at healing that found nothing to heal: nobody will look for it.
fn is_empty(state: &State) -> bool {
    let [run] = state.session.runs.as_slice() else { return false };
    let is_plain = run.attempts.len() == 1 && run.calls.is_empty();
    is_plain && run.spec.task != Task::Request && run.stage == Stage::Finished(Outcome::NothingToDo)
}

/// The signals that end a run.
struct Signals(Vec<Signal>);

impl Signals {
    fn new() -> Signals {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Signals(kinds.into_iter().filter_map(|k| signal(k).ok()).collect())
    }

    async fn any(&mut self) {
        if self.0.is_empty() {
            return std::future::pending().await;
        }
        futures_util::future::select_all(self.0.iter_mut().map(|s| Box::pin(s.recv()))).await;
    }
}

/// The policy in place of the keys.
struct Driver {
    headless: Headless,
    reporter: Reporter,
    requested: bool,
    /// A session is to be opened by name before the request.
    named: bool,
    /// The accepted hunks were to be written.
    tried: bool,
    /// It is to stop at the next gate.
    interrupted: bool,
    exit: Option<Exit>,
}

impl Driver {
    /// Stops the run, unless it is writing already: then its result is waited for and told.
    async fn interrupt(&mut self, front: &mut Front) {
        let writing = front.state.session.run().is_some_and(|r| r.stage == Stage::Applying);
        // A write that finds the files changed leads back to the gate: there it ends.
        self.interrupted = writing;
        if !writing {
            self.take(front, Event::User(Action::CancelRun)).await;
            self.exit = Some(Exit::Interrupted);
        }
    }

    async fn event(&mut self, front: &mut Front, event: Event, signals: &mut Signals) {
        match &event {
            Event::Noticed(failure) => self.reporter.trouble(failure, &front.state),
            Event::Store(StoreEvent::JournalFailed(failure) | StoreEvent::SessionNotLoaded(failure)) => {
                self.reporter.trouble(failure, &front.state);
                self.exit = Some(Exit::Failed);
            }
            _ => {}
        }
        let found = matches!(event, Event::Models(ModelEvent::Found { .. }));
        let opened = matches!(event, Event::Store(StoreEvent::SessionLoaded { .. }));
        self.take(front, event).await;
        if opened {
            self.reporter.resumed(&front.state);
        }
        if self.exit.is_some() {
            return;
        }
        if found && !self.requested {
            self.request(front).await;
        }
        if self.requested && self.exit.is_none() {
            self.decide(front, signals).await;
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
            let why =
                front.state.notice.as_ref().map(|n| format!(" {}.", n.text.trim_end_matches('.'))).unwrap_or_default();
            let message = format!("The model `{wanted}` is not there.{why} There are: {}.", names.join(", "));
            self.reporter.trouble(&Failure::fatal(FailureKind::UnknownModel, message), &front.state);
            self.exit = Some(Exit::NothingServes);
            return;
        }
        match self.unfinished(front) {
            None => self.take(front, Event::Requested(self.headless.intent.clone())).await,
            Some((before, stage)) => self.go_on(front, &before, &stage).await,
        }
    }

    /// What the named session is in the midst of.
    fn unfinished(&self, front: &Front) -> Option<(RunSpec, Stage)> {
        let run = front.state.session.active_run().filter(|_| self.named)?;
        Some((run.spec.clone(), run.stage.clone()))
    }

    /// An unfinished run of a named session goes on; asking for the same again would be a second one.
    async fn go_on(&mut self, front: &mut Front, before: &RunSpec, stage: &Stage) {
        let same = match &before.task {
            Task::Request => before.intent.text.trim() == self.headless.intent.trim(),
            Task::Heal { paths } => healed_paths(&self.headless.intent).is_some_and(|wanted| wanted == *paths),
        };
        match stage {
            Stage::Paused(_) if same => self.take(front, Event::User(Action::Retry)).await,
            _ if same => {}
            // Another sentence at the gate is a revision of what waits there.
            Stage::Gate => self.take(front, Event::Requested(self.headless.intent.clone())).await,
            _ => {
                let (name, before) = (&front.state.session.name, &before.intent.text);
                let message = format!(
                    "session “{name}” is in the midst of “{before}”; say the same again to go on with it, or name another session"
                );
                self.reporter.trouble(&Failure::fatal(FailureKind::Denied, message), &front.state);
                self.exit = Some(Exit::Usage);
            }
        }
    }

    /// What the state of the run asks of the policy.
    async fn decide(&mut self, front: &mut Front, signals: &mut Signals) {
        if let Some(question) = front.state.chat.asked.as_ref().and(front.state.session.messages.last()) {
            self.reporter.question(&question.text);
            self.exit = Some(Exit::Usage);
            return;
        }
        let Some(run) = front.state.session.run() else { return };
        match run.stage.clone() {
            Stage::Gate => self.gate(front, signals).await,
            Stage::Paused(reason) => {
                self.reporter.paused(&reason, self.named);
                self.exit = Some(match reason {
                    PauseReason::Budget { .. } => Exit::Budget,
                    PauseReason::Failed(failure) => exit_of(&failure),
                });
            }
            Stage::Finished(outcome) if front.state.session.is_saved() => self.exit = Some(exit_of_run(run, &outcome)),
            _ => {}
        }
    }

    async fn gate(&mut self, front: &mut Front, signals: &mut Signals) {
        if !front.state.session.is_saved() {
            return;
        }
        let Some(run) = front.state.session.run() else { return };
        if self.interrupted {
            self.exit = Some(Exit::Interrupted);
            return;
        }
        // What failed in an earlier process is tried again: its cause may be mended.
        if let Some(failure) = run.apply_failure.as_ref().filter(|_| self.tried) {
            self.reporter.trouble(failure, &front.state);
            self.exit = Some(Exit::Failed);
            return;
        }
        if let Some(report) = run.part.as_ref().filter(|report| !report.passed()) {
            let message = match report.held_up() {
                Some(unrun) => format!("The accepted hunks alone are not checked: {unrun}."),
                None => "The accepted hunks alone do not pass the checks.".to_owned(),
            };
            self.reporter.trouble(&Failure::fatal(FailureKind::Denied, message), &front.state);
            self.exit = Some(Exit::ChecksFailed);
            return;
        }
        let passed = is_checked(run);
        let is_new = self.reporter.proposal(run, front.state.now);
        if let Some(text) = unplaced(run).filter(|_| is_new) {
            self.reporter.trouble(&Failure::fatal(FailureKind::BadOutput, text), &front.state);
        }
        let ask =
            self.headless.accept == Accept::Ask && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !passed && !ask {
            self.exit = Some(Exit::ChecksFailed);
            return;
        }
        let rebased = run.attempts.iter().filter(|attempt| attempt.rung.kind == RungKind::Rebase).count();
        if self.headless.accept == Accept::All && rebased > MAX_REBASED {
            let text = "Nothing was written: the files keep changing on disk. Say the same again when they rest.";
            self.reporter.trouble(&Failure::fatal(FailureKind::Stale, text), &front.state);
            self.exit = Some(Exit::Failed);
            return;
        }
        match self.headless.accept {
            Accept::All => self.take(front, Event::User(Action::AcceptAll)).await,
            Accept::Ask if ask => {
                tokio::select! {
                    biased;
                    () = signals.any() => return self.interrupt(front).await,
                    () = ask_user(front, &mut self.reporter) => {}
                }
            }
            Accept::None | Accept::Ask => {
                self.exit = Some(Exit::NothingAccepted);
                return;
            }
        }
        self.apply(front).await;
    }

    async fn apply(&mut self, front: &mut Front) {
        let Some(run) = front.state.session.run() else { return };
        let all = run.attempt().map_or(0, |a| crate::app::hunks(&a.diff).count());
        let accepted = run.decisions.values().filter(|d| **d == Decision::Accepted).count();
        if let Some(text) = left_out(run).filter(|_| accepted < all) {
            self.reporter.trouble(&Failure::fatal(FailureKind::Denied, text), &front.state);
        }
        match accepted {
            0 => self.exit = Some(Exit::NothingAccepted),
            // The first asks; the command line, or the answers on the terminal, are the yes.
            _ => {
                self.tried = true;
                for _ in 0..2 {
                    self.take(front, Event::User(Action::Apply)).await;
                }
            }
        }
    }
}

fn exit_of_run(run: &Run, outcome: &Outcome) -> Exit {
    match outcome {
        // Nothing could be mended: what the checks say stands.
        Outcome::Failed(failure) if run.spec.task != Task::Request && failure.kind == FailureKind::BadOutput => {
            Exit::ChecksFailed
        }
        // What could not run has found nothing, and passed nothing.
        Outcome::NothingToDo if run.spec.task != Task::Request && !is_checked(run) => Exit::ChecksFailed,
        outcome => exit_of_outcome(outcome),
    }
}

/// Whether every check of the last attempt passed.
fn is_checked(run: &Run) -> bool {
    run.attempt().and_then(|attempt| attempt.report.as_ref()).is_none_or(|report| report.passed())
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
        NothingFits | UnknownModel | Auth | Offline | Unreachable | Network | Quota => Exit::NothingServes,
        Budget => Exit::Budget,
        Cancelled => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::super::setup::Flags;
    use super::*;
    use crate::app::WorkEvent;
    use std::path::PathBuf;

    const SHOP: &str = "def total(price, count):\n    return price * count\n\n\ndef a():\n    pass\n\n\ndef shown(amount):\n    return \"€ \" + str(amount)\n";

    /// When the signal comes.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum At {
        Writing,
        Reading,
        Never,
    }

    /// A run that accepts everything, while somebody else changes the file: how it ends, its attempts, and the file then.
    async fn disturbed(at: At) -> (Exit, usize, String) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("shop.py");
        std::fs::write(&file, SHOP).unwrap();
        let flags = Flags {
            directory: Some(dir.path().to_owned()),
            script: Some(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts/edit.jsonl"))),
            ..Flags::default()
        };
        let home = dir.path().join(".home").display().to_string();
        let setup = Setup::within(&flags, [("VIBE_TUI_HOME".to_owned(), home)].into_iter().collect()).unwrap();
        let opening = setup.opening.clone();
        let mut front = Front::start(setup, None);
        let mut driver = Driver {
            headless: Headless {
                intent: "Round the amounts in shop.py to cents".to_owned(),
                accept: Accept::All,
                installs: Vec::new(),
                style: Style::Text,
            },
            reporter: Reporter::new(Style::Text),
            requested: false,
            named: false,
            tried: false,
            interrupted: false,
            exit: None,
        };
        let mut signals = Signals(Vec::new());
        front.open(opening).await;
        while driver.exit.is_none() {
            let event = front.next().await.expect("the engine is there");
            if matches!(event, Event::Work(WorkEvent::Diffed { .. })) {
                std::fs::write(&file, SHOP.replace("pass", "return 1")).unwrap();
            }
            let has_failed = matches!(event, Event::Work(WorkEvent::ApplyFailed { .. }));
            driver.event(&mut front, event, &mut signals).await;
            let is_applying = front.state.session.run().is_some_and(|run| run.stage == Stage::Applying);
            if is_applying && !driver.interrupted && at == if has_failed { At::Reading } else { At::Writing } {
                driver.interrupt(&mut front).await;
            }
        }
        let attempts = front.state.session.run().map_or(0, |run| run.attempts.len());
        front.close().await;
        (driver.exit.unwrap(), attempts, std::fs::read_to_string(&file).unwrap())
    }

    #[tokio::test]
    async fn a_signal_while_changed_files_are_written_or_read_anew_ends_the_run_at_the_gate() {
        let others = SHOP.replace("pass", "return 1");
        for at in [At::Writing, At::Reading] {
            assert_eq!(disturbed(at).await, (Exit::Interrupted, 2, others.clone()), "{at:?}");
        }
        let (exit, attempts, text) = disturbed(At::Never).await;
        assert_eq!((exit, attempts), (Exit::Done, 2), "without one it is written onto the file as it is");
        assert!(text.contains("return 1") && text.contains("round(price * count, 2)"), "{text}");
    }
}
