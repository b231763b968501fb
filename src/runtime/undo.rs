//! `vibe-tui undo`, `redo` and `sessions --audit`: written changes taken back and made again without the workbench, and
//! the trail of both. The session is folded, asked and journaled as the workbench does it; the order is the same, too:
//! the request is on disk before a file changes.

use super::clock;
use super::effects::{append, read_session, revert, store_failure, write_all};
use super::report::{print, tell, tell_line};
use super::sessions::Format;
use super::setup::Setup;
use super::world::World;
use crate::app::{Dated, Deed, Entry, Fact, Session, Trace, counted, file_words, revert_refused, revertible, trail};
use crate::domain::change::ChangeSet;
use crate::domain::clock::{Timestamp, age};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::{RunId, SessionId};
use crate::domain::message::{Author, Message};
use crate::domain::revert::{Asker, Revert, Way};
use crate::domain::safe_text::SafeText;
use crate::domain::session::SessionSummary;
use crate::edit;
use crate::graph::{Outcome, Run, RunCommand, RunFact, Stage};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::IsTerminal;

/// What is asked.
pub struct UndoRequest {
    /// Take back, or make again.
    pub way: Way,
    /// The session, by name; `None` is any of this repository.
    pub session: Option<String>,
    /// The run's number; `None` is the one that was written, or taken back, last.
    pub run: Option<u64>,
    /// Whether it is done, only shown, or what could be done is listed.
    pub mode: UndoMode,
    /// How it is told.
    pub format: Format,
}

/// How far an undo goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoMode {
    /// List the runs that can go this way.
    List,
    /// Show what would change.
    DryRun,
    /// Write after a yes on the terminal; without a terminal nothing is written.
    Ask,
    /// Write.
    Yes,
}

/// Takes a written change back, or makes it again. Whether it is done (or shown, where that was asked for).
///
/// # Errors
/// When there is no such session or run, another process has it, other changes are in the way, or files cannot be written.
pub async fn undo(setup: Setup, request: &UndoRequest) -> Result<bool, Failure> {
    let settings = setup.world_settings();
    let (world, failures) = World::open(setup.root, settings).await;
    failures.iter().for_each(|failure| tell_line(&format!("vibe-tui: {}", failure.message)));
    let done = undo_in(&world, request).await;
    world.store.close().await;
    done
}

async fn undo_in(world: &World, request: &UndoRequest) -> Result<bool, Failure> {
    let sessions = match &request.session {
        Some(name) => vec![world.store.find_session(&world.root_name(), name).await.map_err(|e| store_failure(&e))?],
        None => world.store.sessions(Some(&world.root_name())).await.map_err(|e| store_failure(&e))?,
    };
    if request.mode == UndoMode::List {
        let mut listed = 0;
        for summary in sessions {
            let session = Session::fold(summary.id.clone(), &facts(world, &summary.id).await?);
            listed += list(&summary, &session, request);
        }
        if listed == 0 {
            tell_line(&format!("There is no run to {} here.", request.way.verb()));
        }
        return Ok(true);
    }
    let mut last: Option<(Timestamp, &SessionSummary, RunId)> = None;
    for summary in &sessions {
        let facts = facts(world, &summary.id).await?;
        let session = Session::fold(summary.id.clone(), &facts);
        let fits = |run: &Run| revertible(run, request.way) && request.run.is_none_or(|id| run.spec.id.0 == id);
        // The last deed goes first: what was taken back last is made again first.
        for trace in trail(&summary.id, &facts).into_iter().filter(|t| session.run_of(t.run).is_some_and(fits)) {
            if last.is_none_or(|(at, ..)| at <= trace.at) {
                last = Some((trace.at, summary, trace.run));
            }
        }
        // A number without a session means the session used last that has written anything.
        if request.run.is_some() && session.runs.iter().any(|run| run.applied.is_some()) {
            break;
        }
    }
    if let Some((_, summary, run)) = last {
        return one(world, summary, run, request).await;
    }
    let (word, verb) = (request.way.word(), request.way.verb());
    Err(refusal(&match request.run {
        Some(id) => format!("There is no run {id} to {verb} here: `vibe-tui {word} --list` shows what there is."),
        None => format!("There is no run to {verb} here."),
    }))
}

