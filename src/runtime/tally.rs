//! `vibe-tui tokens`: how many tokens a text has, who says so, and what part of the model's window that is.
//!
//! It refuses to send a text to another machine unless it is asked to, and to call exact what is not.

use super::setup::Setup;
use super::world::World;
use crate::budget::token::Counter;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::RequestId;
use crate::domain::intent::{Action, Complexity, Intent};
use crate::domain::model::{Brief, Locality, ModelInfo, ModelRef, ModelRequest, Node, PromptMessage, Role};
use crate::provider::Provider;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Largest text that is counted, in bytes.
const MOST: u64 = 64 << 20;
/// How long a server may take to count.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose tokens are counted and not estimated, for whoever named none of them.
const COUNTED: &str = "Counted exactly: OpenAI's models by their names, under any provider (`openai/gpt-4o`, \
    `openrouter/openai/gpt-oss-20b`), and those of a server on this machine that counts.";

/// Whether a text may be sent to another machine to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Servers on this machine only.
    Here,
    /// The provider, wherever it is.
    Provider,
}

/// What a text comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// Tokens.
    pub tokens: u32,
    /// Whether the model's own tokenizer counted them.
    pub exact: bool,
    /// Who counted, as a phrase.
    pub tokenizer: String,
    /// The model they are for.
    pub model: Option<ModelRef>,
    /// Its window in tokens, where it is known.
    pub window: Option<u32>,
    /// The text's bytes.
    pub bytes: usize,
    /// What has to be said beside: why the server was not asked.
    pub trouble: Option<Failure>,
}

impl Tally {
    /// What part of the window it takes, from 0.
    fn share(&self) -> Option<f64> {
        self.window.filter(|w| *w > 0).map(|window| f64::from(self.tokens) / f64::from(window))
    }

    /// As one JSON object.
    pub fn json(&self) -> Value {
        json!({"tokens": self.tokens, "exact": self.exact, "tokenizer": self.tokenizer,
            "model": self.model.as_ref().map(ModelRef::to_string), "window": self.window, "share": self.share(),
            "bytes": self.bytes})
    }

    /// For people: a line a figure.
    pub fn text(&self) -> String {
        let mark = if self.exact { "" } else { "~" };
        let mut lines = format!("tokens      {mark}{}\ncounted by  {}\n", self.tokens, self.tokenizer);
        if let (Some(window), Some(share)) = (self.window, self.share()) {
            lines.push_str(&format!("window      {window}, {mark}{:.1} % of it\n", share * 100.0));
        }
        lines.push_str(&format!("bytes       {}\n", self.bytes));
        lines
    }
}

/// The text of a file, or of standard input.
///
/// # Errors
/// When it cannot be read, is no text, or is larger than 64 MiB: a sentence that names it.
pub fn read_text(file: Option<&Path>) -> Result<String, Failure> {
    let name = file.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
    let wrong = |why: &str| Failure::fatal(FailureKind::BadRequest, format!("{name}: {why}"));
    let unread = |error: io::Error| wrong(&format!("cannot be read: {error}"));
    let mut bytes = Vec::new();
    match file {
        Some(path) => {
            if std::fs::metadata(path).map_err(unread)?.is_dir() {
                return Err(wrong("is a directory; name a file"));
            }
            File::open(path).map_err(unread)?.take(MOST + 1).read_to_end(&mut bytes).map_err(unread)?
        }
        None => io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes).map_err(unread)?,
    };
    if bytes.len() as u64 > MOST {
        return Err(wrong("is larger than 64 MiB; no model reads that much"));
    }
    if bytes.contains(&0) {
        return Err(wrong("is no text: it holds a zero byte"));
    }
    String::from_utf8(bytes).map_err(|e| {
        let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count();
        wrong(&format!("is no UTF-8 text (line {line})"))
    })
}

/// Tokens of a text for no model in particular.
pub fn tally(text: &str) -> Tally {
    let counter = Counter::of_nobody();
    let tokenizer = format!("{}; no model was named", counter.vocabulary());
    Tally {
        tokens: counter.count(text).tokens,
        exact: false,
        tokenizer,
        model: None,
        window: None,
        bytes: text.len(),
        trouble: None,
    }
}

