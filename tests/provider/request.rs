//! What each adapter sends.

use super::double::{Act, Double, json, not_found, response, sse, stream};
use super::{ask, collect, endpoint, request, server};
use serde_json::{Value, json as value};
use vibe_tui::domain::model::{Chunk, FinishReason};
use vibe_tui::provider::{Protocol, Provider, Secret, Server};

const CHAT: &str =
    "data: {\"choices\":[{\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
const OLLAMA: &str = "{\"message\":{\"content\":\"ok\"},\"done\":true,\"done_reason\":\"stop\"}\n";

fn schema() -> Value {
    value!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false})
}

#[tokio::test]
async fn ollama_gets_its_window_limit_schema_and_is_forbidden_to_truncate() {
    let double = Double::always(vec![stream("application/x-ndjson", OLLAMA)]).await;
    let mut asked = request("qwen");
    asked.schema = Some(schema());
    let (_, text, failure) = collect(server(Protocol::Ollama, &double.url).stream(asked)).await;
    assert_eq!((text.as_str(), failure), ("ok", None));
    let seen = &double.seen()[0];
    assert_eq!(seen.line, "POST /api/chat");
    let expected = value!({
        "model": "qwen",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
        "stream": true,
        "keep_alive": "15m",
        "truncate": false,
        "shift": false,
        "options": {"num_ctx": 4096, "num_predict": 100, "temperature": 0.2},
        "format": schema(),
    });
    assert_eq!(seen.body, expected);
}

#[tokio::test]
async fn an_unknown_chat_server_is_asked_once_what_it_is_and_gets_no_private_fields() {
    let double = Double::start(|seen, _| if seen.line == "GET /props" { not_found() } else { vec![sse(CHAT)] }).await;
    let server = server(Protocol::Chat, &double.url);
    for _ in 0..2 {
        assert_eq!(ask(&server).await.1, "ok");
    }
    let lines: Vec<_> = double.seen().iter().map(|s| s.line.clone()).collect();
    assert_eq!(lines, ["GET /props", "POST /v1/chat/completions", "POST /v1/chat/completions"]);
    let expected = value!({
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_tokens": 100,
        "temperature": 0.2,
    });
    assert_eq!(double.seen()[1].body, expected);
}

