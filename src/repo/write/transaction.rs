//! Staging, committing and undoing a set of writes beneath the root, and sweeping up after a process that was killed.
//!
//! Everything that needs space is written and synced before the first name changes hands; what was swapped out stays
//! beside its place until all is synced. Decides nothing about texts.

use super::staged::Staged;
use super::{ApplyError, FileWrite, TEMPORARY, base, is_temporary};
use crate::domain::path::{parent, split};
use crate::repo::Root;
use crate::repo::beneath::{self, Links};
use crate::repo::fault::why;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::rc::Rc;

/// Mode of a new directory before the umask.
const NEW_DIR: Mode = Mode::from_raw_mode(0o755);
const OPEN_DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);

pub(super) struct Transaction<'a> {
    root: &'a Root,
    /// Directories that are written in, by path.
    dirs: BTreeMap<String, Rc<OwnedFd>>,
    /// Directories that were made: the parent's handle and the name in it.
    made: Vec<(Rc<OwnedFd>, String)>,
    staged: Vec<Staged<'a>>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(root: &'a Root) -> Transaction<'a> {
        Transaction { root, dirs: BTreeMap::new(), made: Vec::new(), staged: Vec::new() }
    }

    /// Writes and syncs the new text beside its place, with the mode of what it replaces, or of `source`; makes the
    /// directories it needs.
    pub(super) fn stage(&mut self, write: &'a FileWrite, source: Option<&str>) -> Result<(), ApplyError> {
        let parent = parent(&write.path);
        let old = base::open(self.root, source.unwrap_or(&write.path))?.map(|(_, stat)| stat);
        let failed = |errno| ApplyError::Failed { path: write.path.clone(), what: why(errno) };
        let dir = self.directory(parent).map_err(failed)?;
        self.staged.push(Staged::new(write, dir, old.as_ref())?);
        Ok(())
    }

    /// The handle of a directory beneath the root, made with its parents if it is missing.
    fn directory(&mut self, path: &str) -> rustix::io::Result<Rc<OwnedFd>> {
        if let Some(dir) = self.dirs.get(path) {
            return Ok(Rc::clone(dir));
        }
        let open = |path: &str| beneath::open(self.root.dir(), path, OPEN_DIR, Links::Refuse);
        let opened = if path.is_empty() { open(".") } else { open(path) };
        let dir = match opened {
            Err(Errno::NOENT) if !path.is_empty() => {
                let (parent, name) = split(path);
                let parent = self.directory(parent)?;
                match rustix::fs::mkdirat(&parent, name, NEW_DIR) {
                    Ok(()) => self.made.push((Rc::clone(&parent), name.to_owned())),
                    Err(Errno::EXIST) => {}
                    Err(errno) => return Err(errno),
                }
                rustix::fs::fsync(&parent)?;
                beneath::open(self.root.dir(), path, OPEN_DIR, Links::Refuse)?
            }
            opened => opened?,
        };
        let dir = Rc::new(dir);
        self.dirs.insert(path.to_owned(), Rc::clone(&dir));
        Ok(dir)
    }

    /// Swaps every new file in. Stops at the first that is not what was expected.
    pub(super) fn commit(&mut self) -> Result<(), ApplyError> {
        self.staged.iter_mut().try_for_each(Staged::commit)
    }

    /// Makes the new names last.
    pub(super) fn sync(&mut self) -> Result<(), ApplyError> {
        for (path, dir) in &self.dirs {
            let shown = if path.is_empty() { "." } else { path };
            let failed = |errno| ApplyError::Failed { path: shown.to_owned(), what: why(errno) };
            rustix::fs::fsync(dir).map_err(failed)?;
        }
        Ok(())
    }

    /// Drops the old files.
    pub(super) fn finish(self) {
        self.staged.iter().for_each(Staged::finish);
    }

    /// Puts everything back because of `cause`, newest first; says what could not be put back.
    pub(super) fn undo(self, cause: ApplyError) -> ApplyError {
        let mut left = Vec::new();
        for staged in self.staged.iter().rev() {
            if let Err(place) = staged.undo() {
                left.push(place);
            }
        }
        for (parent, name) in self.made.iter().rev() {
            let _ = rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR);
        }
        for dir in self.dirs.values() {
            let _ = rustix::fs::fsync(dir);
        }
        match cause {
            cause if left.is_empty() => cause,
            ApplyError::Failed { path, what }
            | ApplyError::Stale { path, what }
            | ApplyError::Broken { path, what, .. } => ApplyError::Broken { path, what, left },
            ApplyError::Denied { path, message } => ApplyError::Broken { path, what: message, left },
        }
    }
}

/// Removes the temporary files of processes that are gone, in the directories of `writes`.
pub(super) fn sweep(root: &Root, writes: &[FileWrite]) {
    let parents: BTreeSet<&str> = writes.iter().map(|w| parent(&w.path)).collect();
    for parent in parents {
        let place = if parent.is_empty() { "." } else { parent };
        let Ok(dir) = beneath::open(root.dir(), place, OPEN_DIR, Links::Refuse) else { continue };
        let Ok(entries) = rustix::fs::Dir::read_from(&dir) else { continue };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().to_str() else { continue };
            if is_temporary(name.as_ref()) && owner_is_gone(name) {
                let _ = rustix::fs::unlinkat(&dir, name, AtFlags::empty());
            }
        }
    }
}

fn owner_is_gone(name: &str) -> bool {
    let pid = name.strip_prefix(TEMPORARY.0).and_then(|rest| rest.split('.').next()).and_then(|pid| pid.parse().ok());
    let pid = pid.and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(Errno::SRCH))
}
