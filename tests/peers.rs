//! Providers against servers that nobody here wrote: llama.cpp's llama-server and LiteLLM. `.ci/peers` starts both and
//! runs this; without their addresses in the environment each test prints `skipped`, except where `CI` is set.
//!
//! The model behind both is `.ci/scripted-model`: it answers with the files in `.ci/replies`, and counts on request.

use futures_util::StreamExt;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::domain::ids::RequestId;
use vibe_tui::domain::intent::{Action, Complexity, Intent};
use vibe_tui::domain::model::{
    Brief, Chunk, FinishReason, ModelRef, ModelRequest, Node, PromptMessage, Role, Timings, Usage,
};
use vibe_tui::domain::plan::Plan;
use vibe_tui::embedding::{Embedded, Embedder};
use vibe_tui::provider::{
    ChunkStream, Discovery, EmbeddingServer, Endpoint, Probe, Protocol, Provider, Reach, Secret, Server,
};

const HELLO: &str = include_str!("../.ci/replies/hello.txt");
const LITELLM_KEY: &str = "sk-peers";

/// The variable's value; without it the test is skipped, or fails in CI.
fn peer(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok().filter(|v| !v.is_empty());
    if value.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{variable} is not set: run .ci/peers");
        println!("skipped: {variable} is not set; .ci/peers starts the servers");
    }
    value
}

fn llama(protocol: Protocol, url: &str) -> Server {
    Server::new(Endpoint::new("llama-server", protocol, url).unwrap(), 1)
}

fn litellm(protocol: Protocol, url: &str, key: &str) -> Server {
    let endpoint = Endpoint::new("litellm", protocol, url).unwrap().with_key(Secret::new(key), "LITELLM_KEY").unwrap();
    Server::new(endpoint, 1)
}

