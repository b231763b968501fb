//! Runs validators on a scratch copy, sandboxed and bounded, and reads their reports.
//!
//! Cheapest first: the grammars' syntax check in this process, then the project's own check command in a sandbox. Stops
//! after the first rung that fails. Writes nothing itself, and never falls back to running a command without its sandbox
//! unless the caller says so. `docs/VALIDATION.md` tells what the sandbox holds and what it does not.

mod capture;
mod environment;
mod report;
#[cfg(unix)]
mod runner;
#[cfg(unix)]
mod sandbox;
#[cfg(unix)]
mod supervise;
mod syntax;

pub use capture::Output;
pub use environment::environment;
#[cfg(unix)]
pub use runner::{Ended, Outcome, RunError, run};
#[cfg(unix)]
pub use sandbox::{ENTRY, sandbox_main};
pub use syntax::{Fault, SyntaxCheck};

use crate::domain::change::ChangeSet;
#[cfg(not(unix))]
use crate::domain::finding::Strategy;
use crate::domain::finding::{CheckResult, ValidationReport};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whether a check may open sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// None at all, not even on the loopback device.
    #[default]
    Denied,
    /// As the user's own processes.
    Allowed,
}

/// What a check command may do.
#[derive(Clone, Debug)]
pub struct Policy {
    /// This program's own executable, started as the sandbox's first process.
    pub helper: PathBuf,
    /// Sockets.
    pub network: Network,
    /// Files and directories that may be written besides the scratch copy and a temporary directory.
    pub writable: Vec<PathBuf>,
    /// Variables set beside the allowed ones of the environment, and over them.
    pub variables: Vec<(&'static str, OsString)>,
}

impl Policy {
    /// The strict policy: no network, writes in the scratch copy and a temporary directory only, nothing runs without
    /// a sandbox. `helper` is this program's executable, usually `std::env::current_exe()`.
    pub fn strict(helper: impl Into<PathBuf>) -> Self {
        Policy { helper: helper.into(), network: Network::Denied, writable: Vec::new(), variables: Vec::new() }
    }
}

/// One validation.
pub struct Job<'a> {
    /// The scratch copy that holds the proposal; the check's working directory.
    pub root: &'a Path,
    /// The proposal.
    pub changes: &'a ChangeSet,
    /// How syntax is checked.
    pub syntax: SyntaxCheck<'a>,
    /// The check command's words, the program first; `None` if the project has none.
    pub check: Option<&'a [String]>,
    /// How long the check may take before it is ended.
    pub deadline: Duration,
    /// What the check may do.
    pub policy: &'a Policy,
}

/// Runs the rungs in order and stops after the first that fails. Dropping the future ends the check and everything it
/// started.
pub async fn validate(job: &Job<'_>) -> ValidationReport {
    let mut report = ValidationReport::default();
    report.checks.extend(syntax::check(job.changes, job.syntax));
    if !report.passed() {
        return report;
    }
    if let Some(argv) = job.check {
        report.checks.push(check(job, argv).await);
    }
    report
}

#[cfg(unix)]
async fn check(job: &Job<'_>, argv: &[String]) -> CheckResult {
    let ran = run(argv, job.root, job.deadline, job.policy).await;
    report::check_result(argv, job.changes, job.deadline, ran)
}

/// Elsewhere there is neither a sandbox nor a way to end a process tree.
#[cfg(not(unix))]
async fn check(_: &Job<'_>, argv: &[String]) -> CheckResult {
    CheckResult {
        strategy: Strategy::Custom,
        command: argv.join(" "),
        passed: false,
        millis: 0,
        findings: Vec::new(),
        not_run: Some("check commands run on Linux and macOS only; validate without one".to_owned()),
        known: 0,
    }
}
