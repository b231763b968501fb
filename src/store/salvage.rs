//! A damaged file: everything that can still be read taken over into a new one, and set aside under another name.
//!
//! It refuses to change the damaged file, to invent rows, and to keep rows of a session behind a gap: a fold needs all
//! rows up to each one. They stay in the file that was set aside.

use super::count::count;
use super::database::{Database, Durability};
use super::error::StoreError;
use super::open::beside;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Statement, params_from_iter};
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
    ("token_fit", &["id", "model", "fit", "at"]),
    ("memory", &["id", "root", "kind", "text", "source", "at", "pinned", "recalled", "accepted", "accepted_at"]),
    ("lesson", &["id", "root", "key", "message", "before", "after", "uses", "successes", "at"]),
    ("rung_rate", &["id", "root", "class", "rung", "tried", "helped"]),
    ("past", &["id", "root", "key", "message", "rung", "what", "model", "attempt", "helped", "at"]),
];

/// Where the new file is made before it takes the damaged one's place.
pub(super) fn fresh(path: &Path) -> PathBuf {
    beside(path, ".salvage")
}

/// Renames the file and its log to the first free `.corrupt-N`; the log first, since one that is left behind would be
/// taken for that of the next file.
pub(super) fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let aside = (1u32..)
        .map(|n| beside(path, &format!(".corrupt-{n}")))
        .find(|candidate| !candidate.exists())
        .ok_or_else(|| std::io::Error::other("no free name to set it aside"))?;
    let log = beside(path, "-wal");
    if log.exists() {
        fs::rename(log, beside(&aside, "-wal"))?;
    }
    fs::rename(path, &aside)?;
    let _ = fs::remove_file(beside(path, "-shm"));
    Ok(aside)
}

/// Copies what can be read from the file at `damaged` into the new and empty `database`.
pub(super) fn take_over(damaged: &Path, database: &mut Database) -> Result<Salvage, StoreError> {
    let mut salvage = Salvage::default();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(old) = Connection::open_with_flags(damaged, flags) else {
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

/// Copies one table, stepping over what cannot be read. Says how many rows, and whether that was all. Errors of the new
/// database are errors; errors of the old one are the reason to be here.
fn copy(old: &Connection, new: &Connection, table: &str, columns: &[&str]) -> rusqlite::Result<(u64, bool)> {
    let list = columns.join(", ");
    let marks = vec!["?"; columns.len()].join(", ");
    let insert = new.prepare(&format!("INSERT OR IGNORE INTO {table} ({list}) VALUES ({marks})"))?;
    let select = |order: &str| {
        old.prepare(&format!("SELECT {list} FROM {table} WHERE id BETWEEN ?1 AND ?2 ORDER BY id {order}"))
    };
    let (Ok(mut up), Ok(mut down)) = (select("ASC"), select("DESC")) else { return Ok((0, false)) };
    let newest: Option<i64> =
        old.query_row(&format!("SELECT max(id) FROM {table}"), [], |row| row.get(0)).unwrap_or(None);
    let mut copy = Copy { insert, columns: columns.len(), copied: 0, whole: true };
    let (mut next, mut step) = (0i64, 1i64);
    loop {
        let run = copy.run(&mut up, next, i64::MAX)?;
        if let (Some((first, _)), true) = (run.reached, step > 1) {
            // The last step may have gone too far: what lies between is read from its far end.
            copy.run(&mut down, next - step / 2, first - 1)?;
        }
        if run.ended {
            return Ok((copy.copied, copy.whole));
        }
        copy.whole = false;
        if let Some((_, last)) = run.reached {
            (next, step) = (last + 1, 1);
        }
        next = next.saturating_add(step);
        step = step.saturating_mul(2);
        if newest.is_none_or(|newest| next > newest) {
            return Ok((copy.copied, false));
        }
    }
}

/// How far one reading came.
struct Run {
    /// Whether there was nothing more to read, rather than something that could not be read.
    ended: bool,
    /// The identifiers of the first and the last row that could be read.
    reached: Option<(i64, i64)>,
}

struct Copy<'a> {
    insert: Statement<'a>,
    columns: usize,
    copied: u64,
    whole: bool,
}

impl Copy<'_> {
    /// Copies rows with identifiers between `low` and `high`, in the order of `select`, up to the first that fails.
    fn run(&mut self, select: &mut Statement<'_>, low: i64, high: i64) -> rusqlite::Result<Run> {
        let mut reached: Option<(i64, i64)> = None;
        let mut rows = match select.query([low, high]) {
            Ok(rows) => rows,
            Err(_) => return Ok(Run { ended: false, reached }),
        };
        loop {
            let Ok(row) = rows.next() else { return Ok(Run { ended: false, reached }) };
            let Some(row) = row else { return Ok(Run { ended: true, reached }) };
            let values: rusqlite::Result<Vec<Value>> = (0..self.columns).map(|i| row.get(i)).collect();
            let (Ok(values), Ok(id)) = (values, row.get::<_, i64>(0)) else {
                return Ok(Run { ended: false, reached });
            };
            reached = Some((reached.map_or(id, |(first, _)| first), id));
            match self.insert.execute(params_from_iter(values)) {
                Ok(added) => self.copied += added as u64,
                // A row that breaks a rule of the table (a flipped bit in a number) is left out; it is not fatal.
                Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => self.whole = false,
                Err(e) => return Err(e),
            }
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
