//! What to do about a red validation: which errors first, with which words, and when trying again is no use.
//!
//! Pure judgement over the history of attempts, and the fixes that need no model: a tool's own, by grammar, by import, and
//! what was learned before. It asks no model and writes no prompt; the graph's healer does.

mod class;
mod climb;
pub mod dependency;
mod excerpt;
mod exchange;
pub mod fix;
pub mod grammar;
pub mod import;
mod import_block;
pub mod lesson;
pub mod name;
pub mod signature;
mod trial;

pub use class::{ErrorClass, Origin, class, origin};
pub use climb::{Bounds, Climbed, Turn, by_rate, helped, turn};
pub use excerpt::excerpt;
pub use trial::{MAX_FINDINGS, StopReason, Trial, best, mended, most_worth, open};
