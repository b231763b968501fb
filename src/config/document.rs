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

/// Bytes that looking for the beginning of broken statements may parse again.
const FUEL: usize = 1 << 22;

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
    let lines = Lines::new(source);
    let (sound, failures) = sound_part(source, &lines);
    let document = DeTable::parse(&sound).unwrap_or_else(|_| Spanned::new(0..0, DeTable::new()));
    let mut walk = Walk { lines: &lines, found: Vec::new(), failures };
    walk.table(&mut Vec::new(), document.get_ref());
    walk.found.sort_by_key(|(start, _)| *start);
    (walk.found.into_iter().map(|(_, entry)| entry).collect(), walk.failures)
}

/// The text with every broken statement blanked out, so that what is left parses and stands where it stood. (The parser's own
/// recovery may lose all that follows a mistake.) After too many mistakes the rest is left out.
fn sound_part(source: &Source, lines: &Lines<'_>) -> (String, Vec<Failure>) {
    let (mut text, mut failures) = (source.text.clone(), Vec::new());
    // Bytes that may be parsed again and again, so that a file of mistakes takes no time to speak of.
    let mut fuel = FUEL + MOST_FAILURES * text.len();
    loop {
        // The parser finds broken statements before broken values: what is told, and blanked, is the first in the text, lest the
        // search for where a statement begins takes a mistake of its own above it for a part of it.
        let (_, errors) = DeTable::parse_recoverable(&text);
        let begins = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
        let Some(error) = errors.iter().min_by_key(|error| begins(error)) else { break };
        let at = begins(error).min(text.len());
        let mut line = lines.number(at);
        // The statement may have begun further up: what stands before it parses by itself.
        let mut start = lines.start(line);
        while start > 0 && start < fuel && DeTable::parse(&text[..start]).is_err() {
            fuel -= start;
            line -= 1;
            start = lines.start(line);
        }
        let place = lines.place(at);
        let end = match text[start..].trim_start().starts_with('[') {
            true => lines.section_end(line, &text),
            // Never closed: how far it was meant to go is not known.
            false if at >= text.trim_end().len() => lines.end(line),
            // What was noticed further down began here and went on to there.
            false => lines.end(line).max(lines.start(lines.number(at))),
        };
        let blank = failures.len() + 1 < MOST_FAILURES && text.len() < fuel && !text[start..end].trim().is_empty();
        let lost = if blank { lines.lost(start..end, at, &text) } else { String::new() };
        failures.push(place.failure(format_args!("not valid TOML: {}{lost}", error.message().trim_end())));
        if !blank {
            // First, since the list may be cut.
            failures.insert(0, place.failure("nothing from here on is read; mend the mistakes around it first"));
            text.truncate(start);
            if DeTable::parse(&text).is_err() {
                text.clear();
            }
            break;
        }
        fuel -= text.len();
        let spaces: String = text[start..end].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
        text.replace_range(start..end, &spaces);
    }
    failures.dedup();
    (text, failures)
}