#[tokio::test]
async fn llama_server_is_recognised_by_its_properties_and_asked_for_progress() {
    let double = Double::start(|seen, _| match seen.line.as_str() {
        "GET /props" => vec![json(include_str!("recorded/llama-props.json"))],
        "GET /v1/models" => vec![json(include_str!("recorded/llama-models.json"))],
        "POST /tokenize" => vec![json(r#"{"tokens":[1,2,3]}"#)],
        _ => vec![sse(include_str!("recorded/llama-chat.sse"))],
    })
    .await;
    let server = server(Protocol::Chat, &double.url);
    assert!(server.count_tokens("m", "text").is_none(), "it is not known yet whether the server can count");
    let (chunks, _, failure) = ask(&server).await;
    assert_eq!(failure, None);
    assert_eq!(double.seen()[1].body["return_progress"], true);
    assert!(chunks.contains(&Chunk::Prefill { processed: 21, total: 21 }));
    let info = server.describe("any-name").await.unwrap();
    assert_eq!((info.window, info.reference.model.as_str()), (Some(8192), "any-name"));
    assert_eq!(server.count_tokens("m", "text").unwrap().await, Ok(3));
    assert_eq!(double.seen().last().unwrap().body, value!({"content": "text"}));
}

#[tokio::test]
async fn keys_travel_as_each_protocol_wants_them() {
    let double = Double::always(vec![json(r#"{"data":[],"models":[]}"#)]).await;
    for protocol in [Protocol::Chat, Protocol::Responses, Protocol::Messages, Protocol::Ollama] {
        let endpoint = endpoint(protocol, &double.url).with_header("x-team", Secret::new("blue")).unwrap();
        Server::new(endpoint, 1).models().await.unwrap();
        let headers = double.seen().last().unwrap().headers.clone();
        let (bearer, key) = (headers.get("authorization").cloned(), headers.get("x-api-key").cloned());
        match protocol {
            Protocol::Messages => {
                assert_eq!((bearer, key.as_deref()), (None, Some("sk-test-secret")));
                assert_eq!(headers["anthropic-version"], "2023-06-01");
            }
            _ => assert_eq!((bearer.as_deref(), key), (Some("Bearer sk-test-secret"), None)),
        }
        assert_eq!(headers["x-team"], "blue");
    }
}

#[tokio::test]
async fn nothing_is_sent_before_the_stream_is_polled() {
    let double = Double::always(vec![sse("")]).await;
    let stream = server(Protocol::Messages, &double.url).stream(request("m"));
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(double.seen().is_empty());
    drop(collect(stream).await);
    assert_eq!(double.seen().len(), 1);
}

#[tokio::test]
async fn a_parameter_that_the_model_refuses_is_left_out_at_once() {
    let refusal = r#"{"error":{"message":"Unsupported parameter: 'temperature'","type":"invalid_request_error"}}"#;
    let double = Double::start(move |seen, _| match &seen.body {
        Value::Null => not_found(),
        body if body.get("temperature").is_some() => vec![response("400 Bad Request", "", refusal)],
        _ => vec![sse(CHAT)],
    })
    .await;
    let (chunks, text, failure) = ask(&server(Protocol::Chat, &double.url)).await;
    assert_eq!((text.as_str(), failure), ("ok", None));
    assert_eq!(double.seen().len(), 3);
    assert!(!chunks.iter().any(|c| matches!(c, Chunk::Retrying { .. })));
}

#[tokio::test]
async fn each_protocol_reads_the_recorded_streams_of_the_real_servers() {
    let hello = include_str!("../../.ci/replies/hello.txt");
    let cases: [(Protocol, &str); 6] = [
        (Protocol::Chat, include_str!("recorded/llama-chat.sse")),
        (Protocol::Chat, include_str!("recorded/litellm-chat.sse")),
        (Protocol::Responses, include_str!("recorded/llama-responses.sse")),
        (Protocol::Responses, include_str!("recorded/litellm-responses.sse")),
        (Protocol::Messages, include_str!("recorded/llama-messages.sse")),
        (Protocol::Messages, include_str!("recorded/litellm-messages.sse")),
    ];
    for (protocol, recorded) in cases {
        // Three bytes at a time, as a bad network would.
        let mut acts = vec![sse("")];
        acts.extend(recorded.as_bytes().chunks(3).map(|piece| Act::Send(piece.to_vec())));
        let double =
            Double::start(move |seen, _| if seen.line == "GET /props" { not_found() } else { acts.clone() }).await;
        let (chunks, text, failure) = ask(&server(protocol, &double.url)).await;
        assert_eq!((text.as_str(), failure), (hello, None), "{protocol:?}");
        assert_eq!(chunks.last(), Some(&Chunk::Finished(FinishReason::Stop)));
        assert!(chunks.iter().any(|c| matches!(c, Chunk::Usage(u) if u.input == 21 && u.output == 16)), "{chunks:?}");
    }
}

#[tokio::test]
async fn a_whole_prompt_is_counted_as_the_servers_own_chat_format_makes_it() {
    let double = Double::start(|seen, _| match seen.line.as_str() {
        "GET /props" => vec![json(include_str!("recorded/llama-props.json"))],
        "GET /v1/models" => vec![json(include_str!("recorded/llama-models.json"))],
        "POST /apply-template" => vec![json(r#"{"prompt":"<|user|>hi<|end|>"}"#)],
        "POST /tokenize" => vec![json(r#"{"tokens":[1,2,3,4,5]}"#)],
        _ => not_found(),
    })
    .await;
    let server = server(Protocol::Chat, &double.url);
    assert!(server.count_prompt(&request("m")).is_none(), "it is not known yet whether the server can count");
    server.models().await.unwrap();
    assert_eq!(server.count_prompt(&request("m")).unwrap().await, Ok(5));
    let seen = double.seen();
    let messages = value!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]);
    assert_eq!(seen[seen.len() - 2].body, value!({"messages": messages}));
    let expected = value!({"content": "<|user|>hi<|end|>", "add_special": true, "parse_special": true});
    assert_eq!(seen[seen.len() - 1].body, expected);
}

#[tokio::test]
async fn vllm_is_known_by_its_listing_and_counts_texts_and_prompts() {
    let double = Double::start(|seen, _| match seen.line.as_str() {
        "GET /v1/models" => vec![json(r#"{"data":[{"id":"m","owned_by":"vllm","max_model_len":4096}]}"#)],
        "POST /tokenize" => vec![json(r#"{"count":2,"max_model_len":4096,"tokens":[7,8]}"#)],
        _ => not_found(),
    })
    .await;
    let server = server(Protocol::Chat, &double.url);
    server.models().await.unwrap();
    assert_eq!(server.count_tokens("m", "text").unwrap().await, Ok(2));
    let expected = value!({"model": "m", "prompt": "text", "add_special_tokens": false});
    assert_eq!(double.seen().last().unwrap().body, expected);
    assert_eq!(server.count_prompt(&request("m")).unwrap().await, Ok(2));
    assert_eq!(double.seen().last().unwrap().body["add_generation_prompt"], true);
}

#[tokio::test]
async fn messages_servers_are_asked_for_the_count_with_what_the_request_would_say() {
    let double = Double::always(vec![json(r#"{"input_tokens":42}"#)]).await;
    assert_eq!(server(Protocol::Messages, &double.url).count_prompt(&request("m")).unwrap().await, Ok(42));
    let seen = double.seen();
    assert_eq!(seen[0].line, "POST /v1/messages/count_tokens");
    let mut fields: Vec<&str> = seen[0].body.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["messages", "model", "system"]);
}

#[tokio::test]
async fn a_server_that_counts_nothing_is_not_asked() {
    let double = Double::start(|_, _| not_found()).await;
    for protocol in [Protocol::Ollama, Protocol::Responses, Protocol::Chat] {
        let server = server(protocol, &double.url);
        assert!(server.count_tokens("m", "x").is_none() && server.count_prompt(&request("m")).is_none());
    }
    assert!(double.seen().is_empty());
}
