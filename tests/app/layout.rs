//! The arrangement of the panes, pickers, scrolling, pointing, and the small things of a terminal.

use super::desk::*;
use vibe_tui::app::{
    Action, Area, Effect, Event, Mouse, Overlay, PickerValue, Pointer, Scope, TerminalEffect, TextEdit,
};
use vibe_tui::domain::failure::FailureKind;

#[test]
fn the_focus_goes_round_and_leaves_out_what_is_hidden() {
    use Area::*;
    let mut desk = Desk::new(World::new());
    let mut round = |action| {
        (0..5)
            .map(|_| {
                desk.act(action);
                desk.state.layout.focus
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(round(Action::FocusNext), [Stream, Review, Budget, Sessions, Chat]);
    assert_eq!(round(Action::FocusPrevious), [Sessions, Budget, Review, Stream, Chat]);
    desk.acts(&[Action::FocusStream, Action::Hide, Action::FocusBudget, Action::Hide, Action::FocusChat]);
    let mut round = |action| {
        (0..3)
            .map(|_| {
                desk.act(action);
                desk.state.layout.focus
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(round(Action::FocusNext), [Review, Sessions, Chat]);
    assert_eq!(round(Action::FocusPrevious), [Sessions, Review, Chat]);
}

#[test]
fn hiding_moves_on_and_keeps_the_last_pane() {
    let mut desk = Desk::new(World::new());
    desk.acts(&[Action::Zoom, Action::Hide]);
    assert_eq!((desk.state.layout.focus, desk.state.layout.zoomed), (Area::Stream, false));
    desk.acts(&[Action::Hide; 10]);
    assert_eq!(desk.state.layout.hidden.len(), 4);
    assert_eq!(desk.state.layout.focus, Area::Sessions);
    desk.act(Action::FocusReview);
    assert!(!desk.state.layout.hidden.contains(&Area::Review), "focusing it shows it again");
}

#[test]
fn zooming_is_undone_by_the_same_key_and_by_closing() {
    let mut desk = Desk::new(World::new());
    for end in [Action::Zoom, Action::Close] {
        desk.act(Action::Zoom);
        assert!(desk.state.layout.zoomed);
        desk.act(end);
        assert!(!desk.state.layout.zoomed, "{end:?}");
    }
}

#[test]
fn a_pane_grows_and_shrinks_within_bounds() {
    let mut desk = Desk::new(World::new());
    desk.act(Action::FocusReview);
    desk.acts(&[Action::Widen; 50]);
    assert_eq!(desk.state.layout.steps, [0, 0, 12, 0, 0]);
    desk.acts(&[Action::Narrow; 50]);
    assert_eq!(desk.state.layout.steps, [0, 0, -6, 0, 0]);
}

#[test]
fn closing_takes_what_lies_on_top_first_and_ends_at_typing() {
    let mut desk = Desk::new(World::new());
    desk.typed(REQUEST);
    desk.acts(&[Action::EditIntent, Action::Zoom, Action::Help]);
    desk.act(Action::Close);
    assert!(desk.state.overlay.is_none() && desk.state.chat.chip.is_some());
    desk.act(Action::Close);
    assert!(desk.state.chat.chip.is_none() && desk.state.layout.zoomed);
    desk.act(Action::Close);
    assert!(!desk.state.layout.zoomed);
    desk.acts(&[Action::FocusBudget, Action::Close]);
    assert!(desk.state.layout.focus == Area::Chat && desk.state.chat.typing);
    assert_eq!(desk.state.chat.text(), REQUEST, "the draft stays");
}

#[test]
fn keys_are_looked_up_innermost_first() {
    let mut desk = Desk::new(World::new());
    assert_eq!(desk.state.scopes(), [Scope::Typing, Scope::Global]);
    desk.act(Action::StopTyping);
    assert_eq!(desk.state.scopes(), [Scope::Chat, Scope::Global]);
    desk.act(Action::FocusReview);
    assert_eq!(desk.state.scopes(), [Scope::Review, Scope::Global]);
    desk.act(Action::Palette);
    assert_eq!(desk.state.scopes(), [Scope::Picker, Scope::Global]);
    desk.acts(&[Action::Close, Action::Help]);
    assert_eq!(desk.state.scopes(), [Scope::Overlay, Scope::Global]);
}

#[test]
fn a_picker_narrows_by_every_word_and_puts_beginnings_first() {
    let mut desk = Desk::new(World::new());
    desk.act(Action::ChooseModel);
    assert_eq!(desk.picker().unwrap().0, [LOCAL, PRICED, UNPRICED, EMBEDDED]);
    for (filter, shown) in [
        ("claude", &[PRICED][..]),
        ("free", &[LOCAL, EMBEDDED]),
        ("FREE Patterns", &[EMBEDDED]),
        ("o", &[UNPRICED, LOCAL, PRICED, EMBEDDED]),
        ("nothing of the kind", &[]),
    ] {
        desk.event(Event::Typed(TextEdit::DeleteToStart));
        desk.typed(filter);
        let (labels, selected) = desk.picker().unwrap();
        let mut sorted = labels.clone();
        sorted.sort();
        let mut expected = shown.to_vec();
        expected.sort();
        assert_eq!((sorted, selected), (expected, 0), "{filter}");
        if filter == "o" {
            assert!(labels[0].starts_with('o') && labels[1].starts_with('o'), "{labels:?}");
        }
    }
    desk.act(Action::Confirm);
    assert!(desk.state.overlay.is_none(), "choosing nothing closes it");
    assert!(!desk.state.model_chosen);
}

#[test]
fn a_picker_moves_within_its_lines_and_takes_the_selected_one() {
    let mut desk = Desk::new(World::new());
    desk.acts(&[Action::ChooseModel, Action::Up]);
    assert_eq!(desk.picker().unwrap().1, 0);
    desk.act(Action::Bottom);
    assert_eq!(desk.picker().unwrap().1, 3);
    desk.acts(&[Action::Down, Action::Up, Action::Up, Action::Confirm]);
    assert_eq!((desk.state.model.clone(), desk.state.model_chosen), (Some(reference(PRICED)), true));
    desk.acts(&[Action::ChooseMode, Action::Bottom, Action::Confirm]);
    assert_eq!(desk.state.mode, "sdet");
}

#[test]
fn the_palette_offers_every_action_by_name_and_takes_it() {
    let mut desk = Desk::new(World::new());
    desk.act(Action::Palette);
    desk.typed("app.focus-budget");
    desk.act(Action::Confirm);
    assert_eq!((desk.state.layout.focus, &desk.state.overlay), (Area::Budget, &None));
    desk.act(Action::Palette);
    let Some(Overlay::Picker(picker)) = &desk.state.overlay else { panic!() };
    let actions = picker.items.iter().filter(|i| matches!(i.value, PickerValue::Action(_))).count();
    assert_eq!(
        actions,
        Action::ALL.len() - 10,
        "all but those that only make sense in it, in the context or at a pause"
    );
    assert_eq!(picker.items.last().map(|i| i.note.as_str()), Some("app.suspend"), "nobody leaves by accident");
    desk.typed("run.choose-mode");
    desk.act(Action::Bottom);
    desk.act(Action::Confirm);
    assert!(matches!(desk.state.overlay, Some(Overlay::Picker(_))), "an action that opens another list");
}

#[test]
fn scrolling_goes_up_from_the_end_and_is_held_to_what_there_is() {
    for area in [Area::Chat, Area::Stream] {
        let mut desk = Desk::new(World::new());
        let scroll = |desk: &Desk| match area {
            Area::Chat => desk.state.chat.scroll,
            _ => desk.state.stream.scroll,
        };
        desk.act(if area == Area::Chat { Action::FocusChat } else { Action::FocusStream });
        for (action, at) in
            [(Action::Down, 0), (Action::Up, 1), (Action::PageUp, 11), (Action::PageDown, 1), (Action::Top, 1_000_000)]
        {
            desk.act(action);
            assert_eq!(scroll(&desk), at, "{area:?} {action:?}");
        }
        desk.event(Event::ScrollEnded(area, 40));
        assert_eq!(scroll(&desk), 40);
        desk.event(Event::ScrollEnded(area, 90));
        assert_eq!(scroll(&desk), 40, "it only ever holds back");
        desk.act(Action::Bottom);
        assert_eq!(scroll(&desk), 0);
        desk.event(Event::Pointed(Pointer::Scrolled(area, -3)));
        assert_eq!(scroll(&desk), 3);
    }
}

#[test]
fn help_scrolls_down_from_the_beginning() {
    let mut desk = Desk::new(World::new());
    desk.acts(&[Action::Help, Action::Bottom]);
    desk.event(Event::ScrollEnded(Area::Chat, 25));
    assert_eq!(desk.state.overlay, Some(Overlay::Help { scroll: 25, over: None }));
    desk.acts(&[Action::PageUp, Action::Down]);
    assert_eq!(desk.state.overlay, Some(Overlay::Help { scroll: 16, over: None }));
    desk.act(Action::Confirm);
    assert_eq!(desk.state.overlay, None);
}

#[test]
fn a_click_brings_the_keys_to_a_pane() {
    let mut desk = Desk::new(World::new());
    desk.event(Event::Pointed(Pointer::Clicked(Area::Budget, 3)));
    assert_eq!(desk.state.layout.focus, Area::Budget);
    desk.act(Action::StopTyping);
    desk.event(Event::Pointed(Pointer::Clicked(Area::Chat, 0)));
    assert!(desk.state.chat.typing);
    desk.event(Event::Pointed(Pointer::Clicked(Area::Sessions, 99)));
    assert_eq!(desk.state.sessions.selected, 0);
}

#[test]
fn a_chord_is_shown_until_it_is_over() {
    let mut desk = Desk::new(World::new());
    let chord = vec![("space f".to_owned(), "Find".to_owned())];
    desk.event(Event::ChordPending(chord.clone()));
    assert_eq!(desk.state.chord, chord);
    desk.event(Event::ChordPending(Vec::new()));
    assert!(desk.state.chord.is_empty());
}

#[test]
fn a_notice_stays_until_the_next_action() {
    let mut desk = Desk::new(World::new());
    desk.event(Event::Noticed(failure(FailureKind::Io)));
    assert_eq!(desk.notice(), "the server is away");
    desk.event(Event::TimePassed);
    assert_eq!(desk.notice(), "the server is away");
    desk.act(Action::FocusNext);
    assert_eq!(desk.notice(), "");
}

#[test]
fn problems_of_the_configuration_are_said_at_the_start() {
    for (count, words) in [(1, "the server is away"), (3, "the server is away (and 2 more: `vibe-tui doctor`)")] {
        let mut opening = opening();
        opening.problems = vec![failure(FailureKind::Config); count];
        assert_eq!(Desk::opened(opening, World::new()).notice(), words);
    }
}

#[test]
fn the_terminal_is_asked_for_what_only_it_can_do() {
    use TerminalEffect::{NextTheme, Quit, Redraw, Suspend};
    let mut desk = Desk::new(World::new());
    for (action, effect) in [
        (Action::Suspend, Suspend),
        (Action::Redraw, Redraw),
        (Action::NextTheme, NextTheme),
        (Action::ToggleMouse, TerminalEffect::Mouse(Mouse::Released)),
        (Action::ToggleMouse, TerminalEffect::Mouse(Mouse::Captured)),
        (Action::Quit, Quit),
    ] {
        assert_eq!(desk.act(action), [Effect::Terminal(effect)], "{action:?}");
    }
    assert!(desk.state.leaving && desk.state.mouse == Mouse::Captured);
    assert_eq!(desk.event(Event::EndRequested), [Effect::Terminal(Quit)]);
    desk.event(Event::Resized(80, 24));
    assert_eq!(desk.state.size, (80, 24));
}
