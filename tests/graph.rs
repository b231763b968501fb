//! The run as a state machine: every path as a script of answers, killed at every fact, and under random facts.
//!
//! A test gives the model's answers and the validators' reports; the world below performs commands as the shell would,
//! on a repository in memory, and writes down what it was asked to do.

#[path = "graph/ladder.rs"]
mod ladder;
#[path = "graph/rebase.rs"]
mod rebase;

use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use vibe_tui::budget::choice::Candidate;
use vibe_tui::budget::price::Price;
use vibe_tui::domain::change::{ChangeSet, FileChange, FileContent, FileSnapshot};
use vibe_tui::domain::comment::Comment;
use vibe_tui::domain::context::{ContextBundle, ContextItem, ContextKind};
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::domain::finding::{
    Applicability, CheckResult, Finding, Fix, Severity, Strategy as Rung, TextEdit, ValidationReport,
};
use vibe_tui::domain::hunk::{Decision, HunkId};
use vibe_tui::domain::ids::{JobId, RequestId, RunId};
use vibe_tui::domain::install::Installed;
use vibe_tui::domain::intent::{Action, Complexity, Intent};
use vibe_tui::domain::language::Language;
use vibe_tui::domain::mode::Mode;
use vibe_tui::domain::model::*;
use vibe_tui::domain::money::Money;
use vibe_tui::domain::rung::{Recollection, Teaching};
use vibe_tui::edit::diff;
use vibe_tui::graph::*;

// ---------------------------------------------------------------- the world

const PLAN: &str = r#"{"summary": "Add a subtract function", "steps": [{"title": "Add subtract", "kind": "modify", "path": "calc.py"}]}"#;
const GOOD: &str = r#"{"score": 0.9, "reasons": [], "next_steps": ["Add tests."], "improvements": ["Add types."]}"#;
const POOR: &str =
    r#"{"score": 0.3, "reasons": ["subtract is missing a docstring"], "next_steps": [], "improvements": []}"#;
const CALC: &str = "def add(a, b):\n    return a + b\n";

fn whole(path: &str, text: &str) -> String {
    format!("### FILE: {path}\n```python\n{text}```\n")
}

fn calc(more: &str) -> String {
    whole("calc.py", &format!("{CALC}{more}"))
}

fn subtract() -> String {
    calc("\n\ndef subtract(a, b):\n    return a - b\n")
}

fn replace(path: &str, search: &str, replace: &str) -> String {
    format!("### FILE: {path}\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n")
}

#[derive(Clone)]
enum Reply {
    Text(String),
    Cut(String),
    Fail(Failure),
    OverBudget,
}

impl From<&str> for Reply {
    fn from(text: &str) -> Reply {
        Reply::Text(text.to_owned())
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Reply {
        Reply::Text(text)
    }
}

fn fails(kind: FailureKind) -> Reply {
    Reply::Fail(Failure::transient(kind, "it failed"))
}

/// What the model, the validators, the disk and the user will do.
#[derive(Clone, Default)]
struct Script {
    answers: BTreeMap<Node, VecDeque<Reply>>,
    reports: VecDeque<ValidationReport>,
    user: VecDeque<RunFact>,
    apply_fails: u32,
    /// Why the next installation fails, if it does.
    install_fails: Option<String>,
    disk: BTreeMap<String, String>,
    recall: Recall,
}

/// What the repository answers when it is asked what it knows.
#[derive(Clone)]
struct Recall(fn(&[Finding], &ChangeSet) -> Recollection);

impl Default for Recall {
    fn default() -> Recall {
        Recall(|_, _| Recollection::default())
    }
}

impl Script {
    fn new() -> Script {
        Script { disk: BTreeMap::from([("calc.py".to_owned(), CALC.to_owned())]), ..Script::default() }
    }

    fn says(mut self, node: Node, reply: impl Into<Reply>) -> Script {
        self.answers.entry(node).or_default().push_back(reply.into());
        self
    }

    fn plan(self, reply: impl Into<Reply>) -> Script {
        self.says(Node::Planner, reply)
    }

    fn execute(self, reply: impl Into<Reply>) -> Script {
        self.says(Node::Executor, reply)
    }

    fn heal(self, reply: impl Into<Reply>) -> Script {
        self.says(Node::Healer, reply)
    }

    fn review(self, reply: impl Into<Reply>) -> Script {
        self.says(Node::Reviewer, reply)
    }

    fn reports(mut self, messages: &[&str]) -> Script {
        self.reports.push_back(report(messages));
        self
    }

    fn user(mut self, fact: RunFact) -> Script {
        self.user.push_back(fact);
        self
    }

    fn file(mut self, path: &str, text: &str) -> Script {
        self.disk.insert(path.into(), text.into());
        self
    }
}

/// A report of one syntax check with these errors; an empty list is green.
fn report(messages: &[&str]) -> ValidationReport {
    let finding = |message: &&str| Finding {
        tool: "syntax".into(),
        path: "calc.py".into(),
        line: 4,
        column: 1,
        rule: None,
        message: (*message).to_owned(),
        severity: Severity::Error,
        ..Finding::default()
    };
    ValidationReport {
        checks: vec![CheckResult {
            strategy: Rung::Syntax,
            command: "tree-sitter".into(),
            passed: messages.is_empty(),
            millis: 3,
            findings: messages.iter().map(finding).collect(),
            not_run: None,
            known: 0,
        }],
        ..ValidationReport::default()
    }
}

/// A run and everything around it.
struct World {
    run: Run,
    script: Script,
    facts: Vec<RunFact>,
    trace: Vec<String>,
    requests: Vec<ModelRequest>,
    budget: u32,
    taught: Vec<Teaching>,
    /// What was put over the tree each time it was examined again.
    examined: Vec<ChangeSet>,
}

impl World {
    fn new(spec: RunSpec, script: Script) -> World {
        World {
            run: Run::new(spec),
            script,
            facts: vec![],
            trace: vec![],
            requests: vec![],
            budget: 0,
            taught: vec![],
            examined: vec![],
        }
    }

    /// Takes the fact in and returns the only command (beside cancelling) that may follow.
    fn fact(&mut self, fact: RunFact) -> Option<RunCommand> {
        let commands = step(&mut self.run, &fact);
        self.facts.push(fact);
        let mut asked = None;
        for command in commands {
            self.trace.push(name(&command));
            if let RunCommand::CallModel(request) = &command {
                self.requests.push(request.as_ref().clone());
            }
            if let RunCommand::Learn(teaching) = &command {
                self.taught.push(teaching.as_ref().clone());
                continue;
            }
            if !matches!(command, RunCommand::CancelRequest(_)) {
                assert!(asked.is_none(), "two commands at once: {:?}", self.trace);
                asked = Some(command);
            }
        }
        asked
    }

    /// Performs a command and all that follow from it.
    fn perform(&mut self, command: Option<RunCommand>) {
        let mut next = command;
        let mut performed = 0;
        while let Some(command) = next.take() {
            performed += 1;
            assert!(performed < 200, "does not end: {:?}", self.trace);
            next = match command {
                RunCommand::AssembleContext { job, budget } => {
                    self.budget = budget;
                    let bundle = Box::new(bundle(&self.script.disk));
                    self.fact(RunFact::ContextAssembled { job, bundle })
                }
                RunCommand::ReadFiles { job, paths } => {
                    let files = paths.iter().map(|p| snapshot(&self.script.disk, p)).collect();
                    self.fact(RunFact::FilesRead { job, files })
                }
                RunCommand::Validate { job, changes, .. } => {
                    assert_eq!(self.fact(RunFact::Diffed { job, files: diff(&changes).into() }), None);
                    let report = self.script.reports.pop_front().unwrap_or_else(|| report(&[]));
                    self.fact(RunFact::Validated { job, report })
                }
                RunCommand::Recall { job, findings, changes, .. } => {
                    let known = Box::new((self.script.recall.0)(&findings, &changes));
                    self.fact(RunFact::Recalled { job, known })
                }
                RunCommand::Install { job, install, by } => {
                    let failure = self.script.install_fails.take();
                    let installed = Installed { install, by, failure, said: "said\n".into(), millis: 5 };
                    self.fact(RunFact::Installed { job, installed: Box::new(installed) })
                }
                RunCommand::Learn(_) => None,
                RunCommand::Examine { job, changes: Some(changes), .. } => {
                    self.examined.push(changes);
                    let report = self.script.reports.pop_front().unwrap_or_else(|| report(&[]));
                    self.fact(RunFact::Validated { job, report })
                }
                RunCommand::Examine { job, .. } => {
                    let files = self.script.disk.keys().map(|path| snapshot(&self.script.disk, path)).collect();
                    let report = self.script.reports.pop_front().unwrap_or_else(|| report(&[]));
                    self.fact(RunFact::Examined { job, files, report })
                }
                RunCommand::Apply { job, changes } => self.apply(job, &changes),
                RunCommand::CallModel(request) => self.answer(&request),
                RunCommand::CancelRequest(_) => None,
            };
        }
    }

    fn apply(&mut self, job: JobId, changes: &ChangeSet) -> Option<RunCommand> {
        if self.script.apply_fails > 0 {
            self.script.apply_fails -= 1;
            let failure = Failure::fatal(FailureKind::Stale, "calc.py has changed since");
            return self.fact(RunFact::ApplyFailed { job, failure });
        }
        let now = |file: &FileChange| self.script.disk.get(&file.path).cloned();
        if let Some(file) = changes.files.iter().find(|f| now(f) != f.before && now(f) != f.after) {
            let failure = Failure::fatal(FailureKind::Stale, format!("{} has changed since", file.path));
            return self.fact(RunFact::ApplyFailed { job, failure });
        }
        for file in &changes.files {
            match &file.after {
                Some(text) => self.script.disk.insert(file.path.clone(), text.clone()),
                None => self.script.disk.remove(&file.path),
            };
        }
        self.fact(RunFact::Applied { job })
    }

