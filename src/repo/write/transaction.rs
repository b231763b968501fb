//! Staging, committing and undoing a set of writes beneath the root.
//!
//! Everything that needs space is written and synced before the first name changes hands. A commit step then swaps the
//! new file in and checks that what came out is what was expected, so that an edit made in between is found, not lost.
//! What came out stays beside its place until all is synced: undoing is putting it back. Decides nothing about texts.

use super::{ApplyError, FileWrite, TEMPORARY, base, is_temporary};
use crate::repo::Root;
use crate::repo::beneath::{self, Links};
use crate::repo::fault::{why, why_io};
use rustix::fs::{AtFlags, Gid, Mode, OFlags, RenameFlags, Stat, Uid};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Mode of a new file before the umask.
const NEW_FILE: Mode = Mode::from_raw_mode(0o644);
/// Mode of a new directory before the umask.
const NEW_DIR: Mode = Mode::from_raw_mode(0o755);
const OPEN_DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);

/// Exchanges that undoing one file may take before it gives up on a writer that never rests.
const MAX_EXCHANGES: usize = 64;

/// Names temporary files apart within the process.
static SERIAL: AtomicU64 = AtomicU64::new(0);

pub(super) struct Transaction<'a> {
    root: &'a Root,
    /// Directories that are written in, by path.
    dirs: BTreeMap<String, Rc<OwnedFd>>,
    /// Directories that were made: the parent's handle and the name in it.
    made: Vec<(Rc<OwnedFd>, String)>,
    staged: Vec<Staged<'a>>,
}

struct Staged<'a> {
    write: &'a FileWrite,
    dir: Rc<OwnedFd>,
    name: &'a str,
    /// Before the commit the new file, after it the old one. A deletion has none before, a creation none after.
    temp: String,
    /// The inode of the new file, to undo no one else's.
    inode: u64,
    committed: bool,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(root: &'a Root) -> Transaction<'a> {
        Transaction { root, dirs: BTreeMap::new(), made: Vec::new(), staged: Vec::new() }
    }

    /// Writes and syncs the new text beside its place; makes the directories it needs.
    pub(super) fn stage(&mut self, write: &'a FileWrite) -> Result<(), ApplyError> {
        let (parent, name) = write.path.rsplit_once('/').unwrap_or(("", &write.path));
        let failed = |what| ApplyError::Failed { path: write.path.clone(), what };
        let old = base::open(self.root, &write.path)?.map(|(_, stat)| stat);
        let dir = self.directory(parent).map_err(|e| failed(why(e)))?;
        let mut staged = Staged { write, dir, name, temp: temporary(), inode: 0, committed: false };
        if let Some(content) = &write.content {
            staged.inode = staged.write_temp(content, old.as_ref()).map_err(failed)?;
        }
        self.staged.push(staged);
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
                let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
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

    /// Drops the old files. One that cannot be removed is left for the next sweep: the work itself is done.
    pub(super) fn finish(self) {
        for staged in self.staged.iter().filter(|s| s.write.expect.is_some()) {
            let _ = rustix::fs::unlinkat(&staged.dir, &staged.temp, AtFlags::empty());
        }
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

impl Staged<'_> {
    /// Writes `content` to the temporary file, with the old file's mode and owner, and syncs it; its inode. Leaves no
    /// file when it fails.
    fn write_temp(&self, content: &str, old: Option<&Stat>) -> Result<u64, String> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = if old.is_some() { Mode::RUSR | Mode::WUSR } else { NEW_FILE };
        let file = rustix::fs::openat(&self.dir, &self.temp, flags, mode).map_err(why)?;
        fill(File::from(file), content, old).inspect_err(|_| {
            let _ = rustix::fs::unlinkat(&self.dir, &self.temp, AtFlags::empty());
        })
    }

    fn commit(&mut self) -> Result<(), ApplyError> {
        match (&self.write.expect, &self.write.content) {
            (None, _) => self.create(),
            (Some(expect), Some(_)) => self.replace(expect),
            (Some(expect), None) => self.remove(expect),
        }
    }

    fn create(&mut self) -> Result<(), ApplyError> {
        match self.rename(&self.temp, self.name, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Err(self.stale("it exists by now")),
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) if self.inode_of(self.name).is_none() => {
                self.rename(&self.temp, self.name, RenameFlags::empty()).map_err(|e| self.failed(why(e)))?;
            }
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => return Err(self.stale("it exists by now")),
            Err(errno) => return Err(self.failed(why(errno))),
        }
        self.committed = true;
        Ok(())
    }

    fn replace(&mut self, expect: &str) -> Result<(), ApplyError> {
        match self.rename(&self.temp, self.name, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Err(self.stale("it is gone")),
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => return self.replace_without_exchange(expect),
            Err(errno) => return Err(self.failed(why(errno))),
        }
        self.committed = true;
        match base::differs_at(&self.dir, &self.temp, expect) {
            Ok(None) => Ok(()),
            Ok(Some(what)) => Err(self.stale(&what)),
            Err(what) => Err(self.failed(what)),
        }
    }

    /// For file systems that cannot exchange two names: keeps a copy of the old text, checks, then renames over it.
    fn replace_without_exchange(&mut self, expect: &str) -> Result<(), ApplyError> {
        let stat = rustix::fs::statat(&self.dir, self.name, AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.map_err(|e| self.failed(why(e)))?;
        let new = std::mem::replace(&mut self.temp, temporary());
        let outcome =
            self.write_temp(expect, Some(&stat)).map_err(|what| self.failed(what)).and_then(
                |_| match base::differs_at(&self.dir, self.name, expect) {
                    Ok(None) => self.rename(&new, self.name, RenameFlags::empty()).map_err(|e| self.failed(why(e))),
                    Ok(Some(what)) => Err(self.stale(&what)),
                    Err(what) => Err(self.failed(what)),
                },
            );
        self.committed = outcome.is_ok();
        if outcome.is_err() {
            let _ = self.unlink(&new);
        }
        outcome
    }

    fn remove(&mut self, expect: &str) -> Result<(), ApplyError> {
        match self.rename(self.name, &self.temp, RenameFlags::empty()) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Err(self.stale("it is gone")),
            Err(errno) => return Err(self.failed(why(errno))),
        }
        self.committed = true;
        match base::differs_at(&self.dir, &self.temp, expect) {
            Ok(None) => Ok(()),
            Ok(Some(what)) => Err(self.stale(&what)),
            Err(what) => Err(self.failed(what)),
        }
    }

    /// Puts the old file back, or removes what was staged. Says where the old text is if that fails.
    fn undo(&self) -> Result<(), String> {
        let path = &self.write.path;
        match (self.committed, &self.write.expect, &self.write.content) {
            (false, ..) => {
                let _ = self.unlink(&self.temp);
                Ok(())
            }
            (true, None, _) if self.inode_of(self.name) != Some(self.inode) => Ok(()),
            (true, None, _) => self.unlink(self.name).map_err(|_| format!("`{path}` (it is new)")),
            (true, Some(_), content) => {
                let back = if content.is_some() { self.put_back() } else { self.put_back_deleted() };
                back.map_err(|_| format!("`{path}` (its old text is in `{}` beside it)", self.temp))
            }
        }
    }

    /// Exchanges the old file in again. If what comes out is not what we had put there, someone has written since, and
    /// theirs goes back in its turn.
    fn put_back(&self) -> rustix::io::Result<()> {
        let mut placed = Some(self.inode);
        for _ in 0..MAX_EXCHANGES {
            let old = self.inode_of(&self.temp);
            match self.rename(&self.temp, self.name, RenameFlags::EXCHANGE) {
                Ok(()) => {}
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                    return self.rename(&self.temp, self.name, RenameFlags::empty());
                }
                Err(errno) => return Err(errno),
            }
            if self.inode_of(&self.temp) == placed {
                return self.unlink(&self.temp);
            }
            placed = old;
        }
        Err(Errno::BUSY)
    }

    /// Gives a deleted file its name back, unless someone has made a new one by that name.
    fn put_back_deleted(&self) -> rustix::io::Result<()> {
        match self.rename(&self.temp, self.name, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => self.unlink(&self.temp),
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                self.rename(&self.temp, self.name, RenameFlags::empty())
            }
            renamed => renamed,
        }
    }

    fn unlink(&self, name: &str) -> rustix::io::Result<()> {
        rustix::fs::unlinkat(&self.dir, name, AtFlags::empty())
    }

    fn inode_of(&self, name: &str) -> Option<u64> {
        rustix::fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW).ok().map(|stat| stat.st_ino)
    }

    fn rename(&self, from: &str, to: &str, flags: RenameFlags) -> rustix::io::Result<()> {
        if flags.is_empty() {
            return rustix::fs::renameat(&self.dir, from, &self.dir, to);
        }
        rename_with(&self.dir, from, to, flags)
    }

    fn stale(&self, what: &str) -> ApplyError {
        ApplyError::Stale { path: self.write.path.clone(), what: what.to_owned() }
    }

    fn failed(&self, what: String) -> ApplyError {
        ApplyError::Failed { path: self.write.path.clone(), what }
    }
}

