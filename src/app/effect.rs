//! Everything the outside world is asked to do, as closed plain data. The shell performs them in order.

use super::command::Report;
use super::fact::Dated;
use super::state::FileSought;
use crate::budget::limit::Limits;
use crate::domain::change::ChangeSet;
use crate::domain::clock::Timestamp;
use crate::domain::context::FileWishes;
use crate::domain::finding::Finding;
use crate::domain::ids::{JobId, RequestId, RunId, SessionId};
use crate::domain::install::Install;
use crate::domain::intent::Intent;
use crate::domain::memory::MemoryOrder;
use crate::domain::message::{Message, PastRun};
use crate::domain::model::{Locality, ModelRef, ModelRequest};
use crate::domain::revert::{Asker, Way};
use crate::domain::rung::Teaching;
use crate::domain::session::SessionStatus;
use serde::{Deserialize, Serialize};

/// One effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Append facts to the journal.
    Journal(Entry),
    /// Reserve the worst case, then send the request and report what comes.
    CallModel {
        /// The session it is for.
        session: SessionId,
        /// The run it is for.
        run: RunId,
        /// What to send.
        request: Box<ModelRequest>,
        /// Where the model runs, which decides whether it costs money.
        locality: Locality,
        /// What must hold.
        limits: Limits,
        /// Whether a model without a known price may be asked.
        unknown_price: UnknownPrice,
        /// Seconds after which it is broken off, where it has a bound of its own.
        seconds: Option<u32>,
    },
    /// Drop the request's stream.
    CancelRequest(RequestId),
    /// Choose the context.
    AssembleContext {
        /// Echoed.
        job: JobId,
        /// For what.
        intent: Box<Intent>,
        /// Tokens at most.
        budget: u32,
        /// The model that will read it, whose tokens count.
        model: ModelRef,
        /// Where that runs.
        locality: Locality,
        /// What was said before.
        conversation: Vec<Message>,
        /// The runs before this one and what came of them, oldest first.
        past: Vec<PastRun>,
        /// What the session wishes of files.
        files: FileWishes,
    },
    /// Read files.
    ReadFiles {
        /// Echoed.
        job: JobId,
        /// Relative to the root.
        paths: Vec<String>,
    },
    /// Validate a proposal.
    Validate {
        /// Echoed.
        job: JobId,
        /// The proposal.
        changes: ChangeSet,
    },
    /// Say what the repository knows of findings.
    Recall {
        /// Echoed.
        job: JobId,
        /// What is to be mended.
        findings: Vec<Finding>,
        /// The proposal that they are about.
        changes: ChangeSet,
        /// When the run began that asks.
        began: Timestamp,
    },
    /// Keep what an attempt at healing taught.
    Learn(Box<Teaching>),
    /// Run the commands that get a dependency, in the project itself: the user said yes to them.
    Install {
        /// Echoed.
        job: JobId,
        /// What to get, and how.
        install: Install,
        /// Who said yes; echoed.
        by: Asker,
    },
    /// Validate the working tree for its own sake: nothing that is found counts as old.
    Examine {
        /// Echoed.
        job: JobId,
        /// Files and folders whose syntax is checked; empty leaves the choice to whoever checks.
        paths: Vec<String>,
        /// What is put over the tree; `None` for the tree as it is.
        changes: Option<ChangeSet>,
    },
    /// Write, all or nothing, after the journal holds that it was asked for.
    Apply {
        /// Echoed.
        job: JobId,
        /// What to write.
        changes: ChangeSet,
    },
    /// Work out what taking a written change back, or making it again, would do to its files as they are now.
    PlanRevert {
        /// Which run's change; echoed.
        run: RunId,
        /// Which way; echoed.
        way: Way,
        /// The change.
        written: ChangeSet,
    },
    /// Measure the change or the code that is there, and report.
    Report {
        /// About what; echoed.
        about: Report,
        /// The revision or the path; empty for the usual.
        of: String,
    },
    /// Stop waiting for jobs of the run that was cancelled.
    CancelJobs,
    /// Ask every server for its models.
    FindModels,
    /// List the sessions of this root.
    ListSessions,
    /// Read a session's journal.
    LoadSession(SessionId),
    /// Make a name for a new session.
    NameSession,
    /// Forget a session.
    DeleteSession(SessionId),
    /// Give another session a name (the open one is renamed by a fact).
    RenameSession(SessionId, String),
    /// Sum up what was spent in a session and a run of it.
    SumLedger(SessionId, RunId),
    /// Find what a few letters behind an `@` may mean: files and names of the repository's map.
    Complete {
        /// The letters; echoed.
        query: String,
    },
    /// Find the file of the repository that the user wants pinned or dropped.
    FindFile(FileSought),
    /// Ask something of the memory.
    Memory(MemoryOrder),
    /// Keep a prompt for the history.
    KeepPrompt(String),
    /// Put text on the clipboard.
    CopyText(String),
    /// The user is needed: ring, if the terminal is elsewhere.
    Notify(String),
    /// Something for the terminal itself.
    Terminal(TerminalEffect),
}

/// Facts to append.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The session.
    pub session: SessionId,
    /// Sequence number of the first fact.
    pub first: u64,
    /// The facts.
    pub facts: Vec<Dated>,
    /// The session's line in the list, as it now is.
    pub name: String,
    /// Where the session now stands.
    pub status: SessionStatus,
}

impl Entry {
    /// Sequence number of the last fact.
    pub fn last(&self) -> u64 {
        (self.first + self.facts.len() as u64).saturating_sub(1)
    }

    /// This entry and the one after it as one.
    pub fn followed_by(mut self, after: Entry) -> Entry {
        self.facts.extend(after.facts);
        Entry { first: self.first, facts: self.facts, ..after }
    }
}

/// What only the shell's terminal can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalEffect {
    /// Go to the background.
    Suspend,
    /// Draw everything again.
    Redraw,
    /// Use the mouse, or leave it to the terminal.
    Mouse(Mouse),
    /// Change to the next theme.
    NextTheme,
    /// Lend the terminal to the user's own editor; `Event::EditorClosed` tells what came of it.
    Edit {
        /// The file of the proposal, for its name.
        path: String,
        /// What it begins from.
        text: String,
        /// 1-based line to begin at.
        line: u32,
    },
    /// Leave.
    Quit,
}

/// Whether a model without a known price may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPrice {
    /// The user said yes in this session.
    Allowed,
    /// Refused until the user says yes.
    Refused,
}

/// Who has the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mouse {
    /// The panes.
    #[default]
    Captured,
    /// The terminal, for its own selection.
    Released,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fact::Fact;
    use crate::domain::clock::Timestamp;

    fn entry(first: u64, names: &[&str], status: SessionStatus) -> Entry {
        let fact = |name: &&str| Dated { at: Timestamp(1), fact: Fact::SessionRenamed { name: (*name).to_owned() } };
        let facts = names.iter().map(fact).collect();
        Entry { session: SessionId("s".to_owned()), first, facts, name: names[0].to_owned(), status }
    }

    #[test]
    fn two_entries_in_a_row_are_one_that_begins_with_the_first_and_stands_where_the_second_does() {
        let both = entry(5, &["a", "b"], SessionStatus::Running).followed_by(entry(7, &["c"], SessionStatus::Waiting));
        assert_eq!((both.first, both.last(), both.facts.len()), (5, 7, 3));
        assert_eq!((both.name.as_str(), both.status), ("c", SessionStatus::Waiting));
    }
}
