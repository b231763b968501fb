//! One file while its edits are applied, one after the other.

use super::document::{Document, Key, Put};
use super::elision;
use super::line::{BOM, content, lines};
use super::locate::{Match, Miss, Place, Stated, locate, range};
use super::trouble::{Trouble, already_there, ambiguous, applied_before, elided, missed, trouble};
use super::whole::whole;
use super::{Action, ProblemKind};
use crate::domain::change::{FileContent, FileSnapshot};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::borrow::Cow;

/// How a file is created in each form that changes lines.
const BY_SEARCH: &str = "leave SEARCH empty";
const BY_DIFF: &str = "write `--- /dev/null` above its name";
const BY_ENVELOPE: &str = "write `*** Add File:`";

/// How an edit was placed: how, how sure, where.
pub(super) type Note = (Match, f64, (u32, u32));

/// What a file is while its edits are applied.
pub(super) enum Now<'a> {
    Nothing,
    Text(Cow<'a, str>),
    Lines(Box<Document<'a>>),
}

impl Now<'_> {
    /// The text as it is now.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Now::Nothing => None,
            Now::Text(text) => Some(Cow::Borrowed(text)),
            Now::Lines(document) => Some(Cow::Owned(document.text())),
        }
    }
}

/// A file while its edits are applied.
pub(super) struct Working<'a> {
    pub before: Option<&'a str>,
    pub now: Now<'a>,
    /// Why it cannot be edited at all.
    pub barred: Option<(ProblemKind, String)>,
    pub blocks: usize,
    /// Whether an edit was made, so that its lines may be others than before.
    pub is_changed: bool,
    /// The lines that edits with a stated line named, and how many lines each added: those behind have moved since.
    moved: Vec<(u32, i64)>,
}

impl<'a> Working<'a> {
    pub(super) fn new(snapshot: Option<&'a FileSnapshot>) -> Self {
        let (before, barred) = match snapshot.map(|s| &s.content) {
            Some(FileContent::Text { text }) => (Some(text.as_str()), None),
            Some(FileContent::Absent) => (None, None),
            Some(FileContent::Opaque { reason }) => {
                (None, Some((ProblemKind::Opaque, format!("the file cannot be edited as text ({reason})"))))
            }
            None => (None, Some((ProblemKind::Unread, "the file was not read; ask again".to_owned()))),
        };
        let now = before.map_or(Now::Nothing, |text| Now::Text(Cow::Borrowed(text)));
        Working { now, before, barred, blocks: 0, is_changed: false, moved: Vec::new() }
    }

    /// Applies one edit, but for a move.
    pub(super) fn edit(&mut self, action: &Action, hinted: bool) -> Result<Option<Note>, Trouble> {
        if let Action::Malformed { reason } = action {
            return trouble(ProblemKind::Malformed, reason.clone());
        }
        if let Some((kind, message)) = &self.barred {
            return trouble(*kind, message.clone());
        }
        match action {
            Action::Delete if matches!(self.now, Now::Nothing) => {
                trouble(ProblemKind::Absent, "the file does not exist, so it cannot be deleted")
            }
            Action::Delete => {
                self.now = Now::Nothing;
                Ok(None)
            }
            Action::Whole { text, .. } => self.whole(text),
            Action::Replace { search, replace, .. } if search.is_empty() => match self.now.text().as_deref() {
                None | Some("") => self.whole(replace),
                Some(_) => trouble(
                    ProblemKind::NotFound,
                    "SEARCH is empty but the file has text; repeat the lines that should be replaced",
                ),
            },
            Action::Replace { search, replace, line } => {
                let now = line.map(|line| {
                    let before = self.moved.iter().filter(|(stated, _)| *stated < line).map(|(_, by)| by);
                    u32::try_from(i64::from(line) + before.sum::<i64>()).unwrap_or(line)
                });
                self.exists(if line.is_none() { BY_SEARCH } else { BY_DIFF })?;
                let note = self.lines(search, replace, Stated { line: now, ..Stated::default() }, hinted)?;
                let count = |text: &str| text.bytes().filter(|b| *b == b'\n').count() as i64;
                self.moved.extend(line.map(|line| (line, count(replace) - count(search))));
                Ok(Some(note))
            }
            Action::Hunk { search, replace, anchors, at_end } => {
                self.exists(BY_ENVELOPE)?;
                let stated = Stated { line: None, anchors, at_end: *at_end };
                if search.is_empty() { self.put(replace, stated) } else { self.lines(search, replace, stated, hinted) }
                    .map(Some)
            }
            Action::Move { .. } | Action::Malformed { .. } => Ok(None),
        }
    }

