//! Providers over real sockets: what is sent, what becomes of what comes back, and every fault of a server that there is
//! a rule for. The servers are doubles; `tests/peers.rs` has the real ones. The Ollama double is written from Ollama's
//! documentation (docs/api.md of its repository), since no Ollama runs here.

#[path = "provider/double.rs"]
mod double;
#[path = "provider/embedding.rs"]
mod embedding;
#[path = "provider/fault.rs"]
mod fault;
#[path = "provider/local.rs"]
mod local;
#[path = "provider/request.rs"]
mod request;
#[path = "provider/resolve.rs"]
mod resolve;
#[path = "provider/static_model.rs"]
mod static_model;
#[path = "provider/static_model_file.rs"]
mod static_model_file;
#[path = "provider/tls.rs"]
mod tls;

use futures_util::StreamExt;
use std::time::Duration;
use vibe_tui::domain::failure::Failure;
use vibe_tui::domain::ids::RequestId;
use vibe_tui::domain::intent::{Action, Complexity, Intent};
use vibe_tui::domain::model::{Brief, Chunk, ModelRef, ModelRequest, Node, PromptMessage, Role};
use vibe_tui::provider::{ChunkStream, Endpoint, Limits, Protocol, Provider, Secret, Server};

/// A system prompt and "hi", for a model of any provider.
fn request(model: &str) -> ModelRequest {
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
        model: ModelRef { provider: "double".into(), model: model.into() },
        messages: vec![message(Role::System, "Be brief.", true), message(Role::User, "hi", false)],
        prompt_tokens: 10,
        max_output: 100,
        window: 4096,
        temperature_milli: 200,
        schema: None,
        brief: Brief { node: Node::Planner, intent, listing: vec![], proposal: vec![], edits: true },
    }
}

fn endpoint(protocol: Protocol, url: &str) -> Endpoint {
    Endpoint::new("double", protocol, url)
        .unwrap()
        .with_limits(brief())
        .with_key(Secret::new("sk-test-secret"), "X_KEY")
        .unwrap()
}

fn server(protocol: Protocol, url: &str) -> Server {
    Server::new(endpoint(protocol, url), 1)
}

/// Limits that a test can wait for.
fn brief() -> Limits {
    Limits {
        connect: Duration::from_millis(500),
        first_byte: Duration::from_millis(2500),
        idle: Duration::from_millis(400),
        total: Duration::from_secs(4),
    }
}

/// The chunks, their text, and the failure at the end, if any. Never waits longer than 20 seconds.
async fn collect(stream: ChunkStream) -> (Vec<Chunk>, String, Option<Failure>) {
    let all =
        tokio::time::timeout(Duration::from_secs(20), stream.collect::<Vec<_>>()).await.expect("the stream hangs");
    let at = all.iter().position(|item| item.is_err()).unwrap_or(all.len());
    assert!(at + 1 >= all.len(), "something follows the failure: {all:?}");
    let failure = all.get(at).and_then(|item| item.clone().err());
    let chunks: Vec<Chunk> = all.into_iter().flatten().collect();
    let text = chunks.iter().filter_map(|c| if let Chunk::Text(t) = c { Some(t.as_str()) } else { None }).collect();
    (chunks, text, failure)
}

async fn ask(server: &Server) -> (Vec<Chunk>, String, Option<Failure>) {
    collect(server.stream(request("m"))).await
}
