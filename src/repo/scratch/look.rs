//! The look at a scratch copy: is each directory as it was left, and does it hold what it shall?
//!
//! Trusts nothing that a check could have touched: every file and directory is compared with its stamp, but for the files of a
//! copy that was looked at since. Changes nothing.

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
    pub wanted: Wanted<'a>,
}

/// What a directory shall hold.
pub(super) enum Wanted<'a> {
    /// What was put there.
    Same,
    /// These files of the root, by name.
    Listed(&'a [(&'a str, &'a FileEntry)]),
    /// What a proposal says.
    Proposed,
}

/// How much of a copy is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// The directories, and the files of those in which names came or went.
    Directories,
    /// The files, too.
    Files,
}

/// What is to be done about a directory.
pub(super) enum Verdict {
    /// It is another one, or none.
    Lost,
    /// Files that are not as they were, and whether names came or went; neither, where only what it shall hold is other.
    Differs { files: Vec<String>, names: bool },
}

/// The directories about which something is to be done, by their place in `all` and in this order.
pub(super) fn look(copy: &OwnedFd, all: &[Looked<'_>], depth: Depth) -> Vec<(usize, Verdict)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let first = next.fetch_add(SHARE, Ordering::Relaxed);
            let Some(part) = all.get(first..all.len().min(first + SHARE)).filter(|part| !part.is_empty()) else {
                return found;
            };
            let judged =
                part.iter().enumerate().map(|(at, directory)| (first + at, judge(copy.as_fd(), directory, depth)));
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

fn judge(copy: BorrowedFd<'_>, directory: &Looked<'_>, depth: Depth) -> Option<Verdict> {
    let flags = SEARCHED | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let at = if directory.path.is_empty() { "." } else { directory.path };
    let handle = match depth {
        Depth::Directories => Ok(None),
        Depth::Files => rustix::fs::openat(copy, at, flags, Mode::empty()).map(Some),
    };
    let Ok(handle) = handle else { return Some(Verdict::Lost) };
    let stat = match &handle {
        None => rustix::fs::statat(copy, at, AtFlags::SYMLINK_NOFOLLOW),
        Some(handle) => rustix::fs::fstat(handle),
    };
    let Ok(now) = stat.map(|stat| Stamp::of(&stat)) else { return Some(Verdict::Lost) };
    if depth == Depth::Directories && now != directory.stamp {
        return judge(copy, directory, Depth::Files);
    }
    let files = postcard::from_bytes::<Vec<(&str, Kept)>>(directory.files);
    let (Ok(files), true) = (files, now.inode == directory.stamp.inode || directory.path.is_empty()) else {
        return Some(Verdict::Lost);
    };
    let wanted = match directory.wanted {
        Wanted::Same => true,
        Wanted::Proposed => false,
        Wanted::Listed(wanted) => {
            let is_it = |((name, kept), (other, entry)): (&(&str, Kept), &(&str, &FileEntry))| {
                name == other && kept.source == Source::Root(Stamp::from(*entry))
            };
            files.len() == wanted.len() && files.iter().zip(wanted).all(is_it)
        }
    };
    let differs = |(name, kept): &&(&str, Kept)| {
        handle.as_ref().is_some_and(|handle| {
            let stat = rustix::fs::statat(handle, *name, AtFlags::SYMLINK_NOFOLLOW);
            stat.map_or(true, |stat| Stamp::of(&stat) != kept.stamp)
        })
    };
    let files: Vec<String> = files.iter().filter(differs).map(|(name, _)| (*name).to_owned()).collect();
    let names = now != directory.stamp;
    (!wanted || names || !files.is_empty()).then_some(Verdict::Differs { files, names })
}
