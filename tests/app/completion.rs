//! Completing what stands behind an `@`.

use super::desk::*;
use vibe_tui::app::{Action, CompletionItem, CompletionKind, Effect, Event, RepositoryEvent, Scope, TextEdit};
use vibe_tui::domain::outline::Tier;

fn file(path: &str) -> CompletionItem {
    CompletionItem { kind: CompletionKind::File, name: path.to_owned(), place: String::new() }
}

fn symbol(name: &str) -> CompletionItem {
    CompletionItem { kind: CompletionKind::Symbol, name: name.to_owned(), place: "src/app.py:3".to_owned() }
}

/// Types letter by letter; what the last one asked for.
fn letters(desk: &mut Desk, text: &str) -> Option<String> {
    text.chars().for_each(|c| ignore(desk.event(Event::Typed(TextEdit::Insert(c)))));
    asked(desk)
}

fn asked(desk: &Desk) -> Option<String> {
    desk.effects.iter().find_map(|effect| match effect {
        Effect::Complete { query } => Some(query.clone()),
        _ => None,
    })
}

fn answer(desk: &mut Desk, query: &str, items: &[CompletionItem]) {
    desk.event(Event::Completed { query: query.to_owned(), items: Some(items.to_vec()) });
}

fn offered(desk: &Desk) -> Vec<&str> {
    let completion = desk.state.chat.completion.as_ref().filter(|completion| completion.offers());
    completion.map_or(Vec::new(), |completion| completion.items.iter().map(|item| item.name.as_str()).collect())
}

#[test]
fn letters_behind_an_at_sign_are_asked_for_and_what_is_chosen_replaces_them() {
    let mut desk = Desk::new(World::new());
    assert_eq!(letters(&mut desk, "Fix @"), None, "nothing to look for yet");
    assert_eq!(letters(&mut desk, "ap"), Some("ap".to_owned()));
    answer(&mut desk, "ap", &[file("src/app.py"), symbol("App.open")]);
    assert_eq!(desk.state.scopes()[0], Scope::Completion);
    desk.act(Action::Confirm);
    assert_eq!(desk.state.chat.text(), "Fix src/app.py ");
    assert_eq!(desk.state.chat.reading.as_ref().unwrap().paths, ["src/app.py"]);
    assert_eq!(desk.state.scopes()[0], Scope::Typing);
    letters(&mut desk, "and @op");
    answer(&mut desk, "op", &[file("src/app.py"), symbol("App.open")]);
    desk.acts(&[Action::Down, Action::Down, Action::Confirm]);
    assert_eq!(desk.state.chat.text(), "Fix src/app.py and `App.open` ");
    assert_eq!(desk.state.chat.reading.as_ref().unwrap().symbols, ["App.open"]);
}

#[test]
fn a_path_with_a_space_is_quoted_so_that_it_stays_one_path() {
    let mut desk = Desk::new(World::new());
    letters(&mut desk, "Fix @sp");
    answer(&mut desk, "sp", &[file("a b/sp ace.py")]);
    desk.act(Action::Confirm);
    assert_eq!(desk.state.chat.text(), "Fix @`a b/sp ace.py` ");
    assert_eq!(desk.state.chat.reading.as_ref().unwrap().paths, ["a b/sp ace.py"]);
}

#[test]
fn in_an_order_a_name_stands_bare() {
    let mut desk = Desk::new(World::new());
    letters(&mut desk, "/pin @op");
    answer(&mut desk, "op", &[symbol("App.open")]);
    desk.act(Action::Confirm);
    assert_eq!(desk.state.chat.text(), "/pin App.open ");
}

#[test]
fn an_answer_for_older_letters_is_dropped_and_what_is_seen_stays_until_the_newer_one_comes() {
    let mut desk = Desk::new(World::new());
    letters(&mut desk, "@a");
    answer(&mut desk, "a", &[file("a.py"), file("apple.py")]);
    assert_eq!(letters(&mut desk, "p"), Some("ap".to_owned()));
    assert_eq!(offered(&desk), ["a.py", "apple.py"]);
    answer(&mut desk, "a", &[file("late.py")]);
    assert_eq!(offered(&desk), ["a.py", "apple.py"]);
    answer(&mut desk, "ap", &[file("apple.py")]);
    assert_eq!(offered(&desk), ["apple.py"]);
    answer(&mut desk, "ap", &[]);
    assert_eq!(desk.state.scopes()[0], Scope::Typing, "nothing to accept: Enter sends");
}

