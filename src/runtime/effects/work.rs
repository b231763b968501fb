//! The work of a run that is no model's: reading, validating, writing.

use super::Events;
use crate::app::{Event, WorkEvent};
use crate::domain::change::ChangeSet;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::finding::{CheckResult, Strategy, ValidationReport};
use crate::domain::ids::JobId;
use crate::domain::language::Language;
use crate::repo::scratch::Scratch;
use crate::repo::write::{self, FileState, FileWrite};
use crate::repo::{read, walk};
use crate::runtime::world::World;
use crate::syntax;
use crate::validate::{self, Fault};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::task::spawn_blocking;

/// Paths of the repository that are listed at most.
const LISTED: usize = 200_000;

/// Reads files.
pub async fn read_files(world: Arc<World>, events: Events, job: JobId, paths: Vec<String>) {
    if let Ok(files) = spawn_blocking(move || read::read(&world.root, &paths)).await {
        events.report(Event::Work(WorkEvent::FilesRead { job, files })).await;
    }
}

/// Validates a proposal: syntax always, the check command in a scratch copy if there is one.
pub async fn validate(world: Arc<World>, events: Events, job: JobId, changes: ChangeSet) {
    let proposal = changes.clone();
    let validated = match changes.is_empty() {
        true => run(&world, &changes, None).await,
        false => report(&world, &changes, proposal).await,
    };
    events.report(Event::Work(WorkEvent::Validated { job, report: validated })).await;
}

/// What the validators say of `changes` in a scratch copy that holds `proposal`.
pub(super) async fn report(world: &Arc<World>, changes: &ChangeSet, proposal: ChangeSet) -> ValidationReport {
    match &world.check {
        Some(check) => {
            let copier = world.clone();
            let scratch = spawn_blocking(move || {
                let listing = walk::walk(&copier.root, LISTED, &AtomicBool::new(false));
                Scratch::create(&copier.scratch_dir(), &copier.root, &listing, &proposal, Default::default())
            });
            match scratch.await {
                Ok(Ok(scratch)) => run(world, changes, Some(&scratch)).await,
                Ok(Err(failure)) => not_run(run(world, changes, None).await, check, failure.message),
                Err(stopped) => not_run(run(world, changes, None).await, check, stopped.to_string()),
            }
        }
        None => run(world, changes, None).await,
    }
}

/// What the grammars say of `changes`.
pub(super) async fn parsed(world: &World, changes: &ChangeSet) -> Vec<CheckResult> {
    run(world, changes, None).await.checks
}

async fn run(world: &World, changes: &ChangeSet, scratch: Option<&Scratch>) -> ValidationReport {
    let mut policy = world.check_policy();
    if let Some(scratch) = scratch {
        policy.writable = scratch.writable();
        policy.variables = scratch.variables(|name| world.variable(name).map(Into::into));
    }
    let job = validate::Job {
        root: scratch.map_or(world.root.path(), Scratch::path),
        changes,
        syntax: &faults,
        check: scratch.and(world.check.as_deref()),
        deadline: world.check_deadline(),
        policy: &policy,
    };
    validate::validate(&job).await
}

/// The grammars' word on a text.
fn faults(language: Language, path: &str, text: &str) -> Option<Vec<Fault>> {
    let errors = syntax::errors(language, path, text)?;
    Some(errors.into_iter().map(|e| Fault { line: e.line, column: e.column, message: e.message }).collect())
}

/// The check could not run, and that is said: a check that did not run has not passed.
fn not_run(mut report: ValidationReport, check: &[String], why: String) -> ValidationReport {
    report.checks.push(CheckResult {
        strategy: Strategy::Custom,
        command: check.join(" "),
        passed: false,
        millis: 0,
        findings: Vec::new(),
        not_run: Some(why),
        known: 0,
    });
    report
}

/// Writes, all or nothing. After a kill some files may be written already: those are left, the others follow.
pub async fn apply(world: &Arc<World>, events: &Events, job: JobId, changes: ChangeSet) {
    let root = world.clone();
    let written = spawn_blocking(move || write_all(&root, changes)).await;
    let event = match written {
        Ok(Ok(())) => WorkEvent::Applied { job },
        Ok(Err(failure)) => WorkEvent::ApplyFailed { job, failure },
        Err(stopped) => {
            let failure = Failure::fatal(FailureKind::Internal, format!("Writing stopped: {stopped}"));
            WorkEvent::ApplyFailed { job, failure }
        }
    };
    events.report(Event::Work(event)).await;
}

fn write_all(world: &World, changes: ChangeSet) -> Result<(), Failure> {
    let writes: Vec<FileWrite> =
        changes.files.into_iter().map(|f| FileWrite { path: f.path, expect: f.before, content: f.after }).collect();
    let states = write::reconcile(&world.root, &writes).map_err(Failure::from)?;
    let begun = states.contains(&FileState::After);
    let left: Vec<FileWrite> = match begun {
        true => writes.into_iter().zip(&states).filter(|(_, s)| **s != FileState::After).map(|(w, _)| w).collect(),
        false => writes,
    };
    if left.is_empty() {
        return Ok(());
    }
    write::apply(&world.root, &left).map(drop).map_err(Failure::from)
}
