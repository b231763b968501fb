//! The run as a pure state machine: planner → executor → validator ⇄ healer → reviewer → formatter → the user's gate → apply.
//!
//! [`step`] takes a run and a fact and returns commands. It calls nothing, reads no clock, and is the same for every
//! front and every provider. Folding the same facts gives the same run: that is what a checkpoint is. `docs/GRAPH.md`
//! draws it.
//!
//! The state (`stage`, `inner`, `run`, `series`) knows no node, and what makes a prompt or reads an answer (`prompt`, `material`,
//! `answer`) changes none of it. `validator`, `rung`, `hand` and `rebase` stand on these and call no node: where they leave the
//! run, its validation is next. The nodes call each other as the drawing has its arrows, so those are as circular as it is;
//! every fact comes in through `step`.

mod answer;
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
mod notice;
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
mod stage;
mod step;
mod template;
mod validator;

pub use command::RunCommand;
pub use fact::{ResumeChoice, RunFact};
pub use gate::wish;
pub use ladder::{Ladder, Task};
pub use mode::{modes, shipped_modes};
pub use run::{Attempt, Call, Run, RunSettings, RunSpec};
pub use stage::{Outcome, PauseReason, Stage};
pub use step::step;
pub use template::Prompts;
