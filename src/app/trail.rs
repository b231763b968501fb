//! The trail: every time a session's runs wrote files, took that back, made it again or got a dependency, as a fold of its journal; and the
//! words in which fronts speak of it. Reads nothing and decides nothing.

use super::fact::{Dated, Fact};
use super::session::Session;
use crate::domain::change::{ChangeSet, FileChange};
use crate::domain::clock::Timestamp;
use crate::domain::count;
use crate::domain::ids::{RunId, SessionId};
use crate::domain::revert::{Conflict, Revert, Side, Way};
use crate::edit;
use crate::graph::{Outcome, Run, RunFact, Stage};
use serde::Serialize;

/// What was done to the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Accepted hunks were written.
    Applied,
    /// A written change was taken back.
    Undone,
    /// It was made again.
    Redone,
    /// A command got a dependency, or was to.
    Installed,
    /// A write was begun, and nobody saw it end: it is under way, or it was cut off.
    Begun,
}

impl Deed {
    /// The word on the screen and in `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Deed::Applied => "applied",
            Deed::Undone => "undone",
            Deed::Redone => "redone",
            Deed::Installed => "installed",
            Deed::Begun => "begun",
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// When it was on disk.
    pub at: Timestamp,
    /// Which run's change.
    pub run: RunId,
    /// What the run was asked for.
    pub title: String,
    /// What was done.
    pub deed: Deed,
    /// Who asked: `workbench` or `command_line`.
    pub by: &'static str,
    /// The command that was run, and how it ended; empty for what was written.
    pub what: String,
    /// Files with lines added and removed, in the order of the change.
    pub files: Vec<(String, usize, usize)>,
}

