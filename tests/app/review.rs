//! The review: decisions on hunks, what needs a yes of its own, attempts, applying, undoing, and what counts as saved.

use super::desk::*;
use vibe_tui::app::{Action, Area, Effect, Event, Fact, Overlay, StoreEvent, TerminalEffect, TextEdit, WorkEvent};
use vibe_tui::domain::failure::FailureKind;
use vibe_tui::domain::hunk::{Decision, HunkId};
use vibe_tui::domain::message::Author;
use vibe_tui::domain::model::Node;
use vibe_tui::graph::{Outcome, RunFact, Stage};

use Decision::{Accepted as A, Pending as P, Rejected as R};

/// A file of twenty lines.
fn lines() -> String {
    (1..=20).map(|i| format!("line_{i} = {i}\n")).collect()
}

/// The gate with four hunks in three files: a Makefile (runs later), two in lines.py, one in note.md that hides a
/// character. In the order of paths.
fn gate() -> Desk {
    let changed = lines().replace("line_2 = 2\n", "line_2 = 22\n").replace("line_19 = 19\n", "line_19 = 99\n");
    let answer = [
        whole("Makefile", "all:\n\ttrue\n"),
        whole("lines.py", &changed),
        whole("note.md", "nothing to see\u{200b} here\n"),
    ]
    .concat();
    let desk = Desk::at_gate(World::new().file("lines.py", &lines()).says(Node::Executor, answer));
    let paths: Vec<&str> = desk.run().attempt().unwrap().diff.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["Makefile", "lines.py", "note.md"]);
    assert_eq!(desk.decisions(), [P, P, P, P]);
    desk
}

const MAKEFILE: HunkId = HunkId { file: 0, hunk: 0 };
const FIRST: HunkId = HunkId { file: 1, hunk: 0 };
const SECOND: HunkId = HunkId { file: 1, hunk: 1 };
const NOTE: HunkId = HunkId { file: 2, hunk: 0 };

#[test]
fn decisions_go_to_the_hunk_under_the_cursor_or_to_its_file_or_to_all() {
    use Action::*;
    let table: [(&[Action], [Decision; 4], HunkId); 13] = [
        (&[AcceptHunk], [A, P, P, P], FIRST),
        (&[RejectHunk], [R, P, P, P], FIRST),
        (&[AcceptHunk, RejectHunk, AcceptHunk], [A, R, A, P], NOTE),
        (&[NextFile, AcceptFile], [P, A, A, P], FIRST),
        (&[NextFile, RejectFile], [P, R, R, P], FIRST),
        (&[RejectAll], [R, R, R, R], MAKEFILE),
        (&[AcceptAll], [P, A, A, P], MAKEFILE),
        (&[AcceptFile], [P, P, P, P], MAKEFILE),
        (&[NextFile, NextFile, AcceptFile], [P, P, P, P], NOTE),
        (&[AcceptHunk, AcceptAll], [A, A, A, P], NOTE),
        (&[RejectAll, AcceptAll], [R, A, A, R], MAKEFILE),
        (&[RejectAll, Undo], [P, P, P, P], MAKEFILE),
        (&[NextFile, AcceptHunk, PreviousHunk, AcceptHunk], [P, A, P, P], SECOND),
    ];
    for (actions, decisions, cursor) in table {
        let mut desk = gate();
        desk.acts(actions);
        assert_eq!(desk.decisions(), decisions, "{actions:?}");
        assert_eq!(desk.state.review.cursor, cursor, "{actions:?}");
    }
}

#[test]
fn the_cursor_stops_at_both_ends() {
    use Action::*;
    let table: [(&[Action], HunkId); 9] = [
        (&[PreviousHunk], MAKEFILE),
        (&[PreviousFile], MAKEFILE),
        (&[NextHunk], FIRST),
        (&[NextHunk, NextHunk], SECOND),
        (&[NextHunk, NextHunk, NextFile], NOTE),
        (&[NextFile, NextFile, NextFile, NextHunk], NOTE),
        (&[Bottom], NOTE),
        (&[Bottom, PreviousFile], FIRST),
        (&[Bottom, Top], MAKEFILE),
    ];
    for (actions, cursor) in table {
        let mut desk = gate();
        desk.acts(actions);
        assert_eq!(desk.state.review.cursor, cursor, "{actions:?}");
        assert!(desk.facts().is_empty(), "looking is not journaled");
    }
}

