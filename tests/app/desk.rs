//! The desk: the pure heart with a world around it that performs effects in memory, one at a time.
//!
//! Every event that passes through it is checked for what must hold always: the journal is contiguous, folding it gives
//! the live session, whatever is asked for was journaled first, and at most one request or job is outstanding.

use std::collections::{BTreeMap, VecDeque};
use vibe_tui::app::{
    Action, Area, Dated, Effect, Entry, Event, Fact, ModelEvent, Mouse, Opening, Overlay, Resume, RevertPlanned,
    RootInfo, Session, Settings, Stamped, State, StoreEvent, TextEdit, WorkEvent, hunks, update,
};
use vibe_tui::budget::choice::Candidate;
use vibe_tui::budget::limit::Limits;
use vibe_tui::budget::price::PriceList;
use vibe_tui::domain::change::{ChangeSet, FileChange, FileContent, FileSnapshot};
use vibe_tui::domain::clock::Timestamp;
use vibe_tui::domain::context::{ContextBundle, ContextItem, ContextKind};
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::domain::finding::{CheckResult, Finding, Severity, Strategy, ValidationReport};
use vibe_tui::domain::hunk::{Decision, HunkId};
use vibe_tui::domain::ids::{JobId, RequestId, SessionId};
use vibe_tui::domain::install::Installed;
use vibe_tui::domain::message::Author;
use vibe_tui::domain::model::{FinishReason, Locality, ModelInfo, ModelRef, Node, Structured, Timings, Usage};
use vibe_tui::domain::money::Money;
use vibe_tui::domain::rung::Recollection;
use vibe_tui::domain::session::{SessionStatus, SessionSummary};
use vibe_tui::graph::{Prompts, Run, RunFact, RunSettings, Stage, shipped_modes};

pub const REQUEST: &str = "Add a subtract function to calc.py";
pub const CALC: &str = "def add(a, b):\n    return a + b\n";
pub const LOCAL: &str = "ollama/coder:7b";
pub const PRICED: &str = "anthropic/claude-haiku-4-5";
pub const UNPRICED: &str = "openai/unheard-of";
pub const EMBEDDED: &str = "embedded/patterns";
const PLAN: &str = r#"{"summary": "Add a subtract function", "steps": [{"title": "Add subtract", "kind": "modify", "path": "calc.py"}]}"#;
pub const GOOD: &str = r#"{"score": 0.9, "reasons": [], "next_steps": ["Add tests."], "improvements": []}"#;

pub fn whole(path: &str, text: &str) -> String {
    format!("### FILE: {path}\n```python\n{text}```\n")
}

pub fn subtract() -> String {
    whole("calc.py", &format!("{CALC}\n\ndef subtract(a, b):\n    return a - b\n"))
}

pub fn failure(kind: FailureKind) -> Failure {
    Failure::transient(kind, "the server is away")
}

/// A report of one syntax check with so many errors.
pub fn report(errors: usize) -> ValidationReport {
    let finding = |line| Finding {
        tool: "syntax".into(),
        path: "calc.py".into(),
        line,
        column: 1,
        rule: None,
        message: "expected ':'".into(),
        severity: Severity::Error,
        ..Finding::default()
    };
    ValidationReport {
        checks: vec![CheckResult {
            strategy: Strategy::Syntax,
            command: "tree-sitter".into(),
            passed: errors == 0,
            millis: 3,
            findings: (1..=errors as u32).map(finding).collect(),
            not_run: None,
            known: 0,
        }],
        ..ValidationReport::default()
    }
}

