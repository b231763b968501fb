//! The part of a file that a mender needs: the lines around each finding and the heads of the blocks they stand in.
//!
//! Works by indentation, so it needs no grammar and never fails. Cuts are marked, lines are never changed.

use std::collections::BTreeSet;

/// `around` lines on both sides of each of `lines` (1-based; 0 and lines past the end count as the nearest one), and
/// above them the less and less indented lines that head their blocks (signatures). Left-out runs are marked.
pub fn excerpt(text: &str, lines: &[u32], around: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    if all.is_empty() {
        return String::new();
    }
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    for line in lines {
        let at = (*line as usize).clamp(1, all.len()) - 1;
        let first = at.saturating_sub(around);
        kept.extend(first..=(at + around).min(all.len() - 1));
        kept.extend(heads(&all, at, first));
    }
    let mut out = String::new();
    let mut expected = 0;
    for at in kept {
        mark(&mut out, at - expected);
        out.push_str(all[at]);
        out.push('\n');
        expected = at + 1;
    }
    mark(&mut out, all.len() - expected);
    out
}

/// Lines above `before` that are each less indented than all between them and `at`.
fn heads(all: &[&str], at: usize, before: usize) -> Vec<usize> {
    let mut indent = (0..=at).rev().find(|i| !all[*i].trim().is_empty()).map_or(0, |i| indentation(all[i]));
    let mut found = Vec::new();
    for above in (0..at).rev() {
        let line = all[above];
        let starts = line.trim_start().starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '@' || c == '#');
        if starts && indentation(line) < indent {
            indent = indentation(line);
            if above < before {
                found.push(above);
            }
        }
        if indent == 0 {
            break;
        }
    }
    found
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn mark(out: &mut String, omitted: usize) {
    match omitted {
        0 => {}
        1 => out.push_str("… 1 line omitted …\n"),
        n => out.push_str(&format!("… {n} lines omitted …\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heads_of_the_blocks_around_a_finding_are_kept() {
        let text = "import os\n\nclass A:\n    x = 1\n\n    def f(self):\n        a = 1\n        b = 2\n        c = 3\n        d = oops\n        e = 5\n        f = 6\n        g = 7\n";
        let cut = excerpt(text, &[10], 1);
        assert_eq!(
            cut,
            "… 2 lines omitted …\nclass A:\n… 2 lines omitted …\n    def f(self):\n… 2 lines omitted …\n        c = 3\n        d = oops\n        e = 5\n… 2 lines omitted …\n"
        );
    }

    #[test]
    fn lines_out_of_range_count_as_the_nearest() {
        assert_eq!(excerpt("a\nb\nc\n", &[0], 0), "a\n… 2 lines omitted …\n");
        assert_eq!(excerpt("a\nb\nc\n", &[99], 0), "… 2 lines omitted …\nc\n");
        assert_eq!(excerpt("", &[1], 3), "");
    }
}
