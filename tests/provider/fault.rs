//! Every fault of a server, and what must hold: a typed failure that says what to do, what came before it is kept,
//! nothing hangs, no key leaves.

use super::double::{Act, Double, json, response, sse, stream};
use super::{ask, brief, endpoint, request, server};
use futures_util::StreamExt;
use std::time::{Duration, Instant};
use vibe_tui::domain::failure::FailureKind;
use vibe_tui::domain::model::{Chunk, FinishReason, Locality};
use vibe_tui::provider::{Limits, Protocol, Provider, Server};

const START: &str = "data: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\n";
const STOP: &str = "data: {\"type\":\"message_stop\"}\n\n";

fn text(text: &str) -> String {
    format!("data: {{\"type\":\"content_block_delta\",\"delta\":{{\"text\":\"{text}\"}}}}\n\n")
}

fn whole(answer: &str) -> String {
    format!("{START}{}{STOP}", text(answer))
}

/// A double of Anthropic's protocol that answers alike every time, and a server at it.
async fn messages(acts: Vec<Act>) -> (Double, Server) {
    let double = Double::always(acts).await;
    let server = server(Protocol::Messages, &double.url);
    (double, server)
}

fn retries(chunks: &[Chunk]) -> Vec<(u32, u64)> {
    chunks
        .iter()
        .filter_map(
            |c| if let Chunk::Retrying { attempt, wait_ms, .. } = c { Some((*attempt, *wait_ms)) } else { None },
        )
        .collect()
}

