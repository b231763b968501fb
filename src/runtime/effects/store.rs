//! Effects on the database.

use super::Events;
use crate::app::{Dated, Entry, Event, Fact, StoreEvent};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::{RunId, SessionId};
use crate::runtime::clock;
use crate::runtime::world::World;
use crate::store::{Durability, NewRow, Row, StoreError, SummaryPatch};

/// Prompts kept for the history.
pub const HISTORY: u32 = 500;

/// Appends facts, and begins the session with its first. What is shown as saved is what this has acknowledged.
///
/// # Errors
/// Those of the store; nothing of the entry is written then.
pub async fn append(world: &World, entry: &Entry) -> Result<(), StoreError> {
    if let Some(Dated { at, fact: Fact::SessionBegun { name, root, .. } }) = entry.facts.first() {
        match world.store.create_session(&entry.session, root, name, *at).await {
            // Begun by a process that was killed before its first fact; `append` refuses if there is more than that.
            Ok(_) | Err(StoreError::Conflict { expected: 0, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let durable = entry.facts.iter().any(|d| d.fact.is_durable());
    let renamed = entry.facts.iter().any(|d| matches!(d.fact, Fact::SessionRenamed { .. }));
    let runs = entry.facts.iter().filter(|d| matches!(d.fact, Fact::RunBegun { .. })).count() as u64;
    let patch = SummaryPatch { name: renamed.then(|| entry.name.clone()), status: Some(entry.status), runs };
    let rows = entry
        .facts
        .iter()
        .map(|d| NewRow { at: d.at, kind: d.fact.kind().to_owned(), payload: payload(&d.fact) })
        .collect();
    let durability = if durable { Durability::Durable } else { Durability::Relaxed };
    world.store.append(&entry.session, entry.first, rows, patch, durability).await?;
    Ok(())
}

fn payload(fact: &Fact) -> String {
    serde_json::to_string(fact).expect("a fact is plain data: strings, numbers, lists and maps with string keys")
}

/// Lists the sessions of the root.
pub async fn list(world: &World, events: &Events) {
    let event = match world.store.sessions(Some(&world.root_name())).await {
        Ok(list) => Event::Store(StoreEvent::SessionsListed(list)),
        Err(error) => Event::Noticed(failure(&error)),
    };
    events.report(event).await;
}

/// Reads a session's journal and takes the session for this process. Returns what to report.
pub async fn load(world: &World, id: SessionId) -> Event {
    Event::Store(match read(world, &id).await {
        Ok(facts) => StoreEvent::SessionLoaded { session: id, facts },
        Err(failure) => {
            // What this process cannot read, another one may.
            let _ = world.store.unlease(&id).await;
            StoreEvent::SessionNotLoaded(failure)
        }
    })
}

/// A session's facts, in order.
///
/// # Errors
/// When another living process has the session, or a row cannot be read: it names the row and what to do.
pub async fn read(world: &World, id: &SessionId) -> Result<Vec<Dated>, Failure> {
    world.store.lease(id, clock::now()).await.map_err(|e| failure(&e))?;
    read_rows(id, world.store.load(id, 1).await.map_err(|e| failure(&e))?)
}

/// The facts in a session's rows.
///
/// # Errors
/// When a row cannot be read: it names the row and what to do.
pub fn read_rows(id: &SessionId, rows: Vec<Row>) -> Result<Vec<Dated>, Failure> {
    rows.into_iter()
        .map(|row| {
            let fact = serde_json::from_str(&row.payload).map_err(|e| {
                let message = format!(
                    "session {id}: row {} ({}) cannot be read: {e}. It was written by another version; use that one, or begin a new session.",
                    row.seq, row.kind
                );
                Failure::fatal(FailureKind::Store, message)
            })?;
            Ok(Dated { at: row.at, fact })
        })
        .collect()
}

/// Removes a session.
pub async fn delete(world: &World, events: &Events, id: &SessionId) {
    if let Err(error) = world.store.delete_session(id).await {
        events.report(Event::Noticed(failure(&error))).await;
    }
}

/// Names a session that is not open: a fact at the end of its journal like any other.
pub async fn rename(world: &World, events: &Events, id: &SessionId, name: String) {
    let renamed = async {
        world.store.lease(id, clock::now()).await?;
        let next = world.store.load(id, 1).await?.last().map_or(1, |row| row.seq + 1);
        let fact = Fact::SessionRenamed { name: name.clone() };
        let row = NewRow { at: clock::now(), kind: fact.kind().to_owned(), payload: payload(&fact) };
        let patch = SummaryPatch { name: Some(name), ..SummaryPatch::default() };
        world.store.append(id, next, vec![row], patch, Durability::Durable).await
    };
    let renamed = renamed.await;
    let given_back = world.store.unlease(id).await;
    if let Err(error) = renamed.map(drop).and(given_back) {
        events.report(Event::Noticed(failure(&error))).await;
    }
}

/// Sums up what was spent and is reserved.
pub async fn totals(world: &World, events: &Events, id: &SessionId, run: RunId) {
    let Ok(totals) = world.store.totals(id, run, world.today()).await else { return };
    events.report(Event::Store(StoreEvent::Totals(totals))).await;
}

/// Keeps a prompt for the history.
pub async fn keep_prompt(world: &World, events: &Events, text: &str) {
    if let Err(error) = world.store.history_add(text, clock::now()).await {
        events.report(Event::Noticed(failure(&error))).await;
    }
}

/// A store's error as data.
pub fn failure(error: &StoreError) -> Failure {
    Failure::fatal(FailureKind::Store, error.to_string())
}
