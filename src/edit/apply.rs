//! Turns edits into a proposal, against files as they were read.
//!
//! What a file is keeps: its line ends, byte order mark, missing last newline, and the bytes of every line the edit does
//! not mean to change. An edit that does not fit is reported, and then nothing is proposed: half an answer is not offered.

use super::line::{BOM, content, dominant_ending, ending, lines};
use super::locate::{Located, Match, Miss, Place, locate, range};
use super::{Action, Edit, path};
use crate::domain::change::{ChangeSet, FileChange, FileContent, FileSnapshot};
use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::{BTreeMap, HashMap};

/// Why an edit cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The lines to replace are not in the file.
    NotFound,
    /// They are there more than once.
    Ambiguous,
    /// They are gone and the lines that should take their place are there.
    AlreadyApplied,
    /// The file cannot be edited as text.
    Opaque,
    /// The edit changes or deletes a file that does not exist.
    Absent,
    /// The edit is not readable.
    Malformed,
    /// A whole file with a remark ("rest unchanged") in place of its text.
    Elided,
    /// The path must not be touched.
    Denied,
    /// The file was not among those read.
    Unread,
}

/// An edit that cannot be used, in words that a model can mend it by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditProblem {
    /// The file.
    pub path: String,
    /// Which of the file's edits, from 1.
    pub block: usize,
    /// What is wrong.
    pub kind: ProblemKind,
    /// What is wrong and what to do, in one sentence.
    pub message: String,
    /// Lines that come near or fit equally: 1-based first and last.
    pub candidates: Vec<(u32, u32)>,
}

/// A proposal, and how each of its blocks found its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// The proposal; files that stay the same are not in it.
    pub changes: ChangeSet,
    /// One note for every search/replace block.
    pub located: Vec<Located>,
}

/// The proposal that `edits` make of the files in `base`, which must hold every path of [`paths`](super::paths). All
/// problems are reported, not only the first.
pub fn apply(edits: &[Edit], base: &[FileSnapshot]) -> Result<ChangeSet, Vec<EditProblem>> {
    apply_with_notes(edits, base).map(|applied| applied.changes)
}

