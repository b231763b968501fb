//! The append-only journal.
//!
//! It refuses to change or reorder a row, and to append past a row the caller has not seen.

use super::count::{Count, count};
use super::database::{Database, Durability, Fault, Step};
use super::error::StoreError;
use super::owner::Owner;
use super::patch::SummaryPatch;
use super::session;
use crate::domain::clock::Timestamp;
use crate::domain::ids::SessionId;
use rusqlite::{Connection, OptionalExtension, params};

/// A fact to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// When it happened.
    pub at: Timestamp,
    /// What kind of fact; the caller's vocabulary.
    pub kind: String,
    /// The fact, as JSON.
    pub payload: String,
}

/// A fact of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose.
    pub session: SessionId,
    /// Its place, from 1, without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What kind of fact.
    pub kind: String,
    /// The fact, as JSON.
    pub payload: String,
}

/// One call of `append`, waiting for its commit.
#[derive(Clone, Debug)]
pub(super) struct Append {
    pub session: SessionId,
    pub expected: u64,
    pub rows: Vec<NewRow>,
    pub patch: SummaryPatch,
    pub durability: Durability,
}

impl Database {
    /// Commits a group of appends together, synced if any of them has to be; each is refused by itself.
    pub(super) fn append_group(&mut self, group: &[Append]) -> Vec<Result<u64, StoreError>> {
        let durable = group.iter().any(|a| a.durability == Durability::Durable);
        let durability = if durable { Durability::Durable } else { Durability::Relaxed };
        if let Err(error) = self.begin(durability) {
            return vec![Err(error); group.len()];
        }
        let mut answers = Vec::with_capacity(group.len());
        for append in group {
            match within_savepoint(&self.conn, &self.owner, append) {
                Ok(last) => answers.push(Ok(last)),
                Err(fault) => {
                    let error = self.error(fault);
                    if self.conn.is_autocommit() {
                        // A full disk or a failed write ended the whole transaction: nothing of the group is there.
                        return vec![Err(error); group.len()];
                    }
                    answers.push(Err(error));
                }
            }
        }
        match self.commit() {
            Ok(()) => answers,
            Err(error) => vec![Err(error); group.len()],
        }
    }

    /// Up to `limit` rows of a session from `from` on, in order.
    pub(super) fn page(&mut self, session: &SessionId, from: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT seq, at, kind, payload FROM journal WHERE session = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
            )?;
            let rows = statement.query_map(params![session.0, Count(from.max(1)), Count(limit as u64)], |row| {
                Ok(Row {
                    session: session.clone(),
                    seq: count(row, 0)?,
                    at: Timestamp(row.get(1)?),
                    kind: row.get(2)?,
                    payload: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<Vec<Row>>>()?)
        })
    }
}

fn within_savepoint(conn: &Connection, owner: &Owner, append: &Append) -> Step<u64> {
    conn.prepare_cached("SAVEPOINT one")?.execute([])?;
    let result = write_rows(conn, owner, append);
    if result.is_err() && !conn.is_autocommit() {
        conn.prepare_cached("ROLLBACK TO one")?.execute([])?;
    }
    if !conn.is_autocommit() {
        conn.prepare_cached("RELEASE one")?.execute([])?;
    }
    result
}

fn write_rows(conn: &Connection, owner: &Owner, append: &Append) -> Step<u64> {
    session::refuse_if_leased(conn, owner, &append.session)?;
    let next = next_seq(conn, &append.session)?
        .ok_or_else(|| Fault::Refused(StoreError::NoSession { name: append.session.0.clone() }))?;
    if next != append.expected {
        let session = session::called(conn, &append.session)?;
        let error = StoreError::Conflict { session, expected: append.expected, found: next };
        return Err(error.into());
    }
    let Some(newest) = append.rows.last() else {
        if append.patch.is_empty() {
            return Ok(next - 1);
        }
        return Err(StoreError::Input { detail: "a change of a session's summary without a row".to_owned() }.into());
    };
    let patch = session::apply_patch(conn, &append.session, &append.patch, newest.at)?;
    for (place, row) in append.rows.iter().enumerate() {
        let last = place + 1 == append.rows.len();
        insert_row(conn, &append.session, next + place as u64, row, patch.as_deref().filter(|_| last))?;
    }
    Ok(next + append.rows.len() as u64 - 1)
}

/// The `seq` of the row that comes next, `None` if there is no such session.
fn next_seq(conn: &Connection, session: &SessionId) -> Step<Option<u64>> {
    let newest: Option<u64> = conn
        .prepare_cached("SELECT seq FROM journal WHERE session = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([&session.0], |row| count(row, 0))
        .optional()?;
    Ok(newest.map(|seq| seq + 1))
}

/// Writes one row. `patch` is what it changes in the summary, as JSON.
pub(super) fn insert_row(
    conn: &Connection,
    session: &SessionId,
    seq: u64,
    row: &NewRow,
    patch: Option<&str>,
) -> Step<()> {
    conn.prepare_cached(
        "INSERT INTO journal (session, seq, at, kind, payload, patch) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![session.0, Count(seq), row.at.0, row.kind, row.payload, patch])?;
    Ok(())
}
