//! Search by meaning: points of a repository's texts, made by what the user has set up, kept beside the map's cache, and
//! compared with the point of a question.
//!
//! Without `search.embeddings` there is none of this. Points are made by a thread that goes last and sleeps when there is
//! nothing to do; between two questions neither they nor the model are held in memory. A model that fails is left alone for a
//! while, and what it would have found is then not found.

use super::effects::Events;
use super::map::{Mapped, Progress};
use super::repository::cache_file;
use super::world::World;
use crate::app::{Event, RepositoryEvent};
use crate::config::{Config, EmbeddingSource, Paths};
use crate::context::{Alike, telling};
use crate::domain::clip;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::outline::Tier;
use crate::embedding::{Embedded, Embedder, Place, TextKey, Texts, Vector, key, unit};
use crate::index::{Vectors, give_way};
use crate::map::{Map, Symbol};
use crate::provider::{EmbeddingServer, Reach, StaticModel};
use crate::repo::Root;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Of a question, how many likenesses are looked at for a context.
pub const MOST_ALIKE: usize = 1000;
/// How long a batch of texts may take: the server may have to load its model first.
const LEARN: Duration = Duration::from_secs(120);
/// How long a question may take while somebody waits for a prompt, and how long a model that failed is then left alone.
const ASK: Duration = Duration::from_secs(3);
const REST: Duration = Duration::from_secs(60);
/// How long changes are gathered before points are made of them.
const GATHERED: Duration = Duration::from_secs(1);
/// Most bytes of a question: it has to fit the window of a small model.
const MOST_QUESTION: usize = 800;

/// What the user has set up.
pub struct Meaning {
    source: EmbeddingSource,
    shown: String,
    model: Option<String>,
    reach: Reach,
    file: PathBuf,
    /// Since when a model that failed is left alone, and what was said of it.
    failed: Mutex<Option<(Instant, String)>>,
    /// Wakes who makes points, if he has failed before.
    owed: Mutex<Option<SyncSender<()>>>,
}

/// A question's point and whose it is.
pub struct Question {
    identity: String,
    point: Vec<f32>,
}

/// Something like a question, and how like it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness<'m> {
    /// The file.
    pub path: &'m str,
    /// The definition; `None` where there are so many that files are compared as a whole.
    pub symbol: Option<Symbol<'m>>,
    /// The cosine of the angle between the two, above 0 and at most 1.
    pub cosine: f32,
}

impl Likeness<'_> {
    /// As a context is told.
    pub fn alike(&self) -> Alike {
        Alike { path: self.path.to_owned(), lines: self.symbol.as_ref().map(|symbol| symbol.lines) }
    }
}

/// What is to be made of a map's texts.
#[derive(Default)]
struct Wanted {
    missing: Vec<(TextKey, String)>,
    /// All that there is; `None` while that is not sure.
    live: Option<HashSet<TextKey>>,
}

impl Wanted {
    fn of(texts: &Texts, known: &HashSet<TextKey>) -> Wanted {
        let (mut missing, mut live) = (Vec::new(), HashSet::new());
        texts.each(|_, text| {
            let key = key(text);
            if live.insert(key) && !known.contains(&key) {
                missing.push((key, text.to_owned()));
            }
        });
        Wanted { missing, live: texts.is_complete().then_some(live) }
    }
}

/// The making of points.
struct Making<'a> {
    meaning: &'a Meaning,
    embedder: Box<dyn Embedder>,
    identity: String,
    vectors: Vectors,
    wanted: Wanted,
}

