//! Chat completion events to chunks, in the dialects of llama-server, LiteLLM, vLLM, OpenRouter, DeepSeek and OpenAI.
//!
//! Pure. Usage may come in a chunk with or without choices, before or after the finish reason; the answer is finished
//! at `[DONE]`, or at the end of the body if a finish reason was seen.

use super::complaint::Complaint;
use super::dialect::{Decoded, Decoder, Problem, count};
use super::wire::{Event, json};
use crate::domain::model::{Chunk, FinishReason, Timings, Usage};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The decoder of one answer.
#[derive(Debug)]
pub struct ChatDecoder {
    model: String,
    started: bool,
    finish: Option<FinishReason>,
    finished: bool,
}

impl ChatDecoder {
    /// A decoder at the beginning of an answer of `model`, as it was asked for.
    pub fn new(model: &str) -> ChatDecoder {
        ChatDecoder { model: model.to_owned(), started: false, finish: None, finished: false }
    }

    fn decode(&mut self, data: &str, out: &mut Decoded) -> Result<(), Problem> {
        let event: ChatEvent = json(data, "chat completion chunk")?;
        if let Some(error) = event.error {
            let value: Value = json(error.get(), "error message")?;
            return Err(Problem::Complaint(Complaint::from_value(&value)));
        }
        if !self.started {
            self.started = true;
            let named = event.model.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
            let model = named.filter(|name| !name.is_empty()).unwrap_or_else(|| self.model.clone());
            out.push(Ok(Chunk::Started { model }));
        }
        if let Some(progress) = event.prompt_progress {
            out.push(Ok(Chunk::Prefill { processed: count(progress.processed), total: count(progress.total) }));
        }
        for choice in event.choices.into_iter().flatten().filter(|c| c.index.unwrap_or(0) == 0) {
            self.choice(choice, out)?;
        }
        if let Some(timings) = event.timings.and_then(ChatTimings::measured) {
            out.push(Ok(Chunk::Timings(timings)));
        }
        if let Some(usage) = event.usage.and_then(ChatUsage::counted) {
            out.push(Ok(Chunk::Usage(usage)));
        }
        Ok(())
    }

    fn choice(&mut self, choice: Choice, out: &mut Decoded) -> Result<(), Problem> {
        if let Some(delta) = choice.delta {
            let thinking = delta.reasoning_content.or(delta.reasoning).filter(|t| !t.is_empty());
            out.extend(thinking.map(|text| Ok(Chunk::Thinking(text))));
            out.extend(delta.content.filter(|t| !t.is_empty()).map(|text| Ok(Chunk::Text(text))));
            if let Some(refusal) = delta.refusal.filter(|t| !t.is_empty()) {
                out.push(Ok(Chunk::Text(refusal)));
                self.finish = Some(FinishReason::Refused);
            }
        }
        let reason = match choice.finish_reason.as_deref() {
            None => return Ok(()),
            Some("length") => FinishReason::Length,
            Some("content_filter") => FinishReason::Refused,
            // OpenRouter and DeepSeek end a failed answer this way.
            Some(word @ ("error" | "insufficient_system_resource")) => {
                let message = format!("the answer ended with `{word}`");
                return Err(Problem::Complaint(Complaint { message, ..Complaint::default() }));
            }
            Some(_) => FinishReason::Stop,
        };
        if self.finish != Some(FinishReason::Refused) {
            self.finish = Some(reason);
        }
        Ok(())
    }

    fn finish(&mut self, reason: FinishReason) -> Decoded {
        self.finished = true;
        let model = self.model.clone();
        let start = (!std::mem::replace(&mut self.started, true)).then_some(Ok(Chunk::Started { model }));
        start.into_iter().chain([Ok(Chunk::Finished(reason))]).collect()
    }
}

impl Decoder for ChatDecoder {
    fn event(&mut self, event: &Event) -> Decoded {
        if self.finished {
            return Vec::new();
        }
        if event.data.trim() == "[DONE]" {
            let reason = self.finish.take().unwrap_or(FinishReason::Stop);
            return self.finish(reason);
        }
        let mut out = Vec::with_capacity(2);
        if let Err(problem) = self.decode(&event.data, &mut out) {
            out.push(Err(problem));
        }
        out
    }

    fn end(&mut self) -> Decoded {
        match self.finish.take() {
            _ if self.finished => Vec::new(),
            Some(reason) => self.finish(reason),
            None => vec![Err(Problem::Cut)],
        }
    }
}

#[derive(Deserialize)]
struct ChatEvent<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    choices: Option<Vec<Choice>>,
    usage: Option<ChatUsage>,
    timings: Option<ChatTimings>,
    prompt_progress: Option<Progress>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice {
    index: Option<u32>,
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Progress {
    total: Option<f64>,
    processed: Option<f64>,
}

/// llama-server's own clock. `predicted_per_second` leaves out the first token, which comes with the prompt.
#[derive(Deserialize)]
pub(super) struct ChatTimings {
    prompt_n: Option<f64>,
    prompt_ms: Option<f64>,
    predicted_n: Option<f64>,
    predicted_ms: Option<f64>,
    predicted_per_second: Option<f64>,
}

impl ChatTimings {
    /// The timings, once something was generated. The generated tokens are those that took `predicted_ms`, so that our
    /// tokens a second are the server's.
    pub(super) fn measured(self) -> Option<Timings> {
        if count(self.predicted_n) == 0 {
            return None;
        }
        let timed = match (self.predicted_per_second, self.predicted_ms) {
            (Some(rate), Some(ms)) => Some((rate * ms / 1000.0).round()),
            _ => self.predicted_n,
        };
        Some(Timings {
            load_ms: None,
            prompt_ms: self.prompt_ms,
            prompt_tokens: self.prompt_n.map(|n| count(Some(n))),
            eval_ms: self.predicted_ms,
            eval_tokens: timed.map(|n| count(Some(n))).filter(|n| *n > 0),
        })
    }
}

#[derive(Deserialize)]
struct ChatUsage {
    prompt_tokens: Option<f64>,
    completion_tokens: Option<f64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
    prompt_cache_hit_tokens: Option<f64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<f64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<f64>,
}

impl ChatUsage {
    /// The usage, unless one of the two figures that matter is missing.
    fn counted(self) -> Option<Usage> {
        let cached = self.prompt_tokens_details.and_then(|d| d.cached_tokens).or(self.prompt_cache_hit_tokens);
        Some(Usage {
            input: count(Some(self.prompt_tokens?)),
            cache_read: count(cached),
            cache_write: 0,
            output: count(Some(self.completion_tokens?)),
            thinking: count(self.completion_tokens_details.and_then(|d| d.reasoning_tokens)),
            estimated: false,
        })
    }
}
