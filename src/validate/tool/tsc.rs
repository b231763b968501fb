//! tsc, by its plain text. Compiles nothing into the copy but what project references need.

use super::super::project::{Call, Project};
use super::Tool;
use super::eslint::is_script;
use super::said::{MAX_FINDINGS, Said, Unit, finding};
use crate::domain::finding::{Finding, Severity, Strategy};
use crate::domain::path::join;
use regex::Regex;
use std::sync::LazyLock;

pub const TYPES: Tool = Tool {
    name: "tsc",
    strategy: Strategy::Types,
    program: "tsc",
    command: &["tsc"],
    install: "npm install --save-dev typescript",
    calls,
    parse,
    told: &[0],
    blinds: is_syntax,
};

fn calls(project: &Project<'_>) -> Vec<Call> {
    let groups = project.grouped(is_script, |dir| project.has(&join(dir, "tsconfig.json")));
    let call = |dir: &str| {
        let settings = (project.text)(&join(dir, "tsconfig.json")).unwrap_or_default();
        let squeezed: String = settings.chars().filter(|c| !c.is_whitespace()).collect();
        // A file that only refers to others has nothing to check by itself.
        let refers = squeezed.contains("\"references\":[{") && squeezed.contains("\"files\":[]");
        let words: &[&str] =
            if refers { &["--build", "--pretty", "false"] } else { &["--noEmit", "--pretty", "false", "-p", "."] };
        Call::new(dir, words)
    };
    groups.into_keys().map(call).collect()
}

/// Whether the text is not TypeScript: of a program in which any is not, only that is said.
fn is_syntax(found: &Finding) -> bool {
    found.rule.as_ref().is_some_and(|rule| rule.len() == 6 && rule.starts_with("TS1"))
}

fn parse(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    static LINE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(?:(.+?)\((\d+),(\d+)\): )?(error|warning|message) (TS\d+): (.*)$").ok());
    let Some(regex) = &*LINE else { return Ok(Vec::new()) };
    let mut found: Vec<Finding> = Vec::new();
    for line in said.output.lines() {
        if let Some(hit) = regex.captures(line) {
            if found.len() == MAX_FINDINGS {
                break;
            }
            let path = hit.get(1).and_then(|m| said.path(m.as_str()));
            let number = |group| hit.get(group).and_then(|m| m.as_str().parse::<u32>().ok()).unwrap_or(0);
            let text = path.as_deref().and_then(|path| said.text(path));
            let column = text.map_or(number(3), |text| text.column(number(2), number(3), Unit::Utf16));
            let severity = if &hit[4] == "error" { Severity::Error } else { Severity::Warning };
            let rule = Some(hit[5].to_owned());
            found.push(Finding { line: number(2), column, rule, ..finding("tsc", severity, path, &hit[6]) });
        } else if let Some(last) = found.last_mut().filter(|f| line.starts_with("  ") && f.message.len() < 1000) {
            last.message += &format!("\n{}", line.trim_end());
        }
    }
    Ok(found)
}
