//! A proposal as a patch that `git apply` takes.
//!
//! For printing and export. Applying a proposal never goes through this text.

use super::diff::diff;
use super::line::{ending, lines};
use crate::domain::change::{ChangeSet, FileChange};
use crate::domain::hunk::{DiffLine, FileDiff, LineKind};
use std::fmt::Write;

/// The whole proposal as one patch in git's form; exact for line ends, missing last newlines and odd file names.
pub fn unified(changes: &ChangeSet) -> String {
    changes.files.iter().zip(diff(changes)).map(|(change, cut)| patch(change, &cut)).collect()
}

/// One file of a proposal as a patch, from its hunks; nothing if it stays the same.
pub fn patch(change: &FileChange, cut: &FileDiff) -> String {
    if change.is_noop() {
        return String::new();
    }
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
    if !old.is_empty() || !new.is_empty() {
        let _ = write!(text, "--- {from}\n+++ {to}\n");
    }
    // A created file is cut into several, which have nothing between them.
    let whole = cut.created || cut.deleted;
    let all: Vec<&DiffLine> = cut.hunks.iter().filter(|_| whole).flat_map(|h| &h.lines).collect();
    let parts = cut.hunks.iter().filter(|_| !whole).map(|h| h.lines.iter().collect());
    for part in parts.chain([all]) {
        hunk(&mut text, &part, &old, &new);
    }
    text
}

fn hunk(text: &mut String, part: &[&DiffLine], old: &[&str], new: &[&str]) {
    let at = |number: Option<u32>| number.map(|n| n as usize);
    let side = |pick: fn(&DiffLine) -> Option<u32>, other: usize| {
        let mut numbers = part.iter().filter_map(|l| at(pick(l)));
        match numbers.next() {
            Some(first) => format!("{first},{}", numbers.count() + 1),
            // An empty side is named by the line before it.
            None => format!("{other},0"),
        }
    };
    let Some(first) = part.first() else { return };
    // Only a hunk at the file's very start, or without context, has an empty side.
    let before = |number: Option<u32>| at(number).map_or(0, |n| n.saturating_sub(1));
    let (olds, news) = (side(|l| l.old_line, before(first.new_line)), side(|l| l.new_line, before(first.old_line)));
    let _ = writeln!(text, "@@ -{olds} +{news} @@");
    for line in part {
        let (sign, source) = match line.kind {
            LineKind::Context => (' ', at(line.old_line).and_then(|n| old.get(n - 1))),
            LineKind::Removed => ('-', at(line.old_line).and_then(|n| old.get(n - 1))),
            LineKind::Added => ('+', at(line.new_line).and_then(|n| new.get(n - 1))),
        };
        let Some(source) = source else { continue };
        text.push(sign);
        text.push_str(source);
        if ending(source).is_empty() {
            text.push_str("\n\\ No newline at end of file\n");
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
