//! A session: the fold of its journal.

use super::fact::{Dated, Fact};
use crate::budget::ledger::{Scope, month_of, week_of};
use crate::budget::limit::Limits;
use crate::domain::clock::Timestamp;
use crate::domain::context::FileWishes;
use crate::domain::failure::Failure;
use crate::domain::ids::{RunId, SessionId};
use crate::domain::memory::MemorySource;
use crate::domain::message::{Author, Message};
use crate::domain::money::Money;
use crate::domain::session::SessionStatus;
use crate::graph::{self, Outcome, Run, RunCommand, Stage};

/// The scope under which a request to a model without a known price is refused.
pub const UNKNOWN_PRICE: &str = "unknown price";

/// Everything that survives the process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// Which session.
    pub id: SessionId,
    /// Its name; empty until its first fact.
    pub name: String,
    /// The conversation.
    pub messages: Vec<Message>,
    /// Every run, in order.
    pub runs: Vec<Run>,
    /// When each run began.
    pub begun: Vec<Timestamp>,
    /// Limits the user raised here, the newest of each scope.
    pub raised: Vec<Raise>,
    /// Files the user wants in every context, in the order they were pinned.
    pub pinned: Vec<String>,
    /// Files the user wants in none, in the order they were dropped.
    pub dropped: Vec<String>,
    /// Facts folded so far: the newest one's sequence number.
    pub seq: u64,
    /// The number of the fact that gave the name.
    pub named: u64,
    /// Whether it was named by the order that it began with, and nothing was asked for since.
    pub named_by_order: bool,
    /// Facts that the store has acknowledged as written.
    pub acknowledged: u64,
    /// Why those after them could not be written; `None` while they only wait.
    pub unsaved: Option<Failure>,
}

/// A limit that the user raised: for the run, session, day, week or month in which it was reached, and no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    /// Which limit: `run`, `session`, `day`…, or [`UNKNOWN_PRICE`].
    pub scope: String,
    /// To what.
    pub limit: Money,
    /// When.
    pub at: Timestamp,
    /// The newest run then.
    pub run: Option<RunId>,
}

