//! What is remembered beyond the session: orders, the record in the journal, lessons and credit after an accepted change.

use super::desk::*;
use vibe_tui::app::{
    Action, Command, Effect, Event, Fact, Failed, Overlay, PickerKind, PickerValue, StoreEvent, TextEdit, WorkEvent,
};
use vibe_tui::domain::clock::Timestamp;
use vibe_tui::domain::context::{ContextItem, ContextKind};
use vibe_tui::domain::ids::{MemoryId, RunId, SessionId};
use vibe_tui::domain::memory::{Memory, MemoryChange, MemoryKind, MemoryOrder, MemorySource, NewMemory};
use vibe_tui::domain::message::Author;
use vibe_tui::domain::model::Node;

fn new(text: &str) -> NewMemory {
    NewMemory::new(MemoryKind::Fact, text, MemorySource::User).unwrap()
}

fn memory(id: u64, text: &str) -> Memory {
    let NewMemory { kind, text, source } = new(text);
    let (id, at) = (MemoryId(id), Timestamp(0));
    Memory { id, kind, text, source, at, pinned: false, recalled: 2, accepted: 1, accepted_at: None }
}

/// Every fact so far.
fn journal(desk: &Desk) -> Vec<&Fact> {
    desk.entries.iter().flat_map(|e| &e.facts).map(|d| &d.fact).collect()
}

/// What the newest event asked of the memory.
fn orders(desk: &Desk) -> Vec<MemoryOrder> {
    let order = |effect: &Effect| match effect {
        Effect::Memory(order) => Some(order.clone()),
        _ => None,
    };
    desk.effects.iter().filter_map(order).collect()
}

#[test]
fn what_is_remembered_before_a_session_begins_none() {
    let mut desk = Desk::new(World::new());
    desk.submit("/remember  Use tabs. ");
    assert_eq!(orders(&desk), [MemoryOrder::Remember(new("Use tabs."))]);
    assert!(desk.entries.is_empty() && desk.state.chat.text().is_empty());
    desk.store(StoreEvent::MemoryChanged(MemoryChange::Remembered(memory(4, "Use tabs."))));
    assert_eq!(desk.notice(), "Remembered as 4: Use tabs.");
    assert!(desk.entries.is_empty());
}

#[test]
fn in_a_session_what_is_remembered_and_forgotten_is_journaled_and_said() {
    let mut desk = Desk::at_gate(World::new());
    desk.submit("/remember Use tabs.");
    assert_eq!(desk.asked()[0], "journal", "the record comes first");
    assert_eq!(orders(&desk), [MemoryOrder::Remember(new("Use tabs."))]);
    desk.submit("/forget 3");
    assert_eq!(orders(&desk), [MemoryOrder::Forget(MemoryId(3))]);
    desk.store(StoreEvent::MemoryChanged(MemoryChange::Forgotten(memory(3, "Use spaces."))));
    let kinds: Vec<&str> = journal(&desk).iter().map(|f| f.kind()).collect();
    assert!(kinds.ends_with(&["remembered", "memory_changed"]), "{kinds:?}");
    let said = desk.said(Author::Workbench);
    assert_eq!(said[said.len() - 2..], ["Remembered: Use tabs.", "Forgotten: Use spaces."]);
}

#[test]
fn an_order_for_the_memory_that_cannot_be_followed_stays_in_the_line_with_the_reason() {
    for (order, reason) in [
        ("/remember".to_owned(), "There is nothing to remember"),
        (format!("/remember {}", "x".repeat(1001)), "That is 1001 bytes long"),
        ("/forget".to_owned(), "Which one? /memory lists them"),
        ("/forget tabs".to_owned(), "Which one? /memory lists them"),
    ] {
        let mut desk = Desk::new(World::new());
        desk.submit(&order);
        assert!(desk.notice().starts_with(reason), "{order}: {}", desk.notice());
        assert_eq!(desk.state.notice.as_ref().unwrap().failed, Failed::Yes);
        assert_eq!(desk.state.chat.text(), order);
        assert!(desk.effects.is_empty());
    }
    let mut desk = Desk::at_gate(World::new());
    let facts = journal(&desk).len();
    desk.store(StoreEvent::MemoryChanged(MemoryChange::NotThere(MemoryId(9))));
    assert_eq!((desk.notice(), journal(&desk).len()), ("Nothing is remembered as 9.", facts));
}

#[test]
fn the_list_shows_the_newest_first_and_choosing_one_pins_it() {
    let mut desk = Desk::new(World::new());
    desk.submit("/memory");
    assert_eq!(orders(&desk), [MemoryOrder::List]);
    desk.store(StoreEvent::Memories(Vec::new()));
    assert!(desk.notice().starts_with("Nothing is remembered of this repository"), "{}", desk.notice());
    desk.store(StoreEvent::Memories(vec![memory(1, "Use tabs."), memory(2, "Be brief.")]));
    let Some(Overlay::Picker(picker)) = &desk.state.overlay else { panic!() };
    let lines: Vec<(&str, &str)> = picker.items.iter().map(|i| (i.label.as_str(), i.note.as_str())).collect();
    let note = "fact from you, recalled 2, accepted 1";
    assert_eq!((picker.kind, lines), (PickerKind::Memory, vec![("2 Be brief.", note), ("1 Use tabs.", note)]));
    desk.act(Action::Confirm);
    assert_eq!(orders(&desk), [MemoryOrder::Pin(MemoryId(2))]);
}

