//! The database: one thread owns the connection, everyone else holds a cloneable [`Store`] and waits for answers.
//!
//! It keeps the append-only journal, the index of sessions that can be rebuilt from it, the ledger of money reserved
//! and settled, the prompt history, the use of patterns, what was learned of tokenizers and what is remembered of repositories. `docs/STORE.md` says what survives what.
//!
//! It refuses to interpret a journal row (kind and payload are the caller's), to decide whether spending is wise (it
//! only holds the limits it is given), and to call anything saved that is not.

mod actor;
mod calibration;
mod count;
mod database;
mod error;
mod filesystem;
mod history;
mod journal;
mod ledger;
mod lesson;
mod memory;
mod migrations;
mod open;
mod owner;
mod past;
mod patch;
mod pattern;
mod salvage;
mod session;

pub use actor::Store;
pub use database::Durability;
pub use error::StoreError;
pub use journal::{NewRow, Row};
pub use ledger::SpendingRow;
pub use open::{Access, Notice};
pub use patch::SummaryPatch;
pub use pattern::{PatternOutcome, PatternStat};
pub use salvage::Salvage;