impl Making<'_> {
    /// Makes them, batch by batch, and says after each how many are made, and of how many.
    fn finish(mut self, tell: &dyn Fn(usize, usize)) -> Result<(), Failure> {
        let Wanted { missing, live } = std::mem::take(&mut self.wanted);
        let mut done = 0;
        for batch in missing.chunks(self.embedder.batch()) {
            let points = self.points(batch)?;
            self.vectors.save(&self.identity, &points)?;
            done += batch.len();
            tell(done, missing.len());
        }
        live.map_or(Ok(()), |live| self.vectors.tidy(&live))
    }

    /// The same, after all other work of the machine. It has a thread of its own, because who reads the map may not go last:
    /// others wait for him.
    fn finish_last(self) -> Result<(), Failure> {
        thread::scope(|scope| {
            let working = scope.spawn(|| {
                give_way();
                self.finish(&|_, _| ())
            });
            working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn points(&self, batch: &[(TextKey, String)]) -> Result<Vec<(TextKey, Vector)>, Failure> {
        let texts: Vec<&str> = batch.iter().map(|(_, text)| text.as_str()).collect();
        let made = self.embedder.embed(&texts, LEARN)?;
        if made.identity != self.identity {
            return Err(self.meaning.nonsense("became another model while it was asked"));
        }
        let points = batch.iter().zip(&made.points).map(|((key, _), point)| Some((*key, Vector::of(point)?)));
        points.collect::<Option<_>>().ok_or_else(|| self.meaning.nonsense("made a point of what is no number"))
    }
}

impl Meaning {
    /// What the configuration says; `None` if it says nothing.
    pub fn of(config: &Config, paths: &Paths, root: &Root) -> Option<Meaning> {
        let source = config.search.embeddings.clone()?;
        let shown = match &source {
            EmbeddingSource::Model(dir) => paths.show(dir),
            EmbeddingSource::Server(address) => address.as_str().to_owned(),
        };
        let reach = if config.search.remote && !config.offline { Reach::Online } else { Reach::Offline };
        let file = cache_file(&paths.cache, root).with_extension("vectors");
        Some(Meaning {
            source,
            shown,
            model: config.search.model.clone(),
            reach,
            file,
            failed: Mutex::default(),
            owed: Mutex::default(),
        })
    }

    /// What makes points. Must not be called or dropped within an async task.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn open(&self) -> Result<Box<dyn Embedder>, Failure> {
        Ok(match &self.source {
            EmbeddingSource::Model(dir) => Box::new(StaticModel::open(dir, &self.shown)?),
            EmbeddingSource::Server(address) => {
                Box::new(EmbeddingServer::new(address.as_str(), self.model.as_deref(), self.reach)?)
            }
        })
    }

    /// What is set up, and how many dimensions its points have.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn examine(&self) -> Result<String, Failure> {
        let embedder = self.open()?;
        let point = embedder.embed(&["user session"], ASK)?.points.pop().unwrap_or_default();
        Ok(match &self.source {
            EmbeddingSource::Model(_) => embedder.title(),
            EmbeddingSource::Server(_) => format!("{} answers, {} dimensions", embedder.title(), point.len()),
        })
    }

    /// Begins to make the points that are missing. `read` is asked once what there is, beside what is known.
    fn begin(&self, read: impl FnOnce(&HashSet<TextKey>) -> Wanted) -> Result<Making<'_>, Failure> {
        let embedder = self.open()?;
        // Whose points these are is known only from an answer.
        let identity = embedder.embed(&["code"], LEARN)?.identity;
        let mut vectors = Vectors::open(&self.file)?;
        let wanted = read(&vectors.known(&identity)?);
        Ok(Making { meaning: self, embedder, identity, vectors, wanted })
    }

    /// Makes all points that a map lacks, and says on a terminal how far it is.
    ///
    /// # Errors
    /// Why it cannot be done; what was made until then is kept.
    pub fn learn_all(&self, mapped: &Mapped) -> Result<(), Failure> {
        let map = mapped.read();
        let progress = Progress::new("embedding", "definitions");
        let making = self.begin(|known| Wanted::of(&Texts::of(&map), known))?;
        making.finish(&|done, total| progress.tell(done, total))
    }

    /// A text's point; none for a text that says nothing.
    fn question(&self, text: &str, limit: Duration) -> Result<Option<Question>, Failure> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let Embedded { identity, mut points } = self.open()?.embed(&[clip::head(text, MOST_QUESTION)], limit)?;
        let point = points.pop().unwrap_or_default();
        if point.iter().any(|x| !x.is_finite()) {
            return Err(self.nonsense("made a point of what is no number"));
        }
        Ok(unit(point).map(|point| Question { identity, point }))
    }

    fn nearest<'m>(&self, map: &'m Map, question: &Question, most: usize) -> Result<Vec<Likeness<'m>>, Failure> {
        let places = Texts::of(map).places();
        let mut found: Vec<(f32, Place)> = Vec::new();
        Vectors::open(&self.file)?.each(&question.identity, |text, kept| {
            let Some(places) = places.get(&text) else { return };
            let cosine = Vector::likeness(&question.point, kept);
            if cosine > 0.0 {
                found.extend(places.iter().map(|place| (cosine, *place)));
            }
        })?;
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1.path, a.1.definition).cmp(&(b.1.path, b.1.definition))));
        found.truncate(most);
        let likeness = |(cosine, Place { path, definition }): (f32, Place<'m>)| {
            let symbol = definition.and_then(|at| map.symbols(path).into_iter().nth(at));
            Likeness { path, symbol, cosine }
        };
        Ok(found.into_iter().map(likeness).collect())
    }

    /// What of a map is most like a text, likest first, as far as its points are made.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn find<'m>(&self, map: &'m Map, text: &str, most: usize) -> Result<Vec<Likeness<'m>>, Failure> {
        let question = self.question(text, LEARN)?;
        question.map_or(Ok(Vec::new()), |question| self.nearest(map, &question, most))
    }

    /// The point of a request for which a prompt is being made; a failure is reported, once.
    pub fn ask(&self, request: &str, reports: &Events) -> Option<Question> {
        if self.is_resting() {
            return None;
        }
        let asked = self.question(&telling(request), ASK);
        let owed = asked.is_ok().then(|| self.owed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take());
        if let Some(Some(wake)) = owed {
            let _ = wake.try_send(());
        }
        asked.unwrap_or_else(|failure| self.fail(failure, reports))
    }

    /// What of a map is most like a request, likest first; a failure is reported, once.
    pub fn alike(&self, map: &Map, question: &Question, reports: &Events) -> Vec<Alike> {
        let found = self.nearest(map, question, MOST_ALIKE);
        found
            .map(|found| found.iter().map(Likeness::alike).collect())
            .unwrap_or_else(|failure| self.fail(failure, reports))
    }

    fn is_resting(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        failed.as_ref().is_some_and(|(since, _)| since.elapsed() < REST)
    }

    /// Leaves the model alone for a while. The same words are not said twice.
    fn fail<T: Default>(&self, failure: Failure, reports: &Events) -> T {
        let mut failed = self.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let before = failed.replace((Instant::now(), failure.message.clone()));
        drop(failed);
        if before.is_none_or(|(_, said)| said != failure.message) {
            let message = format!("Nothing is compared by meaning: {}", failure.message);
            reports.report_from_thread(Event::Noticed(Failure { message, ..failure }));
        }
        T::default()
    }

    fn nonsense(&self, what: &str) -> Failure {
        Failure::fatal(FailureKind::Protocol, format!("{} {what}", self.shown))
    }
}

