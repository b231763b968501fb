//! The work of a run that is no model's: reading, validating, writing.

use super::Events;
use crate::app::{Event, RevertPlanned, WorkEvent};
use crate::domain::change::ChangeSet;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::{JobId, RunId};
use crate::domain::revert::{Revert, Way};
use crate::edit;
use crate::quality;
use crate::repo::write::{self, FileState, FileWrite};
use crate::repo::{Root, read};
use crate::runtime::world::World;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Reads files.
pub async fn read_files(world: Arc<World>, events: Events, job: JobId, paths: Vec<String>) {
    if let Ok(files) = spawn_blocking(move || read::read(&world.root, &paths)).await {
        events.report(Event::Work(WorkEvent::FilesRead { job, files })).await;
    }
}

/// Cuts a proposal into hunks, then validates it.
pub async fn validate(world: Arc<World>, events: Events, job: JobId, changes: ChangeSet) {
    let proposal = changes.clone();
    if let Ok(files) = spawn_blocking(move || edit::diff(&proposal)).await {
        events.report(Event::Work(WorkEvent::Diffed { job, files: files.into() })).await;
    }
    let measured = changes.clone();
    let figures = spawn_blocking(move || quality::change(&measured).line());
    let mut report = world.validators.validate(&changes).await;
    report.figures = figures.await.unwrap_or_default();
    events.report(Event::Work(WorkEvent::Validated { job, report })).await;
}

/// Works out what a revert would do.
pub async fn plan_revert(world: Arc<World>, events: Events, run: RunId, way: Way, written: ChangeSet) {
    if let Ok(revert) = spawn_blocking(move || revert(&world.root, way, &written)).await {
        events.report(Event::RevertPlanned(Box::new(RevertPlanned { run, way, revert }))).await;
    }
}

/// What a revert would do to the files as they are now.
pub fn revert(root: &Root, way: Way, written: &ChangeSet) -> Revert {
    let paths: Vec<String> = written.files.iter().map(|file| file.path.clone()).collect();
    edit::revert(written, way, &read::read(root, &paths))
}

/// Writes, all or nothing. After a kill some files may be written already: those are left, the others follow.
pub async fn apply(world: &Arc<World>, events: &Events, job: JobId, changes: ChangeSet) {
    let root = world.clone();
    let written = spawn_blocking(move || write_all(&root, changes)).await;
    let event = match written {
        Ok(Ok(())) => {
            world.repository.follow_write();
            WorkEvent::Applied { job }
        }
        Ok(Err(failure)) => WorkEvent::ApplyFailed { job, failure },
        Err(stopped) => {
            let failure = Failure::fatal(FailureKind::Internal, format!("Writing stopped: {stopped}"));
            WorkEvent::ApplyFailed { job, failure }
        }
    };
    events.report(Event::Work(event)).await;
}

/// Writes on this thread; see [`apply`].
///
/// # Errors
/// Those of the one write primitive; nothing is changed then.
pub fn write_all(world: &World, changes: ChangeSet) -> Result<(), Failure> {
    let writes: Vec<FileWrite> =
        changes.files.into_iter().map(|f| FileWrite { path: f.path, expect: f.before, content: f.after }).collect();
    let paths: Vec<String> = writes.iter().map(|write| write.path.clone()).collect();
    let states = write::reconcile(&world.root, &writes).map_err(Failure::from)?;
    let begun = states.contains(&FileState::After);
    let left: Vec<FileWrite> = match begun {
        true => writes.into_iter().zip(&states).filter(|(_, s)| **s != FileState::After).map(|(w, _)| w).collect(),
        false => writes,
    };
    if left.is_empty() {
        return Ok(());
    }
    let done: Vec<&str> =
        paths.iter().zip(&states).filter(|(_, s)| **s == FileState::After).map(|(p, _)| p.as_str()).collect();
    write::apply(&world.root, &left).map(drop).map_err(|error| match done.is_empty() {
        true => Failure::from(error),
        // Not stale: what is written already belongs to this change, and an undo takes it back with the rest.
        false => {
            let text = format!("Written before the process ended: {}. Not the others: {error}", done.join(", "));
            Failure::fatal(FailureKind::Io, text)
        }
    })
}
