//! The repository on disk: finding its top, listing, reading, the one write primitive, scratch copies.
//!
//! Every access goes through the directory handle that [`Root`] holds, part by part beneath it. Nothing here decides
//! what to read or write, and nothing here runs on the event loop: all of it may block and belongs on a worker thread.

mod beneath;
mod dependency;
pub mod difference;
mod fault;
mod git;
pub mod history;
pub mod path;
pub mod read;
pub mod root;
pub mod scratch;
pub mod search;
pub mod walk;
pub mod watch;
pub mod write;

pub use root::Root;
