//! Whether an attempt at healing mended an error or only put another in its place.
//!
//! Asked where a frame waits, so that texts are compared line by line from both ends and never by a diff.

use super::lesson::key;
use crate::domain::change::ChangeSet;
use crate::domain::finding::Finding;
use std::collections::{HashMap, HashSet};

/// How far from a finding's line the lines may stand that were written for it.
const NEAR: usize = 3;

/// Takes those of the findings that are `gone` away that were only exchanged, between `before` and `after`, for one of those that
/// it `brought`: one in a line that was written near, or one of the same kind in the same place. A whole check is a place, too.
pub(super) fn keep_mended(gone: &mut Vec<Finding>, before: &ChangeSet, after: &ChangeSet, brought: &[Finding]) {
    let mut files: HashMap<String, Option<Written<'_>>> = HashMap::new();
    gone.retain(|finding| {
        let new = || brought.iter().filter(|f| f.path == finding.path);
        if new().any(|f| f.line == finding.line && key(f) == key(finding)) {
            return false;
        }
        if finding.line == 0 || new().all(|f| f.line == 0) {
            return true;
        }
        let written = files.entry(finding.path.clone()).or_insert_with(|| Written::of(&finding.path, before, after));
        let is_near = |written: &Written<'_>| new().any(|f| written.is_near(finding.line as usize, f.line as usize));
        !written.as_ref().is_some_and(is_near)
    });
}

/// The lines of a text that another has not.
struct Written<'t> {
    /// Lines at the beginning that are the same.
    same: usize,
    /// What differs, up to the lines at the end that are the same.
    now: Vec<&'t str>,
    old: HashSet<&'t str>,
    /// How many lines more there are now.
    more: isize,
}

impl<'t> Written<'t> {
    fn of(path: &str, before: &'t ChangeSet, after: &'t ChangeSet) -> Option<Written<'t>> {
        // A file that was as it is in the repository is in no proposal.
        let old = before.file(path).and_then(|f| f.after.as_deref());
        let old = old.or_else(|| after.file(path)?.before.as_deref())?;
        Some(Written::between(old, after.file(path)?.after.as_deref()?))
    }

    fn between(old: &'t str, now: &'t str) -> Written<'t> {
        let (mut old, mut now): (Vec<&str>, Vec<&str>) = (old.lines().collect(), now.lines().collect());
        let more = now.len() as isize - old.len() as isize;
        let same = old.iter().zip(&now).take_while(|(a, b)| a == b).count();
        (old, now) = (old.split_off(same), now.split_off(same));
        let end = old.iter().rev().zip(now.iter().rev()).take_while(|(a, b)| a == b).count();
        old.truncate(old.len() - end);
        now.truncate(now.len() - end);
        Written { same, now, old: old.into_iter().collect(), more }
    }

    /// Whether the line `now`, from 1, was written, and may stand for what was near the line `old`.
    fn is_near(&self, old: usize, now: usize) -> bool {
        let text = now.checked_sub(self.same + 1).and_then(|at| self.now.get(at));
        let (old, at) = (old as isize, now as isize);
        let first = old - NEAR as isize + self.more.min(0);
        let last = old + NEAR as isize + self.more.max(0);
        text.is_some_and(|text| !self.old.contains(text)) && (first..=last).contains(&at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::FileChange;

    fn changes(text: &str) -> ChangeSet {
        ChangeSet { files: vec![FileChange { path: "a.py".into(), before: None, after: Some(text.into()) }] }
    }

    fn finding(line: u32, message: &str) -> Finding {
        Finding { tool: "check".into(), path: "a.py".into(), line, message: message.into(), ..Finding::default() }
    }

    fn is_exchanged(finding: &Finding, before: &ChangeSet, after: &ChangeSet, brought: &[Finding]) -> bool {
        let mut gone = vec![finding.clone()];
        keep_mended(&mut gone, before, after, brought);
        gone.is_empty()
    }

    const OLD: &str = "def f():\n    pass\n\n\na = totl\nb = 2\n\n\n\n\n\nc = other\n";

    #[test]
    fn an_error_that_another_takes_the_place_of_in_what_was_written_was_exchanged() {
        let new = OLD.replace("def f", "import x\ndef f").replace("a = totl\n", "a = toal\na += 1\n");
        let is = |line: u32, brought: &[u32]| {
            let brought: Vec<Finding> = brought.iter().map(|line| finding(*line, "new")).collect();
            is_exchanged(&finding(line, "x"), &changes(OLD), &changes(&new), &brought)
        };
        assert!(is(5, &[6]) && is(5, &[7]) && is(4, &[14, 7]));
        assert!(!is(5, &[]) && !is(5, &[0]) && !is(5, &[99]), "nothing new there");
        assert!(!is(5, &[5]) && !is(5, &[8]), "lines that were there before");
        assert!(!is(12, &[6]), "far away");
        assert!(is(1, &[1]), "what was put before it");
    }

    #[test]
    fn lines_that_come_and_go_move_the_place_along() {
        let is = |new: &str, line: u32| {
            is_exchanged(&finding(5, "x"), &changes(OLD), &changes(new), &[finding(line, "new")])
        };
        let longer = OLD.replace("a = totl\n", &(1..20).map(|n| format!("a{n} = {n}\n")).collect::<String>());
        assert!(is(&longer, 22) && !is(&longer, 24));
        let shorter = "a = toal\nb = 2\n\n\n\n\n\nc = other\n";
        assert!(is(shorter, 1) && !is(shorter, 2));
        assert!(!is("", 1) && !is(OLD, 5));
    }

    #[test]
    fn the_same_kind_of_error_in_the_same_place_is_the_same_error() {
        let like = |line: u32, message: &str| {
            is_exchanged(&finding(11, "expected 3"), &changes(OLD), &changes(OLD), &[finding(line, message)])
        };
        assert!(like(11, "expected 4") && !like(11, "undefined") && !like(9, "expected 4"));
        let whole = |message: &str| {
            let of = |message: &str| Finding { path: String::new(), ..finding(0, message) };
            is_exchanged(&of("`c` ended with exit code 1\nno a"), &changes(OLD), &changes(OLD), &[of(message)])
        };
        assert!(whole("`c` ended with exit code 1\nno b") && !whole("`c` did not finish"));
    }
}
