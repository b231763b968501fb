//! A proposal cut into pieces that are decided one by one.

use super::safe_text::SafeText;
use serde::{Deserialize, Serialize};

/// The byte order mark that some editors put first (U+FEFF).
const BYTE_ORDER_MARK: char = '\u{feff}';

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

impl Hunk {
    /// Numbers of the lines it brings that have characters nobody can see. The byte order mark of a file that began with one
    /// before is none of them: whoever changes the first line keeps it.
    pub fn hidden_lines(&self) -> impl Iterator<Item = u32> + '_ {
        let is_marked = |l: &DiffLine| l.old_line == Some(1) && l.text.starts_with(BYTE_ORDER_MARK);
        let was_marked = self.lines.iter().any(is_marked);
        self.lines.iter().filter(|l| l.kind == LineKind::Added).filter_map(move |l| {
            let kept = l.text.strip_prefix(BYTE_ORDER_MARK).filter(|_| was_marked && l.new_line == Some(1));
            SafeText::has_hidden(kept.unwrap_or(&l.text)).then_some(l.new_line?)
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: LineKind, old_line: Option<u32>, new_line: Option<u32>, text: &str) -> DiffLine {
        DiffLine { kind, old_line, new_line, text: text.to_owned() }
    }

    fn hidden(lines: Vec<DiffLine>) -> Vec<u32> {
        let hunk = Hunk { lines, old_start: 0, old_len: 1, new_start: 0, new_len: 1 };
        hunk.hidden_lines().collect()
    }

    #[test]
    fn a_byte_order_mark_hides_nothing_where_the_file_began_with_one_before() {
        let old = |text| line(LineKind::Removed, Some(1), None, text);
        let new = |at, text| line(LineKind::Added, None, Some(at), text);
        assert_eq!(hidden(vec![old("\u{feff}x = 1"), new(1, "\u{feff}x = 3")]), [0; 0]);
        assert_eq!(hidden(vec![old("x = 1"), new(1, "\u{feff}x = 3")]), [1], "it had none");
        assert_eq!(hidden(vec![new(1, "\u{feff}x = 3")]), [1], "the file is new");
        assert_eq!(hidden(vec![old("\u{feff}x"), new(1, "\u{feff}x"), new(2, "\u{feff}y")]), [2], "in the midst");
        assert_eq!(hidden(vec![old("\u{feff}x"), new(1, "\u{feff}x\u{202e}y")]), [1], "beside another");
    }
}
