//! Every line that `run --json` prints fits `assets/events.schema.json`.

use serde_json::Value;
use std::sync::LazyLock;

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(include_str!("../../assets/events.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// The events of an output, each held against the schema.
pub fn events(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("no JSON ({e}): {line}"));
            let errors: Vec<String> = SCHEMA.iter_errors(&event).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "does not fit the schema: {errors:?}\n{line}");
            event
        })
        .collect()
}

/// The names of events, each once, in the order of their first.
pub fn names(events: &[Value]) -> Vec<&str> {
    let mut names = Vec::new();
    for event in events {
        let name = event["event"].as_str().unwrap();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[test]
fn the_schema_refuses_what_is_no_event() {
    for line in [
        r#"{"event":"surprise","at":1}"#,
        r#"{"event":"text","request":1,"text":"x","at":1}"#,
        r#"{"event":"text","request":1,"run":1,"at":1}"#,
        r#"{"event":"text","request":1,"text":"x","run":1,"at":1,"more":true}"#,
        r#"{"text":"x"}"#,
    ] {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(!SCHEMA.is_valid(&event), "{line}");
    }
}

#[test]
fn every_event_of_the_schema_is_documented() {
    let schema: Value = serde_json::from_str(include_str!("../../assets/events.schema.json")).unwrap();
    let documentation = include_str!("../../docs/HEADLESS.md");
    let kinds = schema["oneOf"].as_array().unwrap();
    assert!(kinds.len() > 10);
    for kind in kinds {
        let name = kind["properties"]["event"]["const"].as_str().unwrap();
        assert!(documentation.contains(&format!("| `{name}` |")), "docs/HEADLESS.md does not list `{name}`");
    }
}
