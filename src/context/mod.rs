//! Chooses what goes into a prompt, within its token budget, and says why. Pure.
//!
//! [`rank`] orders the files of a repository for an intent; [`assemble`] makes a bundle of those that were read. Neither
//! reads files, counts tokens exactly or knows a model: the map, the snapshots and the counter are passed in.

mod assemble;
mod chunk;
mod code;
mod conversation;
mod correction;
mod excerpt;
mod lexicon;
mod memory;
mod omission;
mod query;
mod rank;
mod remark;
mod room;
pub mod token;
mod tree;
mod want;

pub use assemble::{Sources, assemble};
pub use conversation::Truncation;
pub use correction::Correction;
pub use memory::HALF_LIFE_DAYS;
pub use rank::{Alike, MOST_RANKED, PINNED, Ranked, Signals, rank};
pub use remark::remarks;
pub use want::telling;