/// [`apply`], with a note on how each block was placed.
pub fn apply_with_notes(edits: &[Edit], base: &[FileSnapshot]) -> Result<Applied, Vec<EditProblem>> {
    let base: HashMap<&str, &FileSnapshot> = base.iter().map(|f| (f.path.as_str(), f)).collect();
    let mut files: BTreeMap<String, Working> = BTreeMap::new();
    let mut problems = Vec::new();
    let mut located = Vec::new();
    for edit in edits {
        let path = match path::normalise(&edit.path) {
            Ok(path) => path,
            Err(failure) => {
                let (kind, message) = match &edit.action {
                    Action::Malformed { reason } => (ProblemKind::Malformed, reason.clone()),
                    _ => (ProblemKind::Denied, failure.message),
                };
                let path = edit.path.clone();
                problems.push(EditProblem { path, block: 1, kind, message, candidates: Vec::new() });
                continue;
            }
        };
        let file = files.entry(path.clone()).or_insert_with(|| Working::new(base.get(path.as_str()).copied()));
        file.blocks += 1;
        let block = file.blocks;
        match file.edit(&edit.action) {
            Ok(None) => {}
            Ok(Some((how, score, lines))) => located.push(Located { path, block, how, score, lines }),
            Err(Trouble { kind, message, candidates }) => {
                let message = format!("{path}, edit {block}: {message}");
                problems.push(EditProblem { path, block, kind, message, candidates });
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let changes = files.into_iter().map(|(path, f)| FileChange { path, before: f.before, after: f.now });
    Ok(Applied { changes: ChangeSet { files: changes.filter(|c| !c.is_noop()).collect() }, located })
}

struct Trouble {
    kind: ProblemKind,
    message: String,
    candidates: Vec<(u32, u32)>,
}

fn trouble<T>(kind: ProblemKind, message: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble { kind, message: message.into(), candidates: Vec::new() })
}

type Note = (Match, f64, (u32, u32));

/// A file while its edits are applied.
struct Working {
    before: Option<String>,
    now: Option<String>,
    /// Why it cannot be edited at all.
    barred: Option<(ProblemKind, String)>,
    blocks: usize,
}

impl Working {
    fn new(snapshot: Option<&FileSnapshot>) -> Self {
        let (before, barred) = match snapshot.map(|s| &s.content) {
            Some(FileContent::Text { text }) => (Some(text.clone()), None),
            Some(FileContent::Absent) => (None, None),
            Some(FileContent::Opaque { reason }) => {
                (None, Some((ProblemKind::Opaque, format!("the file cannot be edited as text ({reason})"))))
            }
            None => (None, Some((ProblemKind::Unread, "the file was not read; ask again".to_owned()))),
        };
        Working { now: before.clone(), before, barred, blocks: 0 }
    }

    fn edit(&mut self, action: &Action) -> Result<Option<Note>, Trouble> {
        if let Action::Malformed { reason } = action {
            return trouble(ProblemKind::Malformed, reason.clone());
        }
        if let Some((kind, message)) = &self.barred {
            return trouble(*kind, message.clone());
        }
        match action {
            Action::Delete if self.now.is_none() => {
                trouble(ProblemKind::Absent, "the file does not exist, so it cannot be deleted")
            }
            Action::Delete => {
                self.now = None;
                Ok(None)
            }
            Action::Whole { text, .. } => {
                if let Some(line) = elision(text, self.now.as_deref().unwrap_or("")) {
                    let message = format!("the line `{line}` stands for text that is missing; give the whole file");
                    return trouble(ProblemKind::Elided, message);
                }
                self.now = Some(whole(text, self.now.as_deref()));
                Ok(None)
            }
            Action::Replace { search, replace, .. } if search.is_empty() => match self.now.as_deref() {
                None | Some("") => {
                    self.now = Some(whole(replace, self.now.as_deref()));
                    Ok(None)
                }
                Some(_) => trouble(
                    ProblemKind::NotFound,
                    "SEARCH is empty but the file has text; repeat the lines that should be replaced",
                ),
            },
            Action::Replace { search, replace, line } => {
                let Some(now) = &self.now else {
                    return trouble(
                        ProblemKind::Absent,
                        "the file does not exist; to create it leave SEARCH empty, or correct the path",
                    );
                };
                let (text, note) = replace_lines(now, search, replace, *line)?;
                self.now = Some(text);
                Ok(Some(note))
            }
            Action::Malformed { .. } => Ok(None),
        }
    }
}

/// A whole new text with the habits of the old one: line ends, byte order mark, no last newline.
fn whole(text: &str, old: Option<&str>) -> String {
    let Some(old) = old.filter(|o| !o.is_empty()) else { return text.to_owned() };
    let body = text.strip_prefix(BOM).unwrap_or(text);
    let mut new = String::with_capacity(text.len() + 3);
    if old.starts_with(BOM) {
        new.push(BOM);
    }
    if dominant_ending(old) == "\r\n" {
        new.push_str(&body.replace('\n', "\r\n"));
    } else {
        new.push_str(body);
    }
    if !old.ends_with('\n') {
        new.truncate(content(&new).len());
    }
    keep_mixed_endings(old, new)
}

/// In a file of mixed line ends, lines that stay keep theirs.
fn keep_mixed_endings(old: &str, new: String) -> String {
    let crlf = old.matches("\r\n").count();
    if crlf == 0 || crlf == old.matches('\n').count() {
        return new;
    }
    let (ours, theirs) = (lines(old), lines(&new));
    let bare = |all: &[&str]| all.iter().map(|l| content(l).to_owned()).collect::<Vec<_>>();
    let mut kept = String::with_capacity(new.len());
    for op in capture_diff_slices(Algorithm::Myers, &bare(&ours), &bare(&theirs)) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                for i in 0..len {
                    let line = theirs[new_index + i];
                    let has_end = !ending(line).is_empty() && !ending(ours[old_index + i]).is_empty();
                    kept.push_str(if has_end { ours[old_index + i] } else { line });
                }
            }
            op => kept.extend(theirs[op.new_range()].iter().copied()),
        }
    }
    kept
}

fn replace_lines(now: &str, search: &str, replace: &str, stated: Option<u32>) -> Result<(String, Note), Trouble> {
    let (bom, body) = match now.strip_prefix(BOM) {
        Some(body) => (&now[..BOM.len_utf8()], body),
        None => ("", now),
    };
    let (file, wanted, new) = (lines(body), lines(search), lines(replace));
    let place = locate(&file, &wanted, stated).map_err(|miss| missed(miss, &file, &wanted, &new))?;
    let window = &file[place.start..place.start + place.length()];
    let put = merge(window, &wanted, &new, &place).map_err(|why| {
        let lines = range(place.start, window.len());
        let message =
            format!("lines {}-{} come near, but {why}; repeat the lines exactly as they are", lines.0, lines.1);
        Trouble { kind: ProblemKind::NotFound, message, candidates: vec![lines] }
    })?;
    let at_end = place.start + window.len() == file.len();
    let mut text = String::with_capacity(now.len() + replace.len());
    text.push_str(bom);
    text.extend(file[..place.start].iter().copied());
    text.push_str(&terminated(put, window, body, at_end));
    text.extend(file[place.start + window.len()..].iter().copied());
    let note = (place.how, place.score, range(place.start, window.len()));
    Ok((text, note))
}

