//! The ladder as scripts: each rung that mends, what is given up, what bounds it, and healing the working tree.

use super::*;
use vibe_tui::budget::price::PriceList;
use vibe_tui::domain::clock::Timestamp;
use vibe_tui::domain::install::Install;
use vibe_tui::domain::past::Similar;
use vibe_tui::domain::revert::Asker;
use vibe_tui::domain::rung::{Rate, RungKind};
use vibe_tui::heal;

const BROKEN: &str = "\n\ndef subtract(a, b)\n    return a - b\n";

fn candidate(name: &str, parameters_b: f32) -> Candidate {
    let mut info = model(parameters_b, 16_384);
    info.reference = ModelRef { provider: "ollama".into(), model: name.into() };
    Candidate { info, price: Price::Free }
}

fn ladder() -> Ladder {
    Ladder { models: vec![candidate("small", 14.0), candidate("large", 70.0)], ..Ladder::default() }
}

fn on_ladder(ladder: Ladder) -> RunSpec {
    RunSpec { ladder, ..spec() }
}

fn climbed(script: Script) -> World {
    played_as(on_ladder(ladder()), script)
}

fn kinds(world: &World) -> Vec<RungKind> {
    world.run.attempts.iter().map(|a| a.rung.kind).collect()
}

fn newest(world: &World) -> &str {
    world.run.attempt().unwrap().changes.files[0].after.as_deref().unwrap()
}

/// A fix of calc.py: these bytes become that text.
fn fix(start: usize, end: usize, text: &str) -> Fix {
    let edit = TextEdit { path: "calc.py".into(), start, end, text: text.into() };
    Fix { title: "remove the unused import".into(), applicability: Applicability::MachineApplicable, edits: vec![edit] }
}

/// A report of a linter whose finding brings this fix.
fn lint(fix: Fix) -> ValidationReport {
    let mut report = report(&["`os` imported but unused"]);
    report.checks[0].findings[0].tool = "ruff".into();
    report.checks[0].findings[0].fixes = vec![fix];
    report
}

fn reported(mut script: Script, report: ValidationReport) -> Script {
    script.reports.push_back(report);
    script
}

/// A report whose only word is a formatter's, which can do it itself.
fn unformatted(fix: Fix) -> ValidationReport {
    let mut report = report(&[]);
    let found = Finding { severity: Severity::Warning, ..lint(fix).checks[0].findings[0].clone() };
    report.checks.push(CheckResult {
        strategy: Rung::Format,
        command: "gofmt".into(),
        passed: true,
        millis: 1,
        findings: vec![found],
        not_run: None,
        known: 0,
    });
    report
}

// ---------------------------------------------------------------- the rungs

#[test]
fn what_is_green_is_formatted_by_the_tool_itself_and_nothing_else_is_asked() {
    let text = format!("{CALC}\n\ndef subtract(a, b):\n    return a-b\n");
    let at = text.find("a-b").unwrap();
    let script = Script::new().plan(PLAN).execute(whole("calc.py", &text)).review(GOOD);
    let first = unformatted(fix(at, at + 3, "a - b"));
    let mut second = first.clone();
    second.checks[1].findings.clear();
    let world = climbed(reported(reported(script, first), second));
    assert_eq!(kinds(&world), [RungKind::First, RungKind::ToolFix]);
    assert_eq!((&world.run.stage, world.run.chosen), (&Stage::Gate, 1));
    assert!(newest(&world).ends_with("return a - b\n"), "{}", newest(&world));
    assert_eq!(world.trace(), "assemble planner executor read(calc.py) validate recall validate reviewer");
    // What does not go away is left, and no model is asked for it.
    let script = Script::new().plan(PLAN).execute(whole("calc.py", &text)).review(GOOD);
    let again = unformatted(fix(at, at + 3, "a  - b"));
    let world = climbed(reported(reported(script, again.clone()), again));
    assert_eq!((kinds(&world), &world.run.stage), (vec![RungKind::First, RungKind::ToolFix], &Stage::Gate));
    assert!(!world.run.answer.contains("Healing ended"), "{}", world.run.answer);
    // A tree that is healed is not formatted.
    let mut spec = on_ladder(ladder());
    spec.task = Task::Heal { paths: vec![] };
    let world = played_as(spec, reported(Script::new(), unformatted(fix(0, 3, "DEF"))));
    assert_eq!(world.run.attempts.len(), 1, "{}", world.trace());
}

#[test]
fn a_tools_own_safe_fix_is_validated_and_shown_as_a_rung() {
    let text = format!("import os\n{CALC}\n\ndef subtract(a, b):\n    return a - b\n");
    let script = Script::new().plan(PLAN).execute(whole("calc.py", &text));
    let world = climbed(reported(script, lint(fix(0, 10, ""))).review(GOOD));
    assert_eq!(world.trace(), "assemble planner executor read(calc.py) validate recall validate learn reviewer");
    assert_eq!(kinds(&world), [RungKind::First, RungKind::ToolFix]);
    let rung = &world.run.attempts[1].rung;
    assert_eq!((rung.what.as_str(), rung.base, rung.tokens, rung.cost), ("remove the unused import", Some(0), 0, None));
    assert!(newest(&world).starts_with("def add"));
    let taught = &world.taught[0];
    assert_eq!((taught.class.as_str(), taught.rung, taught.helped), ("lint", RungKind::ToolFix, true));
    assert!(taught.lessons.is_empty(), "what a tool knows has not to be learned");
}

