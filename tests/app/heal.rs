//! Healing as the heart sees it: which ladder a run gets, `/heal`, and what a cancelled healing leaves.

use super::desk::*;
use vibe_tui::app::*;
use vibe_tui::budget::price::Price;
use vibe_tui::domain::finding::CheckResult;
use vibe_tui::domain::ids::{RequestId, SessionId};
use vibe_tui::domain::install::Install;
use vibe_tui::domain::model::{Locality, Node};
use vibe_tui::domain::money::Money;
use vibe_tui::domain::rung::Recollection;
use vibe_tui::graph::{Outcome, RunFact, Stage, Task};

fn opening_with(heal: HealSettings) -> Opening {
    let mut opening = opening();
    opening.settings.heal = heal;
    opening
}

/// A desk whose first proposal is red, with these models and settings.
fn red(models: &[&str], model: &str, heal: HealSettings) -> Desk {
    let mut opening = opening_with(heal);
    opening.settings.model = Some(reference(model));
    let mut world = World::new().says(Node::Executor, whole("calc.py", "BROKEN\n"));
    world.models = models.iter().map(|m| candidate(m)).collect();
    Desk::with(opening, world)
}

fn ladder(models: &[&str], model: &str, heal: HealSettings) -> Vec<String> {
    let mut desk = red(models, model, heal);
    desk.submit(REQUEST);
    let ladder = &desk.run().spec.ladder;
    ladder.models.iter().map(|c| c.info.reference.to_string()).collect()
}

#[test]
fn a_run_asks_its_own_model_then_the_next_one_up_or_the_configured_ones_that_are_there() {
    let haiku = "anthropic/claude-haiku-4-5";
    let opus = "anthropic/claude-opus-4-5";
    let all = [haiku, opus, "ollama/coder"];
    let named = |names: &[&str]| {
        let model = |n: &&str| if *n == "auto" { None } else { Some(reference(n)) };
        HealSettings { models: names.iter().map(model).collect(), ..HealSettings::default() }
    };
    assert_eq!(ladder(&all, haiku, HealSettings::default()), [haiku, opus]);
    assert_eq!(ladder(&all, opus, HealSettings::default()), [opus]);
    assert_eq!(ladder(&all, "ollama/coder", HealSettings::default()), ["ollama/coder"], "free never becomes paid");
    assert_eq!(ladder(&all, opus, named(&["ollama/coder", "ollama/gone", "auto"])), ["ollama/coder", opus]);
}

#[test]
fn a_request_to_mend_goes_to_where_its_model_runs_within_its_own_time() {
    let heal =
        HealSettings { models: vec![Some(reference("ollama/coder"))], try_seconds: 60, ..HealSettings::default() };
    let mut desk = red(&["anthropic/claude-haiku-4-5", "ollama/coder"], "anthropic/claude-haiku-4-5", heal);
    desk.submit(REQUEST);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let effect = desk.settle_to(|e| matches!(e, Effect::CallModel { .. }));
        let Effect::CallModel { request, locality, seconds, .. } = &effect else { panic!() };
        seen.push((request.brief.node, *locality, *seconds));
        desk.perform(effect);
    }
    assert_eq!(
        seen,
        [
            (Node::Planner, Locality::Remote, None),
            (Node::Executor, Locality::Remote, None),
            (Node::Healer, Locality::Loopback, Some(60)),
            (Node::Reviewer, Locality::Remote, None),
        ]
    );
}

#[test]
fn what_healing_taught_is_kept_when_its_attempt_was_validated() {
    let mut desk = red(&["ollama/coder"], "ollama/coder", HealSettings::default());
    desk.submit(REQUEST);
    let effect = desk.settle_to(|e| matches!(e, Effect::Learn(_)));
    let Effect::Learn(teaching) = effect else { panic!() };
    assert!(teaching.helped && teaching.class == "syntax", "{teaching:?}");
}

#[test]
fn stopping_a_healing_offers_the_best_attempt_instead_of_losing_the_run() {
    let mut desk = red(&["ollama/coder"], "ollama/coder", HealSettings::default());
    desk.submit(REQUEST);
    loop {
        let effect = desk.settle_to(|e| matches!(e, Effect::CallModel { .. }));
        if matches!(&effect, Effect::CallModel { request, .. } if request.brief.node == Node::Healer) {
            break;
        }
        desk.perform(effect);
    }
    desk.act(Action::CancelRun);
    assert_eq!((desk.run().stage.clone(), desk.run().attempts.len()), (Stage::Gate, 1));
    assert_eq!(desk.state.layout.focus, Area::Review);
}

// ---------------------------------------------------------------- /heal

fn tree(reports: &[usize]) -> Desk {
    let mut desk = Desk::with(opening_with(HealSettings::default()), World::new());
    desk.world.reports = reports.iter().map(|n| report(*n)).collect();
    desk
}

