//! What the last prompt was made of, and what the user says of its files.

use super::desk::*;
use vibe_tui::app::{
    Action, ContextView, Effect, Event, Fact, Failed, FileSought, Overlay, Scope, Standing, WorkEvent,
};
use vibe_tui::domain::context::{ContextBundle, ContextItem, ContextKind, FileWishes, Unseen};
use vibe_tui::domain::money::Money;

fn item(kind: ContextKind, label: &str, tokens: u32) -> ContextItem {
    let text = "one\ntwo\nthree\n".to_owned();
    ContextItem { kind, label: label.into(), lines: vec![], text, tokens, reason: "named".into() }
}

fn bundle() -> ContextBundle {
    use ContextKind::*;
    let items = vec![
        item(Memory, "AGENTS.md", 100),
        item(Code, "layout", 200),
        item(Code, "calc.py", 300),
        item(Code, "src/util.py", 400),
        item(Pattern, "crud", 500),
    ];
    ContextBundle { tokens: 1500, budget: 3000, items, ..ContextBundle::default() }
}

/// A desk whose run has this context and waits for its first answer, with the view open.
fn looking() -> Desk {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    let Effect::AssembleContext { job, .. } = desk.settle_to(|e| matches!(e, Effect::AssembleContext { .. })) else {
        panic!()
    };
    desk.work(WorkEvent::ContextAssembled { job, bundle: Box::new(bundle()) });
    desk.settle();
    desk.submit("/context");
    desk
}

fn select(desk: &mut Desk, label: &str) {
    desk.act(Action::Top);
    for _ in 0..20 {
        if desk.row() == label {
            return;
        }
        desk.act(Action::Down);
    }
    panic!("no line {label}");
}

impl Desk {
    fn view(&self) -> ContextView {
        let Some(Overlay::Context(view)) = &self.state.overlay else { panic!("the context is not shown") };
        *view
    }

    /// The selected line.
    fn row(&self) -> &str {
        let row = self.state.context_row(&self.view()).unwrap();
        row.item.map_or(row.path.unwrap_or(""), |(_, item)| &item.label)
    }

    fn wishes(&mut self) -> FileWishes {
        self.submit("Add a divide function to calc.py");
        let is_it = |effect: &Effect| matches!(effect, Effect::AssembleContext { .. });
        let Effect::AssembleContext { files, .. } = self.settle_to(is_it) else { panic!() };
        files
    }
}

#[test]
fn the_lines_are_the_items_of_the_last_prompt_and_only_files_can_be_spoken_of() {
    let desk = looking();
    let rows = desk.state.context_rows();
    let paths: Vec<Option<&str>> = rows.iter().map(|row| row.path).collect();
    assert_eq!(paths, [None, None, Some("calc.py"), Some("src/util.py"), None]);
    assert_eq!(desk.state.scopes(), [Scope::Context, Scope::Global]);
}

#[test]
fn a_named_file_that_the_model_does_not_see_is_said_in_the_chat_before_the_model_is_asked() {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    let Effect::AssembleContext { job, .. } = desk.settle_to(|e| matches!(e, Effect::AssembleContext { .. })) else {
        panic!()
    };
    let unseen = vec![Unseen { path: "line.py".into(), why: "larger than 4 MiB".into() }];
    let bundle = ContextBundle { unseen, ..bundle() };
    desk.work(WorkEvent::ContextAssembled { job, bundle: Box::new(bundle.clone()) });
    let said =
        |desk: &Desk| desk.state.session.messages.iter().filter(|m| m.text.contains("does not see `line.py`")).count();
    assert_eq!(said(&desk), 1);
    desk.settle_to(|e| matches!(e, Effect::CallModel { .. }));
    desk.work(WorkEvent::ContextAssembled { job, bundle: Box::new(bundle) });
    assert_eq!(said(&desk), 1, "a context that nobody awaits says nothing");
}