#[test]
fn a_missing_sign_is_put_in_by_grammar() {
    let script = Script::new().plan(PLAN).execute(calc(BROKEN)).reports(&["missing `:` at the end of the `def` line"]);
    let world = climbed(script.review(GOOD));
    assert_eq!(kinds(&world), [RungKind::First, RungKind::Grammar]);
    assert!(newest(&world).contains("def subtract(a, b):\n"));
    assert_eq!(world.run.attempts[1].rung.what, "insert the missing `:` in line 5");
}

fn remembers(_: &[Finding], changes: &ChangeSet) -> Recollection {
    let text = changes.files[0].after.as_deref().unwrap();
    let at = text.find("a - b").unwrap();
    Recollection { learned: vec![(7, fix(at, at + 5, "b - a"))], ..Recollection::default() }
}

#[test]
fn what_helped_before_is_tried_and_its_outcome_is_told() {
    for (reports, helped) in
        [(&[&["AssertionError"][..], &[]], true), (&[&["AssertionError"][..], &["AssertionError"]], false)]
    {
        let mut script =
            Script::new().plan(PLAN).execute(subtract()).reports(reports[0]).reports(reports[1]).review(GOOD);
        script.recall = Recall(remembers);
        let script = if helped { script } else { script.heal(calc("b = 2\n")) };
        let world = climbed(script);
        assert_eq!(kinds(&world)[1], RungKind::Learned, "{}", world.trace());
        assert_eq!((world.taught[0].helped, world.taught[0].used.as_slice()), (helped, &[7][..]));
        assert_eq!(world.run.attempts[1].rung.learned, [7]);
    }
}

pub fn numpy() -> Install {
    Install {
        module: "numpy".into(),
        package: "numpy".into(),
        commands: vec![["uv", "add", "numpy"].map(str::to_owned).to_vec()],
        manifest: "pyproject.toml".into(),
        ..Install::default()
    }
}

fn lacks_numpy(_: &[Finding], _: &ChangeSet) -> Recollection {
    Recollection { installs: vec![numpy()], ..Recollection::default() }
}

fn knows_the_import(_: &[Finding], _: &ChangeSet) -> Recollection {
    let mut import = fix(0, 0, "import math\n");
    import.title = "import `math`".into();
    Recollection {
        imports: vec![import],
        installs: vec![numpy()],
        signatures: vec!["calc.py:1: def add(a, b)".into()],
        ..Recollection::default()
    }
}

#[test]
fn a_missing_import_is_added_and_what_is_not_installed_is_only_said() {
    let mut script = Script::new().plan(PLAN).execute(subtract()).reports(&["name 'math' is not defined"]).review(GOOD);
    script.recall = Recall(knows_the_import);
    let world = climbed(script);
    assert_eq!(kinds(&world), [RungKind::First, RungKind::Import]);
    assert!(newest(&world).starts_with("import math\n"));
    assert!(world.run.answer.contains("What would get it: `uv add numpy`"), "{}", world.run.answer);
    assert!(!world.trace().contains("install"), "nobody said yes");
}

#[test]
fn a_model_mends_what_nothing_else_could_and_the_repository_learns_it() {
    let script = Script::new().plan(PLAN).execute(subtract()).reports(&["AssertionError"]);
    let mut script = script.heal(replace("calc.py", "    return a - b", "    return b - a")).review(GOOD);
    script.recall =
        Recall(|_, _| Recollection { signatures: vec!["calc.py:1: def add(a, b)".into()], ..Recollection::default() });
    let world = climbed(script);
    assert_eq!(kinds(&world), [RungKind::First, RungKind::Model]);
    let asked = world.sent(2);
    assert!(asked.contains("What these lines use:\ncalc.py:1: def add(a, b)"), "{asked}");
    assert!(asked.contains("It arose in calc.py, line 4 (a syntax error)."), "{asked}");
    assert_eq!(world.requests[2].model.model, "small");
    let rung = &world.run.attempts[1].rung;
    assert_eq!((rung.model.as_ref().unwrap().model.as_str(), rung.cost), ("small", Some(Money(1000))));
    assert_eq!(rung.tokens, u64::from(world.requests[2].prompt_tokens) + 50);
    let lesson = &world.taught[0].lessons[0];
    assert_eq!(lesson.before, ["return ‹1› - ‹2›"]);
    assert_eq!(lesson.after, ["return ‹2› - ‹1›"]);
    assert_eq!(world.requests[3].model, world.run.spec.model.reference, "the reviewer is the run's own model");
}

#[test]
fn the_next_model_up_is_asked_after_two_tries_or_one_that_got_nowhere_and_that_is_said() {
    let tries = |texts: [&str; 3], reports: [&[&str]; 4]| {
        let mut script = Script::new().plan(PLAN).execute(calc("a\n")).review(GOOD);
        script = texts.iter().fold(script, |s, text| s.heal(calc(text)));
        climbed(reports.iter().fold(script, |s, messages| s.reports(messages)))
    };
    let models = |world: &World| -> Vec<String> {
        let healers = world.requests.iter().filter(|r| r.brief.node == Node::Healer);
        healers.map(|r| r.model.model.clone()).collect()
    };
    let two = tries(["b\n", "c\n", "d\n"], [&["x", "y", "z"], &["y", "z"], &["z"], &[]]);
    assert_eq!(models(&two), ["small", "small", "large"]);
    assert_eq!(kinds(&two), [RungKind::First, RungKind::Model, RungKind::Model, RungKind::BiggerModel]);
    assert_eq!(two.run.attempts[3].rung.model.as_ref().unwrap().model, "large");
    let nowhere = tries(["b\n", "c\n", "d\n"], [&["x"], &["x"], &[], &[]]);
    assert_eq!(models(&nowhere), ["small", "large"]);
    assert_eq!(nowhere.run.attempts[2].rung.base, Some(0), "from the best there is, not from the last");
}

