//! How often each pattern was proposed, accepted and rejected.
//!
//! It refuses to rank them: that is the matcher's business.

use super::count::count;
use super::database::{Database, Durability};
use super::error::StoreError;
use crate::domain::clock::Timestamp;
use rusqlite::params;

/// What became of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternOutcome {
    /// It was rendered into a proposal.
    Proposed,
    /// The user accepted a proposal made from it.
    Accepted,
    /// The user rejected a proposal made from it.
    Rejected,
}

/// How a pattern has fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternStat {
    /// The pattern's name.
    pub name: String,
    /// Times it was rendered into a proposal.
    pub proposed: u64,
    /// Times such a proposal was accepted.
    pub accepted: u64,
    /// Times such a proposal was rejected.
    pub rejected: u64,
    /// When it was last used.
    pub at: Timestamp,
}

impl Database {
    /// Counts one outcome.
    pub(super) fn pattern_used(
        &mut self,
        name: &str,
        outcome: PatternOutcome,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let one_if = |wanted| u32::from(outcome == wanted);
        self.write(Durability::Relaxed, |conn| {
            conn.execute(
                "INSERT INTO pattern_stat (name, proposed, accepted, rejected, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (name) DO UPDATE SET proposed = proposed + ?2, accepted = accepted + ?3,
                     rejected = rejected + ?4, at = max(at, ?5)",
                params![
                    name,
                    one_if(PatternOutcome::Proposed),
                    one_if(PatternOutcome::Accepted),
                    one_if(PatternOutcome::Rejected),
                    at.0
                ],
            )?;
            Ok(())
        })
    }

    /// All patterns that were ever used, by name.
    pub(super) fn pattern_stats(&mut self) -> Result<Vec<PatternStat>, StoreError> {
        self.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT name, proposed, accepted, rejected, at FROM pattern_stat ORDER BY name")?;
            let rows = statement.query_map([], |row| {
                Ok(PatternStat {
                    name: row.get(0)?,
                    proposed: count(row, 1)?,
                    accepted: count(row, 2)?,
                    rejected: count(row, 3)?,
                    at: Timestamp(row.get(4)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        })
    }
}
