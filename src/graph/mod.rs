//! The run as a pure state machine: planner → executor → validator ⇄ healer → reviewer → formatter → the user's gate → apply.
//!
//! [`step`] takes a run and a fact and returns commands. It calls nothing, reads no clock, and is the same for every
//! front and every provider. Folding the same facts gives the same run: that is what a checkpoint is. `docs/GRAPH.md`
//! draws it.

mod answer;
mod clip;
mod command;
mod executor;
mod fact;
mod formatter;
mod gate;
mod hand;
mod healer;
mod inner;
mod install;
mod json;
mod ladder;
mod material;
mod mode;
mod outcome;
mod pause;
mod planner;
mod prompt;
mod rebase;
mod reviewer;
mod run;
mod rung;
mod schema;
mod series;
mod step;
mod template;
mod validator;

pub use command::RunCommand;
pub use fact::{ResumeChoice, RunFact};
pub use gate::wish;
pub use ladder::{Ladder, Task};
pub use mode::{modes, shipped_modes};
pub use run::{Attempt, Call, Outcome, PauseReason, Run, RunSettings, RunSpec, Stage};
pub use step::step;
pub use template::Prompts;
