//! The repository as the session knows it: which files there are and what they hold, kept up to date by one thread of its own.
//!
//! The thread lists, fills the map, watches, looks at what changed, and in between makes outlines exact, the files of the
//! prompt first. It sleeps when there is nothing to do. Who asks waits at most as long as he says, and gets what there is.

mod keeper;

use crate::app::Event;
use crate::map::Map;
use crate::repo::Root;
use crate::repo::walk::{self, MAX_FILES};
use keeper::Keeper;
use sha2::{Digest, Sha256};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// The repository of a session.
pub struct Repository {
    shared: Arc<Shared>,
    cache: PathBuf,
    /// Where the thread is asked, once there is one.
    asks: Mutex<Option<Sender<Ask>>>,
}

struct Shared {
    root: Arc<Root>,
    map: RwLock<Map>,
    stage: Mutex<Stage>,
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
    /// There is none.
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
        let shared = Shared {
            root,
            map: RwLock::new(Map::new()),
            stage: Mutex::new(Stage::Idle),
            moved: Condvar::new(),
            end: AtomicBool::new(false),
            asked: AtomicBool::new(false),
        };
        Repository { shared: Arc::new(shared), cache, asks: Mutex::new(None) }
    }

    /// Begins to make the map and to keep it up to date, if that was not begun before. `report` may wait.
    pub fn begin(&self, report: impl Fn(Event) + Send + 'static) {
        let mut asks = self.asks.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if asks.is_some() {
            return;
        }
        let (sender, receiver) = channel();
        let keeper = Keeper::new(self.shared.clone(), receiver, sender.clone(), Box::new(report));
        self.shared.set(Stage::Filling);
        let cache = self.cache.clone();
        let thread = std::thread::Builder::new().name("repository".to_owned());
        match thread.spawn(move || keeper.keep(&cache)) {
            Ok(_) => *asks = Some(sender),
            Err(_) => self.shared.set(Stage::Idle),
        }
    }

    /// The map, as the files are. Waits at most `patience` if it is being made; `None` when it is not there then.
    pub fn map(&self, patience: Duration) -> Option<RwLockReadGuard<'_, Map>> {
        self.is_ready(patience).then(|| self.shared.map.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// The map as it was when the files were last looked at, without waiting for that; `None` while it is being made.
    pub fn known(&self) -> Option<RwLockReadGuard<'_, Map>> {
        let is_there = matches!(*self.shared.stage(), Stage::Followed | Stage::Unfollowed);
        is_there.then(|| self.shared.map.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
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
        if let Some(asks) = &*self.asks.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            self.shared.asked.store(true, Ordering::Relaxed);
            let _ = asks.send(ask);
        }
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
}