/// Writes and syncs a new file's text, with the mode bits and where possible the owner of `old`; its inode.
fn fill(mut file: File, content: &str, old: Option<&Stat>) -> Result<u64, String> {
    file.write_all(content.as_bytes()).map_err(|e| why_io(&e))?;
    let new = rustix::fs::fstat(&file).map_err(why)?;
    if let Some(old) = old {
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid) {
            // Only the administrator may give a file away; for everyone else the writer becomes the owner.
            let (uid, gid) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
            let _ = rustix::fs::fchown(&file, Some(uid), Some(gid));
        }
        let bits = Mode::from_raw_mode(old.st_mode) & (Mode::RWXU | Mode::RWXG | Mode::RWXO);
        rustix::fs::fchmod(&file, bits).map_err(why)?;
    }
    rustix::fs::fsync(&file).map_err(why)?;
    Ok(new.st_ino)
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename_with(dir: &OwnedFd, from: &str, to: &str, flags: RenameFlags) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(dir, from, dir, to, flags)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn rename_with(_dir: &OwnedFd, _from: &str, _to: &str, _flags: RenameFlags) -> rustix::io::Result<()> {
    Err(Errno::NOSYS)
}

/// A name for a temporary file: who made it can be told, so that a dead process's can be swept.
fn temporary() -> String {
    let (start, end) = TEMPORARY;
    format!("{start}{}.{}{end}", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed))
}

/// Removes the temporary files of processes that are gone, in the directories of `writes`.
pub(super) fn sweep(root: &Root, writes: &[FileWrite]) {
    let parents: std::collections::BTreeSet<&str> =
        writes.iter().map(|w| w.path.rsplit_once('/').map_or(".", |(parent, _)| parent)).collect();
    for parent in parents {
        let Ok(dir) = beneath::open(root.dir(), parent, OPEN_DIR, Links::Refuse) else { continue };
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