    fn whole(&mut self, text: &str) -> Result<Option<Note>, Trouble> {
        let old = self.now.text();
        let old = old.as_deref();
        let bare = old.map_or(Vec::new(), bare);
        let expanded = match elision::remark(text, &bare) {
            Some(line) => match elision::expand(&text.lines().collect::<Vec<_>>(), &bare).filter(|_| old.is_some()) {
                Some(lines) => Cow::Owned(lines.join("\n") + "\n"),
                None => return elided(line),
            },
            None => Cow::Borrowed(text),
        };
        let new = whole(&expanded, old);
        self.now = Now::Text(Cow::Owned(new));
        Ok(None)
    }

    /// The file as lines that edits are placed in.
    pub(super) fn document(&mut self) -> Result<&mut Document<'a>, Trouble> {
        if let Now::Text(text) = &self.now {
            // What is borrowed stays so: the text of a whole file is read once more only if it was written before.
            let document = match text {
                Cow::Borrowed(text) => Document::new(text),
                Cow::Owned(text) => Document::of(text),
            };
            self.now = Now::Lines(Box::new(document));
        }
        match &mut self.now {
            Now::Lines(document) => Ok(document),
            _ => trouble(ProblemKind::Absent, "the file does not exist"),
        }
    }

    /// A line of it as it is now, counted from 0, once edits were placed in it.
    pub(super) fn line(&self, at: usize) -> Option<&str> {
        match &self.now {
            Now::Lines(document) if at < document.len() => Some(content(document.line(at))),
            _ => None,
        }
    }

    /// Refuses to change what is not there. `how` the form of the edit creates a file.
    fn exists(&self, how: &str) -> Result<(), Trouble> {
        match self.now {
            Now::Nothing => {
                let message = format!("the file does not exist; to create it {how}, or correct the path");
                trouble(ProblemKind::Absent, message)
            }
            _ => Ok(()),
        }
    }

    /// Lines become other lines.
    fn lines(&mut self, search: &str, replace: &str, stated: Stated, hinted: bool) -> Result<Note, Trouble> {
        let document = self.document()?;
        let (wanted, new) = (lines(search), lines(replace));
        if elision::suspects(replace) {
            let file = document.contents(0..document.len());
            if let Some(line) = elision::remark(replace, &file) {
                let (search, new) = (bare(search), bare(replace));
                let Some((search, new)) = elision::expand_block(&search, &new, &file) else { return elided(line) };
                let text = |lines: Vec<String>| lines.iter().fold(String::new(), |text, line| text + line + "\n");
                let (search, new) = (text(search), text(new));
                return put_lines(document, &lines(&search), &lines(&new), stated, hinted);
            }
        }
        put_lines(document, &wanted, &new, stated, hinted)
    }

    /// Lines are added behind the last anchor, or at the end.
    fn put(&mut self, replace: &str, stated: Stated) -> Result<Note, Trouble> {
        let document = self.document()?;
        let at = match stated.anchors.last() {
            None if stated.at_end => document.len(),
            None => {
                let message = "a hunk adds lines and names none that stay; repeat some lines around the place";
                return trouble(ProblemKind::NotFound, message);
            }
            Some(anchor) => {
                let place = locate(document, &[anchor], Stated::default()).map_err(|miss| {
                    let nothing =
                        Trouble { kind: ProblemKind::NotFound, message: String::new(), candidates: Vec::new() };
                    let message = format!("the line `{anchor}` behind `@@` does not stand in the file exactly once");
                    Trouble { message, ..if let Miss::Many(places) = miss { ambiguous(places) } else { nothing } }
                })?;
                place.start + 1
            }
        };
        let put = lines(replace).iter().map(|line| Put::New(content(line).to_owned())).collect();
        document.replace(at..at, put);
        Ok((Match::Exact, 1.0, range(at, 0)))
    }
}

