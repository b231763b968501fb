//! Making fixes: edits of texts as they were validated, all of a fix or none of it.
//!
//! Pure. Makes only what is called safe, never what overlaps, never a range that is not of the text, and touches no file
//! whose text it was not given.

use crate::domain::change::{ChangeSet, FileChange, FileSnapshot};
use crate::domain::finding::{Applicability, Finding, Fix, TextEdit};
use crate::domain::language::Language;
use crate::syntax;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What came of fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The proposal with them.
    pub changes: ChangeSet,
    /// Which were made: indexes of what was given.
    pub made: Vec<usize>,
    /// What they do, in order, each once.
    pub titles: Vec<String>,
    /// Files that the proposal did not change before.
    pub outside: Vec<String>,
}

/// The best safe fix of each finding.
pub fn machine_applicable(findings: &[Finding]) -> Vec<Fix> {
    let best = |finding: &Finding| finding.fixes.iter().find(|f| is_safe(f)).cloned();
    let mut fixes: Vec<Fix> = findings.iter().filter_map(best).collect();
    let mut seen: Vec<Fix> = Vec::new();
    fixes.retain(|fix| {
        let is_new = !seen.contains(fix);
        if is_new {
            seen.push(fix.clone());
        }
        is_new
    });
    fixes
}

pub(super) fn is_safe(fix: &Fix) -> bool {
    fix.applicability == Applicability::MachineApplicable && !fix.edits.is_empty()
}

/// How often fixes are left out that break a file together.
const TURNS: usize = 4;

/// Makes those of `fixes` that can be made together, first come first served: in files of `base` as it leaves them, and in
/// `files` that it does not change. `None` when nothing changes by it.
///
/// Each of two fixes may be right and both together not: what is left of a block from which both take a line. Those are made
/// one after the other, in attempts of their own; which they are the grammar tells.
pub fn apply(base: &ChangeSet, files: &[FileSnapshot], fixes: &[Fix]) -> Option<Fixed> {
    let text = |path: &str| match base.file(path) {
        Some(change) => change.after.as_deref(),
        None => files.iter().find(|f| f.path == path).and_then(FileSnapshot::text),
    };
    let (mut all, mut left_out) = (None, BTreeSet::new());
    for _ in 0..TURNS {
        let Some(fixed) = together(base, &text, fixes, &left_out) else { break };
        let breaking = breaking(&fixed, &text, fixes);
        if breaking.is_empty() {
            return Some(fixed);
        }
        left_out.extend(breaking);
        all.get_or_insert(fixed);
    }
    // It is not for this that the text is wrong; the checks will say what is.
    all
}

/// The fixes but for which a file would parse: for each error that they bring together the nearest one.
fn breaking<'t>(fixed: &Fixed, text: &dyn Fn(&str) -> Option<&'t str>, fixes: &[Fix]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for file in &fixed.changes.files {
        let own =
            |at: &usize| fixes[*at].edits.iter().filter(|e| e.path == file.path).map(|e| (e, *at)).collect::<Vec<_>>();
        let mut edits: Vec<(&TextEdit, usize)> = fixed.made.iter().flat_map(own).collect();
        edits.sort_by_key(|(edit, at)| (edit.start, edit.end, *at));
        let (Some((_, first)), Some((_, last))) = (edits.first(), edits.last()) else { continue };
        let (Some(before), Some(after), Some(language)) =
            (text(&file.path), file.after.as_deref(), Language::from_path(&file.path))
        else {
            continue;
        };
        if first == last {
            continue;
        }
        let errors = broken(language, &file.path, before, after);
        let mut places: Vec<(u32, usize)> = Vec::new();
        let (mut out, mut at, mut made) = (0, 0, None);
        for (edit, fix) in edits.into_iter().filter(|_| !errors.is_empty()) {
            if made != Some(edit) {
                out += edit.start.saturating_sub(at);
                (at, made) = (edit.end, Some(edit));
                places.push((line_of(after, out), fix));
                out += edit.text.len();
            }
        }
        for error in errors {
            let far = |(line, fix): &&(u32, usize)| (line.abs_diff(error), Reverse(*line), Reverse(*fix));
            let nearest = places.iter().filter(|(_, fix)| !found.contains(fix)).min_by_key(far);
            found.extend(nearest.map(|(_, fix)| *fix));
        }
    }
    found
}

/// Lines at which `after` is not of its language and `before` was.
fn broken(language: Language, path: &str, before: &str, after: &str) -> Vec<u32> {
    let errors = syntax::introduced(language, path, Some(before), after).unwrap_or_default();
    errors.iter().map(|error| error.line).collect()
}

