//! A workbench without a shell: events through `update`, effects answered from a script, frames on a buffer.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::collections::{BTreeMap, VecDeque};
use vibe_tui::app::*;
use vibe_tui::budget::choice::Candidate;
use vibe_tui::budget::ledger::{Sum, Totals};
use vibe_tui::budget::limit::Limits;
use vibe_tui::budget::price::PriceList;
use vibe_tui::domain::change::{FileContent, FileSnapshot};
use vibe_tui::domain::clock::Timestamp;
use vibe_tui::domain::context::ContextBundle;
use vibe_tui::domain::failure::Failure;
use vibe_tui::domain::finding::{CheckResult, Finding, Severity, Strategy, ValidationReport};
use vibe_tui::domain::ids::{JobId, RequestId, SessionId};
use vibe_tui::domain::model::*;
use vibe_tui::domain::money::Money;
use vibe_tui::domain::rung::Recollection;
use vibe_tui::domain::session::SessionSummary;
use vibe_tui::graph::{Prompts, RunSettings, shipped_modes};
use vibe_tui::input::Keymap;
use vibe_tui::ui::theme::{Depth, Theme};
use vibe_tui::ui::{self, Look, View};

/// What happens to the next request.
pub enum Reply {
    /// It is answered whole.
    Text(String),
    /// It leaves, and the test says what comes.
    Held,
    /// A limit forbids it.
    OverBudget,
    /// It fails.
    Fails(Failure),
}

impl From<&str> for Reply {
    fn from(text: &str) -> Reply {
        Reply::Text(text.to_owned())
    }
}

pub struct Desk {
    pub state: State,
    pub view: View,
    pub replies: VecDeque<Reply>,
    /// What the repository knows of findings.
    pub known: Recollection,
    pub reports: VecDeque<ValidationReport>,
    pub files: BTreeMap<String, String>,
    pub sessions: Vec<SessionSummary>,
    pub models: Vec<Candidate>,
    /// What is chosen for every run.
    pub context: ContextBundle,
    /// Why writing fails, if it does.
    pub unwritable: Option<Failure>,
    /// The newest request that left.
    pub request: RequestId,
    clock: i64,
    spent: Money,
}

pub fn usd(amount: f64) -> Money {
    Money::from_usd(amount).unwrap()
}

pub fn model(name: &str, locality: Locality, window: u32) -> Candidate {
    let reference = ModelRef::parse(name).unwrap();
    let price = PriceList::preset().price(&reference, locality);
    let note = if locality == Locality::Embedded { "embedded patterns, no model" } else { "" };
    let info = ModelInfo {
        reference,
        locality,
        window: Some(window),
        max_output: None,
        parameters_b: None,
        structured: Structured::JsonSchema,
        note: note.to_owned(),
    };
    Candidate { info, price }
}

pub fn look(theme: &str, depth: Depth) -> Look {
    Look::new(&Theme::load(theme, &|_| Ok(None)).0, depth)
}

pub fn keymap(name: &str) -> Keymap {
    Keymap::load(name, &|_| Ok(None), &[]).0
}

pub fn finding(path: &str, line: u32, message: &str) -> Finding {
    let (tool, severity) = ("syntax".to_owned(), Severity::Error);
    Finding {
        tool,
        path: path.into(),
        line,
        column: 1,
        rule: None,
        message: message.into(),
        severity,
        ..Finding::default()
    }
}

pub fn report(findings: Vec<Finding>) -> ValidationReport {
    let check = CheckResult {
        strategy: Strategy::Syntax,
        command: "tree-sitter".into(),
        passed: findings.is_empty(),
        millis: 3,
        findings,
        not_run: None,
        known: 0,
    };
    ValidationReport { checks: vec![check], ..ValidationReport::default() }
}

