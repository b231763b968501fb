//! A whole run, killed after every fact: folding any beginning of the journal and going on leads to the same end.

use super::desk::*;
use std::collections::BTreeSet;
use vibe_tui::app::{Action, Session};
use vibe_tui::domain::hunk::Decision;
use vibe_tui::domain::ids::SessionId;
use vibe_tui::domain::message::{Author, Message};
use vibe_tui::domain::money::Money;
use vibe_tui::graph::{Outcome, Stage};

/// A world whose answers depend on the request alone, so that asking again gives the same: the first proposal is red,
/// the healer mends it. Requests cost money, and the limit of a run is reached on the way.
fn opened() -> Desk {
    let mut opening = opening();
    opening.settings.model = Some(reference(PRICED));
    opening.settings.limits.run = Some(Money(70));
    Desk::with(opening, World { price: Some(30), flawed: true, ..World::new() })
}

/// One action of a user who decides by what is on the screen: raises limits, accepts, applies, takes back once, writes
/// again. `false` when there is nothing more to do.
fn act(desk: &mut Desk) -> bool {
    let taken_back = desk.said(Author::Workbench).iter().any(|m| m.starts_with("Taken back"));
    let action = match desk.state.session.run().map(|r| r.stage.clone()) {
        Some(Stage::Finished(_)) if desk.picker().is_some() => Action::Confirm,
        None => {
            desk.submit(REQUEST);
            return true;
        }
        Some(Stage::Paused(_)) => Action::RaiseLimit,
        Some(Stage::Gate) if desk.decisions().contains(&Decision::Pending) => Action::AcceptAll,
        Some(Stage::Gate) => Action::Apply,
        Some(Stage::Finished(Outcome::Applied)) if !taken_back => Action::Undo,
        Some(Stage::Finished(Outcome::Undone)) => Action::Redo,
        Some(Stage::Finished(Outcome::Applied)) => return false,
        other => panic!("stuck in {other:?}"),
    };
    desk.act(action);
    true
}

fn finish(desk: &mut Desk) {
    for _ in 0..30 {
        desk.settle();
        if !act(desk) {
            return;
        }
    }
    panic!("the run does not end");
}

/// The run from beginning to end, with the world as it was after each fact.
fn played() -> Desk {
    let mut desk = opened();
    desk.archive = Some(Vec::new());
    finish(&mut desk);
    desk
}

fn said(desk: &Desk) -> Vec<(Author, &str)> {
    let all = |m: &'_ Message| m.author;
    desk.state.session.messages.iter().map(|m| (all(m), m.text.as_str())).collect()
}

#[test]
fn the_script_passes_through_every_kind_of_stage() {
    let desk = played();
    let run = desk.run();
    assert_eq!((run.attempts.len(), run.calls.len()), (2, 5), "healed once, refused once");
    let stages: BTreeSet<&str> = desk.entries.iter().map(|e| e.status.word()).collect();
    assert_eq!(stages.into_iter().collect::<Vec<_>>(), ["idle", "paused", "running", "waiting"]);
    assert!(desk.state.session.seq > 40, "{} facts", desk.state.session.seq);
}

#[test]
fn the_live_session_is_the_fold_of_its_journal() {
    let mut desk = played();
    desk.settle();
    let id = SessionId("first".into());
    assert_eq!(Session::fold(id.clone(), &desk.world.journals[&id]), desk.state.session);
    assert!(desk.state.session.is_saved());
}

#[test]
fn a_run_that_is_killed_after_any_fact_goes_on_to_the_same_end() {
    let whole = played();
    let worlds = whole.archive.as_ref().unwrap();
    let facts = &whole.world.journals[&SessionId("first".into())];
    let written: BTreeSet<u64> = whole.entries.iter().map(|e| e.first + e.facts.len() as u64 - 1).collect();
    for kept in 1..=facts.len() {
        // What was done since the last fact may have reached the disk or not.
        for world in [kept - 1, kept.min(facts.len() - 1)] {
            let mut desk = whole.clone();
            desk.archive = None;
            desk.world = worlds[world].clone();
            desk.world.journals.insert(SessionId("first".into()), facts[..kept].to_vec());
            let mut again = desk.reopened("first");
            finish(&mut again);
            let last = facts[kept - 1].fact.kind();
            assert_eq!(again.world.disk, whole.world.disk, "after {kept} facts ({last})");
            let changes = |desk: &Desk| desk.run().attempts.iter().map(|a| a.changes.clone()).collect::<Vec<_>>();
            assert_eq!(changes(&again), changes(&whole), "after {kept} facts ({last})");
            if written.contains(&(kept as u64)) {
                assert_eq!(said(&again), said(&whole), "after {kept} facts ({last})");
            }
        }
    }
}

#[test]
fn being_killed_again_and_again_does_not_keep_a_run_from_ending() {
    let mut desk = opened();
    let end = played().world.disk;
    for _ in 0..200 {
        desk = desk.reopened_if_begun();
        for _ in 0..6 {
            match desk.queue.pop_front() {
                Some(effect) => desk.perform(effect),
                None if act(&mut desk) => {}
                None => return assert_eq!(desk.world.disk, end),
            }
        }
    }
    panic!("it never ends");
}
