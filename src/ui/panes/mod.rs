//! One file per pane.

pub mod budget;
pub mod chat;
pub mod review;
pub mod sessions;
pub mod stream;
