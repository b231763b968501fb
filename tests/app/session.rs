//! Sessions and their journal: beginning, opening, naming, deleting, and what the entries say.

use super::desk::*;
use vibe_tui::app::{Action, Area, Dated, Effect, Event, Fact, Pointer, Resume, Scope, StoreEvent, TextEdit};
use vibe_tui::domain::failure::FailureKind;
use vibe_tui::domain::ids::SessionId;
use vibe_tui::domain::session::SessionStatus;
use vibe_tui::graph::{RunFact, Stage};

fn id(name: &str) -> SessionId {
    SessionId(name.into())
}

/// A desk with three sessions, "first" the oldest and open at its gate, "named-2" the newest with nothing under way.
fn three() -> Desk {
    let mut desk = Desk::at_gate(World::new());
    for request in ["Add a multiply function to calc.py", "Add a divide function to calc.py"] {
        desk.act(Action::NewSession);
        desk.settle();
        desk.submit(request);
        desk.settle();
        desk.act(Action::CancelRun);
        desk.settle();
    }
    desk.act(Action::FocusSessions);
    desk.act(Action::Bottom);
    desk.act(Action::Confirm);
    desk.settle();
    assert_eq!(listed(&desk), ["named-2", "named-1", "first"]);
    assert_eq!((desk.state.session.id.clone(), desk.state.sessions.selected), (id("first"), 2));
    desk.act(Action::FocusSessions);
    desk
}

fn listed(desk: &Desk) -> Vec<&str> {
    desk.state.sessions.list.iter().map(|s| s.id.0.as_str()).collect()
}

#[test]
fn a_new_session_begins_empty_and_is_journaled_with_its_first_fact() {
    let mut desk = Desk::at_gate(World::new());
    assert_eq!(desk.act(Action::NewSession), [Effect::NameSession]);
    desk.settle();
    assert_eq!((desk.state.session.id.clone(), desk.state.session.seq), (id("named-1"), 0));
    assert!(desk.state.session.messages.is_empty() && desk.state.stream.live.is_none());
    assert_eq!(desk.state.chat.history, [REQUEST], "the history is the root's");
    assert!(!desk.world.journals.contains_key(&id("named-1")));
    desk.submit(REQUEST);
    assert_eq!(desk.entries.last().unwrap().session, id("named-1"));
    assert!(matches!(desk.facts()[0], Fact::SessionBegun { .. }));
}

#[test]
fn the_name_given_at_the_start_is_for_the_first_session_only() {
    let mut opening = opening();
    opening.session_name = Some("mine".into());
    let mut desk = Desk::with(opening, World::new());
    desk.act(Action::NewSession);
    desk.settle();
    desk.submit(REQUEST);
    assert_eq!(desk.state.session.name, REQUEST);
}

#[test]
fn a_session_is_not_left_while_a_run_is_under_way() {
    let mut desk = three();
    desk.submit("differently");
    desk.settle_to_call();
    desk.act(Action::FocusSessions);
    desk.act(Action::Up);
    for action in [Action::NewSession, Action::OpenSession] {
        assert!(desk.act(action).is_empty(), "{action:?}");
        assert_eq!(desk.notice(), "A run is under way: stop it before leaving this session.");
    }
}

#[test]
fn a_session_that_comes_when_a_run_has_begun_meanwhile_is_not_opened() {
    for late in [true, false] {
        let mut desk = three();
        desk.act(Action::Top);
        desk.act(if late { Action::OpenSession } else { Action::NewSession });
        let effect = desk.queue.pop_back().unwrap();
        desk.submit("differently");
        assert_eq!(desk.state.session.id, id("first"));
        desk.perform(effect);
        assert_eq!(desk.state.session.id, id("first"), "the run that has begun is not abandoned");
        desk.settle();
        assert_eq!(desk.run().stage, Stage::Gate);
    }
}

#[test]
fn opening_shows_the_session_as_it_was() {
    let mut desk = three();
    let before = desk.state.session.clone();
    desk.acts(&[Action::Top, Action::OpenSession]);
    assert_eq!(desk.effects, [Effect::LoadSession(id("named-2"))]);
    desk.settle();
    assert_eq!(desk.state.session.id, id("named-2"));
    assert_eq!(desk.state.session.messages[0].text, "Add a divide function to calc.py");
    desk.acts(&[Action::FocusSessions, Action::Bottom, Action::Confirm]);
    desk.load("first");
    assert_eq!(desk.asked(), ["sum"], "nothing is asked of a model again");
    desk.settle();
    assert_eq!(desk.state.session, before, "a session is the fold of its journal");
    assert_eq!(desk.state.layout.focus, Area::Review, "its proposal waits");
}

