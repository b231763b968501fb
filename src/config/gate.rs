//! What the quality gates allow, as it is written: the numbers of `quality::Thresholds`, one table a level. They are numbers,
//! not commands, so that a project's own file may set them, too. Where the defaults come from: `docs/QUALITY.md`.

use crate::domain::finding::Severity;
use crate::quality::{Level, Security, Thresholds};
use schemars::JsonSchema;
use serde::Deserialize;

/// The gates.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// Before a commit: the staged change.
    pub commit: Gate,
    /// Before a change is merged: all of it.
    pub pr: Gate,
    /// Before a release: the whole tree.
    pub production: Gate,
    /// What keeps the limits from being known: a file that cannot be read or is no TOML, a limit that is none. A gate is closed
    /// while there is any.
    #[serde(skip)]
    pub unread: Vec<String>,
}

/// What one gate allows. 0 switches a limit off.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Most cyclomatic complexity of a function.
    pub max_cyclomatic: u32,
    /// Most cognitive complexity of a function.
    pub max_cognitive: u32,
    /// Least maintainability index of a file.
    #[schemars(range(min = 0, max = 100))]
    pub min_maintainability: f64,
    /// Least part of the places for a type that have one, in per cent.
    #[schemars(range(min = 0, max = 100))]
    pub min_type_coverage: f64,
    /// Least part of the public definitions that are documented, in per cent.
    #[schemars(range(min = 0, max = 100))]
    pub min_doc_coverage: f64,
    /// From which severity on a security finding closes the gate.
    pub security: SecurityFrom,
}

/// The same in a project's file, where every key is one that it may leave out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectGate {
    /// Most cyclomatic complexity of a function.
    pub max_cyclomatic: Option<u32>,
    /// Most cognitive complexity of a function.
    pub max_cognitive: Option<u32>,
    /// Least maintainability index of a file.
    #[schemars(range(min = 0, max = 100))]
    pub min_maintainability: Option<f64>,
    /// Least part of the places for a type that have one, in per cent.
    #[schemars(range(min = 0, max = 100))]
    pub min_type_coverage: Option<f64>,
    /// Least part of the public definitions that are documented, in per cent.
    #[schemars(range(min = 0, max = 100))]
    pub min_doc_coverage: Option<f64>,
    /// From which severity on a security finding closes the gate.
    pub security: Option<SecurityFrom>,
}

/// A project's gates.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectGates {
    /// Before a commit: the staged change.
    pub commit: ProjectGate,
    /// Before a change is merged: all of it.
    pub pr: ProjectGate,
    /// Before a release: the whole tree.
    pub production: ProjectGate,
}

/// From which severity on a security finding closes a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecurityFrom {
    /// Never.
    Off,
    /// Any does.
    Info,
    /// Warnings and errors do.
    Warning,
    /// Errors do.
    Error,
}

impl Gates {
    /// What a level allows.
    pub fn thresholds(&self, level: Level) -> Thresholds {
        let gate = match level {
            Level::Commit => &self.commit,
            Level::Pr => &self.pr,
            Level::Production => &self.production,
        };
        Thresholds {
            max_cyclomatic: gate.max_cyclomatic,
            max_cognitive: gate.max_cognitive,
            min_maintainability: gate.min_maintainability,
            min_type_coverage: gate.min_type_coverage,
            min_doc_coverage: gate.min_doc_coverage,
            security: match gate.security {
                SecurityFrom::Off => Security::Off,
                SecurityFrom::Info => Security::From(Severity::Info),
                SecurityFrom::Warning => Security::From(Severity::Warning),
                SecurityFrom::Error => Security::From(Severity::Error),
            },
        }
    }
}
