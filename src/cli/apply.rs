//! `vibe-tui apply`: the edits of a model's answer against the files here.

use super::asked;
use crate::runtime::{self, ApplyRequest, EditForm};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// The code for edits that do not fit or may not be written.
const REFUSED: u8 = 3;

#[derive(Debug, Args)]
#[command(
    after_help = "The answer is read from standard input. Exit codes: 0 applied (or nothing to change), 1 error, \
2 usage, 3 refused (nothing is written)."
)]
pub(super) struct Apply {
    /// The form the answer is in; auto takes each edit as it comes.
    #[arg(long, value_enum, value_name = "FORM", default_value = "auto")]
    format: FormFlag,
    /// The repository.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Print what would change as a patch, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// As one JSON object.
    #[arg(long)]
    json: bool,
    /// Let files be written that something runs later: build scripts, CI, hooks.
    #[arg(long)]
    allow_runs_later: bool,
    /// Let lines be written that have characters that cannot be seen.
    #[arg(long)]
    allow_hidden: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormFlag {
    Auto,
    SearchReplace,
    Unified,
    ApplyPatch,
    Whole,
}

pub(super) fn main(apply: &Apply) -> anyhow::Result<ExitCode> {
    let form = match apply.format {
        FormFlag::Auto => None,
        FormFlag::SearchReplace => Some(EditForm::SearchReplace),
        FormFlag::Unified => Some(EditForm::Unified),
        FormFlag::ApplyPatch => Some(EditForm::ApplyPatch),
        FormFlag::Whole => Some(EditForm::Whole),
    };
    let request = ApplyRequest {
        form,
        dry_run: apply.dry_run,
        json: apply.json,
        allow_runs_later: apply.allow_runs_later,
        allow_hidden: apply.allow_hidden,
    };
    let report = runtime::apply(&apply.root, request).map_err(asked)?;
    runtime::print_report(&report.text);
    Ok(if report.fits { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}
