//! The look at a scratch copy: is each directory as it was left, and does it hold what it shall?
//!
//! Trusts nothing that a check could have touched: every file and directory is compared with its stamp. Changes nothing.

use super::manifest::{Kept, Source, Stamp};
use crate::domain::listing::FileEntry;
use rustix::fs::{AtFlags, Mode, OFlags};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;

/// Directories a thread looks at before it takes the next ones.
const SHARE: usize = 32;
/// Most threads that look: more wait for the kernel's locks.
const MAX_THREADS: usize = 8;
/// A directory in which names are looked at, not read.
#[cfg(target_os = "linux")]
const SEARCHED: OFlags = OFlags::PATH.union(OFlags::DIRECTORY);
#[cfg(not(target_os = "linux"))]
const SEARCHED: OFlags = OFlags::DIRECTORY;

/// A directory as the manifest has it.
pub(super) struct Looked<'a> {
    pub path: &'a str,
    pub stamp: Stamp,
    /// The record of its files.
    pub files: &'a [u8],
    /// The root's files that it shall hold, by name; `None` if a proposal changes it.
    pub wanted: Option<&'a [(&'a str, &'a FileEntry)]>,
}

/// What is to be done about a directory.
pub(super) enum Verdict {
    /// It is another one, or none.
    Lost,
    /// Files that are not as they were, and whether names came or went; neither, where only what it shall hold is other.
    Differs { files: Vec<String>, names: bool },
}

/// The directories about which something is to be done, by their place in `all` and in this order.
pub(super) fn look(copy: &OwnedFd, all: &[Looked<'_>]) -> Vec<(usize, Verdict)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let first = next.fetch_add(SHARE, Ordering::Relaxed);
            let Some(part) = all.get(first..all.len().min(first + SHARE)).filter(|part| !part.is_empty()) else {
                return found;
            };
            let judged = part.iter().enumerate().map(|(at, directory)| (first + at, judge(copy.as_fd(), directory)));
            found.extend(judged.filter_map(|(at, verdict)| Some((at, verdict?))));
        }
    };
    let mut verdicts: Vec<(usize, Verdict)> = std::thread::scope(|scope| {
        let others = 1..threads.min(all.len().div_ceil(SHARE));
        let others: Vec<_> = others.map(|_| scope.spawn(work)).collect();
        let own = work();
        // What was not looked at must not pass for whole.
        let join = |other: ScopedJoinHandle<'_, _>| other.join().unwrap_or_else(|panic| resume_unwind(panic));
        others.into_iter().flat_map(join).chain(own).collect()
    });
    verdicts.sort_unstable_by_key(|(at, _)| *at);
    verdicts
}

fn judge(copy: BorrowedFd<'_>, directory: &Looked<'_>) -> Option<Verdict> {
    let flags = SEARCHED | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let at = if directory.path.is_empty() { "." } else { directory.path };
    let Ok(handle) = rustix::fs::openat(copy, at, flags, Mode::empty()) else { return Some(Verdict::Lost) };
    let Ok(stat) = rustix::fs::fstat(&handle) else { return Some(Verdict::Lost) };
    let now = Stamp::of(&stat);
    let files = postcard::from_bytes::<Vec<(&str, Kept)>>(directory.files);
    let (Ok(files), true) = (files, now.inode == directory.stamp.inode || directory.path.is_empty()) else {
        return Some(Verdict::Lost);
    };
    let wanted = directory.wanted.is_some_and(|wanted| {
        let is_it = |((name, kept), (other, entry)): (&(&str, Kept), &(&str, &FileEntry))| {
            name == other && kept.source == Source::Root(Stamp::from(*entry))
        };
        files.len() == wanted.len() && files.iter().zip(wanted).all(is_it)
    });
    let differs = |(name, kept): &&(&str, Kept)| {
        let stat = rustix::fs::statat(&handle, *name, AtFlags::SYMLINK_NOFOLLOW);
        stat.map_or(true, |stat| Stamp::of(&stat) != kept.stamp)
    };
    let files: Vec<String> = files.iter().filter(differs).map(|(name, _)| (*name).to_owned()).collect();
    let names = now != directory.stamp;
    (!wanted || names || !files.is_empty()).then_some(Verdict::Differs { files, names })
}
