//! `vibe-tui heal`: mends what the checks find in the working tree, and shows what healing has learned here.

use super::{Common, Usage, block_on, run::AcceptFlag, usage};
use crate::runtime::{self, Accept, Format, Headless, LessonTask, Style};
use clap::Args;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "To ask for it allows the project's own code (builds, tests, settings that are programs) to run in the \
sandbox, also where `check.trusted` does not name the project.\n\nExit codes: 0 healed and applied (or nothing to heal), 1 error, 2 usage, 3 nothing accepted, \
4 checks still fail (nothing is written), 5 budget reached, 6 nothing can serve it, 130 interrupted."
)]
pub(super) struct Heal {
    /// Files and folders whose syntax is checked; the project's check looks at all of it.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Accept every hunk, or none. Without it you are asked hunk by hunk on a terminal; elsewhere nothing is written.
    #[arg(long, value_enum, value_name = "WHICH")]
    accept: Option<AcceptFlag>,
    /// Where this package is missing, install it without a further question, whatever the language that misses it; may be given
    /// several times. Nothing else is installed.
    #[arg(long, value_name = "PACKAGE")]
    install: Vec<String>,
    /// One JSON event a line on standard output.
    #[arg(long)]
    json: bool,
    /// Show what healing has learned in this repository, and how each rung has fared.
    #[arg(long, conflicts_with_all = ["paths", "accept", "install"])]
    learned: bool,
    /// Forget what was learned under this number.
    #[arg(long, value_name = "NUMBER", requires = "learned")]
    forget: Option<u64>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn main(heal: &Heal) -> anyhow::Result<ExitCode> {
    let setup = heal.common.setup().map_err(usage)?;
    if heal.learned {
        let format = if heal.json { Format::Json } else { Format::Text };
        let task = heal.forget.map_or(LessonTask::List, LessonTask::Forget);
        let learned = block_on(runtime::lessons(&setup, task, format))??;
        if learned.is_empty() {
            runtime::tell_line("Healing has learned nothing in this repository yet.");
        }
        runtime::print(&learned);
        return Ok(ExitCode::SUCCESS);
    }
    let from = heal.common.cwd.clone().unwrap_or_else(|| PathBuf::from("."));
    let paths: Result<Vec<String>, Usage> =
        heal.paths.iter().map(|path| inside(setup.root.path(), &from, path)).collect();
    let paths = shlex::try_join(paths?.iter().map(String::as_str))?;
    let headless = Headless {
        intent: format!("/heal {paths}").trim_end().to_owned(),
        accept: Accept::from(heal.accept),
        installs: heal.install.clone(),
        style: if heal.json { Style::Json } else { Style::Text },
    };
    let exit = block_on(runtime::run_headless(setup, headless))?;
    Ok(ExitCode::from(exit as u8))
}

/// A path as it was typed in `from`, relative to the root; the root itself is `.`.
fn inside(root: &Path, from: &Path, typed: &Path) -> Result<String, Usage> {
    let (shown, place) = (typed.display(), root.display());
    let real = from.join(typed).canonicalize().map_err(|why| {
        let why = if why.kind() == ErrorKind::NotFound { "it does not exist".to_owned() } else { why.to_string() };
        Usage(format!(
            "`{shown}` cannot be healed: {why}. Name files and folders of {place}, or none to heal all of it."
        ))
    })?;
    match real.strip_prefix(root).ok().and_then(Path::to_str) {
        Some("") => Ok(".".to_owned()),
        Some(inside) => Ok(inside.to_owned()),
        None => Err(Usage(format!("`{shown}` is not in the repository {place}"))),
    }
}
