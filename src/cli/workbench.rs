//! `vibe-tui`: the workbench.

use super::{Common, Usage, block_on, usage};
use crate::runtime;
use clap::Args;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Workbench {
    #[command(flatten)]
    common: Common,
    /// Record every event and every frame's fingerprint to this file, for `vibe-tui replay`.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

pub(super) fn main(workbench: &Workbench) -> anyhow::Result<ExitCode> {
    runtime::prepare_heap();
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let text = "there is no terminal here for the workbench; `vibe-tui run INTENT` works without one";
        return Err(Usage(text.to_owned()).into());
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        let text = "TERM is `dumb`: the workbench needs a terminal whose cursor can be placed; set TERM to what yours is, or use `vibe-tui run INTENT`";
        return Err(Usage(text.to_owned()).into());
    }
    let setup = workbench.common.setup().map_err(usage)?;
    block_on(runtime::run_tui(setup, workbench.record.clone()))??;
    Ok(ExitCode::SUCCESS)
}
