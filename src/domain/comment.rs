//! What the user says of one line of a proposal, for the next revision.

use super::hunk::DiffLine;
use serde::{Deserialize, Serialize};

/// A comment. Anchored to the line's number and words and not to its hunk, so that it outlives a proposal that is cut
/// into other hunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The file, relative to the root.
    pub path: String,
    /// 1-based line in the base; `None` for an added line.
    pub old_line: Option<u32>,
    /// 1-based line in the proposal; `None` for a removed line.
    pub new_line: Option<u32>,
    /// The line itself.
    pub quote: String,
    /// What is said of it; empty takes back what was said before.
    pub text: String,
}

impl Comment {
    /// Nothing said yet of this line.
    pub fn on(path: &str, line: &DiffLine) -> Comment {
        Comment {
            path: path.to_owned(),
            old_line: line.old_line,
            new_line: line.new_line,
            quote: line.text.clone(),
            text: String::new(),
        }
    }

    /// Whether it is about this line.
    pub fn is_on(&self, path: &str, line: &DiffLine) -> bool {
        let same = |a: Option<u32>, b: Option<u32>| a.is_some() && a == b;
        self.path == path
            && self.quote == line.text
            && (same(self.new_line, line.new_line) || same(self.old_line, line.old_line))
    }

    /// Whether both are about the same line.
    pub fn is_beside(&self, other: &Comment) -> bool {
        (&self.path, self.old_line, self.new_line, &self.quote)
            == (&other.path, other.old_line, other.new_line, &other.quote)
    }

    /// The line's number, in the proposal if it is in it.
    pub fn line(&self) -> u32 {
        self.new_line.or(self.old_line).unwrap_or_default()
    }
}
