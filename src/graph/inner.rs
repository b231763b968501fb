//! What the state machine awaits and remembers, and no front shows. Part of the run, so that folding is all there is.

use super::stage::{Outcome, Stage};
use crate::domain::change::{ChangeSet, FileSnapshot};
use crate::domain::clock::Timestamp;
use crate::domain::comment::Comment;
use crate::domain::failure::Failure;
use crate::domain::finding::Finding;
use crate::domain::hunk::{Decision, HunkId};
use crate::domain::ids::{JobId, RequestId};
use crate::domain::install::Install;
use crate::domain::model::Node;
use crate::domain::revert::Asker;
use crate::domain::rung::{Recollection, RungKind};
use crate::edit::Edit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a request to the model is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    /// A plan.
    #[default]
    Plan,
    /// A plan once more, with a shorter prompt.
    PlanRetry,
    /// The first proposal.
    Execute,
    /// A proposal once more and more simply, after an answer that was of no use.
    ExecuteRetry,
    /// Only the edits that could not be placed.
    Problems,
    /// A better proposal, for the reviewer.
    Round,
    /// Another proposal, for the user.
    Revise,
    /// A proposal without the findings.
    Heal,
    /// A verdict.
    Review,
    /// The answer of a mode that proposes no edits.
    Answer,
}

impl Operation {
    /// The node that asks.
    pub(super) fn node(self) -> Node {
        match self {
            Operation::Plan | Operation::PlanRetry => Node::Planner,
            Operation::Heal => Node::Healer,
            Operation::Review => Node::Reviewer,
            _ => Node::Executor,
        }
    }

    /// The name of its prompt.
    pub(super) fn template(self) -> &'static str {
        match self {
            Operation::Plan => "planner",
            Operation::PlanRetry => "planner-retry",
            Operation::Execute => "executor",
            Operation::ExecuteRetry => "executor-retry",
            Operation::Problems => "executor-problems",
            Operation::Round => "executor-round",
            Operation::Revise => "revision",
            Operation::Heal => "healer",
            Operation::Review => "reviewer",
            Operation::Answer => "answer",
        }
    }
}

/// An edit that could not be placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unplaced {
    /// The file, as the model wrote it.
    pub(super) path: String,
    /// Why, in one sentence that names the file.
    pub(super) message: String,
    /// The edit, as far as it can be shown.
    pub(super) text: String,
    /// 1-based lines of the file that come near it.
    pub(super) lines: Vec<u32>,
}

/// A write that is under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Write {
    /// What is written.
    pub(super) changes: ChangeSet,
    /// Where the run stands when it is done.
    pub(super) then: Outcome,
    /// Where it stands when it could not be done.
    pub(super) back: Stage,
}