#[test]
fn what_is_taken_before_the_answer_has_come_is_its_best_line_unless_more_is_typed() {
    let mut desk = Desk::new(World::new());
    letters(&mut desk, "@a");
    assert_eq!(desk.state.scopes()[0], Scope::Completion, "the keys are the list's already");
    desk.act(Action::Confirm);
    answer(&mut desk, "a", &[file("a.py"), file("apple.py")]);
    assert_eq!(desk.state.chat.text(), "a.py ");
    letters(&mut desk, "@b");
    desk.act(Action::Confirm);
    letters(&mut desk, "c");
    answer(&mut desk, "b", &[file("b.py")]);
    answer(&mut desk, "bc", &[file("bc.py")]);
    assert_eq!(desk.state.chat.text(), "a.py @bc");
    desk.act(Action::Confirm);
    letters(&mut desk, "@none");
    desk.act(Action::Confirm);
    answer(&mut desk, "none", &[]);
    assert_eq!(desk.state.chat.text(), "a.py bc.py @none");
}

#[test]
fn a_closed_list_stays_closed_at_that_sign_and_opens_at_the_next() {
    let mut desk = Desk::new(World::new());
    letters(&mut desk, "@a");
    answer(&mut desk, "a", &[file("a.py")]);
    desk.act(Action::Close);
    assert_eq!((offered(&desk).len(), desk.state.chat.text().as_str()), (0, "@a"));
    assert!(desk.state.chat.typing, "only the list was left");
    assert_eq!(letters(&mut desk, "p"), None);
    assert_eq!(letters(&mut desk, " @b"), Some("b".to_owned()));
}

#[test]
fn an_at_sign_within_a_word_and_one_that_was_left_behind_ask_for_nothing() {
    for text in ["ada@shop", "@app is", "no sign"] {
        let mut desk = Desk::new(World::new());
        assert_eq!(letters(&mut desk, text), None, "{text}");
        assert_eq!(desk.state.chat.completion, None, "{text}");
    }
    let mut desk = Desk::new(World::new());
    desk.typed("see (@über");
    assert_eq!(asked(&desk), Some("über".to_owned()));
    desk.event(Event::Typed(TextEdit::LineStart));
    assert_eq!(desk.state.chat.completion, None);
}

fn map_is_made(desk: &mut Desk) {
    desk.event(Event::Repository(RepositoryEvent::Ready { files: 1, symbols: 1, millis: 1 }));
}

/// The answer while the map is being made.
fn no_map(desk: &mut Desk, query: &str) {
    desk.event(Event::Completed { query: query.to_owned(), items: None });
}

#[test]
fn what_came_before_the_map_was_made_is_asked_for_once_it_is() {
    let mut desk = Desk::new(World::new());
    letters(&mut desk, "@app");
    no_map(&mut desk, "app");
    assert!(desk.state.chat.completion.as_ref().unwrap().no_map);
    map_is_made(&mut desk);
    assert_eq!(asked(&desk), Some("app".to_owned()));
}

#[test]
fn names_that_the_map_gains_come_into_the_list_that_is_open_and_what_is_chosen_stays_chosen() {
    let mut desk = Desk::new(World::new());
    map_is_made(&mut desk);
    for event in [
        RepositoryEvent::Changed { files: 2, symbols: 2 },
        RepositoryEvent::Progress { tier: Tier::Exact, done: 2, total: 2 },
    ] {
        letters(&mut desk, "@a");
        answer(&mut desk, "a", &[file("app.py"), file("apple.py")]);
        desk.act(Action::Down);
        desk.event(Event::Repository(event));
        assert_eq!(asked(&desk), Some("a".to_owned()), "{event:?}");
        answer(&mut desk, "a", &[file("a.py"), file("app.py"), file("apple.py")]);
        assert_eq!(offered(&desk), ["a.py", "app.py", "apple.py"]);
        desk.act(Action::Confirm);
        assert!(desk.state.chat.text().ends_with("apple.py "), "{}", desk.state.chat.text());
        desk.event(Event::Repository(event));
        assert_eq!(asked(&desk), None, "nothing is open");
    }
}

