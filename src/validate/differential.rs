//! What is new: a finding that the base has, too, is not held against a change. Pure.
//!
//! Findings are compared as a multiset of path, rule, message and the text of their line, so that a line that moved takes
//! its findings along. A test is its name: it may fail in other words each time.

use crate::domain::finding::{Finding, Strategy};
use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What makes two findings the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    path: String,
    rule: Option<String>,
    message: String,
    line: String,
}

/// The key of a finding; `line` is the text of its line.
pub fn key(strategy: Strategy, finding: &Finding, line: &str) -> Key {
    static NUMBERS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(line|:)( ?)\d+").ok());
    let rule = finding.rule.clone();
    if strategy == Strategy::Test && rule.is_some() {
        return Key { path: String::new(), rule, message: String::new(), line: String::new() };
    }
    // "redefinition of x from line 3": the line may move.
    let message = NUMBERS
        .as_ref()
        .map_or_else(|| finding.message.clone(), |numbers| numbers.replace_all(&finding.message, "$1$2#").into_owned());
    Key { path: finding.path.clone(), rule, message, line: line.trim().to_owned() }
}

/// The findings that `base` does not have, and how many it has.
pub fn new(findings: &[(Finding, Key)], base: &[(Finding, Key)]) -> (Vec<Finding>, u32) {
    let mut old: HashMap<&Key, u32> = HashMap::new();
    for (_, key) in base {
        *old.entry(key).or_default() += 1;
    }
    let mut known = 0;
    let mut left = Vec::new();
    for (finding, key) in findings {
        match old.get_mut(key) {
            Some(count) if *count > 0 => {
                *count -= 1;
                known += 1;
            }
            _ => left.push(finding.clone()),
        }
    }
    (left, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(strategy: Strategy, rows: &[(&str, u32, &str, &str, &str)]) -> Vec<(Finding, Key)> {
        let row = |(path, line, rule, message, text): &(&str, u32, &str, &str, &str)| {
            let finding = Finding {
                path: (*path).into(),
                line: *line,
                rule: Some((*rule).into()),
                message: (*message).into(),
                ..Finding::default()
            };
            let key = key(strategy, &finding, text);
            (finding, key)
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn moved_lines_are_old_and_each_old_one_counts_once() {
        let base = found(Strategy::Lint, &[("a.py", 3, "F811", "redefinition of x from line 1", "x = 2")]);
        let proposal = found(
            Strategy::Lint,
            &[
                ("a.py", 9, "F811", "redefinition of x from line 7", "    x = 2"),
                ("a.py", 12, "F811", "redefinition of x from line 7", "x = 2"),
                ("a.py", 13, "F811", "redefinition of x from line 7", "x = 3"),
                ("b.py", 3, "F811", "redefinition of x from line 1", "x = 2"),
                ("a.py", 3, "E999", "redefinition of x from line 1", "x = 2"),
            ],
        );
        let (left, known) = new(&proposal, &base);
        assert_eq!((left.iter().map(|f| f.line).collect::<Vec<_>>(), known), (vec![12, 13, 3, 3], 1));
    }

    #[test]
    fn a_test_that_failed_before_is_old_in_whatever_words_it_fails() {
        let base = found(Strategy::Test, &[("t.py", 3, "test_a", "took 3 s", "assert x")]);
        let proposal = found(Strategy::Test, &[("u.py", 9, "test_a", "took 4 s", ""), ("t.py", 3, "test_b", "x", "")]);
        let (left, known) = new(&proposal, &base);
        assert_eq!((left[0].rule.as_deref(), left.len(), known), (Some("test_b"), 1, 1));
    }
}
