//! What the files that matter most say of themselves: what is left to do there, and which functions are hard to change.
//! Reads comments by their marks only; a mark in a string is taken for one.

use super::omission::is_withheld;
use super::rank::Ranked;
use crate::domain::change::FileSnapshot;
use crate::domain::language::Language;
use crate::domain::memory::{Remark, RemarkKind};
use crate::domain::word;
use crate::syntax;

/// Files from the top of the ranking that are looked at: a remark is worth its tokens only where the change will be.
const FILES: usize = 3;
/// Cyclomatic complexity from which on a function is hard to change safely: above 15 NIST 500-235 (1996) asks for a reason.
const COMPLEX: u16 = 15;
/// Words that mark what is left to do.
const MARKS: [&str; 4] = ["TODO", "FIXME", "HACK", "XXX"];
/// Longest remark, in characters.
const LONGEST: usize = 160;

/// The remarks of the first files of a ranking, in their order, by line.
pub fn remarks(ranking: &[Ranked], snapshots: &[FileSnapshot]) -> Vec<Remark> {
    let mut found = Vec::new();
    for ranked in ranking.iter().take(FILES) {
        let path = &ranked.path;
        let text = snapshots.iter().find(|s| s.path == *path).and_then(|s| s.text()).unwrap_or("");
        if is_withheld(ranked.named, text) {
            continue;
        }
        let mut own: Vec<Remark> = todos(path, text);
        let outline = Language::from_path(path).and_then(|language| syntax::outline(language, path, text));
        let definitions = outline.map_or(Vec::new(), |outline| outline.definitions);
        own.extend(definitions.iter().filter(|definition| definition.complexity > COMPLEX).map(|definition| Remark {
            path: path.clone(),
            line: definition.lines.0,
            kind: RemarkKind::Complexity,
            text: format!(
                "`{}` takes {} ways (cyclomatic complexity): change it with care",
                definition.name, definition.complexity
            ),
        }));
        own.sort_by_key(|remark| remark.line);
        found.extend(own);
    }
    found
}

/// The comments that say something is to be done.
fn todos(path: &str, text: &str) -> Vec<Remark> {
    let Some(comment) = Language::from_path(path).and_then(syntax::comment) else { return Vec::new() };
    let begins: Vec<&str> = comment.line.into_iter().chain(comment.block.map(|(open, _)| open)).collect();
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let is_inside =
            |byte: usize| line.trim_start().starts_with('*') || begins.iter().any(|mark| line[..byte].contains(mark));
        let mark = MARKS.iter().filter_map(|mark| word::find(line, mark)).filter(|byte| is_inside(*byte)).min();
        if let Some(byte) = mark {
            let text: String = line[byte..].trim_end_matches("*/").trim().chars().take(LONGEST).collect();
            let line = u32::try_from(at + 1).unwrap_or(u32::MAX);
            found.push(Remark { path: path.to_owned(), line, kind: RemarkKind::Todo, text });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::FileContent;

    fn of(path: &str, text: &str) -> Vec<(u32, RemarkKind, String)> {
        where_named(true, path, text)
    }

    fn where_named(named: bool, path: &str, text: &str) -> Vec<(u32, RemarkKind, String)> {
        let snapshot = FileSnapshot { path: path.into(), content: FileContent::Text { text: text.into() } };
        let ranked = Ranked { path: path.into(), reason: String::new(), named, score: 1.0, alike: vec![] };
        remarks(&[ranked], &[snapshot]).into_iter().map(|r| (r.line, r.kind, r.text)).collect()
    }

    #[test]
    fn comments_that_something_is_to_be_done_are_remarks_and_names_and_strings_that_hold_the_word_are_none() {
        let text =
            "# TODO: handle nothing\nTODO = 'XXX'\nx = 1  # FIXME soon\ndef todo():  # TODOS are many\n    pass\n";
        let todo = |line, text: &str| (line, RemarkKind::Todo, text.to_owned());
        assert_eq!(of("a.py", text), [todo(1, "TODO: handle nothing"), todo(3, "FIXME soon")]);
        assert_eq!(of("a.c", "/* a\n * HACK: b */\nint x;\n"), [todo(2, "HACK: b")]);
    }

    #[test]
    fn a_file_that_is_withheld_for_its_key_remarks_nothing() {
        let text = "x = 1  # TODO: rotate sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD\n# TODO: more\n";
        assert_eq!(where_named(false, "a.py", text), []);
        assert_eq!(where_named(true, "a.py", text).len(), 2, "what is named is shown as it is");
    }

    #[test]
    fn a_function_with_many_ways_is_a_remark() {
        let ifs: String = (0..20).map(|i| format!("    if x == {i}:\n        y()\n")).collect();
        let found = of("a.py", &format!("def straight():\n    pass\n\ndef twisted(x):\n{ifs}"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0 == 4 && found[0].2.contains("`twisted` takes 21 ways"), "{found:?}");
    }
}
