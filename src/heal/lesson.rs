//! What one healing teaches for the next: a replacement of a few lines, with what it does not depend on made a mark.
//!
//! Pure. Remembers no code as such: names and numbers that the replacement only carries through become `‹1›`, `‹2›`, and a
//! lesson is used again only where its lines fit in exactly one place near the finding.

use super::class::class;
use crate::domain::change::ChangeSet;
use crate::domain::finding::{Applicability, Finding, Fix, TextEdit};
use crate::domain::rung::Lesson;
use crate::edit;
use regex::Regex;
use std::sync::LazyLock;

/// Longest replacement that is a lesson, in lines of either side.
const MOST_LINES: usize = 6;
/// Longest line of a lesson, in bytes.
const LONGEST: usize = 300;
/// How far from the finding's line the lines of a lesson may stand.
const NEAR: usize = 3;

/// Words, numbers and everything else, one by one.
static TOKENS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\p{L}_][\p{L}\p{N}_]*|\p{N}+|\s+|[^\p{L}\p{N}_\s]").ok());

/// Words of the languages themselves, which are never what a replacement only carries through.
const KEYWORDS: &str = " and any as assert async await bool break case catch class const continue def default defer del do \
    dyn elif else enum except export extends false False final finally fn for from func function global go if impl import in \
    int interface is lambda let match mod mut new nil None not null or package pass private protected pub public raise range \
    ref return self Self static str string struct super switch this throw true True try type typeof undefined union unsafe \
    use var void where while with yield ";

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    TOKENS.iter().flat_map(|r| r.find_iter(text)).map(|m| m.as_str())
}

/// Whether a token can become a mark: a name that is no keyword, or a number.
fn is_name(token: &str) -> bool {
    let first = token.chars().next().unwrap_or(' ');
    (first.is_alphanumeric() || first == '_') && !KEYWORDS.contains(&format!(" {token} "))
}

/// What stands in quotes or backticks in a message, and its numbers: that is what differs between like findings.
fn named(message: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut quote: Option<&str> = None;
    for token in tokens(message) {
        match quote {
            Some(open) if token == open => quote = None,
            Some(_) if is_name(token) => found.push(token),
            Some(_) => {}
            None if matches!(token, "`" | "'" | "\"") => quote = Some(token),
            None if token.starts_with(char::is_numeric) => found.push(token),
            None => {}
        }
    }
    found
}

/// The first line of a message: what follows is the tool's own picture of the code.
fn head(message: &str) -> &str {
    message.trim().lines().next().unwrap_or("")
}

/// What findings of the same kind have in common: tool, rule, class, and the message without names and numbers.
pub fn key(finding: &Finding) -> String {
    let message = head(&finding.message);
    let names = named(message);
    let plain: String = tokens(message).map(|t| if names.contains(&t) { "‹›" } else { t }).collect();
    let rule = finding.rule.as_deref().unwrap_or("");
    format!("{}\u{1f}{rule}\u{1f}{}\u{1f}{plain}", finding.tool, class(finding).word())
}

/// Names in the order in which they were met, each with its mark.
#[derive(Default)]
struct Marks(Vec<String>);

