//! Where a merge left both sides for somebody to choose: the lines that git marks them by, in their order. Knows no language
//! and no grammar, and resolves nothing.

use crate::domain::path;

/// The lines, 1-based, on which conflicts of a merge begin that nobody resolved. In prose, markers within a fenced block are an
/// example; indented ones are none anywhere.
pub fn conflicts(path: &str, text: &str) -> Vec<u32> {
    let (mut found, mut begun, mut is_divided) = (Vec::new(), None, false);
    let (has_fences, mut fence) = (is_prose(path), None);
    for (line, number) in text.lines().zip(1..) {
        // A fence that stands between the markers belongs to one of the sides.
        if has_fences && begun.is_none() {
            fence = match (fence, fence_of(line)) {
                (None, opened) => opened,
                (Some(open), Some(met)) if closes(open, met) && line.trim_matches([' ', open.0]).is_empty() => None,
                (open, _) => open,
            };
            if fence.is_some() {
                continue;
            }
        }
        match begun {
            _ if line.starts_with("<<<<<<< ") => (begun, is_divided) = (Some(number), false),
            Some(_) if line == "=======" => is_divided = true,
            Some(line_of_first) if is_divided && line.starts_with(">>>>>>> ") => {
                found.push(line_of_first);
                begun = None;
            }
            _ => {}
        }
    }
    found
}

/// Texts for people: Markdown and its kin, and what has no ending.
fn is_prose(path: &str) -> bool {
    match path::name(path).rsplit_once('.') {
        Some((_, ending)) => ["md", "markdown", "mdx", "txt", "rst"].iter().any(|e| ending.eq_ignore_ascii_case(e)),
        None => true,
    }
}

/// The sign of a fence and how many of it, where a line is one (CommonMark 0.31, 4.5).
fn fence_of(line: &str) -> Option<(char, usize)> {
    let rest = line.trim_start_matches(' ');
    let sign = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = rest.trim_start_matches(sign);
    let length = rest.len() - info.len();
    (length >= 3 && !(sign == '`' && info.contains('`'))).then_some((sign, length))
}

fn closes(open: (char, usize), met: (char, usize)) -> bool {
    open.0 == met.0 && met.1 >= open.1
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [u32; 0] = [];
    const CONFLICT: &str = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n";

    #[test]
    fn markers_in_a_fenced_block_of_prose_are_an_example_and_elsewhere_a_conflict() {
        let fenced = format!("# Doc\n\n```\n{CONFLICT}```\n");
        for path in ["DOC.md", "docs/a.Markdown", "notes.txt", "a.rst", "README"] {
            assert_eq!(conflicts(path, &fenced), NONE, "{path}");
            assert_eq!(conflicts(path, &format!("{fenced}\n{CONFLICT}")), [11], "{path}: behind it");
        }
        assert_eq!(conflicts("a.sql", &fenced), [4], "no fences are known there");
        assert_eq!(
            conflicts("DOC.md", &format!("~~~~ text\n~~~\n```\n{CONFLICT}~~~~\n")),
            NONE,
            "a longer one, of its sign"
        );
        assert_eq!(
            conflicts("DOC.md", &format!("```text\n```text\n{CONFLICT}```\n")),
            NONE,
            "it closes without a word"
        );
        assert_eq!(conflicts("DOC.md", &format!("``` a ` b\n{CONFLICT}")), [2], "no fence");
    }

    #[test]
    fn a_fence_between_the_markers_hides_nothing() {
        let text = "<<<<<<< HEAD\n```\n=======\n~~~\n>>>>>>> x\n<<<<<<< HEAD\n=======\n>>>>>>> x\n";
        assert_eq!(conflicts("DOC.md", text), [1, 6]);
    }
}
