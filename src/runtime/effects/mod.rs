//! Performing effects, one at a time and in order: what a command does comes after the facts that led to it are on disk,
//! because the journal's effect stands before it in the same queue. Where those facts could not be written, nothing is
//! sent and nothing is written on their account.

mod completion;
mod context;
mod heal;
mod install;
mod memory;
mod model;
mod report;
mod store;
mod work;

pub use model::MERGE;
pub use store::{HISTORY, append, failure as store_failure, read as read_session, read_rows};
pub use work::{revert, write_all};

use super::task::{TaskKey, Tasks};
use super::world::World;
use crate::app::{Effect, Entry, Event, ModelEvent, StoreEvent, WorkEvent};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::{RequestId, SessionId};
use crate::domain::install::Installed;
use crate::domain::model::Locality;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Streamed text is written to the journal after this at the latest. A commit costs the same for one piece as for many.
const HELD: Duration = Duration::from_millis(250);

/// An event and the session it is about. Identifiers of requests and jobs are counted within a session, so that what
/// comes late for a session that was left must not reach the one that is open now.
pub struct Report {
    /// The session; `None` when it is of no one's.
    pub session: Option<SessionId>,
    /// The event.
    pub event: Event,
}

impl Report {
    /// Whether it concerns whoever has this session open.
    pub fn is_for(&self, open: &SessionId) -> bool {
        self.session.as_ref().is_none_or(|session| session == open)
    }
}

/// Where results go. Bounded: a flood waits at its source.
#[derive(Clone)]
pub struct Events {
    sender: mpsc::Sender<Report>,
    session: Option<SessionId>,
}

impl Events {
    /// Results of no session.
    pub fn new(sender: mpsc::Sender<Report>) -> Events {
        Events { sender, session: None }
    }

    /// The same for results about a session.
    fn of(&self, session: Option<&SessionId>) -> Events {
        Events { sender: self.sender.clone(), session: session.cloned() }
    }

    /// Reports an event from a thread that may wait.
    pub fn report_from_thread(&self, event: Event) {
        let _ = self.sender.blocking_send(Report { session: self.session.clone(), event });
    }

    /// Reports an event. When nobody listens any more the program is ending, and the event is of no use.
    pub async fn report(&self, event: Event) {
        let _ = self.sender.send(Report { session: self.session.clone(), event }).await;
    }
}

/// Performs effects until its queue is closed, then lets the database finish.
pub struct Performer {
    world: Arc<World>,
    /// What the performer itself answers. Its room is never exhausted (see `front`), so that it never waits for a reader.
    answers: Events,
    /// What tasks answer.
    results: Events,
    tasks: Tasks,
    /// Requests that are out, each with what ends it, by session: their numbers are counted within it. They settle before
    /// they go, so they are never aborted.
    calls: HashMap<(SessionId, RequestId), (CancellationToken, AbortHandle)>,
    /// Calls still settling are waited for at the end.
    settling: TaskTracker,
    /// The session whose facts came last.
    open: Option<SessionId>,
    /// Facts of it that could not be written, and why. They are tried again with those that follow.
    unsaved: Option<(Entry, Failure)>,
    /// Streamed text that waits for more of it, and until when. Whatever else is asked for comes after it.
    held: Option<(Entry, Instant)>,
}

impl Performer {
    /// A performer for this world, in which this session was opened.
    pub fn new(world: Arc<World>, answers: Events, results: Events, open: Option<SessionId>) -> Performer {
        Performer {
            world,
            answers,
            results,
            tasks: Tasks::default(),
            calls: HashMap::new(),
            settling: TaskTracker::new(),
            open,
            unsaved: None,
            held: None,
        }
    }

