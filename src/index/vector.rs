//! The points of a repository's texts in an SQLite file of their own, by the hash of the text they were made of.
//!
//! Of one model at a time: another one begins anew, and what two processes with different models write is never mixed,
//! because each looks within its transaction whose points these are. Like the cache beside it, the file holds nothing that
//! cannot be made again: a damaged one is replaced. Points are read through, not held.

use super::cache::{private, wal};
use crate::domain::failure::{Failure, FailureKind};
use crate::embedding::{TextKey, Vector};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};
use std::collections::HashSet;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Changes with the tables, or with the meaning of what is in them.
const FORMAT: i64 = 1;
/// How long another process's write is waited for.
const BUSY: Duration = Duration::from_secs(5);
/// Points of texts that are gone are kept for branches to come back to, until they are this many times as many as the others.
const DEAD: usize = 3;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS maker(identity TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS vector(text INTEGER PRIMARY KEY, bytes BLOB NOT NULL);";

/// The file.
pub struct Vectors {
    connection: Connection,
    path: PathBuf,
}

impl Vectors {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// `Io`, naming the file, when it cannot be had.
    pub fn open(path: &Path) -> Result<Vectors, Failure> {
        let opened = connect(path).or_else(|error| {
            if is_unusable(&error) {
                ["", "-wal", "-shm"]
                    .iter()
                    .for_each(|suffix| drop(fs::remove_file(super::cache::beside(path, suffix))));
                return connect(path);
            }
            Err(error)
        });
        let connection = opened.map_err(|error| failure(path, &error))?;
        Ok(Vectors { connection, path: path.to_owned() })
    }

    /// The texts whose points this maker has made. Those of another one are thrown away.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn known(&mut self, identity: &str) -> Result<HashSet<TextKey>, Failure> {
        self.within(|work| {
            if maker(work)?.as_deref() != Some(identity) {
                work.execute("DELETE FROM vector", [])?;
                work.execute("DELETE FROM maker", [])?;
                work.execute("INSERT INTO maker VALUES (?)", [identity])?;
            }
            let mut statement = work.prepare("SELECT text FROM vector")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// Keeps points. Does nothing when the file has become another maker's meanwhile.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&mut self, identity: &str, points: &[(TextKey, Vector)]) -> Result<(), Failure> {
        self.within(|work| {
            if maker(work)?.as_deref() != Some(identity) {
                return Ok(());
            }
            let mut insert = work.prepare_cached("INSERT OR REPLACE INTO vector VALUES (?, ?)")?;
            points.iter().try_for_each(|(text, point)| insert.execute((text, point.bytes())).map(drop))
        })
    }

    /// Gives every point that this maker has made, by the hash of its text.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn each(&mut self, identity: &str, mut take: impl FnMut(TextKey, &[u8])) -> Result<(), Failure> {
        let mut read = |connection: &mut Connection| {
            let work = connection.transaction()?;
            if maker(&work)?.as_deref() != Some(identity) {
                return Ok(());
            }
            let mut statement = work.prepare("SELECT text, bytes FROM vector ORDER BY text")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                take(row.get(0)?, row.get_ref(1)?.as_blob()?);
            }
            Ok(())
        };
        read(&mut self.connection).map_err(|error| failure(&self.path, &error))
    }

    /// Forgets the points of texts that are gone, when there are far more of them than of others.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn tidy(&mut self, live: &HashSet<TextKey>) -> Result<(), Failure> {
        self.within(|work| {
            let mut statement = work.prepare("SELECT text FROM vector")?;
            let kept: Vec<TextKey> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let dead: Vec<TextKey> = kept.into_iter().filter(|text| !live.contains(text)).collect();
            if dead.len() <= DEAD * live.len().max(1000) {
                return Ok(());
            }
            let mut delete = work.prepare("DELETE FROM vector WHERE text = ?")?;
            dead.iter().try_for_each(|text| delete.execute([text]).map(drop))
        })
    }

    fn within<T>(&mut self, work: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<T, Failure> {
        let all = || {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        all().map_err(|error| failure(&self.path, &error))
    }
}

fn maker(work: &Transaction) -> rusqlite::Result<Option<String>> {
    work.query_row("SELECT identity FROM maker", [], |row| row.get(0)).optional()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let refuse = |error: std::io::Error| {
        rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
            Some(error.to_string()),
        )
    };
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(refuse)?;
    }
    // For the user alone, like the names and comments that the points are made of.
    private().open(path).map_err(refuse)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA page_size = 16384;")?;
    wal(&connection)?;
    connection.execute_batch("PRAGMA synchronous = NORMAL;")?;
    let version: i64 = connection.query_row("SELECT user_version FROM pragma_user_version", [], |row| row.get(0))?;
    if version != FORMAT {
        connection.execute_batch("DROP TABLE IF EXISTS maker; DROP TABLE IF EXISTS vector;")?;
        connection.pragma_update(None, "user_version", FORMAT)?;
    }
    connection.execute_batch(TABLES)?;
    Ok(connection)
}

fn is_unusable(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn failure(path: &Path, error: &rusqlite::Error) -> Failure {
    let advice = if is_unusable(error) { "; it can be deleted, and is made again" } else { "" };
    Failure::fatal(FailureKind::Io, format!("{}: {error}{advice}", path.display()))
}
