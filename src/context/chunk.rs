//! A file cut into the pieces that a prompt can show by themselves: a function, a method, the head of a class, what
//! stands between them. Decides nothing about which are shown.

use crate::domain::outline::{Definition, DefinitionKind, Outline};

/// Longest piece in lines; longer ones are cut at blank lines, so that a huge function can be shown in part.
const MAX_LINES: u32 = 60;
/// Functions up to this many lines are not taken apart, whatever is defined inside them.
const WHOLE_FUNCTION: u32 = 120;

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// 1-based first and last line.
    pub lines: (u32, u32),
    /// Lines above it that say where it stands: the heads of what it is part of, outermost first.
    pub heads: Vec<u32>,
    /// Index in the outline of what it is, or is part of.
    pub definition: Option<u32>,
}

/// The pieces of a file of these lines, in order; together they hold every line that is not blank. Without an outline a
/// file is cut at blank lines only.
pub(super) fn chunks(outline: Option<&Outline>, lines: &[&str]) -> Vec<Chunk> {
    let definitions = outline.map_or(&[][..], |o| &o.definitions);
    let owners = owners(definitions, lines.len());
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < lines.len() {
        let mut end = start + 1;
        while end < lines.len() && owners[end] == owners[start] {
            end += 1;
        }
        for (first, last) in windows(lines, start, end) {
            let heads = owners[start].map_or(Vec::new(), |d| heads(definitions, d, lines, first));
            chunks.push(Chunk { lines: (number(first), number(last)), heads, definition: owners[start] });
        }
        start = end;
    }
    chunks
}

/// By line (from 0) the innermost definition that is shown by itself.
fn owners(definitions: &[Definition], lines: usize) -> Vec<Option<u32>> {
    let mut owners = vec![None; lines];
    // Whether a definition, or one around it, is kept in one piece.
    let mut sealed = vec![false; definitions.len()];
    for (at, definition) in definitions.iter().enumerate() {
        let around = definition.container.is_some_and(|c| sealed.get(c as usize).copied().unwrap_or(false));
        let length = definition.lines.1.saturating_sub(definition.lines.0) + 1;
        let is_function = matches!(definition.kind, DefinitionKind::Function | DefinitionKind::Method);
        sealed[at] = around || is_function && length <= WHOLE_FUNCTION;
        let is_small = matches!(definition.kind, DefinitionKind::Constant | DefinitionKind::Variable) && length == 1;
        if around || is_small {
            continue;
        }
        let first = (definition.lines.0.max(1) - 1) as usize;
        let last = (definition.lines.1 as usize).min(lines);
        owners.iter_mut().take(last).skip(first).for_each(|owner| *owner = Some(at as u32));
    }
    owners
}

/// Cuts the lines from `start` to before `end` (from 0) into runs of at most [`MAX_LINES`], at blank lines where there are
/// any, and leaves out blank ends. First and last line of each, from 0.
fn windows(lines: &[&str], start: usize, end: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut first = start;
    while first < end {
        let most = (first + MAX_LINES as usize).min(end);
        let blank = (first + 1..most).rev().find(|at| lines[*at].trim().is_empty());
        let next = match blank {
            Some(blank) if most < end && blank > first + MAX_LINES as usize / 3 => blank,
            _ => most,
        };
        let is_text = |at: &usize| !lines[*at].trim().is_empty();
        if let (Some(from), Some(to)) = ((first..next).find(is_text), (first..next).rev().find(is_text)) {
            found.push((from, to));
        }
        first = next;
    }
    found
}

/// The head lines of a definition and of everything around it that stand above `first` (from 0), outermost first.
fn heads(definitions: &[Definition], at: u32, lines: &[&str], first: usize) -> Vec<u32> {
    let mut heads = Vec::new();
    let mut next = Some(at);
    while let Some(definition) = next.and_then(|at| definitions.get(at as usize)) {
        let head = head(definition, lines);
        if (head as usize) <= first {
            heads.push(head);
        }
        next = definition.container.filter(|c| Some(*c) < next);
    }
    heads.reverse();
    heads
}