    /// Performs what comes until the sender is gone.
    pub async fn serve(mut self, mut effects: mpsc::Receiver<Effect>) {
        loop {
            let effect = match &self.held {
                None => effects.recv().await,
                Some((_, until)) => match timeout_at(*until, effects.recv()).await {
                    Ok(effect) => effect,
                    Err(_) => {
                        self.release().await;
                        continue;
                    }
                },
            };
            let Some(effect) = effect else { break };
            if !matches!(effect, Effect::Journal(_) | Effect::Complete { .. }) {
                self.release().await;
            }
            self.perform(effect).await;
        }
        self.release().await;
        for (cancel, _) in self.calls.values() {
            cancel.cancel();
        }
        drop(self.tasks);
        self.settling.close();
        self.settling.wait().await;
        if let Some((entry, _)) = &self.unsaved {
            let _ = store::append(&self.world, entry).await;
        }
        self.world.store.close().await;
    }

    async fn perform(&mut self, effect: Effect) {
        let world = self.world.clone();
        let answers = self.answers.of(self.open.as_ref());
        let results = self.results.of(self.open.as_ref());
        match effect {
            Effect::Journal(entry) => self.journal_or_hold(entry).await,
            Effect::CallModel { .. } => self.call(effect).await,
            Effect::CancelRequest(request) => {
                // The fact that led here has made its session the open one.
                let call = self.open.clone().and_then(|session| self.calls.remove(&(session, request)));
                if let Some((cancel, _)) = call {
                    cancel.cancel();
                }
            }
            Effect::AssembleContext { job, intent, budget, model, locality, conversation, past, files } => {
                let wish = context::Wish { job, intent: *intent, budget, model, locality, conversation, past, files };
                self.tasks.start(TaskKey::Job(job), context::assemble(world, results, wish));
            }
            Effect::ReadFiles { job, paths } => {
                self.tasks.start(TaskKey::Job(job), work::read_files(world, results, job, paths));
            }
            Effect::Validate { job, changes } => {
                self.tasks.start(TaskKey::Job(job), work::validate(world, results, job, changes));
            }
            Effect::Recall { job, findings, changes, began } => {
                let question = heal::Question { job, findings, changes, began };
                self.tasks.start(TaskKey::Job(job), heal::recall(world, results, question));
            }
            Effect::Examine { job, paths, changes: None } => {
                self.tasks.start(TaskKey::Job(job), heal::examine(world, results, job, paths));
            }
            Effect::Examine { job, changes: Some(changes), .. } => {
                self.tasks.start(TaskKey::Job(job), heal::examine_again(world, results, job, changes));
            }
            // A yes that is not on disk is none.
            Effect::Install { job, install, by } => match &self.unsaved {
                None => self.tasks.start(TaskKey::Job(job), install::install(world, results, job, install, by)),
                Some((_, why)) => {
                    let failure = Some(unsaved(why, "nothing was run").message);
                    let installed = Box::new(Installed { install, by, failure, said: String::new(), millis: 0 });
                    answers.report(Event::Work(WorkEvent::Installed { job, installed })).await;
                }
            },
            Effect::Learn(teaching) => heal::learn(&world, *teaching).await,
            Effect::Report { about, of } => {
                self.tasks.start(TaskKey::Report, report::report(world, results, about, of))
            }
            Effect::PlanRevert { run, way, written } => {
                self.tasks.start(TaskKey::Revert, work::plan_revert(world, results, run, way, written));
            }
            // Not a task of the registry: once begun, writing is not to be dropped half-way.
            Effect::Apply { job, changes } => match &self.unsaved {
                None => work::apply(&world, &answers, job, changes).await,
                Some((_, why)) => {
                    let failure = unsaved(why, "Nothing was written");
                    answers.report(Event::Work(WorkEvent::ApplyFailed { job, failure })).await;
                }
            },
            Effect::Complete { query } => {
                self.tasks.start(TaskKey::Completion, completion::complete(world, self.results.of(None), query));
            }
            Effect::FindFile(sought) => {
                let found = completion::find_file(world, sought.clone()).await;
                self.answers.of(None).report(Event::FileFound(sought, found)).await;
            }
            Effect::CancelJobs => self.tasks.stop_jobs(),
            Effect::FindModels => self.tasks.start(TaskKey::Discovery, model::find(world, self.results.of(None))),
            Effect::ListSessions => store::list(&world, &self.answers.of(None)).await,
            Effect::LoadSession(id) => {
                let event = store::load(&world, id).await;
                self.moved(event).await;
            }
            Effect::NameSession => {
                let event = Event::Store(StoreEvent::SessionNamed(super::world::new_session()));
                self.moved(event).await;
            }
            Effect::DeleteSession(id) => store::delete(&world, &self.answers.of(None), &id).await,
            Effect::RenameSession(id, name) => store::rename(&world, &self.answers.of(None), &id, name).await,
            Effect::SumLedger(id, run) => store::totals(&world, &self.answers.of(Some(&id)), &id, run).await,
            Effect::Memory(order) => memory::perform(&world, &self.answers.of(self.open.as_ref()), order).await,
            Effect::KeepPrompt(text) => store::keep_prompt(&world, &self.answers.of(None), &text).await,
            Effect::CopyText(_) | Effect::Notify(_) | Effect::Terminal(_) => {}
        }
    }

