//! ruff: its linter's JSON, and its formatter's diff. Reads, never runs, the project.

use super::super::project::{Call, Project};
use super::said::{MAX_FINDINGS, Said, Unit, finding, fix};
use super::{Tool, diff, json};
use crate::domain::finding::{Applicability, Finding, Fix, Severity, Strategy, TextEdit};
use crate::domain::language::Language;
use crate::domain::path::join;
use serde::Deserialize;

pub const LINT: Tool = Tool {
    name: "ruff",
    strategy: Strategy::Lint,
    program: "ruff",
    command: &["ruff", "check"],
    install: "pip install ruff",
    calls: |project| calls(project, lints, &["check", "--output-format", "json", "--force-exclude", "--"]),
    parse: lint,
    told: &[0, 1],
    blinds: |_| false,
};

pub const FORMAT: Tool = Tool {
    name: "ruff format",
    strategy: Strategy::Format,
    program: "ruff",
    command: &["ruff", "format"],
    install: "pip install ruff",
    calls: |project| calls(project, formats, &["format", "--diff", "--force-exclude", "--"]),
    parse: |said| Ok(diff::unified(said, "ruff format")),
    told: &[0, 1],
    blinds: |_| false,
};

pub(super) fn is_python(path: &str) -> bool {
    Language::from_path(path) == Some(Language::Python)
}

fn lints(project: &Project<'_>, dir: &str) -> bool {
    project.first(dir, &["ruff.toml", ".ruff.toml"]).is_some()
        || project.pyproject(dir, "ruff").is_some()
        || hook(project, dir).contains("id: ruff")
}

/// Only what says so itself: many that lint with ruff format with something else.
fn formats(project: &Project<'_>, dir: &str) -> bool {
    let own = project.first(dir, &["ruff.toml", ".ruff.toml"]);
    own.is_some_and(|path| project.toml(&path).contains_key("format"))
        || project.pyproject(dir, "ruff").is_some_and(|ruff| ruff.get("format").is_some())
        || hook(project, dir).contains("id: ruff-format")
}

fn hook(project: &Project<'_>, dir: &str) -> String {
    let path = join(dir, ".pre-commit-config.yaml");
    project.has(&path).then(|| (project.text)(&path)).flatten().unwrap_or_default()
}

/// One call for all files: ruff finds the settings of each by itself.
fn calls(project: &Project<'_>, set_up: fn(&Project<'_>, &str) -> bool, words: &[&str]) -> Vec<Call> {
    let groups = project.grouped(is_python, |dir| set_up(project, dir));
    let files: Vec<&str> = groups.values().flatten().copied().collect();
    project.call(Call::new("", words), &files).into_iter().collect()
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    code: Option<String>,
    filename: String,
    location: Place,
    end_location: Place,
    message: String,
    #[serde(default)]
    fix: Option<RowFix>,
}

#[derive(Clone, Copy, Deserialize)]
struct Place {
    row: u32,
    column: u32,
}

#[derive(Deserialize)]
struct RowFix {
    #[serde(default)]
    applicability: String,
    #[serde(default)]
    message: Option<String>,
    edits: Vec<RowEdit>,
}

#[derive(Deserialize)]
struct RowEdit {
    content: String,
    location: Place,
    end_location: Place,
}

fn lint(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    let rows: Vec<Row> = json(said.output)?;
    let found = rows.into_iter().take(MAX_FINDINGS).map(|row| {
        let path = said.path(&row.filename);
        let fixes = path.as_deref().zip(row.fix).and_then(|(path, fix)| row_fix(said, path, fix));
        Finding {
            line: row.location.row,
            column: row.location.column,
            end_line: row.end_location.row,
            end_column: row.end_location.column,
            rule: row.code,
            fixes: fixes.into_iter().collect(),
            ..finding("ruff", Severity::Error, path, &row.message)
        }
    });
    Ok(found.collect())
}

fn row_fix(said: &Said<'_>, path: &str, row: RowFix) -> Option<Fix> {
    let text = said.text(path)?;
    let applicability = match row.applicability.as_str() {
        "safe" => Applicability::MachineApplicable,
        "display" => Applicability::HasPlaceholders,
        _ => Applicability::MaybeIncorrect,
    };
    let edit = |edit: RowEdit| {
        let start = text.byte(edit.location.row, edit.location.column, Unit::Char)?;
        let end = text.byte(edit.end_location.row, edit.end_location.column, Unit::Char)?;
        text.holds(start, end).then(|| TextEdit { path: path.to_owned(), start, end, text: edit.content })
    };
    let edits: Option<Vec<TextEdit>> = row.edits.into_iter().map(edit).collect();
    fix(row.message.as_deref().unwrap_or("mend it"), applicability, edits?)
}
