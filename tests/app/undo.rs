//! Written changes taken back and made again, at any later time and whatever happened to the files since; and the trail.

use super::desk::*;
use vibe_tui::app::{Action, Deed, Effect, Event, Fact, RevertPlanned, Session, TextEdit, trail};
use vibe_tui::domain::ids::{RunId, SessionId};
use vibe_tui::domain::message::Author;
use vibe_tui::domain::model::Node;
use vibe_tui::domain::revert::{Revert, Way};
use vibe_tui::graph::{Outcome, RunFact, Stage};

/// Asks, accepts and writes.
fn write(desk: &mut Desk, request: &str, answer: String) {
    desk.world.replies.entry(Node::Executor).or_default().push_back(answer.into());
    desk.submit(request);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Gate);
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Finished(Outcome::Applied));
}

fn written() -> Desk {
    let mut desk = Desk::new(World::new());
    write(&mut desk, REQUEST, subtract());
    desk
}

/// Three runs: `calc.py` is appended to, `other.py` is made, a line of `calc.py` is changed.
fn three() -> Desk {
    let mut desk = written();
    write(&mut desk, "Create a function other in other.py", whole("other.py", "def other():\n    return 1\n"));
    let calc = desk.world.disk["calc.py"].replace("(a, b):\n    return a +", "(a, b=0):\n    return a +");
    write(&mut desk, "Change the function add in calc.py", whole("calc.py", &calc));
    desk
}

fn stages(desk: &Desk) -> Vec<Stage> {
    desk.state.session.runs.iter().map(|r| r.stage.clone()).collect()
}

const APPLIED: Stage = Stage::Finished(Outcome::Applied);
const UNDONE: Stage = Stage::Finished(Outcome::Undone);

#[test]
fn a_written_change_is_taken_back_and_made_again_after_a_yes_each_time() {
    let mut desk = written();
    let disk = desk.world.disk.clone();
    let undone = "Taken back: 1 file. /redo writes it again (in a shell `vibe-tui redo`).";
    let redone = "Written: 1 file. /undo takes it back (in a shell `vibe-tui undo`).";
    for (action, stage, words) in
        [(Action::Undo, UNDONE, undone), (Action::Redo, APPLIED, redone), (Action::Undo, UNDONE, undone)]
    {
        let before = desk.world.disk.clone();
        desk.act(action);
        assert_eq!(desk.asked(), ["plan-revert"]);
        desk.settle();
        assert_eq!(desk.world.disk, before, "nothing is written before the yes");
        let (lines, _) = desk.picker().unwrap();
        assert!(lines.contains(&"@@ -1,6 +1,2 @@") || lines.contains(&"@@ -1,2 +1,6 @@"), "{lines:?}");
        desk.act(Action::Confirm);
        assert_eq!(desk.asked(), ["journal", "apply"]);
        desk.settle();
        assert_eq!(desk.run().stage, stage);
        assert_eq!(desk.world.disk == disk, stage == APPLIED);
        assert_eq!(desk.said(Author::Workbench).last(), Some(&words));
    }
    desk.act(Action::Undo);
    assert!(desk.notice().starts_with("There is nothing to take back in this session."), "{}", desk.notice());
}

#[test]
fn a_no_leaves_everything_as_it_is() {
    let mut desk = written();
    let disk = desk.world.disk.clone();
    desk.act(Action::Undo);
    desk.settle();
    desk.acts(&[Action::Down, Action::Confirm]);
    desk.settle();
    assert_eq!((desk.run().stage.clone(), desk.world.disk.clone()), (APPLIED, disk));
    assert_eq!(desk.state.reverting, None);
}

#[test]
fn an_undo_that_failed_does_not_claim_that_something_was_written() {
    let mut desk = written();
    desk.act(Action::Undo);
    desk.settle();
    desk.world.apply_fails = 1;
    desk.act(Action::Confirm);
    desk.settle();
    assert_eq!(desk.run().stage, APPLIED);
    assert_eq!(desk.said(Author::Workbench).last(), Some(&"Nothing was written: calc.py has changed since"));
}

