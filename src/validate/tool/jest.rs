//! Vitest and Jest, whose JSON is the same but for little. Both run the project's own code.

use super::super::project::{Call, Project};
use super::Tool;
use super::eslint::is_script;
use super::said::{MAX_FINDINGS, Said, Unit, finding};
use crate::domain::finding::{Finding, Severity, Strategy};
use regex::Regex;
use serde::Deserialize;
use std::sync::LazyLock;

pub const VITEST: Tool = Tool {
    name: "vitest",
    strategy: Strategy::Test,
    program: "vitest",
    command: &["vitest"],
    install: "npm install --save-dev vitest",
    calls: |project| calls(project, "vitest", &["run", "--reporter=json"], &["related", "--run", "--reporter=json"]),
    parse: |said| parse(said, "vitest"),
    told: &[0],
    blinds: |_| false,
};

pub const JEST: Tool = Tool {
    name: "jest",
    strategy: Strategy::Test,
    program: "jest",
    command: &["jest"],
    install: "npm install --save-dev jest",
    calls: |project| {
        let related = ["--json", "--silent", "--passWithNoTests", "--findRelatedTests"];
        calls(project, "jest", &["--json", "--silent", "--passWithNoTests"], &related)
    },
    parse: |said| parse(said, "jest"),
    told: &[0],
    blinds: |_| false,
};

/// Whether a package depends on a test runner, or is set up for it.
fn set_up(project: &Project<'_>, dir: &str, name: &str) -> bool {
    let package = project.package(dir);
    let depends =
        ["devDependencies", "dependencies"].iter().any(|kind| package.get(kind).is_some_and(|d| d.get(name).is_some()));
    let settings = ["js", "ts", "mjs", "mts", "cjs"].map(|end| format!("{name}.config.{end}"));
    depends || package.get(name).is_some() || project.first(dir, &settings.each_ref().map(String::as_str)).is_some()
}

fn calls(project: &Project<'_>, name: &str, all: &[&str], related: &[&str]) -> Vec<Call> {
    let groups = project.grouped(is_script, |dir| set_up(project, dir, name));
    let call = |(dir, files): (&str, Vec<&str>)| {
        let there: Vec<&str> = files.iter().copied().filter(|f| project.has(f)).collect();
        let gone = there.len() < files.len();
        if project.whole || gone {
            return vec![Call::new(dir, all).running_code()];
        }
        project.call_each(&Call::new(dir, related).running_code(), &there)
    };
    groups.into_iter().flat_map(call).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    test_results: Vec<Suite>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suite {
    name: String,
    status: String,
    #[serde(default)]
    message: String,
    assertion_results: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    status: String,
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    failure_messages: Vec<String>,
}

fn parse(said: &Said<'_>, tool: &str) -> Result<Vec<Finding>, String> {
    // Tests print, too.
    let reports = said.output.lines().rev().filter(|line| line.starts_with('{'));
    let Some(report) = reports.filter_map(|line| serde_json::from_str::<Report>(line).ok()).next() else {
        return Err("it printed no report".to_owned());
    };
    let mut found = Vec::new();
    for suite in report.test_results.iter().filter(|s| s.status == "failed") {
        for test in suite.assertion_results.iter().filter(|t| t.status == "failed") {
            let message = test.failure_messages.first().map_or("", String::as_str);
            let file = said.path(&suite.name).unwrap_or_default();
            let rule = Some(format!("{file} > {}", test.full_name));
            found.push(Finding { rule, ..failure(said, tool, &suite.name, message) });
        }
        if suite.assertion_results.is_empty() {
            let message = suite.message.trim().trim_start_matches("● Test suite failed to run").trim_start();
            found.push(failure(said, tool, &suite.name, message));
        }
    }
    found.truncate(MAX_FINDINGS);
    Ok(found)
}

/// A failure at its stack's innermost frame inside the project, else in its file.
fn failure(said: &Said<'_>, tool: &str, suite: &str, text: &str) -> Finding {
    static FRAME: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?m)^\s+at (?:.*? \()?((?:file://)?[^\s():]+):(\d+):(\d+)\)?$").ok());
    let frames = FRAME.iter().flat_map(|frame| frame.captures_iter(text));
    let place = frames.filter_map(|hit| {
        let path = said.own_path(&hit[1])?;
        Some((path, hit[2].parse::<u32>().ok()?, hit[3].parse::<u32>().ok()?))
    });
    let message = text.split("\n    at ").next().unwrap_or(text);
    let message = if message.is_empty() { "fails without a message" } else { message };
    match place.into_iter().next() {
        Some((path, line, column)) => {
            let column = said.text(&path).map_or(column, |text| text.column(line, column, Unit::Utf16));
            Finding { line, column, ..finding(tool, Severity::Error, Some(path), message) }
        }
        None => finding(tool, Severity::Error, said.path(suite), message),
    }
}