fn request(model: &str, text: &str) -> ModelRequest {
    let intent = Intent {
        text: text.into(),
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
    let message = |role, text: &str| PromptMessage { role, text: text.into(), cache_until_here: false };
    ModelRequest {
        id: RequestId(1),
        model: ModelRef { provider: "llama-server".into(), model: model.into() },
        messages: vec![message(Role::System, "Be brief."), message(Role::User, text)],
        prompt_tokens: 10,
        max_output: 8000,
        window: 8192,
        temperature_milli: 200,
        schema: None,
        brief: Brief { node: Node::Planner, intent, listing: vec![], proposal: vec![], edits: true },
    }
}

#[derive(Debug, Default)]
struct Outcome {
    text: String,
    thinking: String,
    usage: Option<Usage>,
    timings: Option<Timings>,
    finish: Option<FinishReason>,
    failure: Option<Failure>,
    retried: bool,
}

async fn collect(mut stream: ChunkStream) -> Outcome {
    let mut outcome = Outcome::default();
    let drained = async {
        while let Some(item) = stream.next().await {
            match item {
                Ok(Chunk::Text(text)) => outcome.text += &text,
                Ok(Chunk::Thinking(text)) => outcome.thinking += &text,
                Ok(Chunk::Usage(usage)) => outcome.usage = Some(usage),
                Ok(Chunk::Timings(timings)) => outcome.timings = Some(timings),
                Ok(Chunk::Finished(reason)) => outcome.finish = Some(reason),
                Ok(Chunk::Retrying { .. }) => outcome.retried = true,
                Ok(Chunk::Started { .. } | Chunk::Prefill { .. }) => {}
                Err(failure) => outcome.failure = Some(failure),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), drained).await.expect("the stream hangs");
    outcome
}

fn plan_schema() -> Value {
    let step = json!({
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "kind": {"type": "string", "enum": ["create", "modify", "delete", "explain"]},
            "path": {"type": "string"},
        },
        "required": ["title", "kind", "path"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": {"summary": {"type": "string"}, "steps": {"type": "array", "items": step}},
        "required": ["summary", "steps"],
        "additionalProperties": false,
    })
}

/// A llama-server of a test's own, ended with it.
struct Own {
    child: Child,
    url: String,
}

impl Own {
    /// Starts it and returns without waiting until its model is loaded; `None` where there is no binary to start.
    fn start(arguments: &[&str]) -> Option<Own> {
        let (binary, model) = (peer("VIBE_PEER_LLAMA_BINARY")?, peer("VIBE_PEER_MODEL")?);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let child = Command::new(binary)
            .args(["-m", &model, "--alias", "scripted", "--host", "127.0.0.1", "--port", &port, "--no-ui", "-t", "1"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Own { child, url: format!("http://127.0.0.1:{port}") })
    }

    async fn ready(&self) {
        let begun = Instant::now();
        let port = self.url.rsplit(':').next().unwrap();
        while !health(port).await {
            assert!(begun.elapsed() < Duration::from_secs(30), "llama-server does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of a plain GET, over a socket of the test's own.
async fn get(url: &str, path: &str) -> Option<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = url.strip_prefix("http://").unwrap();
    let mut socket = tokio::net::TcpStream::connect(address).await.ok()?;
    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).await.ok()?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.ok()?;
    answer.starts_with("HTTP/1.1 200").then(|| answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

async fn health(port: &str) -> bool {
    get(&format!("http://127.0.0.1:{port}"), "/health").await.is_some()
}

async fn busy_slots(url: &str) -> usize {
    let slots: Value = serde_json::from_str(&get(url, "/slots").await.unwrap()).unwrap();
    slots.as_array().unwrap().iter().filter(|slot| slot["is_processing"] == true).count()
}

#[tokio::test]
async fn llama_server_streams_the_same_answer_over_three_protocols() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    for protocol in [Protocol::Chat, Protocol::Responses, Protocol::Messages] {
        let outcome = collect(llama(protocol, &url).stream(request("scripted", "hi"))).await;
        assert_eq!((outcome.text.as_str(), &outcome.failure), (HELLO, &None), "{protocol:?}");
        assert_eq!(outcome.finish, Some(FinishReason::Stop));
        let usage = outcome.usage.unwrap();
        assert!(usage.input > 10 && usage.output > 5 && !usage.estimated, "{usage:?}");
    }
}

#[tokio::test]
async fn our_tokens_a_second_are_the_servers_own() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let mut asked = request("scripted", "count");
    asked.max_output = 300;
    let outcome = collect(llama(Protocol::Chat, &url).stream(asked)).await;
    assert_eq!(outcome.finish, Some(FinishReason::Length));
    assert_eq!(outcome.usage.unwrap().output, 300);
    let timings = outcome.timings.unwrap();
    // The server divides by the tokens after the first; ours are the same tokens over the same time.
    assert_eq!(timings.eval_tokens, Some(299));
    let ours = timings.tokens_per_second().unwrap();
    let expected = 299.0 * 1000.0 / timings.eval_ms.unwrap();
    assert!((ours - expected).abs() < 1e-6 * expected, "{ours} {expected}");
}

#[tokio::test]
async fn a_plan_that_a_schema_constrains_parses() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let mut asked = request("scripted", "make a plan");
    asked.schema = Some(plan_schema());
    for protocol in [Protocol::Chat, Protocol::Responses] {
        let outcome = collect(llama(protocol, &url).stream(asked.clone())).await;
        let plan: Plan =
            serde_json::from_str(&outcome.text).unwrap_or_else(|e| panic!("{protocol:?} {e}: {outcome:?}"));
        assert_eq!(plan.steps.len(), 2);
    }
}

#[tokio::test]
async fn a_schema_holds_even_when_the_model_would_say_something_else() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let mut asked = request("scripted", "hi");
    asked.schema = Some(json!({"type": "boolean"}));
    // Off its script the model may say anything, and think first, which no grammar binds: it is to say the same each time.
    asked.temperature_milli = 0;
    asked.max_output = 200;
    let outcome = collect(llama(Protocol::Chat, &url).stream(asked)).await;
    assert!(serde_json::from_str::<bool>(&outcome.text).is_ok(), "{outcome:?}");
}

#[tokio::test]
async fn a_structured_answer_over_messages_comes_as_the_input_of_a_tool() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let mut asked = request("scripted", "use the tool");
    asked.schema = Some(plan_schema());
    let outcome = collect(llama(Protocol::Messages, &url).stream(asked)).await;
    let plan: Plan = serde_json::from_str(&outcome.text).unwrap_or_else(|e| panic!("{e}: {outcome:?}"));
    assert_eq!(plan.summary, "By tool");
}

#[tokio::test]
async fn thinking_comes_apart_from_the_text() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    for protocol in [Protocol::Chat, Protocol::Messages, Protocol::Responses] {
        let outcome = collect(llama(protocol, &url).stream(request("scripted", "think first"))).await;
        assert_eq!(outcome.text.trim(), "Thought about.", "{protocol:?}");
        assert_eq!(outcome.thinking.trim(), "The user wants thought.", "{protocol:?}");
    }
}

#[tokio::test]
async fn the_window_is_the_one_of_a_slot_and_tokens_are_counted_by_the_server() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let server = llama(Protocol::Chat, &url);
    let info = server.describe("scripted").await.unwrap();
    assert_eq!(info.window, Some(8192), "32768 in 4 slots");
    assert!(info.parameters_b.is_some_and(|b| b > 0.001), "{info:?}");
    let ascii = server.count_tokens("scripted", "xyz").unwrap().await.unwrap();
    assert_eq!(ascii, 3, "the model has no token for these three letters together");
}

