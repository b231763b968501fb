//! The directory that a session works in: found once, held open, never left. Creates nothing.

use super::fault::{why, why_io};
use crate::domain::failure::{Failure, FailureKind};
use rustix::fs::{Access, AtFlags, Mode, OFlags};
use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// The top of a repository, or a plain directory. Everything is read and written beneath its handle.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    dir: OwnedFd,
    git: bool,
    writable: bool,
}

impl Root {
    /// Opens the repository that `dir` lies in: the nearest directory at or above it that has a `.git` with a `HEAD`
    /// (or a `.git` file, as worktrees and submodules have), else `dir` itself.
    ///
    /// # Errors
    /// `Io` if `dir` is not a directory that can be opened.
    pub fn open(dir: &Path) -> Result<Root, Failure> {
        let failure = |why: String| {
            let message =
                format!("`{}` cannot be opened: {why}. Start in a directory that you can read.", dir.display());
            Failure::fatal(FailureKind::Io, message)
        };
        let start = fs::canonicalize(dir).map_err(|e| failure(why_io(&e)))?;
        let top = start.ancestors().find(|d| has_git(d));
        let path = top.unwrap_or(&start).to_owned();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(&path, flags, Mode::empty()).map_err(|e| failure(why(e)))?;
        let access = Access::WRITE_OK | Access::EXEC_OK;
        let writable = rustix::fs::accessat(&handle, ".", access, AtFlags::EACCESS).is_ok();
        Ok(Root { git: top.is_some(), path, dir: handle, writable })
    }

    /// Where it is, absolute, for display and for child processes; never for opening files.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is the top of a git repository.
    pub fn is_git(&self) -> bool {
        self.git
    }

    /// Whether files could be created at its top when it was opened.
    pub fn is_writable(&self) -> bool {
        self.writable
    }

    /// The handle that every access goes through.
    pub(super) fn dir(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}

fn has_git(dir: &Path) -> bool {
    let git = dir.join(".git");
    git.is_file() || git.join("HEAD").exists()
}
