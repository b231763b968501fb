//! Cuts a proposal into hunks and puts the chosen ones together again, byte for byte.
//!
//! The cut is a function of the texts alone (no deadline by the clock), so that a replayed session shows the same hunks.

use super::compare::compare;
use super::line::{content, lines};
use crate::domain::change::{ChangeSet, FileChange};
use crate::domain::hunk::{DiffLine, FileDiff, Hunk, LineKind};
use crate::domain::language::Language;
use similar::{DiffOp, group_diff_ops};

/// Lines of context around a hunk, as in git.
pub(super) const CONTEXT: usize = 3;

/// The hunks of every file of a proposal, in the proposal's order. A created file is cut at its top-level blocks, so
/// that one can be taken without another; a deleted file has one hunk.
pub fn diff(changes: &ChangeSet) -> Vec<FileDiff> {
    changes.files.iter().map(file_diff).collect()
}

fn file_diff(change: &FileChange) -> FileDiff {
    let path = change.path.clone();
    let (created, deleted) = (change.before.is_none(), change.after.is_none());
    let (old, new) = (lines(change.before.as_deref().unwrap_or("")), lines(change.after.as_deref().unwrap_or("")));
    let hunks = match (created, deleted) {
        (true, true) => Vec::new(),
        (true, false) => {
            let mut starts = blocks(&change.path, &new);
            starts.push(new.len());
            starts.windows(2).map(|w| one_sided(LineKind::Added, w[0], &new[w[0]..w[1]])).collect()
        }
        (false, true) => vec![one_sided(LineKind::Removed, 0, &old)],
        (false, false) => groups(&old, &new).iter().filter_map(|ops| hunk(ops, &old, &new)).collect(),
    };
    FileDiff { path, created, deleted, hunks }
}

/// What the file becomes if only the hunks that `decide` chooses are taken. `None`: nothing to write; `Some(None)`:
/// delete it; `Some(Some(text))`: write the text. `diff` must be `change`'s own.
pub fn select(change: &FileChange, diff: &FileDiff, decide: impl Fn(usize) -> bool) -> Option<Option<String>> {
    let chosen: Vec<bool> = (0..diff.hunks.len()).map(decide).collect();
    if !chosen.contains(&true) {
        return None;
    }
    if diff.deleted {
        return Some(None);
    }
    let (old, new) = (lines(change.before.as_deref().unwrap_or("")), lines(change.after.as_deref().unwrap_or("")));
    let cut = |lines: &[&str], from: usize, to: usize| lines.get(from..to).unwrap_or(&[]).concat();
    let mut text = String::new();
    let mut at = 0;
    for (hunk, chosen) in diff.hunks.iter().zip(&chosen) {
        text.push_str(&cut(&old, at, hunk.old_start));
        at = hunk.old_start + hunk.old_len;
        if *chosen {
            text.push_str(&cut(&new, hunk.new_start, hunk.new_start + hunk.new_len));
        } else {
            text.push_str(&cut(&old, hunk.old_start, at));
        }
    }
    text.push_str(&cut(&old, at, old.len()));
    (change.before.as_ref() != Some(&text)).then_some(Some(text))
}

/// The changes between two lists of lines, grouped as git groups them into hunks.
pub(super) fn groups(old: &[&str], new: &[&str]) -> Vec<Vec<DiffOp>> {
    group_diff_ops(compare(old, new), CONTEXT)
}

/// The lines of the new text between the first and the last that changed, from 0; `None` where one side is missing or nothing
/// changed. For whoever needs no hunks: it takes no longer than reading both once.
pub fn extent(change: &FileChange) -> Option<std::ops::Range<usize>> {
    let (old, new) = (lines(change.before.as_deref()?), lines(change.after.as_deref()?));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old[start..].iter().rev().zip(new[start..].iter().rev());
    let end = new.len() - rest.take_while(|(a, b)| a == b).count();
    (old != new).then_some(start..end)
}

/// A hunk of one group of changes; `None` for a group without any.
fn hunk(ops: &[DiffOp], old: &[&str], new: &[&str]) -> Option<Hunk> {
    let is_change = |op: &&DiffOp| !matches!(op, DiffOp::Equal { .. });
    let (first, last) = (ops.iter().find(is_change)?, ops.iter().rev().find(is_change)?);
    let (old_start, new_start) = (first.old_range().start, first.new_range().start);
    let (old_len, new_len) = (last.old_range().end - old_start, last.new_range().end - new_start);
    let mut lines = Vec::new();
    for op in ops {
        let (olds, news) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            let pairs = olds.zip(news);
            lines.extend(pairs.map(|(o, n)| diff_line(LineKind::Context, Some(o), Some(n), old[o])));
        } else {
            lines.extend(olds.map(|o| diff_line(LineKind::Removed, Some(o), None, old[o])));
            lines.extend(news.map(|n| diff_line(LineKind::Added, None, Some(n), new[n])));
        }
    }
    Some(Hunk { lines, old_start, old_len, new_start, new_len })
}

/// A hunk that only adds or only removes, without context.
fn one_sided(kind: LineKind, start: usize, lines: &[&str]) -> Hunk {
    let added = kind == LineKind::Added;
    let number = |i: usize| (added.then_some(start + i), (!added).then_some(start + i));
    let line = |(i, text): (usize, &&str)| {
        let (new, old) = number(i);
        diff_line(kind, old, new, text)
    };
    let (new_start, new_len) = if added { (start, lines.len()) } else { (0, 0) };
    let (old_start, old_len) = if added { (0, 0) } else { (start, lines.len()) };
    Hunk { lines: lines.iter().enumerate().map(line).collect(), old_start, old_len, new_start, new_len }
}

fn diff_line(kind: LineKind, old: Option<usize>, new: Option<usize>, line: &str) -> DiffLine {
    let number = |n: Option<usize>| n.map(|n| u32::try_from(n + 1).unwrap_or(u32::MAX));
    DiffLine { kind, old_line: number(old), new_line: number(new), text: content(line).to_owned() }
}

/// Lines with something on them below which a block of a new file is no hunk of its own.
const MIN_BLOCK: usize = 4;

/// Where the top-level blocks of a new file start; always at 0. A block starts at the blank lines before a line that is
/// not indented; in Markdown before a heading. Closing brackets and text in triple quotes or fences start none, and a few
/// lines alone (a module's docstring, a constant) stay with what follows: they are not worth a decision of their own.
fn blocks(path: &str, lines: &[&str]) -> Vec<usize> {
    let markdown = Language::from_path(path) == Some(Language::Markdown);
    let mut starts = vec![0];
    let mut blank_from = None;
    let mut quoted = false;
    let mut written = 0;
    for (i, line) in lines.iter().enumerate() {
        let line = content(line);
        if line.trim().is_empty() {
            blank_from = blank_from.or(Some(i));
            continue;
        }
        let first = line.chars().next().unwrap_or(' ');
        let top = if markdown { first == '#' } else { !first.is_whitespace() && !"})]>".contains(first) };
        if let Some(start) = blank_from.take()
            && top
            && !quoted
            && written >= MIN_BLOCK
        {
            starts.push(start);
            written = 0;
        }
        written += 1;
        let fences = usize::from(line.starts_with("```"));
        let quotes = line.matches("\"\"\"").count() + line.matches("'''").count();
        quoted ^= (fences + quotes) % 2 == 1;
    }
    starts
}
