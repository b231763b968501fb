//! Files that change on disk while their proposal waits at the gate.

use super::*;
use vibe_tui::domain::rung::RungKind;

const APPLY: RunFact = RunFact::ApplyRequested { by: vibe_tui::domain::revert::Asker::Workbench };
const WIDE: &str = "first = 1\na = 0\nb = 0\nc = 0\nd = 0\ne = 0\nf = 0\ng = 0\nlast = 1\n";

fn both() -> String {
    let one = replace("calc.py", "first = 1", "first = 2");
    format!("{one}{}", replace("calc.py", "last = 1", "last = 2"))
}

/// At the gate, with both hunks accepted.
fn waiting() -> World {
    played(Script::new().file("calc.py", WIDE).plan(PLAN).execute(both()).review(GOOD).user(all(Decision::Accepted)))
}

/// Somebody else's hand, and then what the user does.
fn then(world: &mut World, path: &str, text: Option<&str>, facts: Vec<RunFact>) {
    match text {
        Some(text) => world.script.disk.insert(path.into(), text.into()),
        None => world.script.disk.remove(path),
    };
    world.script.user.extend(facts);
    world.go();
}

#[test]
fn a_proposal_is_put_onto_the_file_as_it_is_now_checked_and_written_when_the_user_says_so_again() {
    let mut world = waiting();
    let changed = WIDE.replace("d = 0", "d = 9\nmore = 1");
    then(&mut world, "calc.py", Some(&changed), vec![APPLY]);
    assert_eq!(world.script.disk["calc.py"], changed, "nothing is written");
    let run = &world.run;
    assert_eq!((&run.stage, run.attempts.len(), run.chosen), (&Stage::Gate, 2, 1), "{}", world.trace());
    assert!(world.trace().ends_with("apply(1) read(calc.py) validate"), "{}", world.trace());
    let attempt = &run.attempts[1];
    assert_eq!((attempt.rung.kind, attempt.rung.base), (RungKind::Rebase, Some(0)));
    assert!(attempt.report.is_some() && run.apply_failure.is_none());
    assert_eq!(run.best_attempt(), Some(1), "the one before was made from a file that is no more");
    assert_eq!(attempt.changes.files[0].before.as_deref(), Some(changed.as_str()));
    assert_eq!(run.decision(HunkId { file: 0, hunk: 0 }), Decision::Pending, "the user decides anew");
    let said = "`calc.py` changed on disk after the proposal was made: attempt 2 is the same proposal on the files as they are now.";
    assert!(run.answer.contains(said), "true before it is written and after: {}", run.answer);
    world.script.user.extend([all(Decision::Accepted), APPLY]);
    world.go();
    assert_eq!(*finished(&world), Outcome::Applied);
    let written = changed.replace("first = 1", "first = 2").replace("last = 1", "last = 2");
    assert_eq!(world.script.disk["calc.py"], written);
}

#[test]
fn that_files_changed_is_told_of_the_proposal_it_is_true_of_and_of_no_later_one() {
    let mut world = waiting();
    let changed = WIDE.replace("d = 0", "d = 9");
    then(&mut world, "calc.py", Some(&changed), vec![APPLY]);
    assert!(world.run.answer.contains("changed on disk after the proposal was made"), "{}", world.run.answer);
    world.script = world.script.clone().execute(replace("calc.py", "first = 2", "first = 3")).review(GOOD);
    world.script.user.push_back(RunFact::RevisionRequested { text: "Three".to_owned() });
    world.go();
    assert_eq!((&world.run.stage, world.run.attempts.len()), (&Stage::Gate, 3), "{}", world.trace());
    assert!(!world.run.answer.contains("on disk"), "{}", world.run.answer);
    assert!(world.run.notices.is_empty(), "{:?}", world.run.notices);
}

