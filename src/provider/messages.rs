//! Anthropic's Messages API: `/v1/messages`, as Anthropic, llama-server and LiteLLM speak it.
//!
//! Structured answers: Anthropic itself gets `output_config.format` when the schema is closed, as its structured outputs
//! demand; every other server, schema and model gets a tool that it has to call, whose input is the answer. Prompt
//! prefixes are marked for its cache. Extended thinking is not asked for, but understood.

use super::Answer;
use super::complaint::Complaint;
use super::dialect::{Call, Dialect, bare, count, drop_field, is_strict, temperature};
use super::link::Link;
use super::messages_decoder::MessagesDecoder;
use super::wire::Framing;
use crate::domain::failure::Failure;
use crate::domain::model::{ModelInfo, ModelRequest, PromptMessage, Role, Structured};
use serde::Deserialize;
use serde_json::{Value, json};

/// Breakpoints of the prompt cache in one request.
/// Source: <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>.
const BREAKPOINTS: usize = 4;
const TOOL: &str = "answer";

/// The Messages protocol.
#[derive(Debug, Default)]
pub struct Messages;

impl Messages {
    async fn list(&self, link: &Link) -> Result<Vec<ModelInfo>, Failure> {
        let path = if link.endpoint.is_at("anthropic.com") { "v1/models?limit=1000" } else { "v1/models" };
        let listing: Listing = link.get(path).await?;
        let models: Vec<ModelInfo> = listing.data.into_iter().map(|m| m.info(link)).collect();
        link.remember(&models);
        Ok(models)
    }
}

impl Dialect for Messages {
    fn models<'a>(&'a self, link: &'a Link) -> Answer<'a, Vec<ModelInfo>> {
        Box::pin(self.list(link))
    }

    fn describe<'a>(&'a self, link: &'a Link, model: &'a str) -> Answer<'a, ModelInfo> {
        Box::pin(async move {
            let found = self.list(link).await?.into_iter().find(|m| m.reference.model == model);
            // Aliases (`claude-sonnet-4-5`) are not listed.
            Ok(found.unwrap_or_else(|| bare(link, model, structured(link))))
        })
    }

    fn prepare<'a>(&'a self, link: &'a Link, request: &'a ModelRequest) -> Answer<'a, Call> {
        let body = body(link, request);
        let decoder: fn(&str) -> Box<dyn super::dialect::Decoder> = |model| Box::new(MessagesDecoder::new(model));
        Box::pin(async move { Ok(Call { path: "v1/messages", body, framing: Framing::Sse, decoder }) })
    }

    fn mend(&self, call: &mut Call, complaint: &Complaint) -> bool {
        if complaint.mentions(&["temperature"]) && drop_field(call, "temperature") {
            return true;
        }
        if complaint.mentions(&["output_config", "output_format", "structured output", "schema"]) {
            let schema = call.body.pointer_mut("/output_config/format/schema").map(Value::take);
            if let Some(schema) = schema {
                drop_field(call, "output_config");
                force_tool(&mut call.body, &schema);
                return true;
            }
        }
        // Models that always think refuse a forced tool.
        complaint.mentions(&["tool_choice"]) && drop_field(call, "tool_choice")
    }

    /// Source: <https://docs.anthropic.com/en/docs/build-with-claude/token-counting>. What an output format adds is not
    /// counted there.
    fn count_prompt<'a>(&'a self, link: &'a Link, request: &ModelRequest) -> Option<Answer<'a, u32>> {
        let mut body = body(link, request);
        if body.get("output_config").is_some() {
            return None;
        }
        let fields = body.as_object_mut()?;
        ["max_tokens", "stream", "temperature"].iter().for_each(|field| drop(fields.remove(*field)));
        Some(Box::pin(async move {
            let counted: Counted = link.post("v1/messages/count_tokens", &body).await?;
            Ok(counted.input_tokens)
        }))
    }
}

#[derive(Deserialize)]
struct Counted {
    input_tokens: u32,
}

fn structured(link: &Link) -> Structured {
    if link.endpoint.is_at("anthropic.com") { Structured::JsonSchema } else { Structured::JsonObject }
}

fn body(link: &Link, request: &ModelRequest) -> Value {
    // The later a breakpoint, the longer the prefix it saves: of more than four the last ones stay.
    let is_marked = |m: &PromptMessage| m.cache_until_here && !m.text.is_empty();
    let mut surplus = request.messages.iter().filter(|m| is_marked(m)).count().saturating_sub(BREAKPOINTS);
    let (mut system, mut messages) = (Vec::new(), Vec::new());
    for message in request.messages.iter().filter(|m| !m.text.is_empty()) {
        let mut block = json!({"type": "text", "text": message.text});
        if message.cache_until_here {
            if surplus == 0 {
                block["cache_control"] = json!({"type": "ephemeral"});
            }
            surplus = surplus.saturating_sub(1);
        }
        match message.role {
            Role::System => system.push(block),
            role => messages.push(json!({"role": role, "content": [block]})),
        }
    }
    let mut body = json!({"model": request.model.model, "max_tokens": request.max_output, "stream": true});
    if !system.is_empty() {
        body["system"] = Value::Array(system);
    }
    body["messages"] = Value::Array(messages);
    body["temperature"] = temperature(request);
    if let Some(schema) = &request.schema {
        if link.endpoint.is_at("anthropic.com") && is_strict(schema) {
            body["output_config"] = json!({"format": {"type": "json_schema", "schema": schema}});
        } else {
            force_tool(&mut body, schema);
        }
    }
    body
}

