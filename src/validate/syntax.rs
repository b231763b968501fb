//! The first strategy: does every changed file still parse, and is none left in the midst of a merge?
//!
//! Differential: what the base already had is not held against the proposal. The grammars themselves are not here; in a file
//! without one the markers of a conflict are all that is looked for.

use crate::domain::change::{ChangeSet, FileChange};
use crate::domain::finding::{CheckResult, Finding, Severity, Strategy};
use crate::domain::language::Language;
use crate::syntax;
use std::collections::HashMap;
use std::time::Instant;

/// A syntax error: 1-based line and column (in characters), and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// One sentence.
    pub message: String,
}

/// Parses a text of a language and path; `None` if there is no grammar for it.
pub type SyntaxCheck<'a> = &'a (dyn Fn(Language, &str, &str) -> Option<Vec<Fault>> + Sync);

/// The result over all changed files of a proposal, or over files as they stand, which have nothing before; `None` if no file has
/// a grammar, and none a new conflict.
pub fn check(changes: &ChangeSet, syntax: SyntaxCheck<'_>) -> Option<CheckResult> {
    let start = Instant::now();
    let mut parsed = false;
    let mut findings = Vec::new();
    for change in changes.files.iter().filter(|c| !c.is_noop()) {
        if let Some(new) = new_faults(change, syntax).or_else(|| new_conflicts(change)) {
            parsed = true;
            let severity = severity(&change.path);
            findings.extend(new.into_iter().map(|fault| finding(&change.path, fault, severity)));
        }
    }
    parsed.then(|| CheckResult {
        strategy: Strategy::Syntax,
        command: "tree-sitter".to_owned(),
        passed: findings.iter().all(|f| f.severity != Severity::Error),
        millis: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        findings,
        not_run: None,
        known: 0,
    })
}

/// The faults of the proposal that the base did not have: compared by message and the text of their line.
fn new_faults(change: &FileChange, syntax: SyntaxCheck<'_>) -> Option<Vec<Fault>> {
    let language = Language::from_path(&change.path)?;
    let after = change.after.as_deref()?;
    let mut faults = syntax(language, &change.path, after)?;
    let Some(before) = change.before.as_deref().filter(|_| !faults.is_empty()) else { return Some(faults) };
    let mut old: HashMap<(String, String), usize> = HashMap::new();
    for fault in syntax(language, &change.path, before).unwrap_or_default() {
        *old.entry(key(&fault, before)).or_default() += 1;
    }
    faults.retain(|fault| match old.get_mut(&key(fault, after)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    Some(faults)
}

/// The conflicts of a text without a grammar, if it had none before.
fn new_conflicts(change: &FileChange) -> Option<Vec<Fault>> {
    let conflicts = |text: &str| syntax::conflicts(&change.path, text);
    let found = conflicts(change.after.as_deref()?);
    let had_none = change.before.as_deref().is_none_or(|before| conflicts(before).is_empty());
    let message = "a conflict of a merge that nobody resolved begins here";
    let fault = |line: &u32| Fault { line: *line, column: 1, message: message.to_owned() };
    (!found.is_empty() && had_none).then(|| found.iter().map(fault).collect())
}

fn key(fault: &Fault, text: &str) -> (String, String) {
    let line = text.lines().nth(fault.line.saturating_sub(1) as usize).unwrap_or("");
    (fault.message.clone(), line.trim().to_owned())
}

/// A grammar sees C and C++ before the preprocessor does: a macro may make valid code look broken, so its word is a
/// warning there.
fn severity(path: &str) -> Severity {
    match Language::from_path(path) {
        Some(Language::C | Language::Cpp) => Severity::Warning,
        _ => Severity::Error,
    }
}

fn finding(path: &str, fault: Fault, severity: Severity) -> Finding {
    Finding {
        tool: "syntax".to_owned(),
        path: path.to_owned(),
        line: fault.line,
        column: fault.column,
        rule: None,
        message: fault.message,
        severity,
        ..Finding::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line that holds `!` is a fault.
    fn bangs(language: Language, _: &str, text: &str) -> Option<Vec<Fault>> {
        let lines = text.lines().enumerate().filter(|(_, l)| l.contains('!'));
        let fault = |(i, _)| Fault { line: i as u32 + 1, column: 1, message: "a bang".to_owned() };
        (language == Language::Python).then(|| lines.map(fault).collect())
    }

    fn lines(before: Option<&str>, after: Option<&str>, path: &str) -> Option<Vec<u32>> {
        let own = |t: Option<&str>| t.map(str::to_owned);
        let change = FileChange { path: path.to_owned(), before: own(before), after: own(after) };
        let result = check(&ChangeSet { files: vec![change] }, &bangs)?;
        assert_eq!(result.passed, result.findings.is_empty());
        Some(result.findings.iter().map(|f| f.line).collect())
    }

    #[test]
    fn a_grammars_word_fails_a_validation_except_before_a_preprocessor() {
        let broken = |_: Language, _: &str, _: &str| Some(vec![Fault { line: 1, column: 1, message: "x".to_owned() }]);
        let passed = |path: &str| {
            let change = FileChange { path: path.to_owned(), before: None, after: Some("x".to_owned()) };
            check(&ChangeSet { files: vec![change] }, &broken).unwrap().passed
        };
        assert!(!passed("a.rs"));
        assert!(passed("a.c") && passed("a.hpp"));
    }

    #[test]
    fn only_faults_the_base_did_not_have_count() {
        assert_eq!(lines(None, Some("a\n!\n"), "a.py"), Some(vec![2]));
        assert_eq!(lines(Some("x\n! old\n"), Some("x\nnew line\n! old\n"), "a.py"), Some(vec![]));
        assert_eq!(lines(Some("! old\n"), Some("! old\n! new\n"), "a.py"), Some(vec![2]));
        assert_eq!(lines(Some("!\n"), Some("!\n!\n"), "a.py"), Some(vec![2]));
    }

    #[test]
    fn markers_of_a_conflict_are_a_fault_where_there_were_none_whatever_the_file_is() {
        let conflict = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> theirs\nd\n";
        assert_eq!(lines(Some("a\nb\nd\n"), Some(conflict), "NOTES.md"), Some(vec![2]));
        assert_eq!(lines(None, Some(conflict), "notes"), Some(vec![2]));
        assert_eq!(lines(Some(conflict), Some(&conflict.replace('a', "e")), "NOTES.md"), None, "it was there before");
        let shown = [
            "A\n<<<<<<< HEAD\nis how it begins\n",
            "    <<<<<<< a\n    =======\n    >>>>>>> b\n",
            "It looks so:\n```\n<<<<<<< a\n=======\n>>>>>>> b\n```\n",
        ];
        let others = ["Title\n=======\n", "<<<<<<< a\n>>>>>>> b\n=======\n", "=======\n<<<<<<< a\n>>>>>>> b\n"];
        for text in shown.into_iter().chain(others) {
            assert_eq!(lines(Some(""), Some(text), "NOTES.md"), None, "{text}");
        }
    }

    #[test]
    fn files_without_a_grammar_and_deleted_files_are_not_checked() {
        assert_eq!(lines(None, Some("!"), "a.sql"), None);
        assert_eq!(lines(None, Some("!"), "notes"), None);
        assert_eq!(lines(Some("!"), None, "a.py"), None);
    }
}
