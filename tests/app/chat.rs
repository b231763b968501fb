//! The chat: typing, the reading and its corrections, orders, history, and what becomes of a request.

use super::desk::*;
use vibe_tui::app::{
    Action, Area, Chip, Dated, Effect, Event, Fact, Failed, ModelEvent, Opening, Overlay, PickerKind, Report, Reported,
    TerminalEffect, TextEdit,
};
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::domain::intent::{Action as Verb, Complexity, Target};
use vibe_tui::domain::language::Language;
use vibe_tui::domain::message::Author;
use vibe_tui::domain::model::Node;
use vibe_tui::graph::{RunFact, Stage};

/// The name and the root that the session has begun with.
fn begun(desk: &Desk) -> (String, String) {
    match &desk.entries[0].facts[0].fact {
        Fact::SessionBegun { name, root, .. } => (name.clone(), root.clone()),
        other => panic!("{other:?}"),
    }
}

fn spec_of(desk: &Desk) -> &vibe_tui::domain::intent::Intent {
    &desk.run().spec.intent
}

#[test]
fn what_is_typed_is_read_as_an_intent_at_once() {
    let mut desk = Desk::new(World::new());
    desk.typed("Write a unit test for the parser in Rust");
    let reading = desk.state.chat.reading.as_ref().unwrap();
    assert_eq!((reading.action, reading.language), (Verb::Test, Some(Language::Rust)));
    desk.event(Event::Typed(TextEdit::DeleteToStart));
    assert_eq!(desk.state.chat.reading, None, "nothing to read");
    assert!(desk.entries.is_empty(), "typing is not journaled");
}

#[test]
fn typing_goes_to_the_chat_from_every_pane() {
    let mut desk = Desk::new(World::new());
    desk.acts(&[Action::StopTyping, Action::FocusBudget]);
    desk.typed("x");
    assert!(desk.state.chat.typing && desk.state.layout.focus == Area::Chat);
    assert_eq!(desk.state.chat.text(), "x");
}

#[test]
fn edits_of_the_line_do_what_they_say() {
    use TextEdit::*;
    let table: [(&str, &[TextEdit], &str); 9] = [
        ("ab", &[Insert('c')], "abc"),
        ("ab", &[Left, Insert('x')], "axb"),
        ("ab", &[LineStart, Delete], "b"),
        ("one two", &[DeleteWord], "one "),
        ("one two", &[WordLeft, DeleteToEnd], "one "),
        ("one", &[Backspace, Undo], "one"),
        ("a\r\nb\rc", &[], "a\nb\nc"),
        ("one", &[Insert('\n'), Insert('x')], "one\nx"),
        ("ü", &[Left, Right, LineEnd, WordRight, Backspace], ""),
    ];
    for (before, edits, after) in table {
        let mut desk = Desk::new(World::new());
        desk.typed(before);
        edits.iter().for_each(|edit| ignore(desk.event(Event::Typed(edit.clone()))));
        assert_eq!(desk.state.chat.text(), after, "{before:?} {edits:?}");
    }
}

#[test]
fn what_the_user_corrects_wins_over_the_reading() {
    let mut desk = Desk::new(World::new());
    desk.typed(REQUEST);
    let read = desk.state.chat.reading.clone().unwrap();
    desk.act(Action::EditIntent);
    assert_eq!((desk.state.chat.chip, desk.state.chat.typing), (Some(Chip::Action), false));
    desk.acts(&[Action::Down, Action::Right, Action::Up, Action::Right, Action::Down, Action::Right, Action::Down]);
    desk.acts(&[Action::Right, Action::Confirm, Action::Submit]);
    let intent = spec_of(&desk);
    let after = |all: &[Verb], now| all[(all.iter().position(|v| *v == now).unwrap() + 1) % all.len()];
    assert_eq!(intent.action, after(Verb::ALL, read.action));
    assert_ne!(intent.targets.first(), read.targets.first());
    assert!(intent.targets.len() == 1 && Target::ALL.contains(&intent.targets[0]));
    assert_ne!(intent.language, read.language);
    assert_ne!(intent.complexity, read.complexity);
    assert!(Complexity::ALL.contains(&intent.complexity) && intent.text == REQUEST);
    desk.settle();
    assert_eq!(desk.state.chat.corrections, Default::default(), "the next request is read afresh");
}