#[test]
fn an_answer_of_no_use_or_one_that_takes_too_long_gives_way_to_the_next_model() {
    for reply in [Reply::from("Sorry, I cannot do that."), fails(FailureKind::Timeout), Reply::from("NO CHANGE")] {
        let script = Script::new().plan(PLAN).execute(subtract()).reports(&["x"]).heal(reply).heal(calc("b = 2\n"));
        let world = climbed(script.review(GOOD));
        assert_eq!(kinds(&world), [RungKind::First, RungKind::BiggerModel], "{}", world.trace());
    }
}

#[test]
fn a_model_that_makes_an_earlier_attempt_again_is_said_to_have_and_it_is_not_checked_twice() {
    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts: 3 };
    let said = |second: &str| {
        let script =
            Script::new().plan(PLAN).execute(calc("a\n")).reports(&["x"]).heal(calc("b\n")).reports(&["x", "y"]);
        let script = script.heal(calc(second)).review(POOR);
        let world = played_as(RunSpec { settings: settings.clone(), ..on_ladder(ladder()) }, script);
        assert_eq!((world.run.attempts.len(), world.run.chosen), (2, 0), "{}", world.trace());
        world.run.notices.join(" ")
    };
    // Both models are shown attempt 1.
    assert_eq!(said("b\n"), "ollama/large mended nothing: the model's answer is attempt 2 again.");
    assert_eq!(said("a\n"), "ollama/large mended nothing: the model's answer changes nothing.");
}

#[test]
fn a_later_round_is_compared_with_the_attempt_that_the_model_was_shown() {
    let rounds = |answer: &str| {
        let script =
            Script::new().plan(PLAN).execute(calc("a\n")).reports(&["x"]).heal(calc("b\n")).reports(&["x", "y"]);
        climbed(script.heal("NO CHANGE").review(POOR).execute(answer).review(GOOD))
    };
    let world = rounds(&calc("c\n"));
    let asked = world.requests.iter().rfind(|r| r.brief.node == Node::Executor).unwrap();
    assert!(asked.messages.iter().any(|m| m.text.contains("    return a + b\na\n")), "{asked:?}");
    assert_eq!((world.run.chosen, world.run.base_of(2), world.run.attempts[2].rung.base), (2, Some(0), Some(0)));
    let step = world.run.step().unwrap();
    assert_eq!(step.changes.files[0].before, world.run.attempts[0].changes.files[0].after);
    assert_eq!(world.taught.len(), 1, "a round of review is no healing");
    // What was left behind is not what the model was shown.
    let world = rounds(&calc("b\n"));
    let said = "The model made attempt 2 again. The proposal before stands.";
    assert!(world.run.notices.iter().any(|notice| notice == said), "{:?}", world.run.notices);
}

#[test]
fn a_model_that_cannot_be_asked_has_mended_nothing_and_the_next_one_is_asked() {
    let fail = |message: &str| Reply::Fail(Failure::transient(FailureKind::Server, message));
    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts: 3 };
    let spec = || RunSpec { settings: settings.clone(), ..on_ladder(ladder()) };
    let script = || Script::new().plan(PLAN).execute(subtract()).reports(&["x"]).heal(fail("The server broke."));
    let world = played_as(spec(), script().heal(calc("b = 2\n")).review(GOOD));
    assert_eq!(kinds(&world), [RungKind::First, RungKind::BiggerModel], "{}", world.trace());
    assert_eq!(world.run.notices, ["ollama/small mended nothing: the server broke."]);
    // Nobody can: the best there is waits at the gate.
    let world = played_as(spec(), script().heal(fail("HTTP 500")).review(POOR));
    assert_eq!((&world.run.stage, world.run.attempts.len()), (&Stage::Gate, 1), "{}", world.trace());
    assert_eq!(world.run.notices[1], "ollama/large mended nothing: HTTP 500.");
    // Of a tree there is nothing to offer then: the user may try again.
    let failing = || Script::new().reports(&["x"]).heal(fail("The server broke."));
    let mended = Script::new().file("calc.py", "x\n").reports(&["x"]).heal(fail("The server broke."));
    assert_eq!(tree(mended.heal(calc("b = 2\n"))).run.stage, Stage::Gate);
    assert!(matches!(tree(failing().heal(fail("HTTP 500"))).run.stage, Stage::Paused(PauseReason::Failed(_))));
}

#[test]
fn what_no_rung_can_mend_is_given_up_with_the_best_attempt_offered() {
    let script = Script::new()
        .plan(PLAN)
        .execute(calc("a\n"))
        .heal(calc("b\n"))
        .heal(calc("c\n"))
        .heal(calc("d\n"))
        .reports(&["x", "y"])
        .reports(&["y"])
        .reports(&["y", "z"])
        .reports(&["y", "w", "v"])
        .review(POOR);
    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts: 3 };
    let world = played_as(RunSpec { settings, ..on_ladder(ladder()) }, script);
    assert_eq!((world.run.stage.clone(), world.run.chosen), (Stage::Gate, 1), "{}", world.trace());
    assert!(world.run.answer.contains("Healing ended: all attempts are used."), "{}", world.run.answer);
}

#[test]
fn rungs_that_help_here_come_first() {
    let mut script = Script::new().plan(PLAN).execute(calc(BROKEN)).reports(&["missing `:`"]).review(GOOD);
    script.recall = Recall(|_, changes| {
        let at = changes.files[0].after.as_deref().unwrap().find("b)\n").unwrap();
        let rates = vec![Rate { class: "syntax".into(), rung: RungKind::Learned, tried: 9, helped: 9 }];
        Recollection { learned: vec![(1, fix(at + 2, at + 2, ":"))], rates, ..Recollection::default() }
    });
    assert_eq!(kinds(&climbed(script)), [RungKind::First, RungKind::Learned]);
}

