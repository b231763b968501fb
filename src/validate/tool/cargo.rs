//! Cargo's check and Clippy, by the compiler's JSON messages. Both run build scripts and procedural macros.

use super::super::project::{Call, Project};
use super::said::{MAX_FINDINGS, Said, finding, fix};
use super::{Tool, json_lines};
use crate::domain::finding::{Applicability, Finding, Fix, Severity, Strategy, TextEdit};
use crate::domain::path::{above, join, name};
use serde::Deserialize;
use std::collections::BTreeMap;

pub const CLIPPY: Tool = Tool {
    name: "clippy",
    strategy: Strategy::Lint,
    program: "cargo-clippy",
    command: &["cargo", "clippy"],
    install: "rustup component add clippy",
    // By its own program: `cargo clippy` could be an alias of the project's. The first word is what Cargo would say.
    calls: |project| package_calls(project, &["clippy", "--quiet", "--message-format=json", "--all-targets"]),
    parse: |said| Ok(messages(said, "clippy")),
    told: &[0],
    blinds: is_compilers,
};

pub const CHECK: Tool = Tool {
    name: "cargo check",
    strategy: Strategy::Build,
    program: "cargo",
    command: &["cargo", "check"],
    install: "https://rustup.rs",
    calls: |project| {
        let words = ["check", "--quiet", "--message-format=json", "--all-targets", "--workspace"];
        let groups = packages(project);
        let mut roots: Vec<&str> = groups.keys().map(|dir| workspace(project, dir)).collect();
        roots.dedup();
        roots.into_iter().map(|dir| Call::new(dir, &words).running_code()).collect()
    },
    parse: |said| Ok(messages(said, "cargo check")),
    told: &[0],
    blinds: is_compilers,
};

/// Whether it is an error of the compiler, and no lint's: what depends on that is not compiled, nor are its tests run.
pub(super) fn is_compilers(found: &Finding) -> bool {
    found.rule.is_none() || found.has_compiler_code()
}

pub(super) fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

/// What Cargo reads.
fn concerns(path: &str) -> bool {
    is_rust(path) || matches!(name(path), "Cargo.toml" | "Cargo.lock")
}

/// Touched files by the package they lie in.
pub(super) fn packages<'p>(project: &'p Project<'_>) -> BTreeMap<&'p str, Vec<&'p str>> {
    project.grouped(concerns, |dir| project.has(&join(dir, "Cargo.toml")))
}

/// The directory of the workspace that a package belongs to: the outermost manifest with a workspace, else its own.
pub(super) fn workspace<'p>(project: &Project<'_>, package: &'p str) -> &'p str {
    let within = join(package, "Cargo.toml");
    // `package` is a prefix of itself: taken from there, so that it lives as long.
    let has = |dir: &str| project.toml(&join(dir, "Cargo.toml")).contains_key("workspace");
    let found = above(&within).filter(|dir| has(dir)).last().map_or(package.len(), str::len);
    &package[..found]
}

/// One call a package: in its directory, Cargo means that package.
pub(super) fn package_calls(project: &Project<'_>, words: &[&str]) -> Vec<Call> {
    packages(project).into_keys().map(|dir| Call::new(dir, words).running_code()).collect()
}