/// The 1-based line of a definition that names it, past its documentation and decorators.
pub(super) fn head(definition: &Definition, lines: &[&str]) -> u32 {
    let (first, last) = (definition.lines.0.max(1), definition.lines.1);
    let is_comment =
        |line: &str| ["//", "#", "*", "/*", "--", "@", "'''", "\"\"\""].iter().any(|m| line.starts_with(m));
    (first..=last)
        .take(200)
        .find(|at| {
            let line = lines.get(*at as usize - 1).map_or("", |line| line.trim_start());
            line.contains(definition.name.as_str()) && !is_comment(line)
        })
        .unwrap_or(first)
}

fn number(line: usize) -> u32 {
    u32::try_from(line + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::domain::outline::Tier;

    fn definition(name: &str, kind: DefinitionKind, container: Option<u32>, lines: (u32, u32)) -> Definition {
        let name = name.to_owned();
        Definition {
            name,
            kind,
            container,
            lines,
            signature: String::new(),
            doc: String::new(),
            exported: true,
            complexity: 0,
            typed: (0, 0),
        }
    }

    fn outline(definitions: Vec<Definition>) -> Outline {
        Outline {
            language: Language::Python,
            tier: Tier::Exact,
            lines: (0, 0),
            definitions,
            references: vec![],
            imports: vec![],
            words: vec![],
            entry_point: false,
            broken: false,
        }
    }

    fn cut(outline: &Outline, text: &str) -> Vec<((u32, u32), Vec<u32>)> {
        let lines: Vec<&str> = text.lines().collect();
        chunks(Some(outline), &lines).into_iter().map(|c| (c.lines, c.heads)).collect()
    }

    #[test]
    fn a_class_is_cut_into_its_head_and_its_methods_and_what_stands_between_functions_is_kept() {
        let text = "import os\n\nclass A:\n    x = 1\n\n    def one(self):\n        pass\n\n    def two(self):\n        def inner():\n            pass\n\nmain()\n";
        let outline = outline(vec![
            definition("A", DefinitionKind::Class, None, (3, 11)),
            definition("one", DefinitionKind::Method, Some(0), (6, 7)),
            definition("two", DefinitionKind::Method, Some(0), (9, 11)),
            definition("inner", DefinitionKind::Function, Some(2), (10, 11)),
        ]);
        let expected = [((1, 1), vec![]), ((3, 4), vec![]), ((6, 7), vec![3]), ((9, 11), vec![3]), ((13, 13), vec![])];
        assert_eq!(cut(&outline, text), expected);
    }

    #[test]
    fn a_long_function_is_cut_at_blank_lines_and_each_part_knows_its_head() {
        let mut text = String::from("@decorated\ndef long():\n");
        (0..150).for_each(|i| text += if i % 25 == 0 { "\n" } else { "    step()\n" });
        let outline = outline(vec![definition("long", DefinitionKind::Function, None, (1, 152))]);
        let cut = cut(&outline, &text);
        assert!(cut.len() >= 3, "{cut:?}");
        assert_eq!(cut[0], ((1, 52), vec![]));
        assert!(cut[1..].iter().all(|(lines, heads)| lines.1 - lines.0 < MAX_LINES && *heads == [2]), "{cut:?}");
    }

    #[test]
    fn every_line_that_is_not_blank_is_in_exactly_one_piece_whatever_the_outline_says() {
        let text: String = (0..300).map(|i| if i % 7 == 0 { "\n".into() } else { format!("line {i}\n") }).collect();
        let lines: Vec<&str> = text.lines().collect();
        let wild = outline(vec![
            definition("a", DefinitionKind::Class, None, (250, 900)),
            definition("b", DefinitionKind::Method, Some(0), (10, 5)),
            definition("c", DefinitionKind::Method, Some(9), (0, 20)),
        ]);
        for outline in [None, Some(&wild)] {
            let mut seen = vec![0; lines.len()];
            for chunk in chunks(outline, &lines) {
                (chunk.lines.0..=chunk.lines.1).for_each(|line| seen[line as usize - 1] += 1);
            }
            for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                assert_eq!(seen[at], 1, "line {} `{line}`", at + 1);
            }
        }
    }
}