impl Marks {
    fn mark(&mut self, name: &str) -> String {
        let at = self.0.iter().position(|n| n == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        format!("‹{}›", at + 1)
    }
}

/// The lessons of a healing: for each of `findings` that it turned away, what was done near its line between `before` and
/// `after`.
pub fn learn(findings: &[Finding], before: &ChangeSet, after: &ChangeSet) -> Vec<Lesson> {
    let mut found = Vec::new();
    for finding in findings.iter().filter(|f| f.line > 0) {
        let text = |changes: &ChangeSet| changes.file(&finding.path).and_then(|f| f.after.clone());
        let Some((old, new)) = text(before).zip(text(after)) else { continue };
        let lesson = replacement(&old, &new, finding.line as usize).and_then(|(b, a)| generalised(finding, &b, &a));
        found.extend(lesson.filter(|l| !found.contains(l)));
    }
    found
}

/// The lines that were replaced nearest to `line`, and those in their place. An insertion takes the line before it along.
fn replacement(old: &str, new: &str, line: usize) -> Option<(Vec<String>, Vec<String>)> {
    let change =
        crate::domain::change::FileChange { path: "a".into(), before: Some(old.into()), after: Some(new.into()) };
    let diff = edit::diff(&ChangeSet { files: vec![change] });
    let mut groups: Vec<(usize, Vec<String>, Vec<String>)> = Vec::new();
    for hunk in diff.iter().flat_map(|f| &f.hunks) {
        use crate::domain::hunk::LineKind::*;
        let (mut last, mut open) = (None::<(usize, String)>, false);
        for l in &hunk.lines {
            let text = l.text.trim_end_matches(['\n', '\r']).to_owned();
            let at = l.old_line.map_or(0, |n| n as usize);
            if l.kind == Context {
                (last, open) = (Some((at, text)), false);
                continue;
            }
            if !open {
                let start = if l.kind == Removed { at } else { last.as_ref().map_or(1, |(n, _)| *n) };
                groups.push((start, Vec::new(), Vec::new()));
                open = true;
                if let (Added, Some((_, line))) = (l.kind, &last) {
                    let group = groups.last_mut()?;
                    group.1.push(line.clone());
                    group.2.push(line.clone());
                }
            }
            let group = groups.last_mut()?;
            if l.kind == Removed { group.1.push(text) } else { group.2.push(text) }
        }
    }
    let distance = |(start, before, _): &(usize, Vec<String>, Vec<String>)| {
        let end = start + before.len().max(1) - 1;
        if line < *start { start - line } else { line.saturating_sub(end) }
    };
    let (_, before, after) = groups.into_iter().filter(|g| distance(g) <= NEAR).min_by_key(distance)?;
    let fits = |lines: &[String]| lines.len() <= MOST_LINES && lines.iter().all(|l| l.len() <= LONGEST);
    let says = before.iter().any(|l| !l.trim().is_empty());
    (says && fits(&before) && fits(&after)).then_some((before, after))
}

fn generalised(finding: &Finding, before: &[String], after: &[String]) -> Option<Lesson> {
    let indent: String =
        before.iter().find(|l| !l.trim().is_empty())?.chars().take_while(|c| c.is_whitespace()).collect();
    let flush = |lines: &[String]| -> Option<Vec<String>> {
        lines
            .iter()
            .map(|l| if l.trim().is_empty() { Some(String::new()) } else { l.strip_prefix(&indent).map(str::to_owned) })
            .collect()
    };
    let (before, after) = (flush(before)?, flush(after)?);
    let message = head(&finding.message);
    let of = |lines: &[String]| -> Vec<String> {
        lines.iter().flat_map(|l| tokens(l)).filter(|t| is_name(t)).map(str::to_owned).collect()
    };
    let (old, new, said) = (of(&before), of(&after), named(message));
    // What comes from nowhere ties the lesson to the names that it takes the place of.
    let is_bound = new.iter().any(|n| !old.contains(n) && !said.contains(&n.as_str()));
    let carried = |name: &str| {
        is_name(name)
            && (!is_bound || new.iter().any(|n| n == name))
            && (old.iter().any(|n| n == name) || said.contains(&name))
    };
    let mut marks = Marks::default();
    let mut generalise = |text: &str, only: Option<&[&str]>| -> String {
        tokens(text)
            .map(|t| if carried(t) && only.is_none_or(|o| o.contains(&t)) { marks.mark(t) } else { t.to_owned() })
            .collect()
    };
    let message = generalise(message, Some(&said));
    let before: Vec<String> = before.iter().map(|l| generalise(l, None)).collect();
    let after = after.iter().map(|l| generalise(l, None)).collect();
    Some(Lesson { key: key(finding), message, before, after })
}

/// The lines about a finding, read once for all lessons.
pub struct Place<'t> {
    finding: &'t Finding,
    text: &'t str,
    key: String,
    message: Vec<&'t str>,
    /// Lines from the first that a lesson may be about, each with its byte.
    lines: Vec<(usize, &'t str)>,
    /// How many of them lie before those near to the finding.
    before: usize,
}

impl<'t> Place<'t> {
    /// Of a finding in the text of its file; `None` where it names no line.
    pub fn of(finding: &'t Finding, text: &'t str) -> Option<Place<'t>> {
        let count = text.split_inclusive('\n').count();
        let line = (finding.line.checked_sub(1)? as usize).min(count.max(1) - 1);
        let first = line.saturating_sub(NEAR + MOST_LINES - 1);
        let mut at = 0;
        let placed = text.split_inclusive('\n').map(|line| {
            at += line.len();
            (at - line.len(), line)
        });
        let lines = placed.skip(first).take(line + NEAR + MOST_LINES - first).collect();
        let message = tokens(head(&finding.message)).collect();
        Some(Place { finding, text, key: key(finding), message, lines, before: line - first })
    }
}

