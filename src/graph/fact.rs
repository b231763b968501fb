//! What has happened to a run, in the past tense. The journal's rows of a run are exactly these.

use crate::budget::choice::Candidate;
use crate::domain::change::{ChangeSet, FileSnapshot};
use crate::domain::comment::Comment;
use crate::domain::context::ContextBundle;
use crate::domain::failure::Failure;
use crate::domain::finding::ValidationReport;
use crate::domain::hunk::{Decision, FileDiff, HunkId};
use crate::domain::ids::{JobId, RequestId};
use crate::domain::install::{Install, Installed};
use crate::domain::model::{FinishReason, Timings, Usage};
use crate::domain::money::Money;
use crate::domain::revert::Asker;
use crate::domain::rung::Recollection;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One fact. Facts that carry an identifier the run does not await are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fact")]
pub enum RunFact {
    /// The run begins.
    Started,
    /// The context is chosen.
    ContextAssembled {
        /// The awaited job.
        job: JobId,
        /// What was chosen.
        bundle: Box<ContextBundle>,
    },
    /// The reservation holds and the request has left.
    RequestSent {
        /// The awaited request.
        request: RequestId,
    },
    /// A piece of the answer (merged per frame).
    TextReceived {
        /// The awaited request.
        request: RequestId,
        /// What came.
        text: String,
    },
    /// A piece of the model's thinking.
    ThinkingReceived {
        /// The awaited request.
        request: RequestId,
        /// What came.
        text: String,
    },
    /// The answer is complete, and settled in the ledger.
    Answered {
        /// The awaited request.
        request: RequestId,
        /// Why it ended.
        finish: FinishReason,
        /// Tokens; `estimated` where the server gave none.
        usage: Usage,
        /// Durations by the server's clock.
        timings: Timings,
        /// What it cost; `None` when the price is unknown.
        cost: Option<Money>,
    },
    /// What counts for a request that was not answered whole, once that is settled in the ledger.
    RequestSettled {
        /// The request, awaited or not any more.
        request: RequestId,
        /// Tokens.
        usage: Usage,
        /// Money; `None` when the price is unknown.
        cost: Option<Money>,
    },
    /// The request failed for good (retries are the provider's business). Text that came stays.
    RequestFailed {
        /// The awaited request.
        request: RequestId,
        /// Why.
        failure: Failure,
    },
    /// The reservation was refused; nothing left, nothing was spent.
    BudgetRefused {
        /// The awaited request.
        request: RequestId,
        /// Which limit: `run`, `session`, `day`…, or `unknown price`.
        scope: String,
        /// The limit.
        limit: Money,
        /// Spent and reserved under it so far.
        used: Money,
        /// The worst case of the request.
        asked: Money,
    },
    /// The files are read.
    FilesRead {
        /// The awaited job.
        job: JobId,
        /// What stands there.
        files: Vec<FileSnapshot>,
    },
    /// The proposal that is being validated is cut into hunks; the job goes on.
    Diffed {
        /// The awaited job.
        job: JobId,
        /// The hunks of each of its files, in its order.
        files: Arc<[FileDiff]>,
    },
    /// The validators are done.
    Validated {
        /// The awaited job.
        job: JobId,
        /// What they said.
        report: ValidationReport,
    },
    /// What the repository knows of the findings to be mended.
    Recalled {
        /// The awaited job.
        job: JobId,
        /// What it is.
        known: Box<Recollection>,
    },
    /// The working tree was validated as it is.
    Examined {
        /// The awaited job.
        job: JobId,
        /// The files that were looked at or that a finding names, as they were validated.
        files: Vec<FileSnapshot>,
        /// What the validators said of them.
        report: ValidationReport,
    },
    /// The user wants the chosen attempt healed again.
    HealRequested,
    /// The user has seen the command that gets a dependency, and said yes.
    InstallRequested {
        /// What to get, and how.
        install: Install,
        /// Who asked.
        by: Asker,
    },
    /// The command that was to get a dependency is over.
    Installed {
        /// The awaited job.
        job: JobId,
        /// What came of it.
        installed: Box<Installed>,
    },
    /// The user decided hunks; one entry of the decision history.
    Decided {
        /// Each hunk with its new decision.
        decisions: Vec<(HunkId, Decision)>,
    },
    /// The newest entry of the decision history is taken back.
    DecisionUndone,
    /// The entry taken back last is made again.
    DecisionRedone,
    /// The user said something of a line of the proposal, or took it back.
    Commented {
        /// What, and of which line.
        comment: Comment,
    },
    /// The user changed a file of the proposal with their own hands.
    EditedByHand {
        /// Relative to the root.
        path: String,
        /// All of it, as it would be on disk.
        text: String,
    },
    /// The user wants it different: one more round with this sentence and the comments, hunks accepted so far are told to
    /// the model.
    RevisionRequested {
        /// The sentence; may be empty where there are comments.
        text: String,
    },
    /// The user chose another attempt of the series (healing or revision) to review.
    AttemptChosen {
        /// Index into the run's attempts.
        index: usize,
    },
    /// The user wants the accepted hunks written (none accepted: the run ends with nothing accepted).
    ApplyRequested {
        /// Who asked.
        by: Asker,
    },
    /// Written and on disk.
    Applied {
        /// The awaited job.
        job: JobId,
    },
    /// Nothing was written.
    ApplyFailed {
        /// The awaited job.
        job: JobId,
        /// Why: stale, denied, disk full…
        failure: Failure,
    },
    /// The user wants the applied change taken back (or, once undone, made again).
    UndoRequested,
    /// The user has seen what taking the written change back (or making it again) does to the files as they are now, and
    /// said yes.
    RevertRequested {
        /// What is to be written, from what the files are now.
        changes: ChangeSet,
        /// Who asked.
        by: Asker,
    },
    /// The user's answer to a pause.
    Resumed {
        /// What was chosen.
        choice: ResumeChoice,
    },
    /// The process ended while work was outstanding; said when the session is opened again.
    Interrupted,
    /// The user stopped the run. What it gained stays visible.
    Cancelled,
}

/// What the user can answer when a run is paused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResumeChoice {
    /// Send it again (after the limit was raised, the server started, the key set).
    Retry,
    /// Go on with another model, which costs so much.
    UseModel(Box<Candidate>),
    /// End here.
    Stop,
}
