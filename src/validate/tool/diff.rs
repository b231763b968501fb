//! What formatters print instead of a report: a unified diff, or rustfmt's "Diff in". Each block becomes one finding
//! whose fix makes the block's edits. A block that does not fit the text that was checked gives no fix.

use super::said::{MAX_FINDINGS, Said, Text, finding, fix};
use crate::domain::finding::{Applicability, Finding, Severity, TextEdit};

/// A block: where it begins, and its lines with their marks.
struct Block<'a> {
    path: String,
    line: u32,
    lines: Vec<&'a str>,
}

/// Findings of a unified diff, from its `+++` and `@@` lines on.
pub fn unified(said: &Said<'_>, tool: &str) -> Vec<Finding> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut path = None;
    // Lines of the old and the new side that the block still has: a removed line may begin with `--`.
    let mut left = (0u32, 0u32);
    for line in said.output.lines() {
        let inside = left != (0, 0);
        match (inside, line.as_bytes().first(), blocks.last_mut()) {
            (true, Some(b' ' | b'-' | b'+') | None, Some(block)) => {
                let mark = line.as_bytes().first().unwrap_or(&b' ');
                left.0 = left.0.saturating_sub(u32::from(*mark != b'+'));
                left.1 = left.1.saturating_sub(u32::from(*mark != b'-'));
                block.lines.push(line);
            }
            (_, Some(b'\\'), Some(block)) => block.lines.push(line),
            _ => {
                left = (0, 0);
                if let Some(named) = line.strip_prefix("+++ ") {
                    path = said.path(named.split('\t').next().unwrap_or(named));
                } else if let (Some(counts), Some(path)) = (header(line), &path) {
                    left = (counts.1, counts.2);
                    blocks.push(Block { path: path.clone(), line: counts.0, lines: Vec::new() });
                }
            }
        }
    }
    findings(said, tool, blocks)
}

