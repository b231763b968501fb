//! What an adapter for one protocol has to provide, and the small things that all of them share.
//!
//! A [`Dialect`] builds requests and reads answers about models; a [`Decoder`] translates events to chunks and is pure.
//! Neither sends, waits, retries or words a failure: that is the exchange's and the link's part.

use super::complaint::Complaint;
use super::link::Link;
use super::wire::{Event, Framing, WireError};
use super::{Answer, size};
use crate::domain::model::{Chunk, ModelInfo, ModelRef, ModelRequest, PromptMessage, Structured};
use serde_json::{Map, Value, json};

/// Why an event gives no chunk.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The bytes are not the protocol.
    Wire(WireError),
    /// The server reports an error after it had begun to answer.
    Complaint(Complaint),
    /// The stream ended before the answer did.
    Cut,
}

impl From<WireError> for Problem {
    fn from(error: WireError) -> Problem {
        Problem::Wire(error)
    }
}

/// What one event amounts to.
pub type Decoded = Vec<Result<Chunk, Problem>>;

/// Translates the events of one answer, in order. Pure.
pub trait Decoder: Send {
    /// The chunks of the next event.
    fn event(&mut self, event: &Event) -> Decoded;
    /// The chunks that the end of the body amounts to: [`Problem::Cut`] unless the answer was complete.
    fn end(&mut self) -> Decoded;
}

/// A request, ready to be sent (more than once, if need be).
#[derive(Debug)]
pub struct Call {
    /// Path below the server's root.
    pub path: &'static str,
    /// The JSON body.
    pub body: Value,
    /// How the answer is cut into events.
    pub framing: Framing,
    /// Makes the decoder of one attempt; its argument is the model's name as it was asked for.
    pub decoder: fn(&str) -> Box<dyn Decoder>,
}

/// A protocol, as one server speaks it.
pub trait Dialect: Send + Sync {
    /// The server's models.
    fn models<'a>(&'a self, link: &'a Link) -> Answer<'a, Vec<ModelInfo>>;

    /// One model in as much detail as the server gives.
    fn describe<'a>(&'a self, link: &'a Link, model: &'a str) -> Answer<'a, ModelInfo>;

    /// The call for a request. May ask the server first what it is.
    fn prepare<'a>(&'a self, link: &'a Link, request: &'a ModelRequest) -> Answer<'a, Call>;

    /// Changes a refused call so that it may be accepted (drops a parameter the model does not take). Whether it did;
    /// every change removes something, so that this ends.
    fn mend(&self, call: &mut Call, complaint: &Complaint) -> bool;

    /// The number of tokens of a text by the model's own tokenizer, if this server is known to count.
    fn count<'a>(&'a self, _link: &'a Link, _model: &str, _text: &str) -> Option<Answer<'a, u32>> {
        None
    }

    /// The number of tokens of a whole prompt with its chat format, if this server is known to tell.
    fn count_prompt<'a>(&'a self, _link: &'a Link, _request: &ModelRequest) -> Option<Answer<'a, u32>> {
        None
    }
}

/// What is known of a model of which the server says nothing but the name.
pub fn bare(link: &Link, model: &str, structured: Structured) -> ModelInfo {
    ModelInfo {
        reference: ModelRef { provider: link.endpoint.name().to_owned(), model: model.to_owned() },
        locality: link.endpoint.locality(),
        window: None,
        max_output: None,
        parameters_b: size::from_name(model),
        structured,
        note: String::new(),
    }
}

/// `[{"role": …, "content": …}]`, as three of the four protocols want the prompt.
pub fn plain_messages(messages: &[PromptMessage]) -> Value {
    messages.iter().map(|m| json!({"role": m.role, "content": m.text})).collect()
}

/// The sampling temperature as the protocols want it.
pub fn temperature(request: &ModelRequest) -> Value {
    json!(f64::from(request.temperature_milli) / 1000.0)
}

/// Whether a model of OpenAI's takes no sampling temperature: the reasoning families.
/// Source: <https://platform.openai.com/docs/guides/reasoning>.
pub fn is_reasoning(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    ["o1", "o3", "o4", "gpt-5"].iter().any(|family| name.starts_with(family))
}

/// Whether a schema may be sent as `strict`: every object closed and all its properties required, as OpenAI's and
/// Anthropic's structured outputs demand. Source: <https://platform.openai.com/docs/guides/structured-outputs>.
pub fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let object = map.get("type").and_then(Value::as_str) == Some("object") || map.contains_key("properties");
            let closed = !object || is_closed(map);
            closed && map.values().all(is_strict)
        }
        Value::Array(list) => list.iter().all(is_strict),
        _ => true,
    }
}

fn is_closed(object: &Map<String, Value>) -> bool {
    let names = object.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let required = object.get("required").and_then(Value::as_array);
    let is_required = |name: &String| required.is_some_and(|list| list.iter().any(|r| r.as_str() == Some(name)));
    object.get("additionalProperties") == Some(&Value::Bool(false)) && names.into_iter().all(is_required)
}

/// Removes a top-level field of a call. Whether it was there.
pub fn drop_field(call: &mut Call, field: &str) -> bool {
    call.body.as_object_mut().is_some_and(|body| body.shift_remove(field).is_some())
}

