//! Everything that happens, as closed plain data. A recorded list of these replays to the same state and the same frames.

mod repository;

pub use repository::RepositoryEvent;

use super::action::Action;
use super::command::Reported;
use super::effect::Mouse;
use super::fact::Dated;
use super::state::{CompletionItem, FileSought, RootInfo, Settings};
use crate::budget::choice::Candidate;
use crate::budget::ledger::Totals;
use crate::domain::change::FileSnapshot;
use crate::domain::clock::Timestamp;
use crate::domain::context::ContextBundle;
use crate::domain::failure::Failure;
use crate::domain::finding::ValidationReport;
use crate::domain::hunk::FileDiff;
use crate::domain::ids::{JobId, RequestId, RunId, SessionId};
use crate::domain::install::Installed;
use crate::domain::memory::{Memory, MemoryChange};
use crate::domain::model::{FinishReason, Timings, Usage};
use crate::domain::money::Money;
use crate::domain::revert::{Asker, Revert, Way};
use crate::domain::rung::Recollection;
use crate::domain::session::SessionSummary;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An event with the moment the shell stamped it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// One event. Past tense, except for what the user did, which is named by the action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The program is up: the first event of every recording.
    Opened(Box<Opening>),
    /// The terminal has another size (columns, rows).
    Resized(u16, u16),
    /// The user took an action.
    User(Action),
    /// The user edited the line that has the keyboard.
    Typed(TextEdit),
    /// A chord has begun: the keys so far, and what may follow. Empty when it is over.
    ChordPending(Vec<(String, String)>),
    /// The user pressed what means nothing here: the keys as a footer shows them.
    KeyUnbound(String),
    /// The user pointed at a pane: `None` when only the wheel turned.
    Pointed(Pointer),
    /// A request was handed in whole (headless, or with a start argument).
    Requested(String),
    /// A second passed while something was under way, for elapsed times and the stall hint.
    TimePassed,
    /// A pane was scrolled past its last line; this is how far it can go.
    ScrollEnded(super::state::Area, usize),
    /// Whether the review has room for a line of a hunk, where that is not what the state knows.
    HunksShown(bool),
    /// From the model servers.
    Models(ModelEvent),
    /// What taking a written change back, or making it again, would do.
    RevertPlanned(Box<RevertPlanned>),
    /// A report that was asked for.
    Reported(Box<Reported>),
    /// From the work of a run.
    Work(WorkEvent),
    /// From the database.
    Store(StoreEvent),
    /// From the repository's map.
    Repository(RepositoryEvent),
    /// What the letters behind an `@` may mean.
    Completed {
        /// The letters.
        query: String,
        /// What fits, best first; `None` while the map is being made.
        items: Option<Vec<CompletionItem>>,
    },
    /// A file that was sought: its path, relative to the root, or why there is none, with what to do.
    FileFound(FileSought, Result<String, Failure>),
    /// The user's own editor is done with a file of the proposal.
    EditorClosed {
        /// The file.
        path: String,
        /// As it was saved.
        text: String,
    },
    /// Something went wrong outside a run, or the shell has something to say.
    Noticed(Failure),
    /// The terminal or the system asks us to end.
    EndRequested,
}

/// What the shell knows when the program starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// A name for the session, should it get a first fact.
    pub session: SessionId,
    /// The name it would get; `None` makes one from the first request.
    pub session_name: Option<String>,
    /// Whether a session that was left unfinished is opened at once.
    pub resume: Resume,
    /// Who will ask for what is written or installed.
    pub asker: Asker,
    /// Terminal columns and rows; 0 without a terminal.
    pub size: (u16, u16),
    /// The repository.
    pub root: RootInfo,
    /// Who has the mouse at first.
    pub mouse: Mouse,
    /// The configuration, as far as decisions depend on it.
    pub settings: Settings,
    /// Problems found while loading it.
    pub problems: Vec<Failure>,
}

/// Whether a session that was left unfinished is opened at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resume {
    /// The newest session of the root, if a run of it is not over.
    Unfinished,
    /// No: the shell loads one itself, or a new one is wanted.
    Never,
}

/// An edit of a line, independent of which key asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum TextEdit {
    Insert(char),
    Paste(String),
    Backspace,
    Delete,
    DeleteWord,
    DeleteToStart,
    DeleteToEnd,
    Left,
    Right,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    Undo,
}

/// What the mouse did, resolved to panes by the shell, which knows the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pointer {
    /// A click in a pane, at this row of its content.
    Clicked(super::state::Area, u16),
    /// The wheel over a pane: lines, negative upwards.
    Scrolled(super::state::Area, i16),
}

