//! The review pane: where the user looks. What was decided belongs to the run.

use crate::domain::hunk::{FileDiff, HunkId};
use crate::graph::{Attempt, Run};

/// The pane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReviewView {
    /// The hunk the keys act on.
    pub cursor: HunkId,
    /// The line within it, from 0. The view keeps it in sight.
    pub line: usize,
    /// Rows brought into sight of what stands above the hunk, while the cursor is on its first line.
    pub above: usize,
    /// How many of these rows are out of sight otherwise: the view says so once it has drawn them.
    pub hidden: usize,
    /// Columns scrolled to the right.
    pub column: u16,
    /// One column or two.
    pub columns: Columns,
    /// A hunk with invisible characters whose acceptance waits for a second press.
    pub acknowledging: Option<HunkId>,
    /// What was asked for once; the same key again does it, any other action takes it back.
    pub confirming: Option<Confirming>,
    /// What the chosen attempt changed of the one it was made from, while that is shown in place of the whole.
    pub step: Option<Box<Attempt>>,
}

/// What ends a review, and is asked for twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirming {
    /// Writing the accepted hunks.
    Write,
    /// Leaving the proposal with nothing written.
    Drop,
}

/// How a diff is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// Side by side where there is room for it.
    #[default]
    Fitting,
    /// Old and new below each other.
    One,
    /// Old and new side by side.
    Two,
}

impl Columns {
    /// The next way, going round.
    pub fn next(self) -> Columns {
        match self {
            Columns::Fitting => Columns::Two,
            Columns::Two => Columns::One,
            Columns::One => Columns::Fitting,
        }
    }

    /// What to tell of it.
    pub fn words(self) -> &'static str {
        match self {
            Columns::Fitting => "Side by side where there is room.",
            Columns::One => "One column.",
            Columns::Two => "Side by side.",
        }
    }
}

impl ReviewView {
    /// Puts the cursor on a hunk.
    pub fn look_at(&mut self, hunk: HunkId) {
        self.cursor = hunk;
        self.line = 0;
        (self.above, self.hidden) = (0, 0);
        self.acknowledging = None;
    }

    /// Puts the cursor on the first hunk, with all in sight that stands above it.
    pub fn look_at_head(&mut self) {
        self.look_at(HunkId::default());
        self.above = FAR;
    }

    /// What is shown of a run: the chosen attempt, whole or as a step.
    pub fn shown<'a>(&'a self, run: &'a Run) -> Option<&'a Attempt> {
        self.step.as_deref().or_else(|| run.attempt())
    }

    /// The same way of looking at another proposal.
    pub fn anew(&self) -> ReviewView {
        ReviewView { columns: self.columns, ..ReviewView::default() }
    }

    /// The hunk `by` places further in the proposal, stopping at both ends.
    pub fn hunk_at(&self, diff: &[FileDiff], by: isize) -> Option<HunkId> {
        let all: Vec<HunkId> = hunks(diff).collect();
        let here = all.iter().position(|h| *h == self.cursor).unwrap_or(0);
        all.get(here.saturating_add_signed(by).min(all.len().checked_sub(1)?)).copied()
    }

    /// The first hunk of the file `by` places further.
    pub fn file_at(&self, diff: &[FileDiff], by: isize) -> Option<HunkId> {
        let file = self.cursor.file.saturating_add_signed(by).min(diff.len().checked_sub(1)?);
        Some(HunkId { file, hunk: 0 })
    }

    /// Moves by lines, out of a hunk into the next one, stopping at both ends of the proposal. What stands above a hunk
    /// and is out of sight comes before its first line.
    pub fn move_by(&mut self, diff: &[FileDiff], by: isize) {
        let by = self.pass_what_is_above(by);
        let lengths: Vec<(HunkId, usize)> =
            hunks(diff).map(|h| (h, diff[h.file].hunks[h.hunk].lines.len().max(1))).collect();
        let Some(here) = lengths.iter().position(|(h, _)| *h == self.cursor) else { return };
        let before: usize = lengths[..here].iter().map(|(_, n)| n).sum();
        let all: usize = lengths.iter().map(|(_, n)| n).sum();
        let from = before + self.line.min(lengths[here].1 - 1);
        let mut line = from.saturating_add_signed(by).min(all - 1);
        if line != from {
            (self.above, self.hidden) = (0, 0);
        }
        if by.unsigned_abs() > from && by < 0 {
            self.above = self.above.saturating_add(by.unsigned_abs() - from);
        }
        for (hunk, length) in lengths {
            if line < length {
                if hunk != self.cursor {
                    (self.cursor, self.acknowledging) = (hunk, None);
                }
                self.line = line;
                return;
            }
            line -= length;
        }
    }

