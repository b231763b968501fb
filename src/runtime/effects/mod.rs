//! Performing effects, one at a time and in order: what a command does comes after the facts that led to it are on disk,
//! because the journal's effect stands before it in the same queue. Where those facts could not be written, nothing is
//! sent and nothing is written on their account.

mod model;
mod store;
mod work;

pub use store::{HISTORY, failure as store_failure, read as read_session};

use super::task::{TaskKey, Tasks};
use super::world::World;
use crate::app::{Effect, Entry, Event, ModelEvent, StoreEvent, WorkEvent};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::{RequestId, SessionId};
use crate::domain::model::Locality;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
    /// Requests that are out, each with what ends it. They settle before they go, so they are never aborted.
    calls: HashMap<RequestId, (CancellationToken, AbortHandle)>,
    /// Calls still settling are waited for at the end.
    settling: TaskTracker,
    /// The session whose facts came last.
    open: Option<SessionId>,
    /// Facts of it that could not be written, and why. They are tried again with those that follow.
    unsaved: Option<(Entry, Failure)>,
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
        }
    }

    /// Performs what comes until the sender is gone.
    pub async fn serve(mut self, mut effects: mpsc::Receiver<Effect>) {
        while let Some(effect) = effects.recv().await {
            self.perform(effect).await;
        }
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
            Effect::Journal(entry) => self.journal(entry).await,
            Effect::CallModel { .. } => self.call(effect).await,
            Effect::CancelRequest(request) => {
                if let Some((cancel, _)) = self.calls.remove(&request) {
                    cancel.cancel();
                }
            }
            Effect::AssembleContext { job, intent, budget, conversation } => {
                let work = work::assemble(world, results, job, *intent, budget, conversation);
                self.tasks.start(TaskKey::Job(job), work);
            }
            Effect::ReadFiles { job, paths } => {
                self.tasks.start(TaskKey::Job(job), work::read_files(world, results, job, paths));
            }
            Effect::Validate { job, changes } => {
                self.tasks.start(TaskKey::Job(job), work::validate(world, results, job, changes));
            }
            // Not a task of the registry: once begun, writing is not to be dropped half-way.
            Effect::Apply { job, changes } => match &self.unsaved {
                None => work::apply(&world, &answers, job, changes).await,
                Some((_, why)) => {
                    let failure = unsaved(why, "Nothing was written");
                    answers.report(Event::Work(WorkEvent::ApplyFailed { job, failure })).await;
                }
            },
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
            Effect::KeepPrompt(text) => store::keep_prompt(&world, &self.answers.of(None), &text).await,
            Effect::CopyText(_) | Effect::Notify(_) | Effect::Terminal(_) => {}
        }
    }

    /// Appends facts, with those before them that could not be written.
    async fn journal(&mut self, entry: Entry) {
        let entry = match self.unsaved.take() {
            Some((before, _)) if before.session == entry.session => before.followed_by(entry),
            _ => entry,
        };
        self.open = Some(entry.session.clone());
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
        let Effect::CallModel { session, run, request, locality, limits, unknown_price } = effect else { return };
        let results = self.results.of(Some(&session));
        let id = request.id;
        if let Some((_, why)) = self.unsaved.as_ref().filter(|_| locality == Locality::Remote) {
            let failure = unsaved(why, "Nothing was sent");
            return results.report(Event::Models(ModelEvent::Failed { request: id, failure })).await;
        }
        let cancel = CancellationToken::new();
        let call = model::Call { session, run, request: *request, locality, limits, unknown_price };
        let work = model::call(self.world.clone(), results, call, cancel.clone());
        let handle = self.settling.spawn(work).abort_handle();
        self.calls.retain(|_, (_, handle)| !handle.is_finished());
        self.calls.insert(id, (cancel, handle));
    }

    /// Another session is opened: the one before is given back, so that others can open it.
    async fn moved(&mut self, event: Event) {
        let to = match &event {
            Event::Store(StoreEvent::SessionLoaded { session, .. } | StoreEvent::SessionNamed(session)) => {
                session.clone()
            }
            _ => return self.answers.of(None).report(event).await,
        };
        if let Some(before) = self.open.replace(to.clone()).filter(|before| *before != to) {
            let _ = self.world.store.unlease(&before).await;
        }
        self.unsaved = None;
        self.answers.of(None).report(event).await;
    }
}

/// What was asked for on account of facts that are not on disk is not done.
fn unsaved(why: &Failure, what: &str) -> Failure {
    Failure::fatal(FailureKind::Store, format!("{what}, because the session cannot be saved: {}", why.message))
}

#[cfg(test)]
mod tests {
    use super::*;

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
