//! Performing effects, one at a time and in order: what a command does comes after the facts that led to it are on disk,
//! because the journal's effect stands before it in the same queue.

mod model;
mod store;
mod work;

pub use store::read as read_session;

use super::task::{TaskKey, Tasks};
use super::world::World;
use crate::app::{Effect, Event};
use crate::domain::ids::RequestId;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Where results go. Bounded: a flood waits at its source.
pub type Events = mpsc::Sender<Event>;

/// Performs effects until its queue is closed, then lets the database finish.
pub struct Performer {
    world: Arc<World>,
    events: Events,
    tasks: Tasks,
    /// Requests that are out, each with what ends it. They settle before they go, so they are never aborted.
    calls: HashMap<RequestId, CancellationToken>,
    /// Calls still settling are waited for at the end.
    settling: tokio_util::task::TaskTracker,
}

impl Performer {
    /// A performer for this world.
    pub fn new(world: Arc<World>, events: Events) -> Performer {
        Performer {
            world,
            events,
            tasks: Tasks::default(),
            calls: HashMap::new(),
            settling: tokio_util::task::TaskTracker::new(),
        }
    }

    /// Performs what comes until the sender is gone.
    pub async fn serve(mut self, mut effects: mpsc::Receiver<Effect>) {
        while let Some(effect) = effects.recv().await {
            self.perform(effect).await;
        }
        for call in self.calls.values() {
            call.cancel();
        }
        drop(self.tasks);
        self.settling.close();
        self.settling.wait().await;
        self.world.store.close().await;
    }

    async fn perform(&mut self, effect: Effect) {
        let (world, events) = (self.world.clone(), self.events.clone());
        match effect {
            Effect::Journal(entry) => store::journal(&world, &events, entry).await,
            Effect::CallModel { session, run, request, locality, limits, unknown_price } => {
                let cancel = CancellationToken::new();
                self.calls.retain(|_, c| !c.is_cancelled());
                self.calls.insert(request.id, cancel.clone());
                let call = model::Call { session, run, request: *request, locality, limits, unknown_price };
                self.settling.spawn(model::call(world, events, call, cancel));
            }
            Effect::CancelRequest(request) => {
                if let Some(call) = self.calls.remove(&request) {
                    call.cancel();
                }
            }
            Effect::AssembleContext { job, intent, budget, conversation } => {
                let work = work::assemble(world, events, job, *intent, budget, conversation);
                self.tasks.start(TaskKey::Job(job), work);
            }
            Effect::ReadFiles { job, paths } => {
                self.tasks.start(TaskKey::Job(job), work::read_files(world, events, job, paths));
            }
            Effect::Validate { job, changes } => {
                self.tasks.start(TaskKey::Job(job), work::validate(world, events, job, changes));
            }
            // Not a task of the registry: once begun, writing is not to be dropped half-way.
            Effect::Apply { job, changes } => work::apply(&world, &events, job, changes).await,
            Effect::CancelJobs => self.tasks.stop_jobs(),
            Effect::FindModels => self.tasks.start(TaskKey::Discovery, model::find(world, events)),
            Effect::ListSessions => store::list(&world, &events).await,
            Effect::LoadSession(id) => store::load(&world, &events, id).await,
            Effect::NameSession => store::name(&events).await,
            Effect::DeleteSession(id) => store::delete(&world, &events, &id).await,
            Effect::RenameSession(id, name) => store::rename(&world, &events, &id, name).await,
            Effect::SumLedger(id, run) => store::totals(&world, &events, &id, run).await,
            Effect::KeepPrompt(text) => store::keep_prompt(&world, &events, &text).await,
            Effect::CopyText(_) | Effect::Notify(_) | Effect::Terminal(_) => {}
        }
    }
}

/// Reports an event. When nobody listens any more the program is ending, and the event is of no use.
async fn report(events: &Events, event: Event) {
    let _ = events.send(event).await;
}
