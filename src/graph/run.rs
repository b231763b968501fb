//! A run's state: everything a front shows of it, and everything needed to go on after a kill.

use super::command::RunCommand;
use super::fact::RunFact;
use super::inner::{Inner, Operation};
use super::ladder::{Ladder, Task};
use super::stage::{Outcome, Stage};
use super::template::Prompts;
use crate::domain::change::ChangeSet;
use crate::domain::clock::Timestamp;
use crate::domain::comment::Comment;
use crate::domain::context::ContextBundle;
use crate::domain::failure::Failure;
use crate::domain::finding::ValidationReport;
use crate::domain::hunk::{Decision, FileDiff, HunkId};
use crate::domain::ids::{JobId, RequestId, RunId};
use crate::domain::install::{Install, Installed};
use crate::domain::intent::Intent;
use crate::domain::mode::Mode;
use crate::domain::model::{FinishReason, ModelInfo, ModelRef, Node, Timings, Usage};
use crate::domain::money::Money;
use crate::domain::past::Similar;
use crate::domain::plan::Plan;
use crate::domain::revert::Conflict;
use crate::domain::rung::Rung;
use crate::domain::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Identifiers of one run within its session: its number times this, plus a count.
const IDS_PER_RUN: u64 = 10_000;

/// Numbers that bound a run. All come from the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSettings {
    /// Quality below which a proposal goes back, 0 to 1 (default 0.6).
    pub quality_threshold: f64,
    /// Most times the executor proposes on its own account (default 3).
    pub max_iterations: u32,
    /// Most healing attempts a proposal gets (default 3).
    pub heal_attempts: u32,
}

/// What a run is made from. Journaled once, with the fact that it began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// Its number in the session.
    pub id: RunId,
    /// What the user wants.
    pub intent: Intent,
    /// Who the model is asked to be.
    pub mode: Mode,
    /// Which model.
    pub model: ModelInfo,
    /// Numbers that bound it.
    pub settings: RunSettings,
    /// What it says to the model, where that differs from the shipped prompts.
    #[serde(default, skip_serializing_if = "Prompts::is_embedded")]
    pub prompts: Prompts,
    /// How it heals.
    pub ladder: Ladder,
    /// What it is to do.
    #[serde(default, skip_serializing_if = "Task::is_request")]
    pub task: Task,
}

/// One request to a model and what came of it: the stream pane's and the cost view's row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The request.
    pub id: RequestId,
    /// Which node asked.
    pub node: Node,
    /// Which model was asked.
    pub model: ModelRef,
    /// Tokens the prompt was expected to take.
    pub prompt_tokens: u32,
    /// The answer so far.
    pub text: String,
    /// The thinking so far.
    pub thinking: String,
    /// Set when it is over.
    pub finish: Option<FinishReason>,
    /// Set when it failed.
    pub failure: Option<Failure>,
    /// Tokens.
    pub usage: Option<Usage>,
    /// Durations.
    pub timings: Timings,
    /// Money; `None` while it runs or when the price is unknown.
    pub cost: Option<Money>,
}

/// One proposal of the series: the first, each healing, each round after the reviewer or the user sent it back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The node that made it: executor or healer.
    pub node: Node,
    /// Which round of the executor, from 1.
    pub iteration: u32,
    /// Why it was made: the findings or reasons it answers; empty for the first.
    pub cause: Vec<String>,
    /// The request that brought it.
    pub request: RequestId,
    /// What it proposes.
    pub changes: ChangeSet,
    /// The same, cut into hunks; empty until that is done.
    pub diff: Arc<[FileDiff]>,
    /// What the validators said; `None` while they run.
    pub report: Option<ValidationReport>,
    /// What the reviewer said; `None` before it did.
    pub verdict: Option<Verdict>,
    /// Edits of the answer that could not be placed, each a sentence.
    pub problems: Vec<String>,
    /// How it came about, and what it took.
    pub rung: Rung,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// What it was made from; `model` changes when the user chooses another at a pause.
    pub spec: RunSpec,
    /// Where it stands.
    pub stage: Stage,
    /// What the prompt is made of.
    pub context: ContextBundle,
    /// The planner's answer.
    pub plan: Option<Plan>,
    /// Every request, in order.
    pub calls: Vec<Call>,
    /// Every proposal, in order.
    pub attempts: Vec<Attempt>,
    /// Which attempt is under review.
    pub chosen: usize,
    /// Decisions on the chosen attempt's hunks; a hunk without an entry is pending.
    #[serde(with = "pairs")]
    pub decisions: BTreeMap<HunkId, Decision>,
    /// Decision history for undo: what each entry changed, as (hunk, before, after).
    pub history: Vec<Vec<(HunkId, Decision, Decision)>>,
    /// Entries taken back, for redo.
    pub undone: Vec<Vec<(HunkId, Decision, Decision)>>,
    /// What the user said of lines and has not sent yet.
    pub comments: Vec<Comment>,
    /// What was written, with its pre-images, once applied.
    pub applied: Option<ChangeSet>,
    /// Files that the newest write, undo or redo had to write.
    pub written: usize,
    /// The answer for the chat: what was done, next steps, possible improvements; or the mode's answer.
    pub answer: String,
    /// What the run did on its own account that the user should know, each a sentence: context left out, a plan that
    /// could not be read, healing that ended early. Part of `answer` as well.
    pub notices: Vec<String>,
    /// What the user asked for in revisions that something came of, or that are under way, each with the number of the first
    /// attempt made for it.
    pub revisions: Vec<(usize, String)>,
    /// Dependencies that attempts lacked, and how each could be got.
    pub installs: Vec<Install>,
    /// What became of findings like those of this run before.
    pub similar: Vec<Similar>,
    /// Commands that were run to get one, and what came of each.
    pub installed: Vec<Installed>,
    /// What the checks said of the accepted hunks alone, where those are less than the proposal; `None` before they are
    /// asked for, and once other hunks are accepted.
    pub part: Option<ValidationReport>,
    /// Why the last write did not happen; `None` once it is tried again.
    pub apply_failure: Option<Failure>,
    /// Where what was to be written and the files on disk disagree, if that is why.
    pub clashes: Vec<Conflict>,
    /// Bookkeeping of the state machine that no front shows.
    pub(super) inner: Inner,
}