#[tokio::test]
async fn refusals_of_every_shape_become_typed_failures_that_name_the_server() {
    use FailureKind::*;
    let huge = format!("{{\"error\":{{\"message\":\"{}\"}}}}", "x".repeat(3 << 20));
    let cases: Vec<(&str, String, FailureKind)> = vec![
        ("401 Unauthorized", r#"{"error":{"message":"invalid sk-test-secret"}}"#.into(), Auth),
        ("400 Bad Request", String::new(), BadRequest),
        ("400 Bad Request", "<!doctype html><h1>Bad</h1>".into(), BadRequest),
        ("400 Bad Request", huge, BadRequest),
        ("404 Not Found", r#"{"error":{"type":"not_found_error","message":"model: m"}}"#.into(), UnknownModel),
        ("429 Too Many Requests", r#"{"error":{"code":"insufficient_quota","message":"x"}}"#.into(), Quota),
        ("504 Gateway Timeout", "\u{0}\u{1}garbage".into(), Timeout),
    ];
    for (status, body, kind) in cases {
        let (double, server) = messages(vec![response(status, "", &body)]).await;
        let failure = ask(&server).await.2.unwrap();
        assert_eq!(failure.kind, kind, "{status}: {failure}");
        assert!(failure.message.contains("double (http://127.0.0.1:"), "{failure}");
        assert!(!failure.message.contains("sk-test-secret") && failure.message.len() < 700, "{failure}");
        assert_eq!(double.seen().len(), 1, "{status} was sent again");
    }
}

#[tokio::test]
async fn a_recorded_refusal_of_llama_server_names_both_figures() {
    let recorded = include_str!("recorded/llama-exceeded.http");
    let (_double, server) = messages(vec![Act::Send(recorded.into())]).await;
    let failure = ask(&server).await.2.unwrap();
    assert_eq!(failure.kind, FailureKind::ContextExceeded);
    assert!(failure.message.contains("12019") && failure.message.contains("8192"), "{failure}");
}

#[tokio::test]
async fn recorded_refusals_of_litellm_are_typed() {
    for (recorded, kind) in [
        (include_str!("recorded/litellm-nope.http"), FailureKind::UnknownModel),
        (include_str!("recorded/litellm-wrong-key.http"), FailureKind::Auth),
    ] {
        let (_double, server) = messages(vec![Act::Send(recorded.into())]).await;
        assert_eq!(ask(&server).await.2.unwrap().kind, kind);
    }
}

#[tokio::test]
async fn a_busy_server_is_tried_again_and_the_wait_is_shown() {
    for status in ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "529 Overloaded"] {
        let double = Double::start(move |_, n| match n {
            0 => vec![response(status, "", "")],
            _ => vec![sse(whole("ok"))],
        })
        .await;
        let (chunks, text, failure) = ask(&server(Protocol::Messages, &double.url)).await;
        assert_eq!((text.as_str(), failure), ("ok", None), "{status}");
        assert!(matches!(retries(&chunks)[..], [(2, 250..=500)]), "{chunks:?}");
    }
}

/// The same server where its model costs money.
fn paid(url: &str) -> Server {
    Server::new(endpoint(Protocol::Messages, url).with_locality(Locality::Remote), 1)
}

#[tokio::test]
async fn a_paid_server_is_asked_again_only_after_a_status_that_certainly_cost_nothing() {
    for (status, asked) in [
        ("429 Too Many Requests", 2),
        ("503 Service Unavailable", 2),
        ("529 Overloaded", 2),
        ("500 Internal Server Error", 1),
        ("502 Bad Gateway", 1),
        ("504 Gateway Timeout", 1),
    ] {
        let refusal = response(status, "retry-after: 0\r\n", "");
        let double =
            Double::start(move |_, n| if n == 0 { vec![refusal.clone()] } else { vec![sse(whole("ok"))] }).await;
        let (_, _, failure) = ask(&paid(&double.url)).await;
        assert_eq!((double.seen().len(), failure.is_none()), (asked, asked == 2), "{status}");
    }
}

#[tokio::test]
async fn a_paid_answer_that_fails_once_begun_is_not_asked_for_again() {
    let error = "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    for (first, asked) in [(format!("{START}{error}"), 1), (error.to_owned(), 2)] {
        let double = Double::start(move |_, n| vec![sse(if n == 0 { first.clone() } else { whole("ok") })]).await;
        let (_, _, failure) = ask(&paid(&double.url)).await;
        assert_eq!((double.seen().len(), failure.is_none()), (asked, asked == 2));
    }
}

#[tokio::test]
async fn the_retry_budget_ends_and_the_failure_stands() {
    let (double, server) = messages(vec![response("503 Service Unavailable", "retry-after: 0\r\n", "")]).await;
    let (chunks, _, failure) = ask(&server).await;
    assert_eq!(failure.unwrap().kind, FailureKind::Overloaded);
    assert_eq!(retries(&chunks).iter().map(|r| r.0).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(double.seen().len(), 4);
}

#[tokio::test]
async fn retry_after_is_kept_in_seconds_and_as_a_date() {
    for (header, wait) in [("1", 1000..1250), ("Sun, 06 Nov 1994 08:49:37 GMT", 0..250)] {
        let limited = response("429 Too Many Requests", &format!("retry-after: {header}\r\n"), "");
        let double =
            Double::start(move |_, n| if n == 0 { vec![limited.clone()] } else { vec![sse(whole("ok"))] }).await;
        let begun = Instant::now();
        let (chunks, text, _) = ask(&server(Protocol::Messages, &double.url)).await;
        assert_eq!(text, "ok");
        assert!(wait.contains(&retries(&chunks)[0].1), "{header}: {chunks:?}");
        assert!(begun.elapsed().as_millis() as u64 >= wait.start, "{header}");
    }
}

#[tokio::test]
async fn a_wait_longer_than_the_request_may_take_is_not_begun() {
    let (double, server) = messages(vec![response("429 Too Many Requests", "retry-after: 3600\r\n", "")]).await;
    let (chunks, _, failure) = ask(&server).await;
    let failure = failure.unwrap();
    assert_eq!((failure.kind, failure.retry_after_ms), (FailureKind::RateLimited, Some(60_000)));
    assert!(failure.message.contains("60 s"), "{failure}");
    assert!(retries(&chunks).is_empty());
    assert_eq!(double.seen().len(), 1);
}

#[tokio::test]
async fn a_server_that_loads_its_model_is_waited_for() {
    let loading = r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#;
    let double = Double::start(move |_, n| match n {
        0 | 1 => vec![response("503 Service Unavailable", "content-type: application/json\r\n", loading)],
        _ => vec![sse(whole("ok"))],
    })
    .await;
    let (chunks, text, failure) = ask(&server(Protocol::Messages, &double.url)).await;
    assert_eq!((text.as_str(), failure), ("ok", None));
    let Chunk::Retrying { failure, .. } = &chunks[0] else { panic!("{chunks:?}") };
    assert!(failure.message.contains("still loading"), "{failure}");
    assert_eq!(retries(&chunks), [(2, 1000), (3, 1000)]);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_stays() {
    let other = Double::always(vec![sse(whole("stolen"))]).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let (_double, server) =
            messages(vec![response(status, &format!("location: {}/v1/messages\r\n", other.url), "")]).await;
        let (_, text, failure) = ask(&server).await;
        assert!(text.is_empty() && failure.unwrap().message.contains("redirect"));
        assert!(server.models().await.is_err());
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn an_error_after_success_is_tried_again_only_while_nothing_was_shown() {
    let error = "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let double = Double::start(move |_, n| match n {
        0 => vec![sse(format!("{START}{error}"))],
        _ => vec![sse(format!("{START}{}{error}", text("half ")))],
    })
    .await;
    let (chunks, text, failure) = ask(&server(Protocol::Messages, &double.url)).await;
    assert_eq!(retries(&chunks).len(), 1);
    assert_eq!(text, "half ");
    assert_eq!(failure.unwrap().kind, FailureKind::Overloaded);
    assert_eq!(double.seen().len(), 2);
}

#[tokio::test]
async fn a_connection_that_breaks_keeps_the_text_and_is_not_repeated() {
    let begin = format!("{START}{}", text("half"));
    let chunked = format!("{:x}\r\n{begin}\r\n", begin.len());
    let ways = [
        vec![sse(&begin)],
        vec![sse(&begin), Act::Wait(50), Act::Reset],
        vec![response("200 OK", "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n", chunked)],
        vec![response("200 OK", "content-length: 100000\r\n", &begin)],
    ];
    for acts in ways {
        let (double, server) = messages(acts.clone()).await;
        let (_, text, failure) = ask(&server).await;
        assert_eq!(text, "half", "{acts:?}");
        assert_eq!(failure.unwrap().kind, FailureKind::Network, "{acts:?}");
        assert_eq!(double.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_stream_cut_anywhere_gives_a_part_of_the_text_and_a_typed_end() {
    let recorded = include_str!("recorded/litellm-messages.sse");
    let hello = include_str!("../../.ci/replies/hello.txt");
    for at in (0..recorded.len()).step_by(61) {
        let (_double, server) = messages(vec![sse(&recorded.as_bytes()[..at])]).await;
        let (_, text, failure) = ask(&server).await;
        assert!(hello.starts_with(&text), "cut at {at}");
        assert!(failure.is_none_or(|f| f.kind == FailureKind::Network), "cut at {at}");
    }
}

#[tokio::test]
async fn silence_ends_at_the_limit_that_it_breaks() {
    let begun = format!("{START}{}", text("half"));
    let drip: Vec<Act> = std::iter::repeat_n([Act::Wait(300), Act::Send(": ping\n\n".into())], 40).flatten().collect();
    let dripping = [vec![sse(&begun)], drip].concat();
    let cases = [
        ("begin to answer", vec![Act::Hang], 2500..4000),
        ("send anything more", vec![sse(&begun), Act::Hang], 400..2000),
        ("finish", dripping, 4000..5500),
    ];
    for (what, acts, window) in cases {
        let (_double, server) = messages(acts).await;
        let started = Instant::now();
        let (_, _, failure) = ask(&server).await;
        let failure = failure.unwrap();
        assert_eq!(failure.kind, FailureKind::Timeout, "{what}: {failure}");
        assert!(failure.message.contains(what), "{failure}");
        assert!(window.contains(&(started.elapsed().as_millis() as u64)), "{what} after {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn comments_keep_a_slow_answer_alive() {
    let pings: Vec<Act> = std::iter::repeat_n([Act::Send(": ping\n\n".into()), Act::Wait(250)], 4).flatten().collect();
    let acts = [vec![sse(START)], pings, vec![Act::Send(format!("{}{STOP}", text("ok")).into())]].concat();
    let (_double, server) = messages(acts).await;
    let (_, text, failure) = ask(&server).await;
    assert_eq!((text.as_str(), failure), ("ok", None));
}

#[tokio::test]
async fn bytes_that_are_no_protocol_are_a_typed_failure() {
    let begin = format!("{START}{}", text("half"));
    let deep = format!("data: {}\n\n", "[".repeat(100_000));
    let cases: Vec<(Vec<Act>, &str)> = vec![
        (vec![stream("text/html", "<html>Log in</html>")], "web page"),
        (vec![json(r#"{"content":[]}"#)], "in one piece"),
        (vec![sse(&begin), Act::Send(b"data: \xff\xfe\n\n".to_vec())], "not UTF-8"),
        (vec![sse(&begin), Act::Send("data: {nonsense}\n\n".into())], "no Messages event"),
        (vec![sse(&begin), Act::Send(deep.into())], "64 levels"),
        (vec![sse(&begin), Act::Send("data: ".into()), Act::Flood(100 << 20)], "4 MiB"),
    ];
    for (acts, said) in cases {
        let (_double, server) = messages(acts).await;
        let (_, _, failure) = ask(&server).await;
        let failure = failure.unwrap();
        assert_eq!(failure.kind, FailureKind::Protocol, "{failure}");
        assert!(failure.message.contains(said) && failure.message.contains("`messages`"), "{failure}");
    }
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection_within_a_second() {
    let (double, server) = messages(vec![sse(format!("{START}{}", text("half"))), Act::Hang]).await;
    let mut stream = server.stream(request("m"));
    while !matches!(stream.next().await, Some(Ok(Chunk::Text(_)))) {}
    let dropped = Instant::now();
    drop(stream);
    while double.closed().is_empty() {
        assert!(dropped.elapsed() < Duration::from_secs(1), "the connection is still open");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_said_at_once() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for protocol in [Protocol::Ollama, Protocol::Chat, Protocol::Responses, Protocol::Messages] {
        let server = server(protocol, &url);
        let begun = Instant::now();
        let failure = ask(&server).await.2.unwrap();
        assert_eq!(failure.kind, FailureKind::Unreachable);
        assert!(failure.message.contains("Cannot reach double") && failure.message.contains("Start it"), "{failure}");
        assert_eq!(server.models().await.unwrap_err().kind, FailureKind::Unreachable);
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn nothing_follows_the_end_of_an_answer() {
    let (_double, server) = messages(vec![sse(format!("{}{}", whole("ok"), whole("more")))]).await;
    let (chunks, text, failure) = ask(&server).await;
    assert_eq!((text.as_str(), failure), ("ok", None));
    assert_eq!(chunks.last(), Some(&Chunk::Finished(FinishReason::Stop)));
}

#[tokio::test]
async fn a_question_about_models_has_caps_and_limits_too() {
    let cases: Vec<(Vec<Act>, FailureKind)> = vec![
        (vec![Act::Hang], FailureKind::Timeout),
        (vec![json(""), Act::Flood(64 << 20)], FailureKind::Protocol),
        (vec![json("[".repeat(1000))], FailureKind::Protocol),
        (vec![json("{\"data\":7}")], FailureKind::Protocol),
        (vec![json(b"\xff")], FailureKind::Protocol),
        (vec![response("500 Internal Server Error", "", "")], FailureKind::Server),
    ];
    for (acts, kind) in cases {
        let double = Double::always(acts).await;
        let limits = Limits { first_byte: Duration::from_millis(1500), ..brief() };
        let server = Server::new(endpoint(Protocol::Messages, &double.url).with_limits(limits), 1);
        let failure = server.models().await.unwrap_err();
        assert_eq!(failure.kind, kind, "{failure}");
    }
}

/// Runs itself again with a proxy in its environment: a process reads it once.
#[test]
fn a_proxy_is_never_used_for_a_server_on_this_machine() {
    if std::env::var_os("VIBE_TEST_PROXIED").is_none() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "fault::a_proxy_is_never_used_for_a_server_on_this_machine"])
            .env("VIBE_TEST_PROXIED", "1")
            .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, "http://127.0.0.1:9")))
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .status();
        assert!(status.unwrap().success());
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (_double, server) = messages(vec![sse(whole("ok"))]).await;
        assert_eq!(ask(&server).await.1, "ok");
    });
}
