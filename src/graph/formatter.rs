//! The formatter: what was done, said in Markdown. Pure composition; asks no model and adds nothing that is not known.

use super::material;
use super::run::{Attempt, Run};
use std::fmt::Write;

/// Writes the run's answer, where there is a proposal to tell of.
pub(super) fn compose(run: &mut Run) {
    let Some(attempt) = run.attempt() else { return };
    run.answer = with_notices(&report(run, attempt), &run.notices);
}

/// `text`, and below it what the run did on its own account.
pub(super) fn with_notices(text: &str, notices: &[String]) -> String {
    if notices.is_empty() {
        return text.trim_end().to_owned();
    }
    format!("{}\n\n**Note**\n{}", text.trim_end(), material::shown_list(notices).trim_end())
}

fn report(run: &Run, attempt: &Attempt) -> String {
    let mut text = match &run.plan {
        Some(plan) => plan.summary.trim().to_owned(),
        None => run.spec.intent.text.trim().to_owned(),
    };
    text.push_str("\n\n**Files**\n");
    for file in attempt.diff.iter() {
        let (added, removed) = file.counts();
        let word = match (file.created, file.deleted) {
            (true, _) => "new",
            (_, true) => "deleted",
            _ => "changed",
        };
        let _ = writeln!(text, "- `{}` {word} (+{added} −{removed})", file.path);
    }
    let _ = write!(text, "\n**Checks** {}\n", checks(attempt));
    if let Some(verdict) = &attempt.verdict {
        let _ = write!(text, "\n**Review** {:.2} of 1\n{}", verdict.score, material::shown_list(&verdict.reasons));
        section(&mut text, "Next steps", &verdict.next_steps);
        section(&mut text, "Could be better", &verdict.improvements);
    }
    section(&mut text, "Not placed", &attempt.problems);
    text
}

fn checks(attempt: &Attempt) -> String {
    match &attempt.report {
        None => "not run".to_owned(),
        report => material::checks(report.as_ref()),
    }
}

fn section(text: &mut String, title: &str, sentences: &[String]) {
    if !sentences.is_empty() {
        let _ = write!(text, "\n**{title}**\n{}", material::shown_list(sentences));
    }
}
