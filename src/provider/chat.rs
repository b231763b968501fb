//! OpenAI-compatible chat completions: llama-server, vLLM, LM Studio, MLX-LM, LiteLLM, OpenRouter, DeepSeek and OpenAI.
//!
//! What the server is decides which fields it gets; an unknown server is asked once for `/props`, which only
//! llama-server has. Tools, images and several choices are not spoken.

use super::Answer;
use super::chat_decoder::ChatDecoder;
use super::complaint::Complaint;
use super::dialect::{Call, Dialect, bare, count, drop_field, is_reasoning, is_strict, plain_messages, temperature};
use super::link::Link;
use super::wire::Framing;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::{Locality, ModelInfo, ModelRequest, Structured};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// The chat completions protocol.
#[derive(Debug, Default)]
pub struct Chat {
    flavour: OnceLock<Flavour>,
    /// Set once a listing has told that this is vLLM, which counts tokens too.
    vllm: OnceLock<()>,
}

/// What stands behind the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Flavour {
    OpenAi,
    OpenRouter,
    DeepSeek,
    /// llama.cpp's server, with the window of one of its slots, if it said so.
    LlamaServer(Option<u32>),
    LmStudio,
    MlxLm,
    Plain,
}

impl Flavour {
    /// Sources: the servers' documentation; MLX-LM ignores `response_format`, DeepSeek knows `json_object` only.
    fn structured(&self) -> Structured {
        match self {
            Flavour::DeepSeek => Structured::JsonObject,
            Flavour::MlxLm => Structured::None,
            _ => Structured::JsonSchema,
        }
    }
}

impl Chat {
    async fn flavour(&self, link: &Link) -> Flavour {
        if let Some(known) = self.flavour.get() {
            return known.clone();
        }
        let endpoint = &link.endpoint;
        let by_name = match endpoint.name() {
            "lm-studio" => Some(Flavour::LmStudio),
            "mlx-lm" => Some(Flavour::MlxLm),
            _ if endpoint.is_at("openai.com") => Some(Flavour::OpenAi),
            _ if endpoint.is_at("openrouter.ai") => Some(Flavour::OpenRouter),
            _ if endpoint.is_at("deepseek.com") => Some(Flavour::DeepSeek),
            _ => None,
        };
        let found = match by_name {
            Some(flavour) => flavour,
            None => match link.get::<Props>("props").await {
                Ok(props) => props.flavour(),
                // It is loading (llama-server says 503 then) or away: ask again at the next request.
                Err(failure) if failure.kind == FailureKind::Overloaded => return Flavour::LlamaServer(None),
                Err(failure) if failure.retryable => return Flavour::Plain,
                Err(_) => Flavour::Plain,
            },
        };
        self.flavour.get_or_init(|| found).clone()
    }

    fn counts(&self) -> Option<Counts> {
        match self.flavour.get()? {
            Flavour::LlamaServer(_) => Some(Counts::Llama),
            _ => self.vllm.get().map(|()| Counts::Vllm),
        }
    }

    fn body(&self, request: &ModelRequest, flavour: &Flavour) -> Value {
        let mut body = json!({
            "model": request.model.model,
            "messages": plain_messages(&request.messages),
            "stream": true,
            "stream_options": {"include_usage": true},
        });
        let limit = if *flavour == Flavour::OpenAi { "max_completion_tokens" } else { "max_tokens" };
        body[limit] = json!(request.max_output);
        if !(*flavour == Flavour::OpenAi && is_reasoning(&request.model.model)) {
            body["temperature"] = temperature(request);
        }
        if let Flavour::LlamaServer(_) = flavour {
            body["return_progress"] = json!(true);
        }
        if let Some(schema) = &request.schema {
            match flavour.structured() {
                Structured::None => {}
                Structured::JsonObject => body["response_format"] = json!({"type": "json_object"}),
                Structured::JsonSchema => {
                    let named = json!({"name": "answer", "strict": is_strict(schema), "schema": schema});
                    body["response_format"] = json!({"type": "json_schema", "json_schema": named});
                }
            }
        }
        body
    }

    async fn list(&self, link: &Link) -> Result<Vec<ModelInfo>, Failure> {
        let flavour = self.flavour(link).await;
        let mut listed = Vec::new();
        if flavour == Flavour::LmStudio {
            // Its own list tells the loaded window; the compatible one does not.
            listed = link.get::<Listing>("api/v0/models").await.map(|l| l.data).unwrap_or_default();
        }
        if listed.is_empty() {
            listed = link.get::<Listing>("v1/models").await?.data;
        }
        if listed.iter().any(|m| m.owned_by.as_deref() == Some("vllm")) {
            self.vllm.get_or_init(|| ());
        }
        let models: Vec<ModelInfo> =
            listed.into_iter().filter(|m| m.answers(&flavour)).map(|m| m.info(link, &flavour)).collect();
        link.remember(&models);
        Ok(models)
    }
}