    fn answer(&mut self, request: &ModelRequest) -> Option<RunCommand> {
        let id = request.id;
        let replies = self.script.answers.entry(request.brief.node).or_default();
        let reply =
            replies.pop_front().unwrap_or_else(|| panic!("no answer for {:?}: {:?}", request.brief.node, self.trace));
        let (text, finish) = match reply {
            Reply::Text(text) => (text, FinishReason::Stop),
            Reply::Cut(text) => (text, FinishReason::Length),
            Reply::Fail(failure) => {
                self.fact(RunFact::RequestSent { request: id });
                return self.fact(RunFact::RequestFailed { request: id, failure });
            }
            Reply::OverBudget => {
                let (limit, used, asked) = (Money(5), Money(4), Money(3));
                return self.fact(RunFact::BudgetRefused { request: id, scope: "session".into(), limit, used, asked });
            }
        };
        self.fact(RunFact::RequestSent { request: id });
        self.fact(RunFact::ThinkingReceived { request: id, text: "hm".into() });
        let half = (0..=text.len() / 2).rfind(|at| text.is_char_boundary(*at)).unwrap_or(0);
        for piece in [&text[..half], &text[half..]] {
            if let Some(command) = self.fact(RunFact::TextReceived { request: id, text: piece.to_owned() }) {
                return Some(command);
            }
        }
        let usage = Usage { input: request.prompt_tokens, output: 50, ..Usage::default() };
        let cost = Some(Money(1000));
        self.fact(RunFact::Answered { request: id, finish, usage, timings: Timings::default(), cost })
    }

    /// Everything that happens by itself, then what the user does, one fact after the other.
    fn go(&mut self) {
        while let Some(fact) = self.script.user.pop_front() {
            let command = self.fact(fact);
            self.perform(command);
        }
    }

    fn trace(&self) -> String {
        self.trace.join(" ")
    }

    fn sent(&self, index: usize) -> String {
        self.requests[index].messages.iter().map(|m| m.text.as_str()).collect::<Vec<_>>().join("\n----\n")
    }

