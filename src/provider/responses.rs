//! OpenAI's Responses API: `/v1/responses`, with and without `event:` lines, with and without `[DONE]`.
//!
//! Requests are not stored on the server (`store: false`). Tools and background responses are not spoken.

use super::Answer;
use super::chat::Chat;
use super::chat_decoder::ChatTimings;
use super::complaint::Complaint;
use super::dialect::{
    Call, Decoded, Decoder, Dialect, Problem, count, drop_field, is_reasoning, is_strict, temperature,
};
use super::link::Link;
use super::wire::{Event, Framing, json};
use crate::domain::model::{Chunk, FinishReason, ModelInfo, ModelRequest, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json as value};

/// The Responses protocol. Servers that speak it list their models as for chat completions.
#[derive(Debug, Default)]
pub struct Responses {
    chat: Chat,
}

impl Dialect for Responses {
    fn models<'a>(&'a self, link: &'a Link) -> Answer<'a, Vec<ModelInfo>> {
        self.chat.models(link)
    }

    fn describe<'a>(&'a self, link: &'a Link, model: &'a str) -> Answer<'a, ModelInfo> {
        self.chat.describe(link, model)
    }

    fn prepare<'a>(&'a self, _link: &'a Link, request: &'a ModelRequest) -> Answer<'a, Call> {
        let body = body(request);
        let decoder: fn(&str) -> Box<dyn Decoder> = |model| Box::new(ResponsesDecoder::new(model));
        Box::pin(async move { Ok(Call { path: "v1/responses", body, framing: Framing::Sse, decoder }) })
    }

    fn mend(&self, call: &mut Call, complaint: &Complaint) -> bool {
        let told = |field: &str| complaint.mentions(&[field]);
        (told("temperature") && drop_field(call, "temperature"))
            || ((told("text.format") || told("json_schema")) && drop_field(call, "text"))
    }

    fn count<'a>(&'a self, link: &'a Link, model: &str, text: &str) -> Option<Answer<'a, u32>> {
        self.chat.count(link, model, text)
    }

    fn count_prompt<'a>(&'a self, link: &'a Link, request: &ModelRequest) -> Option<Answer<'a, u32>> {
        self.chat.count_prompt(link, request)
    }
}

fn body(request: &ModelRequest) -> Value {
    let mut body = value!({
        "model": request.model.model,
        "input": input(request),
        "max_output_tokens": request.max_output,
        "stream": true,
        "store": false,
    });
    if !is_reasoning(&request.model.model) {
        body["temperature"] = temperature(request);
    }
    if let Some(schema) = &request.schema {
        let format = value!({"type": "json_schema", "name": "answer", "strict": is_strict(schema), "schema": schema});
        body["text"] = value!({"format": format});
    }
    body
}

/// The prompt as items. The type is optional in OpenAI's reference; llama-server knows an assistant's item by it alone.
fn input(request: &ModelRequest) -> Value {
    request.messages.iter().map(|m| value!({"type": "message", "role": m.role, "content": m.text})).collect()
}

/// The decoder of one answer. Pure.
#[derive(Debug)]
pub struct ResponsesDecoder {
    model: String,
    started: bool,
    refused: bool,
    finished: bool,
}

impl ResponsesDecoder {
    /// A decoder at the beginning of an answer of `model`, as it was asked for.
    pub fn new(model: &str) -> ResponsesDecoder {
        ResponsesDecoder { model: model.to_owned(), started: false, refused: false, finished: false }
    }

    fn decode(&mut self, event: &Event, out: &mut Decoded) -> Result<(), Problem> {
        let read: ResponsesEvent = json(&event.data, "Responses event")?;
        let kind = read.r#type.as_deref().unwrap_or(&event.name);
        if kind == "error" || (kind.is_empty() && read.error.is_some()) {
            let complaint: Value = json(&event.data, "error message")?;
            return Err(Problem::Complaint(Complaint::from_value(&complaint)));
        }
        if !std::mem::replace(&mut self.started, true) {
            let named = read.response.as_ref().and_then(|r| r.model.clone()).or(read.model);
            out.push(Ok(Chunk::Started { model: named.unwrap_or_else(|| self.model.clone()) }));
        }
        let delta = || -> Result<Option<String>, Problem> {
            let text: Option<String> = read.delta.map(|raw| json(raw.get(), "text delta")).transpose()?;
            Ok(text.filter(|t| !t.is_empty()))
        };
        match kind {
            "response.output_text.delta" => out.extend(delta()?.map(|text| Ok(Chunk::Text(text)))),
            "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
                out.extend(delta()?.map(|text| Ok(Chunk::Thinking(text))));
            }
            "response.refusal.delta" => {
                self.refused = true;
                out.extend(delta()?.map(|text| Ok(Chunk::Text(text))));
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                out.extend(read.timings.and_then(ChatTimings::measured).map(|t| Ok(Chunk::Timings(t))));
                self.close(read.response.unwrap_or_default(), kind, out)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, response: Body, kind: &str, out: &mut Decoded) -> Result<(), Problem> {
        if kind == "response.failed" {
            let error = response.error.unwrap_or(Value::Null);
            return Err(Problem::Complaint(Complaint::from_value(&error)));
        }
        out.extend(response.usage.and_then(Counts::counted).map(|u| Ok(Chunk::Usage(u))));
        let reason = response.incomplete_details.and_then(|d| d.reason);
        let finish = match (kind, reason.as_deref()) {
            _ if self.refused => FinishReason::Refused,
            (_, Some("content_filter")) => FinishReason::Refused,
            ("response.incomplete", _) => FinishReason::Length,
            _ => FinishReason::Stop,
        };
        self.finished = true;
        out.push(Ok(Chunk::Finished(finish)));
        Ok(())
    }
}

impl Decoder for ResponsesDecoder {
    fn event(&mut self, event: &Event) -> Decoded {
        if self.finished {
            return Vec::new();
        }
        if event.data.trim() == "[DONE]" {
            return vec![Err(Problem::Cut)];
        }
        let mut out = Vec::with_capacity(2);
        if let Err(problem) = self.decode(event, &mut out) {
            out.push(Err(problem));
        }
        out
    }