impl Desk {
    pub fn new(size: (u16, u16)) -> Desk {
        let settings = Settings {
            limits: Limits {
                run: Some(usd(0.5)),
                session: Some(usd(2.0)),
                day: Some(usd(10.0)),
                week: None,
                month: None,
            },
            run: RunSettings { quality_threshold: 0.6, max_iterations: 3, heal_attempts: 3 },
            modes: shipped_modes(),
            mode: "coder".into(),
            model: Some(ModelRef::parse("anthropic/claude-sonnet-4-5").unwrap()),
            prompts: Prompts::embedded(),
            check: None,
            utc_offset: 0,
            heal: Default::default(),
        };
        let opening = Opening {
            session: SessionId("s-1".into()),
            session_name: None,
            asker: Default::default(),
            resume: Resume::Never,
            size,
            mouse: Mouse::Captured,
            root: RootInfo {
                path: "/home/ada/shop".into(),
                name: "shop".into(),
                branch: Some("main".into()),
                writable: true,
            },
            settings,
            problems: Vec::new(),
        };
        let models = vec![
            model("anthropic/claude-sonnet-4-5", Locality::Remote, 200_000),
            model("anthropic/claude-haiku-4-5", Locality::Remote, 200_000),
            model("openai/unheard-of", Locality::Remote, 128_000),
            model("ollama/qwen2.5-coder:7b", Locality::Loopback, 8192),
            model("embedded/patterns", Locality::Embedded, 8192),
        ];
        let mut desk = Desk {
            state: State::new(&opening),
            view: View::new(vec![look("dark", Depth::TrueColor), look("light", Depth::TrueColor)], keymap("default")),
            replies: VecDeque::new(),
            known: Recollection::default(),
            reports: VecDeque::new(),
            files: BTreeMap::new(),
            sessions: Vec::new(),
            models,
            context: ContextBundle::default(),
            unwritable: None,
            request: RequestId(0),
            clock: 1_800_000_000_000_000,
            spent: Money::ZERO,
        };
        desk.event(Event::Opened(Box::new(opening)));
        desk
    }

    pub fn event(&mut self, event: Event) {
        let mut waiting = VecDeque::from([event]);
        while let Some(event) = waiting.pop_front() {
            self.clock += 1000;
            let effects = update(&mut self.state, &Stamped { at: Timestamp(self.clock), event });
            self.view.follow(&effects);
            waiting.extend(effects.into_iter().flat_map(|e| self.perform(e)));
        }
    }

    fn perform(&mut self, effect: Effect) -> Vec<Event> {
        match effect {
            Effect::FindModels => {
                vec![Event::Models(ModelEvent::Found { models: self.models.clone(), failures: Vec::new() })]
            }
            Effect::ListSessions => vec![Event::Store(StoreEvent::SessionsListed(self.sessions.clone()))],
            Effect::Journal(entry) => {
                let seq = entry.first + entry.facts.len() as u64 - 1;
                vec![Event::Store(StoreEvent::Journaled { session: entry.session, seq })]
            }
            Effect::AssembleContext { job, .. } => {
                vec![Event::Work(WorkEvent::ContextAssembled { job, bundle: Box::new(self.context.clone()) })]
            }
            Effect::ReadFiles { job, paths } => {
                let content = |path: &String| match self.files.get(path) {
                    Some(text) => FileContent::Text { text: text.clone() },
                    None => FileContent::Absent,
                };
                let files = paths.iter().map(|p| FileSnapshot { path: p.clone(), content: content(p) }).collect();
                vec![Event::Work(WorkEvent::FilesRead { job, files })]
            }
            Effect::Validate { job, changes, .. } => {
                let files = vibe_tui::edit::diff(&changes).into();
                let report = self.reports.pop_front().unwrap_or_else(|| report(Vec::new()));
                let diffed = Event::Work(WorkEvent::Diffed { job, files });
                vec![diffed, Event::Work(WorkEvent::Validated { job, report })]
            }
            Effect::Recall { job, .. } => {
                vec![Event::Work(WorkEvent::Recalled { job, known: Box::new(self.known.clone()) })]
            }
            Effect::Apply { job, .. } => vec![Event::Work(self.apply(job))],
            Effect::CallModel { request, .. } => self.call(*request),
            Effect::FindFile(sought) => {
                let found = Ok(sought.name.clone());
                vec![Event::FileFound(sought, found)]
            }
            Effect::SumLedger(..) => {
                let sum = Sum { spent: self.spent, ..Sum::default() };
                let totals = Totals { run: sum, session: sum, day: sum, week: sum, month: sum };
                vec![Event::Store(StoreEvent::Totals(totals))]
            }
            _ => Vec::new(),
        }
    }

