//! What was changed, by git's own plumbing: the index against the last commit, or the files on disk against a revision, as a
//! change of texts. Changes nothing, runs no filter and no hook; what is no text is left out and named.

use super::{Root, git, read};
use crate::domain::change::{ChangeSet, FileChange, FileContent};
use crate::domain::failure::{Failure, FailureKind};

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// What is staged, with the last commit.
    Staged,
    /// The files on disk, with the last commit; new files that are not ignored belong to them.
    Unstaged,
    /// The files on disk, with where this revision and the last commit part.
    Since(String),
}

/// A change, and the changed files that have no text, each with why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Sorted by path. What was no text before stands here as if it were new.
    pub changes: ChangeSet,
    /// In the order of the change.
    pub left_out: Vec<LeftOut>,
}

/// A changed file without a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Escaped where it is not UTF-8.
    pub path: String,
    /// A phrase: "binary", "larger than 4 MiB".
    pub why: String,
    /// Whether the file is gone, so that nothing of it is left to be looked at.
    pub is_gone: bool,
}

/// One row of `diff-index --raw`.
struct Row {
    path: Vec<u8>,
    /// The object before; `None` if there was no regular file.
    old: Option<String>,
    /// The object after; the file on disk where git does not know it.
    new: Option<String>,
    is_deleted: bool,
}

/// What was changed.
///
/// # Errors
/// Outside git, without a `git` command, for a revision that is none, and when git fails.
pub fn difference(root: &Root, compared: &Compared) -> Result<Difference, Failure> {
    if !root.is_git() {
        let message = format!("`{}` is no git repository: there is no change to look at.", root.path().display());
        return Err(Failure::fatal(FailureKind::BadRequest, message));
    }
    let base = base(root, compared)?;
    let mut arguments = vec!["diff-index", "--raw", "-z", "--no-renames", "--full-index", "--no-ext-diff"];
    // Git would look into a submodule by that one's own configuration.
    arguments.push("--ignore-submodules=all");
    if *compared == Compared::Staged {
        arguments.push("--cached");
    }
    arguments.extend([base.as_str(), "--"]);
    let mut rows = rows(&git::answer_unfiltered(root, &arguments)?);
    if *compared != Compared::Staged {
        let new = git::answer(root, &["ls-files", "-z", "--others", "--exclude-standard"], Vec::new())?;
        let paths = new.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        rows.extend(paths.map(|path| Row { path: path.to_owned(), old: None, new: None, is_deleted: false }));
    }
    let objects: Vec<&str> = rows.iter().flat_map(|row| [row.old.as_deref(), row.new.as_deref()]).flatten().collect();
    let mut texts = texts(root, &objects)?.into_iter();
    let mut found = Difference::default();
    for row in rows {
        let before = row.old.as_ref().and_then(|_| texts.next());
        let after = row.new.as_ref().and_then(|_| texts.next());
        let is_gone = row.is_deleted;
        let Ok(path) = String::from_utf8(row.path.clone()) else {
            let (path, why) = (row.path.escape_ascii().to_string(), "the name is not UTF-8".to_owned());
            found.left_out.push(LeftOut { path, why, is_gone });
            continue;
        };
        let after = match (after, is_gone) {
            (None, false) => Some(on_disk(root, &path)),
            (after, _) => after,
        };
        match (before.transpose(), after.transpose()) {
            (_, Err(why)) | (Err(why), Ok(None)) => found.left_out.push(LeftOut { path, why, is_gone }),
            (before, Ok(after)) => {
                let (before, after) = (before.ok().flatten().flatten(), after.flatten());
                found.changes.files.push(FileChange { path, before, after });
            }
        }
    }
    // A stamp that changed without the text.
    found.changes.files.retain(|file| !file.is_noop());
    found.changes.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// The object that is compared with.
fn base(root: &Root, compared: &Compared) -> Result<String, Failure> {
    let line = |arguments: &[&str]| {
        let answer = git::answer(root, arguments, Vec::new())?;
        Ok(String::from_utf8_lossy(&answer).trim().to_owned())
    };
    let head = line(&["rev-parse", "--verify", "-q", "--end-of-options", "HEAD^{commit}"]);
    match (compared, head) {
        (Compared::Since(revision), head) => {
            let wanted = format!("{revision}^{{commit}}");
            let known = line(&["rev-parse", "--verify", "-q", "--end-of-options", &wanted]).map_err(|_| {
                let message = format!("`{revision}` is no revision here: name a branch, a tag or a commit.");
                Failure::fatal(FailureKind::BadRequest, message)
            })?;
            // Without a common ancestor the revision itself is what there is to compare with.
            Ok(head.and_then(|head| line(&["merge-base", &known, &head])).unwrap_or(known))
        }
        (_, Ok(head)) => Ok(head),
        // Before the first commit everything is new.
        (_, Err(_)) => line(&["hash-object", "-t", "tree", "--stdin"]),
    }
}

/// The first of these revisions that there is.
pub fn first_revision<'r>(root: &Root, revisions: &[&'r str]) -> Option<&'r str> {
    let is_known = |revision: &&&str| {
        let wanted = format!("{revision}^{{commit}}");
        git::answer(root, &["rev-parse", "--verify", "-q", "--end-of-options", &wanted], Vec::new()).is_ok()
    };
    revisions.iter().find(is_known).copied()
}

