//! pyright, by its JSON.

use super::super::project::{Call, Project};
use super::ruff::is_python;
use super::said::{MAX_FINDINGS, Said, Unit, finding};
use super::{Tool, json};
use crate::domain::finding::{Finding, Severity, Strategy};
use crate::domain::path::join;
use serde::Deserialize;

pub const TYPES: Tool = Tool {
    name: "pyright",
    strategy: Strategy::Types,
    program: "pyright",
    command: &["pyright"],
    install: "pip install pyright",
    calls,
    parse,
    told: &[0, 1],
    blinds: |_| false,
};

fn calls(project: &Project<'_>) -> Vec<Call> {
    let set_up =
        |dir: &str| project.has(&join(dir, "pyrightconfig.json")) || project.pyproject(dir, "pyright").is_some();
    let groups = project.grouped(is_python, set_up);
    groups.into_iter().filter_map(|(dir, files)| project.call(Call::new(dir, &["--outputjson"]), &files)).collect()
}

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "generalDiagnostics")]
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    file: String,
    severity: String,
    message: String,
    #[serde(default)]
    range: Option<Range>,
    #[serde(default)]
    rule: Option<String>,
}

#[derive(Deserialize)]
struct Range {
    start: Place,
    end: Place,
}

/// Counted from 0, in UTF-16 units.
#[derive(Deserialize)]
struct Place {
    line: u32,
    character: u32,
}

fn parse(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    // It may say first that there is a newer version.
    let from = said.output.find('{').unwrap_or(0);
    let report: Report = json(&said.output[from..])?;
    let found = report.rows.into_iter().take(MAX_FINDINGS).map(|row| {
        let severity = match row.severity.as_str() {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => Severity::Info,
        };
        let path = said.path(&row.file);
        let text = path.as_deref().and_then(|path| said.text(path));
        let place = |place: Place| {
            let (line, column) = (place.line.saturating_add(1), place.character.saturating_add(1));
            (line, text.as_ref().map_or(column, |t| t.column(line, column, Unit::Utf16)))
        };
        let mut found = finding("pyright", severity, path.clone(), &row.message);
        if let Some(range) = row.range {
            (found.line, found.column) = place(range.start);
            (found.end_line, found.end_column) = place(range.end);
        }
        Finding { rule: row.rule, ..found }
    });
    Ok(found.collect())
}
