//! One search/replace block while it is read.
//!
//! Where the new lines start is told by the only divider; of several by the only one that is no part of a merge conflict in
//! the file's own text and as long as the block's first marker. Anything less clear makes the block unreadable.

use super::marker::{self, BlockMark};
use super::{Action, EditForm};

/// A search/replace block.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Block {
    /// The file it is for.
    pub path: Option<String>,
    /// Signs of the marker that opened it.
    signs: usize,
    lines: Vec<String>,
    /// Which lines look like the divider.
    dividers: Vec<usize>,
}

pub(super) const NO_REPLACE: &str =
    "a SEARCH block is not ended by `>>>>>>> REPLACE`; the answer may have been cut off";
const NO_DIVIDER: &str = "a SEARCH block has no `=======` line between the old and the new lines";
const TWO_DIVIDERS: &str =
    "a SEARCH block has more than one `=======` line, so where the new lines start is not clear; give the file whole";

impl Block {
    pub(super) fn new(path: Option<String>, opening: &str) -> Block {
        Block { path, signs: marker::signs(opening), ..Block::default() }
    }

    /// Takes a line between its markers.
    pub(super) fn line(&mut self, line: &str) {
        if marker::block_mark(line) == Some(BlockMark::Divider) {
            self.dividers.push(self.lines.len());
        }
        self.lines.push(line.to_owned());
    }

    /// A block that looks for nothing makes a new file.
    pub(super) fn form(&self) -> EditForm {
        let empty = |divider: &usize| self.lines[..*divider].iter().all(|line| line.trim().is_empty());
        if self.dividers.first().is_some_and(empty) { EditForm::New } else { EditForm::Change }
    }

    /// The edit, when its last marker was read.
    pub(super) fn action(&self) -> Action {
        let malformed = |reason: &str| Action::Malformed { reason: reason.to_owned() };
        let divider = match self.dividers.as_slice() {
            [] => return malformed(NO_DIVIDER),
            [divider] => *divider,
            _ => match self.own_dividers().as_slice() {
                [divider] => *divider,
                _ => return malformed(TWO_DIVIDERS),
            },
        };
        let join = |lines: &[String]| lines.iter().fold(String::new(), |text, line| text + line + "\n");
        Action::Replace { search: join(&self.lines[..divider]), replace: join(&self.lines[divider + 1..]), line: None }
    }

    /// The dividers outside conflicts, of the block's own length.
    fn own_dividers(&self) -> Vec<usize> {
        let mut own = Vec::new();
        // In a conflict: whether its middle was passed.
        let mut conflict: Option<bool> = None;
        for (at, line) in self.lines.iter().enumerate() {
            match conflict {
                None if marker::opens_conflict(line) => conflict = Some(false),
                Some(false) if self.dividers.contains(&at) => conflict = Some(true),
                Some(true) if marker::closes_conflict(line) => conflict = None,
                _ if self.dividers.contains(&at) && marker::signs(line) == self.signs => own.push(at),
                _ => {}
            }
        }
        own
    }
}
