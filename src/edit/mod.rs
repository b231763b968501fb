//! From a model's text to a proposal, and from a proposal to hunks. Pure.
//!
//! [`Parser`] reads edits out of the text, whatever form the model chose, and [`Preview`] watches it come in; [`apply`] turns them into a
//! [`ChangeSet`](crate::domain::change::ChangeSet) against files as they were read; [`diff`] cuts that into hunks and
//! [`select`] puts the chosen ones together. Nothing here reads or writes a file, and nothing is guessed: an edit that
//! fits nowhere, or in two places, is an [`EditProblem`] that says so. `docs/EDITS.md` describes the forms.

mod apply;
mod block;
mod compare;
mod diff;
mod document;
mod elision;
mod envelope;
mod format;
mod line;
mod locate;
mod marker;
mod merge;
mod overlap;
mod parser;
mod patch;
mod path;
mod progress;
mod reader;
mod revert;
mod trouble;
mod unified;
mod whole;
mod word;
mod working;

pub use apply::{Applied, EditProblem, ProblemKind, apply, apply_with_notes};
pub use diff::{diff, extent, select};
pub use format::Format;
pub use locate::{Located, Match};
pub use merge::{Clash, merge3};
pub use parser::{Form, Parser, read, read_with_forms};
pub use path::{normalise, paths};
pub use progress::{EditForm, EditProgress, Preview};
pub use revert::revert;
pub use unified::{patch, unified};
pub use word::{WordChanges, words};

use serde::{Deserialize, Serialize};

/// One edit, as the model asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The path as the model wrote it. Not to be trusted before [`paths`] has accepted it.
    pub path: String,
    /// What should happen to the file.
    pub action: Action,
}

impl Edit {
    /// The paths it concerns, as they were written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let to = if let Action::Move { to } = &self.action { Some(to.as_str()) } else { None };
        [self.path.as_str()].into_iter().chain(to)
    }
}

/// What an edit does to its file. All text has `\n` line ends; [`apply`] adapts it to the file's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Action {
    /// The file becomes exactly this.
    Whole {
        /// The whole text.
        text: String,
        /// Whether its end was seen: its fence, or the next file's heading. If not, the answer may have been cut off.
        closed: bool,
    },
    /// The file goes.
    Delete,
    /// Some lines become other lines.
    Replace {
        /// Whole lines that stand in the file now.
        search: String,
        /// The lines that take their place.
        replace: String,
        /// 1-based first line, where the form states one. Decides between places that fit equally, nothing else.
        line: Option<u32>,
    },
    /// The same in a form without line numbers.
    Hunk {
        /// Whole lines that stand in the file now; none where lines are only added behind the anchors or at the end.
        search: String,
        /// The lines that take their place.
        replace: String,
        /// Lines that stand above it, outermost first. They decide between places that fit equally.
        anchors: Vec<String>,
        /// Whether it ends with the file.
        at_end: bool,
    },
    /// The file, as the edits before leave it, gets another name.
    Move {
        /// The name as the model wrote it. Not to be trusted, as `path`.
        to: String,
    },
    /// Meant as an edit, but not readable as one.
    Malformed {
        /// What is wrong with it, as a sentence.
        reason: String,
    },
}