#[test]
fn a_file_outside_of_the_proposal_is_touched_only_where_its_finding_is_and_that_is_said() {
    let mut report = lint(fix(0, 1, "#"));
    report.checks[0].findings[0].path = "other.py".into();
    report.checks[0].findings[0].fixes[0].edits[0].path = "other.py".into();
    let script = Script::new().plan(PLAN).execute(subtract());
    let mut script = reported(script, report).review(GOOD);
    script.recall = Recall(|findings, _| {
        let disk = BTreeMap::from([("other.py".to_owned(), "x = 1\n".to_owned())]);
        Recollection { files: vec![snapshot(&disk, &findings[0].path)], ..Recollection::default() }
    });
    let world = climbed(script);
    let other = world.run.attempt().unwrap().changes.file("other.py").unwrap();
    assert_eq!((other.before.as_deref(), other.after.as_deref()), (Some("x = 1\n"), Some("# = 1\n")));
    assert!(world.run.answer.contains("Healing also changes other.py"), "{}", world.run.answer);
}

// ---------------------------------------------------------------- what bounds it

/// A model of Anthropic's at its listed price.
fn remote(name: &str) -> Candidate {
    let mut dear = candidate(name, 0.0);
    dear.info.reference.provider = "anthropic".into();
    dear.info.locality = Locality::Remote;
    dear.price = PriceList::preset().price(&dear.info.reference, Locality::Remote);
    dear
}

/// The models that were asked to mend.
fn menders(world: &World) -> Vec<&str> {
    let healers = world.requests.iter().filter(|r| r.brief.node == Node::Healer);
    healers.map(|r| r.model.model.as_str()).collect()
}

#[test]
fn a_model_whose_price_is_not_known_is_not_asked_where_money_is_bounded() {
    let unknown = remote("not-on-any-list");
    assert_eq!(unknown.price, Price::Unknown);
    let script = || Script::new().plan(PLAN).execute(subtract()).reports(&["x"]).review(GOOD);
    let script = |healed: &[String]| healed.iter().fold(script(), |script, text| script.heal(text.clone()));
    let rich = Ladder { max_cost: Some(Money(1_000_000_000_000_000)), models: vec![unknown.clone()], ..ladder() };
    // The reviewer sends a red proposal back.
    let world = played_as(on_ladder(rich.clone()), script(&[]).execute(calc("c = 2\n")).review(GOOD));
    assert!(menders(&world).is_empty(), "{}", world.trace());
    assert!(world.run.notices.iter().any(|n| n.contains("costs is not known")), "{:?}", world.run.notices);
    let next = Ladder { models: vec![unknown.clone(), remote("claude-opus-4-5")], ..rich.clone() };
    assert_eq!(menders(&played_as(on_ladder(next), script(&[calc("b = 2\n")]))), ["claude-opus-4-5"]);
    let unbounded = Ladder { max_cost: None, ..rich };
    assert_eq!(menders(&played_as(on_ladder(unbounded), script(&[calc("b = 2\n")]))), ["not-on-any-list"]);
}

#[test]
fn a_model_that_is_chosen_at_a_pause_is_bounded_by_its_own_price() {
    let script = Script::new().plan(PLAN).execute(subtract()).reports(&["x"]).heal(Reply::OverBudget);
    let script = script.user(resume(ResumeChoice::UseModel(Box::new(remote("claude-opus-4-5")))));
    let script = script.review(GOOD).execute(calc("c = 2\n")).review(GOOD);
    let world = played_as(on_ladder(Ladder { max_cost: Some(Money(1)), ..ladder() }), script);
    assert_eq!(menders(&world), ["small"], "{}", world.trace());
    assert!(world.run.notices.iter().any(|n| n.contains("might pass the money")), "{:?}", world.run.notices);
}

#[test]
fn an_attempt_names_the_model_that_made_it() {
    let script = Script::new().plan(PLAN).execute(subtract()).reports(&["x"]).heal(Reply::OverBudget);
    let script = script.user(resume(ResumeChoice::UseModel(Box::new(remote("claude-opus-4-5")))));
    let script = script.heal(calc("c = 2\n")).review(GOOD).user(RunFact::RevisionRequested { text: "Nicer".into() });
    let world = climbed(script.execute(calc("d = 2\n")).review(GOOD));
    let made = world.run.attempts.iter().map(|a| a.rung.model.clone().unwrap().model);
    let first = world.requests[0].model.model.clone();
    let others = ["claude-opus-4-5".to_owned(), "claude-opus-4-5".to_owned()];
    assert_eq!(made.collect::<Vec<_>>(), [&[first][..], &others].concat(), "{}", world.trace());
}

#[test]
fn a_model_that_is_chosen_for_the_reviewer_does_not_take_a_menders_place() {
    let script = Script::new().plan(PLAN).execute(subtract()).reports(&["x"]).heal(calc("b = 2\n"));
    let script = script.review(fails(FailureKind::Network)).review(GOOD);
    let world = climbed(script.user(resume(ResumeChoice::UseModel(Box::new(remote("claude-opus-4-5"))))));
    assert_eq!(world.run.stage, Stage::Gate, "{}", world.trace());
    assert_eq!(world.run.spec.ladder, ladder());
}

