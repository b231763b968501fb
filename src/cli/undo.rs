//! `vibe-tui undo` and `vibe-tui redo`: what a run wrote, taken back or made again, at any later time.

use super::{begin, block_on};
use crate::domain::revert::Way;
use crate::runtime::{self, Flags, Format, UndoMode, UndoRequest};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "What others changed in the files since is kept; where that cannot be, nothing is written and the \
lines are named. Without --yes you are asked on a terminal; elsewhere nothing is written. Exit codes: 0 done (or shown), \
1 error or changes in the way, 2 usage, 3 not said yes to."
)]
pub(super) struct Undo {
    /// The session, by name. Without it: any of this repository.
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// The run's number in its session. Without it: the one that was written (or taken back) last.
    #[arg(long, value_name = "N")]
    run: Option<u64>,
    /// List the runs there are, newest first.
    #[arg(long, conflicts_with_all = ["run", "dry_run", "yes"])]
    list: bool,
    /// Show what would change, and write nothing.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Write without asking.
    #[arg(long)]
    yes: bool,
    /// JSON on standard output.
    #[arg(long)]
    json: bool,
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
}

pub(super) fn main(undo: &Undo, way: Way) -> anyhow::Result<ExitCode> {
    let flags = Flags { directory: undo.cwd.clone(), ..Flags::default() };
    let setup = begin(&flags)?;
    let request = UndoRequest {
        way,
        session: undo.session.clone(),
        run: undo.run,
        mode: match undo {
            Undo { list: true, .. } => UndoMode::List,
            Undo { dry_run: true, .. } => UndoMode::DryRun,
            Undo { yes: true, .. } => UndoMode::Yes,
            _ => UndoMode::Ask,
        },
        format: if undo.json { Format::Json } else { Format::Text },
    };
    let done = block_on(runtime::undo(setup, &request))??;
    Ok(ExitCode::from(if done { 0 } else { 3 }))
}
