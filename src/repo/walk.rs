//! Listing a repository's files by its ignore rules. Reads names only, follows no directory link, runs on a worker
//! thread and stops when told.

use super::Root;
use super::beneath::{self, Links};
use ignore::{DirEntry, WalkBuilder, WalkState};
use rustix::fs::{FileType, OFlags};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Most files that are listed. Firefox has 386,000.
pub const MAX_FILES: usize = 500_000;
/// Most names that are reported as skipped.
const MAX_SKIPPED: usize = 100;

/// The files of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Relative to the root, `/` between parts; sorted. Regular files, and links to regular files inside the root.
    pub paths: Vec<String>,
    /// Whether the walk stopped early, at its limit or because it was told to.
    pub truncated: bool,
    /// Names left out because they are not UTF-8, escaped; sorted, at most 100.
    pub skipped: Vec<String>,
}

/// Lists the files that `.gitignore`, `.ignore`, `.vibeignore` and git's own exclude files leave. Hidden files are
/// listed, version control directories are not. Stops after `limit` files ([`MAX_FILES`] for everything sensible), or
/// within a directory entry of `stop` becoming true; which files a truncated listing holds is then a matter of chance.
pub fn walk(root: &Root, limit: usize, stop: &AtomicBool) -> Listing {
    let (found, seen, cut) = (Mutex::new(Listing::default()), AtomicUsize::new(0), AtomicBool::new(false));
    let walker = WalkBuilder::new(root.path())
        .hidden(false)
        .parents(false)
        .require_git(false)
        .follow_links(false)
        .add_custom_ignore_filename(".vibeignore")
        .threads(std::thread::available_parallelism().map_or(2, |n| n.get().min(8)))
        .filter_entry(is_wanted)
        .build_parallel();
    walker.run(|| {
        let mut batch = Batch { found: &found, part: Listing::default() };
        let (seen, cut) = (&seen, &cut);
        Box::new(move |entry| {
            if stop.load(Ordering::Relaxed) || cut.load(Ordering::Relaxed) {
                cut.store(true, Ordering::Relaxed);
                return WalkState::Quit;
            }
            if let Some(name) = entry.ok().and_then(|entry| relative(root, &entry)) {
                if seen.fetch_add(1, Ordering::Relaxed) >= limit {
                    cut.store(true, Ordering::Relaxed);
                    return WalkState::Quit;
                }
                batch.push(name);
            }
            WalkState::Continue
        })
    });
    let mut listing = found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    listing.paths.sort_unstable();
    listing.skipped.sort_unstable();
    listing.skipped.truncate(MAX_SKIPPED);
    listing.truncated = cut.into_inner();
    listing
}

/// A thread's own finds, handed over when the thread is done.
struct Batch<'a> {
    found: &'a Mutex<Listing>,
    part: Listing,
}

impl Batch<'_> {
    fn push(&mut self, name: Result<String, String>) {
        match name {
            Ok(path) => self.part.paths.push(path),
            Err(escaped) if self.part.skipped.len() < MAX_SKIPPED => self.part.skipped.push(escaped),
            Err(_) => {}
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut found = self.found.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        found.paths.append(&mut self.part.paths);
        found.skipped.append(&mut self.part.skipped);
    }
}

fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().as_encoded_bytes();
    let version_control = matches!(name, b".git" | b".jj" | b".hg" | b".svn");
    !version_control && !super::write::is_temporary(entry.file_name())
}

/// The path of a file relative to the root, or its escaped form if it is not UTF-8; `None` for what is no file.
fn relative(root: &Root, entry: &DirEntry) -> Option<Result<String, String>> {
    let kind = entry.file_type()?;
    if !kind.is_file() && !kind.is_symlink() {
        return None;
    }
    let path = entry.path().strip_prefix(root.path()).ok()?;
    match path.to_str() {
        Some(path) if kind.is_symlink() && !leads_to_file(root, path) => None,
        Some(path) => Some(Ok(path.to_owned())),
        None => Some(Err(path.as_os_str().as_encoded_bytes().escape_ascii().to_string())),
    }
}

fn leads_to_file(root: &Root, path: &str) -> bool {
    beneath::open(root.dir(), path, OFlags::RDONLY | OFlags::NONBLOCK, Links::Follow)
        .and_then(rustix::fs::fstat)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file())
}
