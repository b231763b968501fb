//! What a tool said, and the means to turn the places it names into ours: paths relative to the root, columns in characters,
//! pieces as bytes of the text that was checked.
//!
//! Everything here was printed by a program about hostile text: a place that does not exist is none, a piece that does not
//! fit its text makes no fix, nothing panics.

use crate::domain::clip;
use crate::domain::finding::{Applicability, Finding, Fix, Severity, TextEdit};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Most findings that are read of one tool: more are of no use to anybody.
pub const MAX_FINDINGS: usize = 1000;
/// Most bytes of one message.
const MAX_MESSAGE: usize = 2048;

/// What a tool printed, and where it ran.
pub struct Said<'a> {
    /// Its standard output.
    pub output: &'a str,
    /// Its standard error.
    pub errors: &'a str,
    /// Where the copy is, absolute.
    pub root: &'a str,
    /// The directory it ran in, relative to the root; empty for the root.
    pub dir: &'a str,
    /// Files as they were checked, by path relative to the root.
    pub texts: &'a dyn Fn(&str) -> Option<String>,
    read: RefCell<HashMap<String, Option<Rc<Text>>>>,
}

impl<'a> Said<'a> {
    /// Of a tool that ran in `dir` of the copy at `root` and printed nothing.
    pub fn new(root: &'a str, dir: &'a str, texts: &'a dyn Fn(&str) -> Option<String>) -> Said<'a> {
        Said { output: "", errors: "", root, dir, texts, read: RefCell::default() }
    }

    /// The same with what it printed.
    pub fn printing(self, output: &'a str, errors: &'a str) -> Said<'a> {
        Said { output, errors, ..self }
    }

    /// The path relative to the root that a tool means; `None` outside.
    pub fn path(&self, named: &str) -> Option<String> {
        let named = named.strip_prefix("file://").unwrap_or(named);
        let inside = match named.strip_prefix('/') {
            Some(_) => named.strip_prefix(self.root)?.strip_prefix('/')?.to_owned(),
            None if self.dir.is_empty() => named.to_owned(),
            None => format!("{}/{named}", self.dir),
        };
        let mut parts: Vec<&str> = Vec::new();
        for part in inside.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        (!parts.is_empty()).then(|| parts.join("/"))
    }

    /// As [`Said::path`], but not what lies in a folder of dependencies.
    pub fn own_path(&self, named: &str) -> Option<String> {
        const OTHERS: [&str; 6] = ["node_modules", "site-packages", "vendor", ".venv", "venv", ".tox"];
        self.path(named).filter(|path| !path.split('/').any(|part| OTHERS.contains(&part)))
    }

    /// A file as it was checked.
    pub fn text(&self, path: &str) -> Option<Rc<Text>> {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let text = (self.texts)(path).map(|text| Rc::new(Text::new(text)));
        self.read.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }
}

/// A finding of a place; columns as [`Finding`] counts them.
pub fn finding(tool: &str, severity: Severity, path: Option<String>, message: &str) -> Finding {
    Finding {
        tool: tool.to_owned(),
        path: path.unwrap_or_default(),
        message: clip::head(message.trim_end(), MAX_MESSAGE).to_owned(),
        severity,
        ..Finding::default()
    }
}

/// A fix of edits in one text, if there are any and they do not overlap.
pub fn fix(title: &str, applicability: Applicability, mut edits: Vec<TextEdit>) -> Option<Fix> {
    edits.sort_by(|a, b| (&a.path, a.start, a.end).cmp(&(&b.path, b.start, b.end)));
    edits.dedup();
    let apart =
        edits.windows(2).all(|two| two[0].path != two[1].path || two[0].end <= two[1].start && two[0] != two[1]);
    // Which of two insertions at one place comes first would be a guess.
    let tied =
        |two: &[TextEdit]| two[0].path == two[1].path && two[0].start == two[1].start && two[0].end == two[1].end;
    let ties = edits.windows(2).any(tied);
    (apart && !ties && !edits.is_empty()).then(|| Fix {
        title: clip::head(title, MAX_MESSAGE).to_owned(),
        applicability,
        edits,
    })
}

/// How a tool counts columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Characters.
    Char,
    /// UTF-16 code units, as JavaScript counts.
    Utf16,
    /// Bytes.
    Byte,
}

/// A text and where its lines begin.
pub struct Text {
    text: String,
    /// Bytes of a byte order mark, which tools do not count.
    mark: usize,
    lines: Vec<usize>,
}

