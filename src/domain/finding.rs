//! What validators say.

use serde::{Deserialize, Serialize};

/// How bad it is. Only errors fail a validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A remark.
    Info,
    /// Worth a look.
    Warning,
    /// Must be mended.
    Error,
}

/// One thing a validator found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Who says so: `syntax`, `check`, `ruff`…
    pub tool: String,
    /// The file, relative to the root; empty when it concerns none.
    pub path: String,
    /// 1-based line; 0 when unknown.
    pub line: u32,
    /// 1-based column in characters; 0 when unknown.
    pub column: u32,
    /// The tool's rule, if it has one.
    pub rule: Option<String>,
    /// One sentence (a command's last lines for `check`).
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
}

/// Which rung of the validation ladder ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// The language's grammar.
    Syntax,
    /// The project's own check command.
    Custom,
}

/// What one validator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Which rung.
    pub strategy: Strategy,
    /// The command line as shown, or `tree-sitter`.
    pub command: String,
    /// Whether it passed.
    pub passed: bool,
    /// Milliseconds it took.
    pub millis: u64,
    /// What it found.
    pub findings: Vec<Finding>,
    /// Set when it could not run at all (tool missing, sandbox missing, deadline): why, and what to do.
    pub not_run: Option<String>,
}

/// Everything that validated one proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationReport {
    /// In the order they ran, cheapest first.
    pub checks: Vec<CheckResult>,
}

impl ValidationReport {
    /// Whether every validator ran and passed.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|c| c.passed && c.not_run.is_none())
    }

    /// All findings, in order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.checks.iter().flat_map(|c| &c.findings)
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.findings().filter(|f| f.severity == Severity::Error).count()
    }
}
