//! ESLint, by its JSON. Its configuration is a program of the project's.

use super::super::project::{Call, Project};
use super::said::{MAX_FINDINGS, Said, Text, Unit, finding, fix};
use super::{Tool, json};
use crate::domain::finding::{Applicability, Finding, Fix, Severity, Strategy, TextEdit};
use crate::domain::language::Language;
use serde::Deserialize;

pub const LINT: Tool = Tool {
    name: "eslint",
    strategy: Strategy::Lint,
    program: "eslint",
    command: &["eslint"],
    install: "npm install --save-dev eslint",
    calls,
    parse,
    told: &[0, 1],
    blinds: |_| false,
};

/// Files by which it is set up.
const SETTINGS: &[&str] = &[
    "eslint.config.js",
    "eslint.config.mjs",
    "eslint.config.cjs",
    "eslint.config.ts",
    "eslint.config.mts",
    ".eslintrc.js",
    ".eslintrc.cjs",
    ".eslintrc.json",
    ".eslintrc.yml",
    ".eslintrc.yaml",
    ".eslintrc",
];

pub(super) fn is_script(path: &str) -> bool {
    matches!(Language::from_path(path), Some(Language::JavaScript | Language::TypeScript))
        || path.ends_with(".vue")
        || path.ends_with(".svelte")
}

fn calls(project: &Project<'_>) -> Vec<Call> {
    let set_up = |dir: &str| {
        project.first(dir, SETTINGS).is_some()
            || project.package(dir).get("eslintConfig").is_some_and(|c| c.is_object())
    };
    let words = ["--format", "json", "--no-error-on-unmatched-pattern", "--"];
    let groups = project.grouped(is_script, set_up);
    let call = |(dir, files): (&str, Vec<&str>)| project.call(Call::new(dir, &words).running_code(), &files);
    groups.into_iter().filter_map(call).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    file_path: String,
    messages: Vec<Row>,
}

/// Lines and columns from 1, in UTF-16 units.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(default)]
    rule_id: Option<String>,
    severity: u8,
    message: String,
    #[serde(default)]
    line: Option<u32>,
    #[serde(default)]
    column: Option<u32>,
    #[serde(default)]
    end_line: Option<u32>,
    #[serde(default)]
    end_column: Option<u32>,
    #[serde(default)]
    fix: Option<RowFix>,
    #[serde(default)]
    suggestions: Vec<Suggestion>,
}

/// Offsets in UTF-16 units; -1 for a byte order mark.
#[derive(Deserialize)]
struct RowFix {
    range: (i64, i64),
    text: String,
}

#[derive(Deserialize)]
struct Suggestion {
    #[serde(default)]
    desc: Option<String>,
    fix: RowFix,
}

fn parse(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    // A configuration that prints something prints it before the report.
    let report = said.output.lines().rev().find(|line| line.starts_with("[{") || *line == "[]").unwrap_or(said.output);
    let files: Vec<File> = json(report)?;
    let rows = files.into_iter().flat_map(|file| {
        let path = said.path(&file.file_path);
        file.messages.into_iter().map(move |row| (path.clone(), row))
    });
    // That a file is ignored is not the file's fault.
    let rows = rows.filter(|(_, row)| row.rule_id.is_some() || !row.message.starts_with("File ignored"));
    Ok(rows.take(MAX_FINDINGS).map(|(path, row)| of_row(said, path, row)).collect())
}

fn of_row(said: &Said<'_>, path: Option<String>, row: Row) -> Finding {
    let text = path.as_deref().and_then(|path| said.text(path));
    let column = |line: Option<u32>, column: Option<u32>| match (&text, line, column) {
        (Some(text), Some(line), Some(column)) => text.column(line, column, Unit::Utf16),
        (_, _, column) => column.unwrap_or(0),
    };
    let mut fixes = Vec::new();
    if let (Some(text), Some(path)) = (&text, &path) {
        let title = row.rule_id.as_deref().map_or("mend it".to_owned(), |rule| format!("as {rule} would have it"));
        fixes.extend(row.fix.and_then(|f| of_fix(text, path, &title, Applicability::MachineApplicable, f)));
        fixes.extend(row.suggestions.into_iter().filter_map(|s| {
            let title = s.desc.as_deref().unwrap_or("mend it");
            of_fix(text, path, title, Applicability::MaybeIncorrect, s.fix)
        }));
    }
    let severity = if row.severity >= 2 { Severity::Error } else { Severity::Warning };
    Finding {
        line: row.line.unwrap_or(0),
        column: column(row.line, row.column),
        end_line: row.end_line.unwrap_or(0),
        end_column: column(row.end_line, row.end_column),
        rule: row.rule_id,
        fixes,
        ..finding("eslint", severity, path, &row.message)
    }
}

fn of_fix(text: &Text, path: &str, title: &str, applicability: Applicability, row: RowFix) -> Option<Fix> {
    let byte = |offset: i64| if offset < 0 { Some(0) } else { text.byte_of_utf16(usize::try_from(offset).ok()?) };
    let (start, end) = (byte(row.range.0)?, byte(row.range.1)?);
    let edit = TextEdit { path: path.to_owned(), start, end, text: row.text };
    text.holds(start, end).then(|| fix(title, applicability, vec![edit]))?
}
