//! The map of a repository: what its files define, use and import, what matters for a question, and a text of it within a
//! budget. Pure.
//!
//! [`Map`] is filled with outlines ([`Map::edit`]) and answers from flat tables: everything it gives out is the same whatever
//! order the files came in. It reads no file, knows no cache and counts no tokens: the counter is passed in.

pub mod convention;
mod draft;
mod file;
mod flow;
mod graph;
mod lexical;
mod names;
mod parallel;
mod paths;
mod program;
mod query;
mod rank;
mod record;
mod render;
mod resolve;
mod search;
mod snapshot;
mod summary;
mod symbol;
mod table;
pub mod word;

pub use draft::{Draft, Drafter};
pub use lexical::Hit;
pub use program::is_manifest;
pub use rank::{Focus, Ranking};
pub use record::{Record, RecordError, decode, encode};
pub use render::{HeadSource, render, render_with};
pub use summary::{LanguageLines, Summary, Told, summary, unreadable};
pub use symbol::Symbol;
pub use table::{ContentHash, Edit, Map};