#[test]
fn where_both_changed_the_same_line_the_revision_begins_with_the_file_as_it_is() {
    let mut world = waiting();
    let changed = WIDE.replace("first = 1", "first = 7");
    then(&mut world, "calc.py", Some(&changed), vec![APPLY]);
    let failure = world.run.apply_failure.clone().expect("it is said");
    assert_eq!((failure.kind, &world.run.stage, world.run.attempts.len()), (FailureKind::Stale, &Stage::Gate, 1));
    assert!(
        failure.message.contains("`calc.py` line 1") && failure.message.contains("revision"),
        "{}",
        failure.message
    );
    world.script = world.script.clone().execute(replace("calc.py", "first = 7", "first = 8")).review(GOOD);
    let text = "Do it on what is there".to_owned();
    let facts = vec![RunFact::RevisionRequested { text }, all(Decision::Accepted), APPLY];
    then(&mut world, "calc.py", Some(&changed), facts);
    assert!(world.requests.iter().any(|r| r.messages.iter().any(|m| {
        // What does not fit any more is shown as a change, and nothing of it is said to be in the file.
        m.text.contains("first = 7")
            && m.text.contains("changed calc.py meanwhile")
            && m.text.contains("-last = 1\n+last = 2\n")
            && !m.text.contains("Accepted by the user")
    })));
    assert_eq!(*finished(&world), Outcome::Applied, "{}", world.trace());
    assert_eq!(world.script.disk["calc.py"], changed.replace("first = 7", "first = 8"));
}

#[test]
fn a_revision_begins_with_the_files_as_they_are_when_it_is_asked_for() {
    let mut world = waiting();
    then(&mut world, "calc.py", Some(&WIDE.replace("first = 1", "first = 7")), vec![APPLY]);
    assert_eq!(world.run.apply_failure.as_ref().map(|f| f.kind), Some(FailureKind::Stale), "{}", world.trace());
    // The hand that wrote is not done yet.
    let changed = WIDE.replace("first = 1", "first = 8");
    world.script = world.script.clone().execute(replace("calc.py", "first = 8", "first = 9")).review(GOOD);
    let asked = world.requests.len();
    let text = "Do it on what is there".to_owned();
    let facts = vec![RunFact::RevisionRequested { text }, all(Decision::Accepted), APPLY];
    then(&mut world, "calc.py", Some(&changed), facts);
    let shown = |text: &str| world.requests[asked].messages.iter().any(|m| m.text.contains(text));
    assert!(shown("first = 8") && !shown("first = 7"), "{}", world.trace());
    assert_eq!(*finished(&world), Outcome::Applied, "{}", world.trace());
    assert_eq!(world.script.disk["calc.py"], changed.replace("first = 8", "first = 9"));
}

#[test]
fn killed_while_the_files_are_read_for_a_revision_it_reads_them_again() {
    let mut world = waiting();
    then(&mut world, "calc.py", Some(&WIDE.replace("first = 1", "first = 7")), vec![APPLY]);
    let next = world.fact(RunFact::RevisionRequested { text: "Again".to_owned() });
    assert!(matches!(next, Some(RunCommand::ReadFiles { .. })), "{}", world.trace());
    world.script = world.script.clone().execute(replace("calc.py", "first = 7", "first = 8")).review(GOOD);
    let next = world.fact(RunFact::Interrupted);
    assert!(matches!(next, Some(RunCommand::ReadFiles { .. })), "{}", world.trace());
    world.perform(next);
    assert_eq!((&world.run.stage, world.run.attempts.len()), (&Stage::Gate, 2), "{}", world.trace());
}

#[test]
fn stopped_while_the_files_are_read_for_a_revision_the_gate_is_as_it_was() {
    let mut world = waiting();
    then(&mut world, "calc.py", Some(&WIDE.replace("first = 1", "first = 7")), vec![APPLY]);
    let before = (world.run.chosen, world.run.decisions.clone());
    let Some(RunCommand::ReadFiles { job, .. }) = world.fact(RunFact::RevisionRequested { text: "Again".to_owned() })
    else {
        panic!("{}", world.trace())
    };
    assert_eq!(world.fact(RunFact::Cancelled), None);
    assert_eq!((&world.run.stage, (world.run.chosen, world.run.decisions.clone())), (&Stage::Gate, before));
    assert_eq!(world.fact(RunFact::FilesRead { job, files: Vec::new() }), None, "nobody waits for them");
    assert_eq!(world.run.stage, Stage::Gate);
}

#[test]
fn a_file_that_is_gone_or_already_as_proposed_is_said() {
    let mut world = waiting();
    then(&mut world, "calc.py", None, vec![APPLY]);
    let said = world.run.apply_failure.as_ref().unwrap().message.clone();
    assert!(said.contains("`calc.py`") && said.contains("deleted since"), "{said}");

    // A second file makes the write stale; the first is as the proposal has it.
    let two = format!("{}{}", both(), whole("new.py", "x = 1\n"));
    let script = Script::new().file("calc.py", WIDE).plan(PLAN).execute(two).review(GOOD);
    let mut world = played(script.user(all(Decision::Accepted)));
    let done = WIDE.replace("first = 1", "first = 2").replace("last = 1", "last = 2");
    world.script.disk.insert("new.py".into(), "x = 1\n".into());
    then(&mut world, "calc.py", Some(&done.replace("d = 0", "d = 9")), vec![APPLY]);
    let said = world.run.apply_failure.as_ref().unwrap().message.clone();
    assert!(said.contains("already as the proposal has them"), "{said}");
}

