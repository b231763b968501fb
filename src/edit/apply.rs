//! Turns edits into a proposal, against files as they were read.
//!
//! What a file is keeps: its line ends, byte order mark, missing last newline, and the bytes of every line the edit does
//! not mean to change. An edit that does not fit is reported, and then nothing is proposed: half an answer is not offered.

use super::locate::Located;
use super::overlap::overlap;
use super::trouble::{Trouble, trouble};
use super::working::{Note, Now, Working};
use super::{Action, Edit, path};
use crate::domain::change::{ChangeSet, FileChange, FileSnapshot};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Edits that do not fit for which near places are looked for; a whole answer for another text is not searched line by line.
const MAX_HINTED: usize = 10;
/// Near places of an edit that are shown, and lines of each.
const SHOWN: (usize, usize) = (3, 6);

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
    /// Lines that come near or fit equally: 1-based first and last, of the text that [`near`](Self::near) is of.
    pub candidates: Vec<(u32, u32)>,
    /// The first of them, with their numbers: of the file as the edits before this one leave it, or as it was read, as the
    /// message says.
    pub near: Vec<(u32, String)>,
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
    let mut problems: Vec<EditProblem> = Vec::new();
    let mut located = Vec::new();
    let mut spelt: HashMap<String, String> = HashMap::new();
    for (at, edit) in edits.iter().enumerate() {
        let path = match path::normalise(&edit.path) {
            Ok(path) => path,
            Err(failure) => {
                let (kind, message) = match &edit.action {
                    Action::Malformed { reason } => (ProblemKind::Malformed, reason.clone()),
                    _ => (ProblemKind::Denied, failure.message),
                };
                let path = edit.path.clone();
                problems.push(EditProblem { path, block: 1, kind, message, candidates: Vec::new(), near: Vec::new() });
                continue;
            }
        };
        let other = spelt.entry(path.to_lowercase()).or_insert_with(|| path.clone()).clone();
        let mut file = files.remove(&path).unwrap_or_else(|| Working::new(base.get(path.as_str()).copied()));
        file.blocks += 1;
        let block = file.blocks;
        let hinted = problems.len() < MAX_HINTED;
        let gone = files.get(&other).is_some_and(|f| matches!(f.now, Now::Nothing));
        let done = if other == path || gone || file.before.is_some() {
            match &edit.action {
                Action::Move { to } => moved(&mut file, to, &mut files, &base, &mut spelt),
                action => file.edit(action, hinted),
            }
        } else {
            trouble(ProblemKind::Denied, format!("`{other}` and `{path}` differ only by case; use one of them"))
        };
        let was_changed = file.is_changed;
        file.is_changed |= done.is_ok();
        match done {
            Ok(None) => {}
            Ok(Some((how, score, lines))) => located.push(Located { path: path.clone(), block, how, score, lines }),
            Err(trouble) => {
                let is_lost = trouble.kind == ProblemKind::NotFound && block > 1 && hinted;
                let before =
                    || edits[..at].iter().filter(|e| path::normalise(&e.path).is_ok_and(|other| other == path));
                let overlap = is_lost.then(|| {
                    let earlier: Vec<&Action> = before().map(|e| &e.action).collect();
                    overlap(&earlier, base.get(path.as_str()).copied(), &edit.action)
                });
                let overlap = overlap.flatten();
                let near = match &overlap {
                    Some(overlap) => near(overlap, |at| file.before.and_then(|text| text.lines().nth(at))),
                    None => near(&trouble, |at| file.line(at)),
                };
                let is_counted_anew = overlap.is_none() && was_changed && !near.is_empty();
                let Trouble { kind, message, candidates } = overlap.unwrap_or(trouble);
                let counted =
                    if is_counted_anew { " Lines are counted as the edits before it leave the file." } else { "" };
                let message = format!("{path}, edit {block}: {message}{counted}");
                problems.push(EditProblem { path: path.clone(), block, kind, message, candidates, near });
            }
        }
        files.insert(path, file);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let change = |(path, file): (String, Working)| FileChange {
        path,
        before: file.before.map(str::to_owned),
        after: file.now.text().map(Cow::into_owned),
    };
    Ok(Applied {
        changes: ChangeSet { files: files.into_iter().map(change).filter(|c| !c.is_noop()).collect() },
        located,
    })
}

/// The lines of a problem's places, as `line` (counted from 0) has them.
fn near<'t>(trouble: &Trouble, line: impl Fn(usize) -> Option<&'t str>) -> Vec<(u32, String)> {
    let (places, lines) = SHOWN;
    let numbers = trouble.candidates.iter().take(places).flat_map(|(first, last)| (*first..=*last).take(lines));
    numbers.filter_map(|at| Some((at, line(at as usize - 1)?.to_owned()))).collect()
}

/// Gives a file another name that nothing has.
fn moved<'a>(
    file: &mut Working<'a>,
    to: &str,
    files: &mut BTreeMap<String, Working<'a>>,
    base: &HashMap<&str, &'a FileSnapshot>,
    spelt: &mut HashMap<String, String>,
) -> Result<Option<Note>, Trouble> {
    let to = path::normalise(to).or_else(|failure| trouble(ProblemKind::Denied, failure.message))?;
    if let Some((kind, message)) = &file.barred {
        return trouble(*kind, message.clone());
    }
    let target = files.entry(to.clone()).or_insert_with(|| Working::new(base.get(to.as_str()).copied()));
    match (&file.now, &target.now, &target.barred) {
        (Now::Nothing, ..) => return trouble(ProblemKind::Absent, "the file does not exist, so it cannot be moved"),
        (_, _, Some((kind, message))) => return trouble(*kind, format!("it cannot be moved to `{to}`: {message}")),
        (_, Now::Nothing, None) => {}
        _ => return trouble(ProblemKind::Denied, format!("it cannot be moved to `{to}`, which exists")),
    }
    spelt.insert(to.to_lowercase(), to);
    target.now = std::mem::replace(&mut file.now, Now::Nothing);
    Ok(None)
}