#[test]
fn what_is_pinned_or_dropped_is_journaled_and_holds_for_the_next_contexts_of_the_session() {
    let mut desk = looking();
    select(&mut desk, "src/util.py");
    desk.act(Action::DropItem);
    assert_eq!(desk.facts(), [&Fact::ContextDropped { path: "src/util.py".into() }]);
    assert_eq!(desk.state.context_row(&desk.view()).unwrap().standing, Some(Standing::Dropped));
    desk.say_of_file("/pin ./docs/plan.md");
    assert_eq!(desk.facts(), [&Fact::ContextPinned { path: "docs/plan.md".into() }]);
    let absent = desk.state.context_rows().into_iter().filter(|row| row.item.is_none());
    assert_eq!(absent.map(|row| row.path.unwrap().to_owned()).collect::<Vec<_>>(), ["docs/plan.md"]);

    let mut again = desk.reopened("first");
    again.acts(&[Action::CancelRun, Action::CancelRun]);
    again.settle();
    let FileWishes { pinned, dropped, open } = again.wishes();
    assert_eq!((pinned, dropped), (vec!["docs/plan.md".to_owned()], vec!["src/util.py".to_owned()]));
    assert_eq!(open, ["calc.py"], "what the proposal touched");
}

#[test]
fn said_once_more_it_is_taken_back_and_said_otherwise_it_is_changed() {
    let mut desk = looking();
    select(&mut desk, "calc.py");
    desk.acts(&[Action::DropItem, Action::PinItem]);
    assert_eq!(desk.facts(), [&Fact::ContextPinned { path: "calc.py".into() }]);
    assert_eq!((desk.state.session.pinned.len(), desk.state.session.dropped.len()), (1, 0));
    desk.act(Action::PinItem);
    assert_eq!(desk.facts(), [&Fact::ContextReset { path: "calc.py".into() }]);
    assert_eq!(desk.state.standing("calc.py"), None);
    desk.say_of_file("/pin gone.py");
    desk.submit("/context");
    select(&mut desk, "gone.py");
    desk.act(Action::PinItem);
    assert_eq!(desk.row(), "crud", "a line that was only there for that is gone");
}

#[test]
fn what_is_no_file_cannot_be_dropped_and_what_is_no_path_of_the_repository_is_refused() {
    let mut desk = looking();
    select(&mut desk, "AGENTS.md");
    desk.act(Action::DropItem);
    assert!(desk.facts().is_empty() && desk.notice().starts_with("Only files"), "{}", desk.notice());
    for name in ["", "/etc/passwd", "../x", "a/../../x", "~/x", "a\u{7}b"] {
        let mut desk = Desk::new(World::new());
        desk.say_of_file(&format!("/drop {name}"));
        assert!(desk.entries.is_empty(), "{name}");
        assert_eq!(desk.state.notice.as_ref().unwrap().failed, Failed::Yes, "{name}");
    }
    let mut desk = Desk::new(World::new());
    desk.say_of_file("/pin `src/a.py`");
    assert_eq!(
        (desk.state.session.pinned.as_slice(), desk.state.session.name.as_str()),
        (&["src/a.py".to_owned()][..], "src/a.py")
    );
}

#[test]
fn a_name_that_is_no_file_is_refused_and_stays_to_be_corrected() {
    let mut desk = Desk::new(World::new());
    let effects = desk.submit("/pin @none.go").to_vec();
    assert!(
        matches!(&effects[..], [Effect::FindFile(FileSought { name, said: Standing::Pinned, .. })] if name == "none.go")
    );
    assert_eq!(desk.state.chat.text(), "");
    let mut desk = Desk::new(World::new());
    desk.say_of_file("/drop none.go");
    assert_eq!((desk.entries.len(), desk.state.chat.text().as_str()), (0, "/drop none.go"));
    assert_eq!(desk.state.notice.as_ref().unwrap().failed, Failed::Yes);
    desk.state.chat.set_text("");
    let other = vibe_tui::domain::ids::SessionId("other".into());
    let found = Ok("calc.py".to_owned());
    let sought = FileSought { session: other, name: "calc.py".into(), said: Standing::Pinned };
    desk.event(Event::FileFound(sought, found));
    assert!(desk.entries.is_empty(), "another session was meant");
    desk.say_of_file("/pin calc.py");
    desk.say_of_file("/pin calc.py");
    assert_eq!(desk.facts(), [&Fact::ContextReset { path: "calc.py".into() }]);
}

#[test]
fn what_a_change_costs_of_the_prefix_that_servers_cache_is_told_before_it_is_made() {
    let mut desk = looking();
    let change = |desk: &Desk, at: usize, said| {
        let change = desk.state.context_change(&desk.state.context_rows()[at], said);
        (change.dropped, change.prefix)
    };
    assert_eq!(change(&desk, 2, Standing::Dropped), (300, Some((3, 900))), "what stands behind it is read anew");
    assert_eq!(change(&desk, 3, Standing::Pinned), (0, Some((3, 1200))), "it moves before the first file");
    assert_eq!(change(&desk, 2, Standing::Pinned), (0, None), "it stands there already");
    select(&mut desk, "calc.py");
    desk.act(Action::DropItem);
    assert_eq!(change(&desk, 2, Standing::Dropped), (0, None), "taken back, the prompt is as it was");
    desk.say_of_file("/pin docs/plan.md");
    assert_eq!(change(&desk, 5, Standing::Dropped), (0, None), "it is not in the prompt");
}