    fn last_sent(&self) -> String {
        self.sent(self.requests.len() - 1)
    }
}

fn name(command: &RunCommand) -> String {
    match command {
        RunCommand::AssembleContext { .. } => "assemble".into(),
        RunCommand::ReadFiles { paths, .. } => format!("read({})", paths.join(",")),
        RunCommand::CallModel(request) => format!("{:?}", request.brief.node).to_lowercase(),
        RunCommand::CancelRequest(_) => "cancel".into(),
        RunCommand::Validate { .. } => "validate".into(),
        RunCommand::Recall { .. } => "recall".into(),
        RunCommand::Learn(_) => "learn".into(),
        RunCommand::Install { install, .. } => format!("install({})", install.command()),
        RunCommand::Examine { .. } => "examine".into(),
        RunCommand::Apply { changes, .. } => format!("apply({})", changes.files.len()),
    }
}

fn snapshot(disk: &BTreeMap<String, String>, path: &str) -> FileSnapshot {
    let content = disk.get(path).map_or(FileContent::Absent, |text| FileContent::Text { text: text.clone() });
    FileSnapshot { path: path.to_owned(), content }
}

fn bundle(disk: &BTreeMap<String, String>) -> ContextBundle {
    let items = disk.iter().map(|(path, text)| item(ContextKind::Code, path, &whole(path, text))).collect();
    let files = disk.keys().map(|path| snapshot(disk, path)).collect();
    ContextBundle {
        items,
        files,
        listing: disk.keys().cloned().collect(),
        tokens: 100,
        budget: 1000,
        exact: false,
        per_mille: 0,
        unseen: vec![],
    }
}

fn item(kind: ContextKind, label: &str, text: &str) -> ContextItem {
    let tokens = u32::try_from(text.len() / 4).unwrap();
    ContextItem { kind, label: label.into(), lines: vec![], text: text.into(), tokens, reason: "named".into() }
}

fn intent(text: &str) -> Intent {
    Intent {
        text: text.into(),
        action: Action::Modify,
        targets: vec![],
        language: None,
        frameworks: vec![],
        complexity: Complexity::Moderate,
        confidence: 0.9,
        token_budget: 8000,
        paths: vec!["calc.py".into()],
        symbols: vec!["subtract".into()],
    }
}

fn model(parameters_b: f32, window: u32) -> ModelInfo {
    ModelInfo {
        reference: ModelRef { provider: "ollama".into(), model: format!("coder:{parameters_b}b") },
        locality: Locality::Loopback,
        window: Some(window),
        max_output: None,
        parameters_b: Some(parameters_b),
        structured: Structured::JsonSchema,
        note: String::new(),
    }
}

fn mode(name: &str) -> Mode {
    shipped_modes().into_iter().find(|m| m.name == name).unwrap()
}

fn spec() -> RunSpec {
    RunSpec {
        id: RunId(3),
        intent: intent("Add a subtract function to calc.py"),
        mode: mode("coder"),
        model: model(7.0, 8192),
        settings: RunSettings { quality_threshold: 0.6, max_iterations: 3, heal_attempts: 3 },
        prompts: Prompts::embedded(),
        ladder: Ladder::default(),
        task: Task::Request,
    }
}

/// The run of `script` from the beginning, for a 7-billion model in coder mode.
fn played(script: Script) -> World {
    played_as(spec(), script)
}

fn played_as(spec: RunSpec, mut script: Script) -> World {
    script.user.push_front(RunFact::Started);
    let mut world = World::new(spec, script);
    world.go();
    world
}

fn all(decision: Decision) -> RunFact {
    let ids = (0..2).flat_map(|file| (0..3).map(move |hunk| HunkId { file, hunk }));
    RunFact::Decided { decisions: ids.map(|id| (id, decision)).collect() }
}

fn one(hunk: usize, decision: Decision) -> RunFact {
    RunFact::Decided { decisions: vec![(HunkId { file: 0, hunk }, decision)] }
}

fn priced(info: &ModelInfo) -> Box<Candidate> {
    Box::new(Candidate { info: info.clone(), price: Price::Unknown })
}

fn resume(choice: ResumeChoice) -> RunFact {
    RunFact::Resumed { choice }
}

fn happy() -> Script {
    Script::new().plan(PLAN).execute(subtract()).review(GOOD)
}

fn finished(world: &World) -> &Outcome {
    match &world.run.stage {
        Stage::Finished(outcome) => outcome,
        other => panic!("not finished but {other:?}: {}", world.trace()),
    }
}

fn paused(world: &World) -> &PauseReason {
    match &world.run.stage {
        Stage::Paused(reason) => reason,
        other => panic!("not paused but {other:?}: {}", world.trace()),
    }
}

// ---------------------------------------------------------------- the paths

#[test]
fn a_request_goes_through_every_node_to_the_gate_and_from_there_to_the_disk() {
    let world = played(happy().user(all(Decision::Accepted)).user(RunFact::ApplyRequested { by: Default::default() }));
    assert_eq!(world.trace(), "assemble planner executor read(calc.py) validate reviewer apply(1)");
    assert_eq!(*finished(&world), Outcome::Applied);
    assert!(world.script.disk["calc.py"].contains("def subtract"));
    let run = &world.run;
    assert_eq!(run.plan.as_ref().unwrap().summary, "Add a subtract function");
    assert_eq!(run.attempts[0].iteration, 1);
    assert_eq!(run.applied.as_ref().unwrap().files[0].before.as_deref(), Some(CALC));
    assert_eq!(run.spent(), Money(3000));
    for wanted in [
        "Add a subtract function",
        "`calc.py` changed",
        "tree-sitter (syntax) passed",
        "0.90",
        "Add tests.",
        "Add types.",
    ] {
        assert!(run.answer.contains(wanted), "{wanted} is missing:\n{}", run.answer);
    }
}

#[test]
fn identifiers_are_counted_within_the_run() {
    let world = played(happy());
    let ids: Vec<u64> = world.requests.iter().map(|r| r.id.0).collect();
    assert_eq!(ids, [30_002, 30_003, 30_006]);
}

#[test]
fn a_mode_without_edits_answers_and_writes_nothing() {
    for name in ["architect", "peer"] {
        let world = played_as(
            RunSpec { mode: mode(name), ..spec() },
            Script::new().execute("Use a class.\n\n```python\nclass A: ...\n```"),
        );
        assert_eq!(world.trace(), "assemble executor");
        assert_eq!(*finished(&world), Outcome::Answered);
        assert!(world.run.answer.starts_with("Use a class."));
        assert!(!world.requests[0].brief.edits);
    }
}

#[test]
fn a_simple_request_in_a_tiny_window_needs_no_plan() {
    let mut simple = RunSpec { model: model(3.0, 4096), ..spec() };
    simple.intent.complexity = Complexity::Simple;
    let world = played_as(simple.clone(), Script::new().execute(subtract()).review(GOOD));
    assert_eq!(world.trace(), "assemble executor read(calc.py) validate reviewer");
    simple.model = model(3.0, 8192);
    assert!(played_as(simple, happy()).trace().starts_with("assemble planner executor"));
}

#[test]
fn a_plan_that_cannot_be_read_is_asked_for_once_more_then_done_without() {
    let world = played(Script::new().plan("I would add a function.").plan(PLAN).execute(subtract()).review(GOOD));
    assert!(world.trace().starts_with("assemble planner planner executor"));
    assert!(world.sent(1).len() < world.sent(0).len());
    assert_eq!(world.run.plan.as_ref().unwrap().summary, "Add a subtract function");

    let world = played(Script::new().plan("Well.").plan("...").execute(subtract()).review(GOOD));
    let plan = world.run.plan.as_ref().unwrap();
    assert_eq!((plan.steps.len(), plan.steps[0].path.as_str()), (1, "calc.py"));
    assert!(world.run.answer.contains("plan could not be read"), "{}", world.run.answer);
    assert_eq!(world.run.stage, Stage::Gate);
}

#[test]
fn only_the_edits_that_could_not_be_placed_are_asked_for_again() {
    let good = replace("calc.py", "    return a + b", "    return b + a");
    let bad = replace("other.py", "def nowhere():\n    pass", "def here():\n    pass");
    let mended = replace("other.py", "x = 1", "x = 2");
    let script = Script::new()
        .file("other.py", "x = 1\n")
        .plan(PLAN)
        .execute(format!("{good}\n{bad}"))
        .execute(mended)
        .review(GOOD);
    let world = played_as(RunSpec { model: model(32.0, 16_384), ..spec() }, script);
    assert_eq!(
        world.trace(),
        "assemble planner executor read(calc.py,other.py) executor read(other.py) validate reviewer"
    );
    let asked = world.sent(2);
    assert!(asked.contains("def nowhere") && asked.contains("x = 1") && !asked.contains("return b + a"), "{asked}");
    let attempt = &world.run.attempts[0];
    assert_eq!(attempt.changes.files.len(), 2);
    assert_eq!((attempt.iteration, attempt.problems.len()), (2, 0));
}

#[test]
fn one_short_message_brings_an_edit_back_that_fits_nowhere() {
    let long: String = (0..400)
        .map(|i| format!("def value_{i}(given):\n    total = given + {i}\n    return total * {i}\n\n"))
        .collect();
    let good = replace("calc.py", "    total = given + 7", "    total = given + 700");
    let bad = replace(
        "calc.py",
        "def value_200(given):\n    sum = given + 200\n    return sum * 200",
        "def value_200(given):\n    return 0",
    );
    let mended = replace("calc.py", "    return total * 200", "    return 0");
    let script =
        Script::new().file("calc.py", &long).plan(PLAN).execute(format!("{good}\n{bad}")).execute(mended).review(GOOD);
    let world = played_as(RunSpec { model: model(32.0, 65_536), ..spec() }, script);
    let asked = world.sent(2);
    assert!(asked.contains("sum = given + 200") && asked.contains("did you mean lines"), "the edit and why: {asked}");
    assert!(asked.contains("total = given + 200"), "the lines that come near: {asked}");
    for other in ["given + 700", "value_7(", "value_100(", "value_300("] {
        assert!(!asked.contains(other), "{other} is no part of it: {asked}");
    }
    let tokens = tiktoken_rs::o200k_base().unwrap().encode_ordinary(&asked).len();
    assert!(tokens < 1000, "{tokens} tokens: {asked}");
    assert_eq!(world.run.attempts[0].changes.files[0].after.as_deref().unwrap().matches("return 0").count(), 1);
}

#[test]
fn a_file_is_not_renamed_before_its_edits_are_placed() {
    let patch = |line: &str, to: &str| {
        format!("*** Begin Patch\n*** Update File: calc.py\n{to}@@\n-{line}\n+    return b + a\n*** End Patch\n")
    };
    let script = Script::new()
        .plan(PLAN)
        .execute(patch("    return a plus b", "*** Move to: add.py\n"))
        .execute(patch("    return a + b", "*** Move to: add.py\n"))
        .review(GOOD);
    let world = played_as(RunSpec { model: model(32.0, 16_384), ..spec() }, script);
    assert!(world.sent(2).contains("was not moved to add.py"), "{}", world.sent(2));
    let files = &world.run.attempts[0].changes.files;
    assert_eq!(files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["add.py", "calc.py"]);
    assert_eq!(
        (files[1].after.as_deref(), files[0].after.as_deref()),
        (None, Some(CALC.replace("a + b", "b + a").as_str()))
    );
}

#[test]
fn what_cannot_be_placed_in_the_end_is_named_in_the_proposal() {
    let good = replace("calc.py", "    return a + b", "    return b + a");
    let bad = replace("calc.py", "nowhere = 1", "here = 1");
    let script = Script::new().plan(PLAN).execute(format!("{good}\n{bad}")).execute(bad).review(GOOD);
    let world = played(script);
    assert_eq!(world.run.stage, Stage::Gate);
    assert_eq!(world.run.attempts[0].problems.len(), 1);
    assert!(world.run.answer.contains("Not placed"), "{}", world.run.answer);
}

#[test]
fn an_answer_without_edits_is_asked_for_once_more_and_then_the_run_pauses() {
    let script = Script::new().plan(PLAN).execute("I have added the function.").execute("Done!");
    let mut world = played(script);
    assert_eq!(world.trace(), "assemble planner executor executor");
    assert!(world.last_sent().contains("holds no edits") && world.last_sent().contains("### FILE:"));
    let PauseReason::Failed(failure) = paused(&world).clone() else { panic!() };
    assert_eq!(failure.kind, FailureKind::BadOutput);

    world.script = world.script.execute(subtract()).review(GOOD).user(resume(ResumeChoice::Retry));
    world.go();
    assert_eq!(world.run.stage, Stage::Gate);
}

#[test]
fn a_large_model_that_fails_the_edit_form_is_asked_for_whole_files() {
    let script = Script::new().plan(PLAN).execute("no form").execute(subtract()).review(GOOD);
    let world = played_as(RunSpec { model: model(32.0, 16_384), ..spec() }, script);
    assert!(world.sent(1).contains("<<<<<<< SEARCH") && !world.sent(2).contains("<<<<<<< SEARCH"));
    assert_eq!(world.run.stage, Stage::Gate);
}

#[test]
fn a_refusal_is_not_taken_for_an_answer() {
    let refusal = "I'm sorry, but I can't help with that.";
    let world = played(Script::new().plan(PLAN).execute(refusal).execute(refusal));
    let PauseReason::Failed(failure) = paused(&world) else { panic!() };
    assert!(failure.message.contains("is a refusal"), "{}", failure.message);
}

#[test]
fn a_change_that_changes_nothing_ends_the_run() {
    let twice = replace("calc.py", "    return b + a", "    return a + b");
    let sent = "Nothing has to change: what the model sent is in the files already.";
    let met = "Nothing has to change: the model found the request already met.";
    for (answer, said) in [(whole("calc.py", CALC), sent), (twice, sent), ("NO CHANGE".to_owned(), met)] {
        let world = played(Script::new().plan(PLAN).execute(answer));
        assert_eq!((finished(&world), world.run.answer.as_str()), (&Outcome::NothingToDo, said));
    }
}

#[test]
fn a_file_the_model_has_not_seen_is_not_overwritten_whole() {
    let secret: String = (0..40).map(|i| format!("line {i}\n")).collect();
    let script = Script::new()
        .plan(PLAN)
        .execute(whole("big.py", "x = 1\n"))
        .execute(whole("big.py", &format!("{secret}last\n")))
        .review(GOOD);
    let mut world = World::new(spec(), script);
    let command = world.fact(RunFact::Started);
    let Some(RunCommand::AssembleContext { job, .. }) = command else { panic!() };
    let shown = Box::new(bundle(&world.script.disk));
    world.script.disk.insert("big.py".into(), secret.clone());
    let command = world.fact(RunFact::ContextAssembled { job, bundle: shown });
    world.perform(command);
    assert!(world.sent(2).contains("had not seen all of it") && world.sent(2).contains("line 39"), "{}", world.sent(2));
    assert_eq!(world.run.attempts[0].changes.files[0].after, Some(format!("{secret}last\n")));
}

#[test]
fn a_file_that_the_answer_itself_makes_may_come_again_whole() {
    let made = whole("Makefile", "all:\n\ttrue\n");
    let edit = replace("calc.py", "    return a + b", "    return b + a");
    let answer = format!("{made}\n{edit}\n{}", whole("../evil.py", "x = 1\n"));
    let world = played(Script::new().plan(PLAN).execute(&answer[..]).execute(&answer[..]).review(GOOD));
    let attempt = &world.run.attempts[0];
    let paths: Vec<&str> = attempt.changes.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!((paths, attempt.problems.len()), (vec!["Makefile", "calc.py"], 1), "{:?}", attempt.problems);
    assert!(attempt.problems[0].contains("../evil.py"), "{:?}", attempt.problems);
    // Another text of it is as much the model's own.
    let other = whole("Makefile", "all:\n\tfalse\n");
    let world = played(Script::new().plan(PLAN).execute(&answer[..]).execute(other).review(GOOD));
    let attempt = &world.run.attempts[0];
    assert_eq!(attempt.changes.file("Makefile").unwrap().after.as_deref(), Some("all:\n\tfalse\n"));
    assert!(attempt.problems.is_empty(), "{:?}", attempt.problems);
}

#[test]
fn a_path_outside_the_root_is_never_proposed() {
    let script = Script::new().plan(PLAN).execute(format!("{}\n{}", subtract(), whole("../../etc/passwd", "x\n")));
    let world = played(script.execute(whole("/etc/passwd", "x\n")).review(GOOD));
    let attempt = &world.run.attempts[0];
    assert_eq!(attempt.changes.files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["calc.py"]);
    assert_eq!(attempt.problems.len(), 1);
    // Where nothing else is left, path and reason are said.
    let mut script = Script::new().plan(PLAN);
    for _ in 0..8 {
        script = script.execute(format!("{}\n{}", whole("../../evil.py", "x\n"), whole("/etc/x", "x\n")));
    }
    let world = played(script);
    let Stage::Paused(PauseReason::Failed(failure)) = &world.run.stage else { panic!("{:?}", world.run.stage) };
    let said = "holds no edit that could be placed: the path `../../evil.py` climbs out with `..`; edits may only";
    assert!(failure.message.contains(said) && failure.message.contains("`/etc/x` is absolute"), "{}", failure.message);
}

// ---------------------------------------------------------------- healing

#[test]
fn a_red_attempt_is_mended_with_its_findings_only() {
    let script = Script::new()
        .file("far.py", "irrelevant = True\n")
        .plan(PLAN)
        .execute(calc("\ndef subtract(a, b):\n    return a -\n"))
        .reports(&["SyntaxError: invalid syntax"])
        .heal(subtract())
        .review(GOOD);
    let world = played(script);
    assert_eq!(world.trace(), "assemble planner executor read(calc.py) validate recall healer validate learn reviewer");
    let asked = world.sent(2);
    assert!(
        asked.contains("calc.py:4: SyntaxError: invalid syntax") && asked.contains("the line: `def subtract(a, b):`"),
        "{asked}"
    );
    assert!(!asked.contains("irrelevant"), "{asked}");
    let run = &world.run;
    assert_eq!((run.attempts.len(), run.chosen), (2, 1));
    assert_eq!((run.attempts[1].node, run.attempts[1].cause.len()), (Node::Healer, 1));
    assert_eq!(
        run.attempts[1].changes.files[0].before.as_deref(),
        Some(CALC),
        "the base is the disk, not the attempt before"
    );
}

/// One executor attempt, then healing attempts; each with the errors it has. Only one round of the executor.
fn healed(texts: &[&str], errors: &[&[&str]], heal_attempts: u32) -> World {
    let mut script = Script::new().plan(PLAN).execute(calc(texts[0])).review(POOR);
    for text in &texts[1..] {
        script = script.heal(calc(text));
    }
    for messages in errors {
        script = script.reports(messages);
    }
    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts };
    played_as(RunSpec { settings, ..spec() }, script)
}