    /// Appends facts; those that are nothing but streamed text may wait for more of it.
    async fn journal_or_hold(&mut self, entry: Entry) {
        let streamed = entry.facts.iter().all(|dated| !dated.fact.is_durable());
        let (entry, until) = match self.held.take() {
            Some((before, until)) if before.session == entry.session => (before.followed_by(entry), until),
            Some((before, _)) => {
                self.journal(before).await;
                (entry, Instant::now() + HELD)
            }
            None => (entry, Instant::now() + HELD),
        };
        match streamed {
            true => self.held = Some((entry, until)),
            false => self.journal(entry).await,
        }
    }

    /// Appends what was held.
    async fn release(&mut self) {
        if let Some((entry, _)) = self.held.take() {
            self.journal(entry).await;
        }
    }

    /// Appends facts, with those before them that could not be written.
    async fn journal(&mut self, entry: Entry) {
        let entry = match self.unsaved.take() {
            Some((before, _)) if before.session == entry.session => before.followed_by(entry),
            _ => entry,
        };
        // Facts may still come for a session that was about to be left: it is this process's again.
        if self.open.as_ref() != Some(&entry.session) {
            self.give_back().await;
            // Refused, the append is refused as well, and says why.
            let _ = self.world.store.lease(&entry.session, super::clock::now()).await;
            self.open = Some(entry.session.clone());
        }
        let answers = self.answers.of(Some(&entry.session));
        let event = match store::append(&self.world, &entry).await {
            Ok(()) => {
                self.world.patterns.note(&self.world.store, &entry).await;
                StoreEvent::Journaled { session: entry.session.clone(), seq: entry.last() }
            }
            Err(error) => {
                let failure = store::failure(&error);
                self.unsaved = Some((entry, failure.clone()));
                StoreEvent::JournalFailed(failure)
            }
        };
        answers.report(Event::Store(event)).await;
    }

    async fn call(&mut self, effect: Effect) {
        let Effect::CallModel { session, run, request, locality, limits, unknown_price, seconds } = effect else {
            return;
        };
        let results = self.results.of(Some(&session));
        let key = (session.clone(), request.id);
        if let Some((_, why)) = self.unsaved.as_ref().filter(|_| locality == Locality::Remote) {
            let failure = unsaved(why, "Nothing was sent");
            let failed = ModelEvent::Failed { request: request.id, failure };
            return self.answers.of(Some(&session)).report(Event::Models(failed)).await;
        }
        let cancel = CancellationToken::new();
        let call = model::Call { session, run, request: *request, locality, limits, unknown_price, seconds };
        let work = model::call(self.world.clone(), results, call, cancel.clone());
        let handle = self.settling.spawn(work).abort_handle();
        self.calls.retain(|_, (_, handle)| !handle.is_finished());
        self.calls.insert(key, (cancel, handle));
    }

