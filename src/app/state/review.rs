//! The review pane: where the user looks. What was decided belongs to the run.

use crate::domain::hunk::{FileDiff, HunkId};

/// The pane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewView {
    /// The hunk the keys act on.
    pub cursor: HunkId,
    /// Lines scrolled from the cursor's hunk; negative is above it.
    pub offset: i32,
    /// Columns scrolled to the right.
    pub column: u16,
    /// Side by side.
    pub split: bool,
    /// A hunk with invisible characters whose acceptance waits for a second press.
    pub acknowledging: Option<HunkId>,
}

impl ReviewView {
    /// Puts the cursor on a hunk.
    pub fn look_at(&mut self, hunk: HunkId) {
        self.cursor = hunk;
        self.offset = 0;
        self.acknowledging = None;
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
}

/// Every hunk of a proposal, in order.
pub fn hunks(diff: &[FileDiff]) -> impl Iterator<Item = HunkId> + '_ {
    diff.iter().enumerate().flat_map(|(file, f)| (0..f.hunks.len()).map(move |hunk| HunkId { file, hunk }))
}
