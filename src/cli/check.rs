//! `vibe-tui check`: the files as they stand, checked by the tools that the project is set up for.

use super::{Usage, block_on, usage};
use crate::runtime::{self, CheckRequest, Flags, Format, Setup};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "Runs the project's own code (builds, tests, ESLint's settings), confined, in a copy of the files.\n\n\
Exit codes: 0 nothing is wrong, 1 error, 2 usage, 4 something is wrong, or a check could not run."
)]
pub(super) struct Check {
    /// Files and directories; everything that is not ignored if none is named.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
}

pub(super) fn main(check: &Check) -> anyhow::Result<ExitCode> {
    let flags = Flags { directory: check.cwd.clone(), ..Flags::default() };
    let setup = Setup::new(&flags).map_err(usage)?;
    let from = check.cwd.clone().unwrap_or_else(|| PathBuf::from("."));
    let format = if check.json { Format::Json } else { Format::Text };
    let request = CheckRequest { paths: check.paths.clone(), from, format };
    let checked = block_on(runtime::check(setup, &request))?.map_err(|error| Usage(error.to_string()))?;
    runtime::print(&checked.text);
    Ok(ExitCode::from(if checked.passed { 0 } else { 4 }))
}
