//! The rungs of healing: what made an attempt, what that took, and how each kind has fared.

use super::clock::Timestamp;
use super::finding::Fix;
use super::install::Install;
use super::model::ModelRef;
use super::money::Money;
use super::past::{Met, Similar};
use serde::{Deserialize, Serialize};

/// What made an attempt, cheapest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RungKind {
    /// No rung: the executor's proposal, or the working tree as it is.
    #[default]
    First,
    /// Fixes that a validator itself calls safe.
    ToolFix,
    /// One insertion that makes a file parse.
    Grammar,
    /// An import of a name that is defined in exactly one place.
    Import,
    /// A fix that helped against a like finding before.
    Learned,
    /// The first model of the ladder.
    Model,
    /// The next model up.
    BiggerModel,
    /// The user's own hands.
    ByHand,
    /// Nobody: the proposal as it was, on files that have changed on disk.
    Rebase,
    /// No other text: a dependency that was missing is there now.
    Install,
}

impl RungKind {
    /// The rungs that ask no model, in the order in which they are tried while nothing is known of them.
    pub const FREE: [RungKind; 4] = [RungKind::ToolFix, RungKind::Grammar, RungKind::Import, RungKind::Learned];

    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            RungKind::First => "first",
            RungKind::ToolFix => "tool fix",
            RungKind::Grammar => "grammar",
            RungKind::Import => "import",
            RungKind::Learned => "learned",
            RungKind::Model => "model",
            RungKind::BiggerModel => "bigger",
            RungKind::ByHand => "by hand",
            RungKind::Rebase => "rebase",
            RungKind::Install => "install",
        }
    }

    /// The name in the database and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            RungKind::First => "first",
            RungKind::ToolFix => "tool_fix",
            RungKind::Grammar => "grammar",
            RungKind::Import => "import",
            RungKind::Learned => "learned",
            RungKind::Model => "model",
            RungKind::BiggerModel => "bigger_model",
            RungKind::ByHand => "by_hand",
            RungKind::Rebase => "rebase",
            RungKind::Install => "install",
        }
    }

    /// The kind of this [`name`](RungKind::name).
    pub fn from_name(name: &str) -> Option<RungKind> {
        use RungKind::*;
        [First, ToolFix, Grammar, Import, Learned, Model, BiggerModel, ByHand, Rebase, Install]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// Whether a model is asked.
    pub fn asks_model(self) -> bool {
        matches!(self, RungKind::Model | RungKind::BiggerModel)
    }
}

/// How an attempt came about, and what it took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// What made it.
    pub kind: RungKind,
    /// What was done, one phrase: "remove the unused import". Empty where only a model knows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// Index of the attempt it was made from; `None` for the first of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<usize>,
    /// The model that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelRef>,
    /// Tokens of prompts and answers.
    pub tokens: u64,
    /// Whether `tokens` is an estimate.
    pub estimated: bool,
    /// Money; `None` when no model was asked or a price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// Milliseconds from its beginning until it was validated; `None` while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub millis: Option<u64>,
    /// Numbers of the learned fixes that were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learned: Vec<u64>,
}

/// How a kind of rung has fared against a kind of error in one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The kind of error, by its word.
    pub class: String,
    /// The rung.
    pub rung: RungKind,
    /// Times it was tried.
    pub tried: u64,
    /// Times it turned at least one finding away and brought no worse.
    pub helped: u64,
}

/// A replacement of lines that turned a finding away. Names and numbers that it does not depend on are marks, `‹1›`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// What all findings of its kind have in common: tool, rule, class and message without names and numbers.
    pub key: String,
    /// The message with marks.
    pub message: String,
    /// The lines that were replaced, without their common indentation.
    pub before: Vec<String>,
    /// What stands there instead.
    pub after: Vec<String>,
}

/// A lesson as it is kept, with how it has fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLesson {
    /// Its number.
    pub id: u64,
    /// What was learned.
    pub lesson: Lesson,
    /// Times it was tried again.
    pub uses: u64,
    /// Times it helped then.
    pub successes: u64,
    /// When it was learned, or last seen again.
    pub at: Timestamp,
}

impl KeptLesson {
    /// Whether it is still tried: not after two failures or more while it helped less than every second time.
    pub fn is_trusted(&self) -> bool {
        self.uses.saturating_sub(self.successes) < 2 || self.successes * 2 >= self.uses
    }
}

/// What an attempt at healing taught, to be kept for the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teaching {
    /// The kind of error it was made against, by its word.
    pub class: String,
    /// The rung.
    pub rung: RungKind,
    /// Whether it helped.
    pub helped: bool,
    /// Learned fixes that were tried.
    pub used: Vec<u64>,
    /// What is new.
    pub lessons: Vec<Lesson>,
    /// What was done, one phrase.
    pub what: String,
    /// The model that was asked.
    pub model: Option<String>,
    /// Which attempt of the run it was, from 1.
    pub attempt: u32,
    /// The findings that it was made against.
    pub met: Vec<Met>,
}

/// What the repository knows of a set of findings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recollection {
    /// Learned fixes that fit, each with its number.
    pub learned: Vec<(u64, Fix)>,
    /// Imports of names that are defined in exactly one place.
    pub imports: Vec<Fix>,
    /// Texts of files that the findings name and the proposal does not hold.
    pub files: Vec<super::change::FileSnapshot>,
    /// Heads of definitions that the lines around the findings name, each with its place, for a model to read.
    pub signatures: Vec<String>,
    /// How the rungs have fared.
    pub rates: Vec<Rate>,
    /// What became of like findings before.
    pub similar: Vec<Similar>,
    /// How to get what is missing. Shown; run only on the user's yes.
    pub installs: Vec<Install>,
    /// Names of missing modules that are no package's: nothing gets them.
    pub odd: Vec<String>,
}
