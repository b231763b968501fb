//! A proposal as a patch that `git apply` takes.
//!
//! For printing and export. Applying a proposal never goes through this text.

use super::diff::groups;
use super::line::{ending, lines};
use crate::domain::change::{ChangeSet, FileChange};
use similar::DiffOp;

/// The whole proposal as one patch in git's form; exact for line ends, missing last newlines and odd file names.
pub fn unified(changes: &ChangeSet) -> String {
    changes.files.iter().filter(|f| !f.is_noop()).map(file).collect()
}

fn file(change: &FileChange) -> String {
    let (a, b) = (name("a/", &change.path), name("b/", &change.path));
    let mut text = format!("diff --git {a} {b}\n");
    let (from, to) = match (&change.before, &change.after) {
        (None, _) => {
            text.push_str("new file mode 100644\n");
            ("/dev/null".to_owned(), marked(b))
        }
        (_, None) => {
            text.push_str("deleted file mode 100644\n");
            (marked(a), "/dev/null".to_owned())
        }
        _ => (marked(a), marked(b)),
    };
    let (old, new) = (lines(change.before.as_deref().unwrap_or("")), lines(change.after.as_deref().unwrap_or("")));
    let groups = groups(&old, &new);
    if !groups.is_empty() {
        text.push_str(&format!("--- {from}\n+++ {to}\n"));
    }
    for ops in groups {
        hunk(&mut text, &ops, &old, &new);
    }
    text
}

fn hunk(text: &mut String, ops: &[DiffOp], old: &[&str], new: &[&str]) {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else { return };
    let olds = first.old_range().start..last.old_range().end;
    let news = first.new_range().start..last.new_range().end;
    // An empty side is named by the line before it.
    let side = |r: &std::ops::Range<usize>| format!("{},{}", r.start + usize::from(!r.is_empty()), r.len());
    text.push_str(&format!("@@ -{} +{} @@\n", side(&olds), side(&news)));
    let mut put = |sign: char, line: &str| {
        text.push(sign);
        text.push_str(line);
        if ending(line).is_empty() {
            text.push_str("\n\\ No newline at end of file\n");
        }
    };
    for op in ops {
        if let DiffOp::Equal { .. } = op {
            old[op.old_range()].iter().for_each(|l| put(' ', l));
        } else {
            old[op.old_range()].iter().for_each(|l| put('-', l));
            new[op.new_range()].iter().for_each(|l| put('+', l));
        }
    }
}

/// A path as git writes it: in quotes and escaped where it must be.
fn name(prefix: &str, path: &str) -> String {
    let whole = format!("{prefix}{path}");
    if whole.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\') {
        return whole;
    }
    let escaped: String = whole
        .bytes()
        .map(|b| match b {
            b'"' => "\\\"".to_owned(),
            b'\\' => "\\\\".to_owned(),
            0x20..0x7f => char::from(b).to_string(),
            b => format!("\\{b:03o}"),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// A name with a blank is ended by a tab, so that what follows is not taken for a date.
fn marked(name: String) -> String {
    if name.contains(' ') && !name.starts_with('"') { name + "\t" } else { name }
}
