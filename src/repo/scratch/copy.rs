//! Copying one file: its blocks shared where the file system can, never its inode.

use super::manifest::Stamp;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Makes the directories above a file.
pub(super) fn make_parent(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(parent) if !parent.is_dir() => fs::create_dir_all(parent),
        _ => Ok(()),
    }
}

/// When a copied file was modified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// When its source was.
    Kept,
    /// Now.
    New,
}

/// Copies at most the `size` that was counted, sharing blocks where the file system can; keeps the executable bit and,
/// where it may, the time, so that build tools do not take every file for changed.
pub(super) fn copy_file(source: File, size: u64, target: &Path, mode: u32, time: Time) -> io::Result<Stamp> {
    let file = File::options().write(true).create_new(true).mode(0o600 | (mode & 0o100)).open(target)?;
    if !share_blocks(&file, &source) {
        io::copy(&mut io::Read::take(&source, size), &mut &file)?;
    }
    match source.metadata().and_then(|m| m.modified()) {
        Ok(modified) if time == Time::Kept => file.set_modified(modified)?,
        _ => {}
    }
    Ok(Stamp::of(&rustix::fs::fstat(&file)?))
}

#[cfg(target_os = "linux")]
fn share_blocks(file: &File, source: &File) -> bool {
    rustix::fs::ioctl_ficlone(file, source).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn share_blocks(_file: &File, _source: &File) -> bool {
    false
}
