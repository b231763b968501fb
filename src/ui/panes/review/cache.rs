//! The proposal under review as it was last laid out, and what that was made from.

use super::code::Code;
use super::rows::{Cut, Rows};
use crate::app::{Columns, State};
use crate::domain::comment::Comment;
use crate::domain::revert::Conflict;
use crate::graph::{Attempt, Run};
use crate::ui::View;

/// Columns from which a change is shown side by side by itself, and from which it can be.
const ROOMY: usize = 120;
const POSSIBLE: usize = 60;

/// The proposal under review, laid out.
#[derive(Default)]
pub struct Cache {
    made_from: Option<Origin>,
    pub(super) rows: Rows,
    pub(super) code: Code,
}

impl Cache {
    /// The width that it was made for.
    pub(super) fn width(&self) -> usize {
        self.made_from.as_ref().map_or(0, |origin| origin.cut.width)
    }
}

/// What a layout was made from: another one needs another layout.
#[derive(PartialEq)]
struct Origin {
    session: String,
    run: u64,
    attempt: usize,
    attempts: usize,
    files: usize,
    checked: bool,
    judged: bool,
    part: bool,
    clashes: Vec<Conflict>,
    comments: Vec<Comment>,
    step: bool,
    known: (usize, usize),
    cut: Cut,
}

/// Brings the layout up to what is under review.
pub(super) fn lay_out(state: &State, run: &Run, attempt: &Attempt, width: usize, view: &mut View) {
    let split = match state.review.columns {
        Columns::Fitting => width >= ROOMY,
        Columns::One => false,
        Columns::Two => width >= POSSIBLE,
    };
    let origin = Origin {
        session: state.session.id.0.clone(),
        run: run.spec.id.0,
        attempt: run.chosen,
        attempts: run.attempts.len(),
        files: attempt.diff.len(),
        checked: attempt.report.is_some(),
        judged: attempt.verdict.is_some(),
        part: run.part.is_some(),
        clashes: if run.apply_failure.is_some() { run.clashes.clone() } else { Vec::new() },
        comments: run.comments.clone(),
        step: state.review.step.is_some(),
        known: (run.installs.len(), run.similar.len()),
        cut: Cut { width, split },
    };
    if view.review.made_from.as_ref() != Some(&origin) {
        let rows = Rows::of(run, attempt, origin.cut, state.now, &view.look);
        view.work.placed += rows.rows.len();
        view.review = Cache { made_from: Some(origin), rows, code: Code::default() };
    }
}
