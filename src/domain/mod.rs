//! The nouns of the house: plain data that every other module may name.
//!
//! Nothing here performs I/O, reads a clock or draws a random number, and nothing here imports another module of the crate.

pub mod change;
pub mod clip;
pub mod clock;
pub mod command_line;
pub mod comment;
pub mod context;
pub mod count;
pub mod failure;
pub mod fence;
pub mod finding;
pub mod hunk;
pub mod ids;
pub mod install;
pub mod intent;
pub mod language;
pub mod listing;
pub mod memory;
pub mod message;
pub mod mode;
pub mod model;
pub mod money;
pub mod nearest;
pub mod outline;
pub mod past;
pub mod path;
pub mod plan;
pub mod revert;
pub mod rung;
pub mod safe_text;
pub mod secret;
pub mod session;
pub mod test_file;
pub mod verdict;
pub mod word;
