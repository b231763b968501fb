//! `vibe-tui apply`: the edits of a model's answer, on standard input, against the files of a repository.
//!
//! Writes all of them or none, through the one write primitive; what does not fit, runs by itself later or hides something is
//! refused with its lines. Asks no model and keeps no session: whoever calls it has said yes.

use super::report::tell_line;
use super::tally::read_text;
use crate::domain::change::{ChangeSet, runs_later};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::hunk::FileDiff;
use crate::domain::safe_text::SafeText;
use crate::edit::{self, Action, Applied, Edit, EditProblem, Form, Match, ProblemKind};
use crate::repo::write::{self, ApplyError, FileWrite};
use crate::repo::{Root, read};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// What `vibe-tui apply` is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ApplyRequest {
    /// The form the answer has to be in; `None` takes each as it comes.
    pub form: Option<Form>,
    /// Say what would change, and write nothing.
    pub dry_run: bool,
    /// One JSON object instead of text.
    pub json: bool,
    /// Files that something runs later may be written.
    pub allow_runs_later: bool,
    /// Lines with characters that cannot be seen may be written.
    pub allow_hidden: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplyReport {
    /// What standard output gets.
    pub text: String,
    /// Whether everything was applied, or would be.
    pub fits: bool,
}

/// Reads the answer from standard input and applies it in the repository that `dir` lies in. What is refused is told on
/// standard error.
///
/// # Errors
/// When standard input or the directory cannot be read, or when writing fails: nothing is changed then.
pub fn apply(dir: &Path, request: ApplyRequest) -> Result<ApplyReport, Failure> {
    let text = read_text(None)?;
    // A directory that is not there was named wrong.
    let root = Root::open(dir).map_err(|failure| Failure { kind: FailureKind::BadRequest, ..failure })?;
    let edits = edit::read_with_forms(&text);
    let forms: BTreeSet<&str> = edits.iter().filter_map(|(_, form)| form.map(Form::word)).collect();
    let outcome = place(&root, edits, request.form).and_then(|applied| {
        let cut = edit::diff(&applied.changes);
        let held = held_back(&applied.changes, &cut, request);
        if held.is_empty() { Ok((applied, cut)) } else { Err(held) }
    });
    let (applied, cut) = match outcome {
        Ok(applied) => applied,
        Err(problems) => return Ok(refused(&problems, &forms, request)),
    };
    let patch: String = applied.changes.files.iter().zip(&cut).map(|(change, cut)| edit::patch(change, cut)).collect();
    let report = report(&applied, &cut, &patch, &forms, request);
    let change = applied.changes.files.into_iter();
    let writes: Vec<FileWrite> =
        change.map(|f| FileWrite { path: f.path, expect: f.before, content: f.after }).collect();
    let written = match request.dry_run {
        true => write::check(&root, &writes),
        false => write::apply(&root, &writes).map(drop),
    };
    match written {
        // What leads through a link, or differs from another name by case only, is seen where it is to be written.
        Err(ApplyError::Denied { path, message }) => {
            return Ok(refused(&[problem(&path, ProblemKind::Denied, message)], &forms, request));
        }
        written => written?,
    }
    Ok(ApplyReport { text: report, fits: true })
}

fn problem(path: &str, kind: ProblemKind, message: String) -> EditProblem {
    EditProblem { path: path.to_owned(), block: 1, kind, message, candidates: Vec::new(), near: Vec::new() }
}