#[test]
fn healing_stops_where_it_does_not_help_and_keeps_the_best() {
    let table: [(&str, World, usize, usize, &str); 5] = [
        ("no progress", healed(&["a\n", "b\n"], &[&["x"], &["x"]], 3), 2, 0, "the same errors came again"),
        ("worse", healed(&["a\n", "b\n"], &[&["x"], &["x", "y"]], 3), 2, 0, "made it worse"),
        ("the same proposal", healed(&["a\n", "a\n"], &[&["x"]], 3), 1, 0, "changes nothing"),
        (
            "in circles",
            healed(&["a\n", "b\n", "a\n"], &[&["x"], &["y"], &["x"]], 3),
            2,
            1,
            "the model's answer is attempt 1 again",
        ),
        (
            "attempts used",
            healed(&["a\n", "b\n", "c\n"], &[&["x", "y", "z"], &["y", "z"], &["z"]], 2),
            3,
            2,
            "all attempts are used",
        ),
    ];
    for (name, world, attempts, chosen, why) in table {
        assert_eq!((world.run.attempts.len(), world.run.chosen), (attempts, chosen), "{name}: {}", world.trace());
        assert_eq!(world.run.stage, Stage::Gate, "{name}");
        assert!(world.run.attempts[chosen].verdict.is_some(), "{name}: the best is the one that was reviewed");
        assert!(world.run.answer.contains(why), "{name}:\n{}", world.run.answer);
    }
}

#[test]
fn healing_can_be_switched_off() {
    let world = healed(&["a\n"], &[&["x"]], 0);
    assert_eq!(world.trace(), "assemble planner executor read(calc.py) validate reviewer");
}

#[test]
fn a_finding_of_several_lines_stands_on_one_where_people_read_it() {
    let world = healed(&["a\n"], &[&["assert -1 == 3\n +  where -1 = add(1, 2)"]], 0);
    assert!(world.run.answer.contains("assert -1 == 3 +  where -1 = add(1, 2)"), "{}", world.run.answer);
}

#[test]
fn a_check_that_could_not_run_is_said_and_not_healed() {
    let mut script = happy().reports(&["x"]);
    script.reports[0].checks[0].not_run = Some("pytest is not installed; install it".into());
    let world = played(script);
    assert_eq!(world.trace(), "assemble planner executor read(calc.py) validate reviewer");
    assert!(world.run.answer.contains("pytest is not installed"), "{}", world.run.answer);
}

#[test]
fn an_engine_that_cannot_heal_still_lets_its_proposal_be_reviewed() {
    let script = Script::new()
        .plan(PLAN)
        .execute(calc("a\n"))
        .reports(&["x"])
        .heal(fails(FailureKind::NothingFits))
        .review(GOOD);
    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts: 3 };
    let world = played_as(RunSpec { settings, ..spec() }, script);
    assert_eq!(world.run.stage, Stage::Gate);
}

#[test]
fn a_failing_test_outside_the_proposal_is_shown_to_the_healer_beside_the_proposal() {
    let tests: String = (0..30).map(|i| format!("def test_{i}():\n    assert add({i}, 0) == {i}\n\n\n")).collect();
    let script = Script::new().file("test_calc.py", &tests).plan(PLAN).execute(calc("a\n")).reports(&["assert failed"]);
    let mut script = script.heal(subtract()).review(GOOD);
    script.reports[0].checks[0].findings[0].path = "test_calc.py".into();
    script.reports[0].checks[0].findings[0].line = 42;
    let world = played(script);
    let asked = world.sent(2);
    assert!(asked.contains("assert add(10, 0) == 10"), "{asked}");
    for head in ["### FILE: calc.py\n```python\n", "### EXCERPT: test_calc.py\n```python\n"] {
        assert!(asked.contains(head), "{head}{asked}");
    }
    assert!(!asked.contains("test_25") && asked.contains("lines omitted"), "{asked}");
}

#[test]
fn a_capable_model_mends_a_long_file_from_the_lines_around_the_finding() {
    let long: String = (0..200).map(|i| format!("value_{i} = {i}\n")).collect();
    let script =
        Script::new().file("calc.py", &long).plan(PLAN).execute(replace("calc.py", "value_3 = 3", "value_3 = "));
    let script = script.reports(&["SyntaxError"]).heal(replace("calc.py", "value_3 = ", "value_3 = 4")).review(GOOD);
    let world = played_as(RunSpec { model: model(32.0, 32_768), ..spec() }, script);
    assert!(world.sent(2).contains("value_3 = \n") && !world.sent(2).contains("value_100"), "{}", world.sent(2));
    assert_eq!((world.run.attempts.len(), world.run.chosen), (2, 1));
}

#[test]
fn a_revision_that_led_to_nothing_is_none_that_was_heeded() {
    let text = |text: &str| RunFact::RevisionRequested { text: text.into() };
    let script =
        Script::new().plan(PLAN).execute(subtract()).review(GOOD).user(text("Make it better")).execute("NO CHANGE");
    let by_hand = RunFact::EditedByHand { path: "calc.py".into(), text: "x = 1\n".into() };
    let world = played(script.clone().user(by_hand));
    assert_eq!((world.run.attempts.len(), world.run.heeded_revisions().count()), (2, 0), "{}", world.trace());
    let world = played(script.user(text("Name it minus")).execute(calc("\nminus = 1\n")).review(GOOD));
    assert_eq!(world.run.heeded_revisions().collect::<Vec<_>>(), ["Name it minus"]);
}

// ---------------------------------------------------------------- reviewing

#[test]
fn a_poor_proposal_goes_back_with_the_reasons_until_it_is_good() {
    let better = replace("calc.py", "def subtract(a, b):", "def subtract(a, b):\n    \"\"\"a minus b.\"\"\"");
    let script = Script::new().plan(PLAN).execute(subtract()).review(POOR).execute(better).review(GOOD);
    let world = played(script);
    assert_eq!(world.trace(), "assemble planner executor read(calc.py) validate reviewer executor validate reviewer");
    assert!(
        world.sent(3).contains("missing a docstring") && world.sent(3).contains("def subtract"),
        "{}",
        world.sent(3)
    );
    let run = &world.run;
    assert_eq!((run.attempts.len(), run.chosen, run.attempts[1].iteration), (2, 1, 2));
    assert_eq!(run.attempts[1].cause, ["subtract is missing a docstring"]);
}

#[test]
fn after_the_last_round_the_best_proposal_is_offered() {
    let middling = POOR.replace("0.3", "0.5");
    let (b, c) = (calc("\nb = 1\n"), calc("\nc = 1\n"));
    let script =
        Script::new().plan(PLAN).execute(subtract()).review(POOR).execute(b).review(middling).execute(c).review(POOR);
    let world = played(script);
    assert_eq!((world.run.attempts.len(), world.run.chosen), (3, 1));
    assert_eq!(world.run.stage, Stage::Gate);
}

#[test]
fn a_proposal_that_was_healed_in_vain_is_not_healed_again_when_the_model_repeats_it() {
    let red = calc("a\n");
    let script =
        Script::new().plan(PLAN).execute(&red[..]).reports(&["x"]).heal(calc("b\n")).reports(&["x"]).review(POOR);
    let script = script.execute(&red[..]);
    let world = played(script);
    assert_eq!((world.run.attempts.len(), world.run.chosen), (2, 0));
    assert_eq!(world.run.stage, Stage::Gate);
    assert!(world.run.notices.iter().any(|n| n.contains("would change nothing more")), "{:?}", world.run.notices);
}

#[test]
fn a_red_proposal_goes_back_however_much_the_reviewer_likes_it() {
    let script = Script::new()
        .plan(PLAN)
        .execute(calc("a\n"))
        .reports(&["x"])
        .heal("no")
        .review(GOOD)
        .execute(subtract())
        .review(GOOD);
    let world = played(script);
    assert_eq!((world.run.attempts.len(), world.run.chosen), (2, 1));
    assert!(world.run.attempts[1].cause[0].contains('x'), "{:?}", world.run.attempts[1].cause);
}

#[test]
fn a_verdict_that_cannot_be_read_is_never_a_high_score() {
    let world = played(Script::new().plan(PLAN).execute(subtract()).review("Great work!!!"));
    let verdict = world.run.attempt().unwrap().verdict.clone().unwrap();
    assert_eq!(verdict.score, 0.6);
    assert!(verdict.reasons[0].contains("no review"), "{verdict:?}");
    assert_eq!(world.run.stage, Stage::Gate);

    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts: 0 };
    let script = Script::new().plan(PLAN).execute(calc("a\n")).reports(&["x"]).review("Great work!!!");
    let world = played_as(RunSpec { settings, ..spec() }, script);
    assert_eq!(world.run.attempt().unwrap().verdict.as_ref().unwrap().score, 0.0);
}

// ---------------------------------------------------------------- pauses and failures

#[test]
fn a_provider_that_can_do_nothing_ends_the_run_with_its_own_words() {
    let world = played(Script::new().plan(fails(FailureKind::NothingFits)));
    assert_eq!(*finished(&world), Outcome::Failed(Failure::transient(FailureKind::NothingFits, "it failed")));
}

#[test]
fn a_failed_request_pauses_and_can_be_sent_again_with_a_new_identifier() {
    let mut world = played(Script::new().plan(PLAN).execute(fails(FailureKind::Network)));
    assert!(matches!(paused(&world), PauseReason::Failed(f) if f.kind == FailureKind::Network));
    let broken = world.run.calls.last().unwrap().clone();
    assert!(broken.failure.is_some());
    world.script = world.script.execute(subtract()).review(GOOD).user(resume(ResumeChoice::Retry));
    world.go();
    assert_eq!(world.run.stage, Stage::Gate);
    assert_ne!(world.requests[2].id, broken.id);
    assert_eq!(world.requests[2].messages, world.requests[1].messages);
}

