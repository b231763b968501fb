//! Which action a request commands: the verb at a clause's beginning, what its object makes of it, and signs elsewhere.

use super::clause::Unit;
use super::inflection::Form;
use super::token::{Break, TokenKind};
use super::vocabulary::{Light, Verb, mark};
use crate::domain::intent::{Action, Target};

/// What a command in the imperative weighs.
const COMMAND: f64 = 3.0;
/// What a further command weighs, and the most that all further ones of one action weigh.
const FURTHER: (f64, f64) = (0.8, 1.6);
/// What a bare noun phrase ("endpoint for login") weighs.
const NOUN_PHRASE: f64 = 1.9;
/// What a "make" with a certain thing as its object counts, since what is made of it comes later.
const DEFINITE: f64 = 0.8;
/// How much of a sign's weight counts beside a clear command.
const BESIDE_COMMAND: f64 = 0.3;
/// The most that all signs of one action weigh.
const MOST_SIGNS: f64 = 3.0;

/// The reading of the action.
pub(super) struct ActionReading {
    /// By `Action::ALL`.
    pub scores: [f64; 8],
    /// Unit index of the first command's verb.
    pub verb: Option<usize>,
    /// Unit range of its object, or of the noun phrase that stands for a command.
    pub object: std::ops::Range<usize>,
}

impl ActionReading {
    /// The best action with its score and the score of the second; `None` when nothing speaks for any.
    pub fn best(&self) -> Option<(Action, f64, f64)> {
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|&a, &b| self.scores[b].total_cmp(&self.scores[a]));
        let (first, second) = (order[0], order[1]);
        (self.scores[first] > 0.0).then(|| (Action::ALL[first], self.scores[first], self.scores[second]))
    }
}

struct Command {
    unit: usize,
    action: Action,
    strength: f64,
    object: std::ops::Range<usize>,
    /// Whether it is a "make" with a certain thing as its object.
    is_definite: bool,
}

/// Weighs everything that speaks for an action.
pub(super) fn read(units: &[Unit]) -> ActionReading {
    let mut scores = [0.0; 8];
    let commands = commands(units);
    let first = commands.first();
    if let Some(c) = first {
        scores[c.action as usize] += COMMAND * c.strength;
    }
    let mut further = [0.0f64; 8];
    for c in commands.iter().skip(1) {
        further[c.action as usize] += FURTHER.0 * c.strength;
    }
    let noun_phrase = if first.is_none() { noun_phrase(units) } else { None };
    if let Some((action, _)) = &noun_phrase {
        scores[*action as usize] += NOUN_PHRASE;
    }
    let is_clear = first.is_some_and(|c| c.strength > 0.75);
    let mut signs = [0.0f64; 8];
    for (i, unit) in units.iter().enumerate().filter(|(_, u)| !u.is_negated) {
        if let Some((action, weight)) = unit.meaning.and_then(|m| m.cue).filter(|_| Some(i) != first.map(|c| c.unit)) {
            signs[action as usize] += weight;
        }
        if unit.token.kind == TokenKind::Symbol && is_error_name(unit.token.text) {
            signs[Action::Fix as usize] += 1.5;
        }
    }
    signs[Action::Optimize as usize] += if takes_a_number(units) { 1.8 } else { 0.0 };
    // "make the code faster": "faster" is what the command says.
    if first.is_some_and(|c| c.is_definite) && signs.iter().any(|s| *s >= 2.0) {
        scores[Action::Modify as usize] *= 0.3;
    }
    for i in 0..8 {
        scores[i] += further[i].min(FURTHER.1);
        scores[i] += signs[i].min(MOST_SIGNS) * if is_clear { BESIDE_COMMAND } else { 1.0 };
    }
    let object = first.map(|c| c.object.clone()).or(noun_phrase.map(|(_, range)| range)).unwrap_or(0..0);
    ActionReading { scores, verb: first.map(|c| c.unit), object }
}

fn is_error_name(symbol: &str) -> bool {
    symbol.ends_with("Error") || symbol.ends_with("Exception")
}

