//! The one question that is asked back when a request is not clear. Words only; asking is the front's business.

use super::target::Evidence;
use crate::domain::intent::{Action, Intent, Target};

/// What is asked instead of guessing.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// One sentence.
    pub text: String,
    /// Two to four suggestions; the user may also answer in own words.
    pub answers: Vec<Answer>,
}

/// A suggested answer. Setting what it names on the intent makes the intent clear.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the user picks, such as "Fix the login page".
    pub label: String,
    /// The action it settles.
    pub action: Option<Action>,
    /// The target it settles.
    pub target: Option<Target>,
    /// Whether a change is wanted; else an answer in words.
    pub edits: bool,
}

impl Question {
    /// Whether the request reads like a question, which an answer in words may be all that is wanted for.
    pub fn offers_words(&self) -> bool {
        self.answers.iter().any(|answer| !answer.edits)
    }
}

/// How far the action is clear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Clarity {
    /// Nothing speaks for any.
    None,
    /// It reads like a question.
    Asked,
    /// This one and, as far as one speaks for it, a second.
    Some(Action, Option<Action>),
}

/// Asks for what is least clear: the action before the target.
pub(super) fn ask(intent: &Intent, clarity: Clarity, evidence: Evidence) -> Question {
    let thing = thing(intent);
    let answers = |actions: &[Action]| actions.iter().map(|&a| answer(a, intent, &thing)).collect();
    match clarity {
        Clarity::Some(action, _)
            if evidence == Evidence::Nothing && intent.paths.is_empty() && intent.symbols.is_empty() =>
        {
            let targets = usual_targets(action);
            Question {
                text: format!("What should I {}?", action.word()),
                answers: targets
                    .iter()
                    .map(|&target| Answer {
                        label: format!("{} {}", capital(action.word()), with_article(target)),
                        action: Some(action),
                        target: Some(target),
                        edits: true,
                    })
                    .collect(),
            }
        }
        Clarity::Some(action, Some(second)) => {
            Question { text: format!("Which of these do you want for {thing}?"), answers: answers(&[action, second]) }
        }
        Clarity::Some(action, None) => {
            let other = if action == Action::Modify { Action::Fix } else { Action::Modify };
            Question {
                text: format!("Did I get it right: {} {thing}?", action.word()),
                answers: answers(&[action, other]),
            }
        }
        Clarity::Asked => Question {
            text: "That reads like a question. What is wanted?".to_owned(),
            answers: std::iter::once(words())
                .chain([Action::Document, Action::Modify, Action::Fix].map(|a| answer(a, intent, &thing)))
                .collect(),
        },
        Clarity::None => Question {
            text: if thing == "it" {
                "What would you like to have done?".to_owned()
            } else {
                format!("What should be done with {thing}?")
            },
            answers: answers(&[Action::Create, Action::Modify, Action::Fix, Action::Test]),
        },
    }
}

fn answer(action: Action, intent: &Intent, thing: &str) -> Answer {
    let label = match action {
        Action::Test => format!("Write tests for {thing}"),
        Action::Create if thing == "it" => "Create something new".to_owned(),
        _ => format!("{} {thing}", capital(action.word())),
    };
    Answer { label, action: Some(action), target: intent.targets.first().copied(), edits: true }
}

/// The answer that wants no change.
fn words() -> Answer {
    Answer { label: "Answer it, change nothing".to_owned(), action: None, target: None, edits: false }
}

/// What the request is about, in words.
fn thing(intent: &Intent) -> String {
    let named = intent.paths.first().or(intent.symbols.first()).cloned();
    named.or_else(|| intent.targets.first().map(|t| format!("the {}", noun(*t)))).unwrap_or_else(|| "it".to_owned())
}

fn noun(target: Target) -> &'static str {
    match target {
        Target::Api => "API",
        Target::Config => "configuration",
        other => other.word(),
    }
}

fn with_article(target: Target) -> String {
    match target {
        Target::Api => "an API endpoint".to_owned(),
        Target::Config => "the configuration".to_owned(),
        other => format!("a {}", other.word()),
    }
}

fn usual_targets(action: Action) -> &'static [Target] {
    match action {
        Action::Create => &[Target::Function, Target::Api, Target::Component, Target::Class],
        Action::Test => &[Target::Function, Target::Api, Target::Component],
        Action::Optimize => &[Target::Function, Target::Database, Target::Api],
        _ => &[Target::Function, Target::Class, Target::Component, Target::Api],
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