/// From the model servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelEvent {
    /// Discovery is done: what there is, and which servers had trouble.
    Found {
        /// Models with their prices, embedded engine included.
        models: Vec<Candidate>,
        /// A sentence a server.
        failures: Vec<Failure>,
    },
    /// The reservation holds and the request has left.
    Sent {
        /// The request.
        request: RequestId,
        /// The worst case that was reserved; `None` when it costs nothing.
        reserved: Option<Money>,
    },
    /// Prefill progress.
    Prefill {
        /// The request.
        request: RequestId,
        /// Tokens done.
        processed: u32,
        /// Tokens in all.
        total: u32,
    },
    /// Text and thinking since the last one, merged per frame.
    Delta {
        /// The request.
        request: RequestId,
        /// Text.
        text: String,
        /// Thinking.
        thinking: String,
    },
    /// The provider waits before trying again.
    Retrying {
        /// The request.
        request: RequestId,
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// Milliseconds until then.
        wait_ms: u64,
        /// Why.
        failure: Failure,
    },
    /// Durations so far.
    Timed {
        /// The request.
        request: RequestId,
        /// By the server's clock.
        timings: Timings,
    },
    /// The answer is complete and settled.
    Answered {
        /// The request.
        request: RequestId,
        /// Why it ended.
        finish: FinishReason,
        /// Tokens.
        usage: Usage,
        /// Durations.
        timings: Timings,
        /// Money; `None` when the price is unknown.
        cost: Option<Money>,
    },
    /// A request that was not answered whole is settled: before it is said to have failed, or after it was stopped.
    Settled {
        /// The request.
        request: RequestId,
        /// Tokens that count for it; estimated unless the server said.
        usage: Usage,
        /// What counts for it; `None` when the price is unknown.
        cost: Option<Money>,
    },
    /// The request failed; what it may have cost is settled.
    Failed {
        /// The request.
        request: RequestId,
        /// Why.
        failure: Failure,
    },
    /// The reservation was refused; nothing left.
    Refused {
        /// The request.
        request: RequestId,
        /// Which limit.
        scope: String,
        /// The limit.
        limit: Money,
        /// Spent and reserved under it.
        used: Money,
        /// The worst case asked for.
        asked: Money,
    },
}

/// From the work of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkEvent {
    /// The context is chosen.
    ContextAssembled {
        /// The job.
        job: JobId,
        /// What was chosen.
        bundle: Box<ContextBundle>,
    },
    /// The files are read.
    FilesRead {
        /// The job.
        job: JobId,
        /// What stands there.
        files: Vec<FileSnapshot>,
    },
    /// The proposal that is being validated is cut into hunks.
    Diffed {
        /// The job, which goes on.
        job: JobId,
        /// The hunks of each file.
        files: Arc<[FileDiff]>,
    },
    /// The validators are done.
    Validated {
        /// The job.
        job: JobId,
        /// What they said.
        report: ValidationReport,
    },
    /// What the repository knows of findings.
    Recalled {
        /// The job.
        job: JobId,
        /// What it is.
        known: Box<Recollection>,
    },
    /// The command that was to get a dependency is over.
    Installed {
        /// The job.
        job: JobId,
        /// What came of it.
        installed: Box<Installed>,
    },
    /// The working tree is validated.
    Examined {
        /// The job.
        job: JobId,
        /// What was looked at.
        files: Vec<FileSnapshot>,
        /// What the validators said.
        report: ValidationReport,
    },
    /// Written.
    Applied {
        /// The job.
        job: JobId,
    },
    /// Nothing was written.
    ApplyFailed {
        /// The job.
        job: JobId,
        /// Why.
        failure: Failure,
    },
}

/// What a revert would do to the files as they are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevertPlanned {
    /// Which run's change.
    pub run: RunId,
    /// Which way.
    pub way: Way,
    /// What it would do.
    pub revert: Revert,
}

/// From the database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreEvent {
    /// Facts up to this number are on disk.
    Journaled {
        /// The session.
        session: SessionId,
        /// The newest fact's number.
        seq: u64,
    },
    /// Facts could not be written.
    JournalFailed(Failure),
    /// The sessions of this root, newest first.
    SessionsListed(Vec<SessionSummary>),
    /// A session was read.
    SessionLoaded {
        /// Which.
        session: SessionId,
        /// Its journal.
        facts: Vec<Dated>,
    },
    /// A session could not be opened; the one that is open stays.
    SessionNotLoaded(Failure),
    /// A name for a new session.
    SessionNamed(SessionId),
    /// What was spent and is reserved, by scope.
    Totals(Totals),
    /// Everything that is remembered of this root, oldest first: it was asked for.
    Memories(Vec<Memory>),
    /// What became of something that was asked of the memory.
    MemoryChanged(MemoryChange),
    /// Prompts of earlier sessions in this root, oldest first.
    History(Vec<String>),
}
