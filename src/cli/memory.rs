//! `vibe-tui memory`: what is remembered of this repository.

use super::{begin, block_on};
use crate::runtime::{self, Flags, Format, MemoryTask};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Memory {
    #[command(subcommand)]
    task: Option<Task>,
    /// Work in this directory.
    #[arg(long, value_name = "DIR", global = true)]
    cwd: Option<PathBuf>,
    /// One JSON object a line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Show what is remembered; the same as naming no task.
    List,
    /// Remember a text for every session of this repository.
    Add {
        /// The text.
        #[arg(required = true, num_args = 1.., value_name = "TEXT")]
        text: Vec<String>,
    },
    /// Forget what stands under a number.
    Forget {
        /// The number, as the list shows it.
        #[arg(value_name = "NUMBER")]
        id: u64,
    },
    /// Put what stands under a number into every prompt, or let it go again.
    Pin {
        /// The number, as the list shows it.
        #[arg(value_name = "NUMBER")]
        id: u64,
    },
}

pub(super) fn main(memory: &Memory) -> anyhow::Result<ExitCode> {
    let flags = Flags { directory: memory.cwd.clone(), ..Flags::default() };
    let setup = begin(&flags)?;
    let format = if memory.json { Format::Json } else { Format::Text };
    let task = match &memory.task {
        None | Some(Task::List) => MemoryTask::List,
        Some(Task::Add { text }) => MemoryTask::Add(text.join(" ")),
        Some(Task::Forget { id }) => MemoryTask::Forget(*id),
        Some(Task::Pin { id }) => MemoryTask::Pin(*id),
    };
    runtime::print(&block_on(runtime::memory(&setup, task, format))??);
    Ok(ExitCode::SUCCESS)
}
