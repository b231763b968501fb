//! Which rows of the review are in sight. That follows from the cursor: its hunk is whole in sight if it fits, else its line
//! is; what stands above the hunk is there as far as it leaves room, and comes when the cursor goes up from the first line.
//!
//! Draws nothing and keeps nothing.

use super::rows::{Row, Rows};
use crate::app::ReviewView;

/// Rows shown above the cursor's hunk.
const LEAD: usize = 2;
/// The least height at which the attempt that is shown has a row of its own while its series is out of sight.
const TALL: usize = 6;

/// What is in sight.
#[derive(Debug, PartialEq, Eq)]
pub struct Sight {
    /// The first row.
    pub top: usize,
    /// Rows shown in place of others, by where they are in sight: the attempt, and the head of the file.
    pub stuck: Vec<(usize, Row)>,
    /// Rows above the cursor's first line that are out of sight by themselves.
    pub hidden: usize,
    /// How many of them the user has brought back.
    pub above: usize,
    /// Rows of what stands above the hunks that are out of sight below.
    pub below: usize,
}

impl Sight {
    /// Of so many rows.
    pub fn of(rows: &Rows, review: &ReviewView, height: usize) -> Sight {
        let (resting, hidden) = resting(rows, review, height);
        let above = review.above.min(hidden);
        let top = resting - above;
        let head = rows.files.first().map_or(rows.rows.len(), |file| file.row);
        Sight { top, stuck: stuck(rows, top, height), hidden, above, below: head.saturating_sub(top + height) }
    }
}

/// Rows that stay in sight while others pass below them.
fn most_stuck(rows: &Rows, height: usize) -> usize {
    usize::from(height > 1) + usize::from(rows.attempt.is_some() && height >= TALL)
}

fn stuck(rows: &Rows, top: usize, height: usize) -> Vec<(usize, Row)> {
    let mut stuck = Vec::new();
    if let Some(attempt) = rows.attempt.filter(|_| height >= TALL) {
        let row = rows.rows[attempt];
        if attempt < top {
            stuck.push((0, row));
        } else if attempt >= top + height {
            stuck.push((height - 1, row));
        }
    }
    let at = usize::from(stuck.first().is_some_and(|(at, _)| *at == 0));
    if height > at + 1
        && let Some(file) = rows.file_at(top + at).filter(|file| rows.files[*file].row < top + at)
    {
        stuck.push((at, Row::File(file)));
    }
    stuck
}

/// The first row while the user has brought nothing back, and how many rows above the cursor's line are out of sight then.
fn resting(rows: &Rows, review: &ReviewView, height: usize) -> (usize, usize) {
    let last = rows.rows.len().saturating_sub(height);
    let Some(index) = rows.hunks.iter().position(|h| h.id == review.cursor) else {
        return if rows.hunks.is_empty() { (last, last) } else { (0, 0) };
    };
    let hunk = &rows.hunks[index];
    let line = hunk.lines.get(review.line).copied().unwrap_or(hunk.start);
    let begins = index == 0 && hunk.start <= height / 2;
    if hunk.end <= height || (begins && line < height.saturating_sub(LEAD)) {
        return (0, 0);
    }
    let stuck = most_stuck(rows, height);
    let room = height.saturating_sub(stuck).max(1);
    let length = hunk.end - hunk.start;
    let first = hunk.start.saturating_sub(stuck);
    let top = if length <= room {
        first.saturating_sub(LEAD.min(room - length))
    } else if review.line + 1 >= hunk.lines.len() {
        // What is said of the last line stands below it, and nothing comes after it.
        hunk.end.saturating_sub(height).min(line.saturating_sub(stuck)).max(first)
    } else {
        line.saturating_sub(height / 2).clamp(first, hunk.end.saturating_sub(height).max(first))
    };
    let top = top.min(last);
    let hidden = match index {
        _ if review.line > 0 => 0,
        0 => top,
        // What stands between the head of the file, which stays in sight, and its first hunk.
        _ if hunk.id.hunk == 0 => (top + stuck).saturating_sub(rows.files[hunk.id.file].row + 1).min(top),
        _ => 0,
    };
    (top, hidden)
}
