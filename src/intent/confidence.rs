//! How sure a reading is. The weights were fitted on the development half of the labelled requests only.

use super::action::ActionReading;
use super::clause::Unit;
use super::question::Clarity;
use super::target::Evidence;
use super::token::{Break, TokenKind};
use super::vocabulary::mark;

/// How sure it is that a sentence without a known verb, that names a file or a symbol, asks for a change to it.
const NAMED: f64 = 0.45;

/// From the strength of the action, its lead over the next, what told the target, and whether a file or a symbol is named.
pub(super) fn read(
    units: &[Unit],
    actions: &ActionReading,
    evidence: Evidence,
    text: &str,
    names_code: bool,
) -> (f64, Clarity) {
    let is_asked = is_question(units, text) && actions.verb.is_none();
    let Some((action, first, second)) = actions.best() else {
        // With nothing that speaks for an action, the mark alone makes it a question, in any language.
        let is_asked = is_asked || text.trim_end().ends_with(['?', '？', '؟']);
        let clarity = if is_asked { Clarity::Asked } else { Clarity::None };
        let confidence = match units.len() {
            0 => 0.0,
            // "Round the totals in shop.py": the verb is nobody's, but what is wanted is a change to what is named.
            3.. if !is_asked && names_code => NAMED,
            _ => 0.1,
        };
        return (confidence, clarity);
    };
    let strength = (first / 3.0).min(1.0);
    let lead = 1.0 - second / first;
    let told = match evidence {
        Evidence::Object => 1.0,
        Evidence::Noun => 0.85,
        Evidence::Hint => 0.75,
        Evidence::Nothing => 0.45,
    };
    let mut confidence = strength.powf(0.7) * (0.55 + 0.45 * lead) * (0.5 + 0.5 * told) * english(units);
    if actions.verb.is_some_and(|v| units[v].is_misspelt) {
        confidence *= 0.85;
    }
    // "fix it", "refactor": a command without anything to do it to.
    if evidence == Evidence::Nothing && units.len() < 3 && units.iter().all(|u| u.token.kind == TokenKind::Word) {
        confidence *= 0.5;
    }
    if is_asked {
        confidence *= 0.4;
    }
    let rival =
        actions.scores.iter().enumerate().filter(|(i, _)| *i != action as usize).max_by(|a, b| a.1.total_cmp(b.1));
    let rival = rival.filter(|(_, s)| **s > 0.3).map(|(i, _)| crate::domain::intent::Action::ALL[i]);
    let clarity = if is_asked { Clarity::Asked } else { Clarity::Some(action, rival) };
    (confidence.clamp(0.0, 1.0), clarity)
}

/// Whether a sentence begins with a question word. "When", "is" and the like need the question mark as well.
fn is_question(units: &[Unit], text: &str) -> bool {
    let asks =
        |u: &Unit| matches!(u.token.lower.as_str(), "how" | "what" | "what's" | "why" | "where" | "which" | "who");
    let begins = |u: &&Unit| u.before() == Break::Stop && u.is(mark::QUESTION);
    units.iter().filter(begins).any(|u| asks(u) || text.contains('?'))
}

/// 1 for English; less the fewer words are known.
fn english(units: &[Unit]) -> f64 {
    let words: Vec<&Unit> = units.iter().filter(|u| u.token.kind == TokenKind::Word).collect();
    if words.len() < 3 {
        return 1.0;
    }
    let is_known = |u: &&&Unit| {
        u.is_name || !u.is_misspelt && u.meaning.is_some_and(|m| m.marks != 0 || m.is_thing() || m.verb.is_some())
    };
    let known = words.iter().filter(is_known).count();
    let share = known as f64 / words.len() as f64;
    if share >= 0.34 { 1.0 } else { 0.35 + 1.9 * share }
}
