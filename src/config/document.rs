//! TOML as a list of entries that know where they stand, so that every complaint names file, line and column.
//!
//! A syntax error costs the lines it stands on, not the file: the other entries are still read. What the keys mean is
//! not known here.

use crate::domain::failure::{Failure, FailureKind};
use serde::Deserialize;
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// A text and the name it is complained about under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the user would write it, or `built-in keymap default`.
    pub name: String,
    /// All of it.
    pub text: String,
}

impl Source {
    /// A source of this name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { name: name.into(), text: text.into() }
    }
}

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// A file, an environment variable or a flag.
    pub name: String,
    /// 1-based line and column (in characters), for a file.
    pub at: Option<(u32, u32)>,
}

impl Place {
    /// A place that has no lines: a variable or a flag.
    pub fn named(name: impl Into<String>) -> Place {
        Place { name: name.into(), at: None }
    }

    /// A failure of configuration at this place.
    pub fn failure(&self, message: impl fmt::Display) -> Failure {
        Failure::fatal(FailureKind::Config, format!("{self}: {message}"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// One value with the keys that lead to it. Tables are opened; an empty one is an entry of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The keys from the top, at least one.
    pub path: Vec<String>,
    /// What is written there.
    pub value: toml::Value,
    /// Where its key stands.
    pub place: Place,
}

/// A path as it would be written in TOML: `limits.run`, `keys.review."ctrl-x"`.
pub fn dotted(path: &[String]) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let keys = path.iter().map(|key| match !key.is_empty() && key.chars().all(bare) {
        true => key.clone(),
        false => format!("\"{}\"", key.escape_debug()),
    });
    keys.collect::<Vec<_>>().join(".")
}

/// Most complaints about one file; the rest is counted.
const MOST_FAILURES: usize = 20;

/// Cuts a list of complaints about `name` to a length that someone reads.
pub fn cap(mut failures: Vec<Failure>, name: &str) -> Vec<Failure> {
    if let Some(rest) = failures.len().checked_sub(MOST_FAILURES).filter(|rest| *rest > 0) {
        failures.truncate(MOST_FAILURES);
        failures.push(Place::named(name).failure(format_args!("{rest} more mistakes; mend those above first")));
    }
    failures
}

/// The entries of `source` in the order they are written, and what was wrong with its syntax.
pub fn entries(source: &Source) -> (Vec<Entry>, Vec<Failure>) {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let lines = Lines::new(source);
    let mut failures = Vec::new();
    let mut opened = vec![0i64; lines.starts.len() + 2];
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        opened[lines.number(span.start) as usize] += 1;
        opened[lines.number(span.end.max(span.start)) as usize + 1] -= 1;
        let place = lines.place(span.start);
        failures.push(place.failure(format_args!("not valid TOML: {}", error.message().trim_end())));
    }
    let mut walk = Walk { lines: &lines, broken: broken(&opened), found: Vec::new(), failures };
    walk.table(&mut Vec::new(), document.get_ref());
    walk.found.sort_by_key(|(start, _)| *start);
    (walk.found.into_iter().map(|(_, entry)| entry).collect(), walk.failures)
}

/// How many broken lines there are before each line, from how many errors begin and end at each.
fn broken(opened: &[i64]) -> Vec<u32> {
    let (mut open, mut count, mut before) = (0, 0, Vec::with_capacity(opened.len() + 1));
    for change in opened {
        before.push(count);
        open += change;
        count += u32::from(open > 0);
    }
    before.push(count);
    before
}

struct Walk<'a> {
    lines: &'a Lines<'a>,
    broken: Vec<u32>,
    found: Vec<(usize, Entry)>,
    failures: Vec<Failure>,
}

impl Walk<'_> {
    fn table(&mut self, path: &mut Vec<String>, table: &DeTable<'_>) {
        for (key, value) in table.iter() {
            path.push(key.get_ref().to_string());
            match value.get_ref() {
                DeValue::Table(inner) if !inner.is_empty() => self.table(path, inner),
                _ => self.leaf(path, key.span(), value),
            }
            path.pop();
        }
    }

    fn leaf(&mut self, path: &[String], key: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let (from, to) = (self.lines.number(key.start), self.lines.number(value.span().end.max(key.start)));
        if self.broken[to as usize + 1] > self.broken[from as usize] {
            return;
        }
        let place = self.lines.place(key.start);
        match toml::Value::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(value) => self.found.push((key.start, Entry { path: path.to_vec(), value, place })),
            Err(error) => self.failures.push(place.failure(format_args!("`{}`: {}", dotted(path), error.message()))),
        }
    }
}

/// Byte offsets to lines and columns.
struct Lines<'a> {
    source: &'a Source,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(source: &'a Source) -> Lines<'a> {
        let starts = std::iter::once(0).chain(source.text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Lines { source, starts }
    }

    fn number(&self, offset: usize) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.number(offset);
        let start = self.starts[line as usize - 1];
        let column = self.source.text.get(start..offset).map_or(1, |before| before.chars().count() + 1);
        Place { name: self.source.name.clone(), at: Some((line, column as u32)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let (entries, failures) = entries(&Source::new("f.toml", text));
        let shown = entries.iter().map(|e| format!("{} {} = {}", e.place, dotted(&e.path), e.value)).collect();
        (shown, failures.into_iter().map(|f| f.message).collect())
    }

    #[test]
    fn entries_come_in_order_and_know_where_they_stand() {
        let (entries, failures) = read("b = 1\n[t]\n\"ä\" = 2\n  a.\"x y\" = [1, 2]\ni = { z = true }\n[empty]\n");
        assert_eq!(failures, [""; 0]);
        assert_eq!(
            entries,
            [
                "f.toml:1:1 b = 1",
                "f.toml:3:1 t.\"ä\" = 2",
                "f.toml:4:5 t.a.\"x y\" = [1, 2]",
                "f.toml:5:7 t.i.z = true",
                "f.toml:6:2 empty = {}",
            ]
        );
    }

    #[test]
    fn a_syntax_error_costs_its_line_only() {
        for bad in ["x = ", "x = [1,", "= 3", "x 3", "x = 'open", "x = 1 2", "x = 99999999999999999999"] {
            let (entries, failures) = read(&format!("a = 1\nb = 2\n{bad}\n"));
            assert_eq!(entries, ["f.toml:1:1 a = 1", "f.toml:2:1 b = 2"], "{bad}");
            assert!(failures.iter().all(|f| f.starts_with("f.toml:3:") || f.starts_with("f.toml:4:")), "{failures:?}");
            assert!(!failures.is_empty(), "{bad}");
        }
    }

    #[test]
    fn entries_after_a_syntax_error_are_still_read() {
        let (entries, failures) = read("x = \na = 1\n");
        assert_eq!((entries.len(), failures.len()), (1, 1), "{entries:?} {failures:?}");
    }

    #[test]
    fn a_key_given_twice_is_a_failure_with_its_line() {
        let (_, failures) = read("a = 1\na = 2\n");
        assert!(failures[0].starts_with("f.toml:2:1: not valid TOML: duplicate key"), "{failures:?}");
    }
}
