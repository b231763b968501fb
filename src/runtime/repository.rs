//! The repository as the session knows it: which files there are and what they hold, kept up to date by one thread of its own.
//!
//! The thread lists, fills the map, watches, looks at what changed, and in between makes outlines exact, the files of the
//! prompt first. It sleeps when there is nothing to do, and when nobody has asked for a while it ends and lets go of the map,
//! most of the memory that a large repository costs: whoever asks next begins it anew, from what was kept on the disk. Who
//! asks waits at most as long as he says, and gets what there is.

mod keeper;

use crate::app::Event;
use crate::map::Map;
use crate::repo::Root;
use crate::repo::walk::{self, MAX_FILES};
use keeper::{Keeper, Report};
use sha2::{Digest, Sha256};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// How long nobody asks for the map before it is let go: longer than a look at the screen, shorter than a coffee.
const REST: Duration = Duration::from_secs(15);

/// The repository of a session.
pub struct Repository {
    shared: Arc<Shared>,
    cache: PathBuf,
    thread: Mutex<Thread>,
}

/// The thread, and how it is begun again.
#[derive(Default)]
struct Thread {
    /// Who is told how far it is, if anybody is.
    report: Option<Report>,
    /// Where it is asked; `None` until it was begun the first time.
    asks: Option<Sender<Ask>>,
}

struct Shared {
    root: Arc<Root>,
    map: RwLock<Map>,
    stage: Mutex<Stage>,
    /// When somebody last asked for the map.
    used: Mutex<Instant>,
    /// How long nobody asks before the map is let go.
    rest: Duration,
    /// Told when the stage changes.
    moved: Condvar,
    /// The repository is no longer needed.
    end: AtomicBool,
    /// Somebody asks for something: work that nobody waits for is put off.
    asked: AtomicBool,
}

/// How far the thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// There is none: it was not begun yet, or nobody has asked for a while.
    Idle,
    /// The map is not complete yet.
    Filling,
    /// The map follows the files by itself.
    Followed,
    /// The map is as it was when it was last asked to look.
    Unfollowed,
}

/// What the thread is asked for.
enum Ask {
    /// To look at what the watcher has seen.
    Look,
    /// To look at everything, and to say when that is done.
    LookAtAll(Sender<()>),
    /// To make these exact first.
    Prefer(Vec<String>),
    /// To end.
    End,
}

/// The file that the map of a root is kept in, below our cache directory.
pub fn cache_file(cache: &Path, root: &Root) -> PathBuf {
    let hash = Sha256::digest(root.path().as_os_str().as_bytes());
    let name: String = hash.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    cache.join("index").join(format!("{name}.db"))
}

impl Repository {
    /// A repository that nobody has looked at yet.
    pub fn new(root: Arc<Root>, cache: PathBuf) -> Repository {
        Repository::resting(root, cache, REST)
    }

    /// One whose map is let go when nobody has asked for it for that long.
    pub fn resting(root: Arc<Root>, cache: PathBuf, rest: Duration) -> Repository {
        let shared = Shared {
            root,
            map: RwLock::new(Map::new()),
            stage: Mutex::new(Stage::Idle),
            used: Mutex::new(Instant::now()),
            rest,
            moved: Condvar::new(),
            end: AtomicBool::new(false),
            asked: AtomicBool::new(false),
        };
        Repository { shared: Arc::new(shared), cache, thread: Mutex::default() }
    }

    /// Tells `report`, which may wait, how far the map is, whenever it is begun from now on.
    pub fn report_to(&self, report: impl Fn(Event) + Send + Sync + 'static) {
        self.thread().report = Some(Arc::new(report));
    }