#[test]
fn tokens_and_money_end_it_before_they_are_spent() {
    let script = || Script::new().plan(PLAN).execute(subtract()).reports(&["x"]).review(GOOD).reports(&[]);
    let asked = |world: &World| world.requests.iter().any(|r| r.brief.node == Node::Healer);
    let few = Ladder { max_tokens: 100, ..ladder() };
    let world = played_as(on_ladder(few), script().execute(calc("c = 2\n")).review(GOOD));
    assert!(!asked(&world), "{}", world.trace());
    assert!(world.run.notices.iter().any(|n| n.contains("the tokens it may take are used")), "{:?}", world.run.notices);
    let dear = remote("claude-opus-4-5");
    assert!(matches!(dear.price, Price::Known(_)));
    let poor = Ladder { max_cost: Some(Money(1)), models: vec![dear], ..ladder() };
    let world = played_as(on_ladder(poor), script().execute(calc("c = 2\n")).review(GOOD));
    assert!(!asked(&world), "{}", world.trace());
    assert!(world.run.notices.iter().any(|n| n.contains("might pass the money")), "{:?}", world.run.notices);
}

/// Performs one command.
fn performed(world: &mut World, command: RunCommand) -> Option<RunCommand> {
    let fact = match command {
        RunCommand::CallModel(request) => return world.answer(&request),
        RunCommand::AssembleContext { job, .. } => {
            RunFact::ContextAssembled { job, bundle: Box::new(bundle(&world.script.disk)) }
        }
        RunCommand::ReadFiles { job, paths } => {
            RunFact::FilesRead { job, files: paths.iter().map(|p| snapshot(&world.script.disk, p)).collect() }
        }
        RunCommand::Validate { job, .. } => {
            let report = world.script.reports.pop_front().unwrap_or_else(|| report(&[]));
            RunFact::Validated { job, report }
        }
        RunCommand::Recall { job, .. } => RunFact::Recalled { job, known: Box::default() },
        other => panic!("{other:?}"),
    };
    world.fact(fact)
}

#[test]
fn each_attempt_says_how_long_it_took_by_the_times_of_the_facts() {
    let script = Script::new().plan(PLAN).execute(calc(BROKEN)).reports(&["missing `:`"]).review(GOOD);
    let mut world = World::new(on_ladder(ladder()), script);
    let mut command = world.fact(RunFact::Started);
    let mut second = 0;
    // A second passes before each result.
    while let Some(next) = command.take() {
        second += 1;
        world.run.set_time(Timestamp(second * 1_000_000));
        command = performed(&mut world, next);
    }
    let took: Vec<Option<u64>> = world.run.attempts.iter().map(|a| a.rung.millis).collect();
    assert_eq!(took, [Some(3000), Some(1000)], "asked, read and validated; validated");
}

#[test]
fn stopping_while_it_heals_offers_the_best_so_far() {
    let script = Script::new().plan(PLAN).execute(subtract()).reports(&["x"]);
    let mut world = World::new(on_ladder(ladder()), script);
    let mut command = world.fact(RunFact::Started);
    let is_healer = |c: &RunCommand| matches!(c, RunCommand::CallModel(r) if r.brief.node == Node::Healer);
    while let Some(next) = command.take().filter(|c| !is_healer(c)) {
        command = performed(&mut world, next);
    }
    assert_eq!(world.run.active_node(), Some(Node::Healer));
    world.fact(RunFact::Cancelled);
    assert_eq!((world.run.stage.clone(), world.run.attempts.len()), (Stage::Gate, 1));
}

#[test]
fn how_healing_ended_is_told_of_the_proposal_it_ended_with_and_of_no_later_one() {
    let script = Script::new().plan(PLAN).execute(subtract()).reports(&["x", "y"]).heal(calc("b = 2\n"));
    let mut world = World::new(on_ladder(ladder()), script.reports(&["x"]));
    let mut command = world.fact(RunFact::Started);
    let is_second = |c: &RunCommand, attempts| matches!(c, RunCommand::CallModel(r) if r.brief.node == Node::Healer && attempts > 1);
    while let Some(next) = command.take().filter(|c| !is_second(c, world.run.attempts.len())) {
        command = performed(&mut world, next);
    }
    world.fact(RunFact::Cancelled);
    assert!(world.run.answer.contains("Healing was stopped"), "{}", world.run.answer);
    world.fact(RunFact::RevisionRequested { text: "Use names".into() });
    assert!(world.run.notices.is_empty(), "{:?}", world.run.notices);
}

// ---------------------------------------------------------------- the working tree, and once more

fn tree(script: Script) -> World {
    played_as(RunSpec { task: Task::Heal { paths: vec![] }, ..on_ladder(ladder()) }, script)
}

#[test]
fn a_working_tree_is_healed_against_what_it_is_and_waits_at_the_gate() {
    let script = Script::new().file("calc.py", &format!("{CALC}{BROKEN}")).reports(&["missing `:`"]);
    let script = script.user(all(Decision::Accepted)).user(RunFact::ApplyRequested { by: Default::default() });
    let mut begun = Script { user: VecDeque::new(), ..script.clone() };
    begun.reports = script.reports.clone();
    let world = tree(begun);
    assert_eq!(world.trace(), "examine recall examine learn");
    assert_eq!((world.run.stage.clone(), kinds(&world)), (Stage::Gate, vec![RungKind::First, RungKind::Grammar]));
    let done = tree(script);
    assert_eq!(*finished(&done), Outcome::Applied);
    assert!(done.script.disk["calc.py"].contains("def subtract(a, b):"));
}