#[test]
fn heal_examines_the_working_tree_and_ends_where_nothing_is_wrong() {
    let mut desk = tree(&[0]);
    desk.submit("/heal 'a b.py' src");
    let effect = desk.settle_to(|e| matches!(e, Effect::Examine { .. }));
    let Effect::Examine { paths, .. } = &effect else { panic!() };
    assert_eq!(paths, &["a b.py", "src"]);
    assert!(matches!(desk.run().spec.task, Task::Heal { .. }));
    desk.perform(effect);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Finished(Outcome::NothingToDo));
    assert!(desk.state.chat.text().is_empty(), "the order is done");
}

#[test]
fn a_healed_tree_waits_at_the_gate_and_is_written_after_a_yes() {
    let mut desk = tree(&[1, 0]);
    desk.submit("/heal");
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Gate, "{:?}", desk.run().attempts);
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Finished(Outcome::Applied));
    assert_eq!(desk.run().spent(), Money::ZERO);
}

#[test]
fn at_the_gate_heal_mends_the_attempt_under_review_if_something_is_wrong_with_it() {
    let mut desk = Desk::at_gate(World::new());
    desk.submit("/heal");
    assert_eq!(desk.notice(), "Nothing is wrong with this attempt. Apply or drop it to heal the tree.");
    let mut opening = opening_with(HealSettings::default());
    opening.settings.run.heal_attempts = 0;
    opening.settings.run.max_iterations = 1;
    let mut desk = Desk::with(opening, World::new().says(Node::Executor, whole("calc.py", "BROKEN\n")));
    desk.submit(REQUEST);
    desk.settle();
    assert_eq!((desk.run().stage.clone(), desk.run().attempts.len()), (Stage::Gate, 1));
    desk.submit("/heal");
    assert_eq!(desk.run_facts(), [&RunFact::HealRequested]);
}

#[test]
fn heal_says_why_it_mends_nothing_where_a_check_could_not_run() {
    let mut desk = Desk::with(opening_with(HealSettings::default()), World::new());
    let mut unchecked = report(0);
    unchecked.checks[0].passed = false;
    unchecked.checks[0].not_run = Some("the command was not found".into());
    desk.world.reports = [unchecked].into();
    desk.submit(REQUEST);
    desk.settle();
    assert_eq!(desk.run().stage, Stage::Gate);
    desk.submit("/heal");
    assert!(desk.notice().starts_with("There is nothing to mend"), "{}", desk.notice());
    assert!(desk.notice().ends_with("could not run: the command was not found."), "{}", desk.notice());
    assert!(desk.run_facts().is_empty());
}

#[test]
fn healing_at_the_gate_says_which_checks_it_goes_without() {
    let mut opening = opening_with(HealSettings::default());
    opening.settings.run.heal_attempts = 0;
    opening.settings.run.max_iterations = 1;
    let mut desk = Desk::with(opening, World::new());
    let mut red = report(1);
    let left = CheckResult {
        command: "cargo test".into(),
        passed: true,
        findings: vec![],
        not_run: Some("it runs the project's own code, which is not trusted".into()),
        ..red.checks[0].clone()
    };
    red.checks.push(left);
    desk.world.reports = [red].into();
    desk.submit(REQUEST);
    desk.settle();
    desk.submit("/heal");
    let told = "Healing without `cargo test`: it runs the project's own code, which is not trusted.";
    assert_eq!(desk.notice(), told);
}

#[test]
fn a_session_that_begins_with_healing_is_named_after_what_is_healed() {
    let cases = [
        ("/heal", "Heal the working tree"),
        ("/heal .", "Heal the working tree"),
        ("/heal 'a b.py'", "Heal a b.py"),
        ("/heal src tests a.py", "Heal src and 2 more"),
    ];
    for (order, name) in cases {
        let mut desk = tree(&[0]);
        desk.submit(order);
        assert_eq!(desk.state.session.name, name);
    }
    let mut opening = opening_with(HealSettings::default());
    opening.session_name = Some("mine".into());
    let mut desk = Desk::with(opening, World::new());
    desk.submit("/heal");
    assert_eq!(desk.state.session.name, "mine");
}

#[test]
fn a_model_that_is_chosen_at_a_pause_comes_with_its_price() {
    let desk = red(&["ollama/coder", "anthropic/claude-opus-4-5"], "ollama/coder", HealSettings::default());
    let info = desk.state.models.iter().flatten().find(|m| m.reference.provider == "anthropic").cloned();
    let priced = desk.state.priced(&info.unwrap());
    assert_eq!(Some(&priced), desk.state.candidates.iter().find(|c| c.info.reference.provider == "anthropic"));
    assert_ne!(priced.price, Price::Unknown);
}

#[test]
fn heal_waits_for_the_models_and_for_a_run_under_way() {
    let mut desk = Desk::opened(opening_with(HealSettings::default()), World::new());
    desk.submit("/heal");
    assert_eq!(desk.notice(), "Looking for models…");
    desk.settle();
    assert!(matches!(desk.run().spec.task, Task::Heal { .. }), "it began when they were there");
    let mut desk = tree(&[]);
    desk.submit(REQUEST);
    let request: RequestId = desk.settle_to_call();
    desk.submit("/heal");
    assert_eq!(desk.notice(), "A run is under way: wait for it, or stop it first.");
    assert_eq!(desk.request(), Some(request));
}

