//! What the state machine awaits and remembers, and no front shows. Part of the run, so that folding is all there is.

use super::fact::RunFact;
use super::install::Installing;
use super::rebase::Drift;
use super::run::{Outcome, Run, Stage};
use super::rung::Healing;
use crate::domain::change::{ChangeSet, FileSnapshot};
use crate::domain::clock::Timestamp;
use crate::domain::comment::Comment;
use crate::domain::finding::Finding;
use crate::domain::hunk::{Decision, HunkId};
use crate::domain::ids::{JobId, RequestId};
use crate::domain::model::Node;
use crate::edit::Edit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Identifiers of one run within its session: its number times this, plus a count.
const IDS_PER_RUN: u64 = 10_000;

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

impl Run {
    fn next_number(&mut self) -> u64 {
        self.inner.counter += 1;
        self.spec.id.0.wrapping_mul(IDS_PER_RUN).wrapping_add(self.inner.counter)
    }

    /// A new request, awaited from now on.
    pub(super) fn next_request(&mut self) -> RequestId {
        let id = RequestId(self.next_number());
        self.inner.request = Some(id);
        self.inner.job = None;
        id
    }

    /// A new job, awaited from now on.
    pub(super) fn next_job(&mut self) -> JobId {
        let id = JobId(self.next_number());
        self.inner.job = Some(id);
        self.inner.request = None;
        id
    }

    /// Whether `job` is the one awaited; it is not awaited any more.
    pub(super) fn take_job(&mut self, job: JobId) -> bool {
        let awaited = self.inner.job == Some(job);
        if awaited {
            self.inner.job = None;
        }
        awaited
    }

    /// Whether a fact that reports a result reports the awaited one. Facts that are no results are always awaited.
    pub fn awaits(&self, fact: &RunFact) -> bool {
        match fact {
            RunFact::ContextAssembled { job, .. }
            | RunFact::FilesRead { job, .. }
            | RunFact::Diffed { job, .. }
            | RunFact::Validated { job, .. }
            | RunFact::Recalled { job, .. }
            | RunFact::Examined { job, .. }
            | RunFact::Installed { job, .. }
            | RunFact::Applied { job }
            | RunFact::ApplyFailed { job, .. } => self.inner.job == Some(*job),
            RunFact::RequestSent { request }
            | RunFact::TextReceived { request, .. }
            | RunFact::ThinkingReceived { request, .. }
            | RunFact::Answered { request, .. }
            | RunFact::RequestFailed { request, .. }
            | RunFact::BudgetRefused { request, .. } => self.inner.request == Some(*request),
            RunFact::RequestSettled { request, .. } => {
                self.calls.iter().any(|call| call.id == *request && call.usage.is_none())
            }
            _ => true,
        }
    }

    /// Whether the executor may go round once more.
    pub(super) fn has_rounds_left(&self) -> bool {
        self.inner.iteration < self.spec.settings.max_iterations.max(1).saturating_add(self.inner.revisions)
    }

    /// Remembers something for the user, once.
    pub(super) fn notice(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.notices.contains(&sentence) {
            self.notices.push(sentence);
        }
    }
}