#[test]
fn the_open_session_is_not_opened_again() {
    let mut desk = three();
    assert!(desk.act(Action::OpenSession).is_empty());
    assert_eq!(desk.notice(), "That session is open.");
}

#[test]
fn a_second_copy_of_the_open_session_that_comes_late_is_ignored() {
    let mut desk = three();
    desk.acts(&[Action::Top, Action::OpenSession, Action::OpenSession]);
    desk.perform(Effect::LoadSession(id("named-2")));
    let stale = desk.world.journals[&id("named-2")].clone();
    desk.submit("src/app.py");
    desk.store(StoreEvent::SessionLoaded { session: id("named-2"), facts: stale });
    assert_eq!(desk.said(vibe_tui::domain::message::Author::User).last(), Some(&"src/app.py"));
}

#[test]
fn without_a_session_there_is_nothing_to_open_rename_or_delete() {
    for action in [Action::OpenSession, Action::RenameSession, Action::DeleteSession] {
        let mut desk = Desk::new(World::new());
        assert!(desk.act(action).is_empty());
        assert!(desk.notice().starts_with("There is no session yet"));
    }
}

#[test]
fn deleting_takes_two_presses_in_a_row_on_the_same_session() {
    let mut desk = three();
    desk.acts(&[Action::Top, Action::DeleteSession]);
    assert!(desk.effects.is_empty());
    assert_eq!(desk.notice(), "Delete “Add a divide function to calc.py” for good? Once more to do it.");
    desk.acts(&[Action::Down, Action::DeleteSession]);
    assert!(desk.effects.is_empty(), "another session needs its own two presses");
    desk.event(Event::Pointed(Pointer::Clicked(Area::Sessions, 0)));
    desk.act(Action::DeleteSession);
    assert!(desk.effects.is_empty(), "another one, by mouse");
    desk.act(Action::DeleteSession);
    assert_eq!(desk.effects, [Effect::DeleteSession(id("named-2")), Effect::ListSessions]);
    desk.settle();
    assert_eq!(listed(&desk), ["named-1", "first"]);
}

#[test]
fn the_open_session_is_not_deleted() {
    let mut desk = three();
    desk.acts(&[Action::DeleteSession, Action::DeleteSession]);
    assert!(desk.effects.is_empty());
    assert!(desk.notice().starts_with("That session is open"));
}

#[test]
fn a_session_that_is_being_opened_is_not_deleted_under_its_reader() {
    let mut desk = three();
    desk.acts(&[Action::Top, Action::OpenSession]);
    let loads = desk.effects.clone();
    desk.acts(&[Action::DeleteSession, Action::DeleteSession]);
    assert!(!desk.effects.iter().any(|e| matches!(e, Effect::DeleteSession(_))), "{loads:?} {:?}", desk.effects);
    assert!(desk.notice().starts_with("That session is being opened"));
    let failure = failure(FailureKind::Store);
    desk.event(Event::Store(StoreEvent::SessionNotLoaded(failure)));
    desk.acts(&[Action::DeleteSession, Action::DeleteSession]);
    assert!(desk.effects.contains(&Effect::DeleteSession(id("named-2"))), "one that could not be read can go");
}

#[test]
fn the_name_that_the_store_made_unique_becomes_a_fact_and_an_older_list_changes_nothing() {
    let mut desk = three();
    let mut list = desk.world.list();
    let open = list.iter().position(|s| s.id == id("first")).unwrap();
    list[open].name = format!("{REQUEST} (2)");
    desk.store(StoreEvent::SessionsListed(list.clone()));
    assert_eq!(desk.facts(), [&Fact::SessionRenamed { name: format!("{REQUEST} (2)") }]);
    assert_eq!(desk.state.session.name, format!("{REQUEST} (2)"));
    // Asked for before that was written: it is not taken back.
    list[open].name = REQUEST.into();
    desk.store(StoreEvent::SessionsListed(list));
    assert!(desk.facts().is_empty(), "{:?}", desk.facts());
    desk.settle();
    assert_eq!(desk.reopened("first").state.session.name, format!("{REQUEST} (2)"), "the journal says so alone");
}

