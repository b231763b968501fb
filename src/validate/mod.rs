//! Runs validators on a scratch copy, sandboxed and bounded, and reads their reports.
//!
//! Cheapest first: the grammars' syntax check in this process, then the tools that the project is set up for, then its own
//! check command, in a sandbox. Stops after the first strategy that fails. Writes nothing itself, and never falls back to
//! running a command without its sandbox unless the caller says so. `docs/VALIDATION.md` tells what the sandbox holds and
//! what it does not.

mod capture;
pub mod check;
mod denial;
pub mod differential;
mod environment;
pub mod plan;
pub mod project;
mod report;
mod runner;
mod sandbox;
mod supervise;
mod syntax;
pub mod tool;

pub use capture::Output;
pub use environment::environment;
pub use runner::{Ended, Outcome, RunError, run};
pub use sandbox::{ENTRY, sandbox_main};
pub use syntax::{Fault, SyntaxCheck, check as syntax};

use crate::domain::change::ChangeSet;
use crate::domain::finding::CheckResult;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// Tools of one strategy that run at the same time.
const AT_ONCE: usize = 2;

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

/// What the same tools say of the base.
pub trait Base: Sync {
    /// The run of a tool on the base; `None` when nothing is to be compared with.
    fn run<'s>(&'s self, spec: &'s plan::Spec) -> BoxFuture<'s, Option<Arc<check::Ran>>>;
}

/// Nothing to compare with: every finding counts.
pub struct NoBase;

impl Base for NoBase {
    fn run<'s>(&'s self, _: &'s plan::Spec) -> BoxFuture<'s, Option<Arc<check::Ran>>> {
        Box::pin(async { None })
    }
}

/// Runs tools, which are in the order of their strategies, in a copy, and stops after the first that fails. Dropping the
/// future ends them and everything they started.
pub async fn run_tools(specs: &[plan::Spec], copy: &check::Copy, base: &dyn Base) -> Vec<CheckResult> {
    let mut results = Vec::new();
    for specs in specs.chunk_by(|a, b| a.tool.strategy == b.tool.strategy) {
        let runs: Vec<BoxFuture<'_, check::Ran>> = specs.iter().map(|spec| check::run(spec, copy).boxed()).collect();
        let ran: Vec<check::Ran> = futures_util::stream::iter(runs).buffered(AT_ONCE).collect().await;
        for (spec, ran) in specs.iter().zip(&ran) {
            let before = if check::is_clean(ran) { None } else { base.run(spec).await };
            results.push(check::judge(spec, ran, before.as_deref()));
        }
        if results.iter().any(|r| !r.passed) {
            break;
        }
    }
    results
}

/// Runs a check command in a copy: it has to end with 0.
pub async fn run_check(argv: &[String], copy: &check::Copy, changes: &ChangeSet) -> CheckResult {
    let ran = copy.run(runner::Keep::Ends, argv, "").await;
    let mut result = report::check_result(argv, changes, copy.deadline, ran);
    // What it said as a whole stands first.
    result.findings.iter_mut().take(1).for_each(|finding| denial::explain(finding, copy.policy.network));
    result
}