impl Dialect for Chat {
    fn models<'a>(&'a self, link: &'a Link) -> Answer<'a, Vec<ModelInfo>> {
        Box::pin(self.list(link))
    }

    fn describe<'a>(&'a self, link: &'a Link, model: &'a str) -> Answer<'a, ModelInfo> {
        Box::pin(async move {
            let flavour = self.flavour(link).await;
            let models = self.list(link).await?;
            let mut single = models.len() == 1 && matches!(flavour, Flavour::LlamaServer(_));
            let mut found = models.into_iter().find(|m| std::mem::take(&mut single) || m.reference.model == model);
            if let Some(info) = &mut found {
                // llama-server with one model answers to any name.
                info.reference.model = model.to_owned();
            }
            // Clouds know aliases that they do not list.
            Ok(found.unwrap_or_else(|| bare(link, model, flavour.structured())))
        })
    }

    fn prepare<'a>(&'a self, link: &'a Link, request: &'a ModelRequest) -> Answer<'a, Call> {
        Box::pin(async move {
            let flavour = self.flavour(link).await;
            Ok(Call {
                path: "v1/chat/completions",
                body: self.body(request, &flavour),
                framing: Framing::Sse,
                decoder: |model| Box::new(ChatDecoder::new(model)),
            })
        })
    }

    fn mend(&self, call: &mut Call, complaint: &Complaint) -> bool {
        if complaint.mentions(&["max_completion_tokens"]) && call.body.get("max_tokens").is_some() {
            let limit = call.body["max_tokens"].take();
            drop_field(call, "max_tokens");
            call.body["max_completion_tokens"] = limit;
            return true;
        }
        ["temperature", "response_format", "stream_options", "return_progress"]
            .iter()
            .any(|field| complaint.mentions(&[field]) && drop_field(call, field))
    }

    fn count<'a>(&'a self, link: &'a Link, model: &str, text: &str) -> Option<Answer<'a, u32>> {
        let body = match self.counts()? {
            Counts::Llama => json!({"content": text}),
            Counts::Vllm => json!({"model": model, "prompt": text, "add_special_tokens": false}),
        };
        Some(Box::pin(async move { tokenize(link, &body).await }))
    }

    fn count_prompt<'a>(&'a self, link: &'a Link, request: &ModelRequest) -> Option<Answer<'a, u32>> {
        let messages = plain_messages(&request.messages);
        let (counts, model) = (self.counts()?, request.model.model.clone());
        Some(Box::pin(async move {
            let body = match counts {
                Counts::Llama => {
                    let prompt: Templated = link.post("apply-template", &json!({"messages": messages})).await?;
                    // As the server itself reads a prompt: its beginning is marked, and marks in it are marks.
                    json!({"content": prompt.prompt, "add_special": true, "parse_special": true})
                }
                Counts::Vllm => json!({"model": model, "messages": messages, "add_generation_prompt": true}),
            };
            tokenize(link, &body).await
        }))
    }
}

/// The servers that count. Sources: llama.cpp's `tools/server/README.md` (`/tokenize`, `/apply-template`); vLLM's
/// documentation of its tokenizer API (`/tokenize`, which takes a text or messages).
enum Counts {
    Llama,
    Vllm,
}

async fn tokenize(link: &Link, body: &Value) -> Result<u32, Failure> {
    let tokens: Tokens = link.post("tokenize", body).await?;
    Ok(u32::try_from(tokens.tokens.len()).unwrap_or(u32::MAX))
}

#[derive(Deserialize)]
struct Tokens {
    tokens: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Templated {
    prompt: String,
}

#[derive(Deserialize)]
struct Props {
    default_generation_settings: Option<Settings>,
}

#[derive(Deserialize)]
struct Settings {
    n_ctx: Option<f64>,
}

impl Props {
    fn flavour(self) -> Flavour {
        match self.default_generation_settings {
            Some(settings) => Flavour::LlamaServer(Some(count(settings.n_ctx)).filter(|n| *n > 0)),
            None => Flavour::Plain,
        }
    }
}

#[derive(Deserialize)]
struct Listing {
    data: Vec<Listed>,
}

/// One entry of `/v1/models`, with what various servers add to it: llama-server `meta`, vLLM `max_model_len`, OpenRouter
/// `context_length`, `top_provider` and `supported_parameters`, LM Studio the rest.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Listed {
    id: String,
    owned_by: Option<String>,
    meta: Option<Meta>,
    max_model_len: Option<f64>,
    context_length: Option<f64>,
    loaded_context_length: Option<f64>,
    top_provider: Option<TopProvider>,
    supported_parameters: Option<Vec<String>>,
    r#type: Option<String>,
    state: Option<String>,
    quantization: Option<String>,
}

