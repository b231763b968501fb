//! `vibe-tui review`: what a change does to the code.

use super::{asked, begin};
use crate::runtime::{self, Compared, Flags, ReportFormat};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Review {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    format: Format,
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
}

/// Which change. Without either flag: the files on disk against the last commit.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Which {
    /// Look at what is staged.
    #[arg(long)]
    staged: bool,
    /// Look at what was changed since the last commit that this revision and the current one have in common.
    #[arg(long, value_name = "REV")]
    since: Option<String>,
}

impl Which {
    pub(super) fn compared(&self) -> Option<Compared> {
        match &self.since {
            Some(revision) => Some(Compared::Since(revision.clone())),
            None => self.staged.then_some(Compared::Staged),
        }
    }
}

/// How a report is printed. Without a flag: for a terminal.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Format {
    /// One JSON object.
    #[arg(long)]
    json: bool,
    /// SARIF 2.1.0.
    #[arg(long)]
    sarif: bool,
    /// Markdown.
    #[arg(long)]
    markdown: bool,
}

impl Format {
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    pub(super) fn format(&self) -> ReportFormat {
        match self {
            Format { json: true, .. } => ReportFormat::Json,
            Format { sarif: true, .. } => ReportFormat::Sarif,
            Format { markdown: true, .. } => ReportFormat::Markdown,
            _ => ReportFormat::Text,
        }
    }
}

pub(super) fn main(review: &Review) -> anyhow::Result<ExitCode> {
    let setup = begin(&Flags { directory: review.cwd.clone(), ..Flags::default() })?;
    let report = runtime::review(&setup, review.which.compared(), review.format.format()).map_err(asked)?;
    runtime::print_report(&report);
    Ok(ExitCode::SUCCESS)
}
