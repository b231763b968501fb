//! `vibe-tui map`: what matters in a repository, within a budget of tokens.

use super::{begin, number};
use crate::domain::outline::Tier;
use crate::runtime::{self, Flags, Format, MapRequest};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Map {
    /// Any directory of the repository.
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Print at most so many tokens.
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = number, allow_negative_numbers = true)]
    budget: u32,
    /// Parse every file: figures of complexity, types and documentation are there only then.
    #[arg(long)]
    exact: bool,
    /// One JSON object, with figures of the whole repository.
    #[arg(long)]
    json: bool,
}

pub(super) fn main(map: &Map) -> anyhow::Result<ExitCode> {
    let flags = Flags { directory: map.directory.clone(), ..Flags::default() };
    let setup = begin(&flags)?;
    let request = MapRequest {
        budget: map.budget,
        format: if map.json { Format::Json } else { Format::Text },
        tier: if map.exact { Tier::Exact } else { Tier::Scan },
    };
    runtime::map(&setup, request, runtime::print)?;
    Ok(ExitCode::SUCCESS)
}
