//! `vibe-tui search`: names, lines and files of a repository.

use super::{Usage, begin, usage};
use crate::domain::failure::FailureKind;
use crate::runtime::{self, Flags, Format, SearchKind, SearchRequest};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Search {
    /// What to look for.
    #[arg(required = true, num_args = 1.., value_name = "QUERY")]
    query: Vec<String>,
    /// Look for one kind only: names of definitions, lines that fit a regular expression, what holds these words, or what means
    /// this (needs `search.embeddings` in config.toml).
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<KindFlag>,
    /// Print at most so many hits of each kind.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindFlag {
    Symbol,
    Text,
    Words,
    Meaning,
}

pub(super) fn main(search: &Search) -> anyhow::Result<ExitCode> {
    let flags = Flags { directory: search.cwd.clone(), ..Flags::default() };
    let setup = begin(&flags)?;
    let request = SearchRequest {
        query: search.query.join(" "),
        kind: search.kind.map(|kind| match kind {
            KindFlag::Symbol => SearchKind::Symbol,
            KindFlag::Text => SearchKind::Text,
            KindFlag::Words => SearchKind::Words,
            KindFlag::Meaning => SearchKind::Meaning,
        }),
        limit: search.limit,
        format: if search.json { Format::Json } else { Format::Text },
    };
    if request.query.trim().is_empty() {
        return Err(Usage("say what to look for: a name, an expression or words".to_owned()).into());
    }
    if request.limit == 0 {
        return Err(Usage("--limit has to be 1 or more".to_owned()).into());
    }
    let found = runtime::search(&setup, &request).map_err(|failure| match failure.kind {
        FailureKind::Config => usage(failure),
        _ => failure.into(),
    })?;
    if found.is_empty() {
        runtime::tell_line(&format!("vibe-tui: nothing was found for `{}`.", runtime::visible(&request.query)));
        return Ok(ExitCode::FAILURE);
    }
    runtime::print(&found);
    Ok(ExitCode::SUCCESS)
}
