//! Mending a text by its grammar: the one insertion after which it has fewer errors and none that is new, and again.
//!
//! Pure. Guesses nothing: where two of the insertions that the errors' own words suggest would do for the same error, none is
//! made, and a text without errors is never touched.

use crate::domain::change::ChangeSet;
use crate::domain::finding::{Applicability, Finding, Fix, TextEdit};
use crate::domain::language::Language;
use crate::syntax::{self, SyntaxError};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Texts longer than this are left alone, in bytes: each candidate is a parse.
const LONGEST: usize = 256 * 1024;
/// Most candidates that are parsed for a text, and most bytes of all of them together: about 40 ms of parsing at 10 MB/s.
const MOST: usize = 24;
const MOST_BYTES: usize = 400 * 1024;
/// Errors whose words are heard: one missing sign may be noticed in several places.
const ERRORS: usize = 3;
/// Most signs that are put into a text.
const SIGNS: usize = 8;
/// Lines after an opening bracket at whose ends its counterpart may be missing.
const LINES: usize = 8;

/// One fix for each file of the proposal that a finding says does not parse: all that is missing without a doubt.
pub fn fixes(base: &ChangeSet, findings: &[Finding]) -> Vec<Fix> {
    let named = |path: &str| findings.iter().any(|f| f.path == path);
    let files = base.files.iter().filter(|f| named(&f.path));
    files.filter_map(|f| mend(&f.path, f.before.as_deref(), f.after.as_deref()?)).collect()
}

/// The insertions that mend what `text` has wrong and `before` had not, one after the other.
fn mend(path: &str, before: Option<&str>, text: &str) -> Option<Fix> {
    let language = Language::from_path(path).filter(|_| text.len() <= LONGEST)?;
    let mut mended = text.to_owned();
    // By their places in the mended text.
    let mut signs: Vec<Candidate> = Vec::new();
    for _ in 0..SIGNS {
        let Some(sign) = missing(language, path, before, &mended) else { break };
        let within = |made: &Candidate| made.at < sign.at && sign.at < made.at + made.text.len();
        let Some(longer) = inserted(&mended, &sign).filter(|_| !signs.iter().any(within)) else { break };
        mended = longer;
        signs.iter_mut().filter(|made| made.at >= sign.at).for_each(|made| made.at += sign.text.len());
        signs.push(sign);
    }
    signs.sort_by_key(|sign| sign.at);
    let (mut edits, mut titles, mut put): (Vec<TextEdit>, Vec<String>, usize) = Default::default();
    for sign in &signs {
        let at = sign.at - put;
        put += sign.text.len();
        titles.push(format!("the missing `{}` in line {}", sign.text.trim(), line_of(text, at)));
        match edits.last_mut().filter(|edit| edit.start == at) {
            Some(edit) => edit.text += &sign.text,
            None => edits.push(TextEdit { path: path.to_owned(), start: at, end: at, text: sign.text.clone() }),
        }
    }
    let title = format!("insert {}", titles.join(", "));
    (!edits.is_empty()).then_some(Fix { title, applicability: Applicability::MachineApplicable, edits })
}

/// The first sign that is missing without a doubt.
fn missing(language: Language, path: &str, before: Option<&str>, text: &str) -> Option<Candidate> {
    let whole = syntax::errors(language, path, text)?;
    let errors = match before.filter(|before| !before.is_empty()) {
        Some(_) => syntax::introduced(language, path, before, text)?,
        None => whole.clone(),
    };
    let all: Vec<Candidate> = errors.iter().take(ERRORS).flat_map(|error| candidates(error, text)).collect();
    let part = around(text, &all);
    let mut judge = Judge::knowing(&whole, language, path, text);
    let piece = &text[part.clone()];
    let near = if part.len() < text.len() { syntax::errors(language, path, piece) } else { None };
    match near.filter(|errors| !errors.is_empty()) {
        Some(errors) => {
            let moved = all.into_iter().map(|c| Candidate { at: c.at - part.start, ..c }).collect();
            let found = Judge::knowing(&errors, language, path, piece).choose(moved)?;
            let found = Candidate { at: found.at + part.start, ..found };
            // A part may be right where the whole is not.
            judge.better(&found)?;
            Some(found)
        }
        None => judge.choose(all),
    }
}

