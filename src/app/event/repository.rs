//! What the map of the repository says of itself. Numbers only: the map is the shell's.

use crate::domain::outline::Tier;
use serde::{Deserialize, Serialize};

/// From the repository's map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepositoryEvent {
    /// Files are being outlined.
    Progress {
        /// How.
        tier: Tier,
        /// Files done.
        done: u32,
        /// Files in all.
        total: u32,
    },
    /// Every file is in the map.
    Ready {
        /// Files.
        files: u32,
        /// Definitions in them.
        symbols: u32,
        /// Milliseconds it took.
        millis: u64,
    },
    /// Files changed on the disk, and now in the map: what it holds since.
    Changed {
        /// Files.
        files: u32,
        /// Definitions in them.
        symbols: u32,
    },
}
