//! rustfmt, by its own diff, and Cargo's tests, by their text. Tests run the project's own code.

use super::super::project::{Call, Project};
use super::Tool;
use super::cargo::{is_compilers, is_rust, messages, package_calls, workspace};
use super::diff;
use super::said::{MAX_FINDINGS, Said, finding};
use crate::domain::finding::{Finding, Severity, Strategy};
use crate::domain::path::{above, join};
use regex::Regex;
use std::sync::LazyLock;

pub const FORMAT: Tool = Tool {
    name: "rustfmt",
    strategy: Strategy::Format,
    program: "rustfmt",
    command: &["cargo", "fmt"],
    install: "rustup component add rustfmt",
    calls: formats,
    parse: |said| Ok(diff::rustfmt(said, "rustfmt")),
    told: &[0, 1],
    blinds: |_| false,
};

pub const TEST: Tool = Tool {
    name: "cargo test",
    strategy: Strategy::Test,
    program: "cargo",
    command: &["cargo", "test"],
    install: "https://rustup.rs",
    calls: |project| package_calls(project, &["test", "--quiet", "--message-format=json", "--no-fail-fast"]),
    parse: tests,
    told: &[0],
    blinds: is_compilers,
};

/// By edition: rustfmt alone does not read the manifest.
fn formats(project: &Project<'_>) -> Vec<Call> {
    let groups = project.grouped(is_rust, |dir| project.has(&join(dir, "Cargo.toml")));
    let call = |(dir, files): (&str, Vec<&str>)| {
        let edition = edition(project, dir);
        let call = Call { evident: false, ..Call::new(dir, &["--check", "--color", "never", "--edition", &edition]) };
        project.call_each(&Call { runs_code: own_toolchain(project, dir), ..call }, &files)
    };
    groups.into_iter().flat_map(call).collect()
}

/// Whether rustup would start a compiler of the project's choice.
fn own_toolchain(project: &Project<'_>, dir: &str) -> bool {
    let below = join(dir, "x");
    let file = above(&below).find_map(|dir| project.first(dir, &["rust-toolchain.toml", "rust-toolchain"]));
    file.and_then(|file| (project.text)(&file)).is_some_and(|text| text.contains("path"))
}

fn edition(project: &Project<'_>, dir: &str) -> String {
    let manifest = project.toml(&join(dir, "Cargo.toml"));
    let own = manifest.get("package").and_then(|p| p.get("edition"));
    let edition = own.and_then(toml::Value::as_str).map(str::to_owned).or_else(|| {
        // `edition.workspace = true`
        own.filter(|e| e.is_table())?;
        let root = project.toml(&join(workspace(project, dir), "Cargo.toml"));
        Some(root.get("workspace")?.get("package")?.get("edition")?.as_str()?.to_owned())
    });
    let plain = |e: &String| e.len() == 4 && e.bytes().all(|b| b.is_ascii_digit());
    edition.filter(plain).unwrap_or_else(|| "2015".to_owned())
}

fn tests(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    static PLACE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"panicked at (?:'.*', )?([^\s:']+):(\d+):(\d+):?$").ok());
    let Some(place) = &*PLACE else { return Ok(Vec::new()) };
    // What does not compile is said, too.
    let mut found = messages(said, "cargo test");
    found.retain(|f| f.severity == Severity::Error);
    let mut open = false;
    for line in said.output.lines().filter(|line| !line.starts_with("{\"reason\"")) {
        if let Some(test) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            if found.len() == MAX_FINDINGS {
                break;
            }
            open = true;
            found.push(Finding { rule: Some(test.to_owned()), ..finding("cargo test", Severity::Error, None, "") });
        } else if line.starts_with("failures:")
            || line.starts_with("test result:")
            || line.starts_with("stack backtrace:")
        {
            open = false;
        } else if let Some(last) = found.last_mut().filter(|f| open && f.message.len() < 1000) {
            match place.captures(line).filter(|_| last.line == 0) {
                Some(hit) => {
                    let number = |group: usize| hit[group].parse().unwrap_or(0);
                    last.path = named(said, &hit[1]).unwrap_or_default();
                    (last.line, last.column) = (number(2), number(3));
                    // Before Rust 1.73 the message stands in front.
                    last.message = line.split_once("panicked at '").map_or("", |(_, said)| said).to_owned();
                }
                None if line.starts_with("note: run with `RUST_BACKTRACE") => {}
                None => {
                    last.message += if last.message.is_empty() || line.is_empty() { "" } else { "\n" };
                    last.message += line;
                }
            }
        }
    }
    for found in found.iter_mut().filter(|f| f.message.is_empty()) {
        found.message = "fails without a message".to_owned();
    }
    Ok(found)
}

/// A panic names its file from the workspace's directory, or from the package's in a documentation test.
fn named(said: &Said<'_>, file: &str) -> Option<String> {
    let below = join(said.dir, "x");
    let at = |dir: &str| Said::new(said.root, dir, said.texts).path(file).filter(|path| said.text(path).is_some());
    above(&below).find_map(at)
}