/// What is known of a text, and how often it may still be parsed.
struct Judge<'t> {
    language: Language,
    path: &'t str,
    text: &'t str,
    errors: Vec<SyntaxError>,
    known: BTreeMap<(String, String), usize>,
    fuel: usize,
}

/// What an insertion leaves.
struct Mended {
    text: String,
    /// How many errors there still are.
    left: usize,
    /// Which of the errors there were are gone.
    gone: BTreeSet<usize>,
}

impl<'t> Judge<'t> {
    /// Of a text with these errors.
    fn knowing(errors: &[SyntaxError], language: Language, path: &'t str, text: &'t str) -> Judge<'t> {
        let fuel = MOST.min(MOST_BYTES / text.len().max(1));
        Judge { language, path, text, errors: errors.to_vec(), known: keys(errors, text), fuel }
    }

    /// What this leaves, if that are fewer errors and none that is new.
    fn better(&mut self, candidate: &Candidate) -> Option<Mended> {
        self.fuel = self.fuel.checked_sub(1)?;
        let text = inserted(self.text, candidate)?;
        let left = syntax::errors(self.language, self.path, &text)?;
        let is_better = left.len() < self.errors.len() && is_part(&keys(&left, &text), &self.known);
        if !is_better {
            return None;
        }
        // Lines behind it have moved by those that it brings.
        let (line, lines) = (line_of(self.text, candidate.at), candidate.text.matches('\n').count());
        let stays = |error: &SyntaxError| {
            let moved = if error.line as usize > line { lines } else { 0 };
            left.iter().any(|l| l.line as usize == error.line as usize + moved && l.column == error.column)
        };
        let gone = self.errors.iter().enumerate().filter(|(_, error)| !stays(error)).map(|(at, _)| at).collect();
        Some(Mended { text, left: left.len(), gone })
    }

    /// The only one that does best.
    fn choose(&mut self, candidates: Vec<Candidate>) -> Option<Candidate> {
        let (by_indent, by_line): (Vec<Candidate>, Vec<Candidate>) =
            candidates.into_iter().partition(|c| c.text.ends_with('\n'));
        let mut better = |candidate: &Candidate| self.better(candidate);
        // Where a block ends by its indentation is better evidence than where a line does.
        the_only(&by_indent, &mut better).or_else(|| the_only(&by_line, &mut better))
    }
}

/// Lines behind the last candidate that are looked at, too: enough that the end of the part says nothing of the candidates.
const BEHIND: usize = 20;

/// The part of a text in which the candidates lie, from one line that is not indented to another: to parse that is to know
/// what they do, for a fraction of the time. The whole where the language needs its beginning.
fn around(text: &str, candidates: &[Candidate]) -> Range<usize> {
    let places = candidates.iter().map(|c| c.at.min(text.len()));
    let (Some(first), Some(last)) = (places.clone().min(), places.max()) else { return 0..text.len() };
    let begins = |line: &str| line.starts_with(|c: char| c.is_alphanumeric() || "_#@/<".contains(c));
    if text.starts_with('<') {
        return 0..text.len();
    }
    let (mut start, mut end, mut at, mut behind) = (0, text.len(), 0, 0);
    for line in text.split_inclusive('\n') {
        // A line at which something is missing is no beginning.
        if begins(line) && at + line.len() <= first {
            start = at;
        }
        if at > last {
            behind += 1;
            if behind > BEHIND && begins(line) {
                end = at;
                break;
            }
        }
        at += line.len();
    }
    start..end
}

/// The candidate that leaves the fewest errors, if it is the only one that does. Where several do, the first of those whose
/// errors no other one of them mends: signs that are missing in different places.
fn the_only(candidates: &[Candidate], better: &mut dyn FnMut(&Candidate) -> Option<Mended>) -> Option<Candidate> {
    let mut done: Vec<(Mended, &Candidate)> = Vec::new();
    for candidate in candidates {
        if let Some(mended) = better(candidate)
            && !done.iter().any(|(other, _)| other.text == mended.text)
        {
            done.push((mended, candidate));
        }
    }
    let fewest = done.iter().map(|(mended, _)| mended.left).min()?;
    done.retain(|(mended, _)| mended.left == fewest);
    let is_alone = |at: usize| {
        let gone = &done[at].0.gone;
        let mut others = done.iter().enumerate().filter(|(other, _)| *other != at);
        others.all(|(_, (other, _))| !gone.is_empty() && other.gone.is_disjoint(gone))
    };
    let alone = (0..done.len()).filter(|at| is_alone(*at));
    alone.min_by_key(|at| done[*at].0.gone.first().copied()).map(|at| done[at].1.clone())
}