#[test]
fn the_open_session_is_renamed_by_a_fact_and_another_one_by_the_store() {
    let mut desk = three();
    desk.act(Action::RenameSession);
    assert_eq!(desk.state.sessions.renaming.as_deref(), Some(REQUEST));
    desk.event(Event::Typed(TextEdit::DeleteToStart));
    desk.typed("calc\u{7}ulator ");
    desk.act(Action::Confirm);
    assert_eq!(desk.facts(), [&Fact::SessionRenamed { name: "calculator".into() }]);
    assert_eq!(desk.asked(), ["journal"]);
    assert_eq!(desk.effects.last(), Some(&Effect::ListSessions));
    assert_eq!(
        (desk.state.session.name.as_str(), desk.entries.last().unwrap().name.as_str()),
        ("calculator", "calculator")
    );
    assert_eq!(desk.state.sessions.renaming, None);
    desk.settle();

    desk.acts(&[Action::Top, Action::Down, Action::RenameSession]);
    let renamed = desk.state.sessions.list[desk.state.sessions.selected].id.clone();
    assert_ne!(renamed, desk.state.session.id);
    desk.typed(" 2");
    desk.act(Action::Submit);
    assert!(matches!(&desk.effects[0], Effect::RenameSession(id, name) if *id == renamed && name.ends_with(" 2")));
}

#[test]
fn a_name_that_is_empty_or_the_same_changes_nothing_and_closing_gives_up() {
    let mut desk = three();
    desk.acts(&[Action::RenameSession, Action::Confirm]);
    assert!(desk.effects.is_empty());
    desk.act(Action::RenameSession);
    desk.event(Event::Typed(TextEdit::DeleteToStart));
    desk.act(Action::Confirm);
    assert!(desk.effects.is_empty() && desk.state.sessions.renaming.is_none());
    desk.act(Action::RenameSession);
    desk.typed("x");
    desk.act(Action::Close);
    assert!(desk.state.sessions.renaming.is_none() && desk.effects.is_empty());
}

#[test]
fn whatever_moves_the_selection_a_new_name_goes_to_the_session_it_was_typed_for() {
    let refresh = |desk: &mut Desk| {
        let mut list = desk.state.sessions.list.clone();
        list.rotate_left(1);
        desk.store(StoreEvent::SessionsListed(list));
    };
    type Disturb = fn(&mut Desk);
    let table: [(&str, Disturb); 3] = [
        ("arrows", |desk| ignore(desk.act(Action::Up))),
        ("wheel", |desk| ignore(desk.event(Event::Pointed(Pointer::Scrolled(Area::Sessions, -1))))),
        ("click", |desk| ignore(desk.event(Event::Pointed(Pointer::Clicked(Area::Sessions, 0))))),
    ];
    for (name, disturb) in table {
        let mut desk = three();
        desk.acts(&[Action::Top, Action::Down, Action::RenameSession]);
        desk.typed("!");
        disturb(&mut desk);
        refresh(&mut desk);
        desk.act(Action::Submit);
        for effect in &desk.effects {
            assert!(
                !matches!(effect, Effect::RenameSession(other, _) if *other != id("named-1")),
                "{name}: {effect:?}"
            );
        }
    }
}

#[test]
fn the_selection_stays_on_its_session_when_the_list_changes() {
    let mut desk = three();
    desk.acts(&[Action::Top, Action::Down]);
    let mut list = desk.state.sessions.list.clone();
    list.rotate_left(1);
    desk.store(StoreEvent::SessionsListed(list));
    assert_eq!(desk.state.sessions.list[desk.state.sessions.selected].id, id("named-1"));
    desk.store(StoreEvent::SessionsListed(Vec::new()));
    assert_eq!(desk.state.sessions.selected, 0);
}

#[test]
fn any_word_of_several_bytes_can_be_deleted_from_a_name() {
    for name in ["größe\u{3000}länge", "a\u{a0}b", "日本語 テスト", "", "  "] {
        let mut desk = three();
        desk.act(Action::RenameSession);
        desk.event(Event::Typed(TextEdit::DeleteToStart));
        desk.typed(name);
        for edit in [TextEdit::DeleteWord, TextEdit::Backspace, TextEdit::DeleteWord, TextEdit::Undo] {
            desk.event(Event::Typed(edit));
        }
        assert!(desk.state.sessions.renaming.is_some());
    }
}

// ---------------------------------------------------------------- resuming