#[derive(Deserialize)]
struct Meta {
    n_params: Option<f64>,
    ftype: Option<String>,
}

#[derive(Deserialize)]
struct TopProvider {
    max_completion_tokens: Option<f64>,
}

/// Parts of names of OpenAI's models that do not answer chats.
const OTHER_USES: &[&str] =
    &["embedding", "whisper", "tts", "dall-e", "moderation", "image", "audio", "realtime", "transcribe", "sora"];

impl Listed {
    fn answers(&self, flavour: &Flavour) -> bool {
        let other = *flavour == Flavour::OpenAi && OTHER_USES.iter().any(|part| self.id.contains(part));
        !self.id.is_empty() && !other && self.r#type.as_deref() != Some("embeddings")
    }

    fn info(self, link: &Link, flavour: &Flavour) -> ModelInfo {
        let mut info = bare(link, &self.id, flavour.structured());
        let said = [self.loaded_context_length, self.max_model_len, self.context_length];
        info.window = said.into_iter().flatten().map(|n| count(Some(n))).find(|n| *n > 0);
        if let Flavour::LlamaServer(window) = flavour {
            info.window = window.or(info.window);
        }
        info.max_output = self.top_provider.and_then(|t| t.max_completion_tokens).map(|n| count(Some(n)));
        if let (Flavour::OpenRouter, Some(parameters)) = (flavour, &self.supported_parameters) {
            let has = |name: &str| parameters.iter().any(|p| p == name);
            info.structured = match (has("structured_outputs"), has("response_format")) {
                (true, _) => Structured::JsonSchema,
                (false, true) => Structured::JsonObject,
                (false, false) => Structured::None,
            };
        }
        let parameters = self.meta.as_ref().and_then(|m| m.n_params).filter(|n| *n > 0.0);
        info.parameters_b = parameters.map(|n| (n / 1e9) as f32).or(info.parameters_b);
        let quantization = self.meta.and_then(|m| m.ftype).or(self.quantization);
        let loaded = self.state.map(|state| state.replace('-', " "));
        info.note = [quantization, loaded].into_iter().flatten().collect::<Vec<_>>().join(", ");
        if info.note.is_empty() && info.locality == Locality::Loopback {
            info.note = "on this machine".to_owned();
        }
        info
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::example::{call, closed_schema, link, request};
    use super::super::endpoint::Protocol;
    use super::*;

    fn body_at(url: &str, request: &ModelRequest) -> Value {
        call(&Chat::default(), &link(Protocol::Chat, url), request).body
    }

    #[test]
    fn openai_gets_its_own_name_for_the_limit_and_no_temperature_for_reasoning_models() {
        let body = body_at("https://api.openai.com/v1", &request("openai", "gpt-4.1"));
        let expected = json!({
            "model": "gpt-4.1",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
            "stream": true,
            "stream_options": {"include_usage": true},
            "max_completion_tokens": 100,
            "temperature": 0.2,
        });
        assert_eq!(body, expected);
        let body = body_at("https://api.openai.com/v1", &request("openai", "o4-mini"));
        assert_eq!(body.get("temperature"), None);
    }

    #[test]
    fn a_schema_is_sent_as_far_as_the_server_goes() {
        let mut asked = request("x", "m");
        asked.schema = Some(closed_schema());
        let openrouter = body_at("https://openrouter.ai/api/v1", &asked);
        assert_eq!(openrouter["max_tokens"], 100);
        let format = json!({"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema": closed_schema()}});
        assert_eq!(openrouter["response_format"], format);
        assert_eq!(body_at("https://api.deepseek.com", &asked)["response_format"], json!({"type": "json_object"}));
    }

    #[test]
    fn a_refused_parameter_is_dropped_or_renamed_and_this_ends() {
        let chat = Chat::default();
        let mut call = call(&chat, &link(Protocol::Chat, "https://openrouter.ai/api"), &request("x", "m"));
        let told = |message: &str| Complaint { message: message.to_owned(), ..Complaint::default() };
        assert!(chat.mend(&mut call, &told("Unsupported value: 'temperature' does not support 0.2")));
        assert_eq!(call.body.get("temperature"), None);
        assert!(chat.mend(&mut call, &told("'max_tokens' is not supported: use 'max_completion_tokens' instead")));
        assert_eq!((call.body.get("max_tokens"), &call.body["max_completion_tokens"]), (None, &json!(100)));
        assert!(!chat.mend(&mut call, &told("'temperature' again, and max_completion_tokens")));
        assert!(!chat.mend(&mut call, &told("something else")));
    }
}
