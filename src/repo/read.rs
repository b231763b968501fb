//! Reading files whole, as they are: text, nothing, or a reason why they are not text.
//!
//! Refuses what lies outside the root or inside `.git`; never waits for a pipe or a device, and never fails: what cannot
//! be read says why in its snapshot.

use super::beneath::{self, Links};
use super::fault::{why, why_io};
use super::{Root, path};
use crate::domain::change::{FileContent, FileSnapshot};
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;
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

fn content(root: &Root, path: &str) -> FileContent {
    if !path::is_inside(path) {
        return opaque("outside the repository");
    }
    if path::is_in_git(path) {
        return opaque("inside .git");
    }
    match open(root, path) {
        Ok(fd) => text(fd),
        Err(Errno::NOENT | Errno::NOTDIR) => FileContent::Absent,
        Err(Errno::XDEV) => opaque("a symbolic link that leads out of the repository"),
        Err(Errno::NXIO) => opaque("a socket"),
        Err(errno) => opaque(&format!("unreadable: {}", why(errno))),
    }
}

/// Opens for reading without waiting, following links that stay inside.
pub(super) fn open(root: &Root, path: &str) -> Result<OwnedFd, Errno> {
    beneath::open(root.dir(), path, OFlags::RDONLY | OFlags::NONBLOCK, Links::Follow)
}

fn text(fd: OwnedFd) -> FileContent {
    match rustix::fs::fstat(&fd) {
        Err(errno) => return opaque(&format!("unreadable: {}", why(errno))),
        Ok(stat) => {
            if let Some(kind) = unreadable_kind(FileType::from_raw_mode(stat.st_mode)) {
                return opaque(kind);
            }
        }
    }
    let mut bytes = Vec::new();
    if let Err(error) = File::from(fd).take(MAX_TEXT + 1).read_to_end(&mut bytes) {
        return opaque(&format!("unreadable: {}", why_io(&error)));
    }
    if bytes.len() as u64 > MAX_TEXT {
        return opaque("larger than 4 MiB");
    }
    if bytes.contains(&0) {
        return opaque("binary");
    }
    String::from_utf8(bytes).map_or_else(|_| opaque("not UTF-8"), |text| FileContent::Text { text })
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
