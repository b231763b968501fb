//! `vibe-tui check`: validates the tree as it stands and prints every finding. With each kind of finding
//! stands what became of it before in this repository, if anything is known. Writes nothing to the project, asks no model.

use super::clock;
use super::report::{similar_json, tell_line};
use super::sessions::Format;
use super::setup::Setup;
use super::validation::Validators;
use crate::domain::count::counted;
use crate::domain::finding::{CheckResult, Finding, Severity, ValidationReport};
use crate::domain::past::Similar;
use crate::domain::safe_text::SafeText;
use crate::heal;
use crate::store::Store;
use serde_json::json;
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Further lines of a finding that are shown below it; all of them are in `--json`.
const FURTHER: usize = 12;

/// What is asked.
pub struct CheckRequest {
    /// Files and directories as they were typed; everything if there are none.
    pub paths: Vec<PathBuf>,
    /// Where they were typed.
    pub from: PathBuf,
    /// How the answer is printed.
    pub format: Format,
}

/// The answer.
pub struct Checked {
    /// Everything for standard output.
    pub text: String,
    /// Whether nothing is wrong and everything could run.
    pub passed: bool,
}

/// A path that cannot be checked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CheckError(String);

/// Checks the repository, or paths of it.
///
/// # Errors
/// A path outside the repository, or at which there is nothing that is not ignored.
pub async fn check(setup: Setup, request: &CheckRequest) -> Result<Checked, CheckError> {
    let root = Arc::new(setup.root);
    let from = std::path::absolute(&request.from).unwrap_or_else(|_| request.from.clone());
    let from = from.canonicalize().unwrap_or(from);
    let paths: Result<Vec<String>, CheckError> =
        request.paths.iter().map(|path| inside(root.path(), &from.join(path))).collect();
    let mut paths = paths?;
    // The root is everything.
    if paths.iter().any(String::is_empty) {
        paths.clear();
    }
    let (database, name) = (setup.paths.data.join("sessions.db"), setup.opening.root.path.clone());
    let validators = Validators::new(root, &setup.loaded.config, &setup.paths, setup.environment);
    let report = validators.check(&paths).await.map_err(CheckError)?;
    let similar = past(&database, &name, &report).await;
    Ok(match request.format {
        Format::Json => Checked { text: json_text(&report, &similar), passed: report.passed() },
        Format::Text => {
            tell_rest(&report);
            Checked { text: lines(&report, &similar), passed: report.passed() }
        }
    })
}

/// What became of findings like these before. Whoever has never healed anything has no database, and gets none by a check.
async fn past(database: &Path, root: &str, report: &ValidationReport) -> Vec<Similar> {
    let mut keys: Vec<String> = report.findings().map(heal::lesson::key).collect();
    keys.sort();
    keys.dedup();
    if keys.is_empty() || !database.is_file() {
        return Vec::new();
    }
    let store = Store::open(database).await;
    if let Some(notice) = store.notice() {
        tell_line(&format!("vibe-tui: {}", SafeText::new(&notice.message).into_string()));
    }
    let similar = store.similar(root, keys, clock::now()).await.unwrap_or_default();
    store.close().await;
    similar
}

/// A path relative to the root. Links are left as they are: what is checked is what is listed.
///
/// # Errors
/// When the path leads out of the root.
pub fn inside(root: &Path, path: &Path) -> Result<String, CheckError> {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(clean.pop()),
            other => clean.push(other),
        }
    }
    let inside = clean.strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned);
    inside.ok_or_else(|| CheckError(format!("`{}` is not in the repository {}", path.display(), root.display())))
}

fn lines(report: &ValidationReport, similar: &[Similar]) -> String {
    let mut text = String::new();
    let mut told: Vec<&str> = Vec::new();
    for finding in report.findings() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", SafeText::line(&line(finding)));
        let mut further = finding.message.lines().skip(1).filter(|line| !line.trim().is_empty());
        for line in further.by_ref().take(FURTHER) {
            let _ = writeln!(text, "    {}", SafeText::line(line.trim_end()));
        }
        if further.next().is_some() {
            text.push_str("    …\n");
        }
        let key = if similar.is_empty() { String::new() } else { heal::lesson::key(finding) };
        if let Some(past) = similar.iter().find(|past| past.key == key).filter(|past| !told.contains(&&*past.key)) {
            told.push(&past.key);
            let _ = writeln!(text, "    {}", SafeText::new(&past.words(clock::now())));
        }
    }
    text
}

/// `path:line:col: severity rule message (tool)`, with the first line of the message.
fn line(finding: &Finding) -> String {
    let place = match (finding.path.as_str(), finding.line, finding.column) {
        ("", ..) => String::new(),
        (path, 0, _) => format!("{path}: "),
        (path, line, 0) => format!("{path}:{line}: "),
        (path, line, column) => format!("{path}:{line}:{column}: "),
    };
    let rule = finding.rule.as_ref().map(|rule| format!("{rule} ")).unwrap_or_default();
    let message = finding.message.lines().next().unwrap_or_default();
    format!("{place}{} {rule}{message} ({})", word(finding.severity), finding.tool)
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// What is no finding: on standard error.
fn tell_rest(report: &ValidationReport) {
    for check in &report.checks {
        if let Some(why) = &check.not_run {
            tell_line(&format!("not checked: {}: {}", SafeText::new(&check.command), SafeText::new(why)));
        }
    }
    let ran = report.checks.iter().filter(|c| c.not_run.is_none()).count();
    let warnings = report.findings().filter(|f| f.severity == Severity::Warning).count();
    let (errors, warnings, checks) =
        (counted(report.errors(), "error"), counted(warnings, "warning"), counted(ran, "check"));
    let names: Vec<String> = report.checks.iter().filter(|c| c.not_run.is_none()).map(CheckResult::name).collect();
    let named = if names.is_empty() { String::new() } else { format!(": {}", SafeText::line(&names.join(", "))) };
    tell_line(&format!("{errors}, {warnings}; {checks} ran{named}"));
}

fn json_text(report: &ValidationReport, similar: &[Similar]) -> String {
    let similar: Vec<_> = similar.iter().map(similar_json).collect();
    let (passed, errors) = (report.passed(), report.errors());
    let object = json!({"passed": passed, "errors": errors, "checks": report.checks, "similar": similar});
    format!("{object}\n")
}
