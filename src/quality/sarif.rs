//! Findings and breaches of a gate as SARIF 2.1.0 (OASIS, 2020), the form that code hosts take.

use super::gate::{Breach, UNJUDGED, UNREAD};
use super::rule;
use crate::domain::finding::{Finding, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What it conforms to.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Figures that a gate may name, with what they are.
const FIGURES: [(&str, &str); 7] = [
    ("cyclomatic", "Cyclomatic complexity of a function"),
    ("cognitive", "Cognitive complexity of a function"),
    ("maintainability", "Maintainability index of a file"),
    ("type_coverage", "Places for a type that have one"),
    ("doc_coverage", "Documented definitions"),
    (UNJUDGED, "Code that could not be judged"),
    (UNREAD, "Limits that could not be read"),
];

/// One run of one tool: findings, and the figures that a gate refuses. `version` is the program's.
pub fn sarif(findings: &[&Finding], breaches: &[Breach], version: &str) -> Value {
    let mut rules: BTreeMap<String, String> = BTreeMap::new();
    let mut results: Vec<Value> = Vec::new();
    for finding in findings {
        let id = finding.rule.clone().unwrap_or_else(|| finding.tool.clone());
        rules.insert(id.clone(), described(&id));
        let region = region(finding.line, finding.column, finding.end_line, finding.end_column);
        results.push(result(&id, level(finding.severity), &finding.message, &finding.path, region));
    }
    // Findings that close a gate are there already.
    for breach in breaches.iter().filter(|breach| !breach.is_finding()) {
        rules.insert(breach.figure.clone(), described(&breach.figure));
        let region = region(breach.line, 0, 0, 0);
        results.push(result(&breach.figure, "error", &breach.sentence(), &breach.path, region));
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    for result in &mut results {
        let at = result["ruleId"].as_str().and_then(|id| index.get(id)).copied();
        result["ruleIndex"] = json!(at);
    }
    let rules: Vec<Value> =
        rules.iter().map(|(id, text)| json!({"id": id, "shortDescription": {"text": text}})).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "vibe-tui", "version": version, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn described(id: &str) -> String {
    let figure = FIGURES.iter().find(|(name, _)| *name == id).map(|(_, text)| (*text).to_owned());
    let rule = || rule::all().iter().find(|rule| rule.id == id).map(|rule| rule.message.clone());
    figure.or_else(rule).unwrap_or_else(|| id.to_owned())
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Lines and columns from 1; what is unknown is left out.
fn region(line: u32, column: u32, end_line: u32, end_column: u32) -> Option<Value> {
    let fields = [("startLine", line), ("startColumn", column), ("endLine", end_line), ("endColumn", end_column)];
    let known = fields.into_iter().filter(|(_, number)| *number > 0).map(|(name, n)| (name.to_owned(), json!(n)));
    (line > 0).then(|| Value::Object(known.collect()))
}

fn result(rule: &str, level: &str, message: &str, path: &str, region: Option<Value>) -> Value {
    let mut result = json!({"ruleId": rule, "level": level, "message": {"text": message}});
    if !path.is_empty() {
        let mut place = json!({"artifactLocation": {"uri": uri(path), "uriBaseId": "%SRCROOT%"}});
        if let Some(region) = region {
            place["region"] = region;
        }
        result["locations"] = json!([{"physicalLocation": place}]);
    }
    result
}

/// A path as a relative URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
