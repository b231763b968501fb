//! The run as a pure state machine: planner → executor → validator ⇄ healer → reviewer → formatter → the user's gate → apply.
//!
//! [`step`] takes a run and a fact and returns commands. It calls nothing, reads no clock, and is the same for every
//! front and every provider. Folding the same facts gives the same run: that is what a checkpoint is.

mod command;
mod fact;
mod run;

pub use command::RunCommand;
pub use fact::{ResumeChoice, RunFact};
pub use run::{Attempt, Call, Outcome, PauseReason, Run, RunSettings, RunSpec, Stage};
