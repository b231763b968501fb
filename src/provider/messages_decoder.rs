//! Messages events to chunks, in Anthropic's, llama-server's and LiteLLM's dialects.
//!
//! Pure. Usage stands in `message_start` and again, cumulative, in `message_delta`: Anthropic and llama-server give the
//! prompt's figures in the first, LiteLLM gives zeros there and everything in the second. It is passed on once, at the
//! end: a figure that is still growing would be taken for a bill.

use super::complaint::Complaint;
use super::dialect::{Decoded, Decoder, Problem, count};
use super::wire::{Event, json};
use crate::domain::model::{Chunk, FinishReason, Usage};
use serde::Deserialize;
use serde_json::Value;

/// The decoder of one answer.
#[derive(Debug)]
pub struct MessagesDecoder {
    model: String,
    usage: Counts,
    finish: Option<FinishReason>,
    finished: bool,
}

impl MessagesDecoder {
    /// A decoder at the beginning of an answer of `model`, as it was asked for.
    pub fn new(model: &str) -> MessagesDecoder {
        MessagesDecoder { model: model.to_owned(), usage: Counts::default(), finish: None, finished: false }
    }

    fn decode(&mut self, event: &Event, out: &mut Decoded) -> Result<(), Problem> {
        let read: MessagesEvent = json(&event.data, "Messages event")?;
        match read.r#type.as_deref().unwrap_or(&event.name) {
            "error" => {
                let complaint: Value = json(&event.data, "error message")?;
                return Err(Problem::Complaint(Complaint::from_value(&complaint)));
            }
            "message_start" => {
                let message = read.message.unwrap_or_default();
                self.usage.merge(message.usage.unwrap_or_default());
                out.push(Ok(Chunk::Started { model: message.model.unwrap_or_else(|| self.model.clone()) }));
            }
            "content_block_start" => out.extend(read.content_block.and_then(Block::chunk).map(Ok)),
            "content_block_delta" => out.extend(read.delta.and_then(Block::chunk).map(Ok)),
            "message_delta" => {
                self.usage.merge(read.usage.unwrap_or_default());
                let reason = read.delta.and_then(|d| d.stop_reason);
                self.finish = reason.as_deref().map(finish_reason).or(self.finish.take());
            }
            "message_stop" => {
                let reason = self.finish.take().unwrap_or(FinishReason::Stop);
                self.close(reason, out);
            }
            // `ping`, `content_block_stop` and whatever the API adds later: its versioning policy says to ignore it.
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, reason: FinishReason, out: &mut Decoded) {
        self.finished = true;
        out.extend(self.usage.counted().map(|usage| Ok(Chunk::Usage(usage))));
        out.push(Ok(Chunk::Finished(reason)));
    }
}

impl Decoder for MessagesDecoder {
    fn event(&mut self, event: &Event) -> Decoded {
        let mut out = Vec::with_capacity(1);
        if self.finished || event.data.trim() == "[DONE]" {
            return out;
        }
        if let Err(problem) = self.decode(event, &mut out) {
            out.push(Err(problem));
        }
        out
    }

    fn end(&mut self) -> Decoded {
        let mut out = Vec::new();
        match self.finish.take() {
            _ if self.finished => {}
            Some(reason) => self.close(reason, &mut out),
            None => out.push(Err(Problem::Cut)),
        }
        out
    }
}

/// Source: <https://docs.anthropic.com/en/api/handling-stop-reasons>.
fn finish_reason(word: &str) -> FinishReason {
    match word {
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "refusal" => FinishReason::Refused,
        _ => FinishReason::Stop,
    }
}

#[derive(Deserialize)]
struct MessagesEvent {
    r#type: Option<String>,
    message: Option<Start>,
    content_block: Option<Block>,
    delta: Option<Block>,
    usage: Option<Counts>,
}

#[derive(Default, Deserialize)]
struct Start {
    model: Option<String>,
    usage: Option<Counts>,
}

/// A block's beginning or a delta; the fields do not overlap.
#[derive(Deserialize)]
struct Block {
    text: Option<String>,
    thinking: Option<String>,
    partial_json: Option<String>,
    stop_reason: Option<String>,
}