    /// Begins to make the map and to keep it up to date, unless that is being done: somebody will soon ask for it. Whoever
    /// asks for it begins it, too.
    pub fn begin(&self) {
        let mut thread = self.thread();
        self.shared.touch();
        if *self.shared.stage() != Stage::Idle {
            return;
        }
        let report = thread.report.clone().unwrap_or_else(|| Arc::new(|_| ()));
        let (sender, receiver) = channel();
        let keeper = Keeper::new(self.shared.clone(), receiver, sender.clone(), report);
        self.shared.set(Stage::Filling);
        let cache = self.cache.clone();
        match std::thread::Builder::new().name("repository".to_owned()).spawn(move || keeper.keep(&cache)) {
            Ok(_) => thread.asks = Some(sender),
            Err(_) => self.shared.set(Stage::Idle),
        }
    }

    /// Brings the map up to files that we wrote, if anybody ever asked for it: it is begun again if it was let go, and told to
    /// look if it does not follow.
    pub fn follow_write(&self) {
        if self.thread().asks.is_none() {
            return;
        }
        self.begin();
        let is_told = *self.shared.stage() == Stage::Unfollowed;
        if is_told {
            self.ask(Ask::LookAtAll(channel().0));
        }
    }

    /// The map, as the files are. Waits at most `patience` if it is being made; `None` when it is not there then.
    pub fn map(&self, patience: Duration) -> Option<RwLockReadGuard<'_, Map>> {
        self.begin();
        let is_ready = self.is_ready(patience);
        self.shared.touch();
        is_ready.then(|| self.shared.map.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// The map as it was when the files were last looked at, without waiting for that; `None` while it is being made.
    pub fn known(&self) -> Option<RwLockReadGuard<'_, Map>> {
        self.begin();
        let is_there = matches!(*self.shared.stage(), Stage::Followed | Stage::Unfollowed);
        is_there.then(|| self.shared.map.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// Whether the map, or a part of it, is in memory.
    pub fn is_kept(&self) -> bool {
        *self.shared.stage() != Stage::Idle
    }

    /// Every path, sorted, by listing the files: for whoever has no map.
    pub fn list(&self) -> Vec<String> {
        walk::walk(&self.shared.root, MAX_FILES, &self.shared.end).paths()
    }

    /// Makes the outlines of these files exact before all others.
    pub fn prefer(&self, paths: &[String]) {
        self.ask(Ask::Prefer(paths.to_vec()));
    }

    /// Waits until the map is complete and as the files are, at most `patience`.
    fn is_ready(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut stage = self.shared.stage();
        while *stage == Stage::Filling {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            stage = self.shared.moved.wait_timeout(stage, left).unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
        match *stage {
            Stage::Idle | Stage::Filling => false,
            Stage::Followed => true,
            Stage::Unfollowed => {
                drop(stage);
                let (done, looked) = channel();
                self.ask(Ask::LookAtAll(done));
                looked.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
            }
        }
    }

    fn ask(&self, ask: Ask) {
        if let Some(asks) = &self.thread().asks {
            self.shared.asked.store(true, Ordering::Relaxed);
            let _ = asks.send(ask);
        }
    }

    fn thread(&self) -> MutexGuard<'_, Thread> {
        self.thread.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        self.shared.end.store(true, Ordering::Relaxed);
        self.ask(Ask::End);
    }
}

impl Shared {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn set(&self, stage: Stage) {
        *self.stage() = stage;
        self.moved.notify_all();
    }

    fn used(&self) -> MutexGuard<'_, Instant> {
        self.used.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn touch(&self) {
        *self.used() = Instant::now();
    }

    /// How long the map is still kept if nobody asks for it.
    fn kept_for(&self) -> Duration {
        self.rest.saturating_sub(self.used().elapsed())
    }

    /// Lets go of the map, unless somebody has asked for it meanwhile. Whoever asks first touches and then looks at the
    /// stage, and whoever fills waits for the map's lock: neither finds it half gone.
    fn let_go(&self) -> bool {
        let mut map = self.map.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut stage = self.stage();
        let is_over = self.kept_for().is_zero();
        if is_over {
            *stage = Stage::Idle;
            drop(stage);
            *map = Map::new();
        }
        is_over
    }
}
