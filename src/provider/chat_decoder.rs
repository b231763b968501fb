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

#[cfg(test)]
mod tests {
    use super::super::dialect::replay::{holds_for_every_cut, replay, texts};
    use super::super::wire::Framing;
    use super::*;

    const LLAMA: &str = include_str!("../../tests/provider/recorded/llama-chat.sse");
    const LLAMA_THINKING: &str = include_str!("../../tests/provider/recorded/llama-chat-thinking.sse");
    const LITELLM: &str = include_str!("../../tests/provider/recorded/litellm-chat.sse");
    const LITELLM_THINKING: &str = include_str!("../../tests/provider/recorded/litellm-chat-thinking.sse");
    const HELLO: &str = include_str!("../../.ci/replies/hello.txt");

    fn make() -> Box<dyn Decoder> {
        Box::new(ChatDecoder::new("asked"))
    }

    fn decode(body: &str) -> Decoded {
        replay(Framing::Sse, make(), &[body.as_bytes()])
    }

    fn usage(decoded: &Decoded) -> Option<Usage> {
        decoded.iter().flatten().filter_map(|c| if let Chunk::Usage(u) = c { Some(*u) } else { None }).next_back()
    }

    #[test]
    fn llama_server_tells_model_prefill_text_timings_and_usage_in_this_order() {
        let decoded = decode(LLAMA);
        assert_eq!(decoded[0], Ok(Chunk::Started { model: "scripted".into() }));
        assert_eq!(decoded[1], Ok(Chunk::Prefill { processed: 0, total: 21 }));
        assert_eq!(decoded[2], Ok(Chunk::Prefill { processed: 21, total: 21 }));
        assert_eq!(texts(&decoded), (HELLO.to_owned(), String::new()));
        let tail = &decoded[decoded.len() - 3..];
        let Ok(Chunk::Timings(timings)) = &tail[0] else { panic!("{tail:?}") };
        let server = 1522.9972586049344; // `predicted_per_second` of the recording
        assert!((timings.tokens_per_second().unwrap() - server).abs() < server / 100.0, "{timings:?}");
        assert_eq!((timings.prompt_tokens, timings.eval_tokens), (Some(21), Some(15)));
        assert_eq!(tail[1], Ok(Chunk::Usage(Usage { input: 21, output: 16, ..Usage::default() })));
        assert_eq!(tail[2], Ok(Chunk::Finished(FinishReason::Stop)));
    }

    #[test]
    fn litellm_counts_in_a_chunk_that_has_choices() {
        let decoded = decode(LITELLM);
        assert_eq!(texts(&decoded).0, HELLO);
        assert_eq!(usage(&decoded), Some(Usage { input: 21, cache_read: 20, output: 16, ..Usage::default() }));
    }

    #[test]
    fn thinking_is_told_apart_from_text() {
        for body in [LLAMA_THINKING, LITELLM_THINKING] {
            let (text, thinking) = texts(&decode(body));
            assert_eq!((text.trim(), thinking.trim()), ("Thought about.", "The user wants thought."));
        }
        let openrouter =
            "data: {\"choices\":[{\"delta\":{\"reasoning\":\"hm\",\"content\":\"\"}}]}\n\ndata: [DONE]\n\n";
        assert_eq!(texts(&decode(openrouter)).1, "hm");
    }

    #[test]
    fn every_cut_of_every_recording_gives_a_part_of_the_text_and_a_typed_end() {
        for body in [LLAMA, LLAMA_THINKING, LITELLM, LITELLM_THINKING] {
            holds_for_every_cut(Framing::Sse, make, body.as_bytes());
        }
    }

    #[test]
    fn dialects_of_the_ending() {
        use FinishReason::*;
        let end = |last: &str| {
            decode(&format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"x\"}}}}]}}\n\n{last}")).pop().unwrap()
        };
        let finish =
            |word: &str| format!("data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"{word}\"}}]}}\n\n");
        assert_eq!(end(&finish("stop")), Ok(Chunk::Finished(Stop)), "the body ends without [DONE]");
        assert_eq!(end("data: [DONE]"), Ok(Chunk::Finished(Stop)), "[DONE] without a finish reason or line end");
        assert_eq!(end(&finish("length")), Ok(Chunk::Finished(Length)));
        assert_eq!(end(&finish("content_filter")), Ok(Chunk::Finished(Refused)));
        assert!(matches!(end(&finish("error")), Err(Problem::Complaint(_))));
        assert!(matches!(
            end("data: {\"error\":{\"code\":502,\"message\":\"upstream\"}}\n\n"),
            Err(Problem::Complaint(_))
        ));
        assert!(matches!(end("data: {\"choices\":7}\n\n"), Err(Problem::Wire(_))));
        assert!(matches!(end("data: <html>\n\n"), Err(Problem::Wire(_))));
        assert_eq!(end(""), Err(Problem::Cut));
    }

    #[test]
    fn deepseek_tells_cached_tokens_in_its_own_field() {
        let body = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":5,\"prompt_cache_hit_tokens\":64,\
                    \"completion_tokens_details\":{\"reasoning_tokens\":3}}}\n\ndata: [DONE]\n\n";
        let expected = Usage { input: 100, cache_read: 64, output: 5, thinking: 3, ..Usage::default() };
        assert_eq!(usage(&decode(body)), Some(expected));
    }

    #[test]
    fn missing_or_odd_figures_are_no_usage_and_no_panic() {
        for usage_json in ["null", "{}", "{\"prompt_tokens\":1}", "{\"prompt_tokens\":null,\"completion_tokens\":2}"] {
            let decoded = decode(&format!("data: {{\"choices\":null,\"usage\":{usage_json}}}\n\ndata: [DONE]\n\n"));
            assert_eq!(usage(&decoded), None, "{usage_json}");
        }
        let decoded =
            decode("data: {\"usage\":{\"prompt_tokens\":-4,\"completion_tokens\":1e300}}\n\ndata: [DONE]\n\n");
        assert_eq!(usage(&decoded), Some(Usage { input: 0, output: u32::MAX, ..Usage::default() }));
    }
}
