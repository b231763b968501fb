//! Effects on what is remembered.

use super::Events;
use super::store::failure;
use crate::app::{Event, StoreEvent};
use crate::domain::memory::{MemoryChange, MemoryOrder};
use crate::runtime::clock;
use crate::runtime::world::World;
use crate::store::StoreError;

/// Does what was asked of the memory and reports what became of it.
pub async fn perform(world: &World, events: &Events, order: MemoryOrder) {
    let event = match done(world, order).await {
        Ok(Some(event)) => Event::Store(event),
        Ok(None) => return,
        Err(error) => Event::Noticed(failure(&error)),
    };
    events.report(event).await;
}

async fn done(world: &World, order: MemoryOrder) -> Result<Option<StoreEvent>, StoreError> {
    let (store, root) = (&world.store, world.root_name());
    let change = match order {
        MemoryOrder::Remember(new) => MemoryChange::Remembered(store.remember(&root, new, clock::now()).await?),
        MemoryOrder::Forget(id) => {
            store.forget(&root, id).await?.map_or(MemoryChange::NotThere(id), MemoryChange::Forgotten)
        }
        MemoryOrder::Pin(id) => store.pin(&root, id).await?.map_or(MemoryChange::NotThere(id), MemoryChange::Pinned),
        MemoryOrder::List => return Ok(Some(StoreEvent::Memories(store.memories(&root).await?))),
        MemoryOrder::Accepted(ids) => {
            store.memories_accepted(ids, clock::now()).await?;
            return Ok(None);
        }
    };
    Ok(Some(StoreEvent::MemoryChanged(change)))
}