/// Begins to make points of what is new in the map whenever that has changed, in a thread of its own. What it gives is to be
/// called with everything that the repository reports; without a model it does nothing.
pub fn follow(world: &Arc<World>, reports: &Events) -> impl Fn(&Event) + Send + Sync + use<> {
    let wake = world.meaning.is_some().then(|| {
        let (wake, woken) = sync_channel::<()>(1);
        let again = wake.clone();
        let (world, reports) = (Arc::downgrade(world), reports.clone());
        let thread = thread::Builder::new().name("meaning".to_owned()).spawn(move || {
            while woken.recv().is_ok() {
                thread::sleep(GATHERED);
                let _ = woken.try_recv();
                let Some(world) = world.upgrade() else { return };
                let Some(meaning) = &world.meaning else { return };
                if meaning.is_resting() {
                    *meaning.owed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(again.clone());
                    continue;
                }
                let read = |known: &HashSet<TextKey>| match world.repository.known() {
                    Some(map) => Wanted::of(&Texts::settled(&map), known),
                    None => Wanted::default(),
                };
                if let Err(failure) = meaning.begin(read).and_then(Making::finish_last) {
                    *meaning.owed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(again.clone());
                    meaning.fail::<()>(failure, &reports);
                }
            }
        });
        thread.map(|_| wake)
    });
    move |event| {
        let is_news = match event {
            Event::Repository(RepositoryEvent::Ready { .. } | RepositoryEvent::Changed { .. }) => true,
            Event::Repository(RepositoryEvent::Progress { tier: Tier::Exact, done, total }) => done == total,
            _ => false,
        };
        if let Some(Ok(wake)) = wake.as_ref().filter(|_| is_news) {
            // A second word while one waits says nothing new; without a thread there is nobody to wake.
            let (Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(()))) = wake.try_send(());
        }
    }
}
