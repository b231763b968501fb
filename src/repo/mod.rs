//! The repository on disk: finding its top, listing, reading, the one write primitive, scratch copies, git's word on it.
//!
//! Every access goes through the directory handle that [`Root`] holds, part by part beneath it. Nothing here decides
//! what to read or write, and nothing here runs on the event loop: all of it may block and belongs on a worker thread
//! (but [`git`], which is asynchronous).

mod beneath;
mod fault;
pub mod git;
pub mod path;
pub mod read;
pub mod root;
pub mod scratch;
pub mod walk;
pub mod write;

pub use root::Root;
