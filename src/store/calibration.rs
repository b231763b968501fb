//! What was learned of models' tokenizers, one row a model.
//!
//! It refuses to give back what is no sum of reports: a row that cannot be read is left out, and learned anew.

use super::database::{Database, Durability};
use super::error::StoreError;
use crate::budget::token::Calibration;
use crate::domain::clock::Timestamp;
use crate::domain::model::ModelRef;
use rusqlite::params;

impl Database {
    /// Keeps what is known of a model's tokenizer, in place of what was kept before.
    pub(super) fn keep_calibration(
        &mut self,
        model: &ModelRef,
        calibration: &Calibration,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let fit = serde_json::to_string(calibration).map_err(|e| StoreError::Input { detail: e.to_string() })?;
        self.write(Durability::Relaxed, |conn| {
            conn.execute(
                "INSERT INTO token_fit (model, fit, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (model) DO UPDATE SET fit = ?2, at = ?3",
                params![model.to_string(), fit, at.0],
            )?;
            Ok(())
        })
    }

    /// What is known of every model's tokenizer.
    pub(super) fn calibrations(&mut self) -> Result<Vec<(ModelRef, Calibration)>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT model, fit FROM token_fit ORDER BY model")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let mut known = Vec::new();
            for row in rows {
                let (model, fit) = row?;
                let fit = serde_json::from_str::<Calibration>(&fit).ok().filter(Calibration::is_sound);
                known.extend(ModelRef::parse(&model).zip(fit));
            }
            Ok(known)
        })
    }
}