#[test]
fn what_needs_a_yes_of_its_own_is_left_out_shown_and_counted() {
    let mut desk = gate();
    desk.act(Action::AcceptAll);
    assert!(desk.notice().starts_with("2 hunks need a yes of their own"), "{}", desk.notice());
    desk.acts(&[Action::AcceptHunk, Action::AcceptAll]);
    assert!(desk.notice().starts_with("1 hunk needs a yes of its own"), "{}", desk.notice());
    desk.acts(&[Action::Bottom, Action::AcceptHunk, Action::AcceptHunk]);
    assert_eq!(desk.decisions(), [A, A, A, A]);
    desk.act(Action::AcceptAll);
    assert_eq!(desk.notice(), "", "nothing is left to say yes to");
}

#[test]
fn a_hunk_that_hides_characters_is_accepted_by_a_second_press_in_a_row() {
    let mut desk = gate();
    desk.acts(&[Action::Bottom, Action::AcceptHunk]);
    assert_eq!(desk.decisions()[3], P);
    assert!(desk.notice().contains("cannot be seen"), "{}", desk.notice());
    assert!(desk.facts().is_empty());
    desk.acts(&[Action::PreviousHunk, Action::NextHunk, Action::AcceptHunk]);
    assert_eq!(desk.decisions()[3], P, "looking elsewhere forgets the first press");
    desk.act(Action::AcceptHunk);
    assert_eq!(desk.decisions()[3], A);
    desk.act(Action::RejectHunk);
    assert_eq!(desk.decisions()[3], R, "rejecting needs no second press");
}

#[test]
fn decisions_are_taken_back_and_made_again_one_entry_at_a_time() {
    use Action::*;
    let mut desk = gate();
    desk.acts(&[RejectHunk, AcceptAll]);
    let both = [R, A, A, P];
    assert_eq!(desk.decisions(), both);
    for (action, decisions) in [
        (Undo, [R, P, P, P]),
        (Undo, [P, P, P, P]),
        (Undo, [P, P, P, P]),
        (Redo, [R, P, P, P]),
        (Redo, both),
        (Redo, both),
    ] {
        desk.act(action);
        assert_eq!(desk.decisions(), decisions, "{action:?}");
    }
    assert_eq!(desk.notice(), "There is nothing to make again.");
    desk.acts(&[Undo, NextFile, RejectHunk, Redo]);
    assert_eq!(desk.decisions(), [R, R, P, P], "a new decision ends what could be made again");
}

#[test]
fn nothing_is_decided_where_nothing_waits() {
    let mut desk = Desk::new(World::new());
    desk.act(Action::AcceptHunk);
    assert_eq!(desk.notice(), "There is no proposal to review yet.");
    let mut desk = Desk::at_gate(World::new());
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    for action in [Action::AcceptHunk, Action::RejectAll, Action::Apply, Action::NextAttempt, Action::Refine] {
        assert!(desk.act(action).is_empty(), "{action:?}");
        assert_eq!(desk.notice(), "Nothing waits for a decision now.");
    }
}

#[test]
fn when_earlier_attempts_can_be_looked_at_is_said_while_the_next_is_being_made() {
    let mut desk = Desk::with(opening(), World::new().says(Node::Executor, whole("calc.py", "BROKEN\n")));
    desk.submit(REQUEST);
    desk.settle_to(|e| matches!(e, Effect::CallModel { request, .. } if request.brief.node == Node::Healer));
    for action in [Action::PreviousAttempt, Action::NextAttempt] {
        assert!(desk.act(action).is_empty(), "{action:?}");
        assert_eq!(desk.notice(), "The attempts can be gone through once the proposal waits for you.");
    }
    desk.act(Action::AcceptHunk);
    assert_eq!(desk.notice(), "Nothing waits for a decision now.");
}