#[derive(Deserialize)]
struct Line {
    reason: String,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    message: String,
    level: String,
    #[serde(default)]
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    children: Vec<Child>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Child {
    message: String,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    line_start: u32,
    line_end: u32,
    column_start: u32,
    column_end: u32,
    is_primary: bool,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    suggested_replacement: Option<String>,
    #[serde(default)]
    suggestion_applicability: Option<String>,
    #[serde(default)]
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Span,
}

/// The compiler's messages, each once although several targets have it.
pub(super) fn messages(said: &Said<'_>, tool: &str) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let lines = json_lines::<Line>(said.output).filter(|line| line.reason == "compiler-message");
    for message in lines.filter_map(|line| line.message) {
        if let Some(new) = of_message(said, tool, message).filter(|new| !found.contains(new)) {
            found.push(new);
        }
        if found.len() == MAX_FINDINGS {
            break;
        }
    }
    found
}

fn of_message(said: &Said<'_>, tool: &str, message: Message) -> Option<Finding> {
    let severity = match message.level.as_str() {
        level if level.starts_with("error") => Severity::Error,
        "warning" => Severity::Warning,
        _ => return None,
    };
    let primary = message.spans.iter().find(|s| s.is_primary).map(|span| written(said, span));
    // Sums up what the others said.
    let summary = ["aborting due to", "could not compile"].iter().any(|begin| message.message.starts_with(begin));
    if primary.is_none()
        && (summary || message.message.contains("warning emitted") || message.message.contains("warnings emitted"))
    {
        return None;
    }
    let mut text = message.message;
    text.extend(primary.and_then(|s| s.label.as_ref()).filter(|label| !label.is_empty()).map(|l| format!(": {l}")));
    let mut found = finding(tool, severity, primary.and_then(|s| path(said, s)), &text);
    if let Some(span) = primary {
        (found.line, found.column) = (span.line_start, span.column_start);
        (found.end_line, found.end_column) = (span.line_end, span.column_end);
    }
    found.rule = message.code.map(|c| c.code);
    found.fixes = message.children.iter().flat_map(|child| fixes(said, child)).collect();
    // The surest first; equals stay in the compiler's order.
    found.fixes.sort_by_key(|fix| fix.applicability as u8);
    Some(found)
}

/// Where the text of a span stands in the project: what a macro made is said of the place that called it.
fn written<'s>(said: &Said<'_>, span: &'s Span) -> &'s Span {
    let mut here = span;
    while let (None, Some(expansion)) = (path(said, here), &here.expansion) {
        here = &expansion.span;
    }
    here
}

/// The compiler names files from the workspace's directory, which is at or above the one it was called in.
fn path(said: &Said<'_>, span: &Span) -> Option<String> {
    let named = &span.file_name;
    if named.starts_with('/') || said.dir.is_empty() {
        return said.path(named);
    }
    // The nearest directory that has the file.
    let below = join(said.dir, "x");
    let at = |dir: &str| Said::new(said.root, dir, said.texts).path(named).filter(|path| said.text(path).is_some());
    above(&below).find_map(at)
}

/// The ways to mend it that one child suggests: all its replacements together, or, where they contradict each other,
/// each by itself.
fn fixes(said: &Said<'_>, child: &Child) -> Vec<Fix> {
    let mut applicability = Applicability::MachineApplicable;
    let mut edits = Vec::new();
    for span in &child.spans {
        let Some(text) = &span.suggested_replacement else { continue };
        let sure = match span.suggestion_applicability.as_deref() {
            Some("MachineApplicable") => Applicability::MachineApplicable,
            Some("HasPlaceholders") => Applicability::HasPlaceholders,
            _ => Applicability::MaybeIncorrect,
        };
        applicability = if sure as u8 > applicability as u8 { sure } else { applicability };
        let whole = path(said, span).filter(|p| said.text(p).is_some_and(|t| t.holds(span.byte_start, span.byte_end)));
        // One that cannot be placed spoils the rest.
        let Some(path) = whole else { return Vec::new() };
        edits.push(TextEdit { path, start: span.byte_start, end: span.byte_end, text: text.clone() });
    }
    if edits.is_empty() {
        return Vec::new();
    }
    match fix(&child.message, applicability, edits.clone()) {
        Some(fix) => vec![fix],
        None => {
            let unsure = if applicability == Applicability::MachineApplicable {
                Applicability::MaybeIncorrect
            } else {
                applicability
            };
            edits.into_iter().filter_map(|edit| fix(&child.message, unsure, vec![edit])).collect()
        }
    }
}
