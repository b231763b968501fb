//! The thread that keeps the map: it fills it, follows the files, and makes outlines exact while nobody asks for anything.

use super::{Ask, Shared, Stage};
use crate::app::{Event, RepositoryEvent};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::listing::{Places, Unread};
use crate::domain::outline::Tier;
use crate::index::{Index, Job, Priority, Refreshed};
use crate::repo::read;
use crate::repo::walk::{MAX_FILES, walk_at};
use crate::repo::watch::Watcher;
use crate::runtime::heap;
use std::cell::Cell;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// How long changes are gathered before they are looked at.
const GATHERED: Duration = Duration::from_millis(10);
/// Looking takes at most this part of the time, however fast changes come: one in so many.
const SHARE: u32 = 4;
/// Longest that changes are gathered.
const GATHERED_AT_MOST: Duration = Duration::from_secs(2);
/// Files that are made exact before it is asked what else there is.
const BATCH: usize = 32;
/// Between two reports of progress. Who waits for the map sees it move; who works on is not disturbed.
const REPORTED: Duration = Duration::from_millis(100);
const REPORTED_CALMLY: Duration = Duration::from_secs(5);
/// How often new directories are looked into for newer ones before the rest is left to the watcher.
const DEEP: usize = 8;

/// Takes what has to be reported, and may wait.
pub(super) type Report = Arc<dyn Fn(Event) + Send + Sync>;

/// The thread's own.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    asks: Receiver<Ask>,
    ask: Sender<Ask>,
    report: Report,
    watcher: Option<Watcher>,
    /// Files whose outlines are to be made exact, in this order.
    shallow: VecDeque<String>,
    /// How long the last look took, and when it was over.
    last: Option<(Duration, Instant)>,
}

impl Keeper {
    pub fn new(shared: Arc<Shared>, asks: Receiver<Ask>, ask: Sender<Ask>, report: Report) -> Keeper {
        Keeper { shared, asks, ask, report, watcher: None, shallow: VecDeque::new(), last: None }
    }

    /// Works until it is told to end, or nobody has asked for the map for a while.
    pub fn keep(self, cache: &Path) {
        if self.follow_files(cache) == Ended::LetGo {
            heap::give_back();
        }
    }

    fn follow_files(mut self, cache: &Path) -> Ended {
        let start = Instant::now();
        let mut index = Index::open(Some(cache), Tier::Exact);
        let directories = self.look(&mut index, &Places::everything(), Tell::Progress).directories;
        if self.is_over() {
            return Ended::NotNeeded;
        }
        let took = start.elapsed();
        self.follow(&mut index, &directories);
        self.shared.set(if self.watcher.is_some() { Stage::Followed } else { Stage::Unfollowed });
        // Whoever hears that it is ready finds it ready.
        self.ready(&index, took);
        self.shallow = index.shallow().into();
        let total = self.shallow.len();
        let mut reported = Instant::now();
        while !self.is_over() {
            let ask = match self.shallow.is_empty() {
                true => match self.asks.recv_timeout(self.shared.kept_for()) {
                    Err(RecvTimeoutError::Timeout) if self.shared.let_go() => return Ended::LetGo,
                    ask => ask.ok(),
                },
                false => self.asks.try_recv().ok(),
            };
            self.shared.asked.store(false, Ordering::Relaxed);
            match ask {
                Some(Ask::Look) => self.look_at_changes(&mut index),
                Some(Ask::LookAtAll(done)) => {
                    let looked = self.look(&mut index, &Places::everything(), Tell::Changes);
                    if looked.refreshed.changed > 0 {
                        self.shallow = index.shallow().into();
                    }
                    let _ = done.send(());
                }
                Some(Ask::Prefer(paths)) => self.prefer(paths),
                Some(Ask::End) => return Ended::NotNeeded,
                // Somebody asked just when the map was to be let go: that is no news, and whoever heard it would ask again.
                None if self.shallow.is_empty() => {}
                None => {
                    self.deepen(&mut index);
                    if self.shallow.is_empty() {
                        index.keep(&self.shared.map);
                    }
                    if reported.elapsed() >= REPORTED_CALMLY || self.shallow.is_empty() {
                        reported = Instant::now();
                        self.progress(Tier::Exact, total - self.shallow.len().min(total), total);
                    }
                }
            }
            self.tell_notices(&mut index);
        }
        Ended::NotNeeded
    }

    fn is_over(&self) -> bool {
        self.shared.end.load(Ordering::Relaxed)
    }

    fn ready(&self, index: &Index, took: Duration) {
        let (files, symbols) = self.held(index);
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        (self.report)(Event::Repository(RepositoryEvent::Ready { files, symbols, millis }));
    }

    /// Files, and definitions in them.
    fn held(&self, index: &Index) -> (u32, u32) {
        let map = self.shared.map.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        (count(index.len()), count(map.definition_count()))
    }

    fn progress(&self, tier: Tier, done: usize, total: usize) {
        let event = RepositoryEvent::Progress { tier, done: count(done), total: count(total) };
        (self.report)(Event::Repository(event));
    }

