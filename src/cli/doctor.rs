//! `vibe-tui doctor`: what is wrong, and what to do; and `--approve`, by which a project's suggestions come to count.

use super::{Common, Usage, block_on, usage};
use crate::runtime::{self, Setup};
use clap::Args;
use std::io::IsTerminal;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    common: Common,
    /// Show what the project's file suggests (a check command, a model, a mode) and ask whether to use it.
    #[arg(long)]
    approve: bool,
}

pub(super) fn main(doctor: &Doctor) -> anyhow::Result<ExitCode> {
    let setup = Setup::new(&doctor.common.flags()).map_err(usage)?;
    if doctor.approve {
        return approve(&setup);
    }
    let diagnosis = block_on(runtime::doctor(setup))?;
    runtime::print(&diagnosis.text);
    Ok(if diagnosis.wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is shown is what is approved: both come from one reading of the file.
fn approve(setup: &Setup) -> anyhow::Result<ExitCode> {
    let Some(lines) = setup.suggestions() else {
        runtime::tell_line("This project suggests nothing that waits for approval.");
        return Ok(ExitCode::SUCCESS);
    };
    runtime::tell_line("This project suggests:");
    for line in lines {
        runtime::tell_line(&format!("  {}", runtime::visible(line)));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Usage("approving needs a terminal to ask on; nothing was approved".to_owned()).into());
    }
    runtime::tell("Use this here from now on, as long as it stays as it is? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if !answer.trim().eq_ignore_ascii_case("y") {
        runtime::tell_line("Nothing was approved.");
        return Ok(ExitCode::FAILURE);
    }
    setup.approve()?;
    runtime::tell_line("Approved.");
    Ok(ExitCode::SUCCESS)
}
