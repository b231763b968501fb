//! The index of sessions and who works in which.
//!
//! It refuses to hold anything that the journal (or, for money, the ledger) does not: `rebuild` makes it anew.

use super::count::{Count, count};
use super::database::{Database, Durability, Fault, Step};
use super::error::StoreError;
use super::journal::{NewRow, insert_row};
use super::owner::Owner;
use super::patch::{Birth, SummaryPatch};
use crate::domain::clock::Timestamp;
use crate::domain::ids::SessionId;
use crate::domain::money::Money;
use crate::domain::safe_text::SafeText;
use crate::domain::session::{SessionStatus, SessionSummary};
use rusqlite::{Connection, OptionalExtension, params};

const SUMMARY: &str = "SELECT id, root, name, status, created, updated, runs,
    (SELECT coalesce(sum(coalesce(actual, amount)), 0) FROM ledger
      WHERE ledger.session = session.id AND state <> 'released') FROM session";

impl Database {
    /// Begins a session, under the lease of this store. Answers with its name, made unique within the root.
    pub(super) fn create_session(
        &mut self,
        id: &SessionId,
        root: &str,
        name: &str,
        at: Timestamp,
    ) -> Result<String, StoreError> {
        let owner = self.owner.clone();
        self.write(Durability::Durable, |conn| {
            let name = unique_name(conn, root, name, id)?;
            let birth = json(&Birth { root: root.to_owned(), name: name.clone() })?;
            insert_row(conn, id, 0, &NewRow { at, kind: "session".to_owned(), payload: birth }, None)
                .map_err(|fault| taken(fault, id))?;
            insert(conn, &fresh(id, root, &name, at))?;
            set_lease(conn, id, &owner, at)?;
            Ok(name)
        })
    }

    /// All sessions, or those of one root, the one used last first.
    pub(super) fn sessions(&mut self, root: Option<&str>) -> Result<Vec<SessionSummary>, StoreError> {
        let owner = self.owner.clone();
        self.read(|conn| {
            let sql = format!("{SUMMARY} WHERE ?1 IS NULL OR root = ?1 ORDER BY updated DESC, id DESC");
            let mut statement = conn.prepare_cached(&sql)?;
            let rows = statement.query_map([root], summary)?;
            let mut sessions = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            for session in sessions.iter_mut().filter(|s| s.status == SessionStatus::Running) {
                if holder(conn, &session.id)?.is_none_or(|holder| !holder.may_be_alive(&owner)) {
                    session.status = SessionStatus::Halted;
                }
            }
            Ok(sessions)
        })
    }

    /// The session of that name in the root, else the one whose identifier is or begins with it.
    pub(super) fn find_session(&mut self, root: &str, wanted: &str) -> Result<SessionSummary, StoreError> {
        self.read(|conn| {
            let by_name = format!("{SUMMARY} WHERE root = ?1 AND name = ?2");
            if let Some(found) = conn.prepare_cached(&by_name)?.query_row([root, wanted], summary).optional()? {
                return Ok(found);
            }
            let none = || Fault::Refused(StoreError::NoSession { name: wanted.to_owned() });
            if wanted.is_empty() {
                return Err(none());
            }
            let by_id = format!("{SUMMARY} WHERE substr(id, 1, length(?1)) = ?1");
            let mut statement = conn.prepare_cached(&by_id)?;
            let mut found = statement.query_map([wanted], summary)?.collect::<rusqlite::Result<Vec<_>>>()?;
            match (found.len(), found.iter().position(|s| s.id.0 == wanted)) {
                (_, Some(exact)) => Ok(found.swap_remove(exact)),
                (1, None) => Ok(found.swap_remove(0)),
                (0, None) => Err(none()),
                (count, None) => Err(StoreError::Ambiguous { name: wanted.to_owned(), count }.into()),
            }
        })
    }

    /// Removes a session and its journal. Its entries in the ledger stay: the money was spent.
    pub(super) fn delete_session(&mut self, id: &SessionId) -> Result<(), StoreError> {
        let owner = self.owner.clone();
        self.write(Durability::Durable, |conn| {
            refuse_if_leased(conn, &owner, id)?;
            if conn.execute("DELETE FROM session WHERE id = ?1", [&id.0])? == 0 {
                return Err(StoreError::NoSession { name: id.0.clone() }.into());
            }
            conn.execute("DELETE FROM journal WHERE session = ?1", [&id.0])?;
            conn.execute("DELETE FROM lease WHERE session = ?1", [&id.0])?;
            Ok(())
        })
    }

