//! A server of embeddings over real sockets: what is asked, and what becomes of every answer that is none.

use super::double::{Act, Double, Seen, json, response};
use serde_json::{Value, json as value};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::embedding::{Embedded, Embedder};
use vibe_tui::provider::{EmbeddingServer, Reach};

/// Asks for the points of two texts, from a thread that may block.
async fn ask(url: &str, model: Option<&'static str>, limit: Duration) -> Result<Embedded, Failure> {
    let url = url.to_owned();
    let asked = spawn_blocking(move || EmbeddingServer::new(&url, model, Reach::Offline)?.embed(&["a", "b"], limit));
    asked.await.unwrap()
}

const SOON: Duration = Duration::from_secs(20);

fn answer(points: Value) -> Value {
    let items = points.as_array().unwrap().iter().enumerate();
    let items: Vec<Value> =
        items.map(|(at, point)| value!({"object": "embedding", "index": at, "embedding": point})).collect();
    value!({"object": "list", "data": items, "model": "loaded.gguf", "usage": {"prompt_tokens": 2, "total_tokens": 2}})
}

#[tokio::test]
async fn texts_are_asked_for_by_openais_protocol_and_points_come_in_their_order() {
    let double = Double::start(|seen: &Seen, _| {
        assert_eq!(seen.line, "POST /v1/embeddings");
        let mut body = answer(value!([[1.0, 2.0], [3, -0.5]]));
        body["data"].as_array_mut().unwrap().reverse();
        vec![json(body.to_string())]
    })
    .await;
    let url = format!("{}/v1", double.url);
    let first = ask(&url, Some("nomic-embed-text"), SOON).await.unwrap();
    assert_eq!(first.points, [[1.0, 2.0], [3.0, -0.5]]);
    let seen = double.seen();
    assert_eq!(seen[0].body, value!({"input": ["a", "b"], "encoding_format": "float", "model": "nomic-embed-text"}));
    assert!(!seen[0].headers.contains_key("authorization"), "no key is ever sent");
    let unnamed = ask(&url, None, SOON).await.unwrap();
    assert_eq!(double.seen()[1].body, value!({"input": ["a", "b"], "encoding_format": "float"}));
    assert_ne!(unnamed.identity, first.identity, "another model may be meant");
}

#[tokio::test]
async fn another_dimension_or_another_loaded_model_is_another_identity() {
    let answers = Arc::new([
        answer(value!([[1.0, 2.0], [3.0, 4.0]])),
        answer(value!([[1.0], [3.0]])),
        value!({"data": [{"embedding": [1.0, 2.0]}, {"embedding": [0.0, 1.0]}], "model": "other.gguf"}),
        value!({"data": [{"embedding": [1.0, 2.0]}, {"embedding": [0.0, 1.0]}]}),
    ]);
    let played = answers.clone();
    let double = Double::start(move |_, number| vec![json(played[number].to_string())]).await;
    let mut identities = Vec::new();
    for _ in 0..answers.len() {
        identities.push(ask(&double.url, None, SOON).await.unwrap().identity);
    }
    identities.sort();
    identities.dedup();
    assert_eq!(identities.len(), answers.len(), "{identities:?}");
}

#[tokio::test]
async fn every_answer_that_is_none_is_a_failure_that_names_the_server() {
    let ok = answer(value!([[1.0, 2.0], [3.0, 4.0]])).to_string();
    let two = |body: Value| vec![json(body.to_string())];
    let cases: Vec<(Vec<Act>, FailureKind, &str)> = vec![
        (vec![response("401 Unauthorized", "", r#"{"error":{"message":"no key"}}"#)], FailureKind::Auth, "wants a key"),
        (
            vec![response(
                "501 Not Implemented",
                "",
                r#"{"error":{"message":"This server does not support embeddings. Start it with `--embeddings`","code":501}}"#,
            )],
            FailureKind::BadRequest,
            "Start it with `--embeddings`",
        ),
        (
            vec![response("400 Bad Request", "", r#"{"error":{"message":"model is required"}}"#)],
            FailureKind::BadRequest,
            "Name one of its models in `search.model`",
        ),
        (vec![json(&ok[..ok.len() / 2])], FailureKind::Protocol, "no answer of its protocol"),
        (vec![json(r#"{"data":[{"embedding":[NaN,1]},{"embedding":[1,2]}]}"#)], FailureKind::Protocol, "no answer"),
        (two(answer(value!([[null, 1.0], [1.0, 2.0]]))), FailureKind::Protocol, "no answer of its protocol"),
        (two(answer(value!([[1.0, 2.0], [3.0]]))), FailureKind::Protocol, "different dimensions"),
        (two(answer(value!([[], []]))), FailureKind::Protocol, "of no or of different dimensions"),
        (two(answer(value!([[1.0, 2.0]]))), FailureKind::Protocol, "1 embeddings for 2 texts"),
        (
            two(value!({"data": [{"index": 1, "embedding": [1.0]}, {"index": 1, "embedding": [1.0]}]})),
            FailureKind::Protocol,
            "not those of the texts",
        ),
        (two(value!([])), FailureKind::Protocol, "no answer of its protocol"),
        (vec![Act::Reset], FailureKind::Network, "broke"),
    ];
    for (acts, kind, why) in cases {
        let double = Double::always(acts).await;
        let failure = ask(&double.url, None, SOON).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{why}: {failure}");
        assert!(failure.message.contains(why) && failure.message.contains("127.0.0.1"), "{why}: {failure}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_or_never_answers_keeps_nobody_waiting_for_long() {
    let double = Double::always(vec![Act::Hang]).await;
    let late = ask(&double.url, None, Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(late.kind, FailureKind::Timeout, "{late}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let down = ask(&format!("http://127.0.0.1:{port}"), None, SOON).await.unwrap_err();
    assert_eq!(down.kind, FailureKind::Unreachable, "{down}");
}

#[tokio::test]
async fn nothing_leaves_this_machine_unless_that_is_allowed() {
    let opened = |reach| {
        spawn_blocking(move || EmbeddingServer::new("http://192.0.2.1:8080/v1", None, reach).map(|s| s.title()))
    };
    let refused = opened(Reach::Offline).await.unwrap().unwrap_err();
    assert_eq!(refused.kind, FailureKind::Offline);
    assert!(refused.message.contains("search.remote = true"), "{refused}");
    assert_eq!(opened(Reach::Online).await.unwrap().unwrap(), "http://192.0.2.1:8080");
}
