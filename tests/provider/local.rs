//! Providers that need no server: scripts and the embedded engine.

use super::{collect, request};
use std::fs;
use std::time::Instant;
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::domain::model::{Chunk, FinishReason, Locality, ModelRequest, Node};
use vibe_tui::provider::{Embedded, Provider, Scripted};

fn asked_by(node: Node) -> ModelRequest {
    let mut asked = request("script");
    asked.brief.node = node;
    asked
}

const SCRIPT: &str = r#"{"chunk":{"text":"for anyone"}}
{"chunk":{"finished":"stop"}}
{"for":"planner"}
{"after_ms":20,"chunk":{"started":{"model":"demo"}}}
{"after_ms":20,"chunk":{"text":"plan"}}
{"chunk":{"usage":{"input":10,"cache_read":0,"cache_write":0,"output":2,"thinking":0,"estimated":false}}}
{"chunk":{"finished":"stop"}}

{"for":"healer"}
{"chunk":{"text":"first"}}
{"chunk":{"finished":"stop"}}
{"for":"healer"}
{"chunk":{"text":"half of the second"}}
{"after_ms":5,"fail":{"kind":"server","message":"it fell over","retryable":true}}
"#;

#[tokio::test]
async fn a_script_answers_each_node_with_its_own_scenes_in_order() {
    let script = Scripted::parse("demo.jsonl", SCRIPT, 0.0).unwrap();
    let mut played = Vec::new();
    for node in [Node::Planner, Node::Healer, Node::Healer, Node::Healer, Node::Executor] {
        let (_, text, failure) = collect(script.stream(asked_by(node))).await;
        played.push((text, failure.map(|f| f.message)));
    }
    let broken = ("half of the second".to_owned(), Some("it fell over".to_owned()));
    let fine = |text: &str| (text.to_owned(), None);
    assert_eq!(played, [fine("plan"), fine("first"), broken.clone(), broken, fine("for anyone")]);
}

#[tokio::test]
async fn the_speed_scales_the_pauses() {
    for (speed, least, most) in [(1.0, 40, 300), (2.0, 20, 150), (0.0, 0, 15)] {
        let script = Scripted::parse("demo.jsonl", SCRIPT, speed).unwrap();
        let begun = Instant::now();
        collect(script.stream(asked_by(Node::Planner))).await;
        let took = begun.elapsed().as_millis();
        assert!((least..=most).contains(&took), "speed {speed}: {took} ms");
    }
}

#[tokio::test]
async fn a_node_without_a_scene_is_said() {
    let only = "{\"for\":\"planner\"}\n{\"chunk\":{\"finished\":\"stop\"}}\n";
    let script = Scripted::parse("demo.jsonl", only, 0.0).unwrap();
    let failure = collect(script.stream(asked_by(Node::Reviewer))).await.2.unwrap();
    assert_eq!(failure.kind, FailureKind::Config);
    assert!(failure.message.contains("Reviewer"), "{failure}");
}

#[test]
fn mistakes_in_a_script_name_file_line_and_remedy() {
    let cases = [
        ("{\"chunk\":{\"text\":\"x\"}}\n", "s.jsonl:1:", "does not end"),
        ("{\"chunk\":{\"finished\":\"stop\"}}\nnonsense\n", "s.jsonl:2:", "no line of a script"),
        ("{\"chunk\":{\"txet\":\"x\"}}\n", "s.jsonl:1:", "txet"),
        ("{\"after_ms\":1}\n", "s.jsonl:1:", "exactly one of"),
        ("{\"for\":\"poet\"}\n", "s.jsonl:1:", "`poet` is no node"),
        ("{\"for\":\"any\",\"fro\":1}\n", "s.jsonl:1:", "fro"),
        ("{\"chunk\":{\"finished\":\"stop\"}}\n{\"chunk\":{\"text\":\"x\"}}\n", "s.jsonl:2:", "follows the end"),
        ("{\"for\":\"planner\"}\n{\"for\":\"healer\"}\n", "s.jsonl:1:", "does not end"),
        ("{\"after_ms\":-1,\"chunk\":{\"text\":\"x\"}}\n", "s.jsonl:1:", "after_ms"),
    ];
    for (text, place, said) in cases {
        let failure = Scripted::parse("s.jsonl", text, 0.0).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Config);
        assert!(failure.message.starts_with(place) || failure.message.contains(place), "{failure}");
        assert!(failure.message.contains(said), "{text}: {failure}");
    }
}

#[tokio::test]
async fn a_folder_is_all_its_scripts_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let scene = |text: &str| {
        format!("{{\"for\":\"any\"}}\n{{\"chunk\":{{\"text\":\"{text}\"}}}}\n{{\"chunk\":{{\"finished\":\"stop\"}}}}\n")
    };
    fs::write(folder.path().join("b.jsonl"), scene("second")).unwrap();
    fs::write(folder.path().join("a.jsonl"), scene("first")).unwrap();
    fs::write(folder.path().join("notes.txt"), "not a script").unwrap();
    let script = Scripted::load(folder.path(), 0.0).unwrap();
    assert_eq!(collect(script.stream(request("x"))).await.1, "first");
    assert_eq!(collect(script.stream(request("x"))).await.1, "second");

    let missing = Scripted::load(&folder.path().join("none"), 0.0).unwrap_err();
    assert!(missing.kind == FailureKind::Io && missing.message.contains("none"), "{missing}");
    fs::write(folder.path().join("c.jsonl"), b"\xff\xfe").unwrap();
    assert!(Scripted::load(folder.path(), 0.0).unwrap_err().message.contains("not UTF-8"));
    let empty = tempfile::tempdir().unwrap();
    assert!(Scripted::load(empty.path(), 0.0).unwrap_err().message.contains("no answer"));
}

#[tokio::test]
async fn the_embedded_engine_streams_its_answer_in_pieces_and_estimates_its_tokens() {
    let text = "é".repeat(500);
    let answer = text.clone();
    let engine = Embedded::new(move |_| Ok(answer.clone()));
    let info = engine.models().await.unwrap().remove(0);
    assert_eq!(
        (info.locality, info.window, info.note.as_str()),
        (Locality::Embedded, Some(8192), "embedded patterns, no model")
    );
    let (chunks, streamed, failure) = collect(engine.stream(request("patterns"))).await;
    assert_eq!((streamed, failure), (text, None));
    assert!(chunks.iter().filter(|c| matches!(c, Chunk::Text(_))).count() > 5);
    assert!(chunks.iter().any(|c| matches!(c, Chunk::Usage(u) if u.estimated && u.input == 10 && u.output == 250)));
    assert_eq!(chunks.last(), Some(&Chunk::Finished(FinishReason::Stop)));
}

#[tokio::test]
async fn what_the_embedded_engine_cannot_do_is_its_failure() {
    let engine = Embedded::new(|_| Err(Failure::fatal(FailureKind::NothingFits, "no pattern fits")));
    assert_eq!(collect(engine.stream(request("patterns"))).await.2.unwrap().kind, FailureKind::NothingFits);
}