#[test]
fn a_healed_tree_that_changes_at_the_gate_is_checked_with_its_files_as_they_are_then() {
    let broken = format!("{CALC}{BROKEN}");
    let mended = broken.replace("(a, b)\n", "(a, b):\n");
    let mut both = report(&["missing `:`"]);
    let elsewhere = Finding { path: "other.py".into(), ..both.checks[0].findings[0].clone() };
    both.checks[0].findings.push(elsewhere);
    let script = Script::new().file("calc.py", &broken).file("other.py", &broken).user(all(Decision::Accepted));
    let mut world = tree(reported(script, both));
    assert_eq!(world.run.attempts[1].changes.files.len(), 2, "{}", world.trace());
    // Somebody mends the one, too, and goes on with the other.
    world.script.disk.insert("other.py".into(), mended.clone());
    world.script.disk.insert("calc.py".into(), format!("{broken}\n\nx = 1\n"));
    world.script.user.push_back(RunFact::ApplyRequested { by: Default::default() });
    world.go();
    let paths: Vec<&str> = world.run.attempts[2].changes.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!((paths, &world.run.stage), (vec!["calc.py"], &Stage::Gate), "{}", world.trace());
    let checked = world.examined.last().unwrap();
    let text = |path: &str| checked.file(path).and_then(|f| f.after.clone());
    assert_eq!((text("other.py"), text("calc.py")), (Some(mended.clone()), Some(format!("{mended}\n\nx = 1\n"))));
}

#[test]
fn a_tree_without_findings_has_nothing_to_change_and_one_that_cannot_be_healed_says_so() {
    let world = tree(Script::new());
    assert_eq!((world.trace(), finished(&world)), ("examine".to_owned(), &Outcome::NothingToDo));
    let mut script = Script::new().reports(&["x"]).heal("NO CHANGE").heal("NO CHANGE");
    script.reports.push_back(report(&["x"]));
    let world = tree(script);
    let Outcome::Failed(failure) = finished(&world) else { panic!() };
    let said = "Nothing could be mended. Findings that are left: 1. ollama/small and ollama/large mended nothing: ";
    assert!(failure.message.starts_with(said), "the reason once: {failure}");
    assert_eq!(failure.message.matches("changes nothing").count(), 1, "{failure}");
}

#[test]
fn a_model_that_mended_nothing_each_time_is_named_once() {
    let script = Script::new().plan(PLAN).execute(subtract()).reports(&["x"]).review(GOOD).review(GOOD).review(GOOD);
    let script = (0..6).fold(script, |script, _| script.heal("NO CHANGE"));
    let script = script.user(RunFact::HealRequested).user(RunFact::HealRequested);
    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts: 3 };
    let world = played_as(RunSpec { settings, ..on_ladder(ladder()) }, script);
    let said: Vec<&String> = world.run.notices.iter().filter(|notice| notice.contains("mended nothing")).collect();
    assert_eq!(
        said,
        ["ollama/small and ollama/large mended nothing: the model's answer changes nothing."],
        "{}",
        world.trace()
    );
    assert_eq!(world.requests.iter().filter(|request| request.brief.node == Node::Healer).count(), 6);
}

#[test]
fn warnings_are_counted_apart_and_not_said_to_be_nothing() {
    let warned = |messages: &[&str]| {
        let mut warned = report(messages);
        let mut finding = report(&["unused"]).checks[0].findings[0].clone();
        finding.severity = Severity::Warning;
        warned.checks[0].findings.push(finding);
        warned
    };
    let world = tree(reported(Script::new(), warned(&[])));
    assert_eq!(world.run.answer, "No check that ran finds an error. Warnings, which are not mended: 1.");
    let world = tree(reported(Script::new().heal("NO CHANGE").heal("NO CHANGE"), warned(&["x"])));
    let Outcome::Failed(failure) = finished(&world) else { panic!() };
    assert!(failure.message.contains("Findings that are left: 1. Warnings, which are not mended: 1."), "{failure}");
}

#[test]
fn the_attempt_under_review_can_be_healed_again() {
    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts: 1 };
    let script = Script::new()
        .plan(PLAN)
        .execute(calc("a\n"))
        .heal(calc("b\n"))
        .reports(&["x"])
        .reports(&["x"])
        .review(POOR)
        .user(RunFact::HealRequested)
        .heal(calc("c\n"))
        .review(GOOD);
    let world = played_as(RunSpec { settings, ..on_ladder(ladder()) }, script);
    assert_eq!(
        kinds(&world),
        [RungKind::First, RungKind::Model, RungKind::First, RungKind::Model],
        "{}",
        world.trace()
    );
    assert_eq!((world.run.stage.clone(), world.run.chosen), (Stage::Gate, 3));
    assert_eq!(world.run.attempts[3].rung.base, Some(2));
}

#[test]
fn a_run_on_the_ladder_that_is_killed_after_any_fact_ends_as_if_it_had_not_been() {
    let mut script = Script::new()
        .plan(PLAN)
        .execute(calc("\n\ndef subtract(a, b)\n    return a - b\n"))
        .reports(&["missing `:`", "y", "z"])
        .reports(&["y", "z"])
        .reports(&["z"])
        .heal(calc("\n\ndef subtract(a, b):\n    return b - a\n"))
        .review(GOOD)
        .user(all(Decision::Accepted))
        .user(RunFact::ApplyRequested { by: Default::default() });
    script.recall = Recall(|findings, changes| {
        let is_there = changes.files[0].after.as_deref().unwrap().starts_with("import math");
        if is_there { Recollection::default() } else { knows_the_import(findings, changes) }
    });
    let whole = climbed(script.clone());
    assert_eq!(
        kinds(&whole),
        [RungKind::First, RungKind::Grammar, RungKind::Import, RungKind::Model],
        "{}",
        whole.trace()
    );
    killed_at_every_fact(on_ladder(ladder()), script);
}