impl Block {
    /// The input of the one tool that is ever offered is the answer's text.
    fn chunk(self) -> Option<Chunk> {
        let text = self.text.or(self.partial_json).filter(|t| !t.is_empty());
        let thinking = self.thinking.filter(|t| !t.is_empty());
        text.map(Chunk::Text).or(thinking.map(Chunk::Thinking))
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Counts {
    input_tokens: Option<f64>,
    output_tokens: Option<f64>,
    cache_read_input_tokens: Option<f64>,
    cache_creation_input_tokens: Option<f64>,
}

impl Counts {
    /// Takes over what `later` states; a zero never replaces a figure.
    fn merge(&mut self, later: Counts) {
        let newer = |old: &mut Option<f64>, new: Option<f64>| {
            if new.is_some_and(|n| n > 0.0 || old.is_none()) {
                *old = new;
            }
        };
        newer(&mut self.input_tokens, later.input_tokens);
        newer(&mut self.output_tokens, later.output_tokens);
        newer(&mut self.cache_read_input_tokens, later.cache_read_input_tokens);
        newer(&mut self.cache_creation_input_tokens, later.cache_creation_input_tokens);
    }

    /// The usage; `input_tokens` leaves the cached ones out, ours does not. Nothing if the server counted nothing.
    fn counted(&self) -> Option<Usage> {
        let (read, written) = (count(self.cache_read_input_tokens), count(self.cache_creation_input_tokens));
        let input = count(Some(self.input_tokens?)).saturating_add(read).saturating_add(written);
        let output = count(Some(self.output_tokens?));
        (input > 0).then_some(Usage {
            input,
            cache_read: read,
            cache_write: written,
            output,
            thinking: 0,
            estimated: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::replay::{holds_for_every_cut, replay, texts};
    use super::super::wire::Framing;
    use super::*;

    const LLAMA: &str = include_str!("../../tests/provider/recorded/llama-messages.sse");
    const LLAMA_TOOL: &str = include_str!("../../tests/provider/recorded/llama-messages-tool.sse");
    const LITELLM: &str = include_str!("../../tests/provider/recorded/litellm-messages.sse");
    const LITELLM_TOOL: &str = include_str!("../../tests/provider/recorded/litellm-messages-tool.sse");
    const HELLO: &str = include_str!("../../.ci/replies/hello.txt");
    /// Written from Anthropic's documentation of streaming: ping, signature and an event type from the future.
    const ANTHROPIC: &str = r#"event: message_start
data: {"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello"}}

event: of_the_future
data: {"type":"of_the_future","delta":null}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}

event: message_stop
data: {"type":"message_stop"}

"#;

    fn make() -> Box<dyn Decoder> {
        Box::new(MessagesDecoder::new("asked"))
    }

    fn decode(body: &str) -> Decoded {
        replay(Framing::Sse, make(), &[body.as_bytes()])
    }

    #[test]
    fn usage_is_whole_in_every_dialect_and_comes_once_at_the_end() {
        let cases = [
            (LLAMA, Usage { input: 21, cache_read: 20, output: 16, ..Usage::default() }),
            (LITELLM, Usage { input: 21, cache_read: 20, output: 16, ..Usage::default() }),
            (ANTHROPIC, Usage { input: 1125, cache_read: 1000, cache_write: 100, output: 15, ..Usage::default() }),
        ];
        for (body, usage) in cases {
            let decoded = decode(body);
            assert_eq!(
                decoded[decoded.len() - 2..],
                [Ok(Chunk::Usage(usage)), Ok(Chunk::Finished(FinishReason::Stop))]
            );
            assert_eq!(decoded.iter().filter(|c| matches!(c, Ok(Chunk::Usage(_)))).count(), 1);
        }
    }

    #[test]
    fn text_thinking_and_the_input_of_the_answer_tool_are_told_apart() {
        assert_eq!(texts(&decode(LLAMA)).0, HELLO);
        assert_eq!(texts(&decode(LITELLM)).0, HELLO);
        assert_eq!(texts(&decode(ANTHROPIC)), ("Hello".to_owned(), "Hm.".to_owned()));
        for body in [LLAMA_TOOL, LITELLM_TOOL] {
            let answer: Value = serde_json::from_str(&texts(&decode(body)).0).unwrap();
            assert_eq!(answer["summary"], "By tool");
        }
    }

    #[test]
    fn every_cut_of_every_recording_gives_a_part_of_the_text_and_a_typed_end() {
        for body in [LLAMA, LLAMA_TOOL, LITELLM, LITELLM_TOOL, ANTHROPIC] {
            holds_for_every_cut(Framing::Sse, make, body.as_bytes());
        }
    }

    #[test]
    fn an_error_after_success_is_the_end_and_keeps_the_text() {
        let (before, _) = ANTHROPIC.split_once("event: of_the_future").unwrap();
        let error = r#"data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        let decoded = decode(&format!("{before}event: error\n{error}\n\n"));
        assert_eq!(texts(&decoded).0, "Hello");
        assert!(matches!(decoded.last(), Some(Err(Problem::Complaint(c))) if c.message == "Overloaded"));
    }
}
