//! What a row changes in its session's summary.
//!
//! It refuses to know why: the caller folds its own facts and says only what the list of sessions should show.

use crate::domain::session::SessionStatus;
use serde::{Deserialize, Serialize};

/// A change of a session's summary, journaled with the rows that caused it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryPatch {
    /// A new name; made unique within the root by a suffix such as ` (2)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A new status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SessionStatus>,
    /// Runs started since the last patch.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub runs: u64,
}

impl SummaryPatch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == SummaryPatch::default()
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What row 0 of a session says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Birth {
    pub root: String,
    pub name: String,
}
