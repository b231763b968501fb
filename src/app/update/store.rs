//! What comes back from the database.

use super::Step;
use crate::app::event::StoreEvent;

impl Step<'_> {
    pub(super) fn store_event(&mut self, event: &StoreEvent) {
        match event {
            StoreEvent::Journaled { session, seq } => {
                let open = &mut self.state.session;
                if open.id == *session {
                    open.acknowledged = open.acknowledged.max(*seq);
                    open.unsaved = None;
                }
            }
            StoreEvent::JournalFailed(failure) => {
                self.state.session.unsaved = Some(failure.clone());
                self.state.tell_failure(failure);
            }
            StoreEvent::SessionsListed(list) => self.sessions_listed(list),
            StoreEvent::SessionLoaded { session, facts } => self.session_loaded(session, facts),
            StoreEvent::SessionNotLoaded(failure) => {
                self.state.sessions.opening = None;
                self.state.tell_failure(failure);
            }
            StoreEvent::SessionNamed(id) => self.session_named(id),
            StoreEvent::Totals(totals) => self.state.totals = *totals,
            StoreEvent::Memories(memories) => self.show_memories(memories),
            StoreEvent::MemoryChanged(change) => self.memory_changed(change),
            StoreEvent::History(history) => self.state.chat.history.clone_from(history),
        }
    }
}