/// Everything a session's runs did to files, oldest first.
pub fn trail(id: &SessionId, facts: &[Dated]) -> Vec<Trace> {
    let mut session = Session::new(id.clone());
    let mut asked: Option<(ChangeSet, &'static str)> = None;
    let mut begun = Timestamp::default();
    let mut traces = Vec::new();
    for dated in facts {
        let Fact::Run { run: id, fact } = &dated.fact else {
            session.apply(dated);
            continue;
        };
        let stage = |session: &Session| session.run_of(*id).map(|run| run.stage.clone());
        let (before, written) = (stage(&session), session.run_of(*id).is_some_and(|run| run.applied.is_some()));
        session.apply(dated);
        let Some(run) = session.run_of(*id) else { continue };
        match fact {
            RunFact::RevertRequested { changes, by } => asked = Some((changes.clone(), by.name())),
            RunFact::ApplyRequested { by } => asked = Some((ChangeSet::default(), by.name())),
            RunFact::Installed { installed, .. } => {
                let ended =
                    installed.failure.as_ref().map_or_else(|| "done".to_owned(), |why| format!("failed: {why}"));
                traces.push(Trace {
                    at: dated.at,
                    run: *id,
                    title: run.spec.intent.text.clone(),
                    deed: Deed::Installed,
                    by: installed.by.name(),
                    what: format!("{} ({ended})", installed.install.command()),
                    files: Vec::new(),
                });
            }
            RunFact::UndoRequested => {
                let applied = run.applied.clone().unwrap_or_default();
                let undo = before == Some(Stage::Finished(Outcome::Applied));
                asked = Some((if undo { reversed(applied) } else { applied }, "workbench"));
            }
            _ => {}
        }
        if run.writing().is_some() && before.as_ref() != Some(&run.stage) {
            begun = dated.at;
        }
        let deed = match &run.stage {
            Stage::Finished(Outcome::Undone) => Deed::Undone,
            Stage::Finished(Outcome::Applied) if written => Deed::Redone,
            Stage::Finished(Outcome::Applied) => Deed::Applied,
            _ => continue,
        };
        if before.as_ref() == Some(&run.stage) {
            continue;
        }
        let (asked_for, by) = asked.take().unwrap_or_default();
        let changes = if deed == Deed::Applied { run.applied.clone().unwrap_or_default() } else { asked_for };
        let title = run.spec.intent.text.clone();
        traces.push(Trace { at: dated.at, run: *id, title, deed, by, what: String::new(), files: counted(&changes) });
    }
    // One run is active at a time.
    traces.extend(session.runs.iter().find_map(|run| {
        let files = counted(run.writing()?);
        let (title, by) = (run.spec.intent.text.clone(), asked.as_ref().map_or("workbench", |(_, by)| by));
        Some(Trace { at: begun, run: run.spec.id, title, deed: Deed::Begun, by, what: String::new(), files })
    }));
    traces
}

fn reversed(changes: ChangeSet) -> ChangeSet {
    let swap = |f: FileChange| FileChange { path: f.path, before: f.after, after: f.before };
    ChangeSet { files: changes.files.into_iter().map(swap).collect() }
}

/// Lines added and removed in each file.
pub fn counted(changes: &ChangeSet) -> Vec<(String, usize, usize)> {
    let count = |diff: crate::domain::hunk::FileDiff| {
        let (added, removed) = diff.counts();
        (diff.path, added, removed)
    };
    edit::diff(changes).into_iter().map(count).collect()
}

/// Whether a run's change is in the files (for an undo), or was taken out of them (for a redo).
pub fn revertible(run: &Run, way: Way) -> bool {
    let wanted = match way {
        Way::Undo => Outcome::Applied,
        Way::Redo => Outcome::Undone,
    };
    run.applied.is_some() && run.stage == Stage::Finished(wanted)
}

/// What is said when a run's change is written, taken back or made again. `newest`: whether it is the session's newest.
pub fn written_words(run: &Run, undone: bool, newest: bool) -> String {
    file_words(run, run.written, undone, newest)
}

/// The same, where so many files had to be written.
pub fn file_words(run: &Run, files: usize, undone: bool, newest: bool) -> String {
    let files = count::counted(files, "file");
    let number = if newest { String::new() } else { format!(" {}", run.spec.id.0) };
    let flag = if newest { String::new() } else { format!(" --run {}", run.spec.id.0) };
    match undone {
        true => {
            format!("Taken back: {files}. /redo{number} writes it again (in a shell `vibe-tui redo{flag}`).")
        }
        false => format!("Written: {files}. /undo{number} takes it back (in a shell `vibe-tui undo{flag}`)."),
    }
}

/// Why a revert is not possible, with the lines that are in the way, and what may help: a later run that changed the same
/// files.
pub fn revert_refused(run: &Run, way: Way, revert: &Revert, runs: &[Run]) -> String {
    let mut text = format!(
        "Run {} cannot be {}; nothing was written.\n",
        run.spec.id.0,
        match way {
            Way::Undo => "taken back",
            Way::Redo => "made again",
        }
    );
    for conflict in &revert.conflicts {
        text.push_str(&format!("\n{}", conflict_words(conflict)));
    }
    let clashes = |other: &&Run| {
        let files = other.applied.iter().flat_map(|c| &c.files);
        other.spec.id > run.spec.id
            && revertible(other, Way::Undo)
            && files.into_iter().any(|f| revert.conflicts.iter().any(|c| c.path == f.path))
    };
    if revert.conflicts.iter().any(|conflict| conflict.line > 0) {
        let order = way.word();
        text.push_str(&format!(
            "\nMake these lines what they would be, or what the run knew them as, then ask again: /{order} {}. The rest of the file may stay as it is.",
            run.spec.id.0
        ));
    }
    if let Some(later) = runs.iter().rev().find(clashes) {
        let (id, title) = (later.spec.id.0, &later.spec.intent.text);
        text.push_str(&format!(
            "\n\nDid you mean run {id} first, “{title}”? It changed the same files later: /undo {id}."
        ));
    }
    text
}

fn conflict_words(conflict: &Conflict) -> String {
    let mut text = format!("- {}: {}.", conflict.place(), conflict.what);
    for Side { said, lines, more } in conflict.sides() {
        let shown: String = lines.iter().map(|line| format!("      {line}\n")).collect();
        let rest = if more > 0 { format!("      … {more} more lines …\n") } else { String::new() };
        let (gap, end) = if lines.is_empty() { ("", "") } else { ("\n\n", "\n") };
        text.push_str(&format!("\n  {said}{gap}{shown}{rest}{end}"));
    }
    text
}
