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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::FileChange;
    use crate::runtime::setup::{Flags, Setup};
    use std::fs;

    /// A world around files that hold their own names.
    async fn world(dir: &tempfile::TempDir) -> World {
        for name in ["a", "b", "c"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let home = dir.path().join(".home").display().to_string();
        let flags = Flags { directory: Some(dir.path().to_owned()), ..Flags::default() };
        let setup = Setup::within(&flags, [("VIBE_TUI_HOME".to_owned(), home)].into_iter().collect()).unwrap();
        let settings = setup.world_settings();
        World::open(setup.root, settings).await.0
    }

    /// Every file doubled.
    fn doubled() -> ChangeSet {
        let file = |name: &&str| FileChange {
            path: (*name).to_owned(),
            before: Some((*name).to_owned()),
            after: Some(name.repeat(2)),
        };
        ChangeSet { files: ["a", "b", "c"].iter().map(file).collect() }
    }

    fn texts(dir: &tempfile::TempDir) -> [String; 3] {
        ["a", "b", "c"].map(|name| fs::read_to_string(dir.path().join(name)).unwrap())
    }

    #[tokio::test]
    async fn what_a_kill_left_half_written_is_written_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let world = world(&dir).await;
        fs::write(dir.path().join("b"), "bb").unwrap();
        write_all(&world, doubled()).unwrap();
        assert_eq!(texts(&dir), ["aa", "bb", "cc"]);
        // Killed before that was known: nothing is left to do, and that is no failure.
        write_all(&world, doubled()).unwrap();
        assert_eq!(texts(&dir), ["aa", "bb", "cc"]);
    }

    #[tokio::test]
    async fn what_cannot_be_written_to_its_end_names_what_is_written_and_is_not_called_stale() {
        let dir = tempfile::tempdir().unwrap();
        let world = world(&dir).await;
        fs::write(dir.path().join("c"), "mine").unwrap();
        let failure = write_all(&world, doubled()).unwrap_err();
        assert_eq!((failure.kind, texts(&dir)), (FailureKind::Stale, ["a", "b", "mine"].map(str::to_owned)));
        fs::write(dir.path().join("a"), "aa").unwrap();
        let failure = write_all(&world, doubled()).unwrap_err();
        assert_eq!((failure.kind, texts(&dir)), (FailureKind::Io, ["aa", "b", "mine"].map(str::to_owned)));
        let said = &failure.message;
        assert!(
            said.starts_with("Written before the process ended: a. Not the others: ") && said.contains('c'),
            "{said}"
        );
    }
}
