//! Reading files whole, as they are: text, nothing, or a reason why they are not text.
//!
//! Refuses what lies outside the root or inside `.git`; never waits for a pipe or a device, and never fails: what cannot
//! be read says why in its snapshot.

use super::beneath::{self, Links};
use super::fault::why;
use super::{Root, path};
use crate::domain::change::{FileContent, FileSnapshot};
use crate::domain::listing::Unread;
use rustix::buffer::spare_capacity;
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// Bytes of the largest file that is read as text: 4 MiB.
pub const MAX_TEXT: u64 = 4 << 20;
/// Bytes of `AGENTS.md` that are used: 16 KiB.
pub const MAX_AGENTS: usize = 16 << 10;

/// Reads each path (relative to the root, `/` between parts), in the order given.
pub fn read(root: &Root, paths: &[String]) -> Vec<FileSnapshot> {
    paths.iter().map(|path| FileSnapshot { path: path.clone(), content: content(root, path) }).collect()
}

/// The repository's `AGENTS.md`, cut at the last line that ends within 16 KiB (with a line that says so); `None` if
/// there is none or it is not text.
pub fn agents_md(root: &Root) -> Option<String> {
    let FileContent::Text { mut text } = content(root, "AGENTS.md") else { return None };
    if text.len() > MAX_AGENTS {
        let end = (0..=MAX_AGENTS).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(text[..end].rfind('\n').map_or(end, |newline| newline + 1));
        text.push_str("… the rest of AGENTS.md is left out: it is longer than 16 KiB …\n");
    }
    Some(text)
}

/// The bytes of a file, at most [`MAX_TEXT`] of them.
///
/// # Errors
/// Why there are none.
pub fn bytes(root: &Root, path: &str) -> Result<Vec<u8>, Unread> {
    let refused = |why: &str| Err(Unread::Refused(why.to_owned()));
    if !path::is_inside(path) {
        return refused("outside the repository");
    }
    if path::is_in_git(path) {
        return refused("inside .git");
    }
    match open(root, path) {
        Ok(fd) => all(fd),
        Err(Errno::NOENT | Errno::NOTDIR) => Err(Unread::Absent),
        Err(Errno::XDEV) => refused("a symbolic link that leads out of the repository"),
        Err(Errno::NXIO) => refused("a socket"),
        Err(errno) => refused(&format!("unreadable: {}", why(errno))),
    }
}

fn content(root: &Root, path: &str) -> FileContent {
    let bytes = match bytes(root, path) {
        Ok(bytes) => bytes,
        Err(Unread::Absent) => return FileContent::Absent,
        Err(Unread::Large) => return opaque("larger than 4 MiB"),
        Err(Unread::Refused(why)) => return opaque(&why),
    };
    if bytes.contains(&0) {
        return opaque("binary");
    }
    String::from_utf8(bytes).map_or_else(|_| opaque("not UTF-8"), |text| FileContent::Text { text })
}

/// Opens for reading without waiting, following links that stay inside.
pub(super) fn open(root: &Root, path: &str) -> Result<OwnedFd, Errno> {
    beneath::open(root.dir(), path, OFlags::RDONLY | OFlags::NONBLOCK, Links::Follow)
}

fn all(fd: OwnedFd) -> Result<Vec<u8>, Unread> {
    let refused = |why: String| Unread::Refused(format!("unreadable: {why}"));
    let stat = rustix::fs::fstat(&fd).map_err(|e| refused(why(e)))?;
    if let Some(kind) = unreadable_kind(FileType::from_raw_mode(stat.st_mode)) {
        return Err(Unread::Refused(kind.to_owned()));
    }
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if size > MAX_TEXT {
        return Err(Unread::Large);
    }
    // It may grow while it is read: there is room for one more byte, and a read that left it empty has seen the end.
    let mut bytes = Vec::with_capacity(size as usize + 1);
    loop {
        match rustix::io::read(&fd, spare_capacity(&mut bytes)) {
            Ok(0) => return Ok(bytes),
            Ok(_) if bytes.len() as u64 == size => return Ok(bytes),
            Ok(_) if bytes.len() as u64 > MAX_TEXT => return Err(Unread::Large),
            Ok(_) => bytes.reserve(1),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(refused(why(errno))),
        }
    }
}

/// What stands there, as a phrase, unless it is a regular file.
pub(super) fn unreadable_kind(kind: FileType) -> Option<&'static str> {
    match kind {
        FileType::RegularFile => None,
        FileType::Directory => Some("a directory"),
        FileType::Symlink => Some("a symbolic link"),
        FileType::Fifo => Some("a named pipe"),
        FileType::Socket => Some("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => Some("a device"),
        FileType::Unknown => Some("of unknown kind"),
    }
}

fn opaque(reason: &str) -> FileContent {
    FileContent::Opaque { reason: reason.to_owned() }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn a_file_that_holds_more_than_it_says_is_read_to_its_end() {
        // Its size is 0, as it was of a file that grew since.
        let table = || OwnedFd::from(File::open("/proc/self/mountinfo").unwrap());
        assert_eq!(rustix::fs::fstat(table()).unwrap().st_size, 0);
        assert_eq!(all(table()).unwrap(), std::fs::read("/proc/self/mountinfo").unwrap());
    }
}