/// A count from JSON: servers send integers, floats, `null` or nothing.
pub fn count(number: Option<f64>) -> u32 {
    // A float casts saturating; NaN cannot stand in JSON.
    number.unwrap_or(0.0) as u32
}

#[cfg(test)]
pub(super) mod example {
    //! A request, for the tests of the dialects.

    use super::*;
    use crate::domain::ids::RequestId;
    use crate::domain::intent::{Action, Complexity, Intent};
    use crate::domain::model::{Brief, Node, Role};

    /// A system prompt that may be cached and a question.
    pub fn request(provider: &str, model: &str) -> ModelRequest {
        let intent = Intent {
            text: "hi".into(),
            action: Action::Create,
            targets: vec![],
            language: None,
            frameworks: vec![],
            complexity: Complexity::Simple,
            confidence: 1.0,
            token_budget: 1000,
            paths: vec![],
            symbols: vec![],
        };
        let message = |role, text: &str, cache_until_here| PromptMessage { role, text: text.into(), cache_until_here };
        ModelRequest {
            id: RequestId(1),
            model: ModelRef { provider: provider.into(), model: model.into() },
            messages: vec![message(Role::System, "Be brief.", true), message(Role::User, "hi", false)],
            prompt_tokens: 10,
            max_output: 100,
            window: 8192,
            temperature_milli: 200,
            schema: None,
            brief: Brief { node: Node::Planner, intent, listing: vec![], proposal: vec![], edits: true },
        }
    }

    /// A schema with one property, closed to others, as strict modes demand.
    pub fn closed_schema() -> Value {
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false})
    }

    /// A link that is never used to send.
    pub fn link(protocol: crate::provider::Protocol, url: &str) -> Link {
        Link::new(crate::provider::Endpoint::new("x", protocol, url).unwrap())
    }

    /// The call a dialect prepares when it needs not ask the server.
    pub fn call(dialect: &dyn Dialect, link: &Link, request: &ModelRequest) -> Call {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(dialect.prepare(link, request)).unwrap()
    }
}

#[cfg(test)]
pub(super) mod replay {
    //! Streams from memory, for the tests of the decoders.

    use super::*;
    use crate::provider::wire::Parser;

    /// What a decoder makes of a body that arrives in `pieces`, up to its end or its first problem.
    pub fn replay(framing: Framing, mut decoder: Box<dyn Decoder>, pieces: &[&[u8]]) -> Decoded {
        let (mut parser, mut events) = (Parser::new(framing), Vec::new());
        for piece in pieces {
            if let Err(error) = parser.push(piece, &mut events) {
                return vec![Err(error.into())];
            }
        }
        events.extend(parser.finish().ok().flatten());
        let mut decoded: Decoded = events.iter().flat_map(|event| decoder.event(event)).collect();
        decoded.extend(decoder.end());
        let end = decoded.iter().position(|item| matches!(item, Err(_) | Ok(Chunk::Finished(_))));
        decoded.truncate(end.map_or(decoded.len(), |end| end + 1));
        decoded
    }

    /// The answer's text and its thinking.
    pub fn texts(decoded: &Decoded) -> (String, String) {
        decoded.iter().flatten().fold(Default::default(), |(text, thinking), chunk| match chunk {
            Chunk::Text(more) => (text + more, thinking),
            Chunk::Thinking(more) => (text, thinking + more),
            _ => (text, thinking),
        })
    }

    /// Holds for a recorded stream: any split gives the same chunks, every cut a part of the text and then `Cut`, unless
    /// only bytes after the answer are missing.
    pub fn holds_for_every_cut(framing: Framing, make: fn() -> Box<dyn Decoder>, body: &[u8]) {
        let whole = replay(framing, make(), &[body]);
        assert!(matches!(whole.last(), Some(Ok(Chunk::Finished(_)))), "{whole:?}");
        for at in 0..body.len() {
            if at % 13 == 0 {
                assert_eq!(replay(framing, make(), &[&body[..at], &body[at..]]), whole, "split at {at}");
            }
            let cut = replay(framing, make(), &[&body[..at]]);
            match cut.last() {
                Some(Err(problem)) => assert_eq!(*problem, Problem::Cut, "cut at {at}"),
                Some(Ok(Chunk::Finished(_))) => assert_eq!(texts(&cut), texts(&whole), "cut at {at}"),
                other => panic!("cut at {at} ends with {other:?}"),
            }
            assert!(texts(&whole).0.starts_with(&texts(&cut).0), "cut at {at}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_schemas_are_closed_and_complete_on_every_level() {
        let inner = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false});
        let outer = |items: &Value| json!({"type": "object", "properties": {"l": {"type": "array", "items": items}}, "required": ["l"], "additionalProperties": false});
        assert!(is_strict(&outer(&inner)));
        let mut open = inner.clone();
        open.as_object_mut().unwrap().remove("additionalProperties");
        assert!(!is_strict(&outer(&open)));
        let mut optional = inner.clone();
        optional["required"] = json!([]);
        assert!(!is_strict(&outer(&optional)));
    }
}
