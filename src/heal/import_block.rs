//! Imports of Go as gofmt and goimports leave them: in the block that the file has, else in one that its single lines become.
//!
//! Pure. Sorts in what is new and leaves what is there in its order; touches no import of C, whose comment belongs to it.

use std::ops::Range;

/// What a Go file begins an import with.
const WORD: &str = "import ";

/// A line of a head.
#[derive(Clone, Copy)]
struct Line<'t> {
    start: usize,
    /// With its end.
    text: &'t str,
    /// Whether it begins in a comment.
    is_comment: bool,
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The lines of a head.
fn lines(head: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line> = Vec::new();
    let mut is_comment = false;
    for text in head.split_inclusive('\n') {
        lines.push(Line { start: lines.last().map_or(0, Line::end), text, is_comment });
        is_comment = leaves_comment(text, is_comment);
    }
    lines
}

/// Whether the line behind one begins in a comment.
fn leaves_comment(mut line: &str, mut is_comment: bool) -> bool {
    loop {
        let mark = if is_comment { "*/" } else { "/*" };
        match line.split_once(mark) {
            Some((code, behind)) if is_comment || !code.contains("//") => (line, is_comment) = (behind, !is_comment),
            _ => return is_comment,
        }
    }
}

/// The text that takes the place of `head[range]` so that `new` (`"os"`, `"net/http"`) is imported, too. `head` is the file up to
/// the end of its imports, or of its package clause where it has none. Lines end as those before them.
pub(super) fn joined(head: &str, new: &[&str]) -> (Range<usize>, String) {
    let (range, put) = placed(head, new);
    let put = if head[..range.start].ends_with("\r\n") { put.replace('\n', "\r\n") } else { put };
    (range, put)
}

/// The same, with plain line ends.
fn placed(head: &str, new: &[&str]) -> (Range<usize>, String) {
    let lines = lines(head);
    if let Some(opening) = lines.iter().position(|line| !line.is_comment && line.text.trim_end() == "import (") {
        let is_in = |line: &&Line| !matches!(line.text.trim(), "" | ")");
        let group: Vec<Line> = lines[opening + 1..].iter().take_while(is_in).copied().collect();
        let start = lines[opening].end();
        let end = group.last().map_or(start, Line::end);
        return (start..end, sorted_in(group.iter().map(|line| line.text.trim()), new));
    }
    let is_single = |line: &&Line| !line.is_comment && line.text.starts_with(WORD) && !line.text.contains("\"C\"");
    let first = lines.iter().position(|line| is_single(&line)).unwrap_or(lines.len());
    let singles: Vec<Line> = lines[first..].iter().take_while(is_single).copied().collect();
    match (singles.first(), singles.last()) {
        (Some(first), Some(last)) => {
            let specs = sorted_in(singles.iter().map(|line| line.text[WORD.len()..].trim()), new);
            (first.start..last.end(), format!("import (\n{specs})\n"))
        }
        _ => {
            let specs = match new {
                [one] => format!("{WORD}{one}\n"),
                several => format!("import (\n{})\n", sorted_in(std::iter::empty(), several)),
            };
            // Behind `package` stands a blank line.
            let is_below = lines.last().is_some_and(|line| line.text.starts_with("package "));
            (head.len()..head.len(), format!("{}{specs}", if is_below { "\n" } else { "" }))
        }
    }
}

/// The lines of a block: each new one before the first that is greater. A comment belongs to the line below it, so that there
/// they go to the end.
fn sorted_in<'t>(old: impl Iterator<Item = &'t str>, new: &[&'t str]) -> String {
    let mut specs: Vec<&str> = old.collect();
    let is_plain = specs.iter().all(|spec| path(spec).is_some());
    for spec in new {
        let at = specs.iter().position(|old| is_plain && path(old) > path(spec)).unwrap_or(specs.len());
        specs.insert(at, spec);
    }
    specs.iter().map(|spec| format!("\t{spec}\n")).collect()
}

/// What stands in a spec's quotes.
fn path(spec: &str) -> Option<&str> {
    spec.split('"').nth(1).filter(|_| !spec.starts_with("//") && !spec.starts_with("/*"))
}
