//! The tools that validate: one file each, with how it is recognised in a project, how it is called and how its report is
//! read. Everything here is pure; [`super::plan`] chooses among them and [`super::check`] runs them.
//!
//! A parser takes whatever its tool printed. What it cannot read it gives as an error, and the tool's exit code decides.

mod cargo;
mod diff;
mod eslint;
mod go;
mod jest;
mod mypy;
mod pyright;
mod pytest;
mod ruff;
mod rust;
mod said;
mod shellcheck;
mod tsc;

pub use said::{Said, finding};

use super::project::{Call, Project};
use crate::domain::finding::{Finding, Strategy};

/// One tool.
pub struct Tool {
    /// What findings and `[check] skip` call it.
    pub name: &'static str,
    /// Its strategy.
    pub strategy: Strategy,
    /// The program that has to be there.
    pub program: &'static str,
    /// How a check command names it: these words, one after the other.
    pub command: &'static [&'static str],
    /// How one gets it.
    pub install: &'static str,
    /// How it would be run for what a change touches; nothing when the project is not set up for it.
    pub calls: fn(&Project<'_>) -> Vec<Call>,
    /// Reads what it printed. An error says why it cannot be read.
    pub parse: fn(&Said<'_>) -> Result<Vec<Finding>, String>,
    /// Exit codes that mean: it ran, and its findings are the whole story even if none of them is an error.
    pub told: &'static [i32],
    /// Whether it may have looked no further, at all or in what depends on that, once it has found this error.
    pub blinds: fn(&Finding) -> bool,
}

/// All tools, cheapest first within a strategy.
pub static TOOLS: &[Tool] = &[
    ruff::FORMAT,
    go::FORMAT,
    rust::FORMAT,
    ruff::LINT,
    shellcheck::LINT,
    eslint::LINT,
    go::VET,
    cargo::CLIPPY,
    mypy::TYPES,
    pyright::TYPES,
    tsc::TYPES,
    go::BUILD,
    cargo::CHECK,
    pytest::TEST,
    go::TEST,
    jest::VITEST,
    jest::JEST,
    rust::TEST,
];

/// Cuts a report in lines that are JSON into values of a kind; other lines are left out.
fn json_lines<'a, T: serde::Deserialize<'a>>(text: &'a str) -> impl Iterator<Item = T> {
    text.lines().filter(|line| line.starts_with('{')).filter_map(|line| serde_json::from_str(line).ok())
}

/// A report that is one JSON value.
fn json<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("its report is not the JSON that was expected ({error})"))
}