#[test]
fn another_attempt_of_the_series_can_be_reviewed_and_has_its_own_decisions() {
    let world = World::new().says(Node::Executor, whole("calc.py", "BROKEN\n"));
    let mut desk = Desk::at_gate(world);
    desk.act(Action::AcceptHunk);
    desk.act(Action::PreviousAttempt);
    assert_eq!((desk.run().chosen, desk.run_facts()), (0, vec![&RunFact::AttemptChosen { index: 0 }]));
    assert!(desk.decisions().iter().all(|d| *d == P));
    assert!(desk.act(Action::PreviousAttempt).is_empty(), "there is none before the first");
    desk.acts(&[Action::NextAttempt, Action::NextAttempt]);
    assert_eq!(desk.run().chosen, 1);
}

#[test]
fn refining_brings_the_keys_to_the_chat() {
    let mut desk = Desk::at_gate(World::new());
    desk.act(Action::Refine);
    assert!(desk.state.chat.typing && desk.state.layout.focus == Area::Chat);
}

#[test]
fn the_gate_brings_the_review_forward_from_the_beginning() {
    let mut desk = gate();
    assert_eq!(desk.state.layout.focus, Area::Review);
    desk.acts(&[Action::Bottom, Action::Right]);
    desk.submit("differently");
    desk.settle();
    assert_eq!((desk.state.review.cursor, desk.state.review.column), (MAKEFILE, 0));
}

#[test]
fn applying_without_a_decision_is_refused() {
    let mut desk = gate();
    assert!(desk.act(Action::Apply).is_empty());
    assert_eq!(desk.notice(), "Nothing is decided yet: accept or reject hunks first.");
    desk.acts(&[Action::RejectHunk, Action::Undo]);
    assert!(desk.act(Action::Apply).is_empty(), "a decision that was taken back is none");
}

#[test]
fn the_first_key_says_what_would_be_written_and_only_the_same_key_again_writes() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::AcceptHunk]);
    assert!(desk.act(Action::Apply).is_empty());
    assert_eq!(desk.notice(), "Once more to write 1 hunk in 1 file.");
    // Anything in between takes it back.
    desk.act(Action::NextHunk);
    assert!(desk.act(Action::Apply).is_empty());
    desk.act(Action::RejectAll);
    assert!(desk.act(Action::Apply).is_empty());
    assert_eq!(desk.notice(), "Once more to end the run: every decided hunk is rejected, nothing will be written.");
    assert_eq!(desk.run().stage, Stage::Gate);
}

#[test]
fn a_sentence_that_was_meant_for_the_chat_writes_nothing() {
    let mut desk = gate();
    // "Always owed" and the key that would send it, as the review has them.
    desk.acts(&[Action::AcceptAll, Action::Apply]);
    desk.event(Event::KeyUnbound("o".into()));
    assert_eq!(desk.notice(), "o does nothing here: text goes to the chat.");
    desk.acts(&[Action::Apply, Action::Refine]);
    assert_eq!(desk.run().stage, Stage::Gate);
}

#[test]
fn a_write_is_journaled_before_it_is_asked_for() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::AcceptHunk, Action::Apply, Action::Apply]);
    // The part is checked before it is written.
    assert_eq!(desk.asked(), ["journal", "validate"]);
    assert_eq!(desk.run_facts(), [&RunFact::ApplyRequested { by: Default::default() }]);
    let Effect::Apply { changes, .. } = desk.settle_to(|e| matches!(e, Effect::Apply { .. })) else { panic!() };
    let journaled = desk.world.journals[&desk.state.session.id].iter().map(|dated| &dated.fact);
    assert!(journaled.into_iter().any(|f| matches!(f, Fact::Run { fact: RunFact::ApplyRequested { .. }, .. })));
    assert_eq!(changes.files.len(), 1);
    let after = changes.files[0].after.as_ref().unwrap();
    assert!(after.contains("line_2 = 22") && after.contains("line_19 = 19"), "only the accepted hunk is written");
}

/// The gate of `gate`, with the second hunk of the code accepted, and what the checks will say of that alone.
fn part_accepted(errors: usize) -> Desk {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::NextHunk, Action::AcceptHunk]);
    desk.world.reports.push_back(report(errors));
    desk.acts(&[Action::Apply, Action::Apply]);
    desk
}

