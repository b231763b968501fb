//! `vibe-tui analyze`: the code that is there.

use super::review::Format;
use super::{Usage, asked, begin};
use crate::runtime::{self, Flags};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Analyze {
    /// Only these files and what lies beneath these directories; the whole repository if none is named.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    format: Format,
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
}

pub(super) fn main(analyze: &Analyze) -> anyhow::Result<ExitCode> {
    let setup = begin(&Flags { directory: analyze.cwd.clone(), ..Flags::default() })?;
    let from = analyze.cwd.clone().unwrap_or_else(|| PathBuf::from(".")).canonicalize()?;
    let inside =
        |path: &PathBuf| runtime::inside(setup.root.path(), &from.join(path)).map_err(|error| Usage(error.to_string()));
    let paths: Vec<String> = analyze.paths.iter().map(inside).collect::<Result<_, _>>()?;
    let report = runtime::analysis(&setup, &paths, analyze.format.format()).map_err(asked)?;
    runtime::print_report(&report);
    Ok(ExitCode::SUCCESS)
}
