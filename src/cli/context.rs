//! `vibe-tui context`: what a model would be shown for a request.

use super::{Usage, begin, block_on, number};
use crate::runtime::{self, Flags, Format};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Context {
    /// The request.
    #[arg(required = true, num_args = 1.., value_name = "INTENT")]
    intent: Vec<String>,
    /// Tokens at most.
    #[arg(long, value_name = "TOKENS", default_value_t = 4096, value_parser = number, allow_negative_numbers = true)]
    budget: u32,
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// As one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn main(context: &Context) -> anyhow::Result<ExitCode> {
    let flags = Flags { directory: context.cwd.clone(), ..Flags::default() };
    let setup = begin(&flags)?;
    let request = context.intent.join(" ");
    if request.trim().is_empty() {
        return Err(Usage("say what is to be done, in a sentence".to_owned()).into());
    }
    let intent = runtime::read_intent(&request).intent;
    let format = if context.json { Format::Json } else { Format::Text };
    let memory = block_on(runtime::remembered(&setup))??;
    runtime::print_report(&runtime::context(&setup, &intent, memory, context.budget, format)?);
    Ok(ExitCode::SUCCESS)
}
