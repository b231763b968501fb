//! The planner's answer.

use serde::{Deserialize, Serialize};

/// What happens to a file in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// A new file.
    Create,
    /// A change in a file that exists.
    Modify,
    /// The file goes.
    Delete,
    /// Nothing is written (an explanation, a decision).
    Explain,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// One sentence.
    pub title: String,
    /// What happens.
    pub kind: StepKind,
    /// The file, relative to the root with `/`; empty if none.
    #[serde(default)]
    pub path: String,
}

/// What the planner intends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// One sentence for the chat.
    pub summary: String,
    /// At least one step, except for a plan that could not be parsed.
    pub steps: Vec<PlanStep>,
}
