//! Reading files whole, as they are: text, nothing, or a reason why they are not text.
//!
//! Refuses what lies outside the root or inside `.git`; never waits for a pipe or a device, and never fails: what cannot
//! be read says why in its snapshot.

use super::beneath::{self, Links};
use super::fault::why;
use super::{Root, path};
use crate::domain::change::{FileContent, FileSnapshot};
use crate::domain::clip;
use crate::domain::listing::Unread;
use rustix::buffer::spare_capacity;
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// Bytes of the largest file that is read as text: 4 MiB.
pub const MAX_TEXT: u64 = 4 << 20;
/// Bytes for which a room has space at least: nearly every file of source is then read by one call, whatever is known of it.
const ROOM: usize = 64 << 10;
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
        let head = clip::head(&text, MAX_AGENTS);
        text.truncate(head.rfind('\n').map_or(head.len(), |newline| newline + 1));
        text.push_str("… the rest of AGENTS.md is left out: it is longer than 16 KiB …\n");
    }
    Some(text)
}

/// The bytes of a file, at most [`MAX_TEXT`] of them.
///
/// # Errors
/// Why there are none.
pub fn bytes(root: &Root, path: &str) -> Result<Vec<u8>, Unread> {
    let fd = opened(root, path)?;
    let stat = rustix::fs::fstat(&fd).map_err(unreadable)?;
    if let Some(kind) = unreadable_kind(FileType::from_raw_mode(stat.st_mode)) {
        return Err(Unread::Refused(kind.to_owned()));
    }
    let mut bytes = Vec::new();
    rest(&fd, u64::try_from(stat.st_size).unwrap_or(0), &mut bytes)?;
    Ok(bytes)
}

/// The same of a file that a listing has, with so many bytes, in place of what `bytes` holds: what is known is not asked again. Of
/// what took its place since then, what can be read without waiting is read.
///
/// # Errors
/// Why there are none.
pub fn listed(root: &Root, path: &str, size: u64, bytes: &mut Vec<u8>) -> Result<(), Unread> {
    bytes.clear();
    bytes.reserve(ROOM);
    rest(&opened(root, path)?, size, bytes)
}

fn opened(root: &Root, path: &str) -> Result<OwnedFd, Unread> {
    let refused = |why: &str| Err(Unread::Refused(why.to_owned()));
    if !path::is_inside(path) {
        return refused("outside the repository");
    }
    if path::is_in_git(path) {
        return refused("inside .git");
    }
    match open(root, path) {
        Ok(fd) => Ok(fd),
        Err(Errno::NOENT | Errno::NOTDIR) => Err(Unread::Absent),
        Err(Errno::XDEV) => refused("a symbolic link that leads out of the repository"),
        Err(Errno::NXIO) => refused("a socket"),
        Err(errno) => Err(unreadable(errno)),
    }
}

fn unreadable(errno: Errno) -> Unread {
    Unread::Refused(format!("unreadable: {}", why(errno)))
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

/// Reads to the end, into `bytes`, what probably has so many bytes.
fn rest(fd: &OwnedFd, size: u64, bytes: &mut Vec<u8>) -> Result<(), Unread> {
    if size > MAX_TEXT {
        return Err(Unread::Large);
    }
    // It may grow while it is read: there is room for one more byte, and a read that left it empty has seen the end.
    bytes.reserve(size as usize + 1);
    loop {
        match rustix::io::read(fd, spare_capacity(bytes)) {
            Ok(0) => return Ok(()),
            Ok(_) if bytes.len() as u64 == size => return Ok(()),
            Ok(_) if bytes.len() as u64 > MAX_TEXT => return Err(Unread::Large),
            Ok(_) => bytes.reserve(1),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(unreadable(errno)),
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
    fn a_file_is_read_to_its_end_whatever_size_it_was_said_to_have() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        let text: Vec<u8> = (0..70_000u32).map(|i| i as u8).collect();
        std::fs::write(dir.path().join("a"), &text).unwrap();
        let mut room = b"of another file".to_vec();
        for size in [0, 1, 69_999, 70_000, 70_001, MAX_TEXT] {
            listed(&root, "a", size, &mut room).unwrap();
            assert!(room == text, "{size}");
        }
        // The kernel says 0 of what it makes while it is read.
        let table = || OwnedFd::from(File::open("/proc/self/mountinfo").unwrap());
        assert_eq!(rustix::fs::fstat(table()).unwrap().st_size, 0);
        room.clear();
        rest(&table(), 0, &mut room).unwrap();
        assert_eq!(room, std::fs::read("/proc/self/mountinfo").unwrap());
    }

    #[test]
    fn what_took_the_place_of_a_listed_file_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, dir.path().join("pipe"), rustix::fs::Mode::RUSR).unwrap();
        std::fs::create_dir(dir.path().join("folder")).unwrap();
        std::fs::write(dir.path().join("large"), vec![b'a'; MAX_TEXT as usize + 1]).unwrap();
        let mut room = b"of another file".to_vec();
        assert_eq!(listed(&root, "pipe", 9, &mut room), Ok(()));
        assert!(room.is_empty());
        assert!(matches!(listed(&root, "folder", 9, &mut room), Err(Unread::Refused(_))));
        assert_eq!(listed(&root, "large", 9, &mut room), Err(Unread::Large));
        assert_eq!(listed(&root, "none", 9, &mut room), Err(Unread::Absent));
    }
}
