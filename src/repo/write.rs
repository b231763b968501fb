//! The one write primitive: a set of files changes all or not at all, and only from what the proposal was made from.
//!
//! Refuses paths that lead out or into git, symbolic links, and anything that is not a regular file. Never writes into
//! an existing file: each new text is a synced temporary file that takes the name's place in one step, so that whoever
//! reads sees the old text or the new one, and other hard links keep the old one. Does not merge, does not ask, does not
//! remove directories that become empty, and does not carry over extended attributes.

mod base;
mod staged;
mod transaction;

use super::{Root, path};
use crate::domain::failure::{Failure, FailureKind};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use transaction::Transaction;

/// One file that is to become something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWrite {
    /// Relative to the root, `/` between parts.
    pub path: String,
    /// The text it must have now; `None` if it must not exist.
    pub expect: Option<String>,
    /// The text it is to have; `None` if it is to be deleted.
    pub content: Option<String>,
}

impl FileWrite {
    fn is_noop(&self) -> bool {
        self.expect == self.content
    }
}

/// What was written, as paths in the order they were given. A file whose text stays as it is appears nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Files that did not exist.
    pub created: Vec<String>,
    /// Files whose text was replaced.
    pub replaced: Vec<String>,
    /// Files that are gone.
    pub deleted: Vec<String>,
}

/// Why nothing was written (or, for `Broken`, what was left behind).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A path that may not be written.
    #[error("{message} Nothing was written.")]
    Denied {
        /// The path.
        path: String,
        /// What is wrong with it and what to do.
        message: String,
    },
    /// A file is not what the proposal was made from.
    #[error("`{path}` is not what the proposal was made from: {what}. Nothing was written; ask for the change again.")]
    Stale {
        /// The path.
        path: String,
        /// How it differs, as a clause.
        what: String,
    },
    /// The system refused. Everything is as it was.
    #[error("`{path}` could not be written: {what}. Nothing was changed; mend that and try again.")]
    Failed {
        /// The path.
        path: String,
        /// What the system said, as a clause.
        what: String,
    },
    /// The system refused, and then refused to put back some of what had been written.
    #[error("`{path}` could not be written ({what}), and these could not be put back: {}. Restore them from the \
             session's history or from git.", left.join(", "))]
    Broken {
        /// The path that failed first.
        path: String,
        /// What the system said, as a clause.
        what: String,
        /// The files that hold the new text still, each with where its old one is.
        left: Vec<String>,
    },
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Failure {
        let kind = match &error {
            ApplyError::Denied { .. } => FailureKind::Denied,
            ApplyError::Stale { .. } => FailureKind::Stale,
            ApplyError::Failed { .. } | ApplyError::Broken { .. } => FailureKind::Io,
        };
        Failure::fatal(kind, error.to_string())
    }
}

/// Where a file stands after an apply that may have been interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// As expected before: still to be written.
    Before,
    /// As it is to become: done.
    After,
    /// Neither: someone else changed it.
    Other,
}

/// Writes all of them or none. When it returns `Ok`, every file and directory entry is synced to the disk.
///
/// # Errors
/// `Denied`, `Stale` and `Failed` leave everything as it was; `Broken` says what it could not put back.
pub fn apply(root: &Root, writes: &[FileWrite]) -> Result<Applied, ApplyError> {
    check(root, writes)?;
    let mut transaction = Transaction::new(root);
    let outcome = writes
        .iter()
        .filter(|write| !write.is_noop())
        .try_for_each(|write| transaction.stage(write, source(write, writes)))
        .and_then(|()| transaction.commit())
        .and_then(|()| transaction.sync());
    match outcome {
        Ok(()) => transaction.finish(),
        Err(error) => return Err(transaction.undo(error)),
    }
    let mut applied = Applied::default();
    for write in writes.iter().filter(|write| !write.is_noop()) {
        let list = match (&write.expect, &write.content) {
            (None, _) => &mut applied.created,
            (_, None) => &mut applied.deleted,
            _ => &mut applied.replaced,
        };
        list.push(write.path.clone());
    }
    Ok(applied)
}

/// What [`apply`] asks before it writes: every path is one that may be written, every file is as expected.
///
/// # Errors
/// `Denied`, `Stale`, and `Failed` when a file cannot be looked at.
pub fn check(root: &Root, writes: &[FileWrite]) -> Result<(), ApplyError> {
    check_paths(writes)?;
    for write in writes {
        base::check(root, write)?;
    }
    base::check_case(root, writes)
}

/// Tells where each file stands, for the recovery of an apply that was killed: apply those that are `Before`, and the
/// whole is done. Also removes the temporary files that the killed process left beside them.
///
/// # Errors
/// `Denied` or `Failed` when a file cannot be looked at.
pub fn reconcile(root: &Root, writes: &[FileWrite]) -> Result<Vec<FileState>, ApplyError> {
    check_paths(writes)?;
    transaction::sweep(root, writes);
    writes.iter().map(|write| base::state(root, write)).collect()
}

fn check_paths(writes: &[FileWrite]) -> Result<(), ApplyError> {
    let denied = |path: &str, message: String| Err(ApplyError::Denied { path: path.to_owned(), message });
    let mut seen = BTreeSet::new();
    for FileWrite { path, .. } in writes {
        if let Err(failure) = path::check(path) {
            return denied(path, failure.message);
        }
        if !seen.insert(path) {
            return denied(path, format!("`{path}` is named twice; name each file once."));
        }
    }
    Ok(())
}

/// The file that a new one takes the place of, if it is one that was moved: it has the text of one that goes, or both are the
/// only ones of their ending. Its mode goes with it.
fn source<'a>(new: &FileWrite, writes: &'a [FileWrite]) -> Option<&'a str> {
    let ending = |write: &FileWrite| {
        crate::domain::path::name(&write.path).rsplit_once('.').map(|(_, ending)| ending.to_owned())
    };
    if new.expect.is_some() || new.content.is_none() {
        return None;
    }
    let gone = || writes.iter().filter(|write| write.expect.is_some() && write.content.is_none());
    if let Some(same) = gone().find(|write| write.expect == new.content) {
        return Some(&same.path);
    }
    let alike = |write: &&FileWrite| ending(write) == ending(new);
    let mut like = gone().filter(alike);
    let others = writes.iter().filter(|w| w.expect.is_none() && w.content.is_some()).filter(alike).count();
    match (like.next(), like.next(), others) {
        (Some(only), None, 1) => Some(&only.path),
        _ => None,
    }
}

const TEMPORARY: (&str, &str) = (".vibe-tui.", ".tmp");

/// Whether a file of this name is one of our temporary ones.
pub(super) fn is_temporary(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(TEMPORARY.0.as_bytes()) && name.ends_with(TEMPORARY.1.as_bytes())
}