/// What a model server does with a request.
#[derive(Clone)]
pub enum Reply {
    Text(String),
    Fail(Failure),
    Refuse { scope: &'static str, limit: i64, used: i64, asked: i64 },
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

/// The files, the servers, the validators and the database.
#[derive(Clone)]
pub struct World {
    pub disk: BTreeMap<String, String>,
    pub models: Vec<Candidate>,
    /// What a node is answered next; without an entry it is answered well.
    pub replies: BTreeMap<Node, VecDeque<Reply>>,
    /// What validators say next; without an entry they pass.
    pub reports: VecDeque<ValidationReport>,
    pub apply_fails: u32,
    /// Why the next installation fails, if it does.
    pub install_fails: Option<String>,
    /// What the repository knows of the next findings.
    pub known: Recollection,
    /// Whether every first proposal is red.
    pub flawed: bool,
    /// What a request costs, if it costs anything; limits of runs are then kept.
    pub price: Option<i64>,
    pub names: BTreeMap<SessionId, (String, SessionStatus)>,
    pub journals: BTreeMap<SessionId, Vec<Dated>>,
    pub named: u32,
}

impl World {
    pub fn new() -> World {
        World {
            disk: BTreeMap::from([("calc.py".to_owned(), CALC.to_owned())]),
            models: [LOCAL, PRICED, UNPRICED, EMBEDDED].into_iter().map(candidate).collect(),
            replies: BTreeMap::new(),
            reports: VecDeque::new(),
            apply_fails: 0,
            install_fails: None,
            known: Recollection::default(),
            flawed: false,
            price: None,
            names: BTreeMap::new(),
            journals: BTreeMap::new(),
            named: 0,
        }
    }

    pub fn says(mut self, node: Node, reply: impl Into<Reply>) -> World {
        self.replies.entry(node).or_default().push_back(reply.into());
        self
    }

    pub fn file(mut self, path: &str, text: &str) -> World {
        self.disk.insert(path.into(), text.into());
        self
    }

    fn reply(&mut self, node: Node) -> Reply {
        let scripted = self.replies.get_mut(&node).and_then(VecDeque::pop_front);
        scripted.unwrap_or_else(|| match node {
            Node::Planner => PLAN.into(),
            Node::Reviewer => GOOD.into(),
            Node::Executor if self.flawed => whole("calc.py", "BROKEN\n").into(),
            _ => subtract().into(),
        })
    }

    fn snapshot(&self, path: &str) -> FileSnapshot {
        let text = self.disk.get(path).cloned();
        let content = text.map_or(FileContent::Absent, |text| FileContent::Text { text });
        FileSnapshot { path: path.to_owned(), content }
    }

    pub fn snapshots(&self) -> Vec<FileSnapshot> {
        self.disk.keys().map(|path| self.snapshot(path)).collect()
    }

    pub fn bundle(&self) -> ContextBundle {
        let item = |(path, text): (&String, &String)| ContextItem {
            kind: ContextKind::Code,
            label: path.clone(),
            lines: vec![],
            text: whole(path, text),
            tokens: 10,
            reason: "named".into(),
        };
        ContextBundle {
            items: self.disk.iter().map(item).collect(),
            files: self.disk.keys().map(|path| self.snapshot(path)).collect(),
            listing: self.disk.keys().cloned().collect(),
            tokens: 10,
            budget: 1000,
            exact: false,
            per_mille: 0,
            unseen: vec![],
        }
    }

    /// Writes all or nothing, and nothing over what a proposal was not made from.
    fn write(&mut self, changes: &ChangeSet) -> Result<(), Failure> {
        let current = |file: &FileChange| {
            let now = self.disk.get(&file.path);
            now == file.before.as_ref() || now == file.after.as_ref()
        };
        if self.apply_fails > 0 || !changes.files.iter().all(current) {
            self.apply_fails = self.apply_fails.saturating_sub(1);
            return Err(Failure::fatal(FailureKind::Stale, "calc.py has changed since"));
        }
        for file in &changes.files {
            match &file.after {
                Some(text) => self.disk.insert(file.path.clone(), text.clone()),
                None => self.disk.remove(&file.path),
            };
        }
        Ok(())
    }

    /// The session list: newest first.
    pub fn list(&self) -> Vec<SessionSummary> {
        let mut list: Vec<SessionSummary> = self.journals.iter().map(|(id, facts)| self.summary(id, facts)).collect();
        list.sort_by_key(|s| std::cmp::Reverse(s.updated));
        list
    }

    fn summary(&self, id: &SessionId, facts: &[Dated]) -> SessionSummary {
        let (name, status) = self.names[id].clone();
        let (created, updated) = (facts[0].at, facts[facts.len() - 1].at);
        let (root, runs, spent) = ("/repo".to_owned(), 0, Money::ZERO);
        SessionSummary { id: id.clone(), name, root, status, created, updated, runs, spent }
    }
}

pub fn reference(name: &str) -> ModelRef {
    ModelRef::parse(name).unwrap()
}

pub fn candidate(name: &str) -> Candidate {
    let reference = reference(name);
    let locality = match reference.provider.as_str() {
        "embedded" => Locality::Embedded,
        "ollama" => Locality::Loopback,
        _ => Locality::Remote,
    };
    let price = PriceList::preset().price(&reference, locality);
    let info = ModelInfo {
        reference,
        locality,
        window: Some(8192),
        max_output: None,
        parameters_b: (locality == Locality::Loopback).then_some(7.0),
        structured: Structured::JsonSchema,
        note: "a note".into(),
    };
    Candidate { info, price }
}

pub fn settings() -> Settings {
    Settings {
        limits: Limits::default(),
        run: RunSettings { quality_threshold: 0.6, max_iterations: 3, heal_attempts: 3 },
        modes: shipped_modes(),
        mode: "coder".into(),
        model: None,
        prompts: Prompts::embedded(),
        check: None,
        utc_offset: 0,
        heal: Default::default(),
    }
}

pub fn opening() -> Opening {
    let root = RootInfo { path: "/repo".into(), name: "repo".into(), branch: None, writable: true };
    Opening {
        session: SessionId("first".into()),
        session_name: None,
        asker: Default::default(),
        resume: Resume::Unfinished,
        size: (120, 40),
        root,
        settings: settings(),
        mouse: Mouse::Captured,
        problems: Vec::new(),
    }
}

/// The heart, its world, and what is on the way from one to the other.
#[derive(Clone)]
pub struct Desk {
    pub state: State,
    pub world: World,
    pub entries: Vec<Entry>,
    /// The effects of the newest event.
    pub effects: Vec<Effect>,
    /// Effects that are still to be performed.
    pub queue: VecDeque<Effect>,
    /// The request or job whose result is to come.
    pub out: Option<Effect>,
    pub clock: i64,
    /// The world as it was after each fact of the first session, if that is recorded.
    pub archive: Option<Vec<World>>,
    /// What the journal folds to.
    mirror: Session,
}

impl Desk {
    /// Opened, with nothing performed yet.
    pub fn opened(opening: Opening, world: World) -> Desk {
        let mut desk = Desk {
            state: State::new(&opening),
            mirror: Session::new(opening.session.clone()),
            entries: Vec::new(),
            effects: Vec::new(),
            queue: VecDeque::new(),
            out: None,
            clock: 1_000_000,
            archive: None,
            world,
        };
        desk.event(Event::Opened(Box::new(opening)));
        desk
    }

    /// Opened, with models found and sessions listed.
    pub fn new(world: World) -> Desk {
        Desk::with(opening(), world)
    }

    pub fn with(opening: Opening, world: World) -> Desk {
        let mut desk = Desk::opened(opening, world);
        desk.settle();
        desk
    }

    /// Opened with a model of this name.
    pub fn asking(model: &str, world: World) -> Desk {
        let mut opening = opening();
        opening.settings.model = Some(reference(model));
        Desk::with(opening, world)
    }

    /// A desk whose proposal waits at the gate.
    pub fn at_gate(world: World) -> Desk {
        let mut desk = Desk::new(world);
        desk.submit(REQUEST);
        desk.settle();
        assert_eq!(desk.run().stage, Stage::Gate);
        desk
    }

    /// The same database and files under a new process that opens `session`.
    pub fn reopened(&self, session: &str) -> Desk {
        let mut opening = opening();
        opening.resume = Resume::Never;
        opening.session = SessionId("unused".into());
        opening.settings = self.state.settings.clone();
        let mut desk = Desk::opened(opening, self.world.clone());
        desk.clock = self.clock;
        desk.settle();
        desk.load(session);
        desk
    }

    /// The same, once there is a session to open.
    pub fn reopened_if_begun(self) -> Desk {
        if self.world.journals.is_empty() { self } else { self.reopened("first") }
    }

    pub fn load(&mut self, session: &str) {
        let session = SessionId(session.into());
        let facts = self.world.journals[&session].clone();
        self.store(StoreEvent::SessionLoaded { session, facts });
    }

    pub fn run(&self) -> &Run {
        self.state.session.run().expect("no run")
    }

    // ------------------------------------------------------------ what happens

    /// One event, a millisecond after the one before.
    pub fn event(&mut self, event: Event) -> &[Effect] {
        self.clock += 1000;
        let stamped = Stamped { at: Timestamp(self.clock), event };
        let effects = update(&mut self.state, &stamped);
        for effect in &effects {
            self.take(effect);
        }
        self.check();
        if let Some(archive) = &mut self.archive {
            archive.resize(self.state.session.seq as usize, self.world.clone());
        }
        self.queue.extend(effects.iter().cloned());
        self.effects = effects;
        &self.effects
    }

    pub fn act(&mut self, action: Action) -> &[Effect] {
        self.event(Event::User(action))
    }

    pub fn acts(&mut self, actions: &[Action]) {
        for action in actions {
            self.act(*action);
        }
    }

    pub fn typed(&mut self, text: &str) {
        self.event(Event::Typed(TextEdit::Paste(text.into())));
    }

    pub fn submit(&mut self, text: &str) -> &[Effect] {
        self.typed(text);
        self.act(Action::Submit)
    }

    /// Submits `/pin` or `/drop` and finds the file, which is there whatever it is called, but for `none`.
    pub fn say_of_file(&mut self, order: &str) -> &[Effect] {
        self.submit(order);
        let asked = self.queue.iter().position(|e| matches!(e, Effect::FindFile(_)));
        if let Some(Effect::FindFile(sought)) = asked.and_then(|at| self.queue.remove(at)) {
            let nowhere = || failure(FailureKind::BadRequest);
            let found = Some(sought.name.clone()).filter(|name| !name.starts_with("none")).ok_or_else(nowhere);
            self.event(Event::FileFound(sought, found));
        }
        &self.effects
    }

    pub fn store(&mut self, event: StoreEvent) -> &[Effect] {
        self.event(Event::Store(event))
    }

    /// An event of the model servers; one that ends the outstanding request ends it here too.
    pub fn model(&mut self, event: ModelEvent) -> &[Effect] {
        if let ModelEvent::Answered { request, .. }
        | ModelEvent::Failed { request, .. }
        | ModelEvent::Refused { request, .. } = &event
            && self.request() == Some(*request)
        {
            self.out = None;
        }
        self.event(Event::Models(event))
    }

    pub fn work(&mut self, event: WorkEvent) -> &[Effect] {
        let job = match &event {
            WorkEvent::ContextAssembled { job, .. }
            | WorkEvent::FilesRead { job, .. }
            | WorkEvent::Diffed { job, .. }
            | WorkEvent::Validated { job, .. }
            | WorkEvent::Recalled { job, .. }
            | WorkEvent::Examined { job, .. }
            | WorkEvent::Installed { job, .. }
            | WorkEvent::Applied { job }
            | WorkEvent::ApplyFailed { job, .. } => *job,
        };
        if self.out.as_ref().and_then(job_of) == Some(job) {
            self.out = None;
        }
        self.event(Event::Work(event))
    }

    pub fn answered(&mut self, request: RequestId, cost: Option<Money>) {
        let usage = Usage { input: 100, output: 50, ..Usage::default() };
        let (finish, timings) = (FinishReason::Stop, Timings::default());
        self.model(ModelEvent::Answered { request, finish, usage, timings, cost });
    }

    pub fn delta(&mut self, request: RequestId, text: &str, thinking: &str) {
        self.model(ModelEvent::Delta { request, text: text.into(), thinking: thinking.into() });
    }

    /// The outstanding request.
    pub fn request(&self) -> Option<RequestId> {
        match &self.out {
            Some(Effect::CallModel { request, .. }) => Some(request.id),
            _ => None,
        }
    }

    // ------------------------------------------------------------ what is done

    /// Performs everything that is asked for, and all that follows.
    pub fn settle(&mut self) {
        for _ in 0..500 {
            match self.queue.pop_front() {
                Some(effect) => self.perform(effect),
                None => return,
            }
        }
        panic!("does not end: {:?}", self.queue.front());
    }

    /// Performs what is asked for until an effect of this sort is next, which is taken and not performed.
    pub fn settle_to(&mut self, is_it: fn(&Effect) -> bool) -> Effect {
        for _ in 0..500 {
            let effect = self.queue.pop_front().expect("it never came");
            if is_it(&effect) {
                return effect;
            }
            self.perform(effect);
        }
        panic!("does not end");
    }

    /// Performs what is asked for until a model is asked, which does not answer yet.
    pub fn settle_to_call(&mut self) -> RequestId {
        self.settle_to(|e| matches!(e, Effect::CallModel { .. }));
        self.request().expect("no request is out")
    }

    pub fn perform(&mut self, effect: Effect) {
        // What was cancelled meanwhile has no result.
        let is_job = matches!(effect, Effect::CallModel { .. }) || job_of(&effect).is_some();
        if is_job && self.out.as_ref() != Some(&effect) {
            return;
        }
        match effect {
            Effect::Journal(entry) => {
                let seq = entry.first + entry.facts.len() as u64 - 1;
                self.store(StoreEvent::Journaled { session: entry.session, seq });
            }
            Effect::CallModel { request, limits, .. } => self.answer(request.id, request.brief.node, &limits),
            Effect::AssembleContext { job, .. } => {
                let bundle = Box::new(self.world.bundle());
                self.work(WorkEvent::ContextAssembled { job, bundle });
            }
            Effect::ReadFiles { job, paths } => {
                let files = paths.iter().map(|p| self.world.snapshot(p)).collect();
                self.work(WorkEvent::FilesRead { job, files });
            }
            Effect::Validate { job, changes, .. } => {
                self.event(Event::Work(WorkEvent::Diffed { job, files: vibe_tui::edit::diff(&changes).into() }));
                let broken = changes.files.iter().filter(|f| f.after.as_ref().is_some_and(|t| t.contains("BROKEN")));
                let by_content = report(broken.count());
                let report = self.world.reports.pop_front().unwrap_or(by_content);
                self.work(WorkEvent::Validated { job, report });
            }
            Effect::Recall { job, .. } => {
                let known = Box::new(std::mem::take(&mut self.world.known));
                self.work(WorkEvent::Recalled { job, known });
            }
            Effect::Install { job, install, by } => {
                let failure = self.world.install_fails.take();
                let said = "resolved\n\n+ it\n".to_owned();
                let installed = Box::new(Installed { install, by, failure, said, millis: 5 });
                self.work(WorkEvent::Installed { job, installed });
            }
            Effect::Examine { job, changes: Some(changes), .. } => {
                let broken = changes.files.iter().any(|f| f.after.as_ref().is_some_and(|t| t.contains("BROKEN")));
                let by_content = report(usize::from(broken));
                let report = self.world.reports.pop_front().unwrap_or(by_content);
                self.work(WorkEvent::Validated { job, report });
            }
            Effect::Examine { job, .. } => {
                let report = self.world.reports.pop_front().unwrap_or_else(|| report(0));
                let files = self.world.snapshots();
                self.work(WorkEvent::Examined { job, files, report });
            }
            Effect::Apply { job, changes } => {
                let event = match self.world.write(&changes) {
                    Ok(()) => WorkEvent::Applied { job },
                    Err(failure) => WorkEvent::ApplyFailed { job, failure },
                };
                self.work(event);
            }
            Effect::PlanRevert { run, way, written } => {
                let now: Vec<FileSnapshot> = written.files.iter().map(|f| self.world.snapshot(&f.path)).collect();
                let revert = vibe_tui::edit::revert(&written, way, &now);
                self.event(Event::RevertPlanned(Box::new(RevertPlanned { run, way, revert })));
            }
            other => self.keep_house(other),
        }
    }

    /// What concerns no run.
    fn keep_house(&mut self, effect: Effect) {
        match effect {
            Effect::FindModels => {
                let models = self.world.models.clone();
                self.model(ModelEvent::Found { models, failures: Vec::new() });
            }
            Effect::ListSessions => {
                let list = self.world.list();
                self.store(StoreEvent::SessionsListed(list));
            }
            Effect::LoadSession(session) if self.world.journals.contains_key(&session) => self.load(&session.0),
            Effect::NameSession => {
                self.world.named += 1;
                let id = SessionId(format!("named-{}", self.world.named));
                self.store(StoreEvent::SessionNamed(id));
            }
            Effect::FindFile(sought) => {
                let found = Ok(sought.name.clone());
                self.event(Event::FileFound(sought, found));
            }
            Effect::DeleteSession(session) => {
                self.world.journals.remove(&session);
                self.world.names.remove(&session);
            }
            Effect::RenameSession(session, name) => {
                if let Some(named) = self.world.names.get_mut(&session) {
                    named.0 = name;
                }
            }
            _ => {}
        }
    }

    fn answer(&mut self, request: RequestId, node: Node, limits: &Limits) {
        let cost = self.world.price.map(Money);
        if let (Some(cost), Some(limit)) = (cost, limits.run) {
            let used = self.run().spent();
            if used + cost > limit {
                let scope = "run".to_owned();
                self.model(ModelEvent::Refused { request, scope, limit, used, asked: cost });
                return;
            }
        }
        let text = match self.world.reply(node) {
            Reply::Text(text) => text,
            Reply::Fail(failure) => {
                self.model(ModelEvent::Sent { request, reserved: None });
                self.model(ModelEvent::Failed { request, failure });
                return;
            }
            Reply::Refuse { scope, limit, used, asked } => {
                let (limit, used, asked) = (Money(limit), Money(used), Money(asked));
                self.model(ModelEvent::Refused { request, scope: scope.to_owned(), limit, used, asked });
                return;
            }
        };
        self.model(ModelEvent::Sent { request, reserved: cost });
        let half = (0..=text.len() / 2).rfind(|at| text.is_char_boundary(*at)).unwrap_or(0);
        self.delta(request, &text[..half], "hm");
        self.delta(request, &text[half..], "");
        if self.request() == Some(request) {
            self.answered(request, cost.or(Some(Money::ZERO)));
        }
    }

    // ------------------------------------------------------------ what must hold

    /// Takes note of an effect, and checks that it is in order.
    fn take(&mut self, effect: &Effect) {
        match effect {
            Effect::Journal(entry) => self.journal(entry),
            Effect::CallModel { session, run, request, .. } => {
                assert!(self.out.is_none(), "{:?} is outstanding when a model is asked", self.out);
                assert_eq!((session, *run), (&self.mirror.id, self.mirror.run().unwrap().spec.id));
                assert_eq!(self.mirror.run().unwrap().calls.last().unwrap().id, request.id, "not journaled first");
                self.out = Some(effect.clone());
            }
            Effect::CancelRequest(request) => {
                assert_eq!(self.request(), Some(*request), "a request that is not out was cancelled");
                self.out = None;
            }
            Effect::CancelJobs => {
                assert!(!matches!(self.out, Some(Effect::Apply { .. })), "nobody would hear how the write ended");
                self.out = None;
            }
            Effect::AssembleContext { .. }
            | Effect::ReadFiles { .. }
            | Effect::Validate { .. }
            | Effect::Recall { .. }
            | Effect::Examine { .. }
            | Effect::Install { .. }
            | Effect::Apply { .. } => {
                assert!(self.out.is_none(), "{:?} is outstanding when a job begins", self.out);
                let stage = &self.mirror.active_run().unwrap().stage;
                let fits = match effect {
                    Effect::AssembleContext { .. } => *stage == Stage::Assembling,
                    Effect::Validate { .. } => *stage == Stage::Working(Node::Validator),
                    Effect::Apply { .. } => *stage == Stage::Applying,
                    Effect::ReadFiles { .. } => matches!(stage, Stage::Working(_) | Stage::Applying),
                    _ => matches!(stage, Stage::Working(_)),
                };
                assert!(fits, "{effect:?} in {stage:?}: not journaled first");
                self.out = Some(effect.clone());
            }
            Effect::ListSessions | Effect::SumLedger(..) | Effect::Notify(_) => {
                let (journaled, live) = (self.journaled_of_open(), self.state.session.seq);
                assert_eq!(journaled, live, "{effect:?} comes before facts of its own event are journaled");
            }
            _ => {}
        }
    }

    fn journaled_of_open(&self) -> u64 {
        self.world.journals.get(&self.state.session.id).map_or(0, |facts| facts.len() as u64)
    }

    fn journal(&mut self, entry: &Entry) {
        if entry.session != self.mirror.id {
            let facts = self.world.journals.get(&entry.session).cloned().unwrap_or_default();
            self.mirror = Session::fold(entry.session.clone(), &facts);
        }
        let facts = self.world.journals.entry(entry.session.clone()).or_default();
        assert_eq!(entry.first, facts.len() as u64 + 1, "the journal has a gap");
        assert!(!entry.facts.is_empty(), "an entry without facts");
        facts.extend(entry.facts.iter().cloned());
        assert!(matches!(facts[0].fact, Fact::SessionBegun { .. }), "{:?}", facts[0]);
        for fact in &entry.facts {
            self.mirror.apply(fact);
        }
        self.world.names.insert(entry.session.clone(), (entry.name.clone(), entry.status));
        self.entries.push(entry.clone());
    }

    /// What holds after every event.
    fn check(&mut self) {
        let state = &self.state;
        let live = &state.session;
        if self.mirror.id != live.id {
            let facts = self.world.journals.get(&live.id).cloned().unwrap_or_default();
            self.mirror = Session::fold(live.id.clone(), &facts);
        }
        self.mirror.acknowledged = live.acknowledged;
        self.mirror.unsaved.clone_from(&live.unsaved);
        // The store makes names unique; what it made of this one is no fact of the session.
        self.mirror.name.clone_from(&live.name);
        assert!(self.mirror == *live, "the live session is not what was journaled:\n{live:#?}\n{:#?}", self.mirror);
        assert!(live.acknowledged <= live.seq);
        if let Some(entry) = self.entries.last().filter(|e| e.session == live.id) {
            assert_eq!((&entry.name, entry.status), (&live.name, live.status()), "the list would be wrong");
        }
        if let Some(reverting) = &state.reverting {
            assert!(live.run_of(reverting.run).is_some_and(|r| r.applied.is_some()), "nothing to revert");
        }
        assert_eq!(state.is_busy(), self.out.is_some(), "{:?} with {:?} out", live.status(), self.out);
        self.check_view();
    }

    fn check_view(&self) {
        let state = &self.state;
        assert!(!state.layout.hidden.contains(&state.layout.focus), "the keys are in a hidden pane");
        assert!(state.layout.hidden.len() < Area::ALL.len());
        assert!(state.layout.steps.iter().all(|s| (-6..=12).contains(s)));
        assert!(state.sessions.selected <= state.sessions.list.len().saturating_sub(1));
        if let Some(Overlay::Picker(picker)) = &state.overlay {
            assert!(picker.selected <= picker.matches.len().saturating_sub(1));
            assert!(picker.matches.iter().all(|m| *m < picker.items.len()));
        }
        if let Some(Overlay::Context(view)) = &state.overlay {
            assert!(view.selected <= state.context_rows().len().saturating_sub(1));
            assert!(view.reading.is_none() || state.context_row(view).is_some());
        }
        if let Some(completion) = &state.chat.completion {
            assert!(completion.selected <= completion.items.len().saturating_sub(1));
        }
        assert!(state.session.pinned.iter().all(|path| !state.session.dropped.contains(path)));
        if let Some(run) = state.session.run().filter(|r| r.stage == Stage::Gate) {
            let all: Vec<HunkId> = run.attempt().map(|a| hunks(&a.diff).collect()).unwrap_or_default();
            assert!(all.contains(&state.review.cursor), "the cursor {:?} is on no hunk", state.review.cursor);
        }
        assert!(state.review.column <= 2000);
        assert!(!state.scopes().is_empty());
        assert!(state.chat.browsing.as_ref().is_none_or(|(at, _)| *at < state.chat.history.len()));
    }

    // ------------------------------------------------------------ what is seen

    /// The whole state but for the clock.
    pub fn picture(&self) -> String {
        let mut state = self.state.clone();
        state.now = Timestamp::default();
        format!("{state:?}")
    }

    pub fn notice(&self) -> &str {
        self.state.notice.as_ref().map_or("", |n| n.text.as_str())
    }

    /// What this author said, in order.
    pub fn said(&self, by: Author) -> Vec<&str> {
        let messages = self.state.session.messages.iter();
        messages.filter(|m| m.author == by).map(|m| m.text.as_str()).collect()
    }

    /// The names of the newest event's effects. The list of sessions is asked for whenever it may have changed; that is left
    /// out here.
    pub fn asked(&self) -> Vec<&'static str> {
        self.effects.iter().filter(|e| **e != Effect::ListSessions).map(name).collect()
    }

    /// The facts of the newest event, by kind.
    pub fn facts(&self) -> Vec<&Fact> {
        let entries =
            self.effects.iter().filter_map(|e| if let Effect::Journal(entry) = e { Some(entry) } else { None });
        entries.flat_map(|e| &e.facts).map(|d| &d.fact).collect()
    }

    /// The facts of the newest event that concern the run.
    pub fn run_facts(&self) -> Vec<&RunFact> {
        let facts = self.facts().into_iter();
        facts.filter_map(|f| if let Fact::Run { fact, .. } = f { Some(fact) } else { None }).collect()
    }

    pub fn decisions(&self) -> Vec<Decision> {
        let run = self.run();
        hunks(&run.attempt().unwrap().diff).map(|h| run.decision(h)).collect()
    }

    /// The names and selection of a picker that is open.
    pub fn picker(&self) -> Option<(Vec<&str>, usize)> {
        let Some(Overlay::Picker(picker)) = &self.state.overlay else { return None };
        Some((picker.matches.iter().map(|m| picker.items[*m].label.as_str()).collect(), picker.selected))
    }
}

/// For what is done for its event's sake alone.
pub fn ignore(_: &[Effect]) {}

pub fn job_of(effect: &Effect) -> Option<JobId> {
    match effect {
        Effect::AssembleContext { job, .. }
        | Effect::ReadFiles { job, .. }
        | Effect::Validate { job, .. }
        | Effect::Recall { job, .. }
        | Effect::Examine { job, .. }
        | Effect::Install { job, .. }
        | Effect::Apply { job, .. } => Some(*job),
        _ => None,
    }
}

pub fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Journal(_) => "journal",
        Effect::CallModel { .. } => "call",
        Effect::CancelRequest(_) => "cancel-request",
        Effect::AssembleContext { .. } => "assemble",
        Effect::ReadFiles { .. } => "read",
        Effect::Validate { .. } => "validate",
        Effect::Apply { .. } => "apply",
        Effect::Recall { .. } => "recall",
        Effect::Learn(_) => "learn",
        Effect::Install { .. } => "install",
        Effect::Examine { .. } => "examine",
        Effect::PlanRevert { .. } => "plan-revert",
        Effect::Report { .. } => "report",
        Effect::CancelJobs => "cancel-jobs",
        Effect::FindModels => "find-models",
        Effect::ListSessions => "list",
        Effect::LoadSession(_) => "load",
        Effect::NameSession => "name",
        Effect::DeleteSession(_) => "delete",
        Effect::RenameSession(..) => "rename",
        Effect::SumLedger(..) => "sum",
        Effect::KeepPrompt(_) => "keep",
        Effect::CopyText(_) => "copy",
        Effect::Notify(_) => "notify",
        Effect::Memory(_) => "memory",
        Effect::Complete { .. } => "complete",
        Effect::FindFile(_) => "find-file",
        Effect::Terminal(_) => "terminal",
    }
}