fn line_of(text: &str, at: usize) -> u32 {
    let lines = text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    u32::try_from(lines + 1).unwrap_or(u32::MAX)
}

/// Makes those that can be made together, but for some.
fn together<'t>(
    base: &ChangeSet,
    text: &dyn Fn(&str) -> Option<&'t str>,
    fixes: &[Fix],
    left_out: &BTreeSet<usize>,
) -> Option<Fixed> {
    let mut taken: BTreeMap<&str, Vec<&TextEdit>> = BTreeMap::new();
    let (mut made, mut titles): (Vec<usize>, Vec<String>) = (Vec::new(), Vec::new());
    for (index, fix) in fixes.iter().enumerate().filter(|(index, f)| is_safe(f) && !left_out.contains(index)) {
        let Some(edits) = fitting(fix, &taken, text) else { continue };
        for edit in edits {
            taken.entry(edit.path.as_str()).or_default().push(edit);
        }
        made.push(index);
        if !titles.contains(&fix.title) {
            titles.push(fix.title.clone());
        }
    }
    let mut changes = base.clone();
    let mut outside = Vec::new();
    for (path, edits) in taken {
        let Some(before) = text(path) else { continue };
        let after = edited(before, edits);
        if after == before {
            continue;
        }
        match changes.files.iter_mut().find(|f| f.path == path) {
            Some(file) => file.after = Some(after),
            None => {
                let before = Some(before.to_owned());
                changes.files.push(FileChange { path: path.to_owned(), before, after: Some(after) });
                outside.push(path.to_owned());
            }
        }
    }
    changes.files.sort_by(|a, b| a.path.cmp(&b.path));
    (changes != *base).then_some(Fixed { changes, made, titles, outside })
}

/// The edits of a fix that are not made already, if all of them can be.
fn fitting<'f, 't>(
    fix: &'f Fix,
    taken: &BTreeMap<&str, Vec<&TextEdit>>,
    text: &dyn Fn(&str) -> Option<&'t str>,
) -> Option<Vec<&'f TextEdit>> {
    let mut new: Vec<&TextEdit> = Vec::new();
    for edit in &fix.edits {
        let text = text(&edit.path)?;
        // `get` is `None` for a range out of the text, upside down, or through a character.
        text.get(edit.start..edit.end)?;
        let others = taken.get(edit.path.as_str()).into_iter().flatten();
        if others.clone().any(|other| **other == *edit) {
            continue;
        }
        let own = new.iter().filter(|other| other.path == edit.path);
        if others.chain(own).any(|other| overlap(other, edit)) {
            return None;
        }
        new.push(edit);
    }
    Some(new)
}

/// Whether two edits of a file cannot both be made, or only in an order that nobody has said.
fn overlap(a: &TextEdit, b: &TextEdit) -> bool {
    match (a.start == a.end, b.start == b.end) {
        (true, true) => a.start == b.start,
        (true, false) => b.start < a.start && a.start < b.end,
        (false, true) => a.start < b.start && b.start < a.end,
        (false, false) => a.start < b.end && b.start < a.end,
    }
}

