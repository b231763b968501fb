//! Texts as points, so that texts that are alike in meaning lie near each other. Pure, but for who implements [`Embedder`].
//!
//! What makes the points is somebody else's: a static model that the user has added, or a server. Here is what both share:
//! which texts a map has ([`Texts`]), how a point is kept in few bytes ([`Vector`]), and what is in the files of a static
//! model ([`pieces`], [`tensors`]). Knows no file, no address and no database.

pub mod pieces;
pub mod tensors;
mod texts;
mod vector;

pub use texts::{MOST_TEXTS, Place, TextKey, Texts, key};
pub use vector::{Vector, unit};

use crate::domain::failure::Failure;
use std::time::Duration;

/// Points, and what made them.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// What made them, dimension included: points of two identities say nothing of each other.
    pub identity: String,
    /// One for each text, in their order; all zeros for a text that says nothing to the model. All of one dimension.
    pub points: Vec<Vec<f32>>,
}

/// Something that makes points of texts.
pub trait Embedder: Send + Sync {
    /// What it is, in a few words for the user: `potion-base-8M (static model, 256 dimensions)`.
    fn title(&self) -> String;

    /// Most texts that are given to it at once.
    fn batch(&self) -> usize;

    /// A point for each text. Blocks, at most `limit`.
    ///
    /// # Errors
    /// When the files or the server cannot be had, or give nonsense.
    fn embed(&self, texts: &[&str], limit: Duration) -> Result<Embedded, Failure>;
}