#[test]
fn a_name_that_is_chosen_stays_chosen_though_its_line_has_moved() {
    let mut desk = Desk::new(World::new());
    map_is_made(&mut desk);
    let at = |name: &str, place: &str| CompletionItem { place: place.to_owned(), ..symbol(name) };
    let at = |places: &[(&str, &str)]| places.iter().map(|(name, place)| at(name, place)).collect::<Vec<_>>();
    letters(&mut desk, "@op");
    answer(&mut desk, "op", &at(&[("open", "a.py:3"), ("open", "b.py:1"), ("open", "b.py:3")]));
    desk.acts(&[Action::Down, Action::Down]);
    desk.event(Event::Repository(RepositoryEvent::Changed { files: 2, symbols: 2 }));
    answer(&mut desk, "op", &at(&[("opaque", "a.py:1"), ("open", "a.py:4"), ("open", "b.py:3"), ("open", "b.py:5")]));
    assert_eq!(desk.state.chat.completion.as_ref().unwrap().selected, 3, "the second of its file");
    desk.event(Event::Repository(RepositoryEvent::Changed { files: 2, symbols: 2 }));
    answer(&mut desk, "op", &at(&[("open", "a.py:4"), ("open", "b.py:9")]));
    assert_eq!(desk.state.chat.completion.as_ref().unwrap().selected, 1, "the one that is left");
}

#[test]
fn what_is_taken_while_the_map_is_being_made_waits_for_it_and_nothing_is_sent() {
    let mut desk = Desk::new(World::new());
    letters(&mut desk, "Fix @modu");
    no_map(&mut desk, "modu");
    assert_eq!(desk.state.scopes()[0], Scope::Completion, "Tab and Enter are the list's");
    desk.act(Action::Confirm);
    assert_eq!((desk.state.chat.text().as_str(), desk.state.session.seq), ("Fix @modu", 0));
    map_is_made(&mut desk);
    answer(&mut desk, "modu", &[file("module.py")]);
    assert_eq!(desk.state.chat.text(), "Fix module.py ");
    assert_eq!(desk.state.scopes()[0], Scope::Typing);
}

#[test]
fn a_map_that_is_made_just_before_the_word_that_it_is_not_is_asked_and_heard() {
    let mut desk = Desk::new(World::new());
    letters(&mut desk, "@modu");
    desk.act(Action::Confirm);
    map_is_made(&mut desk);
    assert_eq!(asked(&desk), Some("modu".to_owned()));
    no_map(&mut desk, "modu");
    answer(&mut desk, "modu", &[file("module.py")]);
    assert_eq!(desk.state.chat.text(), "module.py ");
    letters(&mut desk, "@other");
    answer(&mut desk, "other", &[file("other.py")]);
    no_map(&mut desk, "other");
    assert_eq!(offered(&desk), ["other.py"], "an older answer takes nothing away");
}

#[test]
fn a_map_that_never_comes_keeps_nobody_from_sending() {
    for leave in [Action::Close, Action::Confirm] {
        let mut desk = Desk::new(World::new());
        letters(&mut desk, "Fix @modu");
        no_map(&mut desk, "modu");
        desk.acts(&[Action::Confirm, leave]);
        assert_eq!(desk.state.scopes()[0], Scope::Typing, "{leave:?}");
        map_is_made(&mut desk);
        answer(&mut desk, "modu", &[file("module.py")]);
        assert_eq!(desk.state.chat.text(), "Fix @modu", "{leave:?}");
        desk.act(Action::Submit);
        assert!(desk.state.session.seq > 0, "{leave:?}");
    }
}

#[test]
fn sending_and_browsing_leave_the_list() {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    letters(&mut desk, "@a");
    answer(&mut desk, "a", &[file("a.py")]);
    desk.act(Action::HistoryPrevious);
    assert_eq!(desk.state.chat.completion, None);
}