    fn apply(&mut self, job: JobId) -> WorkEvent {
        match self.unwritable.take() {
            Some(failure) => WorkEvent::ApplyFailed { job, failure },
            None => WorkEvent::Applied { job },
        }
    }

    fn call(&mut self, request: ModelRequest) -> Vec<Event> {
        self.request = request.id;
        let id = request.id;
        let sent = ModelEvent::Sent { request: id, reserved: Some(usd(0.02)) };
        let events = match self.replies.pop_front().expect("a reply for every request") {
            Reply::Held => vec![sent],
            Reply::Fails(failure) => vec![sent, ModelEvent::Failed { request: id, failure }],
            Reply::OverBudget => vec![ModelEvent::Refused {
                request: id,
                scope: "run".into(),
                limit: usd(0.5),
                used: usd(0.49),
                asked: usd(0.06),
            }],
            Reply::Text(text) => {
                self.spent += usd(0.0123);
                let tokens = u32::try_from(text.len() / 4).unwrap();
                vec![
                    sent,
                    ModelEvent::Delta { request: id, text, thinking: String::new() },
                    ModelEvent::Answered {
                        request: id,
                        finish: FinishReason::Stop,
                        usage: Usage { input: 1200, cache_read: 800, output: tokens, ..Usage::default() },
                        timings: Timings { eval_ms: Some(800.0), eval_tokens: Some(tokens), ..Timings::default() },
                        cost: Some(usd(0.0123)),
                    },
                ]
            }
        };
        events.into_iter().map(Event::Models).collect()
    }

    pub fn act(&mut self, action: Action) {
        self.event(Event::User(action));
    }

    pub fn acts(&mut self, actions: &[Action]) {
        actions.iter().for_each(|a| self.act(*a));
    }

    pub fn types(&mut self, text: &str) {
        text.chars().for_each(|c| self.event(Event::Typed(TextEdit::Insert(c))));
    }

    pub fn pastes(&mut self, text: &str) {
        self.event(Event::Typed(TextEdit::Paste(text.to_owned())));
    }

    /// Lets time pass without anything happening but its passing.
    pub fn waits(&mut self, millis: i64) {
        self.clock += millis * 1000;
        self.event(Event::TimePassed);
    }

    pub fn delta(&mut self, text: &str, thinking: &str) {
        let (text, thinking) = (text.to_owned(), thinking.to_owned());
        self.event(Event::Models(ModelEvent::Delta { request: self.request, text, thinking }));
    }

    /// Ends the answer that is coming in.
    pub fn answers(&mut self) {
        self.event(Event::Models(ModelEvent::Answered {
            request: self.request,
            finish: FinishReason::Stop,
            usage: Usage::default(),
            timings: Timings::default(),
            cost: None,
        }));
    }

    pub fn resize(&mut self, size: (u16, u16)) {
        self.event(Event::Resized(size.0, size.1));
    }

    /// A frame; what the panes report of their ends is taken in, as the shell would.
    pub fn frame(&mut self) -> Buffer {
        let (width, height) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut beyond = Vec::new();
        terminal.draw(|frame| beyond = ui::draw(frame, &self.state, &mut self.view)).unwrap();
        beyond.into_iter().for_each(|event| self.event(event));
        terminal.backend().buffer().clone()
    }

    pub fn text(&mut self) -> String {
        text_of(&self.frame())
    }
}

pub fn text_of(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width.max(1));
    let mut text = String::new();
    for row in buffer.content.chunks(width) {
        let mut skip = 0;
        let mut line = String::new();
        for cell in row {
            // The cell behind a wide character is no character of its own.
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol());
            }
            skip = skip.saturating_sub(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
