//! Models: what is known of them, what is asked of them, and what comes back piece by piece.

use super::ids::RequestId;
use super::intent::Intent;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A model on a provider, written `provider/model` (`ollama/qwen2.5-coder:7b`, `anthropic/claude-sonnet-4-5`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModelRef {
    /// The provider's name in the registry.
    pub provider: String,
    /// The model's name on that provider; may contain `/`.
    pub model: String,
}

impl ModelRef {
    /// Splits at the first `/`. `None` without one, or with an empty side.
    pub fn parse(text: &str) -> Option<ModelRef> {
        let (provider, model) = text.split_once('/')?;
        (!provider.is_empty() && !model.is_empty())
            .then(|| ModelRef { provider: provider.to_owned(), model: model.to_owned() })
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// How far the server constrains a structured answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structured {
    /// Not at all: the answer is parsed and repaired.
    None,
    /// Valid JSON of no particular shape.
    JsonObject,
    /// JSON that matches a schema.
    JsonSchema,
}

/// Where the model runs, which decides whether it costs money and whether `--offline` allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locality {
    /// In this process: the pattern engine, or a script. Costs nothing, needs no connection.
    Embedded,
    /// On this machine. Costs nothing.
    Loopback,
    /// Elsewhere. Costs what the price list says; unknown is said.
    Remote,
}

/// What a provider tells of one of its models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Its name.
    pub reference: ModelRef,
    /// Where it runs.
    pub locality: Locality,
    /// Tokens of prompt and completion together that the server really loaded; `None` when it does not say.
    pub window: Option<u32>,
    /// Most tokens it can answer with; `None` when it does not say.
    pub max_output: Option<u32>,
    /// Billions of parameters, from the server's or the name's own figure.
    pub parameters_b: Option<f32>,
    /// How far structured answers are constrained.
    pub structured: Structured,
    /// One line to show beside the name: "embedded patterns, no model", "Q4_K_M, loaded".
    pub note: String,
}

/// Who speaks in a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions.
    System,
    /// The user's side.
    User,
    /// The model's side.
    Assistant,
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: Role,
    /// What.
    pub text: String,
    /// Whether everything up to and including this message is stable enough to be cached by the provider.
    pub cache_until_here: bool,
}

/// A node of the graph, as shown and as billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Node {
    Planner,
    Executor,
    Validator,
    Healer,
    Reviewer,
    Formatter,
}

impl Node {
    /// What the node does, as shown while it is active.
    pub fn activity(self) -> &'static str {
        match self {
            Node::Planner => "planning",
            Node::Executor => "executing",
            Node::Validator => "validating",
            Node::Healer => "healing",
            Node::Reviewer => "reviewing",
            Node::Formatter => "formatting",
        }
    }
}

/// What the request is for, beside its prompt. Model servers never see it; the embedded engine answers from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// The node that asks.
    pub node: Node,
    /// The intent of the run.
    pub intent: Intent,
    /// Paths that exist in the repository (capped), to choose a place for new files.
    pub listing: Vec<String>,
    /// Paths of the proposal so far, for the reviewer; empty before there is one.
    pub proposal: Vec<String>,
    /// Whether the mode lets the run propose edits.
    pub edits: bool,
}

/// One request to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// Echoed by everything that comes back, and the reservation's name in the ledger.
    pub id: RequestId,
    /// Which model.
    pub model: ModelRef,
    /// The prompt.
    pub messages: Vec<PromptMessage>,
    /// Tokens the prompt is expected to take (an upper estimate; what the reservation assumes).
    pub prompt_tokens: u32,
    /// Most tokens of answer: always sent, since a reservation needs a worst case.
    pub max_output: u32,
    /// Window to ask of a server that sizes it per request (Ollama's `num_ctx`): prompt and answer together.
    pub window: u32,
    /// Sampling temperature in thousandths (an integer so that requests compare and replay exactly).
    pub temperature_milli: u32,
    /// JSON Schema that the answer has to match, where the server can constrain it.
    pub schema: Option<serde_json::Value>,
    /// What the request is for.
    pub brief: Brief,
}

/// Tokens as the server counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// All prompt tokens, cached ones included.
    pub input: u32,
    /// Of these, read from the provider's cache.
    pub cache_read: u32,
    /// Of these, written to the provider's cache.
    pub cache_write: u32,
    /// Tokens of the answer, thinking included.
    pub output: u32,
    /// Of these, thinking.
    pub thinking: u32,
    /// Whether any figure is our estimate because the server gave none (shown with `~`).
    pub estimated: bool,
}

/// Durations as the server measured them; what it does not say is `None`, never guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Milliseconds to load the model.
    pub load_ms: Option<f64>,
    /// Milliseconds of prefill.
    pub prompt_ms: Option<f64>,
    /// Prompt tokens evaluated in that time (not those served from a cache).
    pub prompt_tokens: Option<u32>,
    /// Milliseconds of generation.
    pub eval_ms: Option<f64>,
    /// Tokens generated in that time.
    pub eval_tokens: Option<u32>,
}

impl Timings {
    /// Generated tokens a second by the server's own clock.
    pub fn tokens_per_second(&self) -> Option<f64> {
        match (self.eval_tokens, self.eval_ms) {
            (Some(tokens), Some(ms)) if ms > 0.0 => Some(f64::from(tokens) * 1000.0 / ms),
            _ => None,
        }
    }
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// `max_output` or the window was reached: the answer is cut.
    Length,
    /// The provider withheld it.
    Refused,
}

/// One piece of an answer, in the order it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chunk {
    /// The server accepted the request; the model as the server names it.
    Started {
        /// Name the server gave.
        model: String,
    },
    /// Prefill progress in tokens.
    Prefill {
        /// Tokens done, cached ones included.
        processed: u32,
        /// Tokens in all.
        total: u32,
    },
    /// Text of the answer.
    Text(String),
    /// Text of the model's thinking, where the server shows it.
    Thinking(String),
    /// Durations so far; the last one counts.
    Timings(Timings),
    /// Tokens; the last one counts.
    Usage(Usage),
    /// We wait before trying again, because of `failure`; shown and cancellable.
    Retrying {
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// Milliseconds until then.
        wait_ms: u64,
        /// Why.
        failure: super::failure::Failure,
    },
    /// The answer is complete. Nothing follows.
    Finished(FinishReason),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_name_may_contain_slashes() {
        let reference = ModelRef::parse("openrouter/qwen/qwen3-coder").unwrap();
        assert_eq!((reference.provider.as_str(), reference.model.as_str()), ("openrouter", "qwen/qwen3-coder"));
        assert_eq!(ModelRef::parse("qwen"), None);
        assert_eq!(ModelRef::parse("/x"), None);
    }
}
