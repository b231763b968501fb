//! What became of findings that healing met, by their kind.
//!
//! It refuses to judge which findings are alike: that is `heal`'s.

use super::count::count;
use super::database::Database;
use super::error::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::past::{Past, Similar, Tally};
use crate::domain::rung::{RungKind, Teaching};
use rusqlite::{Connection, Row, params};

/// Findings that are kept of one repository; beyond that the oldest go.
const KEPT: u32 = 2000;
/// How many of a kind are told.
const NEWEST: u32 = 3;

/// Keeps what became of the findings that an attempt was made against.
pub(super) fn keep(conn: &Connection, root: &str, teaching: &Teaching, at: Timestamp) -> rusqlite::Result<()> {
    let Teaching { rung, what, model, attempt, met, .. } = teaching;
    for met in met {
        conn.execute(
            "INSERT INTO past (root, key, message, rung, what, model, attempt, helped, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![root, met.key, met.message, rung.name(), what, model, attempt, u32::from(met.helped), at.0],
        )?;
    }
    conn.execute(
        "DELETE FROM past WHERE root = ?1 AND id <= (SELECT id FROM past WHERE root = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        params![root, KEPT],
    )?;
    Ok(())
}

impl Database {
    /// What is known of findings of these kinds in the root, of those of which anything is: what was kept before then.
    pub(super) fn similar(
        &mut self,
        root: &str,
        keys: &[String],
        before: Timestamp,
    ) -> Result<Vec<Similar>, StoreError> {
        self.read(|conn| {
            let mut tallies = conn.prepare_cached(
                "SELECT rung, count(*), sum(helped) FROM past WHERE root = ?1 AND key = ?2 AND at < ?3
                 GROUP BY rung ORDER BY count(*) DESC, rung",
            )?;
            let mut newest = conn.prepare_cached(
                "SELECT rung, message, what, model, attempt, helped, at FROM past WHERE root = ?1 AND key = ?2 AND at < ?3
                 ORDER BY helped DESC, id DESC LIMIT ?4",
            )?;
            let mut found = Vec::new();
            for key in keys {
                let rows = tallies.query_map(params![root, key, before.0], tally)?;
                let tallies: Vec<Tally> = rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect();
                let rows = newest.query_map(params![root, key, before.0, NEWEST], past)?;
                let newest: Vec<Past> = rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect();
                if !tallies.is_empty() {
                    found.push(Similar { key: key.clone(), tallies, newest });
                }
            }
            Ok(found)
        })
    }
}

/// `None` where the rung is one of a later version.
fn tally(row: &Row<'_>) -> rusqlite::Result<Option<Tally>> {
    let rung = RungKind::from_name(row.get_ref(0)?.as_str()?);
    let (tried, helped) = (count(row, 1)?, count(row, 2)?);
    Ok(rung.map(|rung| Tally { rung, tried, helped }))
}

fn past(row: &Row<'_>) -> rusqlite::Result<Option<Past>> {
    let Some(rung) = RungKind::from_name(row.get_ref(0)?.as_str()?) else { return Ok(None) };
    Ok(Some(Past {
        rung,
        message: row.get(1)?,
        what: row.get(2)?,
        model: row.get(3)?,
        attempt: row.get(4)?,
        helped: row.get(5)?,
        at: Timestamp(row.get(6)?),
    }))
}