#[test]
fn a_corrected_reading_is_asked_nothing() {
    let mut desk = Desk::new(World::new());
    desk.typed("hmm");
    desk.acts(&[Action::EditIntent, Action::Down, Action::Confirm, Action::Submit]);
    assert_eq!(desk.state.session.runs.len(), 1);
}

#[test]
fn arrows_change_a_chip_only_while_the_chat_has_the_keys() {
    let mut desk = Desk::at_gate(World::new());
    desk.act(Action::CancelRun);
    desk.typed(REQUEST);
    desk.acts(&[Action::EditIntent, Action::FocusReview, Action::Down]);
    assert_eq!(desk.state.chat.corrections, Default::default());
    assert_eq!(desk.state.review.line, 1);
}

#[test]
fn correcting_brings_the_keys_to_the_chat() {
    let mut desk = Desk::new(World::new());
    desk.typed(REQUEST);
    desk.acts(&[Action::FocusBudget, Action::EditIntent, Action::Down]);
    assert_eq!(desk.state.layout.focus, Area::Chat);
    assert!(desk.state.chat.corrections.action.is_some());
}

#[test]
fn a_request_is_posted_kept_and_begins_a_run() {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    assert_eq!(desk.asked(), ["journal", "keep", "assemble"]);
    let kinds: Vec<&str> = desk.facts().iter().map(|f| f.kind()).collect();
    assert_eq!(kinds, ["session_begun", "posted", "run_begun", "run"]);
    assert_eq!((desk.state.chat.text().as_str(), &desk.state.chat.reading), ("", &None));
    assert_eq!(desk.said(Author::User), [REQUEST]);
    let run = desk.run();
    assert_eq!((run.spec.id.0, &run.spec.model.reference), (1, &reference(LOCAL)));
    assert_eq!((run.spec.mode.name.as_str(), run.stage.clone()), ("coder", Stage::Assembling));
}

#[test]
fn a_request_handed_in_whole_begins_a_run_too() {
    let mut desk = Desk::new(World::new());
    desk.event(Event::Requested(REQUEST.into()));
    assert_eq!(desk.asked(), ["journal", "keep", "assemble"]);
}

#[test]
fn the_context_is_chosen_with_what_was_said_before_the_request() {
    let mut desk = Desk::at_gate(World::new());
    desk.acts(&[Action::CancelRun, Action::CancelRun]);
    desk.submit("Fix the add function in calc.py");
    let assembling = desk.effects.iter().rev().find(|e| matches!(e, Effect::AssembleContext { .. }));
    let Some(Effect::AssembleContext { conversation, intent, .. }) = assembling else { panic!() };
    let said: Vec<(Author, &str)> = conversation.iter().map(|m| (m.author, m.text.as_str())).collect();
    assert_eq!(said.len(), 3);
    assert_eq!((said[0], said[2].0), ((Author::User, REQUEST), Author::Workbench));
    assert_eq!(intent.text, "Fix the add function in calc.py");
}

#[test]
fn an_empty_line_sends_nothing() {
    for text in ["", "   ", "\n\n"] {
        let mut desk = Desk::new(World::new());
        desk.typed(text);
        assert!(desk.act(Action::Submit).is_empty(), "{text:?}");
    }
}