#[test]
fn a_healing_of_the_tree_that_is_killed_after_any_fact_ends_as_if_it_had_not_been() {
    let script = Script::new()
        .file("calc.py", &format!("{CALC}{BROKEN}"))
        .reports(&["missing `:`", "y"])
        .reports(&["y"])
        .heal(replace("calc.py", "    return a - b", "    return b - a"))
        .user(all(Decision::Accepted))
        .user(RunFact::ApplyRequested { by: Default::default() });
    killed_at_every_fact(RunSpec { task: Task::Heal { paths: vec![] }, ..on_ladder(ladder()) }, script);
}

#[test]
fn a_revision_of_a_healed_tree_is_checked_with_all_files_that_were_examined() {
    let script = Script::new()
        .file("calc.py", &format!("{CALC}{BROKEN}"))
        .file("other.py", "x = 1\n")
        .reports(&["missing `:`"])
        .user(RunFact::RevisionRequested { text: "subtract the other way round".into() })
        .execute(replace("calc.py", "    return a - b", "    return b - a"));
    let world = tree(script);
    assert_eq!(world.run.stage, Stage::Gate, "{}", world.trace());
    let looked: Vec<Vec<&str>> =
        world.examined.iter().map(|c| c.files.iter().map(|f| f.path.as_str()).collect()).collect();
    assert_eq!(looked, [["calc.py", "other.py"], ["calc.py", "other.py"]]);
}

/// Two hunks, both red, and the first accepted.
fn half_accepted(healed: &str, reports: &[&[&str]]) -> Script {
    let far = "\n".repeat(12);
    let script = Script::new().plan(PLAN).execute(whole("calc.py", &format!("x = 1\n{CALC}{far}y = 2\n")));
    let script = script.file("calc.py", &format!("{CALC}{far}")).heal(fails(FailureKind::NothingFits)).review(POOR);
    let script = script.reports(&["x"]).user(one(0, Decision::Accepted)).user(RunFact::HealRequested);
    reports.iter().fold(script.heal(healed).review(POOR), |script, messages| script.reports(messages))
}

#[test]
fn an_attempt_that_is_healed_again_in_vain_keeps_what_was_decided_and_stands_on_the_one_it_repeats() {
    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts: 1 };
    let one_model = Ladder { models: vec![candidate("small", 14.0)], ..ladder() };
    let spec = RunSpec { settings, ..on_ladder(one_model) };
    let worse = replace("calc.py", "y = 2", "y = 3");
    let world = played_as(spec.clone(), half_accepted(&worse, &[&["x", "y"]]));
    assert_eq!((world.run.stage.clone(), world.run.chosen), (Stage::Gate, 1), "{}", world.trace());
    let hunk = |hunk| HunkId { file: 0, hunk };
    assert_eq!((world.run.decision(hunk(0)), world.run.decision(hunk(1))), (Decision::Accepted, Decision::Pending));
    assert_eq!((world.run.base_of(1), world.run.step().unwrap().changes.files.len()), (Some(0), 0));
    assert_eq!(world.run.attempts[1].diff, world.run.attempts[0].diff);
    let better = played_as(spec, half_accepted(&worse, &[]));
    assert_eq!((better.run.chosen, better.run.decisions.len()), (2, 0), "decisions belong to their attempt");
}

#[test]
fn the_accepted_part_of_a_healed_tree_is_checked_as_the_attempt_was() {
    let far = "\n".repeat(12);
    let script = Script::new().file("calc.py", &format!("x = 1\n{far}y = 2\n")).file("other.py", "z = 3\n");
    let healed = format!("{}{}", replace("calc.py", "x = 1", "x = 2"), replace("calc.py", "y = 2", "y = 3"));
    let script = script
        .reports(&["x"])
        .heal(healed)
        .user(one(0, Decision::Accepted))
        .user(RunFact::ApplyRequested { by: Default::default() });
    let world = tree(script);
    assert_eq!(*finished(&world), Outcome::Applied);
    assert!(!world.trace().contains("validate"), "{}", world.trace());
    let part = world.examined.last().unwrap();
    assert_eq!(part.file("calc.py").unwrap().after, Some(format!("x = 2\n{far}y = 2\n")));
    assert!(part.file("other.py").unwrap().is_noop());
}

// ---------------------------------------------------------------- a dependency that is missing

pub const LACKS: &str = "ModuleNotFoundError: No module named 'numpy'";

/// A proposal that lacks numpy and that no model of the ladder can do anything about.
fn lacking() -> Script {
    let script = Script::new().plan(PLAN).execute(whole("calc.py", &format!("import numpy\n{CALC}")));
    let mut script = script.reports(&[LACKS]).heal("NO CHANGE").heal("NO CHANGE").review(GOOD);
    script.recall = Recall(lacks_numpy);
    script
}

/// The executor does not try again by itself.
fn in_one_round(ladder: Ladder, script: Script) -> World {
    let mut spec = on_ladder(ladder);
    spec.settings.max_iterations = 1;
    played_as(spec, script)
}

pub fn yes(install: Install) -> RunFact {
    RunFact::InstallRequested { install, by: Asker::Workbench }
}

#[test]
fn what_is_missing_is_got_on_a_yes_and_then_the_same_attempt_is_checked_again() {
    let mut world = in_one_round(ladder(), lacking().review(GOOD));
    let said = world.run.notices[0].clone();
    assert!(said.contains("the model imported `numpy`; pyproject.toml does not name it"), "{said}");
    assert!(said.ends_with("What would get it: `uv add numpy`"), "{said}");
    world.script.user.extend([one(0, Decision::Accepted), yes(numpy())]);
    world.go();
    assert!(!world.run.notices.contains(&said), "it is there now");
    assert!(world.trace().ends_with("reviewer install(uv add numpy) validate learn reviewer"), "{}", world.trace());
    let newest = world.run.attempts.last().unwrap();
    assert_eq!((newest.rung.kind, newest.rung.base), (RungKind::Install, Some(0)));
    assert_eq!(newest.changes, world.run.attempts[0].changes);
    assert_eq!((world.run.stage.clone(), world.run.missing()), (Stage::Gate, vec![]));
    assert_eq!(world.run.decision(HunkId { file: 0, hunk: 0 }), Decision::Accepted, "what was decided of it holds");
    assert!(world.taught.last().unwrap().helped);
}

