//! Watching with inotify(7): one watch a directory, one thread that sleeps in `read`.

use super::note;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::listing::Places;
use crate::repo::fault::why;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::collections::{HashMap, HashSet};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Bytes of events read at once; one is at most 272 bytes.
const BUFFER: usize = 16 << 10;

/// Watches until it is dropped.
#[derive(Debug)]
pub(super) struct Backend(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    top: PathBuf,
    queue: OwnedFd,
    ending: AtomicBool,
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    /// Directories by the number of their watch, relative to the root.
    directories: HashMap<i32, String>,
    changed: Places,
}

impl Backend {
    pub(super) fn start(root: &Path, wake: Box<dyn Fn() + Send>) -> Result<Backend, Failure> {
        let refused = |why: String| {
            let message = format!(
                "Changes of files cannot be watched ({why}): the repository is looked through before each use."
            );
            Failure::fatal(FailureKind::Io, message)
        };
        let queue = inotify::init(CreateFlags::CLOEXEC).map_err(|e| refused(why(e)))?;
        let ending = AtomicBool::new(false);
        let shared = Arc::new(Shared { top: root.to_owned(), queue, ending, watched: Mutex::default() });
        let reader = shared.clone();
        let thread = std::thread::Builder::new().name("watch".to_owned()).stack_size(128 << 10);
        thread.spawn(move || reader.listen(&*wake)).map_err(|e| refused(e.to_string()))?;
        Ok(Backend(shared))
    }

    pub(super) fn follow(&self, places: &Places, directories: &[String]) -> Result<Places, Failure> {
        let wanted: HashSet<&str> = directories.iter().map(String::as_str).collect();
        let mut watched = self.0.lock();
        let gone: Vec<i32> = watched
            .directories
            .iter()
            .filter(|(_, path)| places.cover(path) && !wanted.contains(path.as_str()))
            .map(|(watch, _)| *watch)
            .collect();
        for watch in gone {
            watched.directories.remove(&watch);
            let _ = inotify::remove_watch(&self.0.queue, watch);
        }
        let known: HashSet<String> = watched.directories.values().cloned().collect();
        let mut new = Places::default();
        for path in directories.iter().filter(|path| !known.contains(*path)) {
            match inotify::add_watch(&self.0.queue, self.0.top.join(path), events()) {
                Ok(watch) => {
                    watched.directories.insert(watch, path.clone());
                    new.insert(path.clone());
                }
                Err(Errno::NOSPC | Errno::NOMEM) => return Err(limit(watched.directories.len())),
                // Gone again, or not ours to read: the walk says so, if it matters.
                Err(_) => {}
            }
        }
        Ok(new)
    }

    pub(super) fn take(&self) -> Places {
        std::mem::take(&mut self.0.lock().changed)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.0.ending.store(true, Ordering::Relaxed);
        // The end of a watch is an event: the thread wakes up and sees that it is over.
        for watch in self.0.lock().directories.keys() {
            let _ = inotify::remove_watch(&self.0.queue, *watch);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn listen(&self, wake: &dyn Fn()) {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut reader = inotify::Reader::new(&self.queue, &mut buffer);
        while !self.ending.load(Ordering::Relaxed) {
            let told = match reader.next() {
                Ok(event) => self.heard(&event),
                Err(Errno::INTR) => false,
                Err(_) => {
                    self.lock().changed = Places::everything();
                    return wake();
                }
            };
            if told {
                wake();
            }
        }
    }

    /// Notes an event; whether it is the first since the last `take`.
    fn heard(&self, event: &inotify::Event<'_>) -> bool {
        let mut watched = self.lock();
        let first = watched.changed.is_empty();
        if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
            watched.changed = Places::everything();
            return first;
        }
        if event.events().contains(ReadFlags::IGNORED) {
            watched.directories.remove(&event.wd());
            return false;
        }
        let Watched { directories, changed } = &mut *watched;
        let Some(directory) = directories.get(&event.wd()) else { return false };
        match event.file_name().map(|name| name.to_str()) {
            None => note(changed, directory),
            Some(Ok(name)) if directory.is_empty() => note(changed, name),
            Some(Ok(name)) => note(changed, &format!("{directory}/{name}")),
            // Names that are not UTF-8 are in no listing.
            Some(Err(_)) => {}
        }
        first && !watched.changed.is_empty()
    }
}

/// What may change a listing or a content. Not `ATTRIB`: a mode changes neither.
fn events() -> WatchFlags {
    WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MODIFY
        | WatchFlags::CLOSE_WRITE
        | WatchFlags::MOVED_FROM
        | WatchFlags::MOVED_TO
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::ONLYDIR
        | WatchFlags::DONT_FOLLOW
        | WatchFlags::EXCL_UNLINK
}

fn limit(watched: usize) -> Failure {
    let message = format!(
        "Only {watched} directories can be watched for changes: the repository is looked through before each use. \
         To watch more, raise the sysctl `fs.inotify.max_user_watches`."
    );
    Failure::fatal(FailureKind::Io, message)
}