/// A lesson, read once for all findings.
pub struct Pattern<'l> {
    lesson: &'l Lesson,
    message: Vec<&'l str>,
    before: Vec<Vec<&'l str>>,
}

/// What each mark stands for.
type Names<'p> = Vec<(&'p str, &'p str)>;

impl<'l> Pattern<'l> {
    /// Of a lesson.
    pub fn of(lesson: &'l Lesson) -> Pattern<'l> {
        let before = lesson.before.iter().map(|line| pieces(line)).collect();
        Pattern { lesson, message: pieces(&lesson.message), before }
    }

    /// What the lesson makes of a finding, if its lines fit in exactly one place near it.
    pub fn recall(&self, place: &Place<'_>) -> Option<Fix> {
        let Place { text, lines, .. } = place;
        if self.lesson.key != place.key || self.before.is_empty() {
            return None;
        }
        let mut names = Names::new();
        bind(&self.message, place.message.iter().copied(), &mut names)?;
        let length = self.before.len();
        let first = place.before.saturating_sub(NEAR + length - 1);
        let fits = (first..=place.before + NEAR)
            .filter_map(|at| self.fit(lines, at, &names).map(|(indent, names)| (at, indent, names)));
        let fits: Vec<_> = fits.collect();
        let [(at, indent, names)] = fits.as_slice() else { return None };
        let (start, last) = (lines[*at].0, lines[at + length - 1]);
        let end = last.0 + last.1.len();
        let ending = if lines[*at].1.ends_with("\r\n") { "\r\n" } else { "\n" };
        let mut new = String::new();
        for line in &self.lesson.after {
            let filled = fill(line, names)?;
            if !filled.is_empty() {
                new.push_str(indent);
            }
            new.push_str(&filled);
            new.push_str(ending);
        }
        if !text[..end].ends_with('\n') {
            new.truncate(new.trim_end_matches(['\r', '\n']).len());
        }
        let edit = TextEdit { path: place.finding.path.clone(), start, end, text: new };
        (text[start..end] != edit.text).then(|| Fix {
            title: said(&text[start..end], &edit.text),
            applicability: Applicability::MachineApplicable,
            edits: vec![edit],
        })
    }

    /// The indentation and the names with which the lesson's lines stand at the line `at`.
    fn fit<'p>(&'p self, lines: &[(usize, &'p str)], at: usize, names: &Names<'p>) -> Option<(&'p str, Names<'p>)> {
        let own = lines.get(at..at + self.before.len())?;
        let first = own[0].1;
        let indent = &first[..first.len() - first.trim_start_matches([' ', '\t']).len()];
        let mut names = names.clone();
        for (pattern, (_, line)) in self.before.iter().zip(own) {
            let line = line.trim_end_matches(['\n', '\r']);
            let line = if pattern.is_empty() { line.trim() } else { line.strip_prefix(indent)? };
            bind(pattern, tokens(line), &mut names)?;
        }
        Some((indent, names))
    }
}

/// What a lesson does to these lines, by the first that it changes.
fn said(old: &str, new: &str) -> String {
    let lines = |text: &str| text.lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>();
    let (old, new) = (lines(old), lines(new));
    let gone = old.iter().find(|l| !l.is_empty() && !new.contains(l));
    let made = new.iter().find(|l| !l.is_empty() && !old.contains(l));
    match (gone, made) {
        (Some(gone), Some(made)) => format!("as before, `{made}` for `{gone}`"),
        (None, Some(made)) => format!("as before, add `{made}`"),
        (Some(gone), None) => format!("as before, remove `{gone}`"),
        (None, None) => "as before, put the lines in another order".to_owned(),
    }
}

/// Pieces of a pattern: marks and tokens.
fn pieces(pattern: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = pattern;
    while let Some(open) = rest.find('‹') {
        let Some(close) = rest[open..].find('›') else { break };
        let end = open + close + '›'.len_utf8();
        found.extend(tokens(&rest[..open]));
        found.push(&rest[open..end]);
        rest = &rest[end..];
    }
    found.extend(tokens(rest));
    found
}

/// Reads tokens as the pattern, with one name for each mark.
fn bind<'p>(pattern: &[&'p str], mut own: impl Iterator<Item = &'p str>, names: &mut Names<'p>) -> Option<()> {
    for piece in pattern {
        let token = own.next()?;
        if !piece.starts_with('‹') {
            if *piece != token {
                return None;
            }
            continue;
        }
        let known = names.iter().find(|(mark, _)| mark == piece);
        match known {
            Some((_, name)) if *name == token => {}
            None if is_name(token) => names.push((piece, token)),
            _ => return None,
        }
    }
    own.next().is_none().then_some(())
}

