//! What to do about a red validation: which errors first, with which words, and when trying again is no use.
//!
//! Pure judgement over the history of attempts. It asks no model and writes no prompt; the graph's healer does.

mod class;
mod excerpt;
mod ladder;

pub use class::{ErrorClass, class};
pub use excerpt::excerpt;
pub use ladder::{Limits, Next, StopReason, Trial, best, next};
