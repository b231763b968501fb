//! Compares a file with what a proposal was made from. Changes nothing.

use super::{ApplyError, FileState, FileWrite};
use crate::repo::Root;
use crate::repo::beneath::{self, Links};
use crate::repo::fault::{why, why_io};
use crate::repo::read::unreadable_kind;
use rustix::fs::{FileType, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOFOLLOW);

/// Accepts a file that is exactly what `write` expects.
pub(super) fn check(root: &Root, write: &FileWrite) -> Result<(), ApplyError> {
    let path = &write.path;
    let stale = |what: &str| Err(ApplyError::Stale { path: path.clone(), what: what.to_owned() });
    match (open(root, path)?, &write.expect) {
        (None, None) => Ok(()),
        (None, Some(_)) => stale("it is gone"),
        (Some(_), None) => stale("it exists by now"),
        (Some((fd, _)), Some(expect)) => match differs(File::from(fd), expect) {
            Ok(None) => Ok(()),
            Ok(Some(what)) => stale(&what),
            Err(error) => Err(ApplyError::Failed { path: path.clone(), what: why_io(&error) }),
        },
    }
}

/// Refuses a new file whose name some file systems would take for that of another that stands beside it, and does not go.
pub(super) fn check_case(root: &Root, writes: &[FileWrite]) -> Result<(), ApplyError> {
    for write in writes.iter().filter(|write| write.expect.is_none() && write.content.is_some()) {
        let mut parent = String::new();
        for part in write.path.split('/') {
            let above = if parent.is_empty() { "." } else { parent.as_str() };
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let Ok(dir) = beneath::open(root.dir(), above, flags, Links::Refuse) else { break };
            let path = if parent.is_empty() { part.to_owned() } else { format!("{parent}/{part}") };
            let folded = part.to_lowercase();
            for entry in rustix::fs::Dir::read_from(dir).into_iter().flatten().flatten() {
                let Ok(name) = entry.file_name().to_str() else { continue };
                if name == part || name.to_lowercase() != folded {
                    continue;
                }
                let there = if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") };
                if !writes.iter().any(|w| w.path == there && w.content.is_none()) {
                    let message =
                        format!("`{path}` differs from `{there}`, which is there, only by case; use that name.");
                    return Err(ApplyError::Denied { path: write.path.clone(), message });
                }
            }
            parent = path;
        }
    }
    Ok(())
}

/// Where a file stands between `expect` and `content`.
pub(super) fn state(root: &Root, write: &FileWrite) -> Result<FileState, ApplyError> {
    let is = |text: &Option<String>| {
        let asked = FileWrite { path: write.path.clone(), expect: text.clone(), content: None };
        match check(root, &asked) {
            Ok(()) => Ok(true),
            Err(ApplyError::Stale { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    };
    Ok(match (is(&write.content)?, is(&write.expect)?) {
        (true, _) => FileState::After,
        (_, true) => FileState::Before,
        _ => FileState::Other,
    })
}

/// The regular file at `path` and what is known of it; `None` if nothing is there.
pub(super) fn open(root: &Root, path: &str) -> Result<Option<(OwnedFd, Stat)>, ApplyError> {
    let denied = |what: &str| {
        let message = format!("`{path}` cannot be written: it is {what}.");
        ApplyError::Denied { path: path.to_owned(), message }
    };
    let failed = |errno| ApplyError::Failed { path: path.to_owned(), what: why(errno) };
    let fd = match beneath::open(root.dir(), path, READ, Links::Refuse) {
        Ok(fd) => fd,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(Errno::LOOP) => return Err(denied("a symbolic link or lies behind one; name the file itself")),
        Err(Errno::NXIO) => return Err(denied("a socket")),
        Err(errno) => return Err(failed(errno)),
    };
    let stat = rustix::fs::fstat(&fd).map_err(failed)?;
    match unreadable_kind(FileType::from_raw_mode(stat.st_mode)) {
        Some(kind) => Err(denied(kind)),
        None => Ok(Some((fd, stat))),
    }
}

/// How the file called `name` in `dir` differs from `expect`; used on what an exchange brought out.
pub(super) fn differs_at(dir: impl AsFd, name: &str, expect: &str) -> Result<Option<String>, String> {
    let fd = rustix::fs::openat(dir, name, READ | OFlags::CLOEXEC, rustix::fs::Mode::empty()).map_err(why)?;
    differs(File::from(fd), expect).map_err(|e| why_io(&e))
}

/// The first difference between a file and a text, as a clause.
fn differs(file: File, expect: &str) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::with_capacity(expect.len() + 1);
    file.take(expect.len() as u64 + 1).read_to_end(&mut bytes)?;
    if bytes == expect.as_bytes() {
        return Ok(None);
    }
    let same = bytes.iter().zip(expect.as_bytes()).take_while(|(a, b)| a == b).count();
    let line = 1 + bytes[..same].iter().filter(|b| **b == b'\n').count();
    Ok(Some(format!("it differs from line {line} on")))
}