#[test]
fn an_earlier_run_is_taken_back_and_what_came_since_is_kept() {
    let mut desk = three();
    desk.submit("/undo 1");
    desk.settle();
    let (lines, _) = desk.picker().unwrap();
    assert!(lines.contains(&"Changed since, and what changed is kept: calc.py"), "{lines:?}");
    desk.act(Action::Confirm);
    desk.settle();
    assert_eq!(desk.world.disk["calc.py"], CALC.replace("(a, b):\n    return a +", "(a, b=0):\n    return a +"));
    assert!(desk.world.disk.contains_key("other.py"));
    assert_eq!(stages(&desk), [UNDONE, APPLIED, APPLIED]);
    let words = "Taken back: 1 file. /redo 1 writes it again (in a shell `vibe-tui redo --run 1`).";
    assert_eq!(desk.said(Author::Workbench).last(), Some(&words));
    desk.submit("/redo 1");
    desk.settle();
    desk.act(Action::Confirm);
    desk.settle();
    assert!(desk.world.disk["calc.py"].contains("b=0") && desk.world.disk["calc.py"].contains("subtract"));
    assert_eq!(stages(&desk), [APPLIED, APPLIED, APPLIED]);
}

#[test]
fn several_runs_are_offered_newest_first_and_one_that_made_a_file_deletes_it() {
    let mut desk = three();
    desk.submit("/undo");
    let (lines, _) = desk.picker().unwrap();
    assert_eq!(
        lines,
        ["3 Change the function add in calc.py", "2 Create a function other in other.py", &format!("1 {REQUEST}")]
    );
    desk.acts(&[Action::Down, Action::Confirm]);
    desk.settle();
    desk.act(Action::Confirm);
    desk.settle();
    assert!(!desk.world.disk.contains_key("other.py"));
    assert_eq!(stages(&desk), [APPLIED, UNDONE, APPLIED]);
}

#[test]
fn changes_in_the_way_are_refused_with_their_lines_and_the_later_run_that_made_them() {
    let mut desk = written();
    let calc = desk.world.disk["calc.py"].replace("a - b", "b - a");
    write(&mut desk, "Change the function subtract in calc.py", whole("calc.py", &calc));
    let disk = desk.world.disk.clone();
    desk.submit("/undo 1");
    desk.settle();
    let said = desk.said(Author::Workbench).last().unwrap().to_string();
    for part in [
        "`calc.py` lines 3-6",
        "return b - a",
        "there would be nothing there",
        "Make these lines what they would be",
        "Did you mean run 2 first",
        "/undo 2",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("<<<<"), "{said}");
    assert_eq!((desk.picker(), desk.world.disk.clone()), (None, disk));
    assert_eq!(stages(&desk), [APPLIED, APPLIED]);
}

#[test]
fn files_that_are_as_wanted_already_are_not_written_and_the_run_counts_as_taken_back() {
    let mut desk = written();
    desk.world.disk.insert("calc.py".into(), CALC.into());
    desk.act(Action::Undo);
    desk.settle();
    desk.act(Action::Confirm);
    assert_eq!(desk.asked(), ["journal"]);
    assert_eq!(desk.run().stage, UNDONE);
}

#[test]
fn numbers_that_are_no_written_run_are_refused_and_a_run_under_way_is_not_disturbed() {
    let mut desk = written();
    for order in ["/undo 7", "/undo x", "/redo 1"] {
        desk.submit(order);
        assert!(desk.notice().contains("There is no run"), "{order}: {}", desk.notice());
    }
    desk.event(Event::Typed(TextEdit::DeleteToStart));
    desk.submit("Add a multiply function to calc.py");
    desk.settle_to_call();
    desk.submit("/undo 1");
    assert!(desk.notice().contains("under way"), "{}", desk.notice());
}