#[test]
fn a_slash_order_is_an_action_by_another_name() {
    let focus = |area| move |desk: &Desk| desk.state.layout.focus == area;
    let picker = |kind| move |desk: &Desk| matches!(&desk.state.overlay, Some(Overlay::Picker(p)) if p.kind == kind);
    type Check = Box<dyn Fn(&Desk) -> bool>;
    let table: [(&str, Check); 14] = [
        ("/help", Box::new(|d| matches!(d.state.overlay, Some(Overlay::Help { .. })))),
        ("/model", Box::new(picker(PickerKind::Model))),
        ("/mode", Box::new(picker(PickerKind::Mode))),
        ("/review", Box::new(|d| d.asked() == ["report"] && d.notice() == "Measuring…")),
        ("/analyze src", Box::new(|d| d.asked() == ["report"])),
        ("/cost", Box::new(focus(Area::Budget))),
        ("  /sessions  ", Box::new(focus(Area::Sessions))),
        ("/new", Box::new(|d| d.asked() == ["name"])),
        ("/undo", Box::new(|d| d.notice().contains("nothing to take back"))),
        ("/redo", Box::new(|d| !d.notice().is_empty())),
        ("/quit", Box::new(|d| d.state.leaving && d.effects == [Effect::Terminal(TerminalEffect::Quit)])),
        ("/model coder:7b", Box::new(|d| d.state.model == Some(reference(LOCAL)) && d.state.model_chosen)),
        ("/model anthropic/claude-haiku-4-5", Box::new(|d| d.state.model == Some(reference(PRICED)))),
        ("/mode architect", Box::new(|d| d.state.mode().name == "architect")),
    ];
    for (order, holds) in table {
        let mut desk = Desk::new(World::new());
        desk.submit(order);
        assert!(holds(&desk), "{order}: {:?} {:?}", desk.asked(), desk.notice());
        assert_eq!(desk.state.chat.text(), "", "{order}");
        assert!(desk.entries.is_empty(), "{order} is not said in the conversation");
    }
}

#[test]
fn an_order_that_cannot_be_followed_stays_in_the_line_with_the_reason() {
    for (order, reason) in [
        ("/frobnicate now", "There is no /frobnicate."),
        ("/model gpt-9", "No model is called `gpt-9`"),
        ("/mode poet", "There is no mode `poet`; there are coder, architect, peer, sdet."),
    ] {
        let mut desk = Desk::new(World::new());
        desk.submit(order);
        assert!(desk.notice().starts_with(reason), "{order}: {}", desk.notice());
        assert_eq!(desk.state.notice.as_ref().unwrap().failed, Failed::Yes);
        assert_eq!(desk.state.chat.text(), order);
        assert!(desk.effects.is_empty());
    }
}

#[test]
fn a_model_name_that_two_providers_have_is_not_guessed() {
    let mut world = World::new();
    world.models.push(candidate("openai/coder:7b"));
    let mut desk = Desk::new(world);
    desk.submit("/model coder:7b");
    assert_eq!(desk.notice(), "Several models are called that: ollama/coder:7b, openai/coder:7b.");
    assert!(!desk.state.model_chosen);
}

#[test]
fn the_mode_that_is_chosen_is_the_mode_of_the_next_run() {
    let mut desk = Desk::new(World::new().says(Node::Executor, "Use a class."));
    desk.submit("/mode architect");
    desk.submit("Explain the add function in calc.py");
    desk.settle();
    assert_eq!(desk.run().spec.mode.name, "architect");
    assert_eq!(desk.said(Author::Assistant), ["Use a class."]);
}

#[test]
fn a_mode_chosen_from_the_list_leaves_the_draft_alone() {
    for choose in [Action::ChooseMode, Action::ChooseModel] {
        let mut desk = Desk::new(World::new());
        desk.typed("a draft");
        desk.acts(&[choose, Action::Down, Action::Confirm]);
        assert_eq!(desk.state.chat.text(), "a draft", "{choose:?}");
        assert!(desk.state.overlay.is_none());
    }
}

