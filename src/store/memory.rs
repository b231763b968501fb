//! What is remembered of each repository.
//!
//! It refuses to choose what a prompt recalls (that is `context`'s), and to keep a text twice: said again, it is renewed.

use super::count::{Count, count};
use super::database::{Database, Durability, Step};
use super::error::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::ids::MemoryId;
use crate::domain::memory::{Memory, MemoryKind, NewMemory};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Memories that are kept of one repository; beyond that the oldest unpinned ones go.
const KEPT: u32 = 2_000;
const COLUMNS: &str = "id, kind, text, source, at, pinned, recalled, accepted, accepted_at";

impl Database {
    /// Keeps a text, or renews it.
    pub(super) fn remember(&mut self, root: &str, new: &NewMemory, at: Timestamp) -> Result<Memory, StoreError> {
        let source = serde_json::to_string(&new.source).map_err(|e| StoreError::Input { detail: e.to_string() })?;
        self.write(Durability::Durable, |conn| {
            conn.execute(
                "INSERT INTO memory (root, kind, text, source, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (root, text) DO UPDATE SET kind = ?2, source = ?4, at = max(at, ?5)",
                params![root, new.kind.word(), new.text, source, at.0],
            )?;
            conn.execute(
                "DELETE FROM memory WHERE root = ?1 AND pinned = 0 AND id <= (SELECT id FROM memory
                 WHERE root = ?1 AND pinned = 0 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                params![root, KEPT],
            )?;
            let query = format!("SELECT {COLUMNS} FROM memory WHERE root = ?1 AND text = ?2");
            Ok(conn.query_row(&query, params![root, new.text], memory)?)
        })
    }

    /// Drops one of the root's memories. Answers with it, `None` if there is no such.
    pub(super) fn forget(&mut self, root: &str, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        self.write(Durability::Durable, |conn| {
            let found = find(conn, root, id)?;
            if found.is_some() {
                conn.execute("DELETE FROM memory WHERE id = ?1", [Count(id.0)])?;
            }
            Ok(found)
        })
    }

    /// Pins one of the root's memories, or lets it go again. Answers with it as it now is, `None` if there is no such.
    pub(super) fn pin(&mut self, root: &str, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        self.write(Durability::Durable, |conn| {
            conn.execute(
                "UPDATE memory SET pinned = 1 - pinned WHERE root = ?1 AND id = ?2",
                params![root, Count(id.0)],
            )?;
            find(conn, root, id)
        })
    }

    /// The root's memories, oldest first.
    pub(super) fn memories(&mut self, root: &str) -> Result<Vec<Memory>, StoreError> {
        self.read(|conn| {
            let query = format!("SELECT {COLUMNS} FROM memory WHERE root = ?1 ORDER BY id");
            let mut statement = conn.prepare_cached(&query)?;
            let rows = statement.query_map([root], memory)?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        })
    }

    /// Counts that these were recalled for a prompt.
    pub(super) fn memories_recalled(&mut self, ids: &[MemoryId]) -> Result<(), StoreError> {
        self.write(Durability::Relaxed, |conn| {
            let mut statement = conn.prepare_cached("UPDATE memory SET recalled = recalled + 1 WHERE id = ?1")?;
            for id in ids {
                statement.execute([Count(id.0)])?;
            }
            Ok(())
        })
    }

    /// Counts that a change was accepted after these had been recalled for it.
    pub(super) fn memories_accepted(&mut self, ids: &[MemoryId], at: Timestamp) -> Result<(), StoreError> {
        self.write(Durability::Relaxed, |conn| {
            let mut statement =
                conn.prepare_cached("UPDATE memory SET accepted = accepted + 1, accepted_at = ?2 WHERE id = ?1")?;
            for id in ids {
                statement.execute(params![Count(id.0), at.0])?;
            }
            Ok(())
        })
    }
}

fn find(conn: &Connection, root: &str, id: MemoryId) -> Step<Option<Memory>> {
    let query = format!("SELECT {COLUMNS} FROM memory WHERE root = ?1 AND id = ?2");
    Ok(conn.query_row(&query, params![root, Count(id.0)], memory).optional()?)
}

fn memory(row: &Row<'_>) -> rusqlite::Result<Memory> {
    let unreadable = |column, error: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    };
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let kind = match row.get_ref(1)?.as_str()? {
        "lesson" => MemoryKind::Lesson,
        _ => MemoryKind::Fact,
    };
    Ok(Memory {
        id: MemoryId(count(row, 0)?),
        kind,
        text: row.get(2)?,
        source: serde_json::from_str(row.get_ref(3)?.as_str()?).map_err(|e| unreadable(3, e))?,
        at: Timestamp(row.get(4)?),
        pinned: row.get(5)?,
        recalled: small(count(row, 6)?),
        accepted: small(count(row, 7)?),
        accepted_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
    })
}