#[test]
fn taking_back_what_was_said_since_the_last_prompt_leaves_its_prefix_as_it_was() {
    let mut desk = looking();
    let prefix = |desk: &Desk, label: &str, said| {
        let rows = desk.state.context_rows();
        let is_it = |row: &&vibe_tui::app::ContextRow| row.path == Some(label);
        desk.state.context_change(rows.iter().find(is_it).unwrap(), said).prefix
    };
    select(&mut desk, "src/util.py");
    desk.act(Action::PinItem);
    assert_eq!(prefix(&desk, "src/util.py", Standing::Pinned), None, "nothing was sent since");
    for (order, said) in [("/drop docs/plan.md", Standing::Dropped), ("/pin docs/plan.md", Standing::Pinned)] {
        desk.say_of_file(order);
        assert_eq!(prefix(&desk, "docs/plan.md", said), None, "{order}: it was not in the prompt");
    }
    let mut pinned = bundle();
    pinned.items[2].reason = "pinned; 3 of 9 lines".into();
    let mut desk = Desk::new(World::new());
    desk.say_of_file("/pin calc.py");
    desk.submit(REQUEST);
    let Effect::AssembleContext { job, .. } = desk.settle_to(|e| matches!(e, Effect::AssembleContext { .. })) else {
        panic!()
    };
    desk.work(WorkEvent::ContextAssembled { job, bundle: Box::new(pinned) });
    assert_eq!(prefix(&desk, "calc.py", Standing::Pinned), Some((3, 1200)), "it stood there pinned");
}

#[test]
fn an_item_can_be_read_and_left_and_copied() {
    let mut desk = looking();
    select(&mut desk, "calc.py");
    desk.acts(&[Action::Confirm, Action::Down]);
    assert_eq!(desk.view().reading, Some(1));
    desk.act(Action::Copy);
    assert!(desk.effects.contains(&Effect::CopyText("one\ntwo\nthree\n".into())));
    desk.event(Event::ScrollEnded(vibe_tui::app::Area::Chat, 0));
    assert_eq!(desk.view().reading, Some(0));
    desk.act(Action::Close);
    assert_eq!((desk.view().reading, desk.row()), (None, "calc.py"));
    desk.act(Action::Close);
    assert_eq!(desk.state.overlay, None);
    desk.say_of_file("/pin other.py");
    desk.submit("/tokens");
    select(&mut desk, "other.py");
    desk.act(Action::Confirm);
    assert_eq!(desk.view().reading, None, "it has no text yet");
}

#[test]
fn the_prompt_costs_what_the_chosen_model_takes_for_it_and_an_unknown_price_stays_unknown() {
    let mut desk = Desk::new(World::new());
    desk.state.model = Some(reference(LOCAL));
    assert_eq!(desk.state.prompt_cost(1_000_000), Some(Money::ZERO));
    desk.state.model = Some(reference(PRICED));
    assert_eq!(desk.state.prompt_cost(1_000_000), Money::from_usd(1.0));
    desk.state.model = Some(reference(UNPRICED));
    assert_eq!(desk.state.prompt_cost(1_000_000), None);
}

#[test]
fn a_pinned_file_that_is_in_no_context_is_said_once_that_is_known() {
    let mut desk = Desk::new(World::new());
    desk.say_of_file("/pin calc.py");
    desk.say_of_file("/pin docs/nowhere.md");
    desk.submit(REQUEST);
    desk.settle_to(|e| matches!(e, Effect::CallModel { .. }));
    assert!(
        desk.notice().starts_with("Pinned, but not in this context: docs/nowhere.md. It is not there"),
        "{}",
        desk.notice()
    );
}

#[test]
fn the_context_of_a_session_that_is_left_does_not_stay_on_top() {
    let mut desk = Desk::at_gate(World::new().file("lines.py", "x = 1\n"));
    desk.acts(&[Action::ShowContext, Action::Bottom, Action::NewSession]);
    desk.settle();
    assert!(desk.state.overlay.is_none());
}