/// `:100644 100644 OLD NEW M\0path\0`…
fn rows(bytes: &[u8]) -> Vec<Row> {
    let mut parts = bytes.split(|byte| *byte == 0);
    let mut rows = Vec::new();
    while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
        let Ok(head) = std::str::from_utf8(head) else { continue };
        let fields: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old, new, status] = fields.as_slice() else { continue };
        // Links and submodules have no text; one side may.
        let is_file = |mode: &str| mode.starts_with("100");
        // In the midst of a merge: what counts is on disk.
        let is_unmerged = status.starts_with('U');
        let is_nothing = |object: &str| object.bytes().all(|b| b == b'0');
        let object = |mode: &str, object: &str| (is_file(mode) && !is_nothing(object)).then(|| object.to_owned());
        if is_file(old_mode) || is_file(new_mode) {
            let (old, new) = (object(old_mode, old), object(new_mode, new));
            rows.push(Row { path: path.to_owned(), old, new, is_deleted: !is_file(new_mode) && !is_unmerged });
        }
    }
    rows
}

/// A text, nothing, or why it is no text.
type Text = Result<Option<String>, String>;

/// The texts of objects, in order.
fn texts(root: &Root, objects: &[&str]) -> Result<Vec<Text>, Failure> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let input: String = objects.iter().map(|object| format!("{object}\n")).collect();
    let answer = git::answer(root, &["cat-file", "--batch", "--buffer"], input.into_bytes())?;
    let mut rest = answer.as_slice();
    let mut texts = Vec::with_capacity(objects.len());
    for _ in objects {
        let broken =
            || Failure::fatal(FailureKind::Protocol, "git cat-file: its answer ends early; the change is too large");
        let line = rest.iter().position(|byte| *byte == b'\n').ok_or_else(broken)?;
        let head = String::from_utf8_lossy(&rest[..line]).into_owned();
        rest = &rest[line + 1..];
        let Some(size) = head.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()) else {
            texts.push(Err("not in the repository".to_owned()));
            continue;
        };
        let bytes = rest.get(..size).ok_or_else(broken)?;
        rest = rest.get(size + 1..).unwrap_or_default();
        texts.push(text(bytes));
    }
    Ok(texts)
}

fn text(bytes: &[u8]) -> Text {
    match () {
        () if bytes.len() as u64 > read::MAX_TEXT => Err("larger than 4 MiB".to_owned()),
        () if bytes.contains(&0) => Err("binary".to_owned()),
        () => std::str::from_utf8(bytes).map(|text| Some(text.to_owned())).map_err(|_| "not UTF-8".to_owned()),
    }
}

fn on_disk(root: &Root, path: &str) -> Text {
    match read::read(root, &[path.to_owned()]).pop().map(|snapshot| snapshot.content) {
        Some(FileContent::Text { text }) => Ok(Some(text)),
        Some(FileContent::Opaque { reason }) => Err(reason),
        Some(FileContent::Absent) | None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_tell_files_from_links_and_deletions_from_merges() {
        let zero = "0".repeat(40);
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let text = [
            format!(":100644 100644 {a} {b} M\0changed.py"),
            format!(":100644 100755 {a} {zero} M\0on disk.py"),
            format!(":000000 100644 {zero} {b} A\0new.py"),
            format!(":100644 000000 {a} {zero} D\0gone.py"),
            format!(":100644 000000 {a} {zero} U\0merging.py"),
            format!(":120000 100644 {a} {b} T\0was a link.py"),
            format!(":160000 160000 {a} {b} M\0submodule"),
            String::new(),
        ]
        .join("\0");
        let shown: Vec<String> = rows(text.as_bytes())
            .iter()
            .map(|r| format!("{} {} {} {}", r.path.escape_ascii(), r.old.is_some(), r.new.is_some(), r.is_deleted))
            .collect();
        assert_eq!(
            shown,
            [
                "changed.py true true false",
                "on disk.py true false false",
                "new.py false true false",
                "gone.py true false true",
                "merging.py true false false",
                "was a link.py false true false",
            ]
        );
    }
}