#[test]
fn accepted_hunks_that_pass_by_themselves_are_written() {
    let mut desk = part_accepted(0);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Finished(Outcome::Applied));
    assert!(
        desk.world.disk["lines.py"].contains("line_19 = 99") && desk.world.disk["lines.py"].contains("line_2 = 2\n")
    );
}

#[test]
fn accepted_hunks_that_fail_by_themselves_are_written_only_if_the_user_insists() {
    let mut desk = part_accepted(2);
    let before = desk.world.disk.clone();
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Gate);
    assert!(
        desk.notice() == "Not written: accepted hunks alone fail (2 errors). Once more to write anyway.",
        "{}",
        desk.notice()
    );
    assert_eq!((desk.world.disk == before, desk.decisions()), (true, vec![P, P, A, P]));
    assert!(desk.state.review.above > 0, "what fails stands above the hunks, and is brought into sight");
    // Looking around first does not make it less of a question.
    desk.acts(&[Action::NextHunk, Action::Apply]);
    assert_eq!(desk.notice(), "Once more to write 1 hunk in 1 file, though they fail alone (2 errors).");
    desk.act(Action::Apply);
    assert_eq!(desk.asked(), ["journal", "apply"], "what was seen to fail is not checked again");
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Finished(Outcome::Applied));
    let said = desk.said(Author::Workbench);
    assert!(said.last().unwrap().ends_with("They were written although they fail their checks."), "{said:?}");
}

#[test]
fn whoever_writes_a_proposal_that_fails_its_checks_is_told_so_before_and_afterwards() {
    let mut opening = opening();
    opening.settings.run.heal_attempts = 0;
    opening.settings.run.max_iterations = 1;
    let mut desk = Desk::with(opening, World::new().says(Node::Executor, whole("calc.py", "BROKEN\n")));
    desk.submit(REQUEST);
    desk.settle();
    desk.acts(&[Action::AcceptAll, Action::Apply]);
    assert_eq!(desk.notice(), "Once more to write 1 hunk in 1 file, though the checks fail (1 error).");
    desk.act(Action::Apply);
    desk.settle();
    let said = desk.said(Author::Workbench);
    assert!(said.last().unwrap().ends_with("They were written although they fail their checks."), "{said:?}");
}

#[test]
fn other_accepted_hunks_are_checked_anew() {
    let mut desk = part_accepted(1);
    desk.settle();
    desk.acts(&[Action::PreviousFile, Action::AcceptHunk, Action::Apply, Action::Apply]);
    assert_eq!(desk.asked(), ["journal", "validate"]);
}

#[test]
fn stopping_the_check_of_accepted_hunks_leads_back_to_them() {
    let mut desk = part_accepted(0);
    desk.act(Action::CancelRun);
    assert_eq!((&desk.run().stage, desk.notice()), (&Stage::Gate, "Stopped: nothing was written."));
    assert_eq!(desk.decisions(), [P, P, A, P]);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Gate, "its result is not awaited any more");
}

#[test]
fn a_process_that_ends_while_accepted_hunks_are_checked_goes_on_with_the_check() {
    let mut desk = part_accepted(0);
    desk.settle_to(|e| matches!(e, Effect::Validate { .. }));
    let mut again = desk.reopened("first");
    again.settle();
    assert_eq!(again.run().stage, Stage::Finished(Outcome::Applied));
    assert!(again.world.disk["lines.py"].contains("line_19 = 99"));
}

#[test]
fn applying_with_everything_rejected_ends_the_run_and_writes_nothing() {
    let mut desk = gate();
    desk.acts(&[Action::RejectAll, Action::Apply, Action::Apply]);
    assert!(!desk.asked().contains(&"apply"));
    assert_eq!(desk.run().stage, Stage::Finished(Outcome::Rejected));
    assert_eq!(desk.said(Author::Workbench), ["Nothing was accepted, nothing was written."]);
}

