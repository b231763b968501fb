//! The registry: names, keys, `--offline`, listing and discovery.

use super::double::{Act, Double, json, not_found, response, sse};
use super::{brief, collect, endpoint, request};
use std::collections::BTreeMap;
use std::sync::Arc;
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::domain::model::{Locality, ModelRef};
use vibe_tui::provider::{Discovery, Embedded, Endpoint, Probe, Protocol, Provider, Reach, Registry};

const TAGS: &str = r#"{"models":[
    {"name":"qwen2.5-coder:7b","details":{"parameter_size":"7.6B","quantization_level":"Q4_K_M"}},
    {"name":"llama3.2:latest","details":{"parameter_size":"3.2B","quantization_level":"Q4_K_M"}},
    {"name":"my-helper:latest","remote_host":"https://ollama.com:443","remote_model":"gpt-oss:120b","details":{}}]}"#;
const PS: &str = r#"{"models":[{"name":"qwen2.5-coder:7b","context_length":4096,"size_vram":5000000000}]}"#;
const SHOW: &str = r#"{"details":{"parameter_size":"7.6B"},"model_info":{"general.architecture":"qwen2","qwen2.context_length":32768}}"#;

/// Ollama by its documentation: tags, ps, show, version.
async fn ollama() -> Double {
    Double::start(|seen, _| match seen.line.as_str() {
        "GET /api/tags" => vec![json(TAGS)],
        "GET /api/ps" => vec![json(PS)],
        "GET /api/version" => vec![json(r#"{"version":"0.12.0"}"#)],
        "POST /api/show" if seen.body["model"] == "nope" => {
            vec![response("404 Not Found", "", r#"{"error":"model 'nope' not found"}"#)]
        }
        "POST /api/show" => vec![json(SHOW)],
        _ => not_found(),
    })
    .await
}

fn reference(text: &str) -> ModelRef {
    ModelRef::parse(text).unwrap()
}

fn refusal(registry: &Registry, model: &str) -> Failure {
    registry.resolve(&reference(model)).err().unwrap_or_else(|| panic!("{model} was resolved"))
}

fn ollama_at(double: &Double) -> Endpoint {
    Endpoint::new("ollama", Protocol::Ollama, &double.url).unwrap().with_limits(brief())
}

#[tokio::test]
async fn ollama_lists_sizes_loaded_windows_and_what_runs_elsewhere() {
    let double = ollama().await;
    let registry = Registry::new(vec![ollama_at(&double)], Reach::Online, 1);
    let listing = registry.list().await;
    assert_eq!(listing.failures, []);
    let shown: Vec<_> = listing
        .models
        .iter()
        .map(|m| (m.reference.to_string(), m.window, m.parameters_b, m.locality, m.note.clone()))
        .collect();
    let expected = [
        ("ollama/qwen2.5-coder:7b", Some(4096), Some(7.6), Locality::Loopback, "7.6B, Q4_K_M, loaded"),
        ("ollama/llama3.2:latest", None, Some(3.2), Locality::Loopback, "3.2B, Q4_K_M"),
        ("ollama/my-helper:latest", None, None, Locality::Remote, "runs in Ollama's cloud"),
    ];
    assert_eq!(shown, expected.map(|(name, w, p, l, note)| (name.to_owned(), w, p, l, note.to_owned())));
    let described = registry.resolve(&reference("ollama/qwen2.5-coder:7b")).unwrap().describe("qwen2.5-coder:7b").await;
    assert_eq!(described.unwrap().note, "7.6B, Q4_K_M, loaded, trained for 32768 tokens");
}

#[tokio::test]
async fn a_wrong_name_is_answered_with_the_nearest() {
    let double = ollama().await;
    let registry = Registry::new(vec![ollama_at(&double)], Reach::Online, 1);
    let slip = refusal(&registry, "olama/qwen");
    assert_eq!(slip.kind, FailureKind::UnknownModel);
    assert!(slip.message.contains("Did you mean ollama?"), "{slip}");
    assert!(registry.resolve(&reference("ollama/anything")).is_ok(), "nothing is listed yet");
    registry.list().await;
    let slip = refusal(&registry, "ollama/qwen2.5-coder:1b");
    assert!(slip.message.contains("Did you mean qwen2.5-coder:7b?"), "{slip}");
    assert!(slip.message.contains("`ollama pull qwen2.5-coder:1b`"), "{slip}");
    assert!(registry.resolve(&reference("ollama/llama3.2")).is_ok(), "`latest` may be left out");
}

#[tokio::test]
async fn names_that_are_not_there_say_how_to_have_them() {
    let registry = Registry::new(vec![], Reach::Online, 1);
    for (model, kind, said) in [
        ("anthropic/claude", FailureKind::Auth, "set ANTHROPIC_API_KEY"),
        ("openai/gpt-5", FailureKind::Auth, "set OPENAI_API_KEY"),
        ("ollama/qwen", FailureKind::Unreachable, "`ollama serve`"),
        ("llama-server/x", FailureKind::Unreachable, "llama-server -m"),
    ] {
        let failure = refusal(&registry, model);
        assert_eq!(failure.kind, kind, "{model}");
        assert!(failure.message.contains(said), "{failure}");
    }
}

#[tokio::test]
async fn a_name_that_nobody_has_is_answered_with_the_providers_that_are_here_and_that_could_be() {
    let double = ollama().await;
    let registry = Registry::new(vec![ollama_at(&double)], Reach::Online, 1);
    let said = refusal(&registry, "foo/bar").message;
    assert!(said.contains("Known here: ollama; with a key: anthropic, openai, "), "{said}");
    assert!(said.contains("; once they run: llama-server, lm-studio, "), "{said}");
    assert!(refusal(&registry, "opnai/gpt-5").message.contains("Did you mean openai?"));
}

#[tokio::test]
async fn a_missing_key_is_said_before_anything_is_sent() {
    let double = Double::always(vec![sse("")]).await;
    let endpoint = Endpoint::new("cloud", Protocol::Messages, &double.url).unwrap().requiring_key("CLOUD_KEY");
    let registry = Registry::new(vec![endpoint.clone()], Reach::Online, 1);
    let failure = refusal(&registry, "cloud/x");
    assert_eq!(failure.kind, FailureKind::Auth);
    assert!(failure.message.contains("set CLOUD_KEY"), "{failure}");
    let server = vibe_tui::provider::Server::new(endpoint, 1);
    assert_eq!(collect(server.stream(request("x"))).await.2.unwrap().kind, FailureKind::Auth);
    assert!(double.seen().is_empty());
}

#[tokio::test]
async fn offline_refuses_what_runs_elsewhere_before_any_connection() {
    let cloud = Double::always(vec![sse("")]).await;
    let local = ollama().await;
    let remote = endpoint(Protocol::Messages, &cloud.url).with_locality(Locality::Remote);
    let registry = Registry::new(vec![remote, ollama_at(&local)], Reach::Offline, 1);
    let listing = registry.list().await;
    assert_eq!((listing.models.len(), listing.failures), (3, vec![]));
    for model in ["double/x", "ollama/gpt-oss:120b-cloud", "ollama/my-helper"] {
        let failure = refusal(&registry, model);
        assert_eq!(failure.kind, FailureKind::Offline, "{model}");
        assert!(failure.message.contains("--offline"), "{failure}");
    }
    // A provider that was resolved for another model refuses as well.
    let provider = registry.resolve(&reference("ollama/llama3.2")).unwrap();
    assert_eq!(collect(provider.stream(request("x:cloud"))).await.2.unwrap().kind, FailureKind::Offline);
    assert!(cloud.seen().is_empty());
    assert!(!local.seen().iter().any(|s| s.line == "POST /api/chat"));
}

#[tokio::test]
async fn a_listing_names_the_server_that_failed_and_keeps_the_others() {
    let double = ollama().await;
    let broken = Double::always(vec![Act::Reset]).await;
    let embedded = Embedded::new(|_| Ok(String::new()));
    let endpoints = vec![endpoint(Protocol::Messages, &broken.url), ollama_at(&double)];
    let registry = Registry::new(endpoints, Reach::Online, 1).with(Arc::new(embedded));
    assert_eq!(registry.names(), ["double", "ollama", "embedded"]);
    let listing = registry.list().await;
    assert_eq!(listing.models.len(), 4);
    assert_eq!(listing.failures.len(), 1);
    assert!(listing.failures[0].message.contains("double"), "{}", listing.failures[0]);
}

#[tokio::test]
async fn a_later_endpoint_replaces_an_earlier_one_of_the_same_name() {
    let (old, new) = (Double::always(not_found()).await, ollama().await);
    let registry = Registry::new(vec![ollama_at(&old), ollama_at(&new)], Reach::Online, 1);
    assert_eq!(registry.list().await.models.len(), 3);
    assert!(old.seen().is_empty());
}

fn environment<const N: usize>(variables: [(&str, &str); N]) -> BTreeMap<String, String> {
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[tokio::test]
async fn discovery_finds_servers_by_asking_and_tells_llama_server_from_others() {
    let double = ollama().await;
    let llama = Double::always(vec![json(include_str!("recorded/llama-models.json"))]).await;
    let loading = r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#;
    let second = Double::always(vec![response("503 Service Unavailable", "", loading)]).await;
    let other = Double::always(vec![json(r#"{"object":"list","data":[{"id":"x","owned_by":"someone"}]}"#)]).await;
    let web = Double::always(vec![json("<html>a web server</html>")]).await;
    let stalled = Double::always(vec![Act::Hang]).await;
    let probe = |name: &str, protocol, double: &Double| Probe { name: name.into(), protocol, url: double.url.clone() };
    let discovery = Discovery::new(BTreeMap::new()).with_probes(vec![
        probe("ollama", Protocol::Ollama, &double),
        probe("mlx-lm", Protocol::Chat, &llama),
        probe("vllm", Protocol::Chat, &second),
        probe("lm-studio", Protocol::Chat, &other),
        probe("web", Protocol::Chat, &web),
        probe("stalled", Protocol::Chat, &stalled),
        Probe { name: "elsewhere".into(), protocol: Protocol::Chat, url: "http://192.0.2.1:8080".into() },
    ]);
    let begun = std::time::Instant::now();
    let (found, failures) = discovery.run().await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(2));
    let port = second.url.rsplit(':').next().unwrap();
    let names: Vec<_> = found.iter().map(Endpoint::name).collect();
    assert_eq!(names, ["ollama", "llama-server", &format!("llama-server-{port}"), "lm-studio"]);
    assert_eq!(failures, []);
}

#[tokio::test]
async fn variables_name_servers_without_connecting_to_them() {
    let found = |variables| async move { Discovery::new(variables).with_probes(vec![]).run().await };
    let (clouds, failures) = found(environment([
        ("ANTHROPIC_API_KEY", "sk-a"),
        ("OPENAI_API_KEY", "sk-o"),
        ("OPENROUTER_API_KEY", "sk-r"),
        ("DEEPSEEK_API_KEY", ""),
    ]))
    .await;
    let shown: Vec<_> = clouds.iter().map(|e| (e.name(), e.protocol(), e.address())).collect();
    let expected = [
        ("anthropic", Protocol::Messages, "https://api.anthropic.com"),
        ("openai", Protocol::Responses, "https://api.openai.com"),
        ("openrouter", Protocol::Chat, "https://openrouter.ai/api"),
    ];
    assert_eq!((shown.as_slice(), failures.as_slice()), (expected.as_slice(), [].as_slice()));

    let (own, _) =
        found(environment([("OPENAI_BASE_URL", "http://127.0.0.1:4000/v1"), ("OLLAMA_HOST", "127.0.0.1:1")])).await;
    let shown: Vec<_> = own.iter().map(|e| (e.name(), e.protocol(), e.address())).collect();
    let expected =
        [("ollama", Protocol::Ollama, "http://127.0.0.1:1"), ("openai", Protocol::Chat, "http://127.0.0.1:4000")];
    assert_eq!(shown, expected);

    let (none, failures) =
        found(environment([("ANTHROPIC_API_KEY", "two\nlines"), ("OLLAMA_HOST", "http://[bad")])).await;
    assert!(none.is_empty());
    let messages: Vec<_> = failures.iter().map(|f| f.message.as_str()).collect();
    assert!(messages[0].contains("OLLAMA_HOST") && messages[1].contains("ANTHROPIC_API_KEY"), "{messages:?}");
}
