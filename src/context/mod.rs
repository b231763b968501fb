//! Chooses what goes into a prompt, within its token budget, and says why. Pure.
//!
//! [`wanted`] names the files to read for an intent; [`assemble`] makes a bundle of what was read. Neither reads files,
//! counts tokens exactly or knows a model: the listing, the snapshots and the counter are passed in.

mod assemble;
mod conversation;
mod excerpt;
mod lexicon;
mod memory;
pub mod token;
mod tree;
mod want;

pub use assemble::{Sources, assemble};
pub use conversation::Truncation;
pub use memory::HALF_LIFE_DAYS;
pub use want::{MAX_WANTED, Wanted, wanted};