/// "takes 8 seconds".
fn takes_a_number(units: &[Unit]) -> bool {
    units.windows(2).any(|w| {
        matches!(w[0].token.lower.as_str(), "takes" | "take" | "taking")
            && (w[1].token.lower.starts_with(|c: char| c.is_ascii_digit())
                || matches!(w[1].token.lower.as_str(), "an" | "several" | "minutes" | "ages"))
    })
}

fn commands(units: &[Unit]) -> Vec<Command> {
    let mut found = Vec::new();
    for start in clause_starts(units) {
        let at = skip_prefix(units, start);
        let Some(verb) = units.get(at).filter(|u| !u.is_negated).and_then(|u| u.meaning?.verb) else { continue };
        let is_joined = start > 0 && units[start].before() != Break::Stop;
        let form = match verb.form {
            Form::Base => 1.0,
            Form::Gerund if !is_joined => 0.7,
            _ => continue,
        };
        if units.get(at + 1).is_some_and(|next| next.before() == Break::None && is_predicate(next)) {
            continue;
        }
        let object = object_of(units, at + 1);
        let action = resolve(units, verb, &object, at);
        let is_definite = verb.definite.is_some_and(|d| d == action);
        let strength = verb.strength * form * if is_definite { DEFINITE } else { 1.0 };
        found.push(Command { unit: at, action, strength, object, is_definite });
    }
    found
}

fn clause_starts<'u>(units: &'u [Unit<'u, 'u>]) -> impl Iterator<Item = usize> + 'u {
    (0..units.len()).filter(|&i| units[i].begins_clause(i.checked_sub(1).map(|p| &units[p])))
}

/// Past politeness, greetings and names, as long as the clause goes on.
fn skip_prefix(units: &[Unit], start: usize) -> usize {
    let mut at = start;
    while let Some(unit) = units.get(at) {
        let skipped =
            unit.is(mark::PREFIX | mark::GREETING) || (unit.is_name && unit.meaning.is_none_or(|m| m.verb.is_none()));
        if !skipped {
            break;
        }
        at += 1;
    }
    at
}

/// "build fails", "test is": what follows a noun, so that the word before is no command.
fn is_predicate(unit: &Unit) -> bool {
    let third = |v: Verb| v.form == Form::Third;
    let is_sign = unit.meaning.and_then(|m| m.cue).is_some_and(|(a, w)| a == Action::Fix && w >= 1.5);
    let noun = unit.meaning.is_some_and(|m| m.is_thing() || m.is(mark::PREPOSITION));
    unit.is(mark::AUXILIARY) && !unit.is(mark::PRONOUN) && !noun
        || is_sign && unit.token.lower.ends_with('s') && !unit.token.lower.ends_with("bugs")
        || unit.meaning.and_then(|m| m.verb).is_some_and(third) && !noun
}

/// The rest of the noun phrase, from `from`.
fn object_of(units: &[Unit], from: usize) -> std::ops::Range<usize> {
    let mut end = from;
    while let Some(unit) = units.get(end) {
        // "that" begins a clause, except as the first word ("that button").
        let is_determiner = end == from && unit.is(mark::DETERMINER);
        // "make `load` return": the identifier is the object, not what it does.
        let after_symbol = end > from && units[end - 1].token.kind == TokenKind::Symbol;
        let is_verb = unit.meaning.is_some_and(|m| m.verb.is_some_and(|v| v.form == Form::Base) && !m.is_thing());
        let ends = unit.before() != Break::None && unit.token.kind == TokenKind::Word
            || (unit.is(mark::PREPOSITION | mark::RELATIVE | mark::CONJUNCTION | mark::NEGATION) && !is_determiner)
            || (unit.is(mark::AUXILIARY) && unit.meaning.is_some_and(|m| !m.is_thing()))
            || (after_symbol && is_verb)
            || unit.token.lower == "to";
        if ends {
            break;
        }
        end += 1;
    }
    from..end
}