/// Something to insert at a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    at: usize,
    text: String,
}

fn inserted(text: &str, candidate: &Candidate) -> Option<String> {
    let (head, tail) = text.split_at_checked(candidate.at)?;
    Some(format!("{head}{}{tail}", candidate.text))
}

/// Errors without their places, and how many there are of each.
fn keys(errors: &[SyntaxError], text: &str) -> BTreeMap<(String, String), usize> {
    let mut found = BTreeMap::new();
    for error in errors {
        let message = error.message.chars().filter(|c| !c.is_ascii_digit()).collect();
        let line = text.lines().nth(error.line.saturating_sub(1) as usize).unwrap_or("").trim().to_owned();
        *found.entry((message, line)).or_default() += 1;
    }
    found
}

fn is_part(some: &BTreeMap<(String, String), usize>, all: &BTreeMap<(String, String), usize>) -> bool {
    some.iter().all(|(key, count)| all.get(key).is_some_and(|of| count <= of))
}

/// What an error's own words suggest to insert, and where.
fn candidates(error: &SyntaxError, text: &str) -> Vec<Candidate> {
    let Some(here) = byte_of(text, error.line, error.column) else { return Vec::new() };
    if let Some(quote) = between(&error.message, "the string that begins with `", '`') {
        return endings(text, here).into_iter().map(|at| Candidate { at, text: quote.to_owned() }).collect();
    }
    let Some(missing) = between(&error.message, "missing `", '`') else { return Vec::new() };
    let is_sign = missing.len() <= 2 && missing.chars().all(|c| c.is_ascii_punctuation());
    match missing {
        ")" | "]" | "}" => closings(text, error, missing),
        _ if is_sign => vec![Candidate { at: here, text: missing.to_owned() }],
        _ => Vec::new(),
    }
}

/// Where a bracket may be closed: at the ends of its line and of those after it, and on a line of its own where the block
/// that it opens ends by indentation.
fn closings(text: &str, error: &SyntaxError, sign: &str) -> Vec<Candidate> {
    let number = between(&error.message, "on line ", ' ').and_then(|n| n.parse::<u32>().ok()).unwrap_or(error.line);
    let Some(start) = byte_of(text, number, 1) else { return Vec::new() };
    let opening = text[start..].lines().next().unwrap_or("");
    let indent = &opening[..opening.len() - opening.trim_start().len()];
    let mut found = Vec::new();
    let at = block_end(text, start, indent.len());
    let is_empty = !text[start..at].trim_end().contains('\n');
    // What begins on its line ends on one, too.
    let begun = opening.rfind(['(', '[', '{']).map(|bracket| opening[bracket + 1..].trim());
    let is_block = begun.map_or(sign == "}", |text| {
        text.is_empty() || ["//", "/*", "#"].iter().any(|comment| text.starts_with(comment))
    });
    // A list that is begun and holds nothing is closed where it stands.
    if is_block && (sign == "}" || !is_empty) {
        let break_before = if text[..at].ends_with('\n') { "" } else { "\n" };
        found.push(Candidate { at, text: format!("{break_before}{indent}{sign}\n") });
    }
    let mut line = start;
    for _ in 0..LINES {
        let is_blank = text[line..].lines().next().is_none_or(|line| line.trim().is_empty());
        let ends = if is_blank { Vec::new() } else { endings(text, line) };
        found.extend(ends.into_iter().map(|at| Candidate { at, text: sign.to_owned() }));
        match text[line..].find('\n') {
            Some(length) if line + length + 1 < text.len() => line += length + 1,
            _ => break,
        }
    }
    found
}

/// The end of the line that byte `from` is in, and the places before each of the signs that end it.
fn endings(text: &str, from: usize) -> Vec<usize> {
    let end = text[from..].find('\n').map_or(text.len(), |length| from + length);
    let line = &text[from..end];
    let mut found = Vec::new();
    let mut kept = line.trim_end();
    loop {
        found.push(from + kept.len());
        match kept.strip_suffix([';', ',', ':', ')', ']', '}', '{']) {
            Some(shorter) if shorter.len() > 1 => kept = shorter.trim_end(),
            _ => return found,
        }
    }
}