    /// Takes the session for this store, or says who has it. A holder that is gone is succeeded.
    pub(super) fn lease(&mut self, id: &SessionId, now: Timestamp) -> Result<(), StoreError> {
        let owner = self.owner.clone();
        self.write(Durability::Relaxed, |conn| {
            refuse_if_leased(conn, &owner, id)?;
            let known = conn.query_row("SELECT 1 FROM session WHERE id = ?1", [&id.0], |_| Ok(())).optional()?;
            known.ok_or_else(|| StoreError::NoSession { name: id.0.clone() })?;
            set_lease(conn, id, &owner, now)
        })
    }

    /// Takes the session from a holder that is out of sight, whatever has become of it. One that is seen alive keeps it.
    pub(super) fn free(&mut self, id: &SessionId) -> Result<(), StoreError> {
        let owner = self.owner.clone();
        self.write(Durability::Durable, |conn| {
            if holder(conn, id)?.is_some_and(|holder| holder.is_in_sight(&owner)) {
                refuse_if_leased(conn, &owner, id)?;
            }
            conn.execute("DELETE FROM lease WHERE session = ?1", [&id.0])?;
            Ok(())
        })
    }

    /// Gives the session back, if this store has it.
    pub(super) fn unlease(&mut self, id: &SessionId) -> Result<(), StoreError> {
        let mine = json(&self.owner).map_err(|fault| self.error(fault))?;
        self.write(Durability::Relaxed, |conn| {
            conn.execute("DELETE FROM lease WHERE session = ?1 AND owner = ?2", [&id.0, &mine])?;
            Ok(())
        })
    }

    /// Gives back every session this store has, as it ends. Of no consequence if it fails: the process ends, too.
    pub(super) fn unlease_all(&mut self) {
        if let Ok(mine) = json(&self.owner) {
            let _ = self
                .write(Durability::Relaxed, |conn| Ok(conn.execute("DELETE FROM lease WHERE owner = ?1", [&mine])?));
        }
    }

    /// Makes the index anew from the journal.
    pub(super) fn rebuild(&mut self) -> Result<(), StoreError> {
        self.write(Durability::Durable, rebuild)
    }
}

