//! One file of a transaction: its new text beside its place, the swap, and the way back.
//!
//! A swap is one exchange of two names, after which what came out is compared with what was expected; so an edit made
//! in between is found and given its name again, never lost. Syncs file contents; syncing names is the transaction's.

use super::{ApplyError, FileWrite, TEMPORARY, base};
use crate::domain::path::split;
use crate::repo::fault::{why, why_io};
use rustix::fs::{AtFlags, Gid, Mode, OFlags, RenameFlags, Stat, Uid};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Mode of a new file before the umask.
const NEW_FILE: Mode = Mode::from_raw_mode(0o644);
/// Opens a file, of whatever kind, only to keep it alive.
#[cfg(target_os = "linux")]
const HOLD: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const HOLD: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Exchanges that undoing one file may take before it gives up on a writer that never rests.
const MAX_EXCHANGES: usize = 1000;

/// Names temporary files apart within the process.
static SERIAL: AtomicU64 = AtomicU64::new(0);

pub(super) struct Staged<'a> {
    write: &'a FileWrite,
    dir: Rc<OwnedFd>,
    name: &'a str,
    /// Before the commit the new file, after it the old one. A deletion has none before, a creation none after.
    temp: String,
    /// The new file, held open so that its inode number cannot go to someone else's file before an undo looks at it.
    new: Option<File>,
    committed: bool,
}

impl<'a> Staged<'a> {
    /// Writes and syncs the new text beside its place in `dir`; `old` is what is known of the file now.
    pub(super) fn new(write: &'a FileWrite, dir: Rc<OwnedFd>, old: Option<&Stat>) -> Result<Staged<'a>, ApplyError> {
        let (_, name) = split(&write.path);
        let mut staged = Staged { write, dir, name, temp: temporary(), new: None, committed: false };
        if let Some(content) = &write.content {
            staged.new = Some(staged.write_temp(content, old).map_err(|what| staged.failed(what))?);
        }
        Ok(staged)
    }

    /// Writes `content` to the temporary file, with the old file's mode and owner, and syncs it. Leaves no file when
    /// it fails.
    fn write_temp(&self, content: &str, old: Option<&Stat>) -> Result<File, String> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = if old.is_some() { Mode::RUSR | Mode::WUSR } else { NEW_FILE };
        let file = rustix::fs::openat(&self.dir, &self.temp, flags, mode).map_err(why)?;
        fill(File::from(file), content, old).inspect_err(|_| {
            let _ = rustix::fs::unlinkat(&self.dir, &self.temp, AtFlags::empty());
        })
    }

    /// Swaps the new file in, the deleted one out.
    ///
    /// # Errors
    /// `Stale` when it is not what was expected, `Failed` when the system refuses; `undo` is then still to be called.
    pub(super) fn commit(&mut self) -> Result<(), ApplyError> {
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
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) if self.is_absent() => {
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
        self.check(&self.temp, expect)
    }