    /// Moves through the rows above the first line of a hunk, as far as they are known to be there; returns what is left.
    fn pass_what_is_above(&mut self, by: isize) -> isize {
        if self.line > 0 {
            return by;
        }
        let above = self.above.min(self.hidden);
        self.above = above.saturating_add_signed(-by).min(self.hidden);
        by + self.above as isize - above as isize
    }

    /// Moves by columns, no further than the longest line of the hunk.
    pub fn move_sideways(&mut self, diff: &[FileDiff], by: isize) {
        let hunk = diff.get(self.cursor.file).and_then(|f| f.hunks.get(self.cursor.hunk));
        let longest = hunk.map_or(0, |h| h.lines.iter().map(|l| l.text.len()).max().unwrap_or(0));
        let column = usize::from(self.column).saturating_add_signed(by).min(longest.saturating_sub(8));
        self.column = u16::try_from(column).unwrap_or(u16::MAX).min(FARTHEST);
    }
}

/// More rows than stand above any hunk.
const FAR: usize = 1_000_000;
/// Columns that can be scrolled to; nobody reads further.
const FARTHEST: u16 = 2000;

/// Every hunk of a proposal, in order.
pub fn hunks(diff: &[FileDiff]) -> impl Iterator<Item = HunkId> + '_ {
    diff.iter().enumerate().flat_map(|(file, f)| (0..f.hunks.len()).map(move |hunk| HunkId { file, hunk }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hunk::{DiffLine, Hunk, LineKind};

    fn diff(lengths: &[&[usize]]) -> Vec<FileDiff> {
        let line = DiffLine { kind: LineKind::Added, old_line: None, new_line: Some(1), text: "x".repeat(40) };
        let hunk = |n: usize| Hunk { lines: vec![line.clone(); n], old_start: 0, old_len: 0, new_start: 0, new_len: n };
        let file = |h: &[usize]| h.iter().map(|n| hunk(*n)).collect();
        let with = |hunks| FileDiff { path: "a".into(), created: true, deleted: false, hunks };
        lengths.iter().map(|h| with(file(h))).collect()
    }

    #[test]
    fn lines_lead_from_hunk_to_hunk_and_stop_at_both_ends() {
        let diff = diff(&[&[3, 2], &[4]]);
        let mut view = ReviewView::default();
        let mut at = |by| {
            view.move_by(&diff, by);
            (view.cursor.file, view.cursor.hunk, view.line)
        };
        assert_eq!(at(-1), (0, 0, 0));
        assert_eq!(at(2), (0, 0, 2));
        assert_eq!(at(1), (0, 1, 0));
        assert_eq!(at(3), (1, 0, 1));
        assert_eq!(at(1_000_000), (1, 0, 3));
        assert_eq!(at(-4), (0, 1, 1));
        assert_eq!(at(-1_000_000), (0, 0, 0));
    }

    #[test]
    fn what_stands_above_a_hunk_comes_before_its_first_line() {
        let diff = diff(&[&[3, 2]]);
        let mut view = ReviewView { line: 2, ..ReviewView::default() };
        view.move_by(&diff, -1_000_000);
        assert!(view.above > 1000, "all that stands above the first hunk");
        (view.above, view.hidden) = (5, 5);
        view.move_by(&diff, 4);
        assert_eq!((view.above, view.line), (1, 0));
        view.move_by(&diff, 2);
        assert_eq!((view.above, view.line), (0, 1));
        view.move_by(&diff, 2);
        view.hidden = 2;
        view.move_by(&diff, -1);
        assert_eq!((view.above, view.cursor.hunk), (1, 1));
        view.move_by(&diff, -3);
        assert_eq!((view.above, view.cursor.hunk, view.line), (0, 0, 1));
        view.look_at_head();
        view.move_by(&diff, 1);
        assert_eq!((view.above, view.line), (0, 1), "a key before the next frame is not lost");
    }

    #[test]
    fn columns_stop_at_the_end_of_the_longest_line() {
        let diff = diff(&[&[1]]);
        let mut view = ReviewView::default();
        view.move_sideways(&diff, 1000);
        assert_eq!(view.column, 32);
        view.move_sideways(&diff, -1000);
        assert_eq!(view.column, 0);
    }

    #[test]
    fn an_empty_proposal_moves_nothing() {
        let mut view = ReviewView::default();
        view.move_by(&[], 5);
        view.move_sideways(&[], 5);
        assert_eq!(view, ReviewView::default());
    }
}