fn edited(text: &str, mut edits: Vec<&TextEdit>) -> String {
    edits.sort_by_key(|e| (e.start, e.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::FileContent;
    use proptest::prelude::*;

    fn edit(path: &str, start: usize, end: usize, text: &str) -> TextEdit {
        TextEdit { path: path.into(), start, end, text: text.into() }
    }

    fn fix(edits: Vec<TextEdit>) -> Fix {
        Fix { title: "mend".into(), applicability: Applicability::MachineApplicable, edits }
    }

    fn base(text: &str) -> ChangeSet {
        let file = FileChange { path: "a.py".into(), before: Some("old".into()), after: Some(text.into()) };
        ChangeSet { files: vec![file] }
    }

    fn after(fixes: &[Fix]) -> Option<String> {
        apply(&base("import os\nx = 1\n"), &[], fixes)?.changes.files[0].after.clone()
    }

    #[test]
    fn all_edits_of_a_fix_are_made_or_none() {
        let good = fix(vec![edit("a.py", 0, 10, ""), edit("a.py", 14, 15, "2")]);
        assert_eq!(after(&[good]).as_deref(), Some("x = 2\n"));
        let half = fix(vec![edit("a.py", 0, 10, ""), edit("a.py", 14, 99, "2")]);
        assert_eq!(after(std::slice::from_ref(&half)), None);
        assert_eq!(after(&[half, fix(vec![edit("a.py", 14, 15, "3")])]).as_deref(), Some("import os\nx = 3\n"));
    }

    #[test]
    fn of_fixes_that_overlap_the_first_is_made_and_the_same_edit_is_made_once() {
        let first = fix(vec![edit("a.py", 0, 10, "")]);
        let over = fix(vec![edit("a.py", 7, 9, "sys")]);
        assert_eq!(after(&[first.clone(), over]).as_deref(), Some("x = 1\n"));
        let shared = fix(vec![edit("a.py", 0, 10, ""), edit("a.py", 14, 15, "2")]);
        assert_eq!(after(&[first, shared]).as_deref(), Some("x = 2\n"));
        let insert = fix(vec![edit("a.py", 0, 0, "import re\n")]);
        let other = fix(vec![edit("a.py", 0, 0, "import io\n")]);
        assert_eq!(after(&[insert.clone(), insert, other]).as_deref(), Some("import re\nimport os\nx = 1\n"));
    }

    #[test]
    fn two_fixes_that_are_only_wrong_together_are_not_made_together() {
        let text = "if x:\n    import a\n    import b\n\ny = 1\n";
        let both = [fix(vec![edit("a.py", 6, 19, "")]), fix(vec![edit("a.py", 19, 32, "")])];
        let fixed = apply(&base(text), &[], &both).unwrap();
        assert_eq!(fixed.changes.files[0].after.as_deref(), Some("if x:\n    import b\n\ny = 1\n"));
        assert_eq!(fixed.made, [0]);
        // What one alone breaks is its tool's own matter, and said by the checks.
        let one = [fix(vec![edit("a.py", 6, 32, "")])];
        assert_eq!(apply(&base(text), &[], &one).unwrap().made, [0]);
        // A text that is wrong for another reason is mended all the same.
        let wrong = base("def f(:\nimport a\nimport b\n");
        let others = [fix(vec![edit("a.py", 8, 17, "")]), fix(vec![edit("a.py", 17, 26, "")])];
        assert_eq!(apply(&wrong, &[], &others).unwrap().made, [0, 1]);
    }

    #[test]
    fn what_is_not_safe_is_left_to_others() {
        let mut doubtful = fix(vec![edit("a.py", 0, 10, "")]);
        doubtful.applicability = Applicability::MaybeIncorrect;
        assert_eq!(after(&[doubtful]), None);
        assert_eq!(after(&[fix(vec![])]), None);
        assert_eq!(after(&[fix(vec![edit("a.py", 0, 6, "import")])]), None, "nothing changes by it");
    }

    #[test]
    fn another_file_is_touched_only_where_its_text_is_given_and_that_is_said() {
        let fixes = [fix(vec![edit("b.py", 0, 1, "y")])];
        assert_eq!(apply(&base("x"), &[], &fixes), None);
        let files = [FileSnapshot { path: "b.py".into(), content: FileContent::Text { text: "x\n".into() } }];
        let fixed = apply(&base("x"), &files, &fixes).unwrap();
        assert_eq!(fixed.outside, ["b.py"]);
        let other = fixed.changes.file("b.py").unwrap();
        assert_eq!((other.before.as_deref(), other.after.as_deref()), (Some("x\n"), Some("y\n")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_range_whatever_makes_it_fail_or_loses_text_outside_of_the_ranges(
            text in "[aé\n]{0,12}",
            ranges in prop::collection::vec((0usize..20, 0usize..20, "[xy]{0,2}"), 0..5),
        ) {
            let fixes: Vec<Fix> = ranges.iter().map(|(a, b, t)| fix(vec![edit("a.py", *a, *b, t)])).collect();
            let changes = base(&text);
            match apply(&changes, &[], &fixes) {
                None => {}
                Some(fixed) => {
                    let made: Vec<&TextEdit> = fixed.made.iter().map(|i| &fixes[*i].edits[0]).collect();
                    let mut distinct = made.clone();
                    distinct.sort_by_key(|e| (e.start, e.end, e.text.clone()));
                    distinct.dedup();
                    let removed: usize = distinct.iter().map(|e| e.end - e.start).sum();
                    let added: usize = distinct.iter().map(|e| e.text.len()).sum();
                    let length = fixed.changes.files[0].after.as_ref().unwrap().len();
                    prop_assert_eq!(length, text.len() - removed + added);
                }
            }
            prop_assert_eq!(apply(&changes, &[], &[]), None, "a file without findings is never changed");
        }
    }
}
