//! `vibe-tui tokens`: how many tokens a text has.

use super::{Usage, asked, begin, block_on};
use crate::config::Overrides;
use crate::domain::model::ModelRef;
use crate::runtime::{self, Ask, Flags};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Tokens {
    /// The file; standard input without one.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Count as this model does: `provider/model`.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Let the provider count where it can, even if it is elsewhere: the text is sent there.
    #[arg(long, requires = "model", conflicts_with = "offline")]
    ask: bool,
    /// Let no connection leave this machine.
    #[arg(long)]
    offline: bool,
    /// As one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn main(tokens: &Tokens) -> anyhow::Result<ExitCode> {
    let model = match &tokens.model {
        None => None,
        Some(name) => Some(ModelRef::parse(name).ok_or_else(|| {
            Usage(format!("`{name}` names no model: write provider/model, like ollama/qwen2.5-coder:7b"))
        })?),
    };
    let text = runtime::read_text(tokens.file.as_deref()).map_err(asked)?;
    let tally = match model {
        None => runtime::tally(&text),
        Some(model) => {
            let mut overrides = Overrides::default();
            overrides.set("--model", "model", &model.to_string());
            if tokens.offline {
                overrides.set("--offline", "offline", "true");
            }
            let setup = begin(&Flags { overrides, ..Flags::default() })?;
            let ask = if tokens.ask { Ask::Provider } else { Ask::Here };
            block_on(runtime::tally_for(setup, model, &text, ask))?
        }
    };
    if let Some(trouble) = &tally.trouble {
        runtime::tell_line(&format!("vibe-tui: {}", runtime::visible(&trouble.message)));
    }
    runtime::print(&if tokens.json { format!("{}\n", tally.json()) } else { tally.text() });
    Ok(ExitCode::SUCCESS)
}