/// First line, lines before and lines after, of `@@ -3,9 +3,10 @@`.
fn header(line: &str) -> Option<(u32, u32, u32)> {
    let mut words = line.strip_prefix("@@ -")?.split(' ');
    let side = |word: &str| -> Option<(u32, u32)> {
        let (line, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((line.parse().ok()?, count.parse().ok()?))
    };
    let (line, before) = side(words.next()?)?;
    let (_, after) = side(words.next()?.strip_prefix('+')?)?;
    // An empty side is counted from the line before it.
    Some((if before == 0 { line + 1 } else { line }, before, after))
}

/// Findings of rustfmt's `Diff in path:line:` blocks.
pub fn rustfmt(said: &Said<'_>, tool: &str) -> Vec<Finding> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut ours = false;
    for line in said.output.lines() {
        match line.strip_prefix("Diff in ") {
            Some(place) => {
                let place = place.trim_end_matches(':');
                // `path at line 3` before Rust 1.76.
                let split = place.rsplit_once(" at line ").or_else(|| place.rsplit_once(':'));
                let at = split.and_then(|(path, line)| Some((said.path(path)?, line.trim().parse().ok()?)));
                ours = at.is_some();
                blocks.extend(at.map(|(path, line)| Block { path, line, lines: Vec::new() }));
            }
            // A block's own empty lines have a mark.
            None => match blocks.last_mut().filter(|_| ours && !line.is_empty()) {
                Some(block) => block.lines.push(line),
                None => ours = false,
            },
        }
    }
    findings(said, tool, blocks)
}

fn findings(said: &Said<'_>, tool: &str, blocks: Vec<Block<'_>>) -> Vec<Finding> {
    blocks.iter().take(MAX_FINDINGS).filter_map(|block| of_block(said, tool, block)).collect()
}

fn of_block(said: &Said<'_>, tool: &str, block: &Block<'_>) -> Option<Finding> {
    let before = |line: &&&str| !line.starts_with('+') && !line.starts_with('\\');
    let same = block.lines.iter().take_while(|l| l.starts_with(' ') || l.is_empty()).count();
    let changed = block.lines.iter().filter(before).count() as u32;
    let first = block.line.checked_add(u32::try_from(same).ok()?)?;
    let mut found = finding(tool, Severity::Warning, Some(block.path.clone()), "not formatted");
    found.rule = Some("format".to_owned());
    (found.line, found.column) = (first, 1);
    (found.end_line, found.end_column) = (block.line.checked_add(changed)?.max(first), 1);
    let text = said.text(&block.path);
    let edits = text.and_then(|text| edits(&text, block));
    found.fixes = edits.and_then(|e| fix("format it", Applicability::MachineApplicable, e)).into_iter().collect();
    Some(found)
}

/// The edits of a block, each a run of removed and added lines; `None` if its lines are not the text's.
fn edits(text: &Text, block: &Block<'_>) -> Option<Vec<TextEdit>> {
    let (mut edits, mut at) = (Vec::new(), text.line_start(block.line)?);
    let mut run: Option<TextEdit> = None;
    for (index, line) in block.lines.iter().enumerate() {
        // A last line without its end.
        let open = block.lines.get(index + 1).is_some_and(|next| next.starts_with('\\'));
        let (mark, content) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
        let end = if open { "" } else { "\n" };
        match mark {
            "\\" => {}
            "+" => {
                let edit =
                    run.get_or_insert(TextEdit { path: block.path.clone(), start: at, end: at, text: String::new() });
                edit.text.push_str(content);
                edit.text.push_str(end);
            }
            _ => {
                let rest = text.as_str().get(at..)?.strip_prefix(content)?;
                // A diff shows a line's carriage return as nothing at all.
                let ended =
                    ["\n", "\r\n", ""].iter().find(|e| rest.starts_with(**e) && (!e.is_empty() || rest.is_empty()))?;
                let next = at + content.len() + ended.len();
                if mark == "-" {
                    let edit = run.get_or_insert(TextEdit {
                        path: block.path.clone(),
                        start: at,
                        end: at,
                        text: String::new(),
                    });
                    edit.end = next;
                } else {
                    edits.extend(run.take());
                }
                at = next;
            }
        }
    }
    edits.extend(run);
    Some(edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str, found: &[Finding]) -> String {
        let mut out = text.to_owned();
        let mut edits: Vec<&TextEdit> = found.iter().flat_map(|f| &f.fixes[0].edits).collect();
        edits.sort_by_key(|e| std::cmp::Reverse(e.start));
        edits.iter().for_each(|e| out.replace_range(e.start..e.end, &e.text));
        out
    }

    #[test]
    fn a_unified_diff_is_findings_whose_fixes_make_its_new_side() {
        let before = "a\n\nb\n-- c\nd\ne\nf\ng\nh";
        let after = "a\n\nB\nd\ne\nf\ng\nh\n";
        let output = "--- x.py\n+++ x.py\n@@ -1,5 +1,4 @@\n a\n\n-b\n--- c\n+B\n d\n@@ -9 +8 @@\n-h\n\\ No newline at end of file\n+h\n\n1 file\n";
        let texts = |_: &str| Some(before.to_owned());
        let said = Said::new("/r", "", &texts).printing(output, "");
        let found = unified(&said, "ruff format");
        assert_eq!(found.iter().map(|f| (f.path.as_str(), f.line)).collect::<Vec<_>>(), [("x.py", 3), ("x.py", 9)]);
        assert_eq!(applied(before, &found), after);
    }

    #[test]
    fn rustfmts_blocks_are_findings_whose_fixes_make_them() {
        let before = "fn a() {}\nfn b( ) { 1; }\nfn c() {}\n";
        let output = "Diff in /r/src/lib.rs:1:\n fn a() {}\n-fn b( ) { 1; }\n+fn b() {\n+    1;\n+}\n fn c() {}\nDiff in /elsewhere/x.rs:1:\n-a\n";
        let texts = |_: &str| Some(before.to_owned());
        let said = Said::new("/r", "", &texts).printing(output, "");
        let found = rustfmt(&said, "rustfmt");
        assert_eq!(found.len(), 1);
        assert_eq!(applied(before, &found), "fn a() {}\nfn b() {\n    1;\n}\nfn c() {}\n");
    }

    #[test]
    fn a_diff_of_another_text_gives_no_fix_and_garbage_gives_nothing() {
        let texts = |_: &str| Some("other\n".to_owned());
        let said = Said::new("/r", "", &texts).printing("+++ x\n@@ -1 +1 @@\n-a\n+b\n", "");
        assert!(unified(&said, "t")[0].fixes.is_empty());
        for output in [
            "@@ -1 +1 @@\n-a\n",
            "+++ x\n@@ -,, @@\n",
            "+++ x\n@@ -4294967295,9 +1,9 @@\n-a\n",
            "Diff in :\n+\n",
            "\\\n",
        ] {
            let said = Said::new("/r", "", &texts).printing(output, "");
            unified(&said, "t");
            rustfmt(&said, "t");
        }
    }
}
