//! `vibe-tui tokens` and `vibe-tui memory`: what they say, and what they say of bad input.

use super::place::{Place, REQUEST, Ran};
use super::schema::events;
use super::server::Server;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

fn one(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

#[test]
fn a_text_is_counted_for_no_model_as_an_estimate_and_for_one_whose_tokenizer_is_known_exactly() {
    let place = Place::new();
    place.write("a.txt", "hello world");
    let nobody = one(&place.run(&["tokens", "--json", "a.txt"]));
    assert_eq!((&nobody["tokens"], &nobody["exact"], &nobody["bytes"]), (&json!(2), &json!(false), &json!(11)));
    assert!(place.run(&["tokens", "a.txt"]).stdout.starts_with("tokens      ~2\n"));
    let known = place.run(&["tokens", "--offline", "--model", "openai/gpt-5", "a.txt"]);
    assert!(known.stdout.starts_with("tokens      2\ncounted by  o200k_base\n"), "{known:?}");
    let foreign = place.run(&["tokens", "--offline", "--model", "foo/bar", "a.txt"]);
    for part in ["no provider `foo`", "with a key: anthropic, openai", "Counted exactly", "`openai/gpt-4o`"] {
        assert!(foreign.stderr.contains(part), "{foreign:?}");
    }
    let unknown = one(&place.run(&["tokens", "--offline", "--json", "--model", "ollama/none", "a.txt"]));
    assert_eq!((&unknown["tokens"], &unknown["exact"]), (&json!(3), &json!(false)));
}

#[test]
fn standard_input_is_counted_where_no_file_is_named() {
    let place = Place::new();
    let mut child = place.command(&["tokens", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all("hello world".as_bytes()).unwrap();
    let output: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((&output["tokens"], &output["bytes"]), (&json!(2), &json!(11)));
}

#[test]
fn what_cannot_be_counted_is_said_in_a_sentence() {
    let place = Place::new();
    fs::write(place.root().join("binary"), b"a\0b").unwrap();
    fs::write(place.root().join("latin"), b"one\ncaf\xe9\n").unwrap();
    fs::File::create(place.root().join("huge")).unwrap().set_len((64 << 20) + 1).unwrap();
    for (file, why) in [
        ("nowhere.txt", "nowhere.txt: cannot be read"),
        (".", ".: is a directory"),
        ("binary", "binary: is no text: it holds a zero byte"),
        ("latin", "latin: is no UTF-8 text (line 2)"),
        ("huge", "huge: is larger than 64 MiB"),
    ] {
        let ran = place.run(&["tokens", file]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.starts_with(&format!("vibe-tui: {why}")) && ran.stdout.is_empty(), "{ran:?}");
    }
    let ran = place.run(&["tokens", "--model", "gpt-5", "binary"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("write provider/model"), "{ran:?}");
}

#[test]
fn a_server_on_this_machine_counts_exactly_for_the_command_and_for_the_context_of_a_run() {
    let (place, server) = (Place::new(), Server::counting("Nothing to say.", Duration::ZERO));
    place.configure(&server.local_configuration());
    place.write("a.txt", "hello world, twice: hello world");
    let counted = one(&place.run(&["tokens", "--json", "--model", "here/m", "a.txt"]));
    // The double's tokens are four bytes each, and its window is what its properties say.
    let expected = json!({"tokens": 8, "exact": true, "tokenizer": "the server of here", "model": "here/m",
        "window": 8192, "share": 8.0 / 8192.0, "bytes": 31});
    assert_eq!(counted, expected);

    let ran = place.run(&["run", "--json", "--model", "here/m", "--mode", "peer", "What does a.txt say?"]);
    let context = events(&ran.stdout).into_iter().find(|e| e["event"] == "context").expect("no context");
    assert_eq!(context["exact"], true, "{context}");
}

#[test]
fn what_servers_report_is_learned_and_kept() {
    let (place, server) = (Place::new(), Server::start("Nothing to say.", Duration::ZERO));
    place.configure(&server.local_configuration());
    place.write("a.txt", &"hello world, ".repeat(300));
    let count = || one(&place.run(&["tokens", "--json", "--model", "here/m", "a.txt"]));
    assert_eq!(count()["tokenizer"], "o200k_base and a usual ratio");
    for _ in 0..3 {
        let ran = place.run(&["run", "--model", "here/m", "--mode", "peer", "What does a.txt say?"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let learned = count();
    assert_eq!(learned["tokenizer"], "o200k_base, corrected by 3 answers of its server", "{learned}");
    assert_eq!(learned["exact"], false);
}

#[test]
fn what_is_remembered_is_listed_pinned_forgotten_and_recalled_by_a_run() {
    let place = Place::new();
    let added = one(&place.run(&["memory", "--json", "add", "Greeting", "functions", "end", "politely."]));
    assert_eq!((&added["id"], &added["text"]), (&json!(1), &json!("Greeting functions end politely.")));
    let ran = place.scripted("greet", &["--json", "--accept", "all", REQUEST]);
    let context = events(&ran.stdout).into_iter().find(|e| e["event"] == "context").unwrap();
    let labels: Vec<&str> = context["items"].as_array().unwrap().iter().map(|i| i["label"].as_str().unwrap()).collect();
    assert!(labels.contains(&"memory 1"), "{labels:?}");
    let listed = one(&place.run(&["memory", "--json"]));
    assert_eq!((&listed["recalled"], &listed["accepted"]), (&json!(1), &json!(1)), "{listed}");

    let pinned = place.run(&["memory", "pin", "1"]);
    assert_eq!(pinned.stdout, "Pinned, so it stands in every prompt: Greeting functions end politely.\n");
    assert!(place.run(&["memory"]).stdout.starts_with("   1  pinned  fact from you, 0 d old, recalled 1"));
    assert_eq!(place.run(&["memory", "forget", "1"]).stdout, "Forgotten: Greeting functions end politely.\n");
    let gone = place.run(&["memory", "forget", "1"]);
    assert_eq!((gone.code, gone.stdout.as_str()), (Some(1), ""));
    assert!(gone.stderr.contains("Nothing is remembered as 1."), "{gone:?}");
    assert_eq!(place.run(&["memory", "list"]).stdout, "");
}
