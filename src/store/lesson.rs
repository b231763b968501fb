//! What healing taught in each repository, and how each rung has fared there.
//!
//! It refuses to judge whether a lesson fits: that is `heal`'s.

use super::count::{Count, count};
use super::database::{Database, Durability};
use super::error::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::rung::{KeptLesson, Lesson, Rate, RungKind, Teaching};
use rusqlite::{OptionalExtension, Row, params};

/// Lessons that are kept of one repository; beyond that the oldest go.
const KEPT: u32 = 500;
const COLUMNS: &str = "id, key, message, before, after, uses, successes, at";

impl Database {
    /// Keeps what an attempt taught: the rung's outcome, that of lessons it used, and what is new.
    pub(super) fn teach(&mut self, root: &str, teaching: &Teaching, at: Timestamp) -> Result<(), StoreError> {
        let helped = u32::from(teaching.helped);
        self.write(Durability::Relaxed, |conn| {
            conn.execute(
                "INSERT INTO rung_rate (root, class, rung, tried, helped) VALUES (?1, ?2, ?3, 1, ?4)
                 ON CONFLICT (root, class, rung) DO UPDATE SET tried = tried + 1, helped = helped + ?4",
                params![root, teaching.class, teaching.rung.name(), helped],
            )?;
            for id in &teaching.used {
                conn.execute(
                    "UPDATE lesson SET uses = uses + 1, successes = successes + ?3, at = max(at, ?4)
                     WHERE root = ?1 AND id = ?2",
                    params![root, Count(*id), helped, at.0],
                )?;
            }
            for lesson in &teaching.lessons {
                let [before, after] = [&lesson.before, &lesson.after].map(|lines| serde_json::json!(lines).to_string());
                conn.execute(
                    "INSERT INTO lesson (root, key, message, before, after, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (root, key, message, before, after) DO UPDATE SET at = max(at, ?6)",
                    params![root, lesson.key, lesson.message, before, after, at.0],
                )?;
            }
            super::past::keep(conn, root, teaching, at)?;
            conn.execute(
                "DELETE FROM lesson WHERE root = ?1 AND id <= (SELECT id FROM lesson WHERE root = ?1
                 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                params![root, KEPT],
            )?;
            Ok(())
        })
    }

    /// The root's lessons, oldest first.
    pub(super) fn lessons(&mut self, root: &str) -> Result<Vec<KeptLesson>, StoreError> {
        self.read(|conn| {
            let query = format!("SELECT {COLUMNS} FROM lesson WHERE root = ?1 ORDER BY id");
            let mut statement = conn.prepare_cached(&query)?;
            let rows = statement.query_map([root], lesson)?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        })
    }

    /// Drops one of the root's lessons. Answers with it, `None` if there is no such.
    pub(super) fn forget_lesson(&mut self, root: &str, id: u64) -> Result<Option<KeptLesson>, StoreError> {
        self.write(Durability::Durable, |conn| {
            let query = format!("SELECT {COLUMNS} FROM lesson WHERE root = ?1 AND id = ?2");
            let found = conn.query_row(&query, params![root, Count(id)], lesson).optional()?;
            if found.is_some() {
                conn.execute("DELETE FROM lesson WHERE id = ?1", [Count(id)])?;
            }
            Ok(found)
        })
    }

    /// How the rungs have fared in the root, by class and rung.
    pub(super) fn rung_rates(&mut self, root: &str) -> Result<Vec<Rate>, StoreError> {
        self.read(|conn| {
            let query = "SELECT class, rung, tried, helped FROM rung_rate WHERE root = ?1 ORDER BY class, rung";
            let mut statement = conn.prepare_cached(query)?;
            let rows = statement.query_map([root], |row| {
                let rung = RungKind::from_name(row.get_ref(1)?.as_str()?);
                Ok(rung.zip(Some((row.get(0)?, count(row, 2)?, count(row, 3)?))))
            })?;
            let rates = rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten();
            Ok(rates.map(|(rung, (class, tried, helped))| Rate { class, rung, tried, helped }).collect())
        })
    }
}

fn lesson(row: &Row<'_>) -> rusqlite::Result<KeptLesson> {
    let lines = |column: usize| -> rusqlite::Result<Vec<String>> {
        serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
        })
    };
    Ok(KeptLesson {
        id: count(row, 0)?,
        lesson: Lesson { key: row.get(1)?, message: row.get(2)?, before: lines(3)?, after: lines(4)? },
        uses: count(row, 5)?,
        successes: count(row, 6)?,
        at: Timestamp(row.get(7)?),
    })
}