struct Walk<'a> {
    lines: &'a Lines<'a>,
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

    /// Where a line begins.
    fn start(&self, line: u32) -> usize {
        self.starts[line as usize - 1]
    }

    /// Where a line ends, behind its line end.
    fn end(&self, line: u32) -> usize {
        self.starts.get(line as usize).copied().unwrap_or(self.source.text.len())
    }

    /// Where the table ends whose header stands on a line: keys below a broken header belong to no other.
    fn section_end(&self, line: u32, text: &str) -> usize {
        let is_header = |start: &&usize| text[**start..].trim_start_matches([' ', '\t']).starts_with('[');
        self.starts[line as usize..].iter().find(is_header).copied().unwrap_or(text.len())
    }

    /// Says which lines beside that of a mistake are left out with it; nothing when there are none.
    fn lost(&self, range: Range<usize>, at: usize, text: &str) -> String {
        let told = self.number(at);
        let written = |line: &u32| !text[self.start(*line)..self.end(*line)].trim().is_empty() && *line != told;
        let mut others = (self.number(range.start)..=self.number(range.end.max(1) - 1)).filter(written);
        match (others.next(), others.next_back()) {
            (Some(first), Some(last)) => format!("; lines {first} to {last} are not read before it is mended"),
            (Some(only), None) => format!("; line {only} is not read before it is mended"),
            _ => String::new(),
        }
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.number(offset);
        let start = self.start(line);
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
    fn a_syntax_error_costs_its_statement_only() {
        for bad in [
            "x = ",
            "x = [1,",
            "x = [\n1,\n2",
            "= 3",
            "x 3",
            "x 'y'",
            "x = 'open",
            "x = 1 2",
            "x = 99999999999999999999",
            "a = 3",
            "x = {a = 1",
            "x = '''\nopen",
            "\u{1}",
            "x.y = 1 z",
        ] {
            let (entries, failures) = read(&format!("a = 1\n{bad}\nb = 2\n"));
            assert_eq!(entries.len(), 2, "{bad}: {entries:?} {failures:?}");
            assert!(entries[0] == "f.toml:1:1 a = 1" && entries[1].ends_with(":1 b = 2"), "{bad}: {entries:?}");
            assert!((1..=2).contains(&failures.len()), "{bad}: {failures:?}");
        }
    }

    #[test]
    fn keys_below_a_broken_header_belong_to_no_table() {
        for bad in ["[y", "[y]z", "[]", "[x", "[[x]]"] {
            let (entries, failures) = read(&format!("[x]\na = 1\n{bad}\nb = 2\n\nc = 3\n[z]\nd = 4\n"));
            assert_eq!(entries, ["f.toml:2:1 x.a = 1", "f.toml:8:1 z.d = 4"], "{bad}");
            assert_eq!(failures.len(), 1, "{bad}: {failures:?}");
        }
    }

    #[test]
    fn after_twenty_mistakes_the_rest_is_left_out_and_that_is_said() {
        let (entries, failures) = read(&format!("a = 1\n{}b = 2\n", "x\n".repeat(30)));
        assert_eq!(entries, ["f.toml:1:1 a = 1"]);
        assert_eq!((failures.len(), failures[0].contains("nothing from here on is read")), (21, true));
    }

    #[test]
    fn a_broken_header_hides_no_mistake_above_it_and_none_is_said_twice() {
        assert_eq!(
            read("offline = tru\n[screen\n").1,
            [
                "f.toml:1:11: not valid TOML: invalid boolean, expected `true`",
                "f.toml:2:8: not valid TOML: unclosed table, expected `]`"
            ]
        );
        let (entries, failures) = read("theme = \"dark\n[limits]\nrun = \"lots\"\n[screen\nmouse = 1\n");
        assert_eq!(entries, ["f.toml:3:1 limits.run = \"lots\""]);
        let lines: Vec<&str> = failures.iter().map(|f| f.split(": ").next().unwrap()).collect();
        assert_eq!(lines, ["f.toml:1:14", "f.toml:4:8"], "{failures:?}");
    }

    #[test]
    fn what_a_mistake_takes_with_it_is_said() {
        let (_, failures) = read("[limits\nrun = 5\n\nday = 9\n\n[screen]\nmouse = true\n");
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert!(failures[0].ends_with("; lines 2 to 4 are not read before it is mended"), "{failures:?}");
        let (_, failures) = read("[limits\nrun = 5\n");
        assert!(failures[0].ends_with("; line 2 is not read before it is mended"), "{failures:?}");
    }

    #[test]
    fn a_key_given_twice_is_a_failure_with_its_line() {
        let (_, failures) = read("a = 1\na = 2\n");
        assert!(failures[0].starts_with("f.toml:2:1: not valid TOML: duplicate key"), "{failures:?}");
    }
}