#[test]
fn another_model_takes_over_at_a_pause_in_its_own_form() {
    let mut world = played(Script::new().plan(PLAN).execute(fails(FailureKind::Server)));
    let other = model(70.0, 32_768);
    world.script = world.script.execute(replace("calc.py", "    return a + b", "    return b + a")).review(GOOD);
    world.script = world.script.user(resume(ResumeChoice::UseModel(priced(&other))));
    world.go();
    assert_eq!((&world.requests[2].model, world.requests[2].window), (&other.reference, 32_768));
    assert!(!world.sent(1).contains("<<<<<<< SEARCH") && world.sent(2).contains("<<<<<<< SEARCH"));
    assert_eq!(world.run.spec.model, other);
}

#[test]
fn stopping_at_a_pause_keeps_a_proposal_and_ends_without_one() {
    let world = played(Script::new().plan(fails(FailureKind::Auth)).user(resume(ResumeChoice::Stop)));
    assert_eq!(*finished(&world), Outcome::Cancelled);
    let script = Script::new().plan(PLAN).execute(subtract()).review(fails(FailureKind::Timeout));
    let world = played(script.user(resume(ResumeChoice::Stop)));
    assert_eq!(world.run.stage, Stage::Gate);
}

#[test]
fn a_refused_budget_pauses_before_anything_is_sent() {
    let mut world = played(Script::new().plan(Reply::OverBudget));
    assert!(matches!(paused(&world), PauseReason::Budget { scope, .. } if scope == "session"));
    assert_eq!(world.run.spent(), Money::ZERO);
    world.script = world.script.plan(PLAN).execute(subtract()).review(GOOD).user(resume(ResumeChoice::Retry));
    world.go();
    assert_eq!(world.run.stage, Stage::Gate);
}

#[test]
fn a_prompt_too_large_for_the_server_is_sent_once_more_with_half_the_context() {
    let big: String = (0..120).map(|i| format!("value_{i} = {i}\n")).collect();
    let script = || Script::new().file("one.py", &big).file("two.py", &big).plan(fails(FailureKind::ContextExceeded));
    let world = played(script().plan(PLAN).execute(subtract()).review(GOOD));
    assert!(world.requests[1].prompt_tokens < world.requests[0].prompt_tokens * 3 / 4);
    assert!(world.sent(1).contains("def add"), "the named file stays");
    assert!(
        world.run.answer.contains("Left out of the context") && world.run.answer.contains("two.py"),
        "{}",
        world.run.answer
    );

    let world = played(script().plan(fails(FailureKind::ContextExceeded)));
    assert!(matches!(paused(&world), PauseReason::Failed(f) if f.kind == FailureKind::ContextExceeded));
}

#[test]
fn a_cut_answer_is_continued_once_and_joined() {
    let text = subtract();
    let (first, rest) = text.split_at(text.len() - 20);
    let script = Script::new().plan(PLAN).execute(Reply::Cut(first.to_owned())).execute(rest).review(GOOD);
    let world = played(script);
    assert_eq!(world.trace(), "assemble planner executor executor read(calc.py) validate reviewer");
    let messages = &world.requests[2].messages;
    assert_eq!(
        (messages[messages.len() - 2].role, messages[messages.len() - 2].text.as_str()),
        (Role::Assistant, first)
    );
    assert!(world.run.attempt().unwrap().changes.files[0].after.as_ref().unwrap().ends_with("    return a - b\n"));
}

#[test]
fn a_file_without_an_end_is_continued_and_then_asked_for_anew_and_never_proposed() {
    let open = || calc("\n\ndef subtract(a, b):\n    return a - b").trim_end_matches("```\n").to_owned();
    let world = played(Script::new().plan(PLAN).execute(open()).execute("```\n").review(GOOD));
    assert_eq!(world.trace(), "assemble planner executor executor read(calc.py) validate reviewer");
    assert!(world.run.attempt().unwrap().changes.files[0].after.as_ref().unwrap().ends_with("return a - b\n"));

    let anew = Script::new().plan(PLAN).execute(open()).execute("  # more").execute(subtract()).review(GOOD);
    let world = played(anew);
    assert_eq!(world.trace(), "assemble planner executor executor executor read(calc.py) validate reviewer");
    assert!(!format!("{:?}", world.run.attempt().unwrap().changes).contains("# more"));

    let more = || "  # more";
    let world = played(Script::new().plan(PLAN).execute(open()).execute(more()).execute(open()).execute(more()));
    assert!(matches!(paused(&world), PauseReason::Failed(f) if f.message.contains("in the middle of a file")));
    assert!(world.run.attempts.is_empty());
}

#[test]
fn what_was_cut_once_and_is_of_no_use_is_called_what_it_is() {
    let cut = || Reply::Cut("\n...\n".to_owned());
    let world = played(Script::new().plan(PLAN).execute(cut()).execute(cut()));
    let PauseReason::Failed(failure) = paused(&world) else { panic!("{:?}", world.run.stage) };
    assert!(failure.message.contains("is empty") && !failure.message.contains("twice"), "{failure}");
}

#[test]
fn what_is_thought_before_the_rest_of_a_cut_answer_is_no_part_of_it() {
    let text = subtract();
    let (first, rest) = text.split_at(text.len() - 20);
    let thought = format!("<think>I was at the return.</think>\n{rest}");
    let script = Script::new().plan(PLAN).execute(Reply::Cut(first.to_owned())).execute(thought).review(GOOD);
    let after = played(script).run.attempt().unwrap().changes.files[0].after.clone().unwrap();
    assert!(after.ends_with("    return a - b\n") && !after.contains("think"), "{after}");
}

#[test]
fn an_answer_that_is_cut_again_is_never_taken_for_whole() {
    let cut = || Reply::Cut(calc("\n\ndef subtract(a, b):\n").trim_end_matches("```\n").to_owned());
    let script = Script::new().plan(PLAN).execute(cut()).execute(cut()).execute(cut()).execute(cut());
    let world = played(script);
    assert!(matches!(paused(&world), PauseReason::Failed(f) if f.message.contains("cut off")));
    assert!(world.run.attempts.is_empty());
}

#[test]
fn a_stream_that_loops_is_ended_early_and_asked_for_again() {
    let stuck = format!("### FILE: calc.py\n```python\n{}", "x = x + 1\n".repeat(3000));
    let world = played(Script::new().plan(PLAN).execute(stuck).execute(subtract()).review(GOOD));
    assert_eq!(world.trace(), "assemble planner executor cancel executor read(calc.py) validate reviewer");
    assert!(world.run.calls[1].failure.as_ref().unwrap().message.contains("repeats itself"));
    assert!(world.requests[2].temperature_milli > world.requests[1].temperature_milli);
}

#[test]
fn a_request_that_cannot_fit_the_window_is_not_sent() {
    let mut tiny = RunSpec { model: model(3.0, 1024), ..spec() };
    tiny.intent.text = "very long request ".repeat(400);
    let world = played_as(tiny, Script::new());
    assert_eq!(world.trace(), "assemble");
    let PauseReason::Failed(failure) = paused(&world) else { panic!() };
    assert_eq!(failure.kind, FailureKind::ContextExceeded);
    assert!(failure.message.contains("1024") && failure.message.contains("larger window"), "{}", failure.message);
}

#[test]
fn facts_with_identifiers_that_are_not_awaited_change_nothing() {
    let world = played(happy());
    let request = RequestId(30_002);
    let late = [
        RunFact::Started,
        RunFact::ContextAssembled { job: JobId(30_001), bundle: Box::default() },
        RunFact::TextReceived { request, text: "late".into() },
        RunFact::Answered {
            request,
            finish: FinishReason::Stop,
            usage: Usage::default(),
            timings: Timings::default(),
            cost: None,
        },
        RunFact::RequestFailed { request, failure: Failure::fatal(FailureKind::Server, "late") },
        RunFact::FilesRead { job: JobId(30_004), files: vec![] },
        RunFact::Diffed { job: JobId(30_005), files: [].into() },
        RunFact::Validated { job: JobId(30_005), report: report(&["late"]) },
        RunFact::Applied { job: JobId(30_007) },
        RunFact::ApplyFailed { job: JobId(30_007), failure: Failure::fatal(FailureKind::Io, "late") },
        resume(ResumeChoice::Retry),
        RunFact::UndoRequested,
        RunFact::Interrupted,
    ];
    for fact in late {
        let mut run = world.run.clone();
        assert_eq!(step(&mut run, &fact), [], "{fact:?}");
        assert_eq!(run, world.run, "{fact:?}");
    }
}

