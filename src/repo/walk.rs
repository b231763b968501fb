//! Listing a repository's files by its ignore rules, each with its stamp. Reads names, stamps and files of rules only, follows no
//! directory link, runs on a worker thread and stops when told.
//!
//! Every directory is opened beneath the root's handle and its files are looked at from there, so that nothing that is moved
//! or replaced meanwhile leads elsewhere; at most one directory a thread is open.

mod names;
mod queue;
mod rules;

use super::Root;
use super::beneath::{self, Links};
use super::dependency;
use super::fault::why;
pub use crate::domain::listing::Skipped;
use crate::domain::listing::{FileEntry, Places};
use crate::domain::path::{self, join, lead};
use crate::map::convention::holds_secrets;
use names::Names;
use queue::Queue;
use rules::{RULES, Rules};
use rustix::fs::{AtFlags, FileType, OFlags, Stat};
use rustix::io::Errno;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most files that are listed. Firefox has 386,000.
pub const MAX_FILES: usize = 500_000;
/// Most names that are reported as skipped.
pub const MAX_SKIPPED: usize = 100;
/// Most threads that list: more wait for the kernel's locks.
const MAX_THREADS: usize = 8;
/// Names of one directory that a thread looks at before another may have the next ones.
const SHARE: usize = 256;
/// Bytes of a path that the system opens, with the zero at its end (PATH_MAX of limits.h).
const MAX_PATH: usize = if cfg!(target_os = "linux") { 4096 } else { 1024 };

/// The files of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By path. Regular files, and links to regular files inside the root, with the stamp of the file itself.
    pub entries: Vec<FileEntry>,
    /// Those of the entries that are links, sorted.
    pub links: Vec<String>,
    /// Directories that were read, relative to the root (which is empty), sorted.
    pub directories: Vec<String>,
    /// Directories, and links, of the names under which projects keep their dependencies in the
    /// directories that were read, whether they are listed or not, sorted.
    pub dependencies: Vec<String>,
    /// Whether the walk stopped early, at its limit or because it was told to.
    pub truncated: bool,
    /// What was left out although no rule says so; by path, at most 100.
    pub skipped: Vec<Skipped>,
}

impl Listing {
    /// The paths alone, sorted.
    pub fn paths(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.path.clone()).collect()
    }
}

/// Lists the files that `.gitignore`, `.ignore`, `.vibeignore` and git's own exclude files leave. Hidden files are
/// listed, version control directories are not. Stops after `limit` files ([`MAX_FILES`] for everything sensible), or
/// within a directory entry of `stop` becoming true; which files a truncated listing holds is then a matter of chance.
pub fn walk(root: &Root, limit: usize, stop: &AtomicBool) -> Listing {
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get().min(MAX_THREADS));
    run(root, None, threads, limit, stop)
}

/// What [`walk`] would list at these places, which need not exist. Reads no directory but those on the way and beneath.
pub fn walk_at(root: &Root, places: &Places, limit: usize, stop: &AtomicBool) -> Listing {
    if places.is_everything() {
        return walk(root, limit, stop);
    }
    run(root, Some(places), 1, limit, stop)
}

fn run(root: &Root, places: Option<&Places>, threads: usize, limit: usize, stop: &AtomicBool) -> Listing {
    let walk = Walk {
        root,
        places,
        limit,
        stop,
        cut: AtomicBool::new(false),
        seen: AtomicUsize::new(0),
        queue: Queue::new(threads),
        found: Mutex::new(Found::default()),
    };
    let (mut first, above) = (Worker::new(&walk), Rules::above(root.path()));
    first.perform(Work::Directory { path: String::new(), above, is_covered: places.is_none() });
    // Where the top is all there is, nobody else has anything to do.
    if first.own.is_empty() {
        drop(first);
    } else {
        std::thread::scope(|scope| {
            (1..threads).for_each(|_| drop(scope.spawn(|| Worker::new(&walk).run())));
            first.run();
        });
    }
    let Walk { found, cut, .. } = walk;
    found.into_inner().unwrap_or_else(PoisonError::into_inner).listing(limit, cut.into_inner())
}

/// A walk that is under way.
struct Walk<'a> {
    root: &'a Root,
    /// Where alone it lists, if not everywhere.
    places: Option<&'a Places>,
    limit: usize,
    stop: &'a AtomicBool,
    /// Whether it stopped early.
    cut: AtomicBool,
    /// What was listed or skipped so far.
    seen: AtomicUsize,
    queue: Queue<Work>,
    found: Mutex<Found>,
}