    /// The open session is no longer this process's: others can open it.
    async fn give_back(&mut self) {
        if let Some(before) = self.open.take() {
            let _ = self.world.store.unlease(&before).await;
        }
    }

    /// Another session is opened, unless there are facts of the one before that only this process knows of.
    async fn moved(&mut self, event: Event) {
        let to = match &event {
            Event::Store(StoreEvent::SessionLoaded { session, .. } | StoreEvent::SessionNamed(session)) => {
                session.clone()
            }
            _ => return self.answers.of(None).report(event).await,
        };
        if let Some((entry, _)) = self.unsaved.take() {
            self.journal(entry).await;
        }
        if let Some((_, why)) = &self.unsaved {
            let message = format!("The open session would lose what is not saved, so it stays open: {}", why.message);
            let failure = Failure::fatal(FailureKind::Store, message);
            let _ = self.world.store.unlease(&to).await;
            return self.answers.of(None).report(Event::Store(StoreEvent::SessionNotLoaded(failure))).await;
        }
        if self.open.as_ref() != Some(&to) {
            self.give_back().await;
            self.open = Some(to);
        }
        self.answers.of(None).report(event).await;
    }
}

/// What was asked for on account of facts that are not on disk is not done.
fn unsaved(why: &Failure, what: &str) -> Failure {
    Failure::fatal(FailureKind::Store, format!("{what}, because the session cannot be saved: {}", why.message))
}

#[cfg(test)]
mod tests {
    use super::super::world::WorldSettings;
    use super::*;
    use crate::app::{Dated, Fact};
    use crate::config::{self, Approvals, Environment, Overrides, Paths, Sources};
    use crate::domain::change::{ChangeSet, FileChange};
    use crate::domain::clock::Timestamp;
    use crate::domain::ids::JobId;
    use crate::domain::session::SessionStatus;
    use crate::repo::Root;
    use crate::store::{Store, StoreError};

    /// A performer in an empty directory, and what it answers.
    async fn performer(home: &tempfile::TempDir) -> (Performer, mpsc::Receiver<Report>) {
        let directory = home.path().to_str().unwrap().to_owned();
        let environment: Environment = [("VIBE_TUI_HOME".to_owned(), directory)].into_iter().collect();
        let paths = Paths::find(&environment).unwrap();
        let (overrides, approvals) = (Overrides::default(), Approvals::default());
        let root = home.path();
        let config = config::load(&Sources {
            paths: &paths,
            root,
            environment: &environment,
            overrides: &overrides,
            approvals: &approvals,
        })
        .config;
        let settings = WorldSettings { config, paths, environment, script: None };
        let (world, failures) = World::open(Root::open(home.path()).unwrap(), settings).await;
        assert_eq!(failures, []);
        let (sender, answers) = mpsc::channel(64);
        let events = Events::new(sender);
        (Performer::new(Arc::new(world), events.clone(), events, None), answers)
    }

    fn id(name: &str) -> SessionId {
        SessionId(name.to_owned())
    }

    /// One fact of a session, its first one or a later one.
    fn entry(session: &str, first: u64) -> Effect {
        let fact = match first {
            1 => Fact::SessionBegun { name: session.to_owned(), root: "/r".to_owned(), of_order: false },
            _ => Fact::SessionRenamed { name: format!("{session} {first}") },
        };
        Effect::Journal(Entry {
            session: id(session),
            first,
            facts: vec![Dated { at: Timestamp(1), fact }],
            name: session.to_owned(),
            status: SessionStatus::Idle,
        })
    }

