//! Ollama's own protocol: `/api/chat` with newline-delimited JSON, `/api/tags`, `/api/show`, `/api/ps`.
//!
//! Every request sets `num_ctx`, because Ollama otherwise cuts the prompt to a small default window in silence, and
//! forbids truncation, so that a version that knows the field refuses instead of cutting. Models that Ollama itself
//! forwards to its cloud are shown as remote.
//! Source: <https://github.com/ollama/ollama/blob/main/docs/api.md>.

use super::Answer;
use super::complaint::Complaint;
use super::dialect::{Call, Decoded, Decoder, Dialect, Problem, bare, count, drop_field, plain_messages, temperature};
use super::link::{Link, is_name};
use super::size;
use super::wire::{Event, Framing, json};
use crate::domain::failure::Failure;
use crate::domain::model::{Chunk, FinishReason, Locality, ModelInfo, ModelRequest, Structured, Timings, Usage};
use serde::Deserialize;
use serde_json::{Value, json as value};

/// How long a model stays loaded after a request: a review between two requests must not unload it.
const KEEP_ALIVE: &str = "15m";

/// Ollama's protocol.
#[derive(Debug, Default)]
pub struct Ollama;

/// Whether a name is one of Ollama's cloud models, which run elsewhere though this machine's server answers for them.
/// Source: <https://docs.ollama.com/cloud>.
pub fn is_cloud(model: &str) -> bool {
    model.ends_with("-cloud") || model.ends_with(":cloud")
}

impl Ollama {
    async fn list(&self, link: &Link) -> Result<Vec<ModelInfo>, Failure> {
        let tags: Models = link.get("api/tags").await?;
        let loaded = link.get::<Models>("api/ps").await.map(|ps| ps.models).unwrap_or_default();
        let mut models: Vec<ModelInfo> = tags.models.iter().map(|m| m.info(link)).collect();
        for info in &mut models {
            if let Some(model) = loaded.iter().find(|m| m.name == info.reference.model) {
                info.window = model.context_length.map(|n| count(Some(n))).filter(|n| *n > 0);
                info.note = join([info.note.as_str(), "loaded"]);
            }
        }
        link.remember(&models);
        Ok(models)
    }

    async fn one(&self, link: &Link, model: &str) -> Result<ModelInfo, Failure> {
        let listed = self.list(link).await?;
        let shown: Shown = link.post("api/show", &value!({"model": model})).await?;
        let mut info = listed.into_iter().find(|m| is_name(&m.reference.model, model)).unwrap_or_else(|| {
            let details = shown.details.clone().unwrap_or_default();
            Model { name: model.to_owned(), details: Some(details), ..Model::default() }.info(link)
        });
        info.reference.model = model.to_owned();
        if let Some(trained) = shown.trained_window() {
            info.note = join([info.note.as_str(), &format!("trained for {trained} tokens")]);
        }
        Ok(info)
    }
}

impl Dialect for Ollama {
    fn models<'a>(&'a self, link: &'a Link) -> Answer<'a, Vec<ModelInfo>> {
        Box::pin(self.list(link))
    }

    fn describe<'a>(&'a self, link: &'a Link, model: &'a str) -> Answer<'a, ModelInfo> {
        Box::pin(self.one(link, model))
    }

    fn prepare<'a>(&'a self, _link: &'a Link, request: &'a ModelRequest) -> Answer<'a, Call> {
        let mut body = value!({
            "model": request.model.model,
            "messages": plain_messages(&request.messages),
            "stream": true,
            "keep_alive": KEEP_ALIVE,
            "truncate": false,
            "shift": false,
            "options": {
                "num_ctx": request.window,
                "num_predict": request.max_output,
                "temperature": temperature(request),
            },
        });
        if let Some(schema) = &request.schema {
            body["format"] = schema.clone();
        }
        let decoder: fn(&str) -> Box<dyn Decoder> = |model| Box::new(OllamaDecoder::new(model));
        Box::pin(async move { Ok(Call { path: "api/chat", body, framing: Framing::Ndjson, decoder }) })
    }

    fn mend(&self, call: &mut Call, complaint: &Complaint) -> bool {
        complaint.mentions(&["format"]) && drop_field(call, "format")
    }
}