    fn tell(&self, message: String) {
        (self.report)(Event::Noticed(Failure::fatal(FailureKind::Io, message)));
    }

    fn tell_notices(&self, index: &mut Index) {
        index.notices().into_iter().for_each(|message| self.tell(message));
    }

    /// Looks at places and brings the map up to what is there.
    fn look(&mut self, index: &mut Index, places: &Places, tell: Tell) -> Looked {
        let start = Instant::now();
        let listing = walk_at(&self.shared.root, places, MAX_FILES, &self.shared.end);
        // A listing that was cut short by the end would look like files that are gone.
        if self.is_over() {
            return Looked::default();
        }
        if listing.truncated && tell == Tell::Progress {
            self.tell(format!(
                "The repository has more than {MAX_FILES} files, and its map not all of them. \
                 List what does not matter in .vibeignore."
            ));
        }
        let reported = Cell::new(start);
        let progress = |done: usize, total: usize| {
            if tell == Tell::Progress && reported.get().elapsed() >= REPORTED {
                reported.set(Instant::now());
                self.progress(Tier::Scan, done, total);
            }
        };
        let source = self.source();
        let job = Job { priority: Priority::Now, source: &source, stop: &self.shared.end, progress: &progress };
        let refreshed = index.refresh(&self.shared.map, places, &listing.entries, &job);
        if tell == Tell::Changes && refreshed.changed + refreshed.removed > 0 {
            let (files, symbols) = self.held(index);
            (self.report)(Event::Repository(RepositoryEvent::Changed { files, symbols }));
        }
        self.last = Some((start.elapsed(), Instant::now()));
        self.tell_notices(index);
        Looked { directories: listing.directories, refreshed }
    }

    fn source(&self) -> impl Fn(&str, u64, &mut Vec<u8>) -> Result<(), Unread> + Sync + use<> {
        let root = self.shared.root.clone();
        move |path: &str, size, bytes: &mut Vec<u8>| read::listed(&root, path, size, bytes)
    }

    /// Begins to watch. What happened between the walk and this is seen by looking once more.
    fn follow(&mut self, index: &mut Index, directories: &[String]) {
        let ask = self.ask.clone();
        let shared = self.shared.clone();
        let wake = move || {
            shared.asked.store(true, Ordering::Relaxed);
            let _ = ask.send(Ask::Look);
        };
        match Watcher::start(&self.shared.root, wake) {
            Ok(watcher) => self.watcher = Some(watcher),
            Err(failure) => return self.tell(failure.message),
        }
        self.follow_at(index, Places::everything(), directories.to_vec());
    }

    /// Watches the directories at places, and looks into those that are new until there are no newer ones.
    fn follow_at(&mut self, index: &mut Index, mut places: Places, mut directories: Vec<String>) {
        for _ in 0..DEEP {
            let Some(watcher) = &self.watcher else { return };
            places = match watcher.follow(&places, &directories) {
                Ok(new) if new.is_empty() => return,
                Ok(new) => new,
                Err(failure) => {
                    self.watcher = None;
                    self.shared.set(Stage::Unfollowed);
                    return self.tell(failure.message);
                }
            };
            directories = self.look(index, &places, Tell::Changes).directories;
        }
    }

    fn look_at_changes(&mut self, index: &mut Index) {
        std::thread::sleep(self.gathering());
        let Some(places) = self.watcher.as_ref().map(Watcher::take).filter(|places| !places.is_empty()) else { return };
        let looked = self.look(index, &places, Tell::Changes);
        self.follow_at(index, places, looked.directories);
        if looked.refreshed.changed > 0 {
            self.shallow = index.shallow().into();
        }
    }

    /// How long changes are gathered: longer when looking is costly and was done just now.
    fn gathering(&self) -> Duration {
        let Some((cost, over)) = self.last else { return GATHERED };
        (cost * SHARE).saturating_sub(over.elapsed()).clamp(GATHERED, GATHERED_AT_MOST)
    }

    fn prefer(&mut self, paths: Vec<String>) {
        self.shallow.retain(|path| !paths.contains(path));
        paths.into_iter().rev().for_each(|path| self.shallow.push_front(path));
    }

    /// Makes a few outlines exact, the next in line. Those that were put off come again.
    fn deepen(&mut self, index: &mut Index) {
        let batch: Vec<String> = self.shallow.drain(..BATCH.min(self.shallow.len())).collect();
        let source = self.source();
        let stop: &AtomicBool = &self.shared.asked;
        let job = Job { priority: Priority::Background, source: &source, stop, progress: &|_, _| () };
        let put_off = index.deepen(&self.shared.map, &batch, &job);
        put_off.into_iter().rev().for_each(|path| self.shallow.push_front(path));
    }
}

/// Why the thread ends.
#[derive(PartialEq, Eq)]
enum Ended {
    /// Nobody asked for the map for a while.
    LetGo,
    /// The repository is no longer needed.
    NotNeeded,
}

/// What a look tells about itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tell {
    Progress,
    Changes,
}

/// What a look has found.
#[derive(Default)]
struct Looked {
    directories: Vec<String>,
    refreshed: Refreshed,
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
