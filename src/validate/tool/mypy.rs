//! mypy, by its text with columns and ends, which every version of it prints (its JSON came late and has no ends).
//! A plugin or an interpreter in its configuration is the project's own code.

use super::super::project::{Call, Project};
use super::Tool;
use super::ruff::is_python;
use super::said::{MAX_FINDINGS, Said, finding};
use crate::domain::finding::{Finding, Severity, Strategy};
use crate::domain::path::{above, join};
use regex::Regex;
use std::sync::LazyLock;

pub const TYPES: Tool = Tool {
    name: "mypy",
    strategy: Strategy::Types,
    program: "mypy",
    command: &["mypy"],
    install: "pip install mypy",
    calls,
    parse,
    told: &[0, 1],
    blinds: |found| found.rule.as_deref() == Some("syntax"),
};

const WORDS: &[&str] = &[
    "--show-column-numbers",
    "--show-error-end",
    "--show-error-codes",
    "--no-pretty",
    "--no-color-output",
    "--no-error-summary",
    "--hide-error-context",
];

fn calls(project: &Project<'_>) -> Vec<Call> {
    let groups = project.grouped(is_python, |dir| settings(project, dir).is_some());
    let call = |(dir, files): (&str, Vec<&str>)| {
        let settings = settings(project, dir)?;
        let mut call = Call::new(dir, WORDS);
        call.runs_code = above(&join(dir, "mypy.ini")).any(|dir| names_code(project, dir));
        // What it names itself is the whole, dependents of the change included.
        let names = settings
            .lines()
            .any(|l| ["files", "packages", "modules"].iter().any(|key| l.trim_start().starts_with(key)));
        if names {
            return Some(call);
        }
        call.arguments.push("--".to_owned());
        project.call(call, &files)
    };
    groups.into_iter().filter_map(call).collect()
}

/// Whether a file of a directory that mypy may read has a word by which it would run something, wherever it stands: mypy reads
/// keys in any case, other sections than the first of a name, and the next file when it cannot read one.
fn names_code(project: &Project<'_>, dir: &str) -> bool {
    ["mypy.ini", ".mypy.ini", "setup.cfg", "pyproject.toml"].iter().any(|name| {
        let path = join(dir, name);
        if !project.has(&path) {
            return false;
        }
        let Some(mut text) = (project.text)(&path) else { return true };
        if *name == "pyproject.toml" && text.contains('\\') {
            // A key may be written with escapes.
            match text.parse::<toml::Table>() {
                Ok(table) => text += &toml::to_string(&table).unwrap_or_default(),
                Err(_) => return true,
            }
        }
        let text = text.to_lowercase();
        ["plugins", "python_executable"].iter().any(|key| text.contains(key))
    })
}

/// The text of a directory's mypy settings.
fn settings(project: &Project<'_>, dir: &str) -> Option<String> {
    if let Some(path) = project.first(dir, &["mypy.ini", ".mypy.ini"]) {
        return (project.text)(&path);
    }
    if let Some(table) = project.pyproject(dir, "mypy") {
        return Some(toml::to_string(&table).unwrap_or_default());
    }
    let path = join(dir, "setup.cfg");
    let text = project.has_line(&path, "[mypy]").then(|| (project.text)(&path)).flatten()?;
    let section = text.split("[mypy]").nth(1)?;
    Some(section.split("\n[").next().unwrap_or(section).to_owned())
}

fn parse(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(.+?):(\d+):(?:(\d+):)?(?:(\d+):(\d+):)? (error|warning|note): (.*?)(?:  \[([a-z0-9-]+)\])?$")
            .ok()
    });
    let Some(regex) = &*LINE else { return Ok(Vec::new()) };
    let mut found: Vec<Finding> = Vec::new();
    for hit in said.output.lines().filter_map(|line| regex.captures(line)) {
        let number = |group| hit.get(group).and_then(|m| m.as_str().parse::<u32>().ok()).unwrap_or(0);
        let (path, line, message) = (said.path(&hit[1]), number(2), &hit[7]);
        // A note belongs to what stands before it.
        if &hit[6] == "note" {
            match found.last_mut().filter(|f| f.line == line && path.as_deref() == Some(&f.path)) {
                Some(last) if last.message.len() + message.len() < 1000 => last.message += &format!("\n{message}"),
                _ => {}
            }
            continue;
        }
        if found.len() == MAX_FINDINGS {
            break;
        }
        let severity = if &hit[6] == "error" { Severity::Error } else { Severity::Warning };
        found.push(Finding {
            line,
            column: number(3),
            end_line: number(4),
            // It names the last character.
            end_column: number(5).saturating_add(u32::from(number(5) > 0)),
            rule: hit.get(8).map(|m| m.as_str().to_owned()),
            ..finding("mypy", severity, path, message)
        });
    }
    Ok(found)
}