/// Prints the runs of a session that can go this way, newest first. How many there are.
fn list(summary: &SessionSummary, session: &Session, request: &UndoRequest) -> usize {
    let runs = session.runs.iter().zip(&session.begun).rev().filter(|(run, _)| revertible(run, request.way));
    let mut listed = 0;
    for (run, begun) in runs {
        listed += 1;
        let files = run.applied.as_ref().map(counted).unwrap_or_default();
        match request.format {
            Format::Json => {
                let files: Vec<Value> = files.iter().map(file_json).collect();
                print(&format!(
                    "{}\n",
                    json!({"session": session.name, "session_id": summary.id, "run": run.spec.id,
                    "title": run.spec.intent.text, "begun": begun, "files": files})
                ));
            }
            Format::Text => {
                let (ago, title) = (age(clock::now().millis_since(*begun)), &run.spec.intent.text);
                let (id, name, files) = (run.spec.id.0, &session.name, files_text(&files));
                let line = format!("run {id} of “{name}”  {title}\n    {ago}: {files}\n");
                print(SafeText::new(&line).as_str());
            }
        }
    }
    listed
}

/// One run, with its session leased to this process.
async fn one(world: &World, summary: &SessionSummary, run: RunId, request: &UndoRequest) -> Result<bool, Failure> {
    let mut session = Session::fold(summary.id.clone(), &read_session(world, &summary.id).await?);
    let way = request.way;
    let of = session.run_of(run).filter(|run| revertible(run, way));
    let Some((written, of)) = of.and_then(|of| Some((of.applied.clone()?, of))) else {
        return Err(refusal("The session has changed meanwhile: try again."));
    };
    if session.active_run().is_some() {
        let message =
            format!("Session “{}” has a run under way: finish it first (`vibe-tui --session`).", session.name);
        return Err(refusal(&message));
    }
    let planned = revert(&world.root, way, &written);
    if !planned.conflicts.is_empty() {
        if request.format == Format::Json {
            print(&format!("{}\n", told(&session, of, way, &planned, false)));
        }
        let mut message = revert_refused(of, way, &planned, &session.runs)
            .replace("/undo ", &format!("vibe-tui undo --session {} --run ", session.id.0))
            .replace("/redo ", &format!("vibe-tui redo --session {} --run ", session.id.0));
        if let Some((other, trace)) = later(world, summary, run, &planned).await? {
            message.push_str(&format!(
                "\n\nSession “{}” changed the same files later, by run {} (“{}”): vibe-tui undo --session {} --run {} first.",
                other.name, trace.run.0, trace.title, other.id.0, trace.run.0
            ));
        }
        return Err(Failure::fatal(FailureKind::Stale, message));
    }
    if request.format == Format::Text {
        show(of, way, &planned);
    }
    let yes = match request.mode {
        UndoMode::Yes => true,
        UndoMode::Ask => confirmed(&format!("{} run {}? [y/N] ", way.verb(), run.0)),
        UndoMode::DryRun | UndoMode::List => false,
    };
    let words = match yes {
        true => Some(write(world, &mut session, run, way, planned.changes.clone()).await?),
        false => None,
    };
    let Some(of) = session.run_of(run) else { return Ok(false) };
    match (request.format, words) {
        (Format::Json, _) => print(&format!("{}\n", told(&session, of, way, &planned, yes))),
        (Format::Text, Some(words)) => tell_line(&words),
        (Format::Text, None) if request.mode == UndoMode::Ask => tell_line("Nothing was written."),
        _ => {}
    }
    Ok(yes || request.mode == UndoMode::DryRun)
}

