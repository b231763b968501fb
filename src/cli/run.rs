//! `vibe-tui run`: one intent from its sentence to its end, without the workbench.

use super::{Common, block_on, usage};
use crate::runtime::{self, Accept, Headless, Style};
use clap::{Args, ValueEnum};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 applied (or nothing to apply), 1 error, 2 usage, 3 nothing accepted, \
4 checks failed (nothing is written), 5 budget reached, 6 nothing can serve it, 130 interrupted.")]
pub(super) struct Run {
    /// What you want, in a sentence.
    #[arg(required = true, num_args = 1.., value_name = "INTENT")]
    intent: Vec<String>,
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
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum AcceptFlag {
    All,
    None,
}

impl From<Option<AcceptFlag>> for Accept {
    fn from(flag: Option<AcceptFlag>) -> Accept {
        match flag {
            Some(AcceptFlag::All) => Accept::All,
            Some(AcceptFlag::None) => Accept::None,
            None => Accept::Ask,
        }
    }
}

pub(super) fn main(run: &Run) -> anyhow::Result<ExitCode> {
    let setup = run.common.setup().map_err(usage)?;
    let headless = Headless {
        intent: run.intent.join(" "),
        accept: Accept::from(run.accept),
        installs: run.install.clone(),
        style: if run.json { Style::Json } else { Style::Text },
    };
    let exit = block_on(runtime::run_headless(setup, headless))?;
    Ok(ExitCode::from(exit as u8))
}