#[test]
fn a_write_that_failed_leads_back_to_the_gate_with_the_reason_and_the_decisions() {
    let mut desk = gate();
    desk.world.apply_fails = 1;
    desk.acts(&[Action::NextFile, Action::AcceptHunk, Action::Apply, Action::Apply]);
    let answers = desk.said(Author::Assistant).len();
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Gate);
    assert_eq!(desk.run().apply_failure.as_ref().unwrap().kind, FailureKind::Stale);
    assert!(desk.notice().contains("calc.py has changed since"), "{}", desk.notice());
    assert_eq!(desk.said(Author::Workbench), ["Nothing was written: calc.py has changed since"]);
    assert_eq!(desk.said(Author::Assistant).len(), answers, "the proposal is not announced again");
    assert_eq!(desk.decisions(), [P, A, P, P]);
    assert_eq!(desk.state.review.cursor, SECOND, "the user stays where they were");
    desk.acts(&[Action::Apply, Action::Apply]);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Finished(Outcome::Applied));
}

#[test]
fn a_file_that_changed_on_disk_at_the_gate_is_told_and_the_proposal_stands_on_it() {
    let mut desk = gate();
    desk.world.disk.insert("lines.py".into(), lines().replace("line_10 = 10\n", "line_10 = 10\nmine = 1\n"));
    desk.acts(&[Action::NextFile, Action::AcceptHunk, Action::AcceptHunk, Action::Apply, Action::Apply]);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Gate);
    let said = desk.notice();
    assert!(
        said.contains("Not written") && said.contains("`lines.py`") && said.contains("passes the checks"),
        "{said}"
    );
    assert!(desk.said(Author::Workbench).is_empty());
    assert_eq!(desk.decisions(), [P, P, P, P], "nobody can tell which hunk of another file was meant");
    desk.acts(&[Action::NextFile, Action::AcceptHunk, Action::AcceptHunk, Action::Apply, Action::Apply]);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Finished(Outcome::Applied));
    let written = &desk.world.disk["lines.py"];
    assert!(written.contains("mine = 1\n") && written.contains("line_19 = 99"), "{written}");
}

#[test]
fn a_decision_counts_as_saved_when_the_store_has_said_so() {
    let mut desk = gate();
    assert!(desk.state.session.is_saved());
    desk.act(Action::AcceptHunk);
    assert!(!desk.state.session.is_saved());
    let (session, seq) = (desk.state.session.id.clone(), desk.state.session.seq);
    let other = vibe_tui::domain::ids::SessionId("other".into());
    desk.store(StoreEvent::Journaled { session: other, seq });
    assert!(!desk.state.session.is_saved(), "another session's facts");
    desk.store(StoreEvent::Journaled { session: session.clone(), seq: seq - 1 });
    assert!(!desk.state.session.is_saved(), "an earlier fact");
    desk.store(StoreEvent::JournalFailed(failure(FailureKind::Store)));
    assert!(!desk.state.session.is_saved() && !desk.notice().is_empty());
    desk.store(StoreEvent::Journaled { session: session.clone(), seq });
    assert!(desk.state.session.is_saved());
    desk.store(StoreEvent::Journaled { session, seq: 1 });
    assert!(desk.state.session.is_saved(), "what is saved stays saved");
}

#[test]
fn copying_takes_what_the_pane_is_about() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::Copy]);
    let Some(Effect::CopyText(text)) = desk.effects.last() else { panic!("{:?}", desk.effects) };
    assert!(text.contains("line_2 = 22\n") && !text.contains("line_2 = 2\n"), "{text}");
    desk.acts(&[Action::FocusStream, Action::Copy]);
    assert_eq!(desk.effects, [Effect::CopyText(GOOD.into())]);
    desk.acts(&[Action::FocusChat, Action::Copy]);
    assert_eq!(desk.effects, [Effect::CopyText(desk.run().answer.clone())]);
    let mut empty = Desk::new(World::new());
    assert!(empty.act(Action::Copy).is_empty());
    assert_eq!(empty.notice(), "There is nothing to copy here.");
}

