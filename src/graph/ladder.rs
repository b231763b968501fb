//! What a run may do to heal: which models, and what bounds them. Data only; the healer climbs.

use crate::budget::choice::Candidate;
use crate::domain::money::Money;
use serde::{Deserialize, Serialize};

/// The ladder of a run: what needs no model first, then the models. The default asks the run's own and bounds nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    /// The models that are asked, the first one first; empty stands for the run's own.
    pub models: Vec<Candidate>,
    /// Tokens of prompts and answers that healing one proposal may take; 0 for no bound of its own.
    pub max_tokens: u64,
    /// Money that healing one proposal may take; `None` for no bound of its own. The run's limits hold besides.
    pub max_cost: Option<Money>,
    /// Seconds that a model may take for a try; 0 for no bound of its own.
    pub try_seconds: u32,
    /// Packages that may be installed without a further question where they are missing: the user has named them.
    pub installs: Vec<String>,
}

/// What a run is to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// What its intent says.
    #[default]
    Request,
    /// To mend what the checks say of the working tree.
    Heal {
        /// Files and folders whose syntax is checked, relative to the root; empty leaves the choice to whoever checks.
        paths: Vec<String>,
    },
}

impl Task {
    /// Whether it is the task that is understood when none is named.
    pub(super) fn is_request(&self) -> bool {
        *self == Task::Request
    }
}
