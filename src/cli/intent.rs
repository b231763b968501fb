//! `vibe-tui intent`: how a request reads.

use crate::runtime;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Intent {
    /// The request.
    #[arg(required = true, num_args = 1.., value_name = "TEXT")]
    text: Vec<String>,
    /// As one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn main(intent: &Intent) -> anyhow::Result<ExitCode> {
    let reading = runtime::read_intent(&intent.text.join(" "));
    let json = runtime::intent_json(&reading.intent);
    if intent.json {
        runtime::print(&format!("{json}\n"));
        return Ok(ExitCode::SUCCESS);
    }
    for (key, value) in json.as_object().into_iter().flatten() {
        let shown = match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => "-".to_owned(),
            serde_json::Value::Array(items) if items.is_empty() => "-".to_owned(),
            serde_json::Value::Array(items) => {
                items.iter().map(|i| i.as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>().join(", ")
            }
            serde_json::Value::Number(n) => {
                n.as_f64().filter(|f| f.fract() != 0.0).map_or(n.to_string(), |f| format!("{f:.2}"))
            }
            other => other.to_string(),
        };
        runtime::print(&format!("{key:<17} {shown}\n"));
    }
    if let Some(question) = reading.question {
        runtime::print(&format!("would ask         {}\n", question.text));
    }
    Ok(ExitCode::SUCCESS)
}