#[test]
fn the_history_is_browsed_both_ways_and_the_draft_comes_back() {
    let mut desk = Desk::new(World::new());
    let history = ["one".to_owned(), "two".to_owned()].to_vec();
    desk.store(vibe_tui::app::StoreEvent::History(history));
    desk.typed("draft");
    let (back, on) = (Action::HistoryPrevious, Action::HistoryNext);
    for (action, shown) in
        [(back, "two"), (back, "one"), (back, "one"), (on, "two"), (on, "draft"), (on, "draft"), (back, "two")]
    {
        desk.act(action);
        assert_eq!(desk.state.chat.text(), shown, "{action:?}");
    }
}

#[test]
fn a_request_is_kept_in_the_history_once_in_a_row() {
    let mut desk = Desk::at_gate(World::new());
    desk.act(Action::CancelRun);
    assert!(!desk.submit(REQUEST).iter().any(|e| matches!(e, Effect::KeepPrompt(_))));
    assert_eq!(desk.state.chat.history, [REQUEST]);
}

#[test]
fn an_unclear_request_is_asked_about_once_and_then_goes_on_with_the_answer() {
    let mut desk = Desk::new(World::new());
    desk.submit("src/app.py");
    assert!(desk.state.session.runs.is_empty());
    let questions = desk.said(Author::Workbench);
    assert!(questions[0].starts_with("What should be done with src/app.py?\n1. "), "{questions:?}");
    desk.settle();

    desk.typed("fix");
    assert_eq!(desk.state.chat.reading.as_ref().unwrap().action, Verb::Fix, "the answer is read with what was asked");
    desk.act(Action::Submit);
    let intent = spec_of(&desk);
    assert_eq!((intent.action, intent.text.as_str()), (Verb::Fix, "src/app.py\nfix"));
    assert_eq!(desk.state.chat.asked, None);
}

#[test]
fn an_answer_that_clears_nothing_up_is_not_asked_about_again() {
    let mut desk = Desk::new(World::new());
    desk.submit("hmm");
    desk.submit("dunno");
    assert_eq!(desk.said(Author::Workbench).len(), 1);
    assert_eq!(desk.state.session.runs.len(), 1);
}

#[test]
fn a_request_while_a_run_is_under_way_is_refused_and_stays_in_the_line() {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    desk.settle_to_call();
    assert!(desk.submit("something else").is_empty());
    assert_eq!(desk.notice(), "A run is under way: wait for it, or stop it first.");
    assert_eq!(desk.state.chat.text(), "something else");
}

#[test]
fn a_request_while_a_run_is_paused_is_refused_with_what_to_do() {
    let world = World::new().says(Node::Planner, Reply::Fail(failure(vibe_tui::domain::failure::FailureKind::Network)));
    let mut desk = Desk::new(world);
    desk.submit(REQUEST);
    desk.settle();
    assert!(desk.submit("something else").is_empty());
    assert!(desk.notice().starts_with("A run is paused: answer it first"), "{}", desk.notice());
}

#[test]
fn a_sentence_at_the_gate_revises_the_proposal() {
    let mut desk = Desk::at_gate(World::new());
    desk.typed("use a lambda");
    assert_eq!(desk.state.chat.reading, None, "a revision is not read as an intent");
    desk.act(Action::Submit);
    assert_eq!(desk.run_facts(), [&RunFact::RevisionRequested { text: "use a lambda".into() }]);
    assert_eq!(desk.asked(), ["journal", "keep", "call"]);
    assert_eq!(desk.said(Author::User), [REQUEST, "use a lambda"]);
    assert_eq!(desk.state.session.runs.len(), 1);
}

#[test]
fn a_question_can_be_answered_in_words_without_changing_the_mode() {
    for text in ["How does the parser work?", "wie funktioniert der store?"] {
        let mut desk = Desk::new(World::new());
        desk.submit(text);
        let question = desk.said(Author::Workbench)[0].to_owned();
        assert!(question.contains("reads like a question") && question.contains("\n1. Answer it"), "{question}");
        desk.submit("1");
        assert!(!desk.run().spec.mode.edits, "{text}");
        assert_eq!(spec_of(&desk).text, text, "what was picked adds no word to the request");
        assert!(desk.state.mode().edits, "the next request is as before");
        let Effect::CallModel { request, .. } = desk.settle_to(|e| matches!(e, Effect::CallModel { .. })) else {
            panic!()
        };
        let prompt = format!("{:?}", request.messages);
        assert!(prompt.contains("(answer") && !prompt.contains("(modify"), "{prompt}");
    }
}