/// What the state machine awaits and remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Inner {
    /// Identifiers given so far.
    pub(super) counter: u64,
    /// The job awaited.
    pub(super) job: Option<JobId>,
    /// The request awaited.
    pub(super) request: Option<RequestId>,
    /// What the newest request is for.
    pub(super) operation: Operation,
    /// What the proposal under work is for: `Execute`, `Round`, `Revise` or `Heal`, whatever had to be asked again.
    pub(super) origin: Operation,
    /// Rounds of the executor so far.
    pub(super) iteration: u32,
    /// Rounds the user asked for; they come on top of the limit.
    pub(super) revisions: u32,
    /// How the newest request differs from the first of its operation.
    pub(super) tries: Tries,
    /// Reasons the proposal under work has to answer.
    pub(super) feedback: Vec<String>,
    /// What the healer has to mend.
    pub(super) findings: Vec<Finding>,
    /// The proposal under work: what the next edits are made against, on top of what is on disk.
    pub(super) overlay: ChangeSet,
    /// Edits that wait for their files to be read.
    pub(super) edits: Vec<Edit>,
    /// Files as last read for edits.
    pub(super) read: Vec<FileSnapshot>,
    /// Edits that could not be placed.
    pub(super) unplaced: Vec<Unplaced>,
    /// Paths whose whole text the model has seen; others must not be overwritten whole.
    pub(super) shown: BTreeSet<String>,
    /// When the run began, as far as it was told.
    #[serde(default)]
    pub(super) started: Option<Timestamp>,
    /// First attempt of the healing series.
    pub(super) series: usize,
    /// First attempt since the user last asked for another, or since its files were other ones on disk.
    pub(super) since: usize,
    /// Hunks the user had accepted and rejected when asking for another proposal, as phrases.
    pub(super) judged: (Vec<String>, Vec<String>),
    /// Comments that went along with the revision under work: they come back if nothing comes of it.
    pub(super) sent: Vec<Comment>,
    /// Whether the newest attempt is the user's own, or the chosen one put onto other files, and being checked.
    pub(super) by_hand: bool,
    /// What was decided of the proposal that the user has changed, until the change is cut into hunks.
    pub(super) decided: Vec<(HunkId, Decision)>,
    /// The write under way, or wanted as soon as its validation has passed.
    pub(super) write: Option<Write>,
    /// How the disk differs from what the proposal was made from, as far as a write has shown.
    pub(super) drift: Drift,
    /// Where the healer stands on the ladder.
    pub(super) heal: Healing,
    /// The command under way that gets a dependency.
    pub(super) installing: Option<Installing>,
    /// When the newest fact happened; 0 when nobody says.
    pub(super) now: Timestamp,
    /// When the attempt under work was begun.
    pub(super) began: Timestamp,
    /// How many requests there were before it.
    pub(super) calls: usize,
}

/// How a request differs from the first of its operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tries {
    /// The answer so far, when it was cut and is being continued.
    pub(super) draft: String,
    /// Whether the prompt is kept as small as possible, after the server found it too large.
    pub(super) tight: bool,
    /// Whether the same was asked before and the answer was of no use.
    pub(super) repeated: bool,
    /// Why it was of no use, as a sentence.
    pub(super) problem: String,
}

/// Where the healer stands on the ladder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Healing {
    /// The attempt that the next one is made from.
    pub(super) base: Option<usize>,
    /// What the repository knows of its findings; `None` until it was asked.
    pub(super) known: Option<Recollection>,
    /// Whether it is being asked.
    pub(super) recalling: bool,
    /// Rungs that could do nothing from there.
    pub(super) dry: Vec<RungKind>,
    /// The model that is or was asked last: an index of the ladder's.
    pub(super) model: Option<usize>,
    /// Models whose answers were of no use.
    pub(super) spent: Vec<usize>,
    /// Why the last of them was of none.
    pub(super) why: String,
    /// How many requests there were before the series.
    pub(super) since: usize,
    /// Files of the working tree that is healed, as they were examined.
    pub(super) examined: Vec<FileSnapshot>,
    /// What the user had decided of the attempt that is healed again.
    pub(super) decided: Vec<(HunkId, Decision)>,
}

impl Healing {
    /// Back to the foot of the ladder, after so many requests. What was examined is looked at again.
    pub(super) fn restart(&mut self, since: usize) {
        let examined = std::mem::take(&mut self.examined);
        *self = Healing { since, examined, ..Healing::default() };
    }
}

/// What is known of a disk that is not as the proposal was made from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Drift {
    /// What was to be written when that was found, and what was said of it, while the files are being read.
    pub(super) wanted: Option<(ChangeSet, Failure)>,
    /// The sentence of a revision that waits for the files to be read.
    pub(super) revision: Option<String>,
    /// The proposal's files as they were read last.
    pub(super) now: Vec<FileSnapshot>,
}

impl Drift {
    /// Whether the files are being read.
    pub(super) fn is_reading(&self) -> bool {
        self.wanted.is_some()
    }
}

/// A command that is under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Installing {
    /// What to get, and how.
    pub(super) install: Install,
    /// Who said yes.
    pub(super) by: Asker,
    /// The attempt that lacks it.
    pub(super) base: usize,
    /// Where the run stood when it was asked for; `None` in the midst of healing.
    pub(super) back: Option<Stage>,
}
