//! Pieces that panes are made of.

pub mod bar;
pub mod fit;
pub mod frame;
pub mod input;
pub mod lines;
pub mod markdown;
pub mod syntax;
pub mod transcript;
pub mod wrap;