#[test]
fn the_newest_session_is_opened_at_the_start_only_if_it_is_unfinished() {
    let gate = Desk::at_gate(World::new());
    for (status, resume, opens) in [
        (SessionStatus::Idle, Resume::Unfinished, false),
        (SessionStatus::Archived, Resume::Unfinished, false),
        (SessionStatus::Running, Resume::Unfinished, true),
        (SessionStatus::Waiting, Resume::Unfinished, true),
        (SessionStatus::Paused, Resume::Unfinished, true),
        (SessionStatus::Waiting, Resume::Never, false),
    ] {
        let mut world = gate.world.clone();
        world.names.get_mut(&id("first")).unwrap().1 = status;
        let mut opening = opening();
        (opening.resume, opening.session) = (resume, id("second"));
        let mut desk = Desk::with(opening, world);
        let open = if opens { "first" } else { "second" };
        assert_eq!(desk.state.session.id, id(open), "{status:?} {resume:?}");
        let mut list = desk.world.list();
        list[0].status = SessionStatus::Running;
        assert!(desk.store(StoreEvent::SessionsListed(list)).is_empty(), "only the first list resumes");
    }
}

#[test]
fn nothing_is_resumed_over_what_the_user_has_begun() {
    let gate = Desk::at_gate(World::new());
    for begin in ["waiting", "begun"] {
        let mut opening = opening();
        opening.session = id("second");
        let mut desk = Desk::opened(opening, gate.world.clone());
        if begin == "begun" {
            let models = desk.queue.pop_front().unwrap();
            desk.perform(models);
        }
        desk.submit(REQUEST);
        desk.settle();
        assert_eq!(desk.state.session.id, id("second"), "{begin}");
        assert_eq!(desk.run().stage, Stage::Gate);
    }
}

#[test]
fn what_was_outstanding_when_the_process_ended_is_asked_for_once_more_and_once_only() {
    type Is = fn(&Effect) -> bool;
    let is_out: [(&str, Is); 5] = [
        ("assemble", |e| matches!(e, Effect::AssembleContext { .. })),
        ("call", |e| matches!(e, Effect::CallModel { .. })),
        ("read", |e| matches!(e, Effect::ReadFiles { .. })),
        ("validate", |e| matches!(e, Effect::Validate { .. })),
        ("apply", |e| matches!(e, Effect::Apply { .. })),
    ];
    for (name, is_it) in is_out {
        let mut desk = Desk::new(World::new());
        desk.submit(REQUEST);
        if name == "apply" {
            desk.settle();
            desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
        }
        desk.settle_to(is_it);
        let mut again = desk.reopened("first");
        assert_eq!(again.asked(), ["journal", name, "sum"], "{name}");
        assert_eq!(again.run_facts(), [&RunFact::Interrupted]);
        assert!(again.notice().starts_with("This run was interrupted"));
        again.load("first");
        assert_eq!(again.asked(), Vec::<&str>::new(), "a second copy asks for nothing");
        again.settle();
        if name != "apply" {
            again.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
            again.settle();
        }
        assert!(again.world.disk["calc.py"].contains("def subtract"), "{name}");
    }
}

#[test]
fn a_session_that_waits_for_the_user_asks_for_nothing_when_it_is_opened() {
    let mut paused = Desk::new(World::new().says(
        vibe_tui::domain::model::Node::Planner,
        Reply::Fail(failure(vibe_tui::domain::failure::FailureKind::Network)),
    ));
    paused.submit(REQUEST);
    paused.settle();
    let mut ended = Desk::at_gate(World::new());
    ended.act(Action::CancelRun);
    for desk in [paused, ended, Desk::at_gate(World::new())] {
        let again = desk.reopened("first");
        assert_eq!(again.asked(), ["sum"]);
        assert_eq!(again.state.session, Desk::clone(&desk).settled_session());
    }
}

#[test]
fn the_first_letters_typed_at_a_start_are_no_decisions_and_no_answers_wherever_the_session_stands() {
    let mut paused = Desk::new(World::new().says(
        vibe_tui::domain::model::Node::Planner,
        Reply::Fail(failure(vibe_tui::domain::failure::FailureKind::Network)),
    ));
    paused.submit(REQUEST);
    paused.settle();
    let gate = Desk::at_gate(World::new());
    for (desk, notice) in [(gate, "A proposal waits"), (paused, "This run is paused")] {
        for typed in ["", "F", "Fix @ap"] {
            let mut opening = opening();
            opening.session = id("second");
            let mut again = Desk::opened(opening, desk.world.clone());
            again.typed(typed);
            again.settle();
            assert_eq!(again.state.session.id, id("first"), "it is opened");
            assert!(again.notice().starts_with(notice), "{:?}", again.notice());
            assert_eq!(again.state.layout.focus, Area::Chat);
            assert_eq!(again.state.scopes().last_chunk::<2>(), Some(&[Scope::Typing, Scope::Global]));
            again.typed("ix");
            assert_eq!(again.state.chat.text(), format!("{typed}ix"), "nothing that was typed is lost");
        }
    }
}

