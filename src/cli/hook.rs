//! `vibe-tui hook`: the quality gate before every commit.

use super::begin;
use crate::runtime::{self, Flags};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Hook {
    #[command(subcommand)]
    task: Task,
    /// Work in this directory.
    #[arg(long, value_name = "DIR", global = true)]
    cwd: Option<PathBuf>,
    /// Do it without asking.
    #[arg(long, global = true)]
    yes: bool,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Task {
    /// Write git's pre-commit hook. A hook that is not ours stays as it is.
    Install,
    /// Remove it.
    Uninstall,
}

pub(super) fn main(hook: &Hook) -> anyhow::Result<ExitCode> {
    let setup = begin(&Flags { directory: hook.cwd.clone(), ..Flags::default() })?;
    let what = match hook.task {
        Task::Install => runtime::Hook::Install,
        Task::Uninstall => runtime::Hook::Uninstall,
    };
    Ok(match runtime::hook(&setup, what, hook.yes)? {
        Some(done) => {
            runtime::tell_line(&done);
            ExitCode::SUCCESS
        }
        None => {
            runtime::tell_line("Nothing was changed: say yes on a terminal, or --yes.");
            ExitCode::from(3)
        }
    })
}