#[test]
fn nothing_but_the_command_that_was_shown_is_run_and_only_where_something_is_missing() {
    let other = Install { commands: vec![vec!["rm".into(), "-r".into()]], ..numpy() };
    let mut world = in_one_round(ladder(), lacking().user(yes(other)));
    assert_eq!((world.run.missing(), world.run.stage.clone()), (vec![&numpy()], Stage::Gate));
    assert!(!world.trace().contains("install"), "{}", world.trace());
    world.fact(yes(numpy()));
    assert!(world.trace().ends_with("install(uv add numpy)"));
    assert_eq!(world.fact(yes(numpy())), None, "once");
    let green = Script::new().plan(PLAN).execute(subtract()).review(GOOD).user(yes(numpy()));
    assert!(!in_one_round(ladder(), green).trace().contains("install"));
}

#[test]
fn a_package_that_was_allowed_by_its_name_beforehand_is_got_before_a_model_is_asked() {
    for (allowed, ran) in [("numpy", true), ("numpi", false)] {
        let world = in_one_round(Ladder { installs: vec![allowed.into()], ..ladder() }, lacking());
        assert_eq!(
            world.trace().contains("recall install(uv add numpy) validate learn reviewer"),
            ran,
            "{}",
            world.trace()
        );
        assert_eq!(world.trace().contains("healer"), !ran);
        assert_eq!(world.run.installed.first().map(|i| i.by), ran.then_some(Asker::CommandLine));
    }
}

#[test]
fn an_installation_that_fails_leads_back_to_where_it_was_asked_for_and_is_not_tried_again_by_itself() {
    let mut script = lacking().user(one(0, Decision::Accepted)).user(yes(numpy()));
    script.install_fails = Some("there is no `uv`".into());
    let world = in_one_round(ladder(), script);
    assert_eq!((world.run.stage.clone(), world.run.attempts.len()), (Stage::Gate, 1));
    assert_eq!(world.run.decision(HunkId { file: 0, hunk: 0 }), Decision::Accepted);
    assert_eq!(world.run.notices.last().unwrap(), "`uv add numpy` did not get it: there is no `uv`.");
    let mut script = lacking();
    script.install_fails = Some("there is no `uv`".into());
    let world = in_one_round(Ladder { installs: vec!["numpy".into()], ..ladder() }, script);
    assert_eq!(world.trace().matches("install").count(), 1, "{}", world.trace());
    assert!(world.trace().contains("healer"), "healing goes on without it");
}

#[test]
fn an_installation_that_is_broken_off_is_not_begun_again() {
    for end in [RunFact::Interrupted, RunFact::Cancelled] {
        let mut world = in_one_round(ladder(), lacking());
        assert!(matches!(world.fact(yes(numpy())), Some(RunCommand::Install { .. })));
        assert_eq!(world.run.installing(), Some(&numpy()));
        assert_eq!(world.fact(end), None);
        assert_eq!((world.run.installing(), world.run.stage.clone()), (None, Stage::Gate));
        assert!(world.run.notices.last().unwrap().starts_with("`uv add numpy` was broken off: "));
    }
}

#[test]
fn a_tree_that_only_lacks_a_dependency_is_healed_by_the_yes_to_it() {
    let spec = RunSpec { task: Task::Heal { paths: vec![] }, ..on_ladder(ladder()) };
    let mut script = Script::new().reports(&[LACKS]).heal("NO CHANGE").heal("NO CHANGE").user(RunFact::Started);
    script.recall = Recall(lacks_numpy);
    let mut world = World::new(spec, script);
    world.go();
    let Stage::Finished(Outcome::Failed(failure)) = world.run.stage.clone() else { panic!("{:?}", world.run.stage) };
    assert!(failure.message.contains("the project imports `numpy`"), "{failure}");
    world.script.user.push_back(yes(numpy()));
    world.go();
    assert_eq!(world.run.stage, Stage::Finished(Outcome::NothingToDo));
    assert!(world.trace().ends_with("install(uv add numpy) examine learn"), "{}", world.trace());
    assert!(!world.run.answer.contains("is not installed"), "{}", world.run.answer);
}

#[test]
fn what_became_of_each_finding_is_taught_and_like_ones_are_told_of() {
    let script = Script::new().plan(PLAN).execute(subtract()).reports(&["AssertionError: 1", "other"]);
    let healed = replace("calc.py", "    return a - b", "    return b - a");
    let mut script = script.heal(healed.clone()).reports(&["other"]).heal("NO CHANGE").heal("NO CHANGE").review(GOOD);
    script.recall = Recall(|findings, _| {
        let key = heal::lesson::key(&findings[0]);
        Recollection { similar: vec![Similar { key, tallies: vec![], newest: vec![] }], ..Recollection::default() }
    });
    let world = in_one_round(ladder(), script);
    let taught = &world.taught[0];
    let met: Vec<(&str, bool)> = taught.met.iter().map(|m| (m.message.as_str(), m.helped)).collect();
    assert_eq!(met, [("AssertionError: 1", true), ("other", false)], "a model was asked for both");
    assert_eq!((taught.attempt, taught.model.as_deref()), (2, Some("ollama/small")));
    assert_eq!(world.run.similar.len(), 2, "of both bases");
    assert_eq!(world.run.similar_to(&world.run.attempts[1]).len(), 1);
}