fn join<const N: usize>(parts: [&str; N]) -> String {
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}

#[derive(Deserialize)]
struct Models {
    #[serde(default)]
    models: Vec<Model>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Model {
    name: String,
    details: Option<Details>,
    context_length: Option<f64>,
    remote_host: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Details {
    parameter_size: Option<String>,
    quantization_level: Option<String>,
}

impl Model {
    fn info(&self, link: &Link) -> ModelInfo {
        let mut info = bare(link, &self.name, Structured::JsonSchema);
        let details = self.details.clone().unwrap_or_default();
        let size = details.parameter_size.unwrap_or_default();
        info.parameters_b = size::from_figure(&size).or(info.parameters_b);
        info.note = join([size.as_str(), details.quantization_level.as_deref().unwrap_or("")]);
        if is_cloud(&self.name) || self.remote_host.as_ref().is_some_and(|host| !host.is_empty()) {
            info.locality = Locality::Remote;
            info.note = join([info.note.as_str(), "runs in Ollama's cloud"]);
        }
        info
    }
}

#[derive(Deserialize)]
struct Shown {
    details: Option<Details>,
    model_info: Option<serde_json::Map<String, Value>>,
}

impl Shown {
    /// `<architecture>.context_length`: the window the model was trained for, not the one that is loaded.
    fn trained_window(&self) -> Option<u64> {
        let info = self.model_info.as_ref()?;
        info.iter().find(|(key, _)| key.ends_with(".context_length")).and_then(|(_, n)| n.as_u64())
    }
}

/// The decoder of one answer. Pure.
#[derive(Debug)]
pub struct OllamaDecoder {
    model: String,
    started: bool,
    finished: bool,
}

impl OllamaDecoder {
    /// A decoder at the beginning of an answer of `model`, as it was asked for.
    pub fn new(model: &str) -> OllamaDecoder {
        OllamaDecoder { model: model.to_owned(), started: false, finished: false }
    }

    fn decode(&mut self, data: &str, out: &mut Decoded) -> Result<(), Problem> {
        let line: Line = json(data, "line of Ollama's answer")?;
        if let Some(error) = line.error {
            return Err(Problem::Complaint(Complaint::from_value(&value!({"error": error}))));
        }
        if !std::mem::replace(&mut self.started, true) {
            let model = line.model.clone().unwrap_or_else(|| self.model.clone());
            out.push(Ok(Chunk::Started { model }));
        }
        if let Some(message) = &line.message {
            let thinking = message.thinking.clone().filter(|t| !t.is_empty());
            out.extend(thinking.map(|text| Ok(Chunk::Thinking(text))));
            out.extend(message.content.clone().filter(|t| !t.is_empty()).map(|text| Ok(Chunk::Text(text))));
        }
        if line.done == Some(true) {
            self.finished = true;
            out.extend(line.timings().map(|t| Ok(Chunk::Timings(t))));
            out.extend(line.usage().map(|u| Ok(Chunk::Usage(u))));
            let reason = match line.done_reason.as_deref() {
                Some("length") => FinishReason::Length,
                _ => FinishReason::Stop,
            };
            out.push(Ok(Chunk::Finished(reason)));
        }
        Ok(())
    }
}

impl Decoder for OllamaDecoder {
    fn event(&mut self, event: &Event) -> Decoded {
        let mut out = Vec::with_capacity(1);
        if self.finished {
            return out;
        }
        if let Err(problem) = self.decode(&event.data, &mut out) {
            out.push(Err(problem));
        }
        out
    }

    fn end(&mut self) -> Decoded {
        if self.finished { Vec::new() } else { vec![Err(Problem::Cut)] }
    }
}

/// Durations are nanoseconds. A figure that is zero is left out by the server.
#[derive(Deserialize)]
struct Line {
    model: Option<String>,
    message: Option<Said>,
    done: Option<bool>,
    done_reason: Option<String>,
    load_duration: Option<f64>,
    prompt_eval_count: Option<f64>,
    prompt_eval_duration: Option<f64>,
    eval_count: Option<f64>,
    eval_duration: Option<f64>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
    thinking: Option<String>,
}

impl Line {
    fn timings(&self) -> Option<Timings> {
        let ms = |nanoseconds: Option<f64>| nanoseconds.map(|ns| ns / 1e6);
        let timings = Timings {
            load_ms: ms(self.load_duration),
            prompt_ms: ms(self.prompt_eval_duration),
            prompt_tokens: self.prompt_eval_count.map(|n| count(Some(n))),
            eval_ms: ms(self.eval_duration),
            eval_tokens: self.eval_count.map(|n| count(Some(n))),
        };
        (timings != Timings::default()).then_some(timings)
    }

    /// The usage, unless one of the two figures is missing: then the caller estimates.
    fn usage(&self) -> Option<Usage> {
        let (input, output) = (self.prompt_eval_count?, self.eval_count?);
        Some(Usage { input: count(Some(input)), output: count(Some(output)), ..Usage::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::replay::{holds_for_every_cut, replay, texts};
    use super::*;

    /// Written from Ollama's documentation of `/api/chat`.
    const CHAT: &str = r#"{"model":"qwen3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":"Hm."},"done":false}
{"model":"qwen3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Grüße"},"done":false}
{"model":"qwen3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":" 😀"},"done":false}
{"model":"qwen3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":26,"prompt_eval_duration":342546000,"eval_count":282,"eval_duration":4535599000}
"#;

    fn make() -> Box<dyn Decoder> {
        Box::new(OllamaDecoder::new("asked"))
    }

    fn decode(body: &str) -> Decoded {
        replay(Framing::Ndjson, make(), &[body.as_bytes()])
    }

    #[test]
    fn nanoseconds_become_milliseconds_and_counts_become_usage() {
        let decoded = decode(CHAT);
        assert_eq!(decoded[0], Ok(Chunk::Started { model: "qwen3".into() }));
        assert_eq!(texts(&decoded), ("Grüße 😀".to_owned(), "Hm.".to_owned()));
        let timings = Timings {
            load_ms: Some(1.334875),
            prompt_ms: Some(342.546),
            prompt_tokens: Some(26),
            eval_ms: Some(4535.599),
            eval_tokens: Some(282),
        };
        let usage = Usage { input: 26, output: 282, ..Usage::default() };
        let end = [Ok(Chunk::Timings(timings)), Ok(Chunk::Usage(usage)), Ok(Chunk::Finished(FinishReason::Stop))];
        assert_eq!(decoded[decoded.len() - 3..], end);
    }

    #[test]
    fn every_cut_gives_a_part_of_the_text_and_a_typed_end() {
        holds_for_every_cut(Framing::Ndjson, make, CHAT.as_bytes());
    }

    #[test]
    fn figures_that_are_missing_are_left_out_and_an_error_line_is_the_end() {
        let bare = decode("{\"message\":{\"content\":\"x\"},\"done\":true,\"done_reason\":\"length\"}\n");
        let expected = [
            Ok(Chunk::Started { model: "asked".into() }),
            Ok(Chunk::Text("x".into())),
            Ok(Chunk::Finished(FinishReason::Length)),
        ];
        assert_eq!(bare, expected);
        let half = decode("{\"done\":true,\"eval_count\":3}\n");
        assert!(!half.iter().any(|c| matches!(c, Ok(Chunk::Usage(_)))), "{half:?}");
        let failed = decode("{\"message\":{\"content\":\"x\"}}\n{\"error\":\"unexpected EOF\"}\n");
        assert!(matches!(failed.last(), Some(Err(Problem::Complaint(c))) if c.message == "unexpected EOF"));
        assert!(matches!(decode("nonsense\n").last(), Some(Err(Problem::Wire(_)))));
    }

    #[test]
    fn cloud_models_are_told_by_their_names() {
        assert!(is_cloud("gpt-oss:120b-cloud") && is_cloud("glm-4.6:cloud"));
        assert!(!is_cloud("cloud-coder:7b"));
    }
}
