//! What stands above the hunks beside the series of attempts: how the accepted hunks alone fail, what could not be placed,
//! what the reviewer and the validators say of no line that is shown.

use super::rows::{finding_lines, said_lines};
use crate::domain::clock::Timestamp;
use crate::domain::finding::Finding;
use crate::domain::revert::Side;
use crate::graph::{Attempt, Run};
use crate::ui::Look;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{fit, one_line};
use crate::ui::widgets::wrap::wrap;
use ratatui::text::{Line, Span};

/// Most sentences of a kind that are listed.
const SENTENCES: usize = 6;
/// Most rows of a sentence.
const ROWS: usize = 3;
/// The looks of what stands on disk, what stood there, and what the proposal wants.
const SIDES: [Role; 3] = [Role::Text, Role::Removed, Role::Added];
/// Most kinds of findings of which the past is told.
const KINDS: usize = 3;

/// What stands on disk now where what was to be written clashes with it, what stood there, and what the proposal wants.
pub fn clash_lines(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if run.apply_failure.is_none() {
        return lines;
    }
    for conflict in run.clashes.iter().take(SENTENCES) {
        lines.extend(sentence("clash", &format!("{}: {}", conflict.place(), conflict.what), Role::Error, width, look));
        for (Side { said, lines: shown, more }, role) in conflict.sides().iter().zip(SIDES) {
            lines.push(Line::styled(fit(&format!("  {said}"), width), look.style(Role::Dim)));
            let shown = shown.iter().map(|line| Line::styled(fit(&format!("    {line}"), width), look.style(role)));
            lines.extend(shown);
            let rest = format!("    … {more} more lines …");
            lines.extend((*more > 0).then(|| Line::styled(fit(&rest, width), look.style(Role::Dim))));
        }
    }
    lines.extend(more(run.clashes.len(), look));
    lines
}

/// How the accepted hunks fail without the others, each line no wider than `width`.
pub fn part_lines(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for check in run.part.iter().flat_map(|r| &r.checks).filter(|check| !check.passed && check.not_run.is_none()) {
        let text = format!("`{}` fails", check.command);
        lines.extend(sentence("the accepted hunks alone", &text, Role::Error, width, look));
        for finding in check.findings.iter().take(SENTENCES) {
            lines.extend(finding_lines(&placed(finding), width, look));
        }
        lines.extend(more(check.findings.len(), look));
    }
    lines
}

/// A finding that does not stand at its line: its words begin with its place.
pub fn placed(finding: &Finding) -> Finding {
    let place = match (finding.path.as_str(), finding.line) {
        ("", _) => return finding.clone(),
        (path, 0) => format!("{path}: "),
        (path, line) => format!("{path}:{line} "),
    };
    Finding { message: format!("{place}{}", finding.message), ..finding.clone() }
}

/// The lines, each no wider than `width`.
pub fn lines(
    run: &Run,
    attempt: &Attempt,
    findings: &[Finding],
    (width, now): (usize, Timestamp),
    look: &Look,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for check in attempt.report.iter().flat_map(|r| &r.checks) {
        if let Some(why) = &check.not_run {
            let head = ("not checked: ".to_owned(), look.style(Role::Dim));
            lines.extend(said_lines(head, &format!("{}: {why}", check.command), Role::Warning, width, look));
        }
    }
    for finding in findings.iter().take(SENTENCES) {
        lines.extend(finding_lines(finding, width, look));
    }
    lines.extend(more(findings.len(), look));
    for similar in run.similar_to(attempt).into_iter().take(KINDS) {
        let [tool, rule, _, shape] = similar.parts();
        let kind = format!("{tool} {rule}").trim_end().to_owned();
        let text = format!("“{shape}” {}", similar.words(now));
        lines.extend(sentence(&kind, &text, Role::Dim, width, look));
    }
    for install in run.missing() {
        let origin = install.origin(run.is_the_models(install));
        let text = format!("{} would get `{}` ({origin})", install.command(), install.module);
        lines.extend(sentence("not installed", &text, Role::Warning, width, look));
    }
    if let Some(figures) = attempt.report.as_ref().map(|report| &report.figures).filter(|f| !f.is_empty()) {
        lines.extend(sentence("figures", figures, Role::Dim, width, look));
    }
    for problem in attempt.problems.iter().take(SENTENCES) {
        lines.extend(sentence("not placed", problem, Role::Warning, width, look));
    }
    lines.extend(more(attempt.problems.len(), look));
    let reasons = attempt.verdict.as_ref().map_or(&[][..], |verdict| &verdict.reasons);
    for reason in reasons.iter().take(SENTENCES) {
        lines.extend(sentence("reviewer", reason, Role::Text, width, look));
    }
    lines.extend(more(reasons.len(), look));
    lines
}

/// How many of `all` are not listed, if any are not.
fn more(all: usize, look: &Look) -> Option<Line<'static>> {
    let left = all.checked_sub(SENTENCES).filter(|left| *left > 0)?;
    Some(Line::styled(format!("  └ and {left} more"), look.style(Role::Dim)))
}

fn sentence(who: &str, text: &str, role: Role, width: usize, look: &Look) -> Vec<Line<'static>> {
    let pieces = [(format!("{who}: "), look.style(Role::Dim)), (one_line(text), look.style(role))];
    // Room for the sign that something is left out.
    let mut lines = wrap(&pieces, width.saturating_sub(1), 2);
    if lines.len() > ROWS {
        lines.truncate(ROWS);
        lines[ROWS - 1].spans.push(Span::styled("…", look.style(role)));
    }
    lines
}