/// What a verb with this object does.
fn resolve(units: &[Unit], verb: Verb, object: &std::ops::Range<usize>, at: usize) -> Action {
    let Some(light) = verb.light else { return verb.action };
    let phrase = &units[object.clone()];
    let is_definite =
        phrase.first().is_some_and(|u| u.is(mark::DETERMINER | mark::PRONOUN) || u.token.kind != TokenKind::Word);
    // "make the tests pass": tests that are there already are not to be written.
    let exists = |action: &Action| is_definite && verb.definite.is_some() && *action == Action::Test;
    // "add an LRU cache" makes one; "add a cache to the service" and "add caching" make faster what is there.
    let is_new = |action: &Action| {
        let has_article = phrase.first().is_some_and(|u| u.is(mark::INDEFINITE));
        let is_for_something = units.get(object.end).is_some_and(|u| u.token.lower == "to");
        light == Light::Add && *action == Action::Optimize && has_article && !is_for_something
    };
    if let Some(action) = head_action(phrase, light).filter(|a| !exists(a) && !is_new(a)) {
        return action;
    }
    let only_pronouns = phrase.iter().all(|u| u.is(mark::PRONOUN | mark::PREFIX));
    // "the docstring is outdated, update it": "it" is the subject from before.
    if only_pronouns
        && at > 0
        && let Some(action) = head_action(&units[..object_of(&units[..at], 1).end], light)
    {
        return action;
    }
    match verb.definite {
        Some(action) if is_definite => action,
        _ => verb.action,
    }
}

/// What the last thing of a noun phrase makes of a light verb.
fn head_action(phrase: &[Unit], light: Light) -> Option<Action> {
    let head =
        phrase.iter().rev().find(|u| is_document(u) || u.meaning.is_some_and(super::vocabulary::Meaning::is_thing))?;
    if is_document(head) {
        return Some(Action::Document);
    }
    let action = head.meaning?.object[light as usize]?;
    // "add a search tree": what is added is the tree, though it is no known word, and not the search.
    let is_last = phrase.iter().rev().take_while(|u| !std::ptr::eq(*u, head)).all(|u| u.meaning.is_some() || u.is_name);
    (is_last || action != Action::Modify).then_some(action)
}

/// `README`, `CHANGELOG.md`: files that are documentation.
fn is_document(unit: &Unit) -> bool {
    unit.token.kind == TokenKind::Path
        && ["README", "CHANGELOG", "CONTRIBUTING"]
            .iter()
            .any(|d| unit.token.text.rsplit('/').next().unwrap_or("").starts_with(d))
}

/// A first clause that is a noun phrase ("endpoint that updates the avatar") asks for that thing; one that ends in a sign
/// ("eslint errors in …") asks for what the sign says.
fn noun_phrase(units: &[Unit]) -> Option<(Action, std::ops::Range<usize>)> {
    let is_modal = |u: &Unit| u.meaning.and_then(|m| m.cue).is_some_and(|(a, _)| a == Action::Modify);
    if units.len() == 1 || units.iter().any(is_modal) {
        return None;
    }
    clause_starts(units).take(3).find_map(|start| {
        let at = skip_prefix(units, start);
        let first = units.get(at)?;
        if first.is_negated || first.is(mark::DETERMINER) && !first.is(mark::INDEFINITE) || first.is(mark::QUESTION) {
            return None;
        }
        let names_only = at > start && first.is(mark::PREPOSITION | mark::RELATIVE);
        let range = start..if names_only { at } else { object_of(units, at + 1).end };
        let next = units.get(range.end).filter(|u| u.before() == Break::None);
        if next.is_some_and(|u| is_predicate(u) || u.is(mark::AUXILIARY)) {
            return None;
        }
        let phrase = &units[range.clone()];
        let sign = |u: &Unit| u.meaning.and_then(|m| m.cue).map(|(action, _)| action);
        let is_thing = |u: &Unit| u.meaning.is_some_and(super::vocabulary::Meaning::is_thing);
        let action = match phrase.iter().rev().find(|u| is_thing(u) || sign(u).is_some()) {
            Some(head) if is_thing(head) => head_action(phrase, Light::Make).unwrap_or(Action::Create),
            Some(head) => sign(head).filter(|_| phrase.len() > 1)?,
            None if phrase.iter().any(|u| u.name_target == Some(Target::Test)) => Action::Test,
            None => return None,
        };
        Some((action, range))
    })
}
