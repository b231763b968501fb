//! What is remembered beyond the session: said by the user, learned from a revision that was accepted, forgotten, pinned.

use super::Step;
use crate::app::effect::Effect;
use crate::app::fact::Fact;
use crate::app::state::{Failed, Overlay, Picker, PickerItem, PickerKind, PickerValue};
use crate::domain::ids::MemoryId;
use crate::domain::memory::{Memory, MemoryChange, MemoryKind, MemoryOrder, MemorySource, NewMemory};
use crate::graph::{Outcome, RunFact, Stage};

impl Step<'_> {
    /// Remembers a text. Whether it could.
    pub(super) fn remember(&mut self, text: &str) -> bool {
        match NewMemory::new(MemoryKind::Fact, text, MemorySource::User) {
            Ok(memory) => self.keep(memory),
            Err(sentence) => {
                self.state.tell(sentence, Failed::Yes);
                return false;
            }
        }
        true
    }

    /// Forgets by number. Whether that was one.
    pub(super) fn forget(&mut self, number: &str) -> bool {
        let id = number.parse().map(MemoryId);
        match id {
            Ok(id) => self.effects.push(Effect::Memory(MemoryOrder::Forget(id))),
            Err(_) => self.state.tell("Which one? /memory lists them with their numbers: /forget 3", Failed::Yes),
        }
        id.is_ok()
    }

    /// The session's record comes first, if there is a session; a memory begins none.
    fn keep(&mut self, memory: NewMemory) {
        if self.state.session.seq > 0 {
            self.commit(Fact::Remembered { memory: memory.clone() });
            self.journal();
        }
        self.effects.push(Effect::Memory(MemoryOrder::Remember(memory)));
    }

    pub(super) fn memory_changed(&mut self, change: &MemoryChange) {
        let failed = if matches!(change, MemoryChange::NotThere(_)) { Failed::Yes } else { Failed::No };
        self.state.tell(change.to_string(), failed);
        let journaled = matches!(change, MemoryChange::Forgotten(_) | MemoryChange::Pinned(_));
        if journaled && self.state.session.seq > 0 {
            self.commit(Fact::MemoryChanged { change: change.clone() });
        }
    }

    pub(super) fn show_memories(&mut self, memories: &[Memory]) {
        if memories.is_empty() {
            let text = "Nothing is remembered of this repository: /remember TEXT keeps something.";
            return self.state.tell(text, Failed::No);
        }
        let item = |memory: &Memory| PickerItem {
            label: format!("{} {}", memory.id, memory.text),
            note: note(memory),
            value: PickerValue::Memory(memory.id),
        };
        let items = memories.iter().rev().map(item).collect();
        self.state.overlay = Some(Overlay::Picker(Picker::new(PickerKind::Memory, items)));
    }

    /// A write is done. The first time, what was recalled for the run is credited, and what the user had to say to get
    /// there is learned: nothing else is certain enough.
    pub(super) fn applied(&mut self, fact: RunFact) {
        let first = self.state.session.run().is_some_and(|run| run.applied.is_none());
        self.commit_run(fact);
        let session = &self.state.session;
        let Some(run) = session.run().filter(|r| first && r.stage == Stage::Finished(Outcome::Applied)) else { return };
        let recalled: Vec<MemoryId> =
            run.context.items.iter().filter_map(|item| MemoryId::of_label(&item.label)).collect();
        let source = MemorySource::Run { session: session.id.clone(), run: run.spec.id };
        let lesson = |text: &str| NewMemory::new(MemoryKind::Lesson, text, source.clone()).ok();
        let lessons: Vec<NewMemory> = run.heeded_revisions().filter_map(lesson).collect();
        if !recalled.is_empty() {
            self.effects.push(Effect::Memory(MemoryOrder::Accepted(recalled)));
        }
        lessons.into_iter().for_each(|lesson| self.keep(lesson));
    }
}

/// What stands beside a memory in the list.
fn note(memory: &Memory) -> String {
    let pinned = if memory.pinned { "pinned, " } else { "" };
    let use_of = match memory.recalled {
        0 => "not yet recalled".to_owned(),
        recalled => format!("recalled {recalled}, accepted {}", memory.accepted),
    };
    format!("{pinned}{} from {}, {use_of}", memory.kind.word(), memory.source)
}