impl Text {
    /// Of a whole file.
    pub fn new(text: String) -> Text {
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let after = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(after).collect();
        Text { text, mark, lines }
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first byte of a 1-based line; the end of the text for the line behind the last.
    pub fn line_start(&self, line: u32) -> Option<usize> {
        let index = (line as usize).checked_sub(1)?;
        match self.lines.get(index) {
            Some(0) => Some(self.mark),
            Some(start) => Some(*start),
            None => (index == self.lines.len()).then_some(self.text.len()),
        }
    }

    /// The byte of a 1-based line and column.
    pub fn byte(&self, line: u32, column: u32, unit: Unit) -> Option<usize> {
        let start = self.line_start(line)?;
        let rest = self.text.get(start..)?;
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        Some(start + advance(line, column.checked_sub(1)? as usize, unit)?)
    }

    /// The byte of an offset into the whole text in UTF-16 units, a byte order mark not counted.
    pub fn byte_of_utf16(&self, offset: usize) -> Option<usize> {
        Some(self.mark + advance(&self.text[self.mark..], offset, Unit::Utf16)?)
    }

    /// A 1-based line and column (in characters) for a column in another unit.
    pub fn column(&self, line: u32, column: u32, unit: Unit) -> u32 {
        let start = self.line_start(line);
        let chars = start.zip(self.byte(line, column, unit)).and_then(|(start, at)| self.text.get(start..at));
        chars.map_or(column, |before| u32::try_from(before.chars().count() + 1).unwrap_or(column))
    }

    /// Whether bytes are a piece of it.
    pub fn holds(&self, start: usize, end: usize) -> bool {
        start <= end && self.text.get(start..end).is_some()
    }
}

/// Bytes that `count` units of a text take; its end is a place, what is behind it is none.
fn advance(text: &str, count: usize, unit: Unit) -> Option<usize> {
    if unit == Unit::Byte {
        return text.is_char_boundary(count).then_some(count);
    }
    let mut left = count;
    for (at, c) in text.char_indices() {
        if left == 0 {
            return Some(at);
        }
        left = left.checked_sub(if unit == Unit::Utf16 { c.len_utf16() } else { 1 })?;
    }
    (left == 0).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_paths_become_paths_of_the_root_or_nothing() {
        let none = |_: &str| None;
        let said = Said::new("/copy", "part", &none);
        for (named, path) in [
            ("a.py", Some("part/a.py")),
            ("./x/../a.py", Some("part/a.py")),
            ("../b.py", Some("b.py")),
            ("../../b.py", None),
            ("/copy/c.py", Some("c.py")),
            ("file:///copy/c.py", Some("c.py")),
            ("/copyright/c.py", None),
            ("/usr/lib/c.py", None),
            ("..", None),
        ] {
            assert_eq!(said.path(named).as_deref(), path, "{named}");
        }
        assert_eq!(said.own_path("/copy/node_modules/x/i.js"), None);
    }

    #[test]
    fn places_are_bytes_whatever_a_tool_counts() {
        let text = Text::new("\u{feff}aé😀b\r\nx\n".to_owned());
        assert_eq!(text.byte(1, 3, Unit::Char), Some(3 + 3));
        assert_eq!(text.byte(1, 5, Unit::Utf16), Some(3 + 7));
        assert_eq!(text.byte(1, 4, Unit::Utf16), None, "half of a pair");
        assert_eq!(text.byte(1, 3, Unit::Byte), None, "half of a character");
        assert_eq!(text.byte_of_utf16(4), Some(3 + 7));
        assert_eq!(text.byte(3, 1, Unit::Char), Some(text.as_str().len()));
        assert_eq!(
            (text.byte(4, 2, Unit::Char), text.byte(0, 1, Unit::Char), text.byte(2, 9, Unit::Char)),
            (None, None, None)
        );
        assert_eq!(text.column(1, 5, Unit::Utf16), 4);
        assert_eq!(text.column(9, 7, Unit::Utf16), 7);
    }

    #[test]
    fn edits_that_overlap_or_stand_at_one_place_are_no_fix() {
        let edit = |start, end| TextEdit { path: "a".into(), start, end, text: String::new() };
        let made = |edits: &[(usize, usize)]| {
            fix("x", Applicability::MachineApplicable, edits.iter().map(|(s, e)| edit(*s, *e)).collect())
        };
        assert!(made(&[(4, 5), (0, 4)]).is_some_and(|f| f.edits[0].start == 0));
        assert!(made(&[(0, 3), (2, 4)]).is_none() && made(&[]).is_none());
        let two = ["a", "b"].map(|t| TextEdit { text: t.into(), ..edit(1, 1) });
        assert!(fix("x", Applicability::MachineApplicable, two.into()).is_none());
    }
}