/// Journals the request, writes, journals how it went. Returns what there is to say.
async fn write(
    world: &World,
    session: &mut Session,
    run: RunId,
    way: Way,
    changes: ChangeSet,
) -> Result<String, Failure> {
    let files = changes.files.len();
    let asked = Fact::Run { run, fact: RunFact::RevertRequested { changes, by: Asker::CommandLine } };
    let mut failed = None;
    if let Some(RunCommand::Apply { job, changes }) = commit(world, session, asked).await?.pop() {
        let fact = match write_all(world, changes) {
            Ok(()) => RunFact::Applied { job },
            Err(failure) => {
                failed = Some(failure.clone());
                RunFact::ApplyFailed { job, failure }
            }
        };
        commit(world, session, Fact::Run { run, fact }).await?;
    }
    let newest = session.run().is_some_and(|r| r.spec.id == run);
    let done =
        session.run_of(run).is_some_and(|r| matches!(r.stage, Stage::Finished(Outcome::Applied | Outcome::Undone)));
    let words = match (&failed, session.run_of(run)) {
        (None, Some(of)) if done => file_words(of, files, way == Way::Undo, newest),
        (Some(failure), _) => format!("Nothing was written: {failure}"),
        _ => "Nothing was written.".to_owned(),
    };
    let message = Message { author: Author::Workbench, text: words.clone(), at: clock::now(), run: Some(run) };
    commit(world, session, Fact::Posted { message }).await?;
    failed.map_or(Ok(words), Err)
}

/// The newest write of another session after this run's to a file that is in the way, if it still stands.
async fn later(
    world: &World,
    own: &SessionSummary,
    run: RunId,
    planned: &Revert,
) -> Result<Option<(SessionSummary, Trace)>, Failure> {
    let mut traces = traces(world).await?;
    traces.sort_by_key(|(_, trace)| std::cmp::Reverse(trace.at));
    let Some(at) = traces.iter().position(|(session, trace)| session.id == own.id && trace.run == run) else {
        return Ok(None);
    };
    let mut seen = BTreeSet::new();
    Ok(traces.into_iter().take(at).find(|(session, trace)| {
        let is_newest = seen.insert((session.id.clone(), trace.run));
        let stands = matches!(trace.deed, Deed::Applied | Deed::Redone);
        let clashes = trace.files.iter().any(|(path, ..)| planned.conflicts.iter().any(|c| c.path == *path));
        session.id != own.id && is_newest && stands && clashes
    }))
}

/// Appends a fact durably, then folds it.
async fn commit(world: &World, session: &mut Session, fact: Fact) -> Result<Vec<RunCommand>, Failure> {
    let dated = Dated { at: clock::now(), fact };
    let mut after = session.clone();
    let commands = after.apply(&dated);
    let entry = Entry {
        session: session.id.clone(),
        first: session.seq + 1,
        facts: vec![dated],
        name: after.name.clone(),
        status: after.status(),
    };
    append(world, &entry).await.map_err(|e| store_failure(&e))?;
    *session = after;
    Ok(commands)
}

fn show(run: &Run, way: Way, planned: &Revert) {
    let title = &run.spec.intent.text;
    let files = if planned.changes.is_empty() {
        "nothing: the files are so already".to_owned()
    } else {
        files_text(&counted(&planned.changes))
    };
    tell_line(&format!("To {} run {} (“{title}”) would change {files}.", way.verb(), run.spec.id.0));
    if !planned.merged.is_empty() {
        tell_line(&format!("Changed since, and what changed is kept: {}.", planned.merged.join(", ")));
    }
    let patch = edit::unified(&planned.changes);
    match std::io::stdout().is_terminal() {
        true => print(SafeText::new(&patch).as_str()),
        false => print(&patch),
    }
}

