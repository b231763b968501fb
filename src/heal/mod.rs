//! What to do about a red validation: which errors first, with which words, and when trying again is no use.
//!
//! Pure judgement over the history of attempts. It asks no model and writes no prompt; the graph's healer does.

mod class;
pub mod dependency;
mod excerpt;
pub mod fix;
pub mod grammar;
pub mod import;
mod ladder;
pub mod lesson;
pub mod name;

pub use class::{ErrorClass, class};
pub use excerpt::excerpt;
pub use ladder::{Limits, Next, StopReason, Trial, best, next};
