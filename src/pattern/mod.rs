//! The pattern library: matching, placeholders, rendering. Pure; the patterns are data in `patterns/`.
//!
//! The way of a request: [`Library::rank`] scores every pattern against the intent, [`Pattern::bind`] derives the
//! placeholder values and free paths, [`Pattern::render`] fills the templates, [`engine::answer`] puts it into the
//! form the graph's nodes expect. What this module refuses to do: guess below [`THRESHOLD`], write a file, run a
//! template without limits, or change code that exists.

mod bind;
mod case;
pub mod engine;
mod field;
mod field_type;
mod format;
mod library;
mod parse;
mod phrase;
mod rank;
mod render;
mod sketch;
mod stats;

pub use bind::{Binding, Bindings, Origin, Value};
pub use field::Field;
pub use field_type::FieldType;
pub use format::{Derivation, Example, FileTemplate, Kind, Pattern, Placeholder, Taken, schema};
pub use library::{Library, Source};
pub use rank::{Match, THRESHOLD};
pub use render::{MAX_FILE_BYTES, RenderedFile};
pub use sketch::context_text;
pub use stats::{Outcome, Tally, UsageStats};