/// Tokens of a text for the model, by its own tokenizer if that is known or its server on this machine counts.
pub async fn tally_for(setup: Setup, model: ModelRef, text: &str, ask: Ask) -> Tally {
    let settings = setup.world_settings();
    let (world, _) = World::open(setup.root, settings).await;
    let tally = counted(&world, model, text, ask).await;
    world.store.close().await;
    tally
}

async fn counted(world: &World, model: ModelRef, text: &str, ask: Ask) -> Tally {
    let listing = world.discover().await;
    let info: Option<ModelInfo> = listing.models.into_iter().find(|m| m.reference == model);
    let provider = world.registry().await.resolve(&model);
    let mut tally = Tally {
        window: info.as_ref().and_then(|i| i.window),
        trouble: None,
        ..estimated(&world.tokens.counter(&model), text, &model)
    };
    if tally.exact {
        return tally;
    }
    let provider = match provider {
        Ok(provider) => provider,
        // A missing key matters to whoever wants its provider asked.
        Err(failure) => {
            let failure = Some(failure).filter(|f| f.kind != FailureKind::Auth || ask == Ask::Provider);
            tally.trouble = failure.map(|f| match f.kind {
                FailureKind::UnknownModel => Failure { message: format!("{} {COUNTED}", f.message), ..f },
                _ => f,
            });
            return tally;
        }
    };
    let Some(info) = info else { return tally };
    let counts = match (info.locality, ask) {
        (Locality::Loopback, _) => by_server(&provider, &model, text).await,
        (Locality::Remote, Ask::Provider) => as_message(&provider, &model, text).await,
        _ => None,
    };
    match counts {
        Some(Ok(tokens)) => {
            tally.tokens = tokens;
            tally.exact = info.locality == Locality::Loopback;
            tally.tokenizer = match tally.exact {
                true => format!("the server of {}", model.provider),
                false => format!("{}, as one message with its chat format", model.provider),
            };
        }
        Some(Err(failure)) => tally.trouble = Some(failure),
        None => {}
    }
    tally
}

/// By our own counter, with what was learned of the model.
fn estimated(counter: &Counter, text: &str, model: &ModelRef) -> Tally {
    let count = counter.count(text);
    let tokenizer = match (counter.is_exact(), counter.reports()) {
        (true, _) => counter.vocabulary().to_owned(),
        (false, 0) => format!("{} and a usual ratio", counter.vocabulary()),
        (false, reports) => format!("{}, corrected by {reports} answers of its server", counter.vocabulary()),
    };
    let (tokens, exact, model) = (count.tokens, count.exact, Some(model.clone()));
    Tally { tokens, exact, tokenizer, model, window: None, bytes: text.len(), trouble: None }
}

async fn by_server(provider: &Arc<dyn Provider>, model: &ModelRef, text: &str) -> Option<Result<u32, Failure>> {
    let counting = provider.count_tokens(&model.model, text)?;
    Some(timeout(PATIENCE, counting).await.unwrap_or_else(|_| Err(late(model))))
}

async fn as_message(provider: &Arc<dyn Provider>, model: &ModelRef, text: &str) -> Option<Result<u32, Failure>> {
    let request = message(model, text);
    let counting = provider.count_prompt(&request)?;
    Some(timeout(PATIENCE, counting).await.unwrap_or_else(|_| Err(late(model))))
}

fn late(model: &ModelRef) -> Failure {
    let message = format!("{} did not count within {} s.", model.provider, PATIENCE.as_secs());
    Failure::transient(FailureKind::Timeout, message)
}

/// The text as the only message of a prompt; only what a server counts of it matters.
fn message(model: &ModelRef, text: &str) -> ModelRequest {
    let intent = Intent {
        text: String::new(),
        action: Action::Document,
        targets: Vec::new(),
        language: None,
        frameworks: Vec::new(),
        complexity: Complexity::Simple,
        confidence: 1.0,
        token_budget: 0,
        paths: Vec::new(),
        symbols: Vec::new(),
    };
    ModelRequest {
        id: RequestId(0),
        model: model.clone(),
        messages: vec![PromptMessage { role: Role::User, text: text.to_owned(), cache_until_here: false }],
        prompt_tokens: 0,
        max_output: 1,
        window: 0,
        temperature_milli: 0,
        schema: None,
        brief: Brief { node: Node::Planner, intent, listing: Vec::new(), proposal: Vec::new(), edits: false },
    }
}
