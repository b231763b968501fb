//! Which words of a changed line pair differ, for highlighting inside the line.

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};
use std::ops::Range;

/// Byte ranges of the words that only one side has; in order, not touching.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordChanges {
    /// In the removed line.
    pub old: Vec<Range<usize>>,
    /// In the added line.
    pub new: Vec<Range<usize>>,
}

/// Longer lines (bytes) are not looked into.
const MAX_LINE: usize = 2048;
/// Lines less alike than this are different lines; marking nearly every word would say nothing.
const MIN_RATIO: f32 = 0.4;

/// The words that differ between a removed line and the added line in its place. Empty on both sides if the lines are
/// too different, too long, or the same: then the lines as a whole are the change.
pub fn words(old: &str, new: &str) -> WordChanges {
    let mut changes = WordChanges::default();
    if old.len() > MAX_LINE || new.len() > MAX_LINE {
        return changes;
    }
    let diff = TextDiff::from_unicode_words(old, new);
    if diff.ratio() < MIN_RATIO {
        return changes;
    }
    let (mut old_at, mut new_at) = (0, 0);
    for change in diff.iter_all_changes() {
        let length = change.value().len();
        match change.tag() {
            ChangeTag::Equal => {
                old_at += length;
                new_at += length;
            }
            ChangeTag::Delete => {
                extend(&mut changes.old, old_at..old_at + length);
                old_at += length;
            }
            ChangeTag::Insert => {
                extend(&mut changes.new, new_at..new_at + length);
                new_at += length;
            }
        }
    }
    changes
}

fn extend(ranges: &mut Vec<Range<usize>>, next: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if last.end == next.start => last.end = next.end,
        _ => ranges.push(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_that_differ_are_marked() {
        let (old, new) = ("let total = price * count;", "let total = price * amount;");
        let changes = words(old, new);
        let pick =
            |text: &str, ranges: &[Range<usize>]| ranges.iter().map(|r| text[r.clone()].to_owned()).collect::<Vec<_>>();
        assert_eq!(pick(old, &changes.old), ["count"]);
        assert_eq!(pick(new, &changes.new), ["amount"]);
    }

    #[test]
    fn ranges_fall_on_characters() {
        let (old, new) = ("größe = änderung(ä)", "größe = änderung(ö)");
        let changes = words(old, new);
        assert_eq!(&new[changes.new[0].clone()], "ö");
    }

    #[test]
    fn lines_with_nothing_in_common_are_not_marked_word_by_word() {
        assert_eq!(words("import os", "return None if x else y"), WordChanges::default());
    }
}