/// Whether the file has the very line that stands for a line of the search.
fn is_same(document: &Document, place: &Place, at: usize, line: &str) -> bool {
    let (first, end) = (place.start + place.bounds[at], place.start + place.bounds[at + 1]);
    end == first + 1 && content(document.line(first)).trim_end() == line.trim_end()
}

fn bare(text: &str) -> Vec<&str> {
    lines(text.strip_prefix(BOM).unwrap_or(text)).into_iter().map(content).collect()
}

fn put_lines(
    document: &mut Document,
    wanted: &[&str],
    new: &[&str],
    stated: Stated,
    hinted: bool,
) -> Result<Note, Trouble> {
    let place = locate(document, wanted, stated).map_err(|miss| missed(miss, document, wanted, new, hinted))?;
    let there = match place.how {
        Match::Similar => already_there(document, wanted, new),
        _ => already(document, wanted, new, &place),
    };
    if let Some(lines) = there {
        return Err(applied_before(lines));
    }
    let note = (place.how, place.score, range(place.start, place.length()));
    let put = merge(document, wanted, new, &place).map_err(|why| {
        let message =
            format!("lines {}-{} come near, but {why}; repeat the lines exactly as they are", note.2.0, note.2.1);
        Trouble { kind: ProblemKind::NotFound, message, candidates: vec![note.2] }
    })?;
    document.replace(place.start..place.start + place.length(), put);
    Ok(note)
}

/// Where the new lines stand already around the lines they would be put beside; only if they bring more than brackets.
fn already(document: &Document, wanted: &[&str], new: &[&str], place: &Place) -> Option<(u32, u32)> {
    let says = |line: &&&str| line.chars().filter(|c| c.is_alphanumeric()).count() > 2 && !wanted.contains(*line);
    if new.len() <= wanted.len() || place.how == Match::Similar || new.iter().filter(says).count() == 0 {
        return None;
    }
    let places = document.windows(new, Key::Content);
    let around = |start: &usize| *start <= place.start && place.start + wanted.len() <= start + new.len();
    places.into_iter().find(around).map(|start| range(start, new.len()))
}

/// The lines that take the place's. Those that search and replace have in common stay as the file has them. Fails, with the
/// reason, where that would drop lines of the file that the search does not mention, or where a new line cannot be indented
/// as the file is.
fn merge(document: &Document, search: &[&str], replace: &[&str], place: &Place) -> Result<Vec<Put>, &'static str> {
    let mut merged = Vec::new();
    let bare = |lines: &[&str]| lines.iter().map(|l| content(l).to_owned()).collect::<Vec<_>>();
    let (search, replace) = (bare(search), bare(replace));
    for op in capture_diff_slices(Algorithm::Myers, &search, &replace) {
        let olds = op.old_range();
        let ours = place.start + place.bounds[olds.start]..place.start + place.bounds[olds.end];
        if let DiffOp::Equal { .. } = op {
            merged.extend(ours.map(Put::Kept));
            continue;
        }
        if ours.len() > olds.len() {
            return Err("they hold lines that SEARCH leaves out");
        }
        // What is taken away has to be what the model has seen, and so has what is beside a line that only comes.
        let seen = if olds.is_empty() { olds.start.saturating_sub(1)..(olds.end + 1).min(search.len()) } else { olds };
        if place.how == Match::Similar && !seen.into_iter().all(|line| is_same(document, place, line, &search[line])) {
            return Err("the lines that the edit changes are other ones");
        }
        for line in &replace[op.new_range()] {
            merged.push(Put::New(place.shift.apply(line).ok_or("they are indented less than SEARCH says")?));
        }
    }
    Ok(merged)
}