fn fill(pattern: &str, names: &Names<'_>) -> Option<String> {
    let named = |mark: &str| names.iter().find(|(known, _)| *known == mark).map(|(_, name)| *name);
    pieces(pattern).into_iter().map(|p| if p.starts_with('‹') { named(p) } else { Some(p) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::FileChange;
    use crate::domain::hunk::{DiffLine, LineKind};
    use proptest::prelude::*;

    fn finding(line: u32, message: &str) -> Finding {
        Finding { tool: "check".into(), path: "a.py".into(), line, message: message.into(), ..Finding::default() }
    }

    fn changes(text: &str) -> ChangeSet {
        ChangeSet { files: vec![FileChange { path: "a.py".into(), before: None, after: Some(text.into()) }] }
    }

    fn lesson(message: &str, line: u32, before: &str, after: &str) -> Lesson {
        let mut lessons = learn(&[finding(line, message)], &changes(before), &changes(after));
        assert_eq!(lessons.len(), 1, "{before}");
        lessons.remove(0)
    }

    fn mended(lesson: &Lesson, message: &str, line: u32, text: &str) -> Option<String> {
        let finding = finding(line, message);
        let fix = Pattern::of(lesson).recall(&Place::of(&finding, text)?)?;
        crate::heal::fix::apply(&changes(text), &[], &[fix])?.changes.files[0].after.clone()
    }

    #[test]
    fn a_replacement_is_used_again_for_other_names() {
        let learned = lesson("'os' imported but unused", 1, "import os\nx = 1\n", "x = 1\n");
        assert_eq!(
            (learned.message.as_str(), learned.before.as_slice()),
            ("'‹1›' imported but unused", &["import ‹1›".to_owned()][..])
        );
        let again = mended(&learned, "'json' imported but unused", 2, "import re\nimport json\nre.x()\n");
        assert_eq!(again.as_deref(), Some("import re\nre.x()\n"));
        assert_eq!(mended(&learned, "'json' imported but unused", 2, "import re\nfrom a import json\n"), None);
    }

    #[test]
    fn what_a_lesson_does_is_said_with_the_lines_it_is_about() {
        let said = |learned: &Lesson, message: &str, line: u32, text: &str| {
            Pattern::of(learned).recall(&Place::of(&finding(line, message), text).unwrap()).unwrap().title
        };
        let gone = lesson("'os' imported but unused", 1, "import os\nx = 1\n", "x = 1\n");
        assert_eq!(said(&gone, "'re' imported but unused", 1, "import re\ny()\n"), "as before, remove `import re`");
        let other = lesson("missing `:`", 1, "def f(a)\n    pass\n", "def f(a):\n    pass\n");
        assert_eq!(said(&other, "missing `:`", 1, "  def g(x)\n"), "as before, `def g(x):` for `def g(x)`");
        let more = lesson("'x' is never read", 1, "x = 1\n", "x = 1\nprint(x)\n");
        assert_eq!(said(&more, "'z' is never read", 1, "z = 5\n"), "as before, add `print(z)`");
    }

    #[test]
    fn indentation_and_line_ends_are_those_of_the_place() {
        let learned = lesson(
            "missing `:`",
            2,
            "class A:\n    def f(a, b)\n        pass\n",
            "class A:\n    def f(a, b):\n        pass\n",
        );
        assert_eq!(learned.before, ["def ‹1›(‹2›, ‹3›)"]);
        assert_eq!(
            mended(&learned, "missing `:`", 1, "def g(x, y)\r\n    pass\r\n").as_deref(),
            Some("def g(x, y):\r\n    pass\r\n")
        );
        assert_eq!(mended(&learned, "missing `:`", 1, "\tdef g(x, y)").as_deref(), Some("\tdef g(x, y):"));
    }

    #[test]
    fn a_name_that_another_takes_the_place_of_belongs_to_the_lesson() {
        let learned = lesson("name 'totl' is not defined", 2, "total = 1\nreturn totl\n", "total = 1\nreturn total\n");
        assert_eq!(
            (learned.message.as_str(), learned.before.as_slice()),
            ("name 'totl' is not defined", &["return totl".to_owned()][..])
        );
        assert_eq!(
            mended(&learned, "name 'totl' is not defined", 1, "return totl\n").as_deref(),
            Some("return total\n")
        );
        assert_eq!(mended(&learned, "name 'other' is not defined", 1, "return other\n"), None);
    }

    #[test]
    fn an_insertion_takes_the_line_before_it_along() {
        let learned = lesson("'x' is never read", 1, "x = 1\n", "x = 1\nprint(x)\n");
        assert_eq!(
            mended(&learned, "'y' is never read", 1, "y = 1\nz = 2\n"),
            Some("y = 1\nprint(y)\nz = 2\n".to_owned())
        );
        assert_eq!(learned.after.len(), 2);
    }

    #[test]
    fn what_fits_in_two_places_is_not_made() {
        let learned = lesson("missing `:`", 1, "def f(a)\n    pass\n", "def f(a):\n    pass\n");
        assert_eq!(mended(&learned, "missing `:`", 1, "def g(x)\ndef h(y)\n"), None);
        assert!(mended(&learned, "another message", 1, "def g(x)\n").is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn where_it_was_learned_a_lesson_makes_the_same_again_and_no_text_makes_it_fail(
            lines in prop::collection::vec("( |\t){0,2}[ab]{0,2}( [a-c1é(=:]{1,3}){0,3}", 1..7),
            at in 0usize..7,
            made in "( ){0,2}[abx]{0,2}( [a-c1x(=:]{1,3}){0,3}",
            message in "(name '[ab]{1,2}' is not|[`'ab1 ‹›]{0,9})",
            line in 0u32..9,
        ) {
            let at = at % lines.len();
            let old: String = lines.iter().map(|l| format!("{l}\n")).collect();
            let new: String = lines.iter().enumerate().map(|(i, l)| format!("{}\n", if i == at { &made } else { l })).collect();
            // Two changes apart, as which one line in the place of another may be compared, are two lessons, each of a part.
            let file = FileChange { path: "a.py".into(), before: Some(old.clone()), after: Some(new.clone()) };
            let diff = edit::diff(&ChangeSet { files: vec![file] });
            let kept = |l: &&DiffLine| l.kind == LineKind::Context;
            let shown: Vec<&DiffLine> = diff.iter().flat_map(|f| &f.hunks).flat_map(|h| &h.lines).collect();
            let changed = shown.split(|l| kept(l)).filter(|run| !run.is_empty()).count();
            prop_assume!(changed < 2);
            for lesson in learn(&[finding(line, &message)], &changes(&old), &changes(&new)) {
                if let Some(again) = mended(&lesson, &message, line, &old) {
                    // An empty line is kept as an empty line.
                    let shown = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
                    prop_assert_eq!(shown(&again), shown(&new));
                }
                let _ = mended(&lesson, &message, line, &new);
            }
        }
    }

    #[test]
    fn what_was_done_far_from_the_finding_teaches_nothing() {
        let old = "a = 1\n\n\n\n\n\n\n\n\n\n\nb = c\n";
        assert_eq!(learn(&[finding(1, "x")], &changes(old), &changes(&old.replace("b = c", "b = d"))), []);
    }
}
