//! Reports on the code for the chat: the same as `vibe-tui review` and `analyze` print.

use super::Events;
use crate::app::{Event, Report, Reported};
use crate::domain::failure::{Failure, FailureKind};
use crate::quality::{Level, tree_markdown};
use crate::repo::difference::Compared;
use crate::runtime::gate::ask_gate;
use crate::runtime::quality::{ReportFormat, analyze};
use crate::runtime::world::World;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Measures and reports, on a thread that may take its time.
pub async fn report(world: Arc<World>, events: Events, about: Report, of: String) {
    let what = of.clone();
    let made = spawn_blocking(move || make(&world, about, what)).await;
    let report = made.unwrap_or_else(|stopped| Err(Failure::fatal(FailureKind::Internal, stopped.to_string())));
    events.report(Event::Reported(Box::new(Reported { about, of, report }))).await;
}

fn make(world: &World, about: Report, of: String) -> Result<String, Failure> {
    match about {
        Report::Review => {
            let (level, compared) = match of.is_empty() {
                true => (Level::Commit, Compared::Unstaged),
                false => (Level::Pr, Compared::Since(of)),
            };
            Ok(ask_gate(&world.root, world.gates(), level, Some(compared))?.report(ReportFormat::Markdown))
        }
        Report::Analyze => {
            let path = of.trim_start_matches('@').trim_start_matches("./").trim_end_matches('/').to_owned();
            let paths: Vec<String> = (!path.is_empty()).then_some(path).into_iter().collect();
            Ok(tree_markdown(&analyze(&world.root, &paths)?, None))
        }
    }
}
