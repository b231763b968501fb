//! `vibe-tui replay`: a recording again, without a model.

use super::asked;
use crate::runtime;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The recording.
    file: PathBuf,
    /// Print the last frame as text.
    #[arg(long)]
    screen: bool,
}

pub(super) fn main(replay: &Replay) -> anyhow::Result<ExitCode> {
    let replayed = runtime::replay(&replay.file).map_err(asked)?;
    if replay.screen {
        runtime::print(&replayed.screen);
    }
    let frames = replayed.frames.len();
    if replayed.different.is_empty() {
        runtime::tell_line(&format!("{} events, {frames} frames, all as recorded", replayed.events));
        return Ok(ExitCode::SUCCESS);
    }
    let first = replayed.different[0];
    let file = replay.file.display();
    let count = replayed.different.len();
    runtime::tell_line(&format!("{file}:{first}: this frame came out different, and {count} of {frames} in all did"));
    Ok(ExitCode::FAILURE)
}
