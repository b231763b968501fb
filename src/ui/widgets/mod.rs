//! Parts that panes share.

pub mod frame;
pub mod markdown;
pub mod syntax;
pub mod transcript;
pub mod wrap;
