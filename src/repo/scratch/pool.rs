//! The scratch copies that one process makes: which of them were looked at after the last check in them had ended, so that
//! the next copy need not begin with that.
//!
//! Says nothing of a copy that another process has had since (its manifest is another one), or that was ever dropped with a check
//! perhaps still in it.

use super::look::Depth;
use super::manifest::Stamp;
use super::{Scratch, sweep};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Where copies are kept, and what is known of those that nobody uses.
#[derive(Debug)]
pub struct Pool {
    pub(super) cache: PathBuf,
    state: Mutex<State>,
    /// Told when a look has ended.
    looked: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Copies that are being looked at.
    looking: usize,
    /// Copies that are as their manifests say, with the stamp of the manifest.
    whole: HashMap<PathBuf, Stamp>,
    /// Copies to which something that nobody saw end may write at any time.
    abandoned: HashSet<PathBuf>,
}

impl Pool {
    /// The copies below a directory for caches.
    pub fn new(cache: impl Into<PathBuf>) -> Arc<Pool> {
        Arc::new(Pool { cache: cache.into(), state: Mutex::default(), looked: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no copy is being looked at: a copy made meanwhile would be another one, from nothing.
    pub fn wait(&self) {
        let state = self.looked.wait_while(self.state(), |state| state.looking > 0);
        drop(state.unwrap_or_else(PoisonError::into_inner));
    }

    /// Notes that a copy was dropped without a word on what is in it.
    pub(super) fn abandon(&self, copy: &Path) {
        self.state().abandoned.insert(copy.to_owned());
    }

    /// How far a copy has to be looked at that is about to be used, and is whole no longer.
    pub(super) fn depth(&self, copy: &Path, manifest: &Path) -> Depth {
        let known = self.state().whole.remove(copy);
        match known.is_some() && known == Stamp::read(manifest).ok() {
            true => Depth::Directories,
            false => Depth::Files,
        }
    }
}

impl Scratch {
    /// Gives the copy back. To be called when nothing that a check started is left to write to it: what checks have changed is
    /// taken out in the background, and the next copy trusts its files. One that was dropped once is looked at by every next one.
    pub fn release(mut self) {
        self.released = true;
        if self.serial >= sweep::STAYING {
            return;
        }
        let looking = Looking::new(self.pool.clone());
        // Without a thread it is dropped.
        let _ = std::thread::Builder::new().name("scratch".to_owned()).spawn(move || {
            let restored = self.restore();
            let mut state = self.pool.state();
            if let Some(stamp) = restored.filter(|_| !state.abandoned.contains(&self.dir)) {
                state.whole.insert(self.dir.clone(), stamp);
            }
            drop(state);
            // Whoever waits finds it free.
            drop(self);
            drop(looking);
        });
    }
}

/// A look that has begun and not ended.
struct Looking(Arc<Pool>);

impl Looking {
    fn new(pool: Arc<Pool>) -> Looking {
        pool.state().looking += 1;
        Looking(pool)
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.state().looking -= 1;
        self.0.looked.notify_all();
    }
}
