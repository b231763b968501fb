//! `vibe-tui sessions`: the sessions of this repository.

use super::{begin, block_on};
use crate::runtime::{self, Flags, Format};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Sessions {
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Lists every time files were written, taken back or made again: when, by which run, which files.
    #[arg(long, conflicts_with = "free")]
    audit: bool,
    /// Frees a session that a process of another machine or container holds and will not give back.
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    free: Option<String>,
}

pub(super) fn main(sessions: &Sessions) -> anyhow::Result<ExitCode> {
    let flags = Flags { directory: sessions.cwd.clone(), ..Flags::default() };
    let setup = begin(&flags)?;
    if let Some(name) = &sessions.free {
        runtime::print(&block_on(runtime::free_session(&setup, name))??);
        return Ok(ExitCode::SUCCESS);
    }
    let format = if sessions.json { Format::Json } else { Format::Text };
    if sessions.audit {
        runtime::print(&block_on(runtime::audit(setup, format))??);
        return Ok(ExitCode::SUCCESS);
    }
    runtime::print(&block_on(runtime::sessions(&setup, format))??);
    Ok(ExitCode::SUCCESS)
}
