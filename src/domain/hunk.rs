//! A proposal cut into pieces that are decided one by one.

use serde::{Deserialize, Serialize};

/// What the user said of a hunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Nothing yet: not written.
    #[default]
    Pending,
    /// To be written.
    Accepted,
    /// Not to be written; stays visible.
    Rejected,
}

/// Names a hunk within a proposal: file index and hunk index, both from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HunkId {
    /// Index into the proposal's files.
    pub file: usize,
    /// Index into the file's hunks.
    pub hunk: usize,
}

/// What a line of a diff is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// On both sides.
    Context,
    /// Only in the proposal.
    Added,
    /// Only in the base.
    Removed,
}

/// One line of a diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// Which side it is on.
    pub kind: LineKind,
    /// 1-based line number in the base; `None` for an added line.
    pub old_line: Option<u32>,
    /// 1-based line number in the proposal; `None` for a removed line.
    pub new_line: Option<u32>,
    /// The line without its line end.
    pub text: String,
}

/// A run of changed lines with up to three lines of context around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// The lines, context included.
    pub lines: Vec<DiffLine>,
    /// First base line it covers without context, 0-based (the insertion point if it only adds).
    pub old_start: usize,
    /// Base lines it replaces.
    pub old_len: usize,
    /// First proposal line it covers without context, 0-based.
    pub new_start: usize,
    /// Proposal lines it brings.
    pub new_len: usize,
}

/// One file's hunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDiff {
    /// The file, relative to the root.
    pub path: String,
    /// Whether the file is new.
    pub created: bool,
    /// Whether the file would be deleted. Such a file has exactly one hunk.
    pub deleted: bool,
    /// In order of position.
    pub hunks: Vec<Hunk>,
}

impl FileDiff {
    /// Lines added and removed.
    pub fn counts(&self) -> (usize, usize) {
        let lines = || self.hunks.iter().flat_map(|h| &h.lines);
        let count = |kind| lines().filter(|l| l.kind == kind).count();
        (count(LineKind::Added), count(LineKind::Removed))
    }
}