fn told(session: &Session, run: &Run, way: Way, planned: &Revert, written: bool) -> Value {
    let files: Vec<Value> = counted(&planned.changes).iter().map(file_json).collect();
    json!({"session": session.name, "session_id": session.id, "run": run.spec.id, "title": run.spec.intent.text,
        "way": way, "written": written, "files": files, "merged": planned.merged, "conflicts": planned.conflicts,
        "patch": edit::unified(&planned.changes)})
}

fn file_json((path, added, removed): &(String, usize, usize)) -> Value {
    json!({"path": path, "added": added, "removed": removed})
}

/// Files of a change that are named, where there are many.
const NAMED: usize = 5;

fn files_text(files: &[(String, usize, usize)]) -> String {
    let named = files.iter().take(NAMED).map(|(path, added, removed)| format!("{path} +{added} −{removed}"));
    let more = files.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    named.chain(more).collect::<Vec<_>>().join(", ")
}

/// A yes on the terminal. Without one there is nobody to ask.
pub fn confirmed(question: &str) -> bool {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return false;
    }
    tell(question);
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    read.is_ok() && matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

/// Every write of this root's sessions, newest first: applied, undone, redone.
///
/// # Errors
/// When the database cannot be read.
pub async fn audit(setup: Setup, format: Format) -> Result<String, Failure> {
    let settings = setup.world_settings();
    let (world, _) = World::open(setup.root, settings).await;
    let traces = traces(&world).await;
    world.store.close().await;
    let mut traces = traces?;
    traces.sort_by_key(|(_, trace)| std::cmp::Reverse(trace.at));
    let line = |(session, trace): &(SessionSummary, Trace)| match format {
        Format::Json => format!("{}\n", trace_json(session, trace)),
        Format::Text => trace_text(session, trace),
    };
    let text: String = traces.iter().map(line).collect();
    Ok(if text.is_empty() && format == Format::Text { "Nothing was written here yet.\n".to_owned() } else { text })
}

async fn traces(world: &World) -> Result<Vec<(SessionSummary, Trace)>, Failure> {
    let sessions = world.store.sessions(Some(&world.root_name())).await.map_err(|e| store_failure(&e))?;
    let mut traces = Vec::new();
    for session in sessions {
        let facts = facts(world, &session.id).await?;
        traces.extend(trail(&session.id, &facts).into_iter().map(|trace| (session.clone(), trace)));
    }
    Ok(traces)
}

/// A session's facts, read without taking the session from whoever has it.
async fn facts(world: &World, id: &SessionId) -> Result<Vec<Dated>, Failure> {
    let rows = world.store.load(id, 1).await.map_err(|e| store_failure(&e))?;
    super::effects::read_rows(id, rows)
}

fn trace_json(session: &SessionSummary, trace: &Trace) -> Value {
    let files: Vec<Value> = trace.files.iter().map(file_json).collect();
    json!({"at": trace.at, "session": session.name, "session_id": session.id, "run": trace.run, "title": trace.title,
        "deed": trace.deed, "by": trace.by, "what": trace.what, "files": files})
}

fn trace_text(session: &SessionSummary, trace: &Trace) -> String {
    let when = clock::shown(trace.at);
    let (deed, run, by) = (trace.deed.word(), trace.run.0, trace.by.replace('_', " "));
    let what = if trace.what.is_empty() { files_text(&trace.files) } else { trace.what.clone() };
    let (name, title) = (&session.name, &trace.title);
    let mut text = format!("{when}  {deed:<9}  run {run} of “{name}” (by the {by})\n    {title}\n    {what}\n");
    if trace.deed == Deed::Begun {
        text.push_str(
            "    it was not seen to end: some of it may be on disk, and whoever opens the session finishes it\n",
        );
    }
    SafeText::new(&text).into_string()
}

fn refusal(message: &str) -> Failure {
    Failure::fatal(FailureKind::BadRequest, message)
}
