//! What stands above the hunks: the series of attempts, what could not be placed, what the reviewer and the validators say
//! of no line in particular.

use super::rows::finding_lines;
use crate::domain::finding::Finding;
use crate::domain::model::Node;
use crate::graph::{Attempt, Run};
use crate::ui::Look;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, fit, one_line, padded};
use crate::ui::widgets::wrap::wrap;
use ratatui::text::{Line, Span};

/// Most attempts that are listed.
const ATTEMPTS: usize = 8;
/// Most sentences of a kind that are listed.
const SENTENCES: usize = 6;

/// The lines, each no wider than `width`.
pub fn lines(run: &Run, attempt: &Attempt, findings: &[Finding], width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = series(run, width, look);
    for check in attempt.report.iter().flat_map(|r| &r.checks) {
        if let Some(why) = &check.not_run {
            lines.extend(sentence("not checked", why, Role::Warning, width, look));
        }
    }
    for check in run.part.iter().flat_map(|r| &r.checks).filter(|check| !check.passed && check.not_run.is_none()) {
        let text = format!("`{}` fails", check.command);
        lines.extend(sentence("the accepted hunks alone", &text, Role::Error, width, look));
        for finding in check.findings.iter().take(SENTENCES) {
            let place =
                if finding.path.is_empty() { String::new() } else { format!("{}:{} ", finding.path, finding.line) };
            let placed = Finding { message: format!("{place}{}", finding.message), ..finding.clone() };
            lines.extend(finding_lines(&placed, width, look));
        }
    }
    for finding in findings.iter().take(SENTENCES) {
        lines.extend(finding_lines(finding, width, look));
    }
    for problem in attempt.problems.iter().take(SENTENCES) {
        lines.extend(sentence("not placed", problem, Role::Warning, width, look));
    }
    for reason in attempt.verdict.iter().flat_map(|v| &v.reasons).take(SENTENCES) {
        lines.extend(sentence("reviewer", reason, Role::Text, width, look));
    }
    lines
}

fn sentence(who: &str, text: &str, role: Role, width: usize, look: &Look) -> Vec<Line<'static>> {
    let pieces = [(format!("{who}: "), look.style(Role::Dim)), (one_line(text), look.style(role))];
    let mut lines = wrap(&pieces, width, 2);
    lines.truncate(3);
    lines
}

/// A line an attempt, when there is more than one: who made it and why, what it cost, how it did.
fn series(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    if run.attempts.len() < 2 {
        return Vec::new();
    }
    let from = (run.chosen + 1).saturating_sub(ATTEMPTS);
    let shown = run.attempts.iter().enumerate().skip(from).take(ATTEMPTS);
    shown.map(|(index, attempt)| attempt_line(run, index, attempt, width, look)).collect()
}

fn attempt_line(run: &Run, index: usize, attempt: &Attempt, width: usize, look: &Look) -> Line<'static> {
    let chosen = index == run.chosen;
    let made = if attempt.node == Node::Healer { "healed" } else { "wrote" };
    let call = run.calls.iter().find(|c| c.id == attempt.request);
    let tokens = call.and_then(|c| c.usage).map_or_else(String::new, |u| {
        format!("{}{} tok", if u.estimated { "~" } else { "" }, u64::from(u.input) + u64::from(u.output))
    });
    let cost = call.and_then(|c| c.cost).map(|c| c.to_string()).unwrap_or_default();
    let (mark, role) = match (&attempt.report, &attempt.verdict) {
        (Some(report), _) if !report.passed() && report.errors() > 0 => (format!("✗ {}", report.errors()), Role::Error),
        (Some(report), _) if !report.passed() => ("✗".to_owned(), Role::Error),
        (Some(_), Some(v)) => (format!("✓ {:.2}", v.score), Role::Success),
        (Some(_), None) => ("✓".to_owned(), Role::Success),
        (None, _) => ("…".to_owned(), Role::Dim),
    };
    let before = format!("{}{} {made:<6} ", if chosen { "▶" } else { " " }, index + 1);
    let figures = if width >= 60 { format!(" {tokens:>10} {cost:>9}") } else { String::new() };
    let cause = match attempt.cause.first() {
        Some(cause) => cause.as_str(),
        None if index == 0 => "first proposal",
        None => "again",
    };
    let room = width.saturating_sub(columns(&before) + columns(&mark) + columns(&figures) + 1);
    Line::from(vec![
        Span::styled(before, look.style(if chosen { Role::Accent } else { Role::Dim })),
        Span::styled(mark, look.style(role)),
        Span::styled(format!(" {}", padded(&fit(cause, room), room)), look.style(Role::Text)),
        Span::styled(figures, look.style(Role::Dim)),
    ])
}
