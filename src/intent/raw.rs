//! The form of a vocabulary file, as serde reads it. Says nothing of what the words mean.

use super::vocabulary::Light;
use crate::domain::intent::{Action, Target};
use crate::domain::language::Language;
use serde::Deserialize;
use toml::Spanned;

type Words = Vec<Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct RawFile {
    pub verb: Vec<RawVerb>,
    pub object: Vec<RawObject>,
    pub cue: Vec<RawCue>,
    pub target: Vec<RawTarget>,
    pub place: Vec<RawPlace>,
    pub shared: Option<RawShared>,
    pub language: Vec<RawLanguage>,
    pub framework: Vec<RawFramework>,
    pub effort: Vec<RawEffort>,
    pub marks: Option<RawMarks>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVerb {
    pub action: Action,
    pub strength: Spanned<f64>,
    pub light: Option<Light>,
    pub definite: Option<Action>,
    pub words: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawObject {
    pub action: Action,
    pub over: Vec<Light>,
    pub words: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCue {
    pub action: Action,
    pub weight: Spanned<f64>,
    pub words: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    pub target: Target,
    pub weight: Spanned<f64>,
    pub words: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPlace {
    pub target: Target,
    pub parts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawShared {
    pub code: Vec<String>,
}

/// How a doubtful name of a language may be shown to be meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// By a capital letter, by "in …", by what follows.
    #[default]
    Code,
    /// By "in …" and by what follows.
    Markup,
    /// By what follows.
    Payload,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLanguage {
    pub language: Language,
    #[serde(default)]
    pub names: Words,
    #[serde(default)]
    pub doubtful: Words,
    #[serde(default)]
    pub after: Vec<String>,
    #[serde(default)]
    pub kind: Kind,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFramework {
    pub name: Spanned<String>,
    pub language: Option<Language>,
    #[serde(default)]
    pub weak: bool,
    pub target: Option<Target>,
    pub names: Option<Words>,
    #[serde(default)]
    pub doubtful: Words,
    #[serde(default)]
    pub after: Vec<String>,
    #[serde(default = "yes")]
    pub capital: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEffort {
    pub weight: Spanned<f64>,
    pub words: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMarks {
    pub prefix: Words,
    pub greeting: Words,
    pub determiner: Words,
    pub indefinite: Words,
    pub preposition: Words,
    pub relative: Words,
    pub negation: Words,
    pub pronoun: Words,
    pub question: Words,
    pub auxiliary: Words,
    pub conjunction: Words,
    pub plain: Words,
    pub proper: Vec<String>,
    pub file_names: Vec<String>,
    pub endings: Vec<String>,
    pub endings_in_folders: Vec<String>,
    pub folders: Vec<String>,
    pub commands: Vec<String>,
    pub receivers: Vec<String>,
    pub domains: Vec<String>,
}
