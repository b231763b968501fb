//! The connection and its transactions: who may write, how durable a commit is, and what a failure does to the rest.
//!
//! It refuses to write after a failed sync or on damaged pages: a later success would call something saved that is not.

use super::error::StoreError;
use super::open::Access;
use super::owner::Owner;
use rusqlite::{Connection, ffi};
use std::fs::File;
use std::path::PathBuf;

/// What an acknowledged write survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process and of the machine: synced before it is acknowledged, with everything written before it.
    Durable,
    /// The end of the process; a power cut may take the newest of them, never the order.
    Relaxed,
}

/// An error inside a transaction, before it knows which file it is about.
#[derive(Debug)]
pub(super) enum Fault {
    Sqlite(rusqlite::Error),
    Refused(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Refused(error)
    }
}

/// What happens inside a transaction.
pub(super) type Step<T> = Result<T, Fault>;

/// The connection. It lives in one thread.
pub(super) struct Database {
    pub conn: Connection,
    pub path: PathBuf,
    pub access: Access,
    /// Why nothing is saved, if so.
    pub reason: String,
    pub owner: Owner,
    pub wal: bool,
    /// `PRAGMA synchronous` as last set.
    pub synchronous: Option<&'static str>,
    /// Set by a failure after which no write may succeed.
    pub broken: Option<StoreError>,
    /// Held for as long as the file is open, so that nobody sets it aside meanwhile.
    pub lock: Option<File>,
}

impl Database {
    /// Runs `work` in one read-write transaction and commits it with `durability`.
    pub(super) fn write<T>(
        &mut self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Step<T>,
    ) -> Result<T, StoreError> {
        self.begin(durability)?;
        match work(&self.conn) {
            Ok(value) => self.commit().map(|()| value),
            Err(fault) => {
                let error = self.error(fault);
                self.rollback();
                Err(error)
            }
        }
    }

    /// Runs `work` without a transaction of its own.
    pub(super) fn read<T>(&mut self, work: impl FnOnce(&Connection) -> Step<T>) -> Result<T, StoreError> {
        work(&self.conn).map_err(|fault| self.error(fault))
    }

    /// Begins a transaction that writes, or says why none may.
    pub(super) fn begin(&mut self, durability: Durability) -> Result<(), StoreError> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        if self.access == Access::ReadOnly {
            return Err(StoreError::ReadOnly { reason: self.reason.clone() });
        }
        self.set_synchronous(durability)
            .and_then(|()| Ok(self.conn.execute_batch("BEGIN IMMEDIATE")?))
            .map_err(|f| self.error(f))
    }

    /// Commits. Only after this returned `Ok` may anything be called saved.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        let Err(error) = self.conn.execute_batch("COMMIT") else { return Ok(()) };
        let unsynced = matches!(
            error.sqlite_extended_error_code(),
            Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC | ffi::SQLITE_IOERR_COMMIT_ATOMIC)
        );
        let error = self.error(Fault::Sqlite(error));
        self.rollback();
        if unsynced {
            // A second fsync may succeed without the pages of the first: nothing after it could be trusted.
            self.broken = Some(error.clone());
        }
        Err(error)
    }

    /// Ends a transaction that failed. Some errors have ended it already.
    pub(super) fn rollback(&mut self) {
        if !self.conn.is_autocommit() {
            let _ = self.conn.execute_batch("ROLLBACK");
        }
    }

    /// The typed error of a fault. Damage is remembered beyond the end of the process, so that the next start looks.
    pub(super) fn error(&mut self, fault: Fault) -> StoreError {
        let error = match fault {
            Fault::Refused(error) => return error,
            Fault::Sqlite(error) => StoreError::from_sqlite(&error, &self.path),
        };
        if matches!(error, StoreError::Damaged { .. }) && self.broken.is_none() {
            self.broken = Some(error.clone());
            if self.access == Access::Saved {
                let _ = std::fs::write(super::open::damage_mark(&self.path), error.to_string());
            }
        }
        error
    }

    fn set_synchronous(&mut self, durability: Durability) -> Step<()> {
        // In WAL a FULL commit syncs the log with all that earlier NORMAL commits put there. A rollback journal needs
        // EXTRA to sync the directory too, and FULL to stay intact at all (https://sqlite.org/pragma.html#pragma_synchronous).
        let wanted = match (self.wal, durability) {
            (true, Durability::Durable) | (false, Durability::Relaxed) => "FULL",
            (true, Durability::Relaxed) => "NORMAL",
            (false, Durability::Durable) => "EXTRA",
        };
        if self.synchronous != Some(wanted) {
            self.conn.pragma_update(None, "synchronous", wanted)?;
            self.synchronous = Some(wanted);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    /// A kill test cannot see a missing sync, so the setting is looked at inside the transactions themselves.
    #[test]
    fn durable_commits_are_synced_and_relaxed_ones_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut database = open::open(&dir.path().join("vibe.db")).database;
        let synchronous =
            |conn: &Connection| -> Step<i64> { Ok(conn.query_row("PRAGMA synchronous", [], |row| row.get(0))?) };
        let (normal, full, extra) = (1, 2, 3);
        for (wal, durability, expected) in [
            (true, Durability::Durable, full),
            (true, Durability::Relaxed, normal),
            (true, Durability::Durable, full),
            (false, Durability::Durable, extra),
            (false, Durability::Relaxed, full),
        ] {
            database.wal = wal;
            assert_eq!(database.write(durability, synchronous), Ok(expected), "{wal} {durability:?}");
        }
        let mode: String = database.conn.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn a_group_with_one_durable_append_is_synced() {
        use super::super::journal::{Append, NewRow};
        use super::super::patch::SummaryPatch;
        use crate::domain::clock::Timestamp;
        use crate::domain::ids::SessionId;
        let dir = tempfile::tempdir().unwrap();
        let mut database = open::open(&dir.path().join("vibe.db")).database;
        let session = SessionId("a".to_owned());
        database.create_session(&session, "/r", "a", Timestamp(0)).unwrap();
        let append = |expected, durability| Append {
            session: session.clone(),
            expected,
            rows: vec![NewRow { at: Timestamp(1), kind: "k".to_owned(), payload: "1".to_owned() }],
            patch: SummaryPatch::default(),
            durability,
        };
        database.append_group(&[append(1, Durability::Relaxed)]).remove(0).unwrap();
        assert_eq!(database.synchronous, Some("NORMAL"));
        let group = [append(2, Durability::Relaxed), append(3, Durability::Durable), append(4, Durability::Relaxed)];
        assert_eq!(database.append_group(&group), [Ok(2), Ok(3), Ok(4)]);
        assert_eq!(database.synchronous, Some("FULL"));
    }

    #[test]
    fn after_a_failed_sync_nothing_more_is_called_saved() {
        let dir = tempfile::tempdir().unwrap();
        let mut database = open::open(&dir.path().join("vibe.db")).database;
        let broken = StoreError::Io { path: "vibe.db".to_owned(), detail: "fsync".to_owned() };
        database.broken = Some(broken.clone());
        assert_eq!(database.write(Durability::Durable, |_| Ok(())), Err(broken));
        assert!(database.sessions(None).is_ok(), "what is there can be read");
    }

    #[test]
    fn the_linked_sqlite_is_new_enough() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }
}