#[test]
fn comments_on_lines_go_along_with_the_next_revision_and_outlive_a_restart() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::Down, Action::Down, Action::Down]);
    desk.act(Action::Comment);
    desk.typed("why not 23?");
    desk.act(Action::Confirm);
    let comments = &desk.run().comments;
    assert_eq!(comments.len(), 1);
    assert_eq!(
        (comments[0].line(), comments[0].quote.as_str(), comments[0].path.as_str()),
        (3, "line_3 = 3", "lines.py")
    );
    // The same line again begins with what was said.
    desk.act(Action::Comment);
    desk.typed(" Or 24?");
    desk.act(Action::Confirm);
    assert_eq!(desk.run().comments.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["why not 23? Or 24?"]);
    desk.settle();
    let mut again = desk.reopened("first");
    assert_eq!(again.run().comments, desk.run().comments);
    // Sent without another word.
    again.act(Action::Refine);
    assert!(again.notice().contains("your comment goes along"), "{}", again.notice());
    again.act(Action::Submit);
    // What may be learned of it has no place: that is another one soon.
    assert_eq!(again.run().revisions.last().unwrap().1, "why not 23? Or 24?");
    assert_eq!(again.said(Author::User).last(), Some(&"lines.py line 3, `line_3 = 3`: why not 23? Or 24?"));
    assert!(again.run().comments.is_empty());
}

#[test]
fn a_comment_is_taken_back_by_emptying_it_and_a_changed_one_is_not_lost_by_one_key() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::Comment]);
    desk.typed("no");
    desk.act(Action::Close);
    assert_eq!(desk.notice(), "Once more to leave without keeping what you wrote.");
    desk.act(Action::Confirm);
    assert_eq!(desk.run().comments.len(), 1);
    desk.act(Action::Comment);
    desk.event(Event::Typed(TextEdit::DeleteToStart));
    desk.act(Action::Confirm);
    assert!(desk.run().comments.is_empty());
    desk.acts(&[Action::Comment, Action::Close]);
    assert!(desk.state.overlay.is_none(), "nothing was written: nothing is asked");
}

#[test]
fn a_hunk_changed_in_place_is_one_more_attempt_that_is_checked_and_keeps_the_other_decisions() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::NextHunk, Action::AcceptHunk, Action::PreviousFile, Action::EditHunk]);
    desk.event(Event::Typed(TextEdit::DeleteToEnd));
    desk.typed("line_2 = 222");
    desk.act(Action::Confirm);
    assert_eq!(desk.asked(), ["journal", "validate"]);
    desk.settle();
    assert_eq!((&desk.run().stage, desk.run().attempts.len(), desk.run().chosen), (&Stage::Gate, 2, 1));
    assert_eq!(desk.notice(), "Your change is in the proposal and passes the checks.");
    let after = desk.run().attempt().unwrap().changes.file("lines.py").unwrap().after.clone().unwrap();
    assert_eq!(after, lines().replace("line_2 = 2\n", "line_2 = 222\n").replace("line_19 = 19", "line_19 = 99"));
    assert_eq!(desk.decisions(), [P, P, A, P]);
    assert_eq!(desk.state.review.cursor, FIRST, "the user stays where they were");
    desk.act(Action::PreviousAttempt);
    assert_eq!(desk.run().chosen, 0, "what was proposed before is still there");
}

#[test]
fn a_change_that_does_not_pass_is_kept_and_said() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::EditHunk]);
    desk.typed("BROKEN ");
    desk.act(Action::Confirm);
    desk.settle();
    assert_eq!(desk.notice(), "Your change is in the proposal; the checks find 1 error.");
    assert_eq!(desk.run().stage, Stage::Gate);
}

#[test]
fn what_an_editor_saved_goes_into_the_proposal_and_nothing_else_does() {
    let mut desk = gate();
    desk.act(Action::NextFile);
    desk.act(Action::OpenEditor);
    let asked = desk.effects.iter().find_map(|e| match e {
        Effect::Terminal(TerminalEffect::Edit { path, text, line }) => Some((path.clone(), text.clone(), *line)),
        _ => None,
    });
    let (path, text, line) = asked.unwrap();
    assert_eq!((path.as_str(), line), ("lines.py", 2));
    desk.event(Event::EditorClosed { path: path.clone(), text: text.clone() });
    assert_eq!(desk.notice(), "Nothing was changed.");
    desk.event(Event::EditorClosed { path: path.clone(), text: text.replace("22", "2200") });
    desk.settle();
    assert_eq!(desk.run().attempts.len(), 2);
    desk.event(Event::EditorClosed { path: "other.py".into(), text: "x".into() });
    assert_eq!(desk.run().attempts.len(), 2, "a file that is none of the proposal's");
    desk.acts(&[Action::RejectAll, Action::Apply, Action::Apply]);
    desk.event(Event::EditorClosed { path, text });
    assert_eq!(desk.notice(), "The proposal is not open for changes any more.");
}

