//! The names in one directory and what each stands for, in the order of the paths that begin with them. Looks at a name
//! itself only where the file system does not say its kind.

use super::rules::RULES;
use crate::repo::write::is_temporary;
use rustix::fs::{AtFlags, FileType};
use rustix::io::{Errno, Result};
use std::ffi::OsStr;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;

/// Bytes of names that are read at a time; the longest entry of Linux has 280.
#[cfg(target_os = "linux")]
const READ: usize = 32 << 10;

/// The names of a directory, without those that no listing shows.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// All of them; a directory's ends in `/`, as it does in the paths of what it holds.
    bytes: Vec<u8>,
    all: Vec<(Range<usize>, FileType)>,
    /// Which of [`RULES`] there are.
    pub rules: [bool; RULES.len()],
}

impl Names {
    /// Reads an open directory. What stopped it early, if anything did, stands beside what was read by then.
    pub(super) fn read(dir: BorrowedFd<'_>, buffer: &mut Vec<u8>) -> (Names, Result<()>) {
        let mut names = Names::default();
        let read = each(dir, buffer, |name, kind| names.add(dir, name, kind));
        let Names { bytes, all, .. } = &mut names;
        all.sort_unstable_by(|(a, _), (b, _)| bytes[a.clone()].cmp(&bytes[b.clone()]));
        (names, read)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// One of them.
    pub(super) fn get(&self, at: usize) -> (&[u8], FileType) {
        let (place, kind) = &self.all[at];
        let name = &self.bytes[place.clone()];
        (name.strip_suffix(b"/").unwrap_or(name), *kind)
    }

    fn add(&mut self, dir: BorrowedFd<'_>, name: &[u8], kind: FileType) {
        if let Some(rule) = RULES.iter().position(|rule| name == rule.as_bytes()) {
            self.rules[rule] = true;
        }
        let version_control = matches!(name, b".git" | b".jj" | b".hg" | b".svn");
        if matches!(name, b"." | b"..") || version_control || is_temporary(OsStr::from_bytes(name)) {
            return;
        }
        let kind = match kind {
            FileType::Unknown => rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
                .map_or(kind, |stat| FileType::from_raw_mode(stat.st_mode)),
            kind => kind,
        };
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        if kind == FileType::Directory {
            self.bytes.push(b'/');
        }
        self.all.push((start..self.bytes.len(), kind));
    }
}

#[cfg(target_os = "linux")]
fn each(dir: BorrowedFd<'_>, buffer: &mut Vec<u8>, mut see: impl FnMut(&[u8], FileType)) -> Result<()> {
    buffer.reserve(READ);
    let mut entries = rustix::fs::RawDir::new(dir, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => see(entry.file_name().to_bytes(), entry.file_type()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn each(dir: BorrowedFd<'_>, _buffer: &mut Vec<u8>, mut see: impl FnMut(&[u8], FileType)) -> Result<()> {
    for entry in rustix::fs::Dir::read_from(dir)? {
        let entry = entry?;
        see(entry.file_name().to_bytes(), entry.file_type());
    }
    Ok(())
}
