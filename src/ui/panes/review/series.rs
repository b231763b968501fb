//! The series of attempts, a line each: what made it and why, what it took, and how many findings it left.
//!
//! Which columns there are follows from the width alone; the words of the cause get what is left.

use crate::domain::model::Node;
use crate::domain::rung::RungKind;
use crate::graph::{Attempt, Run};
use crate::ui::Look;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, fit, fit_middle, one_line, padded};
use ratatui::text::{Line, Span};

/// Columns from which tokens and money, seconds, and the model have columns of their own.
const WITH_COST: usize = 56;
const WITH_SECONDS: usize = 72;
const WITH_MODEL: usize = 88;

/// The lines, each no wider than `width`; none for a single attempt.
pub fn lines(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    if run.attempts.len() < 2 {
        return Vec::new();
    }
    let best = run.best_attempt();
    let all = run.attempts.iter().enumerate();
    all.map(|(index, attempt)| line(run, index, attempt, best == Some(index), width, look)).collect()
}

fn line(run: &Run, index: usize, attempt: &Attempt, best: bool, width: usize, look: &Look) -> Line<'static> {
    let chosen = index == run.chosen;
    let digits = run.attempts.len().to_string().len();
    let (shown, star) = (if chosen { "▶" } else { " " }, if best { "★" } else { " " });
    let edge = format!("{shown}{star}{:<digits$} ", index + 1);
    let kind = format!("{:<8} ", kind(attempt));
    let (mark, role) = outcome(run, index, attempt);
    let mark = padded(&mark, 6);
    // Columns that stay empty on the left are the cause's.
    let figures = figures(attempt, width);
    let figures = match figures.trim_start_matches(' ') {
        "" => String::new(),
        own => format!(" {own}"),
    };
    let taken = columns(&edge) + columns(&kind) + columns(&mark) + columns(&figures) + 1;
    let room = width.saturating_sub(taken);
    let cause = padded(&fit(&one_line(cause(index, attempt)), room), room);
    Line::from(vec![
        Span::styled(edge, look.style(if chosen { Role::Accent } else { Role::Dim })),
        Span::styled(kind, look.style(if chosen { Role::Accent } else { Role::Text })),
        Span::styled(mark, look.style(role)),
        Span::styled(format!(" {cause}"), look.style(Role::Text)),
        Span::styled(figures, look.style(Role::Dim)),
    ])
}

/// What made it, in a word.
fn kind(attempt: &Attempt) -> &'static str {
    match (attempt.rung.kind, attempt.node) {
        (RungKind::First, Node::Healer) => "healed",
        (RungKind::First, _) if attempt.rung.what.is_empty() => "wrote",
        (RungKind::First, _) if attempt.rung.base.is_some() => "again",
        (RungKind::First, _) => "found",
        (kind, _) => kind.word(),
    }
}

/// Findings before and after, or that the checks pass.
fn outcome(run: &Run, index: usize, attempt: &Attempt) -> (String, Role) {
    let (before, after) = run.open_findings(index);
    let Some(report) = &attempt.report else { return ("…".to_owned(), Role::Dim) };
    match (before, after.unwrap_or(0)) {
        (_, 0) if report.passed() => match &attempt.verdict {
            Some(verdict) => (format!("✓ {:.2}", verdict.score), Role::Success),
            None => ("✓".to_owned(), Role::Success),
        },
        (_, 0) => ("!".to_owned(), Role::Warning),
        (Some(before), after) => (format!("✗ {before}→{after}"), Role::Error),
        (None, after) => (format!("✗ {after}"), Role::Error),
    }
}

/// What was done where that is known, else what it answers to.
fn cause(index: usize, attempt: &Attempt) -> &str {
    match attempt.cause.first() {
        _ if !attempt.rung.what.is_empty() => &attempt.rung.what,
        Some(cause) => cause,
        None if index == 0 => "first proposal",
        None => "again",
    }
}

/// What it took, as far as there is room.
fn figures(attempt: &Attempt, width: usize) -> String {
    let rung = &attempt.rung;
    let mut text = String::new();
    if width >= WITH_MODEL {
        let model = rung.model.as_ref().map_or("", |m| m.model.as_str());
        text.push_str(&format!(" {}", padded(&fit_middle(model, 16), 16)));
    }
    if width >= WITH_COST {
        let tokens = match rung.tokens {
            0 => String::new(),
            n => format!("{}{n} tok", if rung.estimated { "~" } else { "" }),
        };
        let cost = rung.cost.map(|c| c.to_string()).unwrap_or_default();
        text.push_str(&format!(" {tokens:>10} {cost:>8}"));
    }
    if width >= WITH_SECONDS {
        let took = rung.millis.map(|ms| format!("{:.1} s", ms as f64 / 1000.0)).unwrap_or_default();
        text.push_str(&format!(" {took:>7}"));
    }
    text
}
