//! From a model's text to a proposal, and from a proposal to hunks. Pure.

use serde::{Deserialize, Serialize};

/// The form in which a model is asked to write its edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Each file whole.
    WholeFile,
    /// Blocks of text to find and text to put there.
    SearchReplace,
    /// A unified diff.
    UnifiedDiff,
}