#[test]
fn what_was_worked_out_for_another_undo_or_for_none_changes_nothing() {
    let mut desk = three();
    let stray =
        |run, way| Event::RevertPlanned(Box::new(RevertPlanned { run: RunId(run), way, revert: Revert::default() }));
    desk.event(stray(1, Way::Undo));
    assert_eq!(desk.picker(), None);
    desk.submit("/undo 2");
    desk.event(stray(1, Way::Undo));
    desk.event(stray(2, Way::Redo));
    assert_eq!(desk.picker(), None);
}

#[test]
fn an_undo_of_an_earlier_run_that_was_killed_in_between_is_finished() {
    let mut desk = three();
    desk.submit("/undo 1");
    desk.settle();
    desk.act(Action::Confirm);
    desk.settle_to(|e| matches!(e, Effect::Apply { .. }));
    let mut again = desk.reopened("first");
    again.settle();
    assert_eq!(stages(&again), [UNDONE, APPLIED, APPLIED]);
    assert_eq!(again.world.disk["calc.py"], CALC.replace("(a, b):\n    return a +", "(a, b=0):\n    return a +"));
}

#[test]
fn the_trail_says_what_was_written_taken_back_and_made_again_and_by_whom() {
    let mut desk = three();
    for order in ["/undo 1", "/redo 1"] {
        desk.submit(order);
        desk.settle();
        desk.act(Action::Confirm);
        desk.settle();
    }
    let id = SessionId("first".into());
    let trail = trail(&id, &desk.world.journals[&id]);
    let told: Vec<String> =
        trail.iter().map(|t| format!("{} {} {} {:?}", t.run, t.deed.word(), t.by, t.files)).collect();
    assert_eq!(
        told,
        [
            r#"run-1 applied workbench [("calc.py", 4, 0)]"#,
            r#"run-2 applied workbench [("other.py", 2, 0)]"#,
            r#"run-3 applied workbench [("calc.py", 1, 1)]"#,
            r#"run-1 undone workbench [("calc.py", 0, 4)]"#,
            r#"run-1 redone workbench [("calc.py", 4, 0)]"#,
        ]
    );
    assert!(trail.windows(2).all(|w| w[0].at < w[1].at));
}

#[test]
fn the_trail_has_a_write_that_nobody_saw_end_until_it_has_ended() {
    let mut desk = three();
    let id = SessionId("first".into());
    desk.submit("/undo 1");
    desk.settle();
    desk.act(Action::Confirm);
    desk.settle_to(|e| matches!(e, Effect::Apply { .. }));
    let newest = |desk: &Desk| trail(&id, &desk.world.journals[&id]).pop().unwrap();
    let begun = newest(&desk);
    assert_eq!((begun.deed, begun.run, begun.by), (Deed::Begun, RunId(1), "workbench"));
    assert_eq!(begun.files, [("calc.py".to_owned(), 0, 4)]);
    let mut again = desk.reopened("first");
    again.settle();
    assert_eq!(newest(&again).deed, Deed::Undone);
    assert!(trail(&id, &again.world.journals[&id]).iter().all(|t| t.deed != Deed::Begun));
}

#[test]
fn an_undo_journaled_by_an_earlier_version_still_folds() {
    let mut desk = written();
    let id = SessionId("first".into());
    let last = desk.state.session.seq;
    let mut facts = desk.world.journals.remove(&id).unwrap();
    let run = RunId(1);
    let at = facts.last().unwrap().at;
    let asked = vibe_tui::app::Dated { at, fact: Fact::Run { run, fact: RunFact::UndoRequested } };
    let mut session = Session::fold(id.clone(), &facts);
    let commands = session.apply(&asked);
    let [vibe_tui::graph::RunCommand::Apply { job, changes }] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(changes.files[0].after.as_deref(), Some(CALC));
    facts.push(asked);
    facts.push(vibe_tui::app::Dated { at, fact: Fact::Run { run, fact: RunFact::Applied { job: *job } } });
    assert_eq!(Session::fold(id.clone(), &facts).run().unwrap().stage, UNDONE);
    assert_eq!(trail(&id, &facts).last().unwrap().files, [("calc.py".to_owned(), 0, 4)]);
    assert_eq!(last + 2, facts.len() as u64);
}
