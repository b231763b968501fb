//! A throw-away copy of the repository with a proposal laid over it, for commands that check the proposal.
//!
//! Copies the listed files and nothing else (not `.git`, not what is ignored); shares no file with the repository, so
//! that a command cannot write through; refuses trees that are too large instead of copying half of them.

use super::fault::{why, why_io};
use super::walk::Listing;
use super::{Root, path, read};
use crate::domain::change::ChangeSet;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::listing::FileEntry;
use rustix::fs::FileType;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// How much may be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files.
    pub files: usize,
    /// Bytes of all files together.
    pub bytes: u64,
}

impl Default for Limits {
    /// 50,000 files and 1 GiB: a few seconds of copying.
    fn default() -> Limits {
        Limits { files: 50_000, bytes: 1 << 30 }
    }
}

/// A copy that is removed when this is dropped. A killed process's is removed by the next [`Scratch::create`].
#[derive(Debug)]
pub struct Scratch {
    dir: PathBuf,
    /// Held locked for as long as the copy is in use; its name is the directory's with `.lock`.
    lock: File,
}

impl Scratch {
    /// Copies the files of `listing` into a new directory below `cache` and lays `changes` over them.
    ///
    /// # Errors
    /// `Denied` when the listing is truncated, the copy would pass `limits`, or a changed path may not be written; `Io`
    /// when copying fails.
    pub fn create(
        cache: &Path,
        root: &Root,
        listing: &Listing,
        changes: &ChangeSet,
        limits: Limits,
    ) -> Result<Scratch, Failure> {
        if listing.truncated || listing.entries.len() > limits.files {
            let files = format!("more than {} files", limits.files.min(listing.entries.len()));
            return Err(too_large(&files));
        }
        for change in &changes.files {
            path::check(&change.path)?;
        }
        let scratch = Scratch::make(cache)?;
        scratch.copy(root, listing, limits)?;
        scratch.overlay(changes)?;
        Ok(scratch)
    }

    /// The top of the copy.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    fn make(cache: &Path) -> Result<Scratch, Failure> {
        let place = cache.join("scratch");
        let failure = |e: io::Error| io_failure(&place, &why_io(&e));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&place).map_err(failure)?;
        sweep(&place);
        for serial in 0u32.. {
            let dir = place.join(format!("{}-{serial}", std::process::id()));
            let path = dir.with_extension("lock");
            let lock = match File::options().write(true).create_new(true).mode(0o600).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                opened => opened.map_err(failure)?,
            };
            lock.lock().map_err(failure)?;
            // Another process's sweep may have had the lock first and taken the file away.
            if path.exists() {
                let scratch = Scratch { dir, lock };
                fs::DirBuilder::new().mode(0o700).create(&scratch.dir).map_err(failure)?;
                return Ok(scratch);
            }
        }
        Err(io_failure(&place, "it holds too many copies"))
    }

    fn copy(&self, root: &Root, listing: &Listing, limits: Limits) -> Result<(), Failure> {
        let mut left = limits.bytes;
        let mut parents = Parents::default();
        for FileEntry { path, .. } in &listing.entries {
            let failure = |why: String| io_failure(&root.path().join(path), &why);
            let source = match read::open(root, path) {
                Ok(fd) => File::from(fd),
                // Gone since the listing was made.
                Err(rustix::io::Errno::NOENT) => continue,
                Err(errno) => return Err(failure(why(errno))),
            };
            let stat = rustix::fs::fstat(&source).map_err(|e| failure(why(e)))?;
            if !FileType::from_raw_mode(stat.st_mode).is_file() {
                continue;
            }
            let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
            left = left.checked_sub(size).ok_or_else(|| too_large(&format!("more than {} MiB", limits.bytes >> 20)))?;
            let target = self.dir.join(path);
            let copied = parents.make(&target).and_then(|()| copy_file(source, size, &target, stat.st_mode));
            copied.map_err(|e| io_failure(&target, &why_io(&e)))?;
        }
        Ok(())
    }

    fn overlay(&self, changes: &ChangeSet) -> Result<(), Failure> {
        let mut parents = Parents::default();
        for change in &changes.files {
            let target = self.dir.join(&change.path);
            let done = match &change.after {
                Some(text) => parents.make(&target).and_then(|()| fs::write(&target, text)),
                None => match fs::remove_file(&target) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                    removed => removed,
                },
            };
            done.map_err(|e| io_failure(&target, &why_io(&e)))?;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.dir);
        let _ = self.lock.unlock();
    }
}

/// Removes copies whose process is gone: their lock can be had.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for lock in entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "lock")) {
        let Ok(file) = File::open(&lock) else { continue };
        if file.try_lock().is_ok() {
            remove(&lock.with_extension(""));
        }
    }
}

/// Removes a copy and then its lock file. What a command made unremovable stays until the next sweep.
fn remove(dir: &Path) {
    let removed = fs::remove_dir_all(dir);
    if removed.is_ok() || removed.is_err_and(|e| e.kind() == io::ErrorKind::NotFound) {
        let _ = fs::remove_file(dir.with_extension("lock"));
    }
}

/// Remembers which directories were made.
#[derive(Default)]
struct Parents(BTreeSet<PathBuf>);

impl Parents {
    fn make(&mut self, file: &Path) -> io::Result<()> {
        let Some(parent) = file.parent() else { return Ok(()) };
        if self.0.contains(parent) {
            return Ok(());
        }
        fs::create_dir_all(parent)?;
        self.0.insert(parent.to_owned());
        Ok(())
    }
}

/// Copies at most `size` bytes, sharing blocks where the file system can; keeps the executable bit and the times, so
/// that build tools do not take every file for changed.
fn copy_file(source: File, size: u64, target: &Path, mode: u32) -> io::Result<()> {
    let file = File::options().write(true).create_new(true).mode(0o600 | (mode & 0o100)).open(target)?;
    if !share_blocks(&file, &source) {
        io::copy(&mut io::Read::take(&source, size), &mut &file)?;
    }
    if let Ok(modified) = source.metadata().and_then(|m| m.modified()) {
        file.set_modified(modified)?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn share_blocks(file: &File, source: &File) -> bool {
    rustix::fs::ioctl_ficlone(file, source).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn share_blocks(_file: &File, _source: &File) -> bool {
    false
}

fn too_large(what: &str) -> Failure {
    let message = format!(
        "The check was not run: its copy of the repository would hold {what}. List what the check does not need in .vibeignore."
    );
    Failure::fatal(FailureKind::Denied, message)
}

fn io_failure(path: &Path, why: &str) -> Failure {
    let message = format!("The check was not run: `{}` could not be copied: {why}.", path.display());
    Failure::fatal(FailureKind::Io, message)
}