#[test]
fn a_change_that_leaves_nothing_to_propose_is_refused() {
    let mut desk = Desk::at_gate(World::new());
    let before = desk.run().attempt().unwrap().changes.files[0].before.clone().unwrap();
    desk.event(Event::EditorClosed { path: "calc.py".into(), text: before });
    assert!(desk.notice().contains("nothing would be left to propose"), "{}", desk.notice());
    assert_eq!(desk.run().attempts.len(), 1);
}

#[test]
fn nothing_lays_itself_over_a_text_that_is_being_written() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::Comment]);
    desk.typed("think");
    for action in
        [Action::Palette, Action::Help, Action::ShowContext, Action::ChooseModel, Action::AcceptAll, Action::FocusNext]
    {
        desk.act(action);
        assert_eq!(desk.notice(), "Keep what you are writing, or leave it, first.", "{action:?}");
    }
    desk.act(Action::Confirm);
    assert_eq!(desk.run().comments[0].text, "think");
}

#[test]
fn one_key_drops_no_proposal() {
    let mut desk = gate();
    desk.act(Action::CancelRun);
    assert_eq!(desk.notice(), "Once more to drop the proposal: nothing of it will be written.");
    desk.acts(&[Action::NextHunk, Action::CancelRun]);
    assert_eq!(desk.run().stage, Stage::Gate, "anything in between takes it back");
    desk.act(Action::CancelRun);
    assert_eq!(desk.run().stage, Stage::Finished(Outcome::Cancelled));
}

#[test]
fn comments_that_were_not_sent_are_named_before_writing_and_come_back_from_a_revision_that_came_to_nothing() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::Comment]);
    desk.typed("no");
    desk.acts(&[Action::Confirm, Action::AcceptHunk, Action::Apply]);
    assert_eq!(desk.notice(), "Once more to write 1 hunk in 1 file. Not sent: 1 comment.");
    let comments = desk.run().comments.clone();
    desk.acts(&[Action::Refine, Action::Submit]);
    assert!(desk.run().comments.is_empty());
    desk.act(Action::CancelRun);
    assert_eq!((&desk.run().stage, &desk.run().comments), (&Stage::Gate, &comments));
    assert_eq!(desk.run().best_attempt(), Some(desk.run().chosen), "what is reviewed is still the best there is");
}

#[test]
fn after_a_kill_while_a_change_by_hand_is_checked_the_decisions_are_still_there() {
    let mut desk = gate();
    desk.acts(&[Action::NextFile, Action::NextHunk, Action::AcceptHunk, Action::PreviousFile, Action::EditHunk]);
    desk.typed("# by hand\n");
    desk.act(Action::Confirm);
    // The hunks have come, and the checks are under way.
    let Effect::Validate { job, changes } = desk.settle_to(|e| matches!(e, Effect::Validate { .. })) else { panic!() };
    desk.event(Event::Work(WorkEvent::Diffed { job, files: vibe_tui::edit::diff(&changes).into() }));
    assert_eq!(desk.decisions(), [P, P, A, P]);
    desk.settle();
    let mut again = desk.reopened("first");
    again.settle();
    assert_eq!((&again.run().stage, again.decisions()), (&Stage::Gate, vec![P, P, A, P]));
}

#[test]
fn a_change_in_place_that_is_refused_stays_to_be_mended() {
    let mut desk = Desk::at_gate(World::new());
    desk.act(Action::EditHunk);
    let Some(Overlay::Editor(editor)) = &mut desk.state.overlay else { panic!() };
    // The hunk only adds: without its lines the file is what is on disk.
    **editor = vibe_tui::app::Editor::new(editor.subject.clone(), "");
    desk.act(Action::Confirm);
    assert!(desk.notice().contains("nothing would be left to propose"), "{}", desk.notice());
    assert!(matches!(desk.state.overlay, Some(Overlay::Editor(_))), "what was typed is gone");
}