#[test]
fn a_question_at_the_gate_is_sent_as_a_change_only_when_it_is_said_again() {
    let mut desk = Desk::at_gate(World::new());
    assert!(desk.submit("how does this work?").is_empty());
    assert!(desk.notice().starts_with("That reads like a question"), "{}", desk.notice());
    assert_eq!(desk.state.chat.text(), "how does this work?");
    desk.act(Action::Submit);
    assert_eq!(desk.run_facts(), [&RunFact::RevisionRequested { text: "how does this work?".into() }]);
}

#[test]
fn a_request_waits_for_the_models_to_be_found() {
    let mut desk = Desk::opened(opening(), World::new());
    desk.submit(REQUEST);
    assert_eq!(desk.notice(), "Looking for models…");
    assert_eq!((desk.effects.len(), desk.state.session.seq), (0, 0));
    desk.settle_to(|e| matches!(e, Effect::AssembleContext { .. }));
    assert_eq!((desk.notice(), desk.state.chat.text().as_str()), ("", ""));
    assert_eq!(spec_of(&desk).text, REQUEST);
}

#[test]
fn what_is_typed_after_a_request_that_waits_is_kept() {
    let mut desk = Desk::opened(opening(), World::new());
    desk.submit(REQUEST);
    desk.event(Event::Typed(TextEdit::DeleteToStart));
    desk.typed("the next one");
    desk.settle();
    assert_eq!((spec_of(&desk).text.as_str(), desk.state.chat.text().as_str()), (REQUEST, "the next one"));
}

#[test]
fn a_model_that_is_not_there_is_named_and_the_request_stays() {
    let mut desk = Desk::asking("ollama/gone", World::new());
    assert!(desk.submit(REQUEST).is_empty());
    assert_eq!(desk.notice(), "`ollama/gone` is not there. Choose a model first: /model lists them.");
    assert_eq!(desk.state.chat.text(), REQUEST);
    // Why, where that is known, stays said: the request that was refused says it again.
    let why = Failure::fatal(FailureKind::Auth, "WORK_API_KEY is not set: set it, and start again.");
    let models = desk.world.models.clone();
    desk.model(ModelEvent::Found { models: models.clone(), failures: vec![why.clone()] });
    assert_eq!(desk.notice(), why.message);
    assert!(desk.submit(REQUEST).is_empty());
    assert_eq!(
        desk.notice(),
        "WORK_API_KEY is not set: set it, and start again. Or choose another model: /model lists them."
    );
    desk.model(ModelEvent::Found { models, failures: vec![] });
    desk.submit(REQUEST);
    assert_eq!(desk.notice(), "`ollama/gone` is not there. Choose a model first: /model lists them.");
    let mut none = World::new();
    none.models.clear();
    let mut desk = Desk::new(none);
    assert!(desk.submit(REQUEST).is_empty());
    assert_eq!(desk.notice(), "Choose a model first: /model lists them.");
}

#[test]
fn the_largest_model_on_this_machine_is_preferred_to_clouds_and_those_to_patterns() {
    let table: [(&[&str], &str); 4] = [
        (&[PRICED, LOCAL, EMBEDDED], LOCAL),
        (&[EMBEDDED, PRICED], PRICED),
        (&[EMBEDDED], EMBEDDED),
        (&["ollama/a", "ollama/large", "ollama/b"], "ollama/large"),
    ];
    for (models, preferred) in table {
        let mut world = World { models: models.iter().map(|m| candidate(m)).collect(), ..World::new() };
        for model in world.models.iter_mut().filter(|m| m.info.reference.model == "large") {
            model.info.parameters_b = Some(70.0);
        }
        assert_eq!(Desk::new(world).state.model, Some(reference(preferred)), "{models:?}");
    }
}

