//! Where a run stands, why it waits and how it ended: the words that all nodes share.

use crate::domain::failure::Failure;
use crate::domain::model::Node;
use crate::domain::money::Money;
use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Choosing the context.
    #[default]
    Assembling,
    /// A node is at work: a request is out, or its files are being read.
    Working(Node),
    /// The proposal is ready and waits for the user's decisions.
    Gate,
    /// The accepted hunks are being written.
    Applying,
    /// Stopped at a limit or a failure; waits for the user's choice. What it gained is kept.
    Paused(PauseReason),
    /// Over.
    Finished(Outcome),
}

/// Why a run is paused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// A limit would have been passed.
    Budget {
        /// Which limit.
        scope: String,
        /// The limit.
        limit: Money,
        /// Spent and reserved under it.
        used: Money,
        /// What the next request might cost.
        asked: Money,
    },
    /// A request failed for good.
    Failed(Failure),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Accepted hunks are on disk.
    Applied,
    /// An applied change was taken back; it can be made again.
    Undone,
    /// A mode that proposes no edits has answered.
    Answered,
    /// The proposal would change nothing.
    NothingToDo,
    /// The user accepted nothing.
    Rejected,
    /// The user stopped it, or stopped at a pause.
    Cancelled,
    /// It could not go on.
    Failed(Failure),
}