#[test]
fn what_comes_of_a_run_that_goes_on_by_itself_takes_no_letters_until_somebody_has_touched_a_key() {
    let mut killed = Desk::new(World::new());
    killed.submit(REQUEST);
    killed.settle_to(|effect| matches!(effect, Effect::Validate { .. }));
    for key in [None, Some(Action::PageUp)] {
        let mut again = killed.reopened("first");
        key.into_iter().for_each(|key| ignore(again.act(key)));
        again.settle();
        assert_eq!(again.run().stage, Stage::Gate);
        let focus = if key.is_none() { Area::Chat } else { Area::Review };
        assert_eq!(again.state.layout.focus, focus, "{key:?}: {}", again.notice());
    }
}

#[test]
fn a_request_that_waits_for_the_models_is_not_taken_for_a_revision_of_what_is_opened_meanwhile() {
    let mut opening = opening();
    opening.session = id("second");
    let mut desk = Desk::opened(opening, Desk::at_gate(World::new()).world);
    let models = desk.queue.pop_front().unwrap();
    let list = desk.queue.pop_front().unwrap();
    desk.perform(list);
    assert_eq!(desk.state.sessions.opening, Some(id("first")));
    desk.submit(REQUEST);
    let load = desk.queue.pop_front().unwrap();
    desk.perform(load);
    desk.perform(models);
    desk.settle();
    assert_eq!((desk.state.session.id.clone(), desk.state.session.runs.len()), (id("second"), 1));
}

impl Desk {
    fn settled_session(mut self) -> vibe_tui::app::Session {
        self.settle();
        self.state.session.acknowledged = self.state.session.seq;
        self.state.session
    }
}

// ---------------------------------------------------------------- the journal

#[test]
fn entries_are_contiguous_and_say_the_session_its_name_and_where_it_stands() {
    let mut desk = Desk::new(World::new());
    let statuses = |desk: &Desk| desk.entries.iter().map(|e| e.status.word()).collect::<Vec<_>>();
    desk.submit(REQUEST);
    desk.settle();
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    desk.settle();
    let mut next = 1;
    for entry in &desk.entries {
        assert_eq!((entry.first, entry.name.as_str(), entry.session.0.as_str()), (next, REQUEST, "first"));
        next += entry.facts.len() as u64;
    }
    assert_eq!(next - 1, desk.state.session.seq);
    let mut order = statuses(&desk);
    order.dedup();
    assert_eq!(order, ["running", "waiting", "running", "idle"]);
    let at: Vec<i64> = desk.entries.iter().flat_map(|e| &e.facts).map(|d| d.at.0).collect();
    assert!(at.is_sorted());
}

#[test]
fn what_begins_a_run_or_answers_a_pause_is_one_entry() {
    let world = World::new()
        .says(vibe_tui::domain::model::Node::Planner, Reply::Refuse { scope: "run", limit: 1, used: 0, asked: 2 });
    let mut desk = Desk::new(world);
    desk.submit(REQUEST);
    assert_eq!(desk.entries.len(), 1, "request, run and start are written together or not at all");
    desk.settle();
    desk.act(Action::RaiseLimit);
    let kinds: Vec<&str> = desk.entries.last().unwrap().facts.iter().map(|d| d.fact.kind()).collect();
    assert_eq!(kinds, ["limit_raised", "run"]);
}

#[test]
fn the_list_is_asked_for_after_the_run_that_changed_it_is_journaled() {
    let mut desk = Desk::at_gate(World::new());
    desk.acts(&[Action::CancelRun, Action::CancelRun]);
    let list = desk.effects.iter().position(|e| *e == Effect::ListSessions);
    let journal = desk.effects.iter().rposition(|e| matches!(e, Effect::Journal(_)));
    assert!(journal < list, "{:?}", desk.effects);
    desk.settle();
    assert_eq!(desk.state.sessions.list[0].status, SessionStatus::Idle);
}

#[test]
fn facts_survive_being_written_down() {
    let mut desk =
        Desk::at_gate(World::new().says(vibe_tui::domain::model::Node::Executor, whole("calc.py", "BROKEN\n")));
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    desk.settle();
    for entry in &desk.entries {
        let written = serde_json::to_string(entry).unwrap();
        assert_eq!(&serde_json::from_str::<vibe_tui::app::Entry>(&written).unwrap(), entry);
        let facts: Vec<Dated> = serde_json::from_str(&serde_json::to_string(&entry.facts).unwrap()).unwrap();
        assert_eq!(facts, entry.facts);
    }
}
