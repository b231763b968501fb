//! Reads the `apply_patch` envelope: `*** Begin Patch`, a section for each file, hunks without line numbers.
//!
//! A hunk becomes an edit that is located by its text; the `@@` lines above it and `*** End of File` only decide between
//! places that fit equally. A line that belongs to nothing makes the section unreadable, it is never left out.

use super::{Action, Edit, EditForm};

/// What one file's section does.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Add { text: String },
    Update { hunks: Vec<Hunk>, to: Option<String> },
    Delete,
}

#[derive(Clone, Debug, PartialEq)]
struct Section {
    path: String,
    kind: Kind,
    /// The first line that could not be read.
    stray: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Hunk {
    anchors: Vec<String>,
    search: Vec<String>,
    replace: Vec<String>,
    at_end: bool,
    /// Empty lines seen last: context if more of the hunk follows.
    blank: usize,
}

/// Reads one envelope line by line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EnvelopeReader {
    section: Option<Section>,
    edits: Vec<Edit>,
}

/// Whether more of the envelope is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    Open,
    /// Its last line was read.
    Closed,
}

/// Whether a line begins an envelope, or a section of one that was not begun.
pub(super) fn begins(line: &str) -> bool {
    let line = line.trim_end();
    line == BEGIN || [ADD, UPDATE, DELETE].iter().any(|head| line.starts_with(head))
}

impl EnvelopeReader {
    /// Takes one line.
    pub(super) fn line(&mut self, line: &str) -> Envelope {
        let bare = line.trim_end();
        let section = |path: &str, kind| Section { path: path.trim().to_owned(), kind, stray: None };
        if bare == BEGIN {
            return Envelope::Open;
        }
        if bare == END {
            self.flush(true);
            return Envelope::Closed;
        }
        let next = if let Some(path) = bare.strip_prefix(ADD) {
            section(path, Kind::Add { text: String::new() })
        } else if let Some(path) = bare.strip_prefix(UPDATE) {
            section(path, Kind::Update { hunks: Vec::new(), to: None })
        } else if let Some(path) = bare.strip_prefix(DELETE) {
            section(path, Kind::Delete)
        } else {
            if let Some(section) = &mut self.section {
                section.take(line, bare);
            }
            return Envelope::Open;
        };
        self.flush(true);
        self.section = Some(next);
        Envelope::Open
    }

    /// The file the envelope is at.
    pub(super) fn path(&self) -> Option<&str> {
        self.section.as_ref().map(|section| section.path.as_str())
    }

    /// What it does with that file.
    pub(super) fn form(&self) -> EditForm {
        match self.section.as_ref().map(|section| &section.kind) {
            Some(Kind::Add { .. }) => EditForm::New,
            Some(Kind::Delete) => EditForm::Delete,
            _ => EditForm::Change,
        }
    }

    /// Everything read. `closed` says whether its end was seen: if not, the last section may have been cut off.
    pub(super) fn finish(mut self, closed: bool) -> Vec<Edit> {
        self.flush(closed);
        self.edits
    }

    fn flush(&mut self, closed: bool) {
        let Some(Section { path, kind, stray }) = self.section.take() else { return };
        let mut put = |action| self.edits.push(Edit { path: path.clone(), action });
        let malformed = |reason: &str| Action::Malformed { reason: reason.to_owned() };
        if let Some(line) = stray {
            return put(malformed(&format!(
                "the patch has the line `{line}`, which begins with none of ` `, `+` and `-`"
            )));
        }
        match kind {
            Kind::Add { text } => put(Action::Whole { text, closed }),
            _ if !closed => {
                put(malformed("the patch does not end with `*** End Patch`; the answer may have been cut off"))
            }
            Kind::Delete => put(Action::Delete),
            Kind::Update { hunks, to } => {
                let join = |lines: Vec<String>| lines.into_iter().fold(String::new(), |text, line| text + &line + "\n");
                for Hunk { anchors, search, replace, at_end, .. } in hunks.into_iter().filter(|h| h.search != h.replace)
                {
                    put(Action::Hunk { search: join(search), replace: join(replace), anchors, at_end });
                }
                if let Some(to) = to {
                    put(Action::Move { to });
                }
            }
        }
    }
}

impl Section {
    fn take(&mut self, line: &str, bare: &str) {
        let stray = match &mut self.kind {
            Kind::Add { text } => match line.strip_prefix('+') {
                Some(line) => {
                    text.extend([line, "\n"]);
                    false
                }
                None => !bare.is_empty(),
            },
            Kind::Delete => !bare.is_empty(),
            Kind::Update { hunks, to } => match bare.strip_prefix(MOVE) {
                Some(path) => {
                    *to = Some(path.trim().to_owned());
                    false
                }
                None => !hunk_line(hunks, line, bare),
            },
        };
        if stray && self.stray.is_none() {
            self.stray = Some(bare.to_owned());
        }
    }
}

/// Takes a line of an update's hunks, if it is one.
fn hunk_line(hunks: &mut Vec<Hunk>, line: &str, bare: &str) -> bool {
    if let Some(anchor) = bare.strip_prefix("@@") {
        if hunks.last().is_none_or(|h| !h.search.is_empty() || !h.replace.is_empty()) {
            hunks.push(Hunk::default());
        }
        let anchor = anchor_of(anchor);
        if let Some(hunk) = hunks.last_mut().filter(|_| !anchor.is_empty()) {
            hunk.anchors.push(anchor.to_owned());
        }
        return true;
    }
    if bare == END_OF_FILE {
        hunks.last_mut().into_iter().for_each(|h| h.at_end = true);
        return true;
    }
    if line.is_empty() {
        hunks.last_mut().into_iter().for_each(|h| h.blank += 1);
        return true;
    }
    let (stays, goes, comes) = (line.strip_prefix(' '), line.strip_prefix('-'), line.strip_prefix('+'));
    let Some(text) = stays.or(goes).or(comes) else { return false };
    if hunks.last().is_none_or(|h| h.at_end) {
        hunks.push(Hunk::default());
    }
    let Some(hunk) = hunks.last_mut() else { return false };
    for _ in 0..std::mem::take(&mut hunk.blank) {
        hunk.search.push(String::new());
        hunk.replace.push(String::new());
    }
    if comes.is_none() {
        hunk.search.push(text.to_owned());
    }
    if goes.is_none() {
        hunk.replace.push(text.to_owned());
    }
    true
}

/// The line an `@@` names: all behind it, or what follows a diff's numbers.
pub(super) fn anchor_of(behind: &str) -> &str {
    let behind = behind.trim();
    let numbered = behind.starts_with('-') || behind.starts_with("...") || behind.starts_with('…');
    match behind.split_once("@@") {
        Some((_, anchor)) if numbered => anchor.trim(),
        _ => behind.trim_end_matches("@@").trim(),
    }
}

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const ADD: &str = "*** Add File: ";
const UPDATE: &str = "*** Update File: ";
const DELETE: &str = "*** Delete File: ";
const MOVE: &str = "*** Move to: ";
const END_OF_FILE: &str = "*** End of File";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_what_stands_behind_the_signs() {
        let table = [
            (" class A:", "class A:"),
            ("", ""),
            (" -1,3 +1,4 @@ fn main() {", "fn main() {"),
            (" ... @@", ""),
            (" def f(): @@", "def f():"),
        ];
        for (behind, expected) in table {
            assert_eq!(anchor_of(behind), expected, "{behind}");
        }
    }
}
