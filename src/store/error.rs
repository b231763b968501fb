//! What can go wrong with the database, typed, each in a sentence that says what to do.
//!
//! It refuses to carry SQLite's own error values further: they are neither cloneable nor journalable.

use crate::domain::failure::{Failure, FailureKind};
use std::path::Path;
use thiserror::Error;

/// A failure of the store. Cloneable, because one failed commit may answer several callers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Another instance appended to the same session.
    #[error(
        "session {session} moved on elsewhere: its next row is {found}, not {expected}; open the session again to go on"
    )]
    Conflict {
        /// The session, as the user calls it.
        session: String,
        /// The row the caller thought came next.
        expected: u64,
        /// The row that really comes next.
        found: u64,
    },
    /// Another living process works in the session.
    #[error("session {session} is open in {holder}; close it there, or start another session")]
    Leased {
        /// The session, as the user calls it.
        session: String,
        /// The process, as a phrase: "process 4711 on this machine".
        holder: String,
    },
    /// No such session.
    #[error("there is no session `{name}`; `vibe-tui sessions` lists them")]
    NoSession {
        /// What was asked for.
        name: String,
    },
    /// Several sessions begin with what was asked for.
    #[error("`{name}` is the beginning of {count} sessions; give more of it, or the whole name")]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// How many.
        count: usize,
    },
    /// The request in the ledger is not in the state that was assumed.
    #[error("request {request} of session {session} {state}; it cannot be {wanted}")]
    Ledger {
        /// The session.
        session: String,
        /// The request.
        request: u64,
        /// What it is: "was never reserved", "is already settled", "is already reserved for another amount".
        state: &'static str,
        /// What was wanted: "settled", "released", "reserved".
        wanted: &'static str,
    },
    /// What counts against a limit cannot be read.
    #[error(
        "the limit of a day, week or month cannot be kept, because what was spent before cannot be read: {reason}; use a model on this machine, or lift the limit"
    )]
    Uncounted {
        /// Why, as a sentence.
        reason: String,
    },
    /// The database was opened for reading only.
    #[error("nothing can be saved: {reason}")]
    ReadOnly {
        /// Why, as a sentence that says what to do.
        reason: String,
    },
    /// The disk is full.
    #[error("the disk that holds {path} is full: this was not saved; make room and try again")]
    Full {
        /// The database file.
        path: String,
    },
    /// Another process held the database for longer than the busy timeout.
    #[error("{path} was held by another process for too long: this was not saved; try again")]
    Busy {
        /// The database file.
        path: String,
    },
    /// Pages of the file are not what they should be.
    #[error("{path} is damaged ({detail}); start again, and it is set aside and what can be read is taken over")]
    Damaged {
        /// The database file.
        path: String,
        /// SQLite's words.
        detail: String,
    },
    /// The operating system could not read or write.
    #[error("{path} could not be read or written ({detail}): this was not saved")]
    Io {
        /// The database file.
        path: String,
        /// The system's words.
        detail: String,
    },
    /// A value the store was given is not valid.
    #[error("the store was given {detail}; this is a defect of vibe-tui, please report it")]
    Input {
        /// What.
        detail: String,
    },
    /// The store was closed before it answered.
    #[error("the database is closed; this was not saved")]
    Closed,
}

impl StoreError {
    /// Reads SQLite's error. `path` is named in the sentence.
    pub(super) fn from_sqlite(error: &rusqlite::Error, path: &Path) -> StoreError {
        use rusqlite::ErrorCode as Code;
        let (path, detail) = (path.display().to_string(), error.to_string());
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => StoreError::Full { path },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => StoreError::Busy { path },
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => StoreError::Damaged { path, detail },
            Some(Code::ReadOnly) => StoreError::ReadOnly { reason: format!("{path} cannot be written ({detail})") },
            _ => StoreError::Io { path, detail },
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        match error {
            StoreError::Full { .. } | StoreError::Busy { .. } => {
                Failure::transient(FailureKind::Store, error.to_string())
            }
            StoreError::Input { .. } => Failure::fatal(FailureKind::Internal, error.to_string()),
            _ => Failure::fatal(FailureKind::Store, error.to_string()),
        }
    }
}
