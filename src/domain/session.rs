//! What is known of a session without opening it.

use super::clock::Timestamp;
use super::ids::SessionId;
use super::money::Money;
use serde::{Deserialize, Serialize};

/// Where a session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Nothing is under way.
    #[default]
    Idle,
    /// A run is under way. In a list: in a process that may be alive.
    Running,
    /// A run was under way when its process ended; it goes on when the session is opened. Said of `Running`, never kept.
    Halted,
    /// A run waits for the user's decision.
    Waiting,
    /// A run is paused at a limit.
    Paused,
    /// Put away by the user.
    Archived,
}

impl SessionStatus {
    /// The word on the screen and in `--json`.
    pub fn word(self) -> &'static str {
        match self {
            SessionStatus::Idle => "idle",
            SessionStatus::Running => "running",
            SessionStatus::Halted => "halted",
            SessionStatus::Waiting => "waiting",
            SessionStatus::Paused => "paused",
            SessionStatus::Archived => "archived",
        }
    }
}

/// A line of the session list: a fold over the session's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    /// The session.
    pub id: SessionId,
    /// Its name; unique among the sessions of one root, chosen by the user or made from the first intent.
    pub name: String,
    /// The repository it was opened in.
    pub root: String,
    /// Where it stands.
    pub status: SessionStatus,
    /// When its first fact was written.
    pub created: Timestamp,
    /// When its newest fact was written.
    pub updated: Timestamp,
    /// Runs started.
    pub runs: u64,
    /// Money settled, and reserved by requests that never settled.
    pub spent: Money,
}
