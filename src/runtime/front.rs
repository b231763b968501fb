//! What both fronts share: the state, the one `update` loop, the performer behind it, the recorder beside it.

use super::clock;
use super::effects::Performer;
use super::recorder::Recorder;
use super::setup::Setup;
use super::world::World;
use crate::app::{Effect, Event, Opening, Stamped, State, StoreEvent, update};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Events that may wait. A flood of deltas waits in its own task beyond this.
const EVENTS: usize = 512;
/// Effects that may wait for the performer.
const EFFECTS: usize = 4096;

/// The engine of a front.
pub struct Front {
    /// The state.
    pub state: State,
    /// Results of effects.
    pub events: mpsc::Receiver<Event>,
    effects: mpsc::Sender<Effect>,
    performer: JoinHandle<()>,
    recorder: Option<Recorder>,
}

impl Front {
    /// Starts the engine: the world is opened in the background, and effects wait for it.
    pub fn start(setup: Setup, recorder: Option<Recorder>) -> Front {
        let (event_sender, events) = mpsc::channel(EVENTS);
        let (effects, queue) = mpsc::channel(EFFECTS);
        let opening = setup.opening.clone();
        let performer = tokio::spawn(perform(setup, event_sender, queue));
        Front { state: State::new(&opening), events, effects, performer, recorder }
    }

    /// Takes an event through `update`; the effects that are not for the terminal go to the performer.
    pub async fn take(&mut self, event: Event) -> Vec<Effect> {
        let stamped = Stamped { at: clock::now(), event };
        if let Some(recorder) = &mut self.recorder {
            recorder.event(&stamped);
        }
        let mut own = Vec::new();
        for effect in update(&mut self.state, &stamped) {
            match effect {
                Effect::Terminal(_) | Effect::Notify(_) | Effect::CopyText(_) => own.push(effect),
                other => {
                    if matches!(other, Effect::Journal(_)) {
                        own.push(other.clone());
                    }
                    // The performer ends only with us; a refused send means it panicked, and its join says so.
                    let _ = self.effects.send(other).await;
                }
            }
        }
        own
    }

    /// Begins: the first event of every recording.
    pub async fn open(&mut self, opening: Opening) -> Vec<Effect> {
        self.take(Event::Opened(Box::new(opening))).await
    }

    /// Notes a frame in the recording.
    pub fn drawn(&mut self, buffer: &ratatui::buffer::Buffer) {
        if let Some(recorder) = &mut self.recorder {
            recorder.frame(buffer);
        }
    }

    /// Lets the performer finish what was asked for: settles requests, writes the journal, closes the database.
    pub async fn close(self) {
        drop(self.effects);
        let mut events = self.events;
        // Whoever still reports must not wait for a reader.
        let drain = tokio::spawn(async move { while events.recv().await.is_some() {} });
        let _ = self.performer.await;
        drain.abort();
        if let Some(recorder) = self.recorder {
            recorder.finish();
        }
    }
}

async fn perform(setup: Setup, events: mpsc::Sender<Event>, queue: mpsc::Receiver<Effect>) {
    let settings = setup.world_settings();
    let session = setup.opening.session_name.clone();
    let (world, failures) = World::open(setup.root, settings).await;
    for failure in failures {
        let _ = events.send(Event::Noticed(failure)).await;
    }
    let world = Arc::new(world);
    if let Some(name) = session {
        open_named(&world, &events, &name).await;
    }
    Performer::new(world, events).serve(queue).await;
}

/// Opens the session of that name, if there is one; otherwise the first fact begins it.
async fn open_named(world: &Arc<World>, events: &mpsc::Sender<Event>, name: &str) {
    let Ok(found) = world.store.find_session(&world.root_name(), name).await else { return };
    let event = match super::effects::read_session(world, &found.id).await {
        Ok(facts) => Event::Store(StoreEvent::SessionLoaded { session: found.id, facts }),
        Err(failure) => Event::Noticed(failure),
    };
    let _ = events.send(event).await;
}
