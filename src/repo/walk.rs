//! Listing a repository's files by its ignore rules, each with its stamp. Reads names and stamps only, follows no
//! directory link, runs on a worker thread and stops when told.

use super::Root;
use super::beneath::{self, Links};
use super::fault::{why, why_io};

use crate::domain::listing::{FileEntry, Places};
use crate::map::convention::holds_secrets;
use ignore::{DirEntry, WalkBuilder, WalkState};
use rustix::fs::{AtFlags, FileType, OFlags, Stat};
use rustix::io::Errno;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Most files that are listed. Firefox has 386,000.
pub const MAX_FILES: usize = 500_000;
/// Most names that are reported as skipped.
const MAX_SKIPPED: usize = 100;
/// Files whose content says what is listed.
const IGNORE_FILES: [&str; 3] = [".gitignore", ".ignore", ".vibeignore"];

/// The files of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By path. Regular files, and links to regular files inside the root, with the stamp of the file itself.
    pub entries: Vec<FileEntry>,
    /// Directories that were read, relative to the root (which is empty), sorted.
    pub directories: Vec<String>,
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

/// A name that a walk had to leave out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Relative to the root; escaped where it is not UTF-8.
    pub path: String,
    /// Why, as a phrase.
    pub reason: String,
}

/// Lists the files that `.gitignore`, `.ignore`, `.vibeignore` and git's own exclude files leave. Hidden files are
/// listed, version control directories are not. Stops after `limit` files ([`MAX_FILES`] for everything sensible), or
/// within a directory entry of `stop` becoming true; which files a truncated listing holds is then a matter of chance.
pub fn walk(root: &Root, limit: usize, stop: &AtomicBool) -> Listing {
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get().min(8));
    run(root, builder(root).threads(threads).filter_entry(is_wanted), limit, stop)
}

/// What [`walk`] would list at these places, which need not exist. Reads no directory but those on the way and beneath.
pub fn walk_at(root: &Root, places: &Places, limit: usize, stop: &AtomicBool) -> Listing {
    if places.is_everything() {
        return walk(root, limit, stop);
    }
    let (top, at) = (root.path().to_owned(), places.clone());
    let filter = move |entry: &DirEntry| {
        let path = entry.path().strip_prefix(&top).ok().and_then(Path::to_str);
        is_wanted(entry) && path.is_some_and(|path| at.cover(path) || at.lie_beneath(path))
    };
    let mut listing = run(root, builder(root).threads(1).filter_entry(filter), limit, stop);
    listing.directories.retain(|path| places.cover(path));
    listing.entries.retain(|entry| places.cover(&entry.path));
    listing
}

fn builder(root: &Root) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root.path());
    builder
        .hidden(false)
        .parents(false)
        .require_git(false)
        .follow_links(false)
        .add_custom_ignore_filename(".vibeignore");
    builder
}

fn run(root: &Root, builder: &WalkBuilder, limit: usize, stop: &AtomicBool) -> Listing {
    let (found, seen, cut) = (Mutex::new(Listing::default()), AtomicUsize::new(0), AtomicBool::new(false));
    builder.build_parallel().run(|| {
        let mut batch = Batch { found: &found, part: Listing::default() };
        let (seen, cut) = (&seen, &cut);
        Box::new(move |entry| {
            if stop.load(Ordering::Relaxed) || cut.load(Ordering::Relaxed) {
                cut.store(true, Ordering::Relaxed);
                return WalkState::Quit;
            }
            let found = match entry {
                Ok(entry) => look(root, &entry),
                Err(error) => trouble(root, &error),
            };
            if matches!(found, Some(Found::File(_) | Found::Skipped(_)))
                && seen.fetch_add(1, Ordering::Relaxed) >= limit
            {
                cut.store(true, Ordering::Relaxed);
                return WalkState::Quit;
            }
            batch.push(found);
            WalkState::Continue
        })
    });
    let mut listing = found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    listing.entries.sort_unstable();
    listing.directories.sort_unstable();
    listing.skipped.sort_unstable();
    listing.skipped.truncate(MAX_SKIPPED);
    listing.truncated = cut.into_inner();
    listing
}

/// What an entry of a directory is.
enum Found {
    File(FileEntry),
    Directory(String),
    Skipped(Skipped),
}

/// A thread's own finds, handed over when the thread is done.
struct Batch<'a> {
    found: &'a Mutex<Listing>,
    part: Listing,
}

impl Batch<'_> {
    fn push(&mut self, found: Option<Found>) {
        match found {
            Some(Found::File(entry)) => self.part.entries.push(entry),
            Some(Found::Directory(path)) => self.part.directories.push(path),
            Some(Found::Skipped(skipped)) if self.part.skipped.len() < MAX_SKIPPED => self.part.skipped.push(skipped),
            Some(Found::Skipped(_)) | None => {}
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut found = self.found.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        found.entries.append(&mut self.part.entries);
        found.directories.append(&mut self.part.directories);
        found.skipped.append(&mut self.part.skipped);
    }
}

fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().as_encoded_bytes();
    let version_control = matches!(name, b".git" | b".jj" | b".hg" | b".svn");
    !version_control && !super::write::is_temporary(entry.file_name())
}

/// Whether what this path names decides on what is listed beneath its directory.
pub(super) fn is_ignore_file(path: &str) -> bool {
    IGNORE_FILES.contains(&path.rsplit('/').next().unwrap_or(path))
}

/// What stands there; `None` for what is neither file nor directory, and for what is gone.
fn look(root: &Root, entry: &DirEntry) -> Option<Found> {
    let kind = entry.file_type()?;
    if !kind.is_file() && !kind.is_symlink() && !kind.is_dir() {
        return None;
    }
    let path = entry.path().strip_prefix(root.path()).ok()?;
    let Some(path) = path.to_str() else {
        let reason = "the name is not UTF-8".to_owned();
        return Some(Found::Skipped(Skipped { path: escaped(path), reason }));
    };
    if kind.is_dir() {
        return Some(Found::Directory(path.to_owned()));
    }
    // A link is judged by what it leads to: it may have any name.
    let leads_to_secrets = || std::fs::read_link(entry.path()).is_ok_and(|to| to.to_str().is_none_or(holds_secrets));
    if kind.is_symlink() && leads_to_secrets() {
        return None;
    }
    let stat = if kind.is_symlink() {
        beneath::open(root.dir(), path, OFlags::RDONLY | OFlags::NONBLOCK, Links::Follow).and_then(rustix::fs::fstat)
    } else {
        rustix::fs::statat(root.dir(), path, AtFlags::SYMLINK_NOFOLLOW)
    };
    match stat {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_file() => Some(Found::File(stamped(path, &stat))),
        Err(errno) if !kind.is_symlink() && errno != Errno::NOENT => {
            Some(Found::Skipped(Skipped { path: path.to_owned(), reason: why(errno) }))
        }
        _ => None,
    }
}

/// A directory that could not be read; `None` for what is gone.
fn trouble(root: &Root, error: &ignore::Error) -> Option<Found> {
    let io = error.io_error().filter(|e| e.kind() != std::io::ErrorKind::NotFound)?;
    let path = place(error)?;
    let path = path.strip_prefix(root.path()).unwrap_or(path);
    let path = path.to_str().map_or_else(|| escaped(path), str::to_owned);
    Some(Found::Skipped(Skipped { path, reason: why_io(io) }))
}

/// Where an error was met.
fn place(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => place(err),
        _ => None,
    }
}

fn escaped(path: &Path) -> String {
    path.as_os_str().as_encoded_bytes().escape_ascii().to_string()
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