impl Run {
    /// A run that has not begun: it waits for `RunFact::Started`.
    pub fn new(spec: RunSpec) -> Run {
        Run {
            spec,
            stage: Stage::Assembling,
            context: ContextBundle::default(),
            plan: None,
            calls: Vec::new(),
            attempts: Vec::new(),
            chosen: 0,
            decisions: BTreeMap::new(),
            history: Vec::new(),
            undone: Vec::new(),
            comments: Vec::new(),
            applied: None,
            written: 0,
            answer: String::new(),
            notices: Vec::new(),
            revisions: Vec::new(),
            installs: Vec::new(),
            similar: Vec::new(),
            installed: Vec::new(),
            part: None,
            apply_failure: None,
            clashes: Vec::new(),
            inner: Inner::default(),
        }
    }

    /// The request whose answer is coming in, or the newest one.
    pub fn current_call(&self) -> Option<&Call> {
        self.calls.last()
    }

    /// The proposal under review.
    pub fn attempt(&self) -> Option<&Attempt> {
        self.attempts.get(self.chosen)
    }

    /// What kept the checks of the proposal, or of its accepted part, from being done, where they found nothing.
    pub fn held_up(&self) -> Option<String> {
        self.part.as_ref().or_else(|| self.attempt()?.report.as_ref())?.held_up()
    }

    /// Whether a check ran on the proposal under review and failed: there is something to mend.
    pub fn is_red(&self) -> bool {
        self.attempt().and_then(|a| a.report.as_ref()).is_some_and(ValidationReport::is_red)
    }

    /// The decision on a hunk of the chosen attempt.
    pub fn decision(&self, hunk: HunkId) -> Decision {
        self.decisions.get(&hunk).copied().unwrap_or_default()
    }

    /// The answer that was cut off and that the newest request continues; empty if it begins anew.
    pub fn draft(&self) -> &str {
        &self.inner.tries.draft
    }

    /// The model that is asked now: while healing one of the ladder's, else the run's own.
    pub fn asked(&self) -> &ModelInfo {
        let at = self.inner.heal.model.filter(|_| self.asks_to_mend());
        let mender = at.and_then(|at| self.spec.ladder.models.get(at));
        mender.map_or(&self.spec.model, |candidate| &candidate.info)
    }

    /// Seconds that the request under way may take, where it has a bound of its own.
    pub fn try_seconds(&self) -> Option<u32> {
        Some(self.spec.ladder.try_seconds).filter(|seconds| self.asks_to_mend() && *seconds > 0)
    }

    /// Whether the newest request is for mending what a check found.
    pub(super) fn asks_to_mend(&self) -> bool {
        let mends = matches!(self.inner.operation, Operation::Heal | Operation::Problems);
        mends && self.inner.origin == Operation::Heal
    }

    /// Tells the run when the facts that follow happened. Nothing is decided by it; attempts say how long they took, and what
    /// was learned since the first of them is the run's own.
    pub fn set_time(&mut self, at: Timestamp) {
        self.inner.now = at;
        self.inner.started.get_or_insert(at);
    }

    /// The node at work, if any.
    pub fn active_node(&self) -> Option<Node> {
        match self.stage {
            Stage::Working(node) => Some(node),
            _ => None,
        }
    }

    /// Whether it is over. An applied run can still be undone.
    pub fn is_finished(&self) -> bool {
        matches!(self.stage, Stage::Finished(_))
    }

    /// Money of all requests whose price is known.
    pub fn spent(&self) -> Money {
        self.calls.iter().filter_map(|c| c.cost).sum()
    }
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

    /// What is being written, as long as it is.
    pub fn writing(&self) -> Option<&ChangeSet> {
        self.inner.write.as_ref().filter(|_| self.stage == Stage::Applying).map(|write| &write.changes)
    }

    /// Puts another attempt under review; decisions belong to the attempt they were made on.
    pub(super) fn choose(&mut self, index: usize) {
        if index != self.chosen {
            self.chosen = index;
            self.part = None;
            self.apply_failure = None;
            self.decisions.clear();
            self.history.clear();
            self.undone.clear();
        }
    }

    /// Ends the run.
    pub(super) fn finish(&mut self, outcome: Outcome) -> Vec<RunCommand> {
        self.inner.job = None;
        self.inner.request = None;
        self.stage = Stage::Finished(outcome);
        Vec::new()
    }

    /// Remembers something for the user, once.
    pub(super) fn notice(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.notices.contains(&sentence) {
            self.notices.push(sentence);
        }
    }
}

/// A map whose keys are no text, as a list of pairs: JSON has no other keys than text.
mod pairs {
    use super::{BTreeMap, Decision, HunkId};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(map: &BTreeMap<HunkId, Decision>, serializer: S) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<HunkId, Decision>, D::Error> {
        Ok(Vec::<(HunkId, Decision)>::deserialize(from)?.into_iter().collect())
    }
}