#[test]
fn a_session_is_named_by_its_opening_or_by_the_first_words_of_its_first_request() {
    let long = "Add a subtract function to calc.py that subtracts the second number from the first";
    let endless = "x".repeat(100);
    for (given, text, name) in [
        (None, REQUEST, REQUEST),
        (None, long, "Add a subtract function to calc.py that"),
        (None, &endless, &endless[..40]),
        (Some("mine"), REQUEST, "mine"),
    ] {
        let mut opening = opening();
        opening.session_name = given.map(str::to_owned);
        let mut desk = Desk::with(opening, World::new());
        desk.submit(text);
        assert_eq!(begun(&desk), (name.to_owned(), "/repo".to_owned()));
    }
}

#[test]
fn a_report_stands_in_the_conversation_and_one_that_failed_is_told() {
    let mut desk = Desk::new(World::new());
    desk.submit("/review main");
    let asked = Effect::Report { about: Report::Review, of: "main".into() };
    assert_eq!(desk.effects, [asked]);
    let reported =
        |report| Event::Reported(Box::new(Reported { about: Report::Review, of: "main".to_owned(), report }));
    desk.event(reported(Ok("# Quality of the change".into())));
    assert_eq!(desk.said(Author::Workbench), ["# Quality of the change"]);
    assert_eq!(desk.notice(), "");
    desk.event(reported(Err(failure(FailureKind::BadRequest))));
    assert_eq!(desk.notice(), "the server is away");
    assert_eq!(desk.said(Author::Workbench).len(), 1);
}

#[test]
fn a_session_that_begins_with_a_report_is_called_for_what_was_asked() {
    for (about, of, given, name) in [
        (Report::Review, "", None, "Review the change"),
        (Report::Review, "main", None, "Review the change since main"),
        (Report::Analyze, "", None, "Analyze the code"),
        (Report::Analyze, "src", None, "Analyze src"),
        (Report::Review, "", Some("mine"), "mine"),
    ] {
        let opening = Opening { session_name: given.map(str::to_owned), ..opening() };
        let mut desk = Desk::with(opening, World::new());
        let report = Ok("# Quality of the change".to_owned());
        desk.event(Event::Reported(Box::new(Reported { about, of: of.to_owned(), report })));
        assert_eq!(begun(&desk).0, name);
        assert_eq!(desk.said(Author::Workbench), ["# Quality of the change"]);
    }
}

#[test]
fn a_session_that_an_order_named_is_called_for_the_first_request_unless_it_has_a_name_of_its_own() {
    let other = |name: &str| Some(Fact::SessionRenamed { name: name.to_owned() });
    for (given, renamed, name) in [
        (None, None, REQUEST),
        (None, other("Review the change (2)"), REQUEST),
        (None, other("mine"), "mine"),
        (None, other("Review the change (mine)"), "Review the change (mine)"),
        (None, other("Review the change (2) x (3)"), "Review the change (2) x (3)"),
        (Some("mine"), None, "mine"),
    ] {
        let opening = Opening { session_name: given.map(str::to_owned), ..opening() };
        let mut desk = Desk::with(opening, World::new());
        let report = Ok("# Quality of the change".to_owned());
        desk.event(Event::Reported(Box::new(Reported { about: Report::Review, of: String::new(), report })));
        desk.settle();
        let at = desk.state.now;
        let facts = desk.world.journals.get_mut(&desk.state.session.id).unwrap();
        facts.extend(renamed.map(|fact| Dated { at, fact }));
        let mut desk = desk.reopened("first");
        desk.submit(REQUEST);
        assert_eq!(desk.state.session.name, name);
        assert_eq!(desk.entries.last().unwrap().name, name, "the store is told");
        desk.settle();
        desk.act(Action::CancelRun);
        desk.submit("Another request");
        assert_eq!(desk.state.session.name, name, "only the first");
    }
}