/// Asks for the answer as the input of a tool: the way to structured answers that every version of the API has.
/// Source: <https://docs.anthropic.com/en/docs/build-with-claude/tool-use>.
fn force_tool(body: &mut Value, schema: &Value) {
    let description = "Gives the whole answer in the form that was asked for.";
    body["tools"] = json!([{"name": TOOL, "description": description, "input_schema": schema}]);
    body["tool_choice"] = json!({"type": "tool", "name": TOOL});
}

#[derive(Deserialize)]
struct Listing {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    display_name: Option<String>,
    max_input_tokens: Option<f64>,
    max_tokens: Option<f64>,
}

impl Listed {
    fn info(self, link: &Link) -> ModelInfo {
        let mut info = bare(link, &self.id, structured(link));
        info.window = self.max_input_tokens.map(|n| count(Some(n))).filter(|n| *n > 0);
        info.max_output = self.max_tokens.map(|n| count(Some(n))).filter(|n| *n > 0);
        info.note = self.display_name.unwrap_or_default();
        info
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::example::{call, closed_schema, link, request};
    use super::super::endpoint::Protocol;
    use super::*;

    const ANTHROPIC: &str = "https://api.anthropic.com";

    #[test]
    fn the_system_prompt_stands_apart_and_marks_its_end_for_the_cache() {
        let body = call(&Messages, &link(Protocol::Messages, ANTHROPIC), &request("anthropic", "claude-x")).body;
        let expected = json!({
            "model": "claude-x",
            "max_tokens": 100,
            "stream": true,
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
            "temperature": 0.2,
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn of_more_than_four_breakpoints_the_last_four_stay_and_empty_texts_are_not_sent() {
        let mut asked = request("anthropic", "claude-x");
        let text = |n: usize| PromptMessage { role: Role::User, text: "t".repeat(n), cache_until_here: true };
        asked.messages = (0..8).map(text).collect();
        let body = call(&Messages, &link(Protocol::Messages, ANTHROPIC), &asked).body;
        let messages = body["messages"].as_array().unwrap();
        let marked: Vec<bool> = messages.iter().map(|m| m["content"][0].get("cache_control").is_some()).collect();
        assert_eq!(marked, [false, false, false, true, true, true, true]);
    }

    #[test]
    fn a_closed_schema_goes_to_anthropic_as_output_format_and_everything_else_as_a_tool() {
        let mut asked = request("anthropic", "claude-x");
        asked.schema = Some(closed_schema());
        let body = call(&Messages, &link(Protocol::Messages, ANTHROPIC), &asked).body;
        assert_eq!(body["output_config"], json!({"format": {"type": "json_schema", "schema": closed_schema()}}));
        assert_eq!(body.get("tools"), None);
        let elsewhere = call(&Messages, &link(Protocol::Messages, "http://127.0.0.1:1"), &asked).body;
        assert_eq!(elsewhere["tools"][0]["input_schema"], closed_schema());
        assert_eq!(elsewhere["tool_choice"], json!({"type": "tool", "name": "answer"}));
        asked.schema = Some(json!({"type": "object", "properties": {"a": {}}}));
        assert!(call(&Messages, &link(Protocol::Messages, ANTHROPIC), &asked).body.get("tools").is_some());
    }

    #[test]
    fn what_a_model_does_not_take_is_mended_step_by_step() {
        let mut asked = request("anthropic", "claude-x");
        asked.schema = Some(closed_schema());
        let mut call = call(&Messages, &link(Protocol::Messages, ANTHROPIC), &asked);
        let mut mend = |message: &str| {
            let complaint = Complaint { message: message.to_owned(), ..Complaint::default() };
            (Messages.mend(&mut call, &complaint), call.body.clone())
        };
        let (mended, body) = mend("`temperature` is deprecated for this model.");
        assert!(mended && body.get("temperature").is_none());
        let (mended, body) = mend("output_config.format: this model does not support structured outputs");
        assert!(mended && body.get("output_config").is_none());
        assert_eq!(body["tools"][0]["input_schema"], closed_schema());
        let (mended, body) = mend("tool_choice forces tool use, which this model does not support");
        assert!(mended && body.get("tool_choice").is_none());
        assert!(!mend("tool_choice, temperature, output_config").0);
    }
}