/// The lines that take the window's place. Those that search and replace have in common stay as the file has them, line
/// ends included; the others have none yet. Fails, with the reason, where that would drop lines of the file that the
/// search does not mention, or where a new line cannot be indented as the file is.
fn merge(window: &[&str], search: &[&str], replace: &[&str], place: &Place) -> Result<Vec<String>, &'static str> {
    let mut merged = Vec::new();
    let bare = |lines: &[&str]| lines.iter().map(|l| content(l).to_owned()).collect::<Vec<_>>();
    let (search, replace) = (bare(search), bare(replace));
    for op in capture_diff_slices(Algorithm::Myers, &search, &replace) {
        let olds = op.old_range();
        let ours = &window[place.bounds[olds.start]..place.bounds[olds.end]];
        if let DiffOp::Equal { .. } = op {
            merged.extend(ours.iter().map(|l| (*l).to_owned()));
            continue;
        }
        if ours.len() > olds.len() {
            return Err("they hold lines that SEARCH leaves out");
        }
        for line in &replace[op.new_range()] {
            merged.push(place.shift.apply(line).ok_or("they are indented less than SEARCH says")?);
        }
    }
    Ok(merged)
}

/// Gives every line an end: new lines that of the window, the last one none if the file had none.
fn terminated(put: Vec<String>, window: &[&str], body: &str, at_end: bool) -> String {
    let end = window.iter().map(|l| ending(l)).find(|e| !e.is_empty()).unwrap_or_else(|| dominant_ending(body));
    let mut text = String::new();
    for line in &put {
        text.push_str(line);
        if ending(line).is_empty() {
            text.push_str(end);
        }
    }
    if at_end && !body.ends_with('\n') {
        text.truncate(content(&text).len());
    }
    text
}

fn missed(miss: Miss, file: &[&str], wanted: &[&str], new: &[&str]) -> Trouble {
    let named = |places: &[(u32, u32)]| {
        let one = |(a, b): &(u32, u32)| if a == b { format!("{a}") } else { format!("{a}-{b}") };
        places.iter().take(5).map(one).collect::<Vec<_>>().join(", ")
    };
    match miss {
        Miss::Many(places) => {
            let message = format!(
                "the SEARCH lines fit in {} places (lines {}); add lines around them until they fit one only",
                places.len(),
                named(&places)
            );
            Trouble { kind: ProblemKind::Ambiguous, message, candidates: places }
        }
        Miss::None(candidates) => {
            let there =
                new.iter().any(|l| !l.trim().is_empty() && !wanted.contains(l)).then(|| locate(file, new, None));
            if let Some(Ok(place)) = there
                && place.how != Match::Similar
            {
                let lines = range(place.start, place.length());
                let message = format!("already applied: the new lines are there at {}", named(&[lines]));
                return Trouble { kind: ProblemKind::AlreadyApplied, message, candidates: vec![lines] };
            }
            let hint = if candidates.is_empty() {
                "nothing in it comes near.".to_owned()
            } else {
                format!("did you mean lines {}?", named(&candidates))
            };
            let message =
                format!("the SEARCH lines are not in the file; {hint} Repeat whole lines exactly as they are.");
            Trouble { kind: ProblemKind::NotFound, message, candidates }
        }
    }
}

/// A comment that stands for text left out, unless the old text has the very line.
fn elision<'a>(text: &'a str, old: &str) -> Option<&'a str> {
    const LEFT_OUT: &[&str] =
        &["existing", "unchanged", "remaining", "rest of", "same as", "previous code", "as before"];
    text.lines().map(str::trim).find(|line| {
        let comment = ["#", "//", "/*", "<!--", "--", ";", "...", "{/*", "…"].iter().any(|m| line.starts_with(m));
        let dots = line.contains("...") || line.contains('…');
        let lower = line.to_ascii_lowercase();
        comment && dots && LEFT_OUT.iter().any(|w| lower.contains(w)) && !old.lines().any(|l| l.trim() == *line)
    })
}
