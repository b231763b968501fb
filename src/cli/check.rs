//! `vibe-tui check`: the files as they stand, checked by the tools that the project is set up for, or held against a quality
//! gate.

use super::review::{Format, Which};
use super::{Usage, asked, begin, block_on};
use crate::config::Overrides;
use crate::runtime::{self, CheckRequest, Flags, Level, Setup};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    // Without a gate there is no report of figures, and no change is looked at.
    mut_args(|arg| if matches!(arg.get_id().as_str(), "staged" | "since" | "sarif" | "markdown") { arg.requires("gate") } else { arg }),
    after_help = "Without a gate it runs the project's own code (builds, tests, ESLint's settings), confined, in a copy of the \
files.\n\nExit codes: 0 nothing is wrong, or the gate is open; 1 error; 2 usage; 4 something is wrong, a check could not run, or the gate \
is closed."
)]
pub(super) struct Check {
    /// Files and directories; everything that is not ignored if none is named.
    #[arg(value_name = "PATH", conflicts_with = "gate")]
    paths: Vec<PathBuf>,
    /// Hold the figures against a gate instead: `commit` and `pr` look at the change, `production` at everything.
    #[arg(long, value_enum, value_name = "LEVEL")]
    gate: Option<Gate>,
    /// Check with this command, too, in place of the one that the configuration names.
    #[arg(long = "check", value_name = "CMD", conflicts_with = "gate")]
    command: Option<String>,
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
    let mut overrides = Overrides::default();
    if let Some(command) = &check.command {
        overrides.set("--check", "check.command", command);
    }
    let setup = begin(&Flags { overrides, directory: check.cwd.clone(), ..Flags::default() })?;
    let level = match check.gate {
        None => return tools(setup, check),
        Some(Gate::Commit) => Level::Commit,
        Some(Gate::Pr) => Level::Pr,
        Some(Gate::Production) => Level::Production,
    };
    gate(&setup, level, &check.which, &check.format)
}

/// Has the tools look at the files and prints what they find: 0 if that is nothing, 4 otherwise.
fn tools(setup: Setup, check: &Check) -> anyhow::Result<ExitCode> {
    let from = check.cwd.clone().unwrap_or_else(|| PathBuf::from("."));
    let format = if check.format.is_json() { runtime::Format::Json } else { runtime::Format::Text };
    let request = CheckRequest { paths: check.paths.clone(), from, format };
    let checked = block_on(runtime::check(setup, &request))?.map_err(|error| Usage(error.to_string()))?;
    runtime::print(&checked.text);
    Ok(ExitCode::from(if checked.passed { 0 } else { 4 }))
}

/// Asks a gate and prints its report: 0 if it is open, 4 if it is closed.
fn gate(setup: &Setup, level: Level, which: &Which, format: &Format) -> anyhow::Result<ExitCode> {
    let limits = &setup.loaded.config.gate;
    let verdict = runtime::ask_gate(&setup.root, limits, level, which.compared()).map_err(asked)?;
    runtime::print_report(&verdict.report(format.format()));
    Ok(ExitCode::from(if verdict.breaches.is_empty() { 0 } else { 4 }))
}