/// Whether the store has made a name from another because that was taken: `name (2)`.
fn is_made_unique(name: &str, stored: &str) -> bool {
    let number = stored.strip_prefix(name).and_then(|rest| rest.strip_prefix(" (")?.strip_suffix(')'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

impl Session {
    /// A session without facts.
    pub fn new(id: SessionId) -> Session {
        Session { id, ..Session::default() }
    }

    /// Folds the facts of a journal. What the runs then ask for is for the caller to discard: it was asked for before.
    pub fn fold(id: SessionId, facts: &[Dated]) -> Session {
        let mut session = Session::new(id);
        for dated in facts {
            session.apply(dated);
        }
        session.acknowledged = session.seq;
        session
    }

    /// Folds one fact. Returns what the run it concerns asks for now.
    pub fn apply(&mut self, dated: &Dated) -> Vec<RunCommand> {
        self.seq += 1;
        match &dated.fact {
            Fact::SessionBegun { name, of_order, .. } => {
                self.name.clone_from(name);
                self.named = self.seq;
                self.named_by_order = *of_order;
            }
            Fact::SessionRenamed { name } => {
                // What the store made unique is the same name.
                self.named_by_order &= is_made_unique(&self.name, name);
                self.name.clone_from(name);
                self.named = self.seq;
            }
            Fact::Posted { message } => self.messages.push(message.clone()),
            Fact::RunBegun { spec } => {
                self.runs.push(Run::new((**spec).clone()));
                self.begun.push(dated.at);
            }
            Fact::Run { run, fact } => {
                if let Some(run) = self.run_mut(*run) {
                    run.set_time(dated.at);
                    return graph::step(run, fact);
                }
            }
            Fact::LimitRaised { scope, limit } => {
                let run = self.run().map(|r| r.spec.id);
                self.raised.retain(|r| r.scope != *scope);
                self.raised.push(Raise { scope: scope.clone(), limit: *limit, at: dated.at, run });
            }
            Fact::Remembered { memory } => {
                let said = match &memory.source {
                    MemorySource::User => format!("Remembered: {}", memory.text),
                    MemorySource::Run { .. } => format!("Learned from your revision: {}", memory.text),
                };
                self.note(&said, dated);
            }
            Fact::MemoryChanged { change } => self.note(&change.to_string(), dated),
            Fact::ContextPinned { path } => {
                self.forget_wish(path);
                self.pinned.push(path.clone());
            }
            Fact::ContextDropped { path } => {
                self.forget_wish(path);
                self.dropped.push(path.clone());
            }
            Fact::ContextReset { path } => self.forget_wish(path),
        }
        Vec::new()
    }

    /// Says something in the conversation that belongs to no run.
    fn note(&mut self, text: &str, dated: &Dated) {
        let message = Message { author: Author::Workbench, text: text.to_owned(), at: dated.at, run: None };
        self.messages.push(message);
    }

    fn forget_wish(&mut self, path: &str) {
        self.pinned.retain(|pinned| pinned != path);
        self.dropped.retain(|dropped| dropped != path);
    }

    /// What the session wishes of the files of its next context.
    pub fn file_wishes(&self) -> FileWishes {
        let mut open: Vec<String> = Vec::new();
        let attempts = self.runs.iter().rev().flat_map(|run| run.attempts.iter().rev());
        for change in attempts.flat_map(|attempt| &attempt.changes.files) {
            if !open.contains(&change.path) {
                open.push(change.path.clone());
            }
        }
        FileWishes { pinned: self.pinned.clone(), dropped: self.dropped.clone(), open }
    }

    /// The newest run.
    pub fn run(&self) -> Option<&Run> {
        self.runs.last()
    }

    /// The run that is not over: the newest, or an earlier one whose change is being taken back.
    pub fn active_run(&self) -> Option<&Run> {
        self.runs.iter().rev().find(|r| !r.is_finished())
    }

    /// The run of this number.
    pub fn run_of(&self, id: RunId) -> Option<&Run> {
        self.runs.iter().rev().find(|r| r.spec.id == id)
    }

    fn run_mut(&mut self, id: RunId) -> Option<&mut Run> {
        self.runs.iter_mut().rev().find(|r| r.spec.id == id)
    }

    /// The number the next run gets.
    pub fn next_run(&self) -> RunId {
        RunId(self.runs.len() as u64 + 1)
    }

    /// Where the session stands, for the session list.
    pub fn status(&self) -> SessionStatus {
        match self.active_run().map(|r| &r.stage) {
            None => SessionStatus::Idle,
            Some(Stage::Gate) => SessionStatus::Waiting,
            Some(Stage::Paused(_)) => SessionStatus::Paused,
            Some(_) => SessionStatus::Running,
        }
    }

    /// The configured limits with what the user raised in this session, as it holds at `now` in a zone that lies
    /// `utc_offset` seconds east of UTC. A limit that was lifted or raised further in the configuration counts as it
    /// stands there.
    pub fn limits(&self, configured: &Limits, now: Timestamp, utc_offset: i32) -> Limits {
        let (today, run) = (now.day(utc_offset), self.run().map(|r| r.spec.id));
        let holds = |raise: &Raise, scope| {
            let then = raise.at.day(utc_offset);
            match scope {
                Scope::Run => raise.run == run,
                Scope::Session => true,
                Scope::Day => then == today,
                Scope::Week => week_of(then) == week_of(today),
                Scope::Month => month_of(then) == month_of(today),
            }
        };
        self.raised.iter().fold(*configured, |limits, raise| {
            let scope = Scope::ALL.into_iter().find(|s| s.word() == raise.scope && holds(raise, *s));
            match scope.and_then(|s| Some((s, limits.of(s)?))) {
                Some((scope, limit)) => limits.with(scope, limit.max(raise.limit)),
                None => limits,
            }
        })
    }

    /// Whether the user agreed to ask a model whose price is unknown.
    pub fn allows_unknown_price(&self) -> bool {
        self.raised.iter().any(|raise| raise.scope == UNKNOWN_PRICE)
    }

    /// Whether every fact shown so far is on disk.
    pub fn is_saved(&self) -> bool {
        self.acknowledged >= self.seq
    }

    /// Whether the newest run wrote files and can be undone.
    pub fn can_undo_apply(&self) -> bool {
        matches!(self.run().map(|r| &r.stage), Some(Stage::Finished(Outcome::Applied | Outcome::Undone)))
    }
}