#[tokio::test]
async fn a_prompts_count_is_the_one_that_the_server_reports_afterwards() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    for protocol in [Protocol::Chat, Protocol::Messages] {
        let server = llama(protocol, &url);
        server.models().await.unwrap();
        let asked = request("scripted", "say hello, then count: 1 2 3");
        let counted = server.count_prompt(&asked).unwrap().await.unwrap();
        let outcome = collect(server.stream(asked)).await;
        assert_eq!(outcome.usage.map(|u| u.input), Some(counted), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_prompt_over_the_window_is_refused_with_both_figures() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    for protocol in [Protocol::Chat, Protocol::Responses, Protocol::Messages] {
        let outcome = collect(llama(protocol, &url).stream(request("scripted", &"x".repeat(12_000)))).await;
        let failure = outcome.failure.unwrap();
        assert_eq!(failure.kind, FailureKind::ContextExceeded, "{protocol:?}: {failure}");
        assert!(failure.message.contains("8192"), "{failure}");
    }
}

#[tokio::test]
async fn dropping_the_stream_frees_the_slot_within_a_second() {
    let Some(own) = Own::start(&["--parallel", "2", "-c", "16384"]) else { return };
    own.ready().await;
    let mut stream = llama(Protocol::Chat, &own.url).stream(request("scripted", "count"));
    while !matches!(stream.next().await, Some(Ok(Chunk::Text(_)))) {}
    assert_eq!(busy_slots(&own.url).await, 1);
    drop(stream);
    let dropped = Instant::now();
    while busy_slots(&own.url).await > 0 {
        assert!(dropped.elapsed() < Duration::from_secs(1), "the slot is still busy");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_server_killed_in_the_middle_is_a_typed_failure_and_the_text_stays() {
    let Some(mut own) = Own::start(&["-c", "8192"]) else { return };
    own.ready().await;
    let mut stream = llama(Protocol::Chat, &own.url).stream(request("scripted", "count"));
    let mut text = String::new();
    while text.len() < 200 {
        match stream.next().await {
            Some(Ok(Chunk::Text(more))) => text += &more,
            Some(Ok(_)) => {}
            other => panic!("{other:?} after {text}"),
        }
    }
    own.child.kill().unwrap();
    let killed = Instant::now();
    let outcome = collect(stream).await;
    assert_eq!(outcome.failure.unwrap().kind, FailureKind::Network);
    assert_eq!(outcome.finish, None);
    assert!(killed.elapsed() < Duration::from_secs(2));
    assert!((text + &outcome.text).starts_with("w00000 w00001 "));
}

#[tokio::test]
async fn a_server_that_is_just_starting_is_waited_for_or_said_to_be_away() {
    let Some(own) = Own::start(&["-c", "8192"]) else { return };
    // First the port is closed, then the model is loading, then it answers.
    let begun = Instant::now();
    loop {
        let outcome = collect(llama(Protocol::Chat, &own.url).stream(request("scripted", "hi"))).await;
        match outcome.failure {
            Some(failure) => assert_eq!(failure.kind, FailureKind::Unreachable, "{failure}"),
            None => return assert_eq!(outcome.text, HELLO),
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "llama-server does not start");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_as_such_and_the_right_one_serves() {
    let Some(own) = Own::start(&["-c", "8192", "--api-key", "sk-right"]) else { return };
    own.ready().await;
    for protocol in [Protocol::Chat, Protocol::Responses, Protocol::Messages] {
        let server = |key: &str| {
            let endpoint = Endpoint::new("llama-server", protocol, &own.url).unwrap();
            Server::new(endpoint.with_key(Secret::new(key), "LLAMA_KEY").unwrap(), 1)
        };
        let failure = collect(server("sk-wrong").stream(request("scripted", "hi"))).await.failure.unwrap();
        assert_eq!(failure.kind, FailureKind::Auth, "{protocol:?}: {failure}");
        assert!(failure.message.contains("check LLAMA_KEY"), "{failure}");
        assert_eq!(collect(server("sk-right").stream(request("scripted", "hi"))).await.text, HELLO, "{protocol:?}");
    }
}

#[tokio::test]
async fn discovery_recognises_llama_server() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let probe = Probe { name: "mlx-lm".into(), protocol: Protocol::Chat, url };
    let (found, _) = Discovery::new(Default::default()).with_probes(vec![probe]).run().await;
    assert_eq!(found[0].name(), "llama-server");
}

#[tokio::test]
async fn litellm_streams_the_same_answer_over_three_protocols() {
    let Some(url) = peer("VIBE_PEER_LITELLM") else { return };
    for protocol in [Protocol::Chat, Protocol::Responses, Protocol::Messages] {
        let outcome = collect(litellm(protocol, &url, LITELLM_KEY).stream(request("local", "hi"))).await;
        assert_eq!((outcome.text.as_str(), &outcome.failure), (HELLO, &None), "{protocol:?}");
        assert_eq!(outcome.finish, Some(FinishReason::Stop), "{protocol:?}");
        let usage = outcome.usage.unwrap_or_else(|| panic!("{protocol:?} counts nothing"));
        assert!(usage.input > 10 && usage.output > 5, "{protocol:?} {usage:?}");
    }
}

#[tokio::test]
async fn litellm_passes_schemas_on() {
    let Some(url) = peer("VIBE_PEER_LITELLM") else { return };
    let mut asked = request("local", "make a plan");
    asked.schema = Some(plan_schema());
    let outcome = collect(litellm(Protocol::Chat, &url, LITELLM_KEY).stream(asked)).await;
    let plan: Plan = serde_json::from_str(&outcome.text).unwrap_or_else(|e| panic!("{e}: {outcome:?}"));
    assert_eq!(plan.steps.len(), 2);
}

#[tokio::test]
async fn litellm_refusals_are_typed() {
    let Some(url) = peer("VIBE_PEER_LITELLM") else { return };
    for protocol in [Protocol::Chat, Protocol::Responses, Protocol::Messages] {
        let ask =
            |model: &'static str, key: &'static str| collect(litellm(protocol, &url, key).stream(request(model, "hi")));
        let limited = ask("limited", LITELLM_KEY).await;
        // LiteLLM's mock of a limit is a 500 of its own over Responses.
        let kind = if protocol == Protocol::Responses { FailureKind::Server } else { FailureKind::RateLimited };
        assert_eq!(limited.failure.unwrap().kind, kind, "{protocol:?}");
        assert!(limited.retried, "{protocol:?}");
        let wrong = ask("local", "sk-wrong").await.failure.unwrap();
        assert_eq!(wrong.kind, FailureKind::Auth, "{protocol:?}: {wrong}");
        let unknown = ask("nope", LITELLM_KEY).await.failure.unwrap();
        assert_eq!(unknown.kind, FailureKind::UnknownModel, "{protocol:?}: {unknown}");
    }
}

#[tokio::test]
async fn litellm_lists_its_models() {
    let Some(url) = peer("VIBE_PEER_LITELLM") else { return };
    for protocol in [Protocol::Chat, Protocol::Messages] {
        let models = litellm(protocol, &url, LITELLM_KEY).models().await.unwrap();
        assert!(models.iter().any(|m| m.reference.to_string() == "litellm/local"), "{models:?}");
    }
}

/// The points of these texts, from a thread that may block.
async fn embedded(url: &str, texts: &'static [&'static str]) -> Result<Embedded, Failure> {
    let url = url.to_owned();
    let ask = move || EmbeddingServer::new(&url, None, Reach::Offline)?.embed(texts, Duration::from_secs(30));
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test]
async fn llama_server_makes_points_of_texts_when_it_was_started_for_that_and_says_so_when_not() {
    let Some(own) = Own::start(&["--embeddings", "--pooling", "mean"]) else { return };
    own.ready().await;
    let made = embedded(&format!("{}/v1", own.url), &["hello", "count", "hello"]).await.unwrap();
    assert_eq!((made.points.len(), made.points[0].len()), (3, 256), "as wide as the model is");
    assert!(made.identity.contains("scripted"), "{}", made.identity);
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
    assert!(close(&made.points[0], &made.points[2]) && !close(&made.points[0], &made.points[1]));
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let refused = embedded(&url, &["hello"]).await.unwrap_err();
    assert!(refused.message.contains("--embeddings"), "{refused}");
}
