//! `vibe-tui sessions`: what there is, without opening any.

use super::clock;
use super::setup::Setup;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::safe_text::SafeText;
use crate::domain::session::SessionSummary;
use crate::store::Store;
use serde_json::json;

/// How the list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table.
    Text,
    /// One JSON object a line.
    Json,
}

/// Lists the sessions of the root, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn sessions(setup: &Setup, format: Format) -> Result<String, Failure> {
    let store = Store::open(&setup.paths.data.join("sessions.db")).await;
    let list = store
        .sessions(Some(&setup.opening.root.path))
        .await
        .map_err(|e| Failure::fatal(FailureKind::Store, e.to_string()))?;
    store.close().await;
    Ok(match format {
        Format::Json => list.iter().map(|s| format!("{}\n", line(s))).collect(),
        Format::Text if list.is_empty() => "No sessions in this repository yet.\n".to_owned(),
        Format::Text => {
            let width = list.iter().map(|s| s.name.chars().count()).max().unwrap_or(0).min(50);
            list.iter().map(|s| row(s, width)).collect()
        }
    })
}

/// Frees a session that a process of another machine or container holds; by name or identifier.
///
/// # Errors
/// When there is no such session, or its holder is alive on this machine.
pub async fn free(setup: &Setup, wanted: &str) -> Result<String, Failure> {
    let store = Store::open(&setup.paths.data.join("sessions.db")).await;
    let freed = async {
        let found = store.find_session(&setup.opening.root.path, wanted).await?;
        store.free(&found.id).await.map(|()| found.name)
    };
    let freed = freed.await;
    store.close().await;
    freed
        .map(|name| format!("“{}” is free.\n", SafeText::new(&name).into_string()))
        .map_err(|e| Failure::fatal(FailureKind::Store, e.to_string()))
}

fn line(s: &SessionSummary) -> serde_json::Value {
    json!({"id": s.id, "name": s.name, "root": s.root, "status": s.status, "created": s.created, "updated": s.updated,
        "runs": s.runs, "spent_usd": s.spent.usd()})
}

fn row(s: &SessionSummary, width: usize) -> String {
    let name = SafeText::new(&s.name).into_string();
    let minutes = clock::now().millis_since(s.updated) / 60_000;
    let ago = match minutes {
        0..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => format!("{} d ago", minutes / 1440),
    };
    let runs = if s.runs == 1 { "run " } else { "runs" };
    format!("{name:<width$}  {:<8}  {:>3} {runs}  {:>9}  {ago}\n", s.status.word(), s.runs, s.spent.to_string())
}
