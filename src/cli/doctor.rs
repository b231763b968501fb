//! `vibe-tui doctor`: what is wrong, and what to do.

use super::{Common, block_on, usage};
use crate::runtime::{self, Setup};
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    common: Common,
}

pub(super) fn main(doctor: &Doctor) -> anyhow::Result<ExitCode> {
    let setup = Setup::new(&doctor.common.flags()).map_err(usage)?;
    let diagnosis = block_on(runtime::doctor(setup))?;
    runtime::print(&diagnosis.text);
    Ok(if diagnosis.wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
