//! A sentence to an [`Intent`]: what to do, to what, in which language, how much work, how surely.
//!
//! Pure, bounded and deterministic. Every word it knows is data (`assets/intent/`, [`Vocabulary`]); the rules here only say
//! where in a sentence a word means what. It guesses no language, resolves no name against the repository, and below
//! [`FLOOR`] it asks one [`Question`] instead of guessing. `docs/INTENT.md` has the rules and how often they are right.

mod action;
mod clause;
mod confidence;
mod effort;
mod inflection;
mod mention;
mod name;
mod question;
mod raw;
mod target;
mod token;
mod vocabulary;

pub use effort::recommended_budget;
pub use name::LanguageSource;
pub use question::{Answer, Question};
pub use vocabulary::{Vocabulary, VocabularyError};

use crate::domain::intent::{Action, Intent};
use mention::MentionKind;

/// Below this confidence the reading comes with a question.
pub const FLOOR: f64 = 0.4;

/// Bytes of a request that are read; what follows is material, not the request.
const SCANNED: usize = 16 * 1024;

/// Words of a request that are read.
const MOST_TOKENS: usize = 1_200;

/// What was read, and what has to be asked first.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The request as read. Where nothing spoke for an action it is `modify`, and there is a question unless a file or symbol is named.
    pub intent: Intent,
    /// What told the language.
    pub language_source: Option<LanguageSource>,
    /// The one thing to ask when the confidence is below [`FLOOR`].
    pub question: Option<Question>,
}

/// Reads a request.
pub fn parse(text: &str, vocabulary: &Vocabulary) -> Reading {
    let scanned = beginning(text);
    let (mentions, fence_language) = mention::mentions(scanned, vocabulary);
    let tokens = token::tokens(scanned, &mentions, MOST_TOKENS);
    let names = name::names(&tokens, vocabulary);
    let units = clause::units(&tokens, &names, vocabulary);
    let actions = action::read(&units);
    let action = actions.best().map_or(Action::Modify, |(action, ..)| action);
    let sources = target::Sources { text: scanned, units: &units, mentions: &mentions, names: &names, vocabulary };
    let (targets, evidence) = target::read(action, &actions, &sources);
    let is_negated = |token: usize| units.iter().rev().find(|u| u.first <= token).is_some_and(|u| u.is_negated);
    let paths = name::texts(scanned, &mentions, MentionKind::Path);
    let language = name::language(&names, &tokens, is_negated, &paths)
        .or_else(|| fence_language.map(|l| (l, LanguageSource::Name)));
    let complexity = effort::read(&units, action, &targets);
    let symbols = name::texts(scanned, &mentions, MentionKind::Symbol);
    let names_code = !paths.is_empty() || !symbols.is_empty();
    let (confidence, clarity) = confidence::read(&units, &actions, evidence, scanned, names_code);
    let mut frameworks: Vec<String> = Vec::new();
    for name in names.iter().map(|n| &n.name.framework).filter(|f| !f.is_empty()) {
        if !frameworks.contains(name) {
            frameworks.push(name.clone());
        }
    }
    let intent = Intent {
        text: text.to_owned(),
        action,
        token_budget: recommended_budget(action, complexity, &targets),
        targets,
        language: language.map(|(l, _)| l),
        frameworks,
        complexity,
        confidence,
        paths: paths.into_iter().map(str::to_owned).collect(),
        symbols: symbols.into_iter().map(str::to_owned).collect(),
    };
    let question = (confidence < FLOOR).then(|| question::ask(&intent, clarity, evidence));
    Reading { intent, language_source: language.map(|(_, source)| source), question }
}

/// The first [`SCANNED`] bytes, or up to three fewer so that no character is cut.
fn beginning(text: &str) -> &str {
    (0..4).filter_map(|back| text.get(..text.len().min(SCANNED) - back.min(text.len()))).next().unwrap_or("")
}