    /// For file systems that cannot exchange two names: keeps a copy of the old text, checks, then renames over it.
    fn replace_without_exchange(&mut self, expect: &str) -> Result<(), ApplyError> {
        let stat = rustix::fs::statat(&self.dir, self.name, AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.map_err(|e| self.failed(why(e)))?;
        let new = std::mem::replace(&mut self.temp, temporary());
        let outcome = self.write_temp(expect, Some(&stat)).map_err(|what| self.failed(what)).and_then(|_| {
            self.check(self.name, expect)?;
            self.rename(&new, self.name, RenameFlags::empty()).map_err(|e| self.failed(why(e)))
        });
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
        self.check(&self.temp, expect)
    }

    /// Whether what stands under a name is what was expected to be replaced.
    fn check(&self, name: &str, expect: &str) -> Result<(), ApplyError> {
        match base::differs_at(&self.dir, name, expect) {
            Ok(None) => Ok(()),
            Ok(Some(what)) => Err(self.stale(&what)),
            Err(what) => Err(self.failed(what)),
        }
    }

    /// Drops the old file. One that cannot be removed is left for the next sweep: the work itself is done.
    pub(super) fn finish(&self) {
        if self.write.expect.is_some() {
            let _ = self.unlink(&self.temp);
        }
    }

    /// Puts the old file back, or removes what was staged. Says where the old text is if that fails.
    pub(super) fn undo(&self) -> Result<(), String> {
        let path = &self.write.path;
        match (self.committed, &self.write.expect, &self.write.content) {
            (false, ..) => {
                let _ = self.unlink(&self.temp);
                Ok(())
            }
            (true, None, _) => self.take_away().map_err(|_| format!("`{path}` (it is new)")),
            (true, Some(_), content) => {
                let back = if content.is_some() { self.put_back() } else { self.put_back_deleted() };
                back.map_err(|e| format!("`{path}` (its old text is in `{}` beside it: {})", self.temp, why(e)))
            }
        }
    }

    /// Removes a created file, unless someone has put another in its place.
    fn take_away(&self) -> rustix::io::Result<()> {
        match self.rename(self.name, &self.temp, RenameFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            Ok(()) if self.is_at(&self.temp, self.new.as_ref()) => self.unlink(&self.temp),
            Ok(()) => self.put_back_deleted(),
            failed => failed,
        }
    }

    /// Exchanges the old file in again. If what comes out is not what we had put there, someone has written since, and
    /// theirs goes back in its turn.
    fn put_back(&self) -> rustix::io::Result<()> {
        let mut old = None;
        for _ in 0..MAX_EXCHANGES {
            let placed = old.take();
            old = Some(rustix::fs::openat(&self.dir, &self.temp, HOLD, Mode::empty())?);
            match self.rename(&self.temp, self.name, RenameFlags::EXCHANGE) {
                Ok(()) => {}
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                    return self.rename(&self.temp, self.name, RenameFlags::empty());
                }
                Err(errno) => return Err(errno),
            }
            let placed = placed.as_ref().map(AsFd::as_fd).or(self.new.as_ref().map(AsFd::as_fd));
            if self.is_at(&self.temp, placed) {
                return self.unlink(&self.temp);
            }
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

    fn rename(&self, from: &str, to: &str, flags: RenameFlags) -> rustix::io::Result<()> {
        if flags.is_empty() {
            return rustix::fs::renameat(&self.dir, from, &self.dir, to);
        }
        rename_with(&self.dir, from, to, flags)
    }

    fn unlink(&self, name: &str) -> rustix::io::Result<()> {
        rustix::fs::unlinkat(&self.dir, name, AtFlags::empty())
    }

    /// Whether the file called `name` is the one held open as `held`.
    fn is_at(&self, name: &str, held: Option<impl AsFd>) -> bool {
        let there = rustix::fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW);
        let held = held.map(rustix::fs::fstat);
        matches!((there, held), (Ok(a), Some(Ok(b))) if (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
    }

    fn is_absent(&self) -> bool {
        rustix::fs::statat(&self.dir, self.name, AtFlags::SYMLINK_NOFOLLOW).is_err_and(|errno| errno == Errno::NOENT)
    }

    fn stale(&self, what: &str) -> ApplyError {
        ApplyError::Stale { path: self.write.path.clone(), what: what.to_owned() }
    }

    fn failed(&self, what: String) -> ApplyError {
        ApplyError::Failed { path: self.write.path.clone(), what }
    }
}

/// Writes and syncs a new file's text, with the mode bits and where possible the owner of `old`.
fn fill(mut file: File, content: &str, old: Option<&Stat>) -> Result<File, String> {
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
    Ok(file)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn staged<'a>(dir: &Path, write: &'a FileWrite) -> Staged<'a> {
        let handle = rustix::fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let old = rustix::fs::stat(dir.join(&write.path)).ok();
        Staged::new(write, Rc::new(handle), old.as_ref()).unwrap()
    }

    fn names(dir: &Path) -> Vec<String> {
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn without_an_exchange_a_file_is_replaced_put_back_and_never_overwritten_when_it_differs() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("a");
        let write = FileWrite { path: "a".into(), expect: Some("old".into()), content: Some("new".into()) };
        fs::write(&file, "old").unwrap();

        let mut one = staged(temp.path(), &write);
        one.replace_without_exchange("old").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        one.undo().unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), names(temp.path())), ("old", vec!["a".to_owned()]));

        let mut two = staged(temp.path(), &write);
        fs::write(&file, "mine").unwrap();
        assert!(matches!(two.replace_without_exchange("old"), Err(ApplyError::Stale { .. })));
        two.undo().unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), names(temp.path())), ("mine", vec!["a".to_owned()]));
    }

    #[test]
    fn undoing_leaves_alone_what_someone_wrote_since() {
        let temp = tempfile::tempdir().unwrap();
        let (file, saved) = (temp.path().join("a"), temp.path().join("saved"));
        for (expect, content) in [(None, Some("new")), (Some("old"), None), (Some("old"), Some("new"))] {
            let _ = fs::remove_file(&file);
            if let Some(text) = expect {
                fs::write(&file, text).unwrap();
            }
            let (before, after) = (expect.map(String::from), content.map(String::from));
            let write = FileWrite { path: "a".into(), expect: before, content: after };
            let mut one = staged(temp.path(), &write);
            one.commit().unwrap();
            fs::write(&saved, "mine").unwrap();
            fs::rename(&saved, &file).unwrap();
            one.undo().unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), "mine", "{expect:?} -> {content:?}");
            assert_eq!(names(temp.path()), ["a"], "{expect:?} -> {content:?}");
        }
    }
}