/// A run whose first proposal is being validated, and the job.
fn validating() -> (Run, JobId, ChangeSet) {
    let mut world = World::new(spec(), happy());
    let mut next = world.fact(RunFact::Started);
    loop {
        match next {
            Some(RunCommand::Validate { job, changes, .. }) => return (world.run, job, changes),
            Some(RunCommand::AssembleContext { job, .. }) => {
                let bundle = Box::new(bundle(&world.script.disk));
                next = world.fact(RunFact::ContextAssembled { job, bundle });
            }
            Some(RunCommand::ReadFiles { job, paths }) => {
                let files = paths.iter().map(|p| snapshot(&world.script.disk, p)).collect();
                next = world.fact(RunFact::FilesRead { job, files });
            }
            Some(RunCommand::CallModel(request)) => next = world.answer(&request),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_proposal_is_cut_into_hunks_outside_and_only_its_own_hunks_are_taken() {
    let (mut run, job, changes) = validating();
    assert!(run.attempts[0].diff.is_empty(), "a step does not compare lines");
    let files: std::sync::Arc<[_]> = diff(&changes).into();
    step(&mut run, &RunFact::Diffed { job: JobId(job.0 + 1), files: files.clone() });
    assert!(run.attempts[0].diff.is_empty(), "another job's");
    step(&mut run, &RunFact::Diffed { job, files: [].into() });
    step(&mut run, &RunFact::Diffed { job, files: files.iter().chain(files.iter()).cloned().collect() });
    assert!(run.attempts[0].diff.is_empty(), "another proposal's");
    assert_eq!(step(&mut run, &RunFact::Diffed { job, files: files.clone() }), []);
    assert!(std::sync::Arc::ptr_eq(&run.attempts[0].diff, &files));
    step(&mut run, &RunFact::Validated { job, report: report(&[]) });
    assert_eq!(run.attempts[0].report, Some(report(&[])), "the job went on after it");
}

#[test]
fn whoever_stops_before_the_hunks_are_there_still_reviews_the_proposal() {
    let (mut run, job, changes) = validating();
    let mut old = run.clone();
    step(&mut run, &RunFact::Cancelled);
    assert_eq!((run.stage.clone(), run.attempts[0].diff.to_vec()), (Stage::Gate, diff(&changes)));
    // A journal from before there was such a fact.
    step(&mut old, &RunFact::Validated { job, report: report(&[]) });
    assert_eq!(old.attempts[0].diff.to_vec(), diff(&changes));
}

// ---------------------------------------------------------------- the gate

/// Two hunks: one at each end of a file.
fn two_hunks() -> Script {
    let middle: String = (0..20).map(|i| format!("line_{i} = {i}\n")).collect();
    let old = format!("first = 1\n{middle}last = 1\n");
    let new = format!("first = 2\n{middle}last = 2\n");
    Script::new().file("calc.py", &old).plan(PLAN).execute(whole("calc.py", &new)).review(GOOD)
}

#[test]
fn only_accepted_hunks_are_written() {
    let world = played(
        two_hunks()
            .user(one(0, Decision::Accepted))
            .user(one(1, Decision::Rejected))
            .user(RunFact::ApplyRequested { by: Default::default() }),
    );
    let text = &world.script.disk["calc.py"];
    assert!(text.starts_with("first = 2\n") && text.ends_with("last = 1\n"), "{text}");
}

#[test]
fn a_pending_hunk_is_not_written_and_without_an_accepted_one_nothing_is() {
    let world =
        played(two_hunks().user(one(1, Decision::Rejected)).user(RunFact::ApplyRequested { by: Default::default() }));
    assert_eq!(*finished(&world), Outcome::Rejected);
    assert!(!world.trace().contains("apply"));
}

#[test]
fn decisions_are_undone_and_redone_entry_by_entry() {
    let mut world = played(two_hunks().user(all(Decision::Accepted)).user(one(1, Decision::Rejected)));
    let id = |hunk| HunkId { file: 0, hunk };
    assert_eq!((world.run.decision(id(0)), world.run.decision(id(1))), (Decision::Accepted, Decision::Rejected));
    assert_eq!(world.run.history.len(), 2, "hunks that do not exist leave no trace");
    world.fact(RunFact::DecisionUndone);
    assert_eq!(world.run.decision(id(1)), Decision::Accepted);
    world.fact(RunFact::DecisionUndone);
    assert!(world.run.decisions.is_empty());
    world.fact(RunFact::DecisionUndone);
    world.fact(RunFact::DecisionRedone);
    assert_eq!(world.run.decision(id(0)), Decision::Accepted);
    world.fact(one(0, Decision::Rejected));
    assert!(world.run.undone.is_empty(), "a new decision ends the redo");
}

#[test]
fn another_attempt_can_be_put_under_review() {
    let script = Script::new().plan(PLAN).execute(subtract()).review(POOR).execute(calc("\nb = 1\n")).review(GOOD);
    let mut world = played(script.user(all(Decision::Accepted)));
    assert_eq!(world.run.chosen, 1);
    world.fact(RunFact::AttemptChosen { index: 7 });
    assert_eq!(world.run.chosen, 1);
    world.fact(RunFact::AttemptChosen { index: 0 });
    assert_eq!((world.run.chosen, world.run.decisions.len()), (0, 0));
    assert!(world.run.answer.contains("0.30"), "{}", world.run.answer);
}

#[test]
fn a_revision_builds_on_what_was_not_rejected_and_costs_no_round() {
    let settings = RunSettings { quality_threshold: 0.6, max_iterations: 1, heal_attempts: 0 };
    let revised = replace("calc.py", "first = 2", "first = 3");
    let script = two_hunks()
        .user(one(0, Decision::Accepted))
        .user(one(1, Decision::Rejected))
        .user(RunFact::RevisionRequested { text: "Use three instead".into() })
        .execute(revised)
        .review(POOR);
    let world = played_as(RunSpec { settings, model: model(32.0, 16_384), ..spec() }, script);
    let asked = world.sent(3);
    for wanted in [
        "Use three instead",
        "Accepted by the user, keep it: calc.py lines 1-1",
        "Rejected by the user",
        "first = 2",
        "last = 1",
    ] {
        assert!(asked.contains(wanted), "{wanted} is missing:\n{asked}");
    }
    assert!(!asked.contains("last = 2"), "{asked}");
    let run = &world.run;
    assert_eq!((&run.stage, run.attempts.len(), run.chosen), (&Stage::Gate, 2, 1), "{}", world.trace());
    let after = run.attempts[1].changes.files[0].after.as_ref().unwrap();
    assert!(after.starts_with("first = 3\n") && after.ends_with("last = 1\n"), "{after}");
    assert!(run.attempts[1].changes.files[0].before.as_ref().unwrap().starts_with("first = 1"));
}

#[test]
fn a_rejected_hunk_that_is_commented_on_goes_along_with_the_revision() {
    let mut world = played(two_hunks().user(one(0, Decision::Rejected)).user(one(1, Decision::Rejected)));
    let file = world.run.attempts[0].diff[0].clone();
    let line = file.hunks[0].lines.iter().find(|line| line.text.starts_with("first = 2")).unwrap();
    let comment = Comment { text: "make it 3".into(), ..Comment::on("calc.py", line) };
    world.script = world.script.clone().execute(replace("calc.py", "first = 2", "first = 3")).review(GOOD);
    world.script.user.extend([RunFact::Commented { comment }, RunFact::RevisionRequested { text: String::new() }]);
    world.go();
    let sent = world.requests.iter().map(|r| r.messages.last().unwrap().text.clone()).find(|m| m.contains("make it 3"));
    let sent = sent.expect("it is asked");
    assert!(sent.contains("first = 2") && !sent.contains("last = 2"), "{sent}");
    assert!(sent.contains("do not bring it back unless asked: calc.py lines 22-22\n"), "{sent}");
    let after = world.run.attempt().unwrap().changes.files[0].after.clone().unwrap();
    assert!(after.starts_with("first = 3") && after.ends_with("last = 1\n"), "{after}");
}

#[test]
fn a_revision_that_comes_to_nothing_leaves_proposal_and_decisions_as_they_were() {
    let script = two_hunks().user(one(0, Decision::Accepted)).user(RunFact::RevisionRequested { text: "Nicer".into() });
    let world = played(script.execute("Sure!").execute("It is nicer now."));
    assert_eq!((&world.run.stage, world.run.attempts.len()), (&Stage::Gate, 1));
    assert_eq!(world.run.decision(HunkId { file: 0, hunk: 0 }), Decision::Accepted);
    assert!(world.run.answer.contains("The proposal before stands"), "{}", world.run.answer);
}

#[test]
fn a_write_that_fails_leads_back_to_the_gate_with_all_decisions() {
    let mut script = happy().user(all(Decision::Accepted)).user(RunFact::ApplyRequested { by: Default::default() });
    script.apply_fails = 1;
    let mut world = played(script);
    assert_eq!(world.run.stage, Stage::Gate);
    assert_eq!(world.run.apply_failure.as_ref().unwrap().kind, FailureKind::Stale);
    assert!(!world.run.decisions.is_empty());
    let mut revised = world.run.clone();
    vibe_tui::graph::step(&mut revised, &RunFact::RevisionRequested { text: "Name it minus".into() });
    assert_eq!(revised.apply_failure, None, "another proposal has not failed to be written");
    world.script.user.push_back(RunFact::ApplyRequested { by: Default::default() });
    world.go();
    assert_eq!(*finished(&world), Outcome::Applied);
    assert_eq!(world.run.apply_failure, None);
}

#[test]
fn an_applied_change_is_taken_back_and_made_again() {
    let script = happy()
        .user(all(Decision::Accepted))
        .user(RunFact::ApplyRequested { by: Default::default() })
        .user(RunFact::UndoRequested);
    let mut world = played(script);
    assert_eq!((finished(&world), world.script.disk["calc.py"].as_str()), (&Outcome::Undone, CALC));
    world.script.user.push_back(RunFact::UndoRequested);
    world.go();
    assert_eq!(*finished(&world), Outcome::Applied);
    assert!(world.script.disk["calc.py"].contains("subtract"));
    world.script.apply_fails = 1;
    world.script.user.push_back(RunFact::UndoRequested);
    world.go();
    assert_eq!(*finished(&world), Outcome::Applied, "an undo that fails leaves it applied");
    assert!(world.run.apply_failure.is_some());
}

#[test]
fn stopping_cancels_the_request_and_keeps_what_was_gained() {
    let full = played(happy().user(all(Decision::Accepted)).user(RunFact::ApplyRequested { by: Default::default() }));
    for end in 0..full.facts.len() {
        let (mut run, outstanding) = folded(spec(), &full.facts[..end]);
        let before = run.clone();
        let commands = step(&mut run, &RunFact::Cancelled);
        let cancels = commands.iter().any(|c| matches!(c, RunCommand::CancelRequest(_)));
        assert_eq!(cancels, matches!(outstanding, Some(RunCommand::CallModel(_))), "fact {end}");
        let expected = match before.stage {
            Stage::Applying => Stage::Applying,
            Stage::Gate => Stage::Finished(Outcome::Cancelled),
            _ if before.attempts.is_empty() => Stage::Finished(Outcome::Cancelled),
            _ => Stage::Gate,
        };
        assert_eq!(run.stage, expected, "fact {end}");
        let changes = |run: &Run| run.attempts.iter().map(|a| a.changes.clone()).collect::<Vec<_>>();
        assert_eq!(changes(&run), changes(&before));
    }
}

// ---------------------------------------------------------------- kills

/// The run after these facts, and the command whose result is still awaited.
fn folded(spec: RunSpec, facts: &[RunFact]) -> (Run, Option<RunCommand>) {
    let mut run = Run::new(spec);
    let mut outstanding = None;
    for fact in facts {
        let commands = step(&mut run, fact);
        let done = !matches!(
            fact,
            RunFact::RequestSent { .. }
                | RunFact::TextReceived { .. }
                | RunFact::ThinkingReceived { .. }
                | RunFact::Diffed { .. }
        );
        if done || !commands.is_empty() {
            let awaited = |c: &RunCommand| !matches!(c, RunCommand::CancelRequest(_) | RunCommand::Learn(_));
            outstanding = commands.into_iter().find(awaited);
        }
    }
    (run, outstanding)
}

fn killed_at_every_fact(spec: RunSpec, script: Script) {
    let whole = played_as(spec.clone(), script.clone());
    assert!(whole.run.is_finished(), "{:?}", whole.run.stage);
    for end in 1..=whole.facts.len() {
        let done = &whole.facts[..end];
        let (run, outstanding) = folded(spec.clone(), done);
        let json = serde_json::to_string(&run).unwrap();
        assert_eq!(serde_json::from_str::<Run>(&json).unwrap(), run, "a checkpoint is the run");

        let mut world = World::new(spec.clone(), script.clone());
        world.run = run;
        for fact in done {
            match fact {
                RunFact::Answered { request, .. } | RunFact::RequestFailed { request, .. } => {
                    let node = world.run.calls.iter().find(|c| c.id == *request).unwrap().node;
                    world.script.answers.get_mut(&node).unwrap().pop_front();
                }
                RunFact::Validated { .. } | RunFact::Examined { .. } => drop(world.script.reports.pop_front()),
                RunFact::Applied { .. } => world.script.disk = whole.script.disk.clone(),
                fact if world.script.user.front() == Some(fact) => drop(world.script.user.pop_front()),
                _ => {}
            }
        }
        let command = world.fact(RunFact::Interrupted);
        assert_eq!(
            command.is_some(),
            outstanding.is_some(),
            "what was outstanding is asked for again after fact {end}"
        );
        world.perform(command);
        world.go();
        assert_eq!(world.run.stage, whole.run.stage, "killed after fact {end}: {}", world.trace());
        assert_eq!(world.run.applied, whole.run.applied, "killed after fact {end}");
        assert_eq!(world.run.answer, whole.run.answer, "killed after fact {end}");
        assert_eq!(world.run.decisions, whole.run.decisions);
        assert_eq!(world.script.disk, whole.script.disk);
        let changes =
            |run: &Run| run.attempts.iter().map(|a| (a.changes.clone(), a.verdict.clone())).collect::<Vec<_>>();
        assert_eq!(changes(&world.run), changes(&whole.run));
        let broken = world
            .run
            .calls
            .iter()
            .filter(|c| c.failure.as_ref().is_some_and(|f| f.message.contains("the process ended")))
            .count();
        assert_eq!(
            broken,
            usize::from(matches!(outstanding, Some(RunCommand::CallModel(_)))),
            "the broken call is kept"
        );
    }
}

#[test]
fn a_run_that_is_killed_after_any_fact_ends_as_if_it_had_not_been() {
    killed_at_every_fact(
        spec(),
        happy().user(all(Decision::Accepted)).user(RunFact::ApplyRequested { by: Default::default() }),
    );
}

#[test]
fn a_healing_and_revised_run_that_is_killed_after_any_fact_ends_as_if_it_had_not_been() {
    let script = Script::new()
        .plan("no plan")
        .plan(PLAN)
        .execute(calc("\ndef subtract(a, b):\n    return a -\n"))
        .reports(&["SyntaxError: invalid syntax", "y"])
        .heal(calc("\ndef subtract(a, b):\n    return a +\n"))
        .reports(&["y"])
        .heal(subtract())
        .reports(&[])
        .review(POOR)
        .execute(replace("calc.py", "nowhere", "x"))
        .execute(replace("calc.py", "def subtract(a, b):", "def subtract(a, b):\n    \"\"\"a minus b.\"\"\""))
        .review(GOOD)
        .user(one(0, Decision::Rejected))
        .user(RunFact::DecisionUndone)
        .user(RunFact::RevisionRequested { text: "Shorter".into() })
        .execute(replace("calc.py", "    \"\"\"a minus b.\"\"\"", "    \"\"\"Minus.\"\"\""))
        .review(GOOD)
        .user(all(Decision::Accepted))
        .user(RunFact::ApplyRequested { by: Default::default() });
    killed_at_every_fact(spec(), script);
}

// ---------------------------------------------------------------- prompts

fn python(lines: usize) -> String {
    (0..lines).map(|i| format!("def compute_total_{i}(items, rate):\n    \"\"\"Sum of item prices with tax.\"\"\"\n    return sum(item.price for item in items) * (1 + rate)\n\n\n")).collect()
}

/// A script that asks every operation that sends edits, plans or verdicts, with realistic material.
fn every_operation(base: &str) -> Script {
    let grown = format!("{base}\ndef subtract(a, b):\n    return a - b\n");
    let typo = grown.replace("return a - b", "return a -");
    Script::new()
        .file("calc.py", base)
        .file("tests/test_calc.py", &python(6))
        .plan("no plan")
        .plan(PLAN)
        .execute("no edits")
        .execute(whole("calc.py", &typo))
        .reports(&["SyntaxError: invalid syntax"])
        .heal(replace("calc.py", "    return a -", "    return a - b"))
        .review(POOR)
        .execute(replace("calc.py", "def nowhere():", "def somewhere():"))
        .execute(replace("calc.py", "def subtract(a, b):", "def subtract(a, b):\n    \"\"\"a minus b.\"\"\""))
        .review(GOOD)
        .user(RunFact::RevisionRequested { text: "Please name the parameters minuend and subtrahend.".into() })
        .execute(replace("calc.py", "def subtract(a, b):", "def subtract(minuend, subtrahend):"))
        .review(GOOD)
}

/// Context as the assembler makes it: within its budget, of all kinds.
fn realistic(world: &mut World, budget: u32) -> ContextBundle {
    let mut bundle = bundle(&world.script.disk);
    bundle.items.insert(
        0,
        item(ContextKind::Memory, "AGENTS.md", "Use type hints. Run pytest before committing. Keep functions small."),
    );
    bundle.items.push(item(ContextKind::Pattern, "python-function", &python(3)));
    bundle.items.push(item(ContextKind::Memory, "conversation", &"user: please keep it simple. ".repeat(20)));
    let mut left = budget;
    bundle.items.retain(|i| {
        let fits = i.tokens <= left;
        left -= if fits { i.tokens } else { 0 };
        fits
    });
    let kept: Vec<String> = bundle.items.iter().map(|i| i.label.clone()).collect();
    bundle.files.retain(|f| kept.contains(&f.path));
    bundle
}

#[test]
fn every_operation_fits_its_window_with_its_answer_in_every_mode() {
    let tokenizer = tiktoken_rs::o200k_base().unwrap();
    for (window, size, functions) in [(8192, 7.0, 8), (8192, 14.0, 30), (4096, 3.0, 4), (4096, 14.0, 20)] {
        for name in ["coder", "architect", "peer", "sdet"] {
            let mode = mode(name);
            let script = if mode.edits {
                every_operation(&python(functions))
            } else {
                Script::new().file("calc.py", &python(functions)).execute("An answer.")
            };
            let mut world = World::new(RunSpec { mode, model: model(size, window), ..spec() }, script);
            let Some(RunCommand::AssembleContext { job, budget }) = world.fact(RunFact::Started) else { panic!() };
            assert!(budget > window / 5, "{name} at {window}: only {budget} tokens are left for context");
            let bundle = Box::new(realistic(&mut world, budget));
            let command = world.fact(RunFact::ContextAssembled { job, bundle });
            world.perform(command);
            world.go();
            assert_eq!(
                world.run.stage,
                if world.run.spec.mode.edits { Stage::Gate } else { Stage::Finished(Outcome::Answered) },
                "{}",
                world.trace()
            );
            for request in &world.requests {
                let tokens: usize = request.messages.iter().map(|m| tokenizer.encode_ordinary(&m.text).len() + 6).sum();
                let what = format!("{:?} in {name} at {window} with {size} B", request.brief.node);
                assert!(
                    tokens <= request.prompt_tokens as usize,
                    "{what}: {tokens} tokens, expected at most {}",
                    request.prompt_tokens
                );
                assert!(request.prompt_tokens + request.max_output <= window, "{what}");
                let least = if request.schema.is_some() { 300 } else { window / 5 };
                assert!(request.max_output >= least, "{what}: only {} tokens for the answer", request.max_output);
            }
        }
    }
}

#[test]
fn a_large_window_is_no_reason_to_fill_it() {
    let world = played_as(RunSpec { model: model(70.0, 200_000), ..spec() }, happy());
    assert_eq!(world.budget, 4000);
    let mut vast = RunSpec { model: model(70.0, 200_000), ..spec() };
    vast.intent.token_budget = 60_000;
    assert_eq!(played_as(vast, happy()).budget, 30_000);
}

#[test]
fn planner_and_executor_share_their_prefix_and_roles_alternate() {
    let world = played(happy());
    let prefix =
        |i: usize| world.requests[i].messages.iter().take_while(|m| m.cache_until_here).cloned().collect::<Vec<_>>();
    assert_eq!(prefix(0), prefix(1));
    assert_eq!(prefix(0).len(), 2);
    for request in &world.requests {
        let roles: Vec<Role> = request.messages.iter().map(|m| m.role).collect();
        assert!(roles.windows(2).all(|w| w[0] != w[1]) && roles[0] == Role::System, "{roles:?}");
    }
}

#[test]
fn the_form_of_an_answer_is_shown_with_the_language_of_what_is_there_or_was_asked_for() {
    let form = |files: &[&str], language: Option<Language>| {
        let script = files.iter().fold(Script::new(), |script, path| script.file(path, "x\n"));
        let intent = Intent { language, paths: vec![], ..intent("Mend it") };
        let world = played_as(RunSpec { intent, ..spec() }, script.plan(PLAN).execute("NO CHANGE"));
        let sent = world.sent(1);
        sent.lines().skip_while(|line| !line.starts_with("Answer with")).skip(2).take(2).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(form(&["a.toml", "b.go", "c.rs"], None), "### FILE: path/to/file.go ```go");
    assert_eq!(form(&["b.go", "c.rs"], Some(Language::Rust)), "### FILE: path/to/file.rs ```rust");
    assert_eq!(form(&[], None), "### FILE: path/to/file.py ```python");
}

#[test]
fn a_prompt_of_the_user_is_part_of_the_run() {
    let prompts = Prompts::embedded().with_override("planner", "PLAN THIS: {{ request }}").unwrap();
    let world = played_as(RunSpec { prompts: prompts.clone(), ..spec() }, happy());
    assert!(world.sent(0).contains("PLAN THIS: Add a subtract function"));
    let json = serde_json::to_string(&world.run.spec).unwrap();
    assert_eq!(serde_json::from_str::<RunSpec>(&json).unwrap().prompts, prompts);
}

// ---------------------------------------------------------------- anything may happen

#[derive(Clone, Debug)]
enum Chance {
    /// The outstanding command gets its result, with this text or report.
    Result(u8),
    /// A fact out of the blue.
    Fact(RunFact),
}

fn any_text(pick: u8) -> String {
    let texts = [
        PLAN.to_owned(),
        GOOD.to_owned(),
        POOR.to_owned(),
        subtract(),
        calc("b = 2\n"),
        calc("c = \n"),
        String::new(),
        "NO CHANGE".into(),
        "Sorry, I cannot do that.".into(),
        replace("calc.py", "nowhere", "x"),
        replace("calc.py", "    return a + b", "    return 0"),
        whole("../x", "y\n"),
        whole("new.py", "x = 1\n"),
        "### DELETE: calc.py\n".into(),
        "{".repeat(50),
        "é\u{202e}```".into(),
        "loop ".repeat(2000),
    ];
    texts[pick as usize % texts.len()].clone()
}

fn any_fact() -> impl Strategy<Value = RunFact> {
    let id = prop_oneof![Just(0u64), 30_001..30_030u64, any::<u64>()];
    let hunk = (0..3usize, 0..3usize).prop_map(|(file, hunk)| HunkId { file, hunk });
    let decision = prop_oneof![Just(Decision::Accepted), Just(Decision::Rejected), Just(Decision::Pending)];
    let any = prop_oneof![
        Just(RunFact::Started),
        Just(RunFact::Interrupted),
        Just(RunFact::Cancelled),
        Just(RunFact::ApplyRequested { by: Default::default() }),
        Just(RunFact::UndoRequested),
        Just(RunFact::DecisionUndone),
        Just(RunFact::DecisionRedone),
        (0..5usize).prop_map(|index| RunFact::AttemptChosen { index }),
        proptest::collection::vec((hunk, decision), 0..4).prop_map(|decisions| RunFact::Decided { decisions }),
        any::<u8>().prop_map(|p| RunFact::RevisionRequested { text: any_text(p) }),
        prop_oneof![
            Just(ResumeChoice::Retry),
            Just(ResumeChoice::Stop),
            Just(ResumeChoice::UseModel(priced(&model(70.0, 600))))
        ]
        .prop_map(resume),
        id.clone().prop_map(|id| RunFact::Applied { job: JobId(id) }),
        id.clone().prop_map(|id| RunFact::Validated { job: JobId(id), report: report(&["stray"]) }),
        id.clone().prop_map(|id| RunFact::FilesRead { job: JobId(id), files: vec![] }),
        (id, any::<u8>()).prop_map(|(id, p)| RunFact::TextReceived { request: RequestId(id), text: any_text(p) }),
    ];
    let user = prop_oneof![
        Just(all(Decision::Accepted)),
        Just(RunFact::ApplyRequested { by: Default::default() }),
        Just(RunFact::UndoRequested),
        Just(RunFact::HealRequested),
        Just(ladder::yes(ladder::numpy())),
        Just(RunFact::Interrupted),
        Just(resume(ResumeChoice::Retry)),
        Just(RunFact::RevisionRequested { text: "Shorter".into() }),
    ];
    prop_oneof![2 => any, 5 => user]
}

fn result_of(command: &RunCommand, pick: u8) -> Vec<RunFact> {
    let disk = BTreeMap::from([("calc.py".to_owned(), CALC.to_owned())]);
    match command {
        RunCommand::AssembleContext { job, .. } => {
            vec![RunFact::ContextAssembled { job: *job, bundle: Box::new(bundle(&disk)) }]
        }
        RunCommand::ReadFiles { job, paths } => {
            let known = paths.iter().take(pick as usize % 3 + 1);
            vec![RunFact::FilesRead { job: *job, files: known.map(|p| snapshot(&disk, p)).collect() }]
        }
        RunCommand::Validate { job, changes, .. } => {
            let reports = [&[][..], &["x"], &["y"], &["x", "y"], &[ladder::LACKS]];
            let report = report(reports[pick as usize % 5]);
            let validated = RunFact::Validated { job: *job, report };
            match pick.is_multiple_of(7) {
                true => vec![validated],
                false => vec![RunFact::Diffed { job: *job, files: diff(changes).into() }, validated],
            }
        }
        RunCommand::Recall { job, .. } => {
            let edit = TextEdit { path: "calc.py".into(), start: pick as usize % 20, end: 20, text: format!("{pick}") };
            let fix = Fix { title: "mend".into(), applicability: Applicability::MachineApplicable, edits: vec![edit] };
            let imports = if pick.is_multiple_of(2) { vec![fix.clone()] } else { vec![] };
            let learned = if pick.is_multiple_of(3) { vec![(u64::from(pick), fix)] } else { vec![] };
            let known =
                Box::new(Recollection { imports, learned, installs: vec![ladder::numpy()], ..Recollection::default() });
            vec![RunFact::Recalled { job: *job, known }]
        }
        RunCommand::Learn(_) => vec![],
        RunCommand::Install { job, install, by } => {
            let failure = pick.is_multiple_of(2).then(|| "it failed".to_owned());
            let installed = Installed { install: install.clone(), by: *by, failure, said: String::new(), millis: 5 };
            vec![RunFact::Installed { job: *job, installed: Box::new(installed) }]
        }
        RunCommand::Examine { job, changes: Some(_), .. } => {
            vec![RunFact::Validated { job: *job, report: report([&[][..], &["x"]][pick as usize % 2]) }]
        }
        RunCommand::Examine { job, .. } => {
            let report = report([&[][..], &["x"]][pick as usize % 2]);
            vec![RunFact::Examined { job: *job, files: vec![snapshot(&disk, "calc.py")], report }]
        }
        RunCommand::Apply { job, .. } if pick.is_multiple_of(3) => {
            vec![RunFact::ApplyFailed { job: *job, failure: Failure::fatal(FailureKind::Stale, "stale") }]
        }
        RunCommand::Apply { job, .. } => vec![RunFact::Applied { job: *job }],
        RunCommand::CancelRequest(_) => vec![],
        RunCommand::CallModel(call) if pick >= 80 => {
            let (request, calc) = (call.id, calc(&format!("v = {pick}\n")));
            let text = match call.brief.node {
                Node::Planner => PLAN,
                Node::Reviewer => [GOOD, POOR][pick as usize % 2],
                _ => calc.as_str(),
            };
            let (finish, usage, timings) = (FinishReason::Stop, Usage::default(), Timings::default());
            vec![
                RunFact::TextReceived { request, text: text.into() },
                RunFact::Answered { request, finish, usage, timings, cost: None },
            ]
        }
        RunCommand::CallModel(call) => {
            let request = call.id;
            let kinds = [FailureKind::Network, FailureKind::ContextExceeded, FailureKind::NothingFits];
            let finish =
                [FinishReason::Stop, FinishReason::Length, FinishReason::Refused][(pick as usize / 27).min(2)].clone();
            match pick % 11 {
                0 => vec![RunFact::RequestFailed {
                    request,
                    failure: Failure::fatal(kinds[pick as usize % 3], "failed"),
                }],
                1 => {
                    let (limit, used, asked) = (Money(1), Money(1), Money(1));
                    vec![RunFact::BudgetRefused { request, scope: "day".into(), limit, used, asked }]
                }
                _ => vec![
                    RunFact::RequestSent { request },
                    RunFact::TextReceived { request, text: any_text(pick) },
                    RunFact::Answered {
                        request,
                        finish,
                        usage: Usage::default(),
                        timings: Timings::default(),
                        cost: None,
                    },
                ],
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_panics_and_at_most_one_thing_is_outstanding(
        chances in proptest::collection::vec(prop_oneof![4 => any::<u8>().prop_map(Chance::Result), 1 => any_fact().prop_map(Chance::Fact)], 1..80),
        tree in prop::bool::weighted(0.2),
    ) {
        let task = if tree { Task::Heal { paths: vec![] } } else { Task::Request };
        let spec = || RunSpec { task: task.clone(), ..spec() };
        let mut run = Run::new(spec());
        let mut outstanding = step(&mut run, &RunFact::Started).pop();
        let mut facts = vec![RunFact::Started];
        for chance in chances {
            let next = match chance {
                Chance::Result(pick) => outstanding.as_ref().map_or(vec![], |c| result_of(c, pick)),
                Chance::Fact(fact) => vec![fact],
            };
            for fact in next {
                let request = |c: &Option<RunCommand>| match c { Some(RunCommand::CallModel(r)) => Some(r.id), _ => None };
                let before = request(&outstanding);
                let commands = step(&mut run, &fact);
                let closes = match &fact {
                    RunFact::Answered { request, .. } | RunFact::RequestFailed { request, .. } | RunFact::BudgetRefused { request, .. } => Some(*request),
                    _ => None,
                };
                let cancelled = commands.iter().any(|c| matches!(c, RunCommand::CancelRequest(id) if Some(*id) == before));
                let asked: Vec<&RunCommand> = commands.iter().filter(|c| !matches!(c, RunCommand::CancelRequest(_) | RunCommand::Learn(_))).collect();
                prop_assert!(asked.len() <= 1);
                let open = before.is_some() && closes != before && !cancelled && fact != RunFact::Interrupted;
                prop_assert!(!open || asked.is_empty(), "a second request while one is outstanding, after {fact:?}");
                facts.push(fact);
                if let Some(command) = asked.first() {
                    outstanding = Some((*command).clone());
                } else if !open && before.is_some() {
                    outstanding = None;
                }
            }
        }
        let (again, _) = folded(spec(), &facts);
        prop_assert_eq!(&again, &run, "the same facts give the same run");
        let json = serde_json::to_string(&run).unwrap();
        prop_assert_eq!(serde_json::from_str::<Run>(&json).unwrap(), run);
    }
}