    fn newest(answers: &mut mpsc::Receiver<Report>) -> StoreEvent {
        let mut newest = None;
        while let Ok(report) = answers.try_recv() {
            newest = Some(report.event);
        }
        match newest {
            Some(Event::Store(event)) => event,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_session_is_not_left_while_facts_of_it_are_not_saved() {
        let home = tempfile::tempdir().unwrap();
        let (mut performer, mut answers) = performer(&home).await;
        for effect in [entry("other", 1), Effect::NameSession, entry("open", 1), entry("open", 5)] {
            performer.perform(effect).await;
        }
        assert!(matches!(newest(&mut answers), StoreEvent::JournalFailed(_)), "the fifth is not the second");
        for effect in [Effect::LoadSession(id("other")), Effect::NameSession] {
            performer.perform(effect).await;
            let StoreEvent::SessionNotLoaded(failure) = newest(&mut answers) else { panic!() };
            assert!(failure.message.contains("stays open"), "{failure}");
            assert_eq!(performer.open, Some(id("open")));
        }
        assert!(performer.unsaved.is_some());
        performer.world.store.close().await;
    }

    #[tokio::test]
    async fn a_session_that_facts_come_for_after_all_is_kept_from_others() {
        let home = tempfile::tempdir().unwrap();
        let (mut performer, mut answers) = performer(&home).await;
        // A new session was asked for, and before it is there the user goes on in the old one.
        for effect in [entry("open", 1), Effect::NameSession, entry("open", 2)] {
            performer.perform(effect).await;
        }
        assert!(matches!(newest(&mut answers), StoreEvent::Journaled { seq: 2, .. }));
        let elsewhere = Store::open(&home.path().join("data/sessions.db")).await;
        let refused = elsewhere.lease(&id("open"), Timestamp(2)).await;
        assert!(matches!(refused, Err(StoreError::Leased { .. })), "{refused:?}");
        elsewhere.close().await;
        performer.world.store.close().await;
    }

    #[tokio::test]
    async fn a_proposal_is_cut_before_it_is_validated() {
        let home = tempfile::tempdir().unwrap();
        let (mut performer, mut answers) = performer(&home).await;
        let file = FileChange { path: "a.txt".into(), before: Some("a\n".into()), after: Some("b\n".into()) };
        let (job, changes) = (JobId(1), ChangeSet { files: vec![file] });
        performer.perform(Effect::Validate { job, changes: changes.clone() }).await;
        let [first, second] = [answers.recv().await.unwrap().event, answers.recv().await.unwrap().event];
        assert_eq!(first, Event::Work(WorkEvent::Diffed { job, files: crate::edit::diff(&changes).into() }));
        assert!(matches!(second, Event::Work(WorkEvent::Validated { .. })), "{second:?}");
        // With it comes what the change does to the code's figures.
        let after = "import os\n\ndef run(x):\n    if x:\n        os.system(x)\n";
        let file = FileChange {
            path: "b.py".into(),
            before: Some("def run(x):\n    pass\n".into()),
            after: Some(after.into()),
        };
        let changes = ChangeSet { files: vec![file] };
        performer.perform(Effect::Validate { job, changes }).await;
        let [_, judged] = [answers.recv().await.unwrap().event, answers.recv().await.unwrap().event];
        let Event::Work(WorkEvent::Validated { report, .. }) = judged else { panic!("{judged:?}") };
        assert!(report.figures.starts_with("cyclomatic 1 → 2, cognitive 0 → 1"), "{}", report.figures);
        assert!(
            report.figures.contains("1 new security finding: ") && report.figures.ends_with(" at b.py:5"),
            "{}",
            report.figures
        );
        performer.world.store.close().await;
    }

    #[tokio::test]
    async fn what_comes_late_for_a_session_that_was_left_is_for_nobody() {
        let (sender, mut receiver) = mpsc::channel(4);
        let events = Events::new(sender);
        let [left, open] = ["left", "open"].map(|id| SessionId(id.to_owned()));
        events.of(Some(&left)).report(Event::TimePassed).await;
        events.of(Some(&open)).report(Event::TimePassed).await;
        events.report(Event::TimePassed).await;
        let mut heard = Vec::new();
        while let Ok(report) = receiver.try_recv() {
            heard.push(report.is_for(&open));
        }
        assert_eq!(heard, [false, true, true]);
    }
}
