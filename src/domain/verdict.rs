//! The reviewer's judgement of a proposal.

use serde::{Deserialize, Serialize};

/// What the reviewer says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Quality from 0 to 1; below the threshold (0.6 by default) the proposal goes back to the executor.
    pub score: f64,
    /// Why: what is wrong or missing, each one sentence.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// What the user may want to do next.
    #[serde(default)]
    pub next_steps: Vec<String>,
    /// What could be better, though it is good enough.
    #[serde(default)]
    pub improvements: Vec<String>,
}
