//! What both fronts share: the state, the one `update` loop, the performer behind it, the recorder beside it.

use super::clock;
use super::effects::{Events, HISTORY, Performer, Report, read_session};
use super::meaning;
use super::recorder::Recorder;
use super::report::tell_line;
use super::setup::Setup;
use super::world::World;
use crate::app::{Effect, Event, Opening, Stamped, State, StoreEvent, update};
use crate::domain::ids::SessionId;
use crate::store::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

/// Results of tasks that may wait. A flood of deltas waits in its own task beyond this.
const RESULTS: usize = 512;
/// Effects that may wait for the performer.
const EFFECTS: usize = 4096;
/// Answers of the performer that may wait. It gives one for an effect, so that it never has to wait while we wait for it.
const ANSWERS: usize = EFFECTS + 64;
/// How long the end may take. A disk that hangs must not hold the prompt back for ever.
const END: Duration = Duration::from_secs(10);

/// The engine of a front.
pub struct Front {
    /// The state.
    pub state: State,
    answers: mpsc::Receiver<Report>,
    results: mpsc::Receiver<Report>,
    effects: mpsc::Sender<Effect>,
    /// Tells the performer that the repository's map is wanted.
    map: Arc<Notify>,
    performer: JoinHandle<()>,
    recorder: Option<Recorder>,
}

impl Front {
    /// Starts the engine: the world is opened in the background, and effects wait for it.
    pub fn start(setup: Setup, recorder: Option<Recorder>) -> Front {
        let (answer, answers) = mpsc::channel(ANSWERS);
        let (result, results) = mpsc::channel(RESULTS);
        let (effects, queue) = mpsc::channel(EFFECTS);
        let opening = setup.opening.clone();
        let map = Arc::new(Notify::new());
        let performer = tokio::spawn(perform(setup, Events::new(answer), Events::new(result), queue, map.clone()));
        Front { state: State::new(&opening), answers, results, effects, map, performer, recorder }
    }

    /// The next result of an effect. `None` when the performer is gone.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let report = tokio::select! {
                biased;
                answer = self.answers.recv() => answer?,
                Some(result) = self.results.recv() => result,
            };
            if let Some(event) = self.meant(report) {
                return Some(event);
            }
        }
    }

    /// A result that is there already.
    pub fn waiting(&mut self) -> Option<Event> {
        loop {
            let report = self.answers.try_recv().or_else(|_| self.results.try_recv()).ok()?;
            if let Some(event) = self.meant(report) {
                return Some(event);
            }
        }
    }

    /// The event, unless it is about a session that was left.
    fn meant(&self, report: Report) -> Option<Event> {
        report.is_for(&self.state.session.id).then_some(report.event)
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
                    // The performer ends only with us; a refused send means it panicked, and `panic::happened` says so.
                    let _ = self.effects.send(other).await;
                }
            }
        }
        own
    }

    /// Begins to make the map of the repository and to follow its files, as far as that is not done: somebody is at the keys.
    /// Not before the first frame: it wants all cores.
    pub fn map_repository(&self) {
        self.map.notify_one();
    }

    /// Begins: the first event of every recording.
    pub async fn open(&mut self, opening: Opening) -> Vec<Effect> {
        self.take(Event::Opened(Box::new(opening))).await
    }

    /// Removes the session, once what was asked for before is done. Nothing of it may be asked for after that.
    pub async fn forget_session(&self) {
        let _ = self.effects.send(Effect::DeleteSession(self.state.session.id.clone())).await;
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
        let (mut answers, mut results) = (self.answers, self.results);
        // Whoever still reports must not wait for a reader.
        let drain = tokio::spawn(async move {
            tokio::join!(async { while answers.recv().await.is_some() {} }, async {
                while results.recv().await.is_some() {}
            })
        });
        if tokio::time::timeout(END, self.performer).await.is_err() {
            tell_line(&format!(
                "vibe-tui: the database did not answer for {} s; what was not acknowledged may be lost",
                END.as_secs()
            ));
        }
        drain.abort();
        if let Some(recorder) = self.recorder {
            recorder.finish();
        }
    }
}

async fn perform(setup: Setup, answers: Events, results: Events, queue: mpsc::Receiver<Effect>, map: Arc<Notify>) {
    let settings = setup.world_settings();
    let session = setup.opening.session_name.clone();
    let (world, failures) = World::open(setup.root, settings).await;
    for failure in failures {
        answers.report(Event::Noticed(failure)).await;
    }
    let world = Arc::new(world);
    if let Ok(mut history) = world.store.history(HISTORY).await {
        history.reverse();
        answers.report(Event::Store(StoreEvent::History(history))).await;
    }
    let open = match session {
        Some(name) => open_named(&world, &answers, &name).await,
        None => None,
    };
    let (mapped, reports) = (world.clone(), results.clone());
    let heed = meaning::follow(&world, &results);
    world.repository.report_to(move |event| {
        heed(&event);
        reports.report_from_thread(event);
    });
    let mapping = tokio::spawn(async move {
        loop {
            map.notified().await;
            mapped.repository.begin();
        }
    });
    Performer::new(world, answers, results, open).serve(queue).await;
    mapping.abort();
}

/// Opens the session of that name, if there is one; otherwise the first fact begins it.
async fn open_named(world: &Arc<World>, answers: &Events, name: &str) -> Option<SessionId> {
    let found = match world.store.find_session(&world.root_name(), name).await {
        Ok(found) => read_session(world, &found.id).await.map(|facts| (found.id, facts)),
        Err(StoreError::NoSession { .. }) => return None,
        Err(error) => Err(super::effects::store_failure(&error)),
    };
    let (event, open) = match found {
        Ok((session, facts)) => (StoreEvent::SessionLoaded { session: session.clone(), facts }, Some(session)),
        Err(failure) => (StoreEvent::SessionNotLoaded(failure), None),
    };
    answers.report(Event::Store(event)).await;
    open
}