impl Walk<'_> {
    fn is_cut(&self) -> bool {
        if self.stop.load(Ordering::Relaxed) {
            self.cut.store(true, Ordering::Relaxed);
        }
        self.cut.load(Ordering::Relaxed)
    }

    /// Whether what is at a path is listed (`Some(true)`), or only on the way to what is.
    fn is_covered(&self, path: &str) -> Option<bool> {
        let Some(places) = self.places else { return Some(true) };
        let is_covered = places.cover(path);
        (is_covered || places.lie_beneath(path)).then_some(is_covered)
    }

    /// The entry of a file, or of a link to a file inside the root; `None` for what is neither, and for what is gone.
    fn stamp(
        &self,
        directory: BorrowedFd<'_>,
        path: &str,
        name: &[u8],
        kind: FileType,
    ) -> rustix::io::Result<Option<FileEntry>> {
        let is_link = kind == FileType::Symlink;
        let stat = if path.len() >= MAX_PATH {
            Err(Errno::NAMETOOLONG)
        } else if is_link {
            let to = rustix::fs::readlinkat(directory, name, Vec::new());
            // A link is judged by what it leads to: it may have any name.
            if to.is_ok_and(|to| to.to_str().map_or(true, holds_secrets)) {
                return Ok(None);
            }
            let flags = OFlags::RDONLY | OFlags::NONBLOCK;
            beneath::open(self.root.dir(), path, flags, Links::Follow).and_then(rustix::fs::fstat)
        } else {
            rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
        };
        match stat {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_file() => Ok(Some(stamped(path, &stat))),
            Err(errno) if !is_link && errno != Errno::NOENT => Err(errno),
            _ => Ok(None),
        }
    }

    /// Counts what was listed or skipped, and ends the walk when it is too much.
    fn count(&self, more: usize) {
        if self.seen.fetch_add(more, Ordering::Relaxed) + more > self.limit {
            self.cut.store(true, Ordering::Relaxed);
        }
    }
}

enum Work {
    /// A directory that is to be read.
    Directory { path: String, above: Arc<Rules>, is_covered: bool },
    /// Some names of one that was read.
    Names(Arc<Directory>, Range<usize>),
}

/// A directory that was read.
struct Directory {
    path: String,
    names: Names,
    rules: Arc<Rules>,
    /// Whether everything in it is at a place that is listed.
    is_covered: bool,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    /// Files that follow each other in the listing: those of a directory, but for what lies in directories between them.
    runs: Vec<Vec<FileEntry>>,
    links: Vec<String>,
    directories: Vec<String>,
    dependencies: Vec<String>,
    skipped: Vec<Skipped>,
}

impl Found {
    fn listing(mut self, limit: usize, truncated: bool) -> Listing {
        self.runs.sort_unstable_by(|a, b| a[0].path.cmp(&b[0].path));
        let mut entries = Vec::with_capacity(self.runs.iter().map(Vec::len).sum());
        self.runs.iter_mut().for_each(|run| entries.append(run));
        entries.truncate(limit);
        let Found { mut links, mut directories, mut dependencies, mut skipped, .. } = self;
        links.sort_unstable();
        directories.sort_unstable();
        dependencies.sort_unstable();
        skipped.sort_unstable();
        skipped.truncate(MAX_SKIPPED);
        Listing { entries, links, directories, dependencies, truncated, skipped }
    }

    /// Keeps files that follow each other.
    fn keep(&mut self, run: &mut Vec<FileEntry>) {
        if !run.is_empty() {
            self.runs.push(std::mem::take(run));
        }
    }

    fn skip(&mut self, skipped: Skipped) {
        if self.skipped.len() < MAX_SKIPPED {
            self.skipped.push(skipped);
        }
    }
}

/// A thread's part of a walk. What it found is handed over when it ends.
struct Worker<'a> {
    walk: &'a Walk<'a>,
    own: Vec<Work>,
    found: Found,
    buffer: Vec<u8>,
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        // Its work would be waited for.
        if std::thread::panicking() {
            self.walk.queue.close();
        }
        let mut found = self.walk.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.runs.append(&mut self.found.runs);
        found.links.append(&mut self.found.links);
        found.directories.append(&mut self.found.directories);
        found.dependencies.append(&mut self.found.dependencies);
        found.skipped.append(&mut self.found.skipped);
    }
}

