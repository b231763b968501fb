//! Tokens to phrases with meanings, and phrases to clauses. Decides what is negated; decides no action.

use super::name::Named;
use super::token::{Break, Token, TokenKind};
use super::vocabulary::{LONGEST_PHRASE, Meaning, Vocabulary, mark};
use crate::domain::intent::Target;

/// A phrase of the vocabulary, or a single token it does not know.
pub(super) struct Unit<'a, 'v> {
    pub token: &'a Token<'a>,
    /// Index of its first token.
    pub first: usize,
    pub meaning: Option<&'v Meaning>,
    /// Whether it is part of the name of a language or framework.
    pub is_name: bool,
    /// What a request about that framework is about.
    pub name_target: Option<Target>,
    pub is_negated: bool,
    /// Whether the meaning is of a word one letter away.
    pub is_misspelt: bool,
}

impl Unit<'_, '_> {
    pub fn is(&self, marks: u16) -> bool {
        self.meaning.is_some_and(|m| m.is(marks))
    }

    pub fn before(&self) -> Break {
        self.token.before
    }

    /// Whether a new clause begins here: after punctuation, or after the conjunction `previous`.
    pub fn begins_clause(&self, previous: Option<&Unit>) -> bool {
        self.before() != Break::None || previous.is_none_or(|p| p.is(mark::CONJUNCTION))
    }
}

/// The units of the tokens: at every place the longest phrase the vocabulary knows.
pub(super) fn units<'a, 'v>(tokens: &'a [Token<'a>], names: &[Named], vocabulary: &'v Vocabulary) -> Vec<Unit<'a, 'v>> {
    let mut units = Vec::with_capacity(tokens.len());
    let mut at = 0;
    let mut phrase = String::new();
    while at < tokens.len() {
        let token = &tokens[at];
        let mut meaning = None;
        let mut end = at + 1;
        phrase.clear();
        for (i, next) in tokens[at..].iter().take(LONGEST_PHRASE).enumerate() {
            if next.kind != TokenKind::Word || (i > 0 && next.before != Break::None) {
                break;
            }
            if i > 0 {
                phrase.push(' ');
            }
            phrase.push_str(&next.lower);
            let known = vocabulary.phrase(&phrase).or_else(|| vocabulary.phrase(phrase.strip_suffix("'s")?));
            if let Some(known) = known {
                (meaning, end) = (Some(known), at + i + 1);
            }
        }
        let name = names.iter().find(|n| n.first < end && at < n.end);
        let is_name = name.is_some();
        let misspelt = if meaning.is_none() && !is_name { misspelt(token, vocabulary) } else { None };
        units.push(Unit {
            token,
            first: at,
            meaning: meaning.or(misspelt),
            is_name,
            name_target: name.and_then(|n| n.name.target),
            is_negated: false,
            is_misspelt: misspelt.is_some(),
        });
        at = end;
    }
    negate(&mut units);
    units
}

fn misspelt<'v>(token: &Token, vocabulary: &'v Vocabulary) -> Option<&'v Meaning> {
    let word = token.lower.as_str();
    if token.kind != TokenKind::Word || word.len() < 5 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    vocabulary.phrase(vocabulary.near(word)?)
}

/// What follows a "don't" or "without" is negated up to the clause's end, after "instead of" up to the next preposition.
fn negate(units: &mut [Unit]) {
    let mut negated = false;
    let mut is_short = false;
    for i in 0..units.len() {
        let (earlier, rest) = units.split_at_mut(i);
        let unit = &mut rest[0];
        let after_but = earlier.last().is_some_and(|p| matches!(p.token.lower.as_str(), "but" | "then"));
        if unit.before() != Break::None || after_but || (is_short && unit.is(mark::PREPOSITION)) {
            negated = false;
        }
        unit.is_negated = negated;
        if unit.is(mark::NEGATION) {
            negated = true;
            is_short = matches!(unit.token.lower.as_str(), "instead" | "rather" | "other");
        }
    }
}
