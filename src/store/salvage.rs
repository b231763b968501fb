//! A damaged file: set aside under a new name, and everything that can still be read taken over.
//!
//! It refuses to change the damaged file, to invent rows, and to keep rows of a session behind a gap: a fold needs all
//! rows up to each one. They stay in the file that was set aside.

use super::count::count;
use super::database::{Database, Durability};
use super::error::StoreError;
use super::open::beside;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::fs;
use std::path::{Path, PathBuf};

/// What was taken over from a damaged file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Salvage {
    /// Sessions that have at least their first rows.
    pub sessions: u64,
    /// Journal rows taken over.
    pub rows: u64,
    /// Journal rows that could be read but stand behind a gap, and were left.
    pub behind_gaps: u64,
    /// Ledger entries taken over.
    pub ledger: u64,
    /// Whether some part of the file could not be read.
    pub incomplete: bool,
}

impl Salvage {
    /// The loud sentence.
    pub(super) fn sentence(&self, path: &Path, aside: &Path) -> String {
        let found = match (self.rows, self.incomplete || self.behind_gaps > 0) {
            (0, _) => "nothing in it could be read, so you begin with an empty list of sessions".to_owned(),
            (rows, true) => format!(
                "{} sessions with {rows} entries could be read; newer entries of some sessions may be missing",
                self.sessions
            ),
            (rows, false) => format!("all {} sessions with {rows} entries could be read", self.sessions),
        };
        format!(
            "The database {} was damaged and is set aside as {}: {found}. Spending before today may count too low; check your limits.",
            path.display(),
            aside.display()
        )
    }
}

/// The tables that are taken over, and their columns. `session` is rebuilt, `lease` is void.
const TABLES: &[(&str, &[&str])] = &[
    ("journal", &["id", "session", "seq", "at", "kind", "payload", "patch"]),
    (
        "ledger",
        &[
            "id",
            "session",
            "request",
            "run",
            "model",
            "node",
            "at",
            "day",
            "week",
            "month",
            "state",
            "amount",
            "tokens",
            "actual",
            "usage",
            "estimated",
        ],
    ),
    ("history", &["id", "at", "text"]),
    ("pattern_stat", &["id", "name", "proposed", "accepted", "rejected", "at"]),
];

/// Renames the file and its log to the first free `.corrupt-N`.
pub(super) fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let aside = (1u32..)
        .map(|n| beside(path, &format!(".corrupt-{n}")))
        .find(|candidate| !candidate.exists())
        .ok_or_else(|| std::io::Error::other("no free name to set it aside"))?;
    fs::rename(path, &aside)?;
    let log = beside(path, "-wal");
    if log.exists() {
        fs::rename(log, beside(&aside, "-wal"))?;
    }
    let _ = fs::remove_file(beside(path, "-shm"));
    Ok(aside)
}

/// Copies what can be read from `aside` into the new and empty `database`.
pub(super) fn take_over(aside: &Path, database: &mut Database) -> Result<Salvage, StoreError> {
    let mut salvage = Salvage::default();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(old) = Connection::open_with_flags(aside, flags) else {
        return Ok(Salvage { incomplete: true, ..salvage });
    };
    database.write(Durability::Durable, |new| {
        for (table, columns) in TABLES {
            let (copied, whole) = copy(&old, new, table, columns)?;
            salvage.incomplete |= !whole;
            match *table {
                "journal" => salvage.rows = copied,
                "ledger" => salvage.ledger = copied,
                _ => {}
            }
        }
        salvage.behind_gaps = cut_at_gaps(new)?;
        salvage.rows -= salvage.behind_gaps;
        super::session::rebuild(new)?;
        salvage.sessions = new.query_row("SELECT count(*) FROM session", [], |row| count(row, 0))?;
        Ok(())
    })?;
    Ok(salvage)
}

/// Copies one table by rising `id`, stepping over what cannot be read. Says how many rows, and whether that was all.
/// Errors of the new database are errors; errors of the old one are the reason to be here.
fn copy(old: &Connection, new: &Connection, table: &str, columns: &[&str]) -> rusqlite::Result<(u64, bool)> {
    let list = columns.join(", ");
    let marks = vec!["?"; columns.len()].join(", ");
    let mut insert = new.prepare(&format!("INSERT OR IGNORE INTO {table} ({list}) VALUES ({marks})"))?;
    let Ok(mut select) = old.prepare(&format!("SELECT {list} FROM {table} WHERE id >= ?1 ORDER BY id")) else {
        return Ok((0, false));
    };
    let newest = old.query_row(&format!("SELECT max(id) FROM {table}"), [], |row| row.get::<_, Option<i64>>(0));
    let end = newest.as_ref().ok().copied().flatten();
    let (mut copied, mut next, mut step, mut whole) = (0u64, 0i64, 1i64, newest.is_ok());
    loop {
        let mut rows = select.query([next])?;
        let ended = loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let values: rusqlite::Result<Vec<Value>> = (0..columns.len()).map(|i| row.get(i)).collect();
                    let Ok(values) = values else { break false };
                    if let Value::Integer(id) = values[0] {
                        next = id + 1;
                    }
                    step = 1;
                    // A row that breaks a rule of the table (a flipped bit in a number) is left out, not fatal.
                    match insert.execute(params_from_iter(values)) {
                        Ok(added) => copied += added as u64,
                        Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                            whole = false;
                        }
                        Err(e) => return Err(e),
                    }
                }
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        if ended {
            return Ok((copied, whole));
        }
        whole = false;
        next += step;
        step = (step * 2).min(1024);
        if end.is_none_or(|last| next > last) {
            return Ok((copied, false));
        }
    }
}

/// Removes rows behind the first missing `seq` of each session, and sessions without their row 0.
fn cut_at_gaps(new: &Connection) -> rusqlite::Result<u64> {
    let removed = new.execute(
        "DELETE FROM journal WHERE id IN (
             SELECT id FROM (
                 SELECT id, seq, row_number() OVER (PARTITION BY session ORDER BY seq) - 1 AS place FROM journal
             ) WHERE seq <> place
         )",
        [],
    )?;
    Ok(removed as u64)
}
