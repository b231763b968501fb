//! What the user typed before, newest first, each text once.
//!
//! It refuses to grow without end: beyond the newest [`KEPT`] entries the oldest go.

use super::database::{Database, Durability};
use super::error::StoreError;
use crate::domain::clock::Timestamp;
use rusqlite::params;

/// Entries that are kept.
const KEPT: u32 = 2_000;

impl Database {
    /// Puts a text at the top. Blank text is not kept.
    pub(super) fn history_add(&mut self, text: &str, at: Timestamp) -> Result<(), StoreError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        self.write(Durability::Relaxed, |conn| {
            conn.execute("DELETE FROM history WHERE text = ?1", [text])?;
            conn.execute("INSERT INTO history (at, text) VALUES (?1, ?2)", params![at.0, text])?;
            conn.execute(
                "DELETE FROM history WHERE id <= (SELECT id FROM history ORDER BY id DESC LIMIT 1 OFFSET ?1)",
                [KEPT],
            )?;
            Ok(())
        })
    }

    /// The newest `limit` texts, newest first.
    pub(super) fn history(&mut self, limit: u32) -> Result<Vec<String>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT text FROM history ORDER BY id DESC LIMIT ?1")?;
            let rows = statement.query_map([limit], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<Vec<String>>>()?)
        })
    }
}
