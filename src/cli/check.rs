//! `vibe-tui check --gate`: a quality gate.

use super::review::{Format, Which};
use super::usage;
use crate::runtime::{self, Flags, Level, Setup};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 the gate is open, 1 error, 2 usage, 4 it is closed. The limits are `gate` of the \
configuration."
)]
pub(super) struct Check {
    /// Which gate: `commit` and `pr` look at the change, `production` at everything.
    #[arg(long, value_enum, value_name = "LEVEL")]
    gate: Gate,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    format: Format,
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Gate {
    Commit,
    Pr,
    Production,
}

pub(super) fn main(check: &Check) -> anyhow::Result<ExitCode> {
    let setup = Setup::new(&Flags { directory: check.cwd.clone(), ..Flags::default() }).map_err(usage)?;
    let level = match check.gate {
        Gate::Commit => Level::Commit,
        Gate::Pr => Level::Pr,
        Gate::Production => Level::Production,
    };
    gate(&setup, level, &check.which, &check.format)
}

/// Asks a gate and prints its report: 0 if it is open, 4 if it is closed.
fn gate(setup: &Setup, level: Level, which: &Which, format: &Format) -> anyhow::Result<ExitCode> {
    let verdict = runtime::ask_gate(&setup.root, &setup.loaded.config.gate, level, which.compared())?;
    runtime::print_report(&verdict.report(format.format()));
    Ok(ExitCode::from(if verdict.breaches.is_empty() { 0 } else { 4 }))
}