/// Where the last line ends that is indented more than `indent`, of those that follow the one at `start` or are blank. Blank lines
/// behind it separate the block from the next one and stay where they are.
fn block_end(text: &str, start: usize, indent: usize) -> usize {
    let (mut at, mut end) = (start, start);
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        let is_blank = line.trim().is_empty();
        if number > 0 && !is_blank && line.len() - line.trim_start().len() <= indent {
            break;
        }
        at += line.len();
        if !is_blank {
            end = at;
        }
    }
    end
}

/// The byte of a 1-based line and column.
fn byte_of(text: &str, line: u32, column: u32) -> Option<usize> {
    let skip = line.checked_sub(1)? as usize;
    let start = match skip {
        0 => 0,
        _ => text.match_indices('\n').nth(skip - 1).map(|(at, _)| at + 1)?,
    };
    let line = text[start..].lines().next().unwrap_or("");
    let within = line.char_indices().nth(column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
    Some(start + within)
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// What stands between `head` and the next `end`.
fn between<'t>(text: &'t str, head: &str, end: char) -> Option<&'t str> {
    let rest = &text[text.find(head)? + head.len()..];
    let stop = rest.find(end)?;
    (stop > 0).then(|| &rest[..stop])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::FileChange;
    use crate::heal::fix::apply;
    use proptest::prelude::*;

    fn mended(path: &str, text: &str) -> Option<String> {
        let file = FileChange { path: path.into(), before: None, after: Some(text.into()) };
        let base = ChangeSet { files: vec![file] };
        let finding = Finding { path: path.into(), ..Finding::default() };
        apply(&base, &[], &fixes(&base, &[finding]))?.changes.files[0].after.clone()
    }

    #[test]
    fn one_missing_sign_is_put_where_it_belongs() {
        let table = [
            ("a.py", "def f(a, b)\n    return a\n", "def f(a, b):\n    return a\n"),
            ("a.py", "x = max(1, 2\ny = 3\n", "x = max(1, 2)\ny = 3\n"),
            ("a.py", "def f(a:\n    return a\n", "def f(a):\n    return a\n"),
            ("a.py", "print(\"hello)\n", "print(\"hello\")\n"),
            (
                "a.py",
                "def f() -> str:\n    return g(\n\n\ndef h() -> int:\n    return 1\n",
                "def f() -> str:\n    return g()\n\n\ndef h() -> int:\n    return 1\n",
            ),
            (
                "a.py",
                "def f() -> str:\n    return g(\n        1,\n        2,\n\n\ndef h() -> int:\n    return 1\n",
                "def f() -> str:\n    return g(\n        1,\n        2,\n    )\n\n\ndef h() -> int:\n    return 1\n",
            ),
            ("a.py", "x = [\n\ny = 1\n", "x = []\n\ny = 1\n"),
            ("a.js", "if (a && b {\n  go();\n}\n", "if (a && b) {\n  go();\n}\n"),
            ("a.js", "function f() {\n  if (a) {\n    go();\n}\n", "function f() {\n  if (a) {\n    go();\n  }\n}\n"),
            ("a.rs", "fn f() -> u32 {\n    let x = g(1;\n    x\n}\n", "fn f() -> u32 {\n    let x = g(1);\n    x\n}\n"),
            (
                "a.go",
                "package a\n\nfunc f() int {\n\treturn g(1\n}\n",
                "package a\n\nfunc f() int {\n\treturn g(1)\n}\n",
            ),
        ];
        for (path, broken, whole) in table {
            assert_eq!(mended(path, broken).as_deref(), Some(whole), "{broken}");
            // In the middle of a long file it is the same.
            let lines = |of: &str| match path {
                "a.py" => format!("def {of}(x):\n    return [x]\n\n").repeat(40),
                "a.go" => format!("func {of}() int {{\n\treturn 1\n}}\n\n").repeat(40),
                "a.rs" => format!("fn {of}() -> u32 {{\n    1\n}}\n\n").repeat(40),
                _ => format!("function {of}() {{\n  return 1;\n}}\n\n").repeat(40),
            };
            let [broken, whole] = [broken, whole].map(|text| {
                let (head, text) = text.split_once("\n\n").filter(|_| path == "a.go").unwrap_or(("", text));
                format!("{head}\n\n{}{text}\n{}", lines("one"), lines("two"))
            });
            assert_eq!(mended(path, &broken).as_deref(), Some(whole.as_str()), "{broken}");
        }
    }

    #[test]
    fn signs_that_are_missing_in_different_places_are_put_in_each_for_itself() {
        let table = [
            (
                "a.py",
                "def f(a)\n    return a\n\n\ndef g(b)\n    return b\n",
                "def f(a):\n    return a\n\n\ndef g(b):\n    return b\n",
            ),
            (
                "a.py",
                "def f(a):\n    if a\n        return 1\n    if a\n        return 2\n\n\nclass C\n    x = max(1, 2\n\n    y = 1\n",
                "def f(a):\n    if a:\n        return 1\n    if a:\n        return 2\n\n\nclass C:\n    x = max(1, 2)\n\n    y = 1\n",
            ),
            (
                "a.py",
                "def f(a):\n    return int(a\n\n\ndef g(b)\n    return g(\n\n\nclass C\n    x = 1\n",
                "def f(a):\n    return int(a)\n\n\ndef g(b):\n    return g()\n\n\nclass C:\n    x = 1\n",
            ),
            (
                "a.rs",
                "fn f() -> u32 {\n    let x = 1\n    x\n}\n\nfn g() -> u32 {\n    let y = [1, 2;\n    y[0]\n}\n",
                "fn f() -> u32 {\n    let x = 1;\n    x\n}\n\nfn g() -> u32 {\n    let y = [1, 2];\n    y[0]\n}\n",
            ),
            (
                "a.js",
                "function f(a {\n  return a;\n}\n\nfunction g(b {\n  return b;\n}\n",
                "function f(a) {\n  return a;\n}\n\nfunction g(b) {\n  return b;\n}\n",
            ),
            (
                "a.go",
                "package a\n\nfunc f() int {\n\treturn g(1\n}\n\nfunc h() int {\n\treturn f2(\n\t\t2,\n}\n",
                "package a\n\nfunc f() int {\n\treturn g(1)\n}\n\nfunc h() int {\n\treturn f2(\n\t\t2,\n\t)\n}\n",
            ),
        ];
        for (path, broken, whole) in table {
            assert_eq!(mended(path, broken).as_deref(), Some(whole), "{broken}");
        }
        let file = FileChange { path: "a.py".into(), before: None, after: Some(table[0].1.into()) };
        let finding = Finding { path: "a.py".into(), ..Finding::default() };
        let fixes = fixes(&ChangeSet { files: vec![file] }, &[finding]);
        assert_eq!(fixes[0].title, "insert the missing `:` in line 1, the missing `:` in line 5");
    }

    #[test]
    fn where_one_error_can_be_mended_in_two_ways_only_the_others_are() {
        let (doubt, sure) = ("f(a,\n  b,\n  c\n", "function g(b {\n  return b;\n}\n");
        for text in [format!("{sure}\n{doubt}"), format!("{sure}\n{sure}\n{doubt}")] {
            let closed = text.replace("(b {", "(b) {");
            assert_eq!(mended("a.js", &text), Some(closed), "{text}");
        }
    }

    /// The grammar takes a literal that is closed on a line of its own without a comma before; Go does not.
    const GO: &str = "package a\n\nfunc f() []int {\n\treturn []int{1, 2\n}\n";

    #[test]
    fn what_could_be_mended_in_two_ways_or_none_is_left_alone() {
        for (path, text) in [
            ("a.py", "x = (1, 2,\n"),
            ("a.py", "def def def\n"),
            ("a.js", "let x = \"abc;\n"),
            ("a.go", GO),
            ("a.txt", "("),
        ] {
            assert_eq!(mended(path, text), None, "{text}");
        }
    }

    #[test]
    fn a_text_that_parses_is_never_changed() {
        for (path, text) in [("a.py", "def f(a):\n    return a\n"), ("a.rs", "fn f() {}\n"), ("a.js", "go();\n")] {
            assert_eq!(mended(path, text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_text_ends_with_no_more_errors_than_it_had(text in "[a-c(){}:;\"\n =é]{0,40}") {
            let before = syntax::errors(Language::Python, "a.py", &text).unwrap().len();
            if let Some(after) = mended("a.py", &text) {
                prop_assert!(syntax::errors(Language::Python, "a.py", &after).unwrap().len() < before);
            }
        }
    }
}
