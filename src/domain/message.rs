//! What stands in the conversation.

use super::clock::Timestamp;
use super::ids::RunId;
use serde::{Deserialize, Serialize};

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person at the keyboard (or the headless caller).
    User,
    /// The model, or the embedded engine.
    Assistant,
    /// The workbench itself: questions, notices, results.
    Workbench,
}

/// One entry of the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub author: Author,
    /// Markdown.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// The run it belongs to, if any.
    pub run: Option<RunId>,
}

/// An earlier request and what came of it, as the run's own record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRun {
    /// What was asked for.
    pub request: String,
    /// How it ended, as a phrase: `applied to src/app.py`.
    pub outcome: String,
}
