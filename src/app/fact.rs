//! What the journal holds: one enum, past tense, plain data. A session is the fold of its facts and of nothing else.

use crate::domain::clock::Timestamp;
use crate::domain::ids::RunId;
use crate::domain::memory::{MemoryChange, NewMemory};
use crate::domain::message::Message;
use crate::domain::money::Money;
use crate::graph::{RunFact, RunSpec};
use serde::{Deserialize, Serialize};

/// One fact of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fact {
    /// The session begins.
    SessionBegun {
        /// Its first name.
        name: String,
        /// The repository it is opened in.
        root: String,
        /// Whether the name is that of an order, which gives way to the first request's.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        of_order: bool,
    },
    /// It has another name.
    SessionRenamed {
        /// The name.
        name: String,
    },
    /// Something was said.
    Posted {
        /// What, by whom.
        message: Message,
    },
    /// An intent becomes a run.
    RunBegun {
        /// What the run is made from.
        spec: Box<RunSpec>,
    },
    /// Something happened to a run.
    Run {
        /// Which run.
        run: RunId,
        /// What.
        fact: RunFact,
    },
    /// The user raised a limit in this session, for the run, session, day, week or month in which it was reached.
    LimitRaised {
        /// Which: `run`, `session`, `day`…
        scope: String,
        /// To what.
        limit: Money,
    },
    /// Something is to be remembered beyond the session.
    Remembered {
        /// What.
        memory: NewMemory,
    },
    /// Something that was remembered was changed: forgotten, pinned, or let go again.
    MemoryChanged {
        /// How.
        change: MemoryChange,
    },
    /// A file is to stand in every context of the session from now on.
    ContextPinned {
        /// Relative to the root.
        path: String,
    },
    /// A file is to stand in no context of the session from now on.
    ContextDropped {
        /// Relative to the root.
        path: String,
    },
    /// A file that was pinned or dropped is chosen by itself again.
    ContextReset {
        /// Relative to the root.
        path: String,
    },
}

impl Fact {
    /// The journal's kind column: the variant's name, or that of the run fact inside.
    pub fn kind(&self) -> &'static str {
        match self {
            Fact::SessionBegun { .. } => "session_begun",
            Fact::SessionRenamed { .. } => "session_renamed",
            Fact::Posted { .. } => "posted",
            Fact::RunBegun { .. } => "run_begun",
            Fact::Run { fact, .. } if is_delta(fact) => "run_delta",
            Fact::Run { .. } => "run",
            Fact::LimitRaised { .. } => "limit_raised",
            Fact::Remembered { .. } => "remembered",
            Fact::MemoryChanged { .. } => "memory_changed",
            Fact::ContextPinned { .. } => "context_pinned",
            Fact::ContextDropped { .. } => "context_dropped",
            Fact::ContextReset { .. } => "context_reset",
        }
    }

    /// Whether losing it to a power cut would break a promise. Only streamed text may be batched.
    pub fn is_durable(&self) -> bool {
        !matches!(self, Fact::Run { fact, .. } if is_delta(fact))
    }
}

/// Streamed text: many a second, worth nothing alone.
fn is_delta(fact: &RunFact) -> bool {
    matches!(fact, RunFact::TextReceived { .. } | RunFact::ThinkingReceived { .. })
}

/// A fact with its moment, as journaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dated {
    /// When.
    pub at: Timestamp,
    /// What.
    pub fact: Fact,
}