#[test]
fn a_clash_in_a_file_that_is_not_accepted_does_not_hold_up_the_others() {
    let two = format!("{}{}", both(), whole("new.py", "x = 1\n"));
    let script = Script::new().file("calc.py", WIDE).plan(PLAN).execute(two).review(GOOD);
    let mut world = played(script.user(one(0, Decision::Accepted)).user(one(1, Decision::Accepted)));
    world.script.disk.insert("new.py".into(), "y = 1\n".into());
    let changed = WIDE.replace("d = 0", "d = 9");
    then(
        &mut world,
        "calc.py",
        Some(&changed),
        vec![APPLY, one(0, Decision::Accepted), one(1, Decision::Accepted), APPLY],
    );
    assert_eq!(*finished(&world), Outcome::Applied, "{}", world.trace());
    assert_eq!(world.script.disk["calc.py"], changed.replace("first = 1", "first = 2").replace("last = 1", "last = 2"));
    assert_eq!(world.script.disk["new.py"], "y = 1\n");
}

#[test]
fn killed_while_the_files_are_read_it_reads_them_again() {
    let mut world = waiting();
    world.script.disk.insert("calc.py".into(), WIDE.replace("d = 0", "d = 9"));
    let Some(RunCommand::Apply { job, .. }) = world.fact(APPLY) else { panic!("{}", world.trace()) };
    let failure = Failure::fatal(FailureKind::Stale, "calc.py has changed since");
    assert!(matches!(world.fact(RunFact::ApplyFailed { job, failure }), Some(RunCommand::ReadFiles { .. })));
    let next = world.fact(RunFact::Interrupted);
    assert!(matches!(next, Some(RunCommand::ReadFiles { .. })), "{}", world.trace());
    world.perform(next);
    assert_eq!((&world.run.stage, world.run.attempts.len()), (&Stage::Gate, 2));
}

#[test]
fn decisions_on_files_that_stayed_are_kept_and_what_nobody_accepted_does_not_clash() {
    let two = format!("{}{}", both(), whole("new.py", "x = 1\n"));
    let script = Script::new().file("calc.py", WIDE).plan(PLAN).execute(two).review(GOOD);
    let mut world = played(script.user(all(Decision::Accepted)).user(one(0, Decision::Rejected)));
    // The line of the rejected hunk, and one that is far from both.
    let changed = WIDE.replace("first = 1", "first = 7").replace("d = 0", "d = 9");
    then(&mut world, "calc.py", Some(&changed), vec![APPLY]);
    let run = &world.run;
    assert_eq!((run.attempts.len(), &run.apply_failure), (2, &None), "{}", world.trace());
    assert_eq!(run.decision(HunkId { file: 1, hunk: 0 }), Decision::Accepted, "of new.py");
    assert_eq!(run.decision(HunkId { file: 0, hunk: 0 }), Decision::Pending);
    world.script.user.extend([all(Decision::Accepted), APPLY]);
    world.go();
    assert_eq!(world.script.disk["calc.py"], changed.replace("last = 1", "last = 2"));
    assert_eq!(world.script.disk["new.py"], "x = 1\n");
}

#[test]
fn what_could_not_be_placed_is_still_said_of_the_proposal_on_other_files() {
    let answer = format!("{}{}", both(), replace("calc.py", "nowhere = 1", "nowhere = 2"));
    let script = Script::new().file("calc.py", WIDE).plan(PLAN).execute(answer).execute("Nothing.").execute("Nothing.");
    let mut world = played(script.review(GOOD).user(all(Decision::Accepted)));
    let problems = world.run.attempts[0].problems.clone();
    assert_eq!(problems.len(), 1, "{}", world.trace());
    then(&mut world, "calc.py", Some(&WIDE.replace("d = 0", "d = 9")), vec![APPLY]);
    assert_eq!((world.run.chosen, &world.run.attempts[1].problems), (1, &problems));
}
