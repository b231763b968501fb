//! The stream pane: what is known of the request that is out, beside the text that the run keeps.

use crate::domain::clock::Timestamp;
use crate::domain::failure::Failure;
use crate::domain::ids::RequestId;
use crate::domain::model::{Node, Timings};
use crate::domain::plan::StepKind;
use crate::edit::{EditForm, EditProgress, Preview, normalise};
use crate::graph::{Run, Stage};

/// Milliseconds without a sign from the server after which the pane says so.
pub const STALL_MS: u64 = 10_000;

/// The pane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamView {
    /// Lines scrolled up from the end; 0 follows.
    pub scroll: usize,
    /// The newest request, while it is out and after it ended.
    pub live: Option<Live>,
    /// When the checks that are running began.
    pub checking: Option<Timestamp>,
    /// The request at whose pause the user put the question aside.
    pub aside: Option<RequestId>,
}

/// The newest request.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// Which.
    pub request: RequestId,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When it left.
    pub sent: Option<Timestamp>,
    /// When the first token came.
    pub first_token: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// When anything last came.
    pub last_sign: Timestamp,
    /// Characters of text and thinking so far.
    pub characters: u64,
    /// Prefill tokens done, and in all.
    pub prefill: Option<(u32, u32)>,
    /// By the server's clock, so far.
    pub timings: Timings,
    /// Waiting to try again: which attempt, milliseconds, why.
    pub retrying: Option<(u32, u64, Failure)>,
    /// The files that the answer writes; `None` if it is to hold no edits.
    pub preview: Option<Preview>,
}

/// A file that an answer is writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// How far it has come.
    pub progress: &'a EditProgress,
    /// What happens to it; `None` if nothing tells yet.
    pub fate: Option<Fate>,
    /// Whether it is the one that is being written.
    pub current: bool,
}

/// What a proposal does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is created.
    New,
    /// It exists and changes.
    Changed,
    /// It goes.
    Deleted,
}

impl Live {
    /// A request that was just asked for.
    pub fn new(request: RequestId, now: Timestamp) -> Live {
        Live {
            request,
            asked: now,
            sent: None,
            first_token: None,
            ended: None,
            last_sign: now,
            characters: 0,
            prefill: None,
            timings: Timings::default(),
            retrying: None,
            preview: None,
        }
    }

    /// Begins to watch which files the run's answer writes, if it is to hold edits. What it continues was written before.
    pub fn watch(&mut self, run: &Run) {
        if run.spec.mode.edits && run.active_node().is_some_and(writes) {
            let mut preview = Preview::default();
            preview.push(run.draft());
            self.preview = Some(preview);
        }
    }

    /// The files that the answer is writing, in order. None once it is a proposal: then that is what counts.
    pub fn written<'a>(&'a self, run: &Run) -> Vec<Written<'a>> {
        let at_work = run.active_node().is_some_and(writes) || matches!(run.stage, Stage::Paused(_));
        let Some(preview) = self.preview.as_ref().filter(|_| at_work) else { return Vec::new() };
        let current = preview.current().filter(|_| self.ended.is_none());
        let of = |(i, progress): (usize, &'a EditProgress)| Written {
            progress,
            fate: fate(progress, run),
            current: current == Some(i),
        };
        preview.files().iter().enumerate().map(of).collect()
    }

    /// Tokens a second so far and whether the server measured them. Ours is an estimate of four characters a token
    /// over the time since the first one; it needs half a second to mean anything.
    pub fn rate(&self, now: Timestamp) -> Option<(f64, bool)> {
        if let Some(measured) = self.timings.tokens_per_second() {
            return Some((measured, true));
        }
        let elapsed = self.ended.unwrap_or(now).millis_since(self.first_token?);
        (elapsed >= 500).then(|| (self.characters as f64 / 4.0 * 1000.0 / elapsed as f64, false))
    }

    /// Milliseconds from leaving to the first token.
    pub fn time_to_first_token(&self) -> Option<u64> {
        Some(self.first_token?.millis_since(self.sent?))
    }

    /// Milliseconds from asking to now, or to its end.
    pub fn elapsed(&self, now: Timestamp) -> u64 {
        self.ended.unwrap_or(now).millis_since(self.asked)
    }

    /// Milliseconds of silence, if long enough to say so.
    pub fn stalled(&self, now: Timestamp) -> Option<u64> {
        let silent = now.millis_since(self.last_sign);
        (self.sent.is_some() && self.ended.is_none() && silent >= STALL_MS).then_some(silent)
    }
}

/// Whether a node's answers are edits.
fn writes(node: Node) -> bool {
    matches!(node, Node::Executor | Node::Healer)
}

/// What becomes of the file: what is known to be there says more than the form that the model chose, and that more than
/// its plan.
fn fate(progress: &EditProgress, run: &Run) -> Option<Fate> {
    let path = normalise(&progress.path).ok()?;
    if progress.form == EditForm::Delete {
        return Some(Fate::Deleted);
    }
    if let Some(proposed) = run.attempt().and_then(|a| a.changes.file(&path)) {
        return Some(if proposed.before.is_some() { Fate::Changed } else { Fate::New });
    }
    if run.context.listing.contains(&path) {
        return Some(Fate::Changed);
    }
    match progress.form {
        EditForm::New => return Some(Fate::New),
        EditForm::Change => return Some(Fate::Changed),
        EditForm::Whole | EditForm::Delete => {}
    }
    let step = run.plan.as_ref()?.steps.iter().find(|s| normalise(&s.path).is_ok_and(|p| p == path))?;
    match step.kind {
        StepKind::Create => Some(Fate::New),
        StepKind::Modify => Some(Fate::Changed),
        StepKind::Delete | StepKind::Explain => None,
    }
}