impl<'a> Worker<'a> {
    fn new(walk: &'a Walk<'a>) -> Worker<'a> {
        Worker { walk, own: Vec::new(), found: Found::default(), buffer: Vec::new() }
    }

    fn run(mut self) {
        while let Some(work) = self.walk.queue.take(&mut self.own) {
            self.perform(work);
            self.walk.queue.share(&mut self.own);
        }
    }

    fn perform(&mut self, work: Work) {
        match work {
            _ if self.walk.is_cut() => {
                self.own.clear();
                self.walk.queue.close();
            }
            Work::Directory { path, above, is_covered } => self.read(path, &above, is_covered),
            Work::Names(directory, names) => {
                match self.open(&directory.path) {
                    Ok(handle) => self.look_at(handle.as_fd(), &directory, names),
                    Err(Errno::NOENT) => {}
                    Err(errno) => {
                        // Its other names are listed: the rest must not pass for gone.
                        self.found.skip(Skipped::directory(directory.path.clone(), why(errno)));
                        self.walk.count(1);
                        self.walk.cut.store(true, Ordering::Relaxed);
                    }
                }
            }
        }
    }

    fn open(&self, path: &str) -> rustix::io::Result<OwnedFd> {
        // What has a longer name no other program opens by it.
        if self.walk.root.path().as_os_str().len() + 1 + path.len() >= MAX_PATH {
            return Err(Errno::NAMETOOLONG);
        }
        let path = if path.is_empty() { "." } else { path };
        beneath::open(self.walk.root.dir(), path, OFlags::RDONLY | OFlags::DIRECTORY, Links::Refuse)
    }

    fn read(&mut self, path: String, above: &Arc<Rules>, is_covered: bool) {
        let handle = self.open(&path);
        if is_covered && !matches!(handle, Err(Errno::NOENT)) {
            self.found.directories.push(path.clone());
        }
        let (names, read) = match &handle {
            Ok(handle) => Names::read(handle.as_fd(), &mut self.buffer),
            Err(errno) => (Names::default(), Err(*errno)),
        };
        if let Err(errno) = read
            && errno != Errno::NOENT
        {
            self.found.skip(Skipped::directory(path.clone(), why(errno)));
            self.walk.count(1);
        }
        let Ok(handle) = handle else { return };
        let rules = above.within(handle.as_fd(), &path, names.rules, |name| {
            let reason = "only its first rules are read: it is larger than 1 MiB";
            self.found.skip(Skipped::file(join(&path, name), reason));
        });
        let all = names.len();
        let directory = Arc::new(Directory { path, names, rules, is_covered });
        let rest = (SHARE..all).step_by(SHARE).map(|from| from..all.min(from + SHARE));
        self.own.extend(rest.map(|names| Work::Names(directory.clone(), names)));
        self.look_at(handle.as_fd(), &directory, 0..all.min(SHARE));
    }

    /// Lists the files among some names of a directory, and leaves the directories among them to be read.
    fn look_at(&mut self, handle: BorrowedFd<'_>, directory: &Directory, names: Range<usize>) {
        let mut path = lead(&directory.path).into_bytes();
        let (lead, mut count) = (path.len(), 0);
        let mut run = Vec::with_capacity(names.len());
        for (name, kind) in names.map(|at| directory.names.get(at)) {
            if self.walk.is_cut() {
                break;
            }
            path.truncate(lead);
            path.extend_from_slice(name);
            let text = std::str::from_utf8(&path).ok();
            let is_covered =
                if directory.is_covered { Some(true) } else { text.and_then(|at| self.walk.is_covered(at)) };
            let is_dir = kind == FileType::Directory;
            let (Some(is_covered), true) = (is_covered, is_dir || may_be_file(kind)) else { continue };
            if dependency::is_place(name) && kind != FileType::RegularFile {
                self.found.dependencies.extend(text.map(str::to_owned));
            }
            if directory.rules.leave_out(&path, is_dir) {
                continue;
            }
            match text {
                None => {
                    let (path, reason) = (path.escape_ascii().to_string(), "the name is not UTF-8");
                    let skipped = if is_dir { Skipped::directory(path, reason) } else { Skipped::file(path, reason) };
                    self.found.skip(skipped);
                    count += 1;
                }
                Some(text) if is_dir => {
                    let work = Work::Directory { path: text.to_owned(), above: directory.rules.clone(), is_covered };
                    self.own.push(work);
                    // What is in it comes between what is before and behind it.
                    self.found.keep(&mut run);
                }
                Some(text) if is_covered => match self.walk.stamp(handle, text, name, kind) {
                    Ok(entry) => {
                        count += usize::from(entry.is_some());
                        if kind == FileType::Symlink && entry.is_some() {
                            self.found.links.push(text.to_owned());
                        }
                        run.extend(entry);
                    }
                    Err(errno) => {
                        self.found.skip(Skipped::file(text.to_owned(), why(errno)));
                        count += 1;
                    }
                },
                Some(_) => {}
            }
        }
        self.found.keep(&mut run);
        self.walk.count(count);
    }
}

fn may_be_file(kind: FileType) -> bool {
    matches!(kind, FileType::RegularFile | FileType::Symlink | FileType::Unknown)
}

/// Whether what this path names decides on what is listed beneath its directory.
pub(super) fn is_ignore_file(path: &str) -> bool {
    let name = path::name(path);
    name != ".git" && RULES.contains(&name)
}

// The types of a stamp's parts differ between architectures.
#[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
pub(super) fn stamped(path: &str, stat: &Stat) -> FileEntry {
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    FileEntry {
        path: path.to_owned(),
        size: u64::try_from(stat.st_size).unwrap_or(0),
        modified_ns: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        changed_ns: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        inode: stat.st_ino as u64,
    }
}
