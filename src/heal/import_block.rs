//! Imports of Go as gofmt and goimports leave them: in the block that the file has, else in one that its single lines become.
//!
//! Pure. Sorts in what is new and leaves what is there in its order; touches no import of C, whose comment belongs to it.

use std::ops::Range;

/// What a Go file begins an import with.
const WORD: &str = "import ";

/// The text that takes the place of `head[range]` so that `new` (`"os"`, `"net/http"`) is imported, too. `head` is the file up to
/// the end of its imports, or of its package clause where it has none.
pub(super) fn joined(head: &str, new: &[&str]) -> (Range<usize>, String) {
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in head.split_inclusive('\n') {
        lines.push((lines.last().map_or(0, |(at, line)| at + line.len()), line));
    }
    if let Some(opening) = lines.iter().position(|(_, line)| line.trim_end() == "import (") {
        let is_in = |(_, line): &&(usize, &str)| !line.trim().is_empty() && line.trim() != ")";
        let group: Vec<(usize, &str)> = lines[opening + 1..].iter().take_while(is_in).copied().collect();
        let start = lines[opening].0 + lines[opening].1.len();
        let end = group.last().map_or(start, |(at, line)| at + line.len());
        return (start..end, sorted_in(group.iter().map(|(_, line)| line.trim()), new));
    }
    let is_single = |(_, line): &&(usize, &str)| line.starts_with(WORD) && !line.contains("\"C\"");
    let first = lines.iter().position(|line| is_single(&line)).unwrap_or(lines.len());
    let singles: Vec<(usize, &str)> = lines[first..].iter().take_while(is_single).copied().collect();
    match (singles.first(), singles.last()) {
        (Some((start, _)), Some((at, last))) => {
            let specs = sorted_in(singles.iter().map(|(_, line)| line[WORD.len()..].trim()), new);
            (*start..at + last.len(), format!("import (\n{specs})\n"))
        }
        _ => {
            let specs = match new {
                [one] => format!("{WORD}{one}\n"),
                several => format!("import (\n{})\n", sorted_in(std::iter::empty(), several)),
            };
            // Behind `package` stands a blank line.
            let is_below = lines.last().is_some_and(|(_, line)| line.starts_with("package "));
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