#[test]
fn the_palette_offers_the_orders_that_are_no_action_and_begins_to_type_them() {
    let mut desk = Desk::new(World::new());
    desk.act(Action::Palette);
    desk.typed("remember");
    let Some(Overlay::Picker(picker)) = &desk.state.overlay else { panic!() };
    let command = Command::named("remember").unwrap();
    assert_eq!(picker.choice().unwrap().value, PickerValue::Command(command));
    desk.act(Action::Confirm);
    assert_eq!((desk.state.chat.text().as_str(), desk.state.chat.typing), ("/remember ", true));
    desk.event(Event::Typed(TextEdit::DeleteToStart));
}

/// A desk at whose gate the proposal was revised.
fn revised() -> Desk {
    let lambda = whole("calc.py", &format!("{CALC}\nsubtract = lambda a, b: a - b\n"));
    let mut desk = Desk::at_gate(World::new().says(Node::Executor, subtract()).says(Node::Executor, lambda));
    desk.submit("use a lambda");
    desk.settle();
    assert_eq!((desk.run().attempts.len(), desk.run().chosen), (2, 1));
    desk
}

/// Accepts everything and writes it; the effects of the moment at which it is written.
fn accept(desk: &mut Desk) -> Vec<MemoryOrder> {
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    let Effect::Apply { job, .. } = desk.settle_to(|e| matches!(e, Effect::Apply { .. })) else { panic!() };
    desk.work(WorkEvent::Applied { job });
    orders(desk)
}

fn lesson(text: &str) -> MemoryOrder {
    let source = MemorySource::Run { session: SessionId("first".into()), run: RunId(1) };
    MemoryOrder::Remember(NewMemory { kind: MemoryKind::Lesson, source, ..new(text) })
}

#[test]
fn a_revision_whose_proposal_is_accepted_is_a_lesson_and_is_learned_once() {
    let mut desk = revised();
    assert_eq!(accept(&mut desk), [lesson("use a lambda")]);
    let said = desk.said(Author::Workbench);
    assert!(said.contains(&"Learned from your revision: use a lambda"), "{said:?}");
    desk.settle();
    for action in [Action::Undo, Action::Redo] {
        desk.act(action);
        desk.settle();
        desk.act(Action::Confirm);
        desk.settle();
    }
    let learned = journal(&desk).iter().filter(|f| matches!(f, Fact::Remembered { .. })).count();
    assert_eq!(learned, 1, "writing it again teaches nothing");
}

#[test]
fn a_revision_teaches_nothing_when_an_earlier_attempt_or_nothing_is_accepted() {
    let mut desk = revised();
    desk.act(Action::PreviousAttempt);
    assert_eq!(accept(&mut desk), []);
    let mut desk = revised();
    desk.acts(&[Action::RejectAll, Action::Apply, Action::Apply]);
    desk.settle();
    assert!(!journal(&desk).iter().any(|f| matches!(f, Fact::Remembered { .. })));
}

#[test]
fn what_was_recalled_for_a_change_that_is_accepted_is_credited() {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    let assembling = desk.settle_to(|e| matches!(e, Effect::AssembleContext { .. }));
    let Effect::AssembleContext { job, .. } = assembling else { panic!() };
    let mut bundle = desk.world.bundle();
    let item = |label: &str| ContextItem {
        kind: ContextKind::Memory,
        label: label.into(),
        lines: vec![],
        text: "Remembered: x\n".into(),
        tokens: 3,
        reason: "pinned".into(),
    };
    bundle.items.extend(["memory 7", "pinned memory 2", "message 1"].map(item));
    desk.work(WorkEvent::ContextAssembled { job, bundle: Box::new(bundle) });
    desk.settle();
    assert_eq!(accept(&mut desk), [MemoryOrder::Accepted(vec![MemoryId(7), MemoryId(2)])]);
}

#[test]
fn what_came_of_earlier_runs_goes_with_the_conversation() {
    let mut desk = Desk::at_gate(World::new());
    accept(&mut desk);
    desk.settle();
    desk.submit("Fix the add function in calc.py");
    let Some(Effect::AssembleContext { past, model, .. }) =
        desk.effects.iter().find(|e| matches!(e, Effect::AssembleContext { .. }))
    else {
        panic!()
    };
    let past: Vec<(&str, &str)> = past.iter().map(|p| (p.request.as_str(), p.outcome.as_str())).collect();
    assert_eq!(past, [(REQUEST, "applied to calc.py")]);
    assert_eq!(*model, reference(LOCAL));
}