    fn end(&mut self) -> Decoded {
        if self.finished { Vec::new() } else { vec![Err(Problem::Cut)] }
    }
}

#[derive(Deserialize)]
struct ResponsesEvent<'a> {
    r#type: Option<String>,
    model: Option<String>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    response: Option<Body>,
    timings: Option<ChatTimings>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Body {
    model: Option<String>,
    usage: Option<Counts>,
    error: Option<Value>,
    incomplete_details: Option<Incomplete>,
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Counts {
    input_tokens: Option<f64>,
    output_tokens: Option<f64>,
    input_tokens_details: Option<InputDetails>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize)]
struct InputDetails {
    cached_tokens: Option<f64>,
}

#[derive(Deserialize)]
struct OutputDetails {
    reasoning_tokens: Option<f64>,
}

impl Counts {
    fn counted(self) -> Option<Usage> {
        Some(Usage {
            input: count(Some(self.input_tokens?)),
            cache_read: count(self.input_tokens_details.and_then(|d| d.cached_tokens)),
            cache_write: 0,
            output: count(Some(self.output_tokens?)),
            thinking: count(self.output_tokens_details.and_then(|d| d.reasoning_tokens)),
            estimated: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::example::{call, closed_schema, link, request};
    use super::super::dialect::replay::{holds_for_every_cut, replay, texts};
    use super::super::endpoint::Protocol;
    use super::*;

    const LLAMA: &str = include_str!("../../tests/provider/recorded/llama-responses.sse");
    const LITELLM: &str = include_str!("../../tests/provider/recorded/litellm-responses.sse");
    const HELLO: &str = include_str!("../../.ci/replies/hello.txt");

    fn make() -> Box<dyn Decoder> {
        Box::new(ResponsesDecoder::new("asked"))
    }

    fn decode(body: &str) -> Decoded {
        replay(Framing::Sse, make(), &[body.as_bytes()])
    }

    #[test]
    fn a_request_is_not_stored_and_carries_the_schema_as_its_format() {
        let link = link(Protocol::Responses, "https://api.openai.com/v1");
        let mut asked = request("openai", "gpt-5-mini");
        asked.schema = Some(closed_schema());
        let expected = value!({
            "model": "gpt-5-mini",
            "input": [
                {"type": "message", "role": "system", "content": "Be brief."},
                {"type": "message", "role": "user", "content": "hi"},
            ],
            "max_output_tokens": 100,
            "stream": true,
            "store": false,
            "text": {"format": {"type": "json_schema", "name": "answer", "strict": true, "schema": closed_schema()}},
        });
        assert_eq!(call(&Responses::default(), &link, &asked).body, expected);
        assert_eq!(call(&Responses::default(), &link, &request("openai", "gpt-4.1")).body["temperature"], 0.2);
    }

    #[test]
    fn both_dialects_give_text_timings_usage_and_the_end() {
        for (body, cached) in [(LLAMA, 20), (LITELLM, 20)] {
            let decoded = decode(body);
            assert_eq!(texts(&decoded).0, HELLO);
            let tail = &decoded[decoded.len() - 3..];
            assert!(matches!(tail[0], Ok(Chunk::Timings(_))), "{tail:?}");
            let usage = Usage { input: 21, cache_read: cached, output: 16, ..Usage::default() };
            assert_eq!(tail[1..], [Ok(Chunk::Usage(usage)), Ok(Chunk::Finished(FinishReason::Stop))]);
        }
    }

    #[test]
    fn every_cut_of_both_recordings_gives_a_part_of_the_text_and_a_typed_end() {
        for body in [LLAMA, LITELLM] {
            holds_for_every_cut(Framing::Sse, make, body.as_bytes());
        }
    }

    #[test]
    fn each_kind_of_ending() {
        let end = |data: &str| decode(&format!("data: {data}\n\n")).pop().unwrap();
        let incomplete = |reason: &str| {
            format!(r#"{{"type":"response.incomplete","response":{{"incomplete_details":{{"reason":"{reason}"}}}}}}"#)
        };
        assert_eq!(end(&incomplete("max_output_tokens")), Ok(Chunk::Finished(FinishReason::Length)));
        assert_eq!(end(&incomplete("content_filter")), Ok(Chunk::Finished(FinishReason::Refused)));
        for failed in [
            r#"{"type":"response.failed","response":{"error":{"code":"server_error","message":"no"}}}"#,
            r#"{"type":"error","code":"rate_limit_exceeded","message":"slow down"}"#,
        ] {
            assert!(matches!(end(failed), Err(Problem::Complaint(_))), "{failed}");
        }
        assert_eq!(end("[DONE]"), Err(Problem::Cut));
        let refused = "data: {\"type\":\"response.refusal.delta\",\"delta\":\"No.\"}\n\ndata: {\"type\":\"response.completed\"}\n\n";
        let decoded = decode(refused);
        assert_eq!(
            (texts(&decoded).0.as_str(), decoded.last()),
            ("No.", Some(&Ok(Chunk::Finished(FinishReason::Refused))))
        );
    }
}