// ---------------------------------------------------------------- a dependency that is missing

fn numpy() -> Install {
    Install {
        module: "numpy".into(),
        package: "numpy".into(),
        dir: "web".into(),
        commands: vec![["uv", "add", "numpy"].map(str::to_owned).to_vec()],
        manifest: "web/pyproject.toml".into(),
        ..Install::default()
    }
}

/// A desk whose proposal lacks numpy and waits at the gate.
fn lacking() -> Desk {
    let mut opening = opening_with(HealSettings::default());
    opening.settings.run.max_iterations = 1;
    let text = whole("calc.py", "import numpy\n");
    let mut desk = Desk::with(opening, World::new().says(Node::Executor, text).says(Node::Healer, "NO CHANGE"));
    let mut lacks = report(1);
    lacks.checks[0].findings[0].message = "No module named 'numpy'".into();
    desk.world.reports = [lacks].into();
    desk.world.known = Recollection { installs: vec![numpy()], ..Recollection::default() };
    desk.submit(REQUEST);
    desk.settle();
    assert_eq!((desk.run().stage.clone(), desk.run().missing()), (Stage::Gate, vec![&numpy()]));
    desk
}

fn offered(desk: &Desk) -> Vec<String> {
    let Some(Overlay::Picker(picker)) = &desk.state.overlay else { panic!("{:?}", desk.state.overlay) };
    picker.items.iter().map(|item| item.label.clone()).collect()
}

#[test]
fn a_missing_dependency_is_shown_with_its_whole_command_and_its_origin_before_it_is_run() {
    let mut desk = lacking();
    desk.act(Action::Install);
    let offered = offered(&desk);
    assert_eq!(offered[..2], ["No, leave it", "Yes, run cd web && uv add numpy"]);
    let told = offered[2..].join(" ");
    assert!(told.starts_with("numpy: the model imported `numpy`; web/pyproject.toml does not name it."), "{told}");
    assert!(
        told.contains("In full: cd web && uv add numpy") && told.ends_with("/undo does not take it back."),
        "{told}"
    );
    assert!(offered[2..].iter().all(|line| line.chars().count() <= 66), "{offered:?}");
    assert!(desk.run_facts().is_empty(), "nothing was asked for yet");
    desk.act(Action::Confirm);
    assert!(desk.run_facts().is_empty() && desk.state.overlay.is_none(), "a yes is never what is chosen already");
}

#[test]
fn on_a_yes_it_is_run_and_told_and_the_checks_run_again() {
    let mut desk = lacking();
    desk.acts(&[Action::Install, Action::Down, Action::Confirm]);
    let effect = desk.settle_to(|e| matches!(e, Effect::Install { .. }));
    assert!(desk.notice().starts_with("Running cd web && uv add numpy…"), "{}", desk.notice());
    desk.perform(effect);
    assert!(desk.state.session.messages.last().unwrap().text.ends_with("    resolved\n    + it"));
    desk.settle();
    assert_eq!((desk.run().stage.clone(), desk.run().missing().len()), (Stage::Gate, 0));
    assert!(!desk.run().is_red());
    let id = SessionId("first".into());
    let trail = trail(&id, &desk.world.journals[&id]);
    let told: Vec<String> = trail.iter().map(|t| format!("{} {} {}", t.deed.word(), t.by, t.what)).collect();
    assert_eq!(told, ["installed workbench cd web && uv add numpy (done)"]);
}

#[test]
fn escape_stops_it_and_the_proposal_is_as_it_was() {
    let mut desk = lacking();
    desk.acts(&[Action::AcceptAll, Action::Install, Action::Down, Action::Confirm]);
    desk.settle_to(|e| matches!(e, Effect::Install { .. }));
    desk.act(Action::Close);
    assert!(desk.effects.contains(&Effect::CancelJobs));
    assert_eq!((desk.run().stage.clone(), desk.run().decisions.len()), (Stage::Gate, 1));
    desk.acts(&[Action::Install]);
    assert_eq!(offered(&desk)[1], "Yes, run cd web && uv add numpy", "it can be asked for again");
}

#[test]
fn an_installation_that_fails_says_why_and_leaves_the_gate_open() {
    let mut desk = lacking();
    desk.world.install_fails = Some("there is no `uv`".into());
    desk.acts(&[Action::Install, Action::Down, Action::Confirm]);
    desk.settle();
    assert_eq!(desk.notice(), "`cd web && uv add numpy` did not get it: there is no `uv`.");
    assert_eq!((desk.run().stage.clone(), desk.run().attempts.len()), (Stage::Gate, 1));
}

#[test]
fn nothing_is_offered_where_nothing_is_missing() {
    let mut desk = Desk::at_gate(World::new());
    desk.act(Action::Install);
    assert_eq!(desk.notice(), "No check says that a dependency is missing.");
}
