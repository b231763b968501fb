//! What kinds of thing a request is about: every kind it names, the one it acts on first.

use super::action::ActionReading;
use super::clause::Unit;
use super::inflection::Form;
use super::mention::{Mention, MentionKind};
use super::name::{Named, texts};
use super::token::TokenKind;
use super::vocabulary::{Vocabulary, mark};
use crate::domain::intent::{Action, Target};

/// What the kinds were told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// A noun in the object of the command.
    Object,
    /// A noun elsewhere.
    Noun,
    /// The name of a file, framework or identifier.
    Hint,
    /// Nothing.
    Nothing,
}

/// Everything the kinds can be told by.
pub(super) struct Sources<'a, 'v> {
    pub text: &'a str,
    pub units: &'a [Unit<'a, 'v>],
    pub mentions: &'a [Mention],
    pub names: &'a [Named<'v>],
    pub vocabulary: &'v Vocabulary,
}

/// The kinds, most certain first, and what told them.
pub(super) fn read(action: Action, reading: &ActionReading, sources: &Sources) -> (Vec<Target>, Evidence) {
    let mut found = nouns(reading, sources.units);
    if !found.iter().any(|(_, rank)| *rank >= RANK_OBJECT) {
        let framework = if action == Action::Create { object_framework(reading, sources) } else { None };
        if let Some(target) = framework.or_else(|| object_symbol(reading, sources)) {
            found.retain(|(t, _)| *t != target);
            found.insert(0, (target, RANK_OBJECT));
        }
    }
    let mut evidence = match found.first() {
        Some((_, rank)) if *rank >= RANK_OBJECT => Evidence::Object,
        Some(_) => Evidence::Noun,
        None => Evidence::Nothing,
    };
    if action == Action::Test {
        found.retain(|(t, _)| *t != Target::Test);
    }
    let mut targets: Vec<Target> = found.into_iter().map(|(t, _)| t).collect();
    if targets.is_empty() {
        let named_test = evidence != Evidence::Nothing;
        let hints = if named_test { by_symbol(sources).into_iter().collect() } else { hints(sources) };
        if !named_test && !hints.is_empty() {
            evidence = Evidence::Hint;
        }
        targets.extend(hints.into_iter().filter(|t| action != Action::Test || *t != Target::Test));
    }
    if action == Action::Test {
        targets.insert(0, Target::Test);
        evidence = if evidence == Evidence::Nothing { Evidence::Hint } else { evidence };
    }
    (targets, evidence)
}

const RANK_OBJECT: f64 = 60.0;

/// The kinds that nouns name, each with its rank, best first.
fn nouns(reading: &ActionReading, units: &[Unit]) -> Vec<(Target, f64)> {
    let head = reading.object.clone().rev().find(|&i| units[i].meaning.is_some_and(|m| m.target.is_some()));
    let mut found: Vec<(Target, f64)> = Vec::new();
    for (i, unit) in units.iter().enumerate() {
        let Some((target, weight)) = unit.meaning.and_then(|m| m.target) else { continue };
        if unit.is_negated || Some(i) == reading.verb || is_verb(units, i) {
            continue;
        }
        let place = match i {
            i if Some(i) == head => RANK_OBJECT + 40.0,
            i if reading.object.contains(&i) => RANK_OBJECT,
            _ => 30.0,
        };
        let rank = place + weight - 0.01 * i as f64;
        match found.iter_mut().find(|(t, _)| *t == target) {
            Some((_, best)) => *best = best.max(rank),
            None => found.push((target, rank)),
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found
}

/// Whether the noun stands where it is a verb: "to test", "and index".
fn is_verb(units: &[Unit], at: usize) -> bool {
    let Some(verb) = units[at].meaning.and_then(|m| m.verb) else { return false };
    let previous = at
        .checked_sub(1)
        .map(|p| units[p].token.lower.as_str())
        .filter(|_| units[at].token.before == super::token::Break::None);
    verb.form == Form::Base && matches!(previous, Some("to"))
}

/// The framework in the command's object ("set up GitHub Actions").
fn object_framework(reading: &ActionReading, sources: &Sources) -> Option<Target> {
    let first = sources.units.get(reading.object.start)?.first;
    let end = sources.units.get(reading.object.end).map_or(usize::MAX, |u| u.first);
    sources.names.iter().filter(|n| (first..end).contains(&n.first)).find_map(|n| n.name.target)
}

/// The identifier in the command's object ("make `User.save` return …").
fn object_symbol(reading: &ActionReading, sources: &Sources) -> Option<Target> {
    let is_symbol = sources.units[reading.object.clone()].last().is_some_and(|u| u.token.kind == TokenKind::Symbol);
    if is_symbol { by_symbol(sources) } else { None }
}

/// What names of files say, else the identifiers, else (where no file is named) the frameworks.
fn hints(sources: &Sources) -> Vec<Target> {
    let paths = texts(sources.text, sources.mentions, MentionKind::Path);
    let mut by_path = Vec::new();
    for path in &paths {
        if let Some(target) = place(path, sources.vocabulary).filter(|t| !by_path.contains(t)) {
            by_path.push(target);
        }
    }
    if !by_path.is_empty() {
        return by_path;
    }
    let is_negated = |first: usize| sources.units.iter().rev().find(|u| u.first <= first).is_some_and(|u| u.is_negated);
    let by_framework = || sources.names.iter().filter(|n| !is_negated(n.first)).find_map(|n| n.name.target);
    by_symbol(sources).or_else(|| if paths.is_empty() { by_framework() } else { None }).into_iter().collect()
}

/// What the parts of a path say, the last first.
fn place(path: &str, vocabulary: &Vocabulary) -> Option<Target> {
    let mut parts = Vec::new();
    for part in path.split(['/', '\\', '.', '_', '-']).filter(|p| !p.is_empty()) {
        let mut start = 0;
        let bytes = part.as_bytes();
        for i in 1..bytes.len() {
            if bytes[i].is_ascii_uppercase() && bytes[i - 1].is_ascii_lowercase() {
                parts.push(part[start..i].to_lowercase());
                start = i;
            }
        }
        parts.push(part[start..].to_lowercase());
    }
    parts.iter().rev().find_map(|p| vocabulary.place(p))
}

/// `parse_config`, `getUser`, `x()`, `User.save` are functions; `UserService` is a class.
fn by_symbol(sources: &Sources) -> Option<Target> {
    let mut class = None;
    for mention in sources.mentions.iter().filter(|m| m.kind == MentionKind::Symbol) {
        let symbol = &sources.text[mention.span.clone()];
        let last = symbol.rsplit([':', '.', '>']).next().unwrap_or(symbol);
        let is_call = sources.text[mention.span.end..].starts_with("()");
        let has_lower = last.chars().any(char::is_lowercase);
        if is_call || (has_lower && last.starts_with(|c: char| c.is_lowercase() || c == '_')) {
            return Some(Target::Function);
        }
        let is_class = has_lower
            && last.starts_with(char::is_uppercase)
            && !last.ends_with("Error")
            && !last.ends_with("Exception");
        class = class.or(is_class.then_some(Target::Class));
    }
    class
}

/// How many things are joined by "and", commas and the like in the request.
pub(super) fn joints(units: &[Unit]) -> usize {
    units.iter().skip(2).filter(|u| u.is(mark::CONJUNCTION) || u.before() == super::token::Break::Comma).count()
}