/// Who holds the session. A lease that cannot be read was written by nobody who is still running this schema.
fn holder(conn: &Connection, id: &SessionId) -> Step<Option<Owner>> {
    let held: Option<String> = conn
        .prepare_cached("SELECT owner FROM lease WHERE session = ?1")?
        .query_row([&id.0], |row| row.get(0))
        .optional()?;
    Ok(held.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Fails if another living store holds the session.
pub(super) fn refuse_if_leased(conn: &Connection, owner: &Owner, id: &SessionId) -> Step<()> {
    let Some(holder) = holder(conn, id)? else { return Ok(()) };
    if holder == *owner || !holder.may_be_alive(owner) {
        return Ok(());
    }
    Err(StoreError::Leased { session: called(conn, id)?, holder: holder.phrase(owner) }.into())
}

/// What the user calls the session: its name in quotes, or its identifier where it has none.
pub(super) fn called(conn: &Connection, id: &SessionId) -> Step<String> {
    let mut named = conn.prepare_cached("SELECT name FROM session WHERE id = ?1")?;
    let name: Option<String> = named.query_row([&id.0], |row| row.get(0)).optional()?;
    Ok(name.map_or_else(|| id.0.clone(), |name| format!("“{}”", SafeText::new(&name))))
}

/// Applies a patch to the index and gives it back as JSON with the name that was really given; `None` if empty.
pub(super) fn apply_patch(
    conn: &Connection,
    id: &SessionId,
    patch: &SummaryPatch,
    at: Timestamp,
) -> Step<Option<String>> {
    let mut patch = patch.clone();
    if let Some(name) = &patch.name {
        let root: String = conn.query_row("SELECT root FROM session WHERE id = ?1", [&id.0], |row| row.get(0))?;
        patch.name = Some(unique_name(conn, &root, name, id)?);
    }
    conn.prepare_cached(
        "UPDATE session SET name = coalesce(?2, name), status = coalesce(?3, status), runs = runs + ?4,
             updated = max(updated, ?5) WHERE id = ?1",
    )?
    .execute(params![id.0, patch.name, patch.status.map(SessionStatus::word), Count(patch.runs), at.0])?;
    if patch.is_empty() { Ok(None) } else { json(&patch).map(Some) }
}

/// Makes the index anew from the journal, in the transaction of `conn`.
pub(super) fn rebuild(conn: &Connection) -> Step<()> {
    conn.execute("DELETE FROM session", [])?;
    let mut births = conn.prepare("SELECT session, at, payload FROM journal WHERE seq = 0 ORDER BY at, session")?;
    let mut patches =
        conn.prepare("SELECT patch FROM journal WHERE session = ?1 AND patch IS NOT NULL ORDER BY seq")?;
    let mut newest = conn.prepare("SELECT max(at) FROM journal WHERE session = ?1")?;
    let mut rows = births.query([])?;
    while let Some(row) = rows.next()? {
        let (id, at) = (SessionId(row.get(0)?), Timestamp(row.get(1)?));
        let payload: String = row.get(2)?;
        let Ok(birth) = serde_json::from_str::<Birth>(&payload) else { continue };
        let mut session = fresh(&id, &birth.root, &birth.name, at);
        for patch in patches.query_map([&id.0], |row| row.get::<_, String>(0))? {
            let patch: SummaryPatch = serde_json::from_str(&patch?).unwrap_or_default();
            session.name = patch.name.unwrap_or(session.name);
            session.status = patch.status.unwrap_or(session.status);
            session.runs += patch.runs;
        }
        session.updated = Timestamp(newest.query_row([&id.0], |row| row.get(0))?);
        session.name = unique_name(conn, &session.root, &session.name, &id)?;
        insert(conn, &session)?;
    }
    Ok(())
}

fn fresh(id: &SessionId, root: &str, name: &str, at: Timestamp) -> SessionSummary {
    SessionSummary {
        id: id.clone(),
        name: name.to_owned(),
        root: root.to_owned(),
        status: SessionStatus::Idle,
        created: at,
        updated: at,
        runs: 0,
        spent: Money::ZERO,
    }
}

fn insert(conn: &Connection, session: &SessionSummary) -> Step<()> {
    conn.execute(
        "INSERT INTO session (id, root, name, status, created, updated, runs) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            session.id.0,
            session.root,
            session.name,
            session.status.word(),
            session.created.0,
            session.updated.0,
            Count(session.runs)
        ],
    )?;
    Ok(())
}

fn summary(row: &rusqlite::Row<'_>) -> rusqlite::Result<SessionSummary> {
    let word: String = row.get(3)?;
    Ok(SessionSummary {
        id: SessionId(row.get(0)?),
        root: row.get(1)?,
        name: row.get(2)?,
        status: status(&word),
        created: Timestamp(row.get(4)?),
        updated: Timestamp(row.get(5)?),
        runs: count(row, 6)?,
        spent: Money(row.get(7)?),
    })
}

/// The status of a word. A word of a later version reads as idle: nothing is under way that this one knows of.
fn status(word: &str) -> SessionStatus {
    use SessionStatus::{Archived, Idle, Paused, Running, Waiting};
    [Idle, Running, Waiting, Paused, Archived].into_iter().find(|s| s.word() == word).unwrap_or(Idle)
}

/// `name`, or the first of `name (2)`, `name (3)`… that no other session of the root has.
fn unique_name(conn: &Connection, root: &str, name: &str, id: &SessionId) -> Step<String> {
    let name = if name.trim().is_empty() { "session" } else { name.trim() };
    let mut taken = conn.prepare_cached("SELECT 1 FROM session WHERE root = ?1 AND name = ?2 AND id <> ?3")?;
    let mut candidate = name.to_owned();
    let mut number = 2u32;
    while taken.exists([root, &candidate, &id.0])? {
        candidate = format!("{name} ({number})");
        number += 1;
    }
    Ok(candidate)
}

fn set_lease(conn: &Connection, id: &SessionId, owner: &Owner, at: Timestamp) -> Step<()> {
    conn.execute(
        "INSERT INTO lease (session, owner, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (session) DO UPDATE SET owner = excluded.owner, at = excluded.at",
        params![id.0, json(owner)?, at.0],
    )?;
    Ok(())
}

/// A second session of the same identifier is a conflict, not an I/O error.
fn taken(fault: Fault, id: &SessionId) -> Fault {
    match fault {
        Fault::Sqlite(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
            StoreError::Conflict { session: id.0.clone(), expected: 0, found: 1 }.into()
        }
        other => other,
    }
}

/// Our own plain structs always serialise; a failure would be a defect, said as such.
pub(super) fn json<T: serde::Serialize>(value: &T) -> Step<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Input { detail: e.to_string() }.into())
}
