//! Tells an edit whose lines are gone because an earlier edit of the same answer has changed them.
//!
//! Makes the earlier ones once more to know which it was. Places nothing and mends nothing.

use super::Action;
use super::line::lines;
use super::locate::{Match, Stated, locate, range};
use super::trouble::{Trouble, overlapping};
use super::working::Working;
use crate::domain::change::FileSnapshot;

/// Why `action` does not fit, if its lines stood in the file as it was read until one of `earlier`, the edits of that file
/// before it, changed them.
pub(super) fn overlap(earlier: &[&Action], snapshot: Option<&FileSnapshot>, action: &Action) -> Option<Trouble> {
    let (Action::Replace { search, .. } | Action::Hunk { search, .. }) = action else { return None };
    let wanted = lines(search);
    let mut file = Working::new(snapshot);
    let stood = place(&mut file, &wanted)?;
    let changer = earlier.iter().position(|earlier| {
        let is_made = file.edit(earlier, false).is_ok();
        is_made && place(&mut file, &wanted).is_none()
    })?;
    Some(overlapping(stood, changer + 1))
}

/// Where the lines stand without doubt.
fn place(file: &mut Working, wanted: &[&str]) -> Option<(u32, u32)> {
    let place = locate(file.document().ok()?, wanted, Stated::default()).ok()?;
    (place.how != Match::Similar).then(|| range(place.start, place.length()))
}