/// The proposal; or everything that is wrong with any edit.
fn place(root: &Root, edits: Vec<(Edit, Option<Form>)>, form: Option<Form>) -> Result<Applied, Vec<EditProblem>> {
    let malformed = |path: &str, message: &str| problem(path, ProblemKind::Malformed, message.to_owned());
    if edits.is_empty() {
        return Err(vec![malformed("", "the answer holds no edit that can be read")]);
    }
    let (edits, forms): (Vec<Edit>, Vec<Option<Form>>) = edits.into_iter().unzip();
    let mut wrong: Vec<EditProblem> = Vec::new();
    for (edit, written) in edits.iter().zip(forms) {
        let path = SafeText::line(&edit.path);
        if let (Some(wanted), Some(found)) = (form, written)
            && wanted != found
        {
            let (wanted, found) = (wanted.word(), found.word());
            let message = format!(
                "{path}: this edit is in another form than --format says: {found}, not {wanted}; without --format each is taken as it comes"
            );
            wrong.push(malformed(&edit.path, &message));
        }
        if matches!(edit.action, Action::Whole { closed: false, .. }) {
            wrong.push(malformed(&edit.path, &format!("{path}: the answer ends in the middle of this file")));
        }
    }
    let mut paths: Vec<String> = edits.iter().flat_map(Edit::names).filter_map(|p| edit::normalise(p).ok()).collect();
    paths.sort();
    paths.dedup();
    let base = read::read(root, &paths);
    match edit::apply_with_notes(&edits, &base) {
        Ok(applied) if wrong.is_empty() => Ok(applied),
        placed => {
            wrong.extend(placed.err().into_iter().flatten());
            Err(wrong)
        }
    }
}

/// What needs a yes of its own that was not given.
fn held_back(changes: &ChangeSet, cut: &[FileDiff], request: ApplyRequest) -> Vec<EditProblem> {
    let mut held = Vec::new();
    for (change, cut) in changes.files.iter().zip(cut) {
        let path = &change.path;
        let mut hold = |message: String| held.push(problem(path, ProblemKind::Denied, message));
        if runs_later(path) && !request.allow_runs_later {
            hold(format!("{path}: something runs this file later; --allow-runs-later lets it be written"));
        }
        let hidden = cut.hunks.iter().flat_map(|h| h.hidden_lines()).next();
        if let Some(first) = hidden.filter(|_| !request.allow_hidden) {
            let message = format!(
                "{path}: line {first} of the new text has characters that cannot be seen; --allow-hidden lets it be written"
            );
            hold(message);
        }
    }
    held
}

/// Tells what was refused, each with the lines that come near, and as what the answer was read where nobody had said.
fn refused(problems: &[EditProblem], forms: &BTreeSet<&str>, request: ApplyRequest) -> ApplyReport {
    for problem in problems {
        tell_line(&format!("vibe-tui: {}", problem.message));
        for (number, line) in &problem.near {
            tell_line(&format!("  {number:>5} | {line}"));
        }
    }
    let read: Vec<&str> = forms.iter().copied().filter(|_| request.form.is_none()).collect();
    let read = if read.is_empty() { String::new() } else { format!("the answer was read as {}; ", read.join(" and ")) };
    tell_line(&format!("vibe-tui: {read}nothing was written"));
    let text = match request.json {
        true => {
            let told = json!({"fits": false, "written": false, "forms": forms, "files": [], "patch": "", "problems": problems});
            format!("{told}\n")
        }
        false => String::new(),
    };
    ApplyReport { text, fits: false }
}

fn report(applied: &Applied, cut: &[FileDiff], patch: &str, forms: &BTreeSet<&str>, request: ApplyRequest) -> String {
    for near in applied.located.iter().filter(|l| l.how == Match::Similar) {
        let (first, last) = near.lines;
        tell_line(&format!(
            "vibe-tui: {}: edit {} was placed at lines {first}-{last}, which are like its own by {:.2}",
            near.path, near.block, near.score
        ));
    }
    if request.json {
        let file = |cut: &FileDiff| {
            let (added, removed) = cut.counts();
            json!({"path": cut.path, "added": added, "removed": removed, "created": cut.created, "deleted": cut.deleted})
        };
        let files: Vec<Value> = cut.iter().map(file).collect();
        let written = !request.dry_run && !files.is_empty();
        return format!(
            "{}\n",
            json!({"fits": true, "written": written, "forms": forms, "files": files, "patch": patch, "located": applied.located, "problems": []})
        );
    }
    if request.dry_run {
        return patch.to_owned();
    }
    if cut.is_empty() {
        return "nothing to change\n".to_owned();
    }
    let line = |cut: &FileDiff| {
        let (added, removed) = cut.counts();
        let what = match (cut.created, cut.deleted) {
            (true, _) => "created",
            (_, true) => "deleted",
            _ => "changed",
        };
        format!("{what} {} +{added} -{removed}\n", SafeText::line(&cut.path))
    };
    cut.iter().map(line).collect()
}
