//! `vibe-tui memory`: what is remembered of this repository, and changing that, without opening a session.

use super::clock;
use super::sessions::Format;
use super::setup::Setup;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::MemoryId;
use crate::domain::memory::{Memory, MemoryChange, MemoryKind, MemorySource, NewMemory};
use crate::domain::safe_text::SafeText;
use crate::store::Store;
use serde_json::{Value, json};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryTask {
    /// Show all.
    List,
    /// Remember a text.
    Add(String),
    /// Forget one.
    Forget(u64),
    /// Pin one, or let it go.
    Pin(u64),
}

/// Does what is asked and returns what to print.
///
/// # Errors
/// When there is nothing to remember or too much, when there is no such memory, or when the database cannot be used.
pub async fn memory(setup: &Setup, task: MemoryTask, format: Format) -> Result<String, Failure> {
    let store = Store::open(&setup.paths.data.join("sessions.db")).await;
    let outcome = done(&store, &setup.opening.root.path, task, format).await;
    store.close().await;
    outcome
}

/// What is remembered of the repository; nothing where nothing was kept yet, and no database is made to find that out.
///
/// # Errors
/// When the database cannot be read.
pub async fn remembered(setup: &Setup) -> Result<Vec<Memory>, Failure> {
    let path = setup.paths.data.join("sessions.db");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let store = Store::open(&path).await;
    let memories = store.memories(&setup.opening.root.path).await;
    store.close().await;
    Ok(memories?)
}

async fn done(store: &Store, root: &str, task: MemoryTask, format: Format) -> Result<String, Failure> {
    let change = match task {
        MemoryTask::List => {
            let memories = store.memories(root).await?;
            return Ok(memories.iter().map(|memory| line(memory, format)).collect());
        }
        MemoryTask::Add(text) => {
            let new = NewMemory::new(MemoryKind::Fact, &text, MemorySource::User)
                .map_err(|sentence| Failure::fatal(FailureKind::BadRequest, sentence))?;
            MemoryChange::Remembered(store.remember(root, new, clock::now()).await?)
        }
        MemoryTask::Forget(number) => {
            store.forget(root, MemoryId(number)).await?.map_or(not_there(number), MemoryChange::Forgotten)
        }
        MemoryTask::Pin(number) => {
            store.pin(root, MemoryId(number)).await?.map_or(not_there(number), MemoryChange::Pinned)
        }
    };
    match (&change, format) {
        (MemoryChange::NotThere(_), _) => {
            let message = format!("{change} `vibe-tui memory` lists what is.");
            Err(Failure::fatal(FailureKind::BadRequest, message))
        }
        (MemoryChange::Remembered(m) | MemoryChange::Forgotten(m) | MemoryChange::Pinned(m), Format::Json) => {
            Ok(line(m, format))
        }
        (_, Format::Text) => Ok(format!("{}\n", SafeText::new(&change.to_string()))),
    }
}

fn not_there(number: u64) -> MemoryChange {
    MemoryChange::NotThere(MemoryId(number))
}

fn line(memory: &Memory, format: Format) -> String {
    if format == Format::Json {
        return format!("{}\n", as_json(memory));
    }
    let pinned = if memory.pinned { "pinned" } else { "" };
    let text = SafeText::new(&memory.text).into_string().replace('\n', "\n        ");
    let days = clock::now().millis_since(memory.at) / 86_400_000;
    let (kind, source) = (memory.kind.word(), &memory.source);
    let (recalled, accepted) = (memory.recalled, memory.accepted);
    format!(
        "{:>4}  {pinned:<6}  {kind} from {source}, {days} d old, recalled {recalled}, accepted {accepted}\n        {text}\n",
        memory.id.0
    )
}

fn as_json(memory: &Memory) -> Value {
    json!({"id": memory.id, "kind": memory.kind, "text": memory.text, "source": memory.source, "at": memory.at,
        "pinned": memory.pinned, "recalled": memory.recalled, "accepted": memory.accepted})
}
