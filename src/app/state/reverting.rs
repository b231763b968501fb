//! A revert between being asked for and being written. Not journaled: without a yes it never happened.

use crate::app::event::RevertPlanned;
use crate::domain::change::ChangeSet;
use crate::domain::ids::RunId;
use crate::domain::revert::Way;

/// A revert that is being worked out, or waits for a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reverting {
    /// Which run's change.
    pub run: RunId,
    /// Which way.
    pub way: Way,
    /// What would be written; `None` while that is worked out.
    pub ready: Option<ChangeSet>,
}

impl Reverting {
    /// Whether this is what was worked out.
    pub fn is(&self, planned: &RevertPlanned) -> bool {
        (self.run, self.way) == (planned.run, planned.way)
    }
}
