//! `vibe-tui analyze`: the code that is there.

use super::begin;
use super::review::Format;
use crate::runtime::{self, Flags};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Analyze {
    /// Only what lies beneath these, from the root of the repository.
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    #[command(flatten)]
    format: Format,
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
}

pub(super) fn main(analyze: &Analyze) -> anyhow::Result<ExitCode> {
    let setup = begin(&Flags { directory: analyze.cwd.clone(), ..Flags::default() })?;
    let plain = |path: &String| path.trim_start_matches("./").trim_end_matches('/').to_owned();
    let paths: Vec<String> = analyze.paths.iter().map(plain).filter(|path| path != ".").collect();
    runtime::print_report(&runtime::analysis(&setup, &paths, analyze.format.format())?);
    Ok(ExitCode::SUCCESS)
}
