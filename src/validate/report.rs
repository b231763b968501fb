//! Reads what a check command said into findings.
//!
//! Knows no tool's own format: takes the places (`file:line:column`, `File "file", line n`) that nearly all of them print.

use super::capture::Output;
use super::runner::{Ended, Outcome, RunError};
use crate::domain::change::ChangeSet;
use crate::domain::clip;
use crate::domain::finding::{CheckResult, Finding, Severity, Strategy};
use regex::Regex;
use std::sync::LazyLock;
use std::time::Duration;

/// Lines of output in a finding's message: the last ones, where tools put their summary.
const LAST_LINES: usize = 40;
/// Bytes of output in a finding's message.
const LAST_BYTES: usize = 4096;
/// Places that become findings of their own.
const MAX_PLACES: usize = 20;

/// The result of a check command that ran, or could not.
pub(super) fn check_result(
    argv: &[String],
    changes: &ChangeSet,
    deadline: Duration,
    ran: Result<Outcome, RunError>,
) -> CheckResult {
    let command = shown(argv);
    let mut result = CheckResult {
        strategy: Strategy::Custom,
        command: command.clone(),
        passed: false,
        millis: 0,
        findings: Vec::new(),
        not_run: None,
        known: 0,
    };
    let outcome = match ran {
        Ok(outcome) => outcome,
        Err(error) => {
            result.not_run = Some(error.to_string());
            return result;
        }
    };
    result.millis = outcome.millis;
    let how = match outcome.ended {
        Ended::Exited(0) => {
            result.passed = true;
            return result;
        }
        Ended::Exited(code) => format!("`{command}` ended with exit code {code}"),
        Ended::Signalled(signal) => format!("`{command}` was ended by signal {signal}"),
        Ended::Deadline => {
            result.not_run = Some(format!(
                "`{command}` did not finish within {} s and was ended; raise the deadline or check less",
                deadline.as_secs_f32()
            ));
            format!("`{command}` did not finish")
        }
    };
    let text = plain(&outcome.output);
    result.findings = places(&text, changes);
    result.findings.insert(0, finding("", 0, 0, format!("{how}\n{}", last_lines(&text))));
    result
}

/// The command as a user would type it.
fn shown(argv: &[String]) -> String {
    shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_else(|_| argv.join(" "))
}

/// The output without colours and carriage returns.
pub(super) fn plain(output: &Output) -> String {
    static ESCAPES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("\x1b\\[[0-9;:]*[A-Za-z]").ok());
    let text = output.text().replace("\r\n", "\n");
    match &*ESCAPES {
        Some(escapes) => escapes.replace_all(&text, "").into_owned(),
        None => text,
    }
}

pub(super) fn last_lines(text: &str) -> String {
    let mut taken: Vec<&str> = text.trim_end().lines().rev().take(LAST_LINES).collect();
    taken.reverse();
    clip::tail(&taken.join("\n"), LAST_BYTES).to_owned()
}

/// Places in files that the proposal changes, each once.
fn places(text: &str, changes: &ChangeSet) -> Vec<Finding> {
    static PLACES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"(?m)^(?:.*?File "(?P<quoted>[^"\n]+)", line (?P<at>\d+)|.*?(?P<path>[^\s:"'()]+\.\w+)(?::|\()(?P<line>\d+)(?:[:,](?P<column>\d+))?\)?:?)(?P<rest>.*)$"#,
        )
        .ok()
    });
    let Some(regex) = &*PLACES else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    for hit in regex.captures_iter(text) {
        let group = |name: &str| hit.name(name).map(|m| m.as_str());
        let number = |name: &str| group(name).and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
        let (Some(named), line) = (group("path").or(group("quoted")), number("line").max(number("at"))) else {
            continue;
        };
        let Some(path) = changed(named, changes) else { continue };
        if found.iter().any(|f| f.path == path && f.line == line) {
            continue;
        }
        let said = group("rest").unwrap_or("").trim();
        let message = if said.is_empty() { "named by the check".to_owned() } else { said.to_owned() };
        found.push(finding(&path, line, number("column"), message));
        if found.len() == MAX_PLACES {
            break;
        }
    }
    found
}

/// The changed file that a tool's name for it (absolute or with `./`) means.
fn changed(named: &str, changes: &ChangeSet) -> Option<String> {
    let named = named.trim_start_matches("./");
    let fits = |path: &str| named == path || named.strip_suffix(path).is_some_and(|head| head.ends_with('/'));
    changes.files.iter().map(|f| f.path.as_str()).filter(|p| fits(p)).max_by_key(|p| p.len()).map(str::to_owned)
}

fn finding(path: &str, line: u32, column: u32, message: String) -> Finding {
    Finding {
        tool: "check".to_owned(),
        path: path.to_owned(),
        line,
        column,
        rule: None,
        message,
        severity: Severity::Error,
        ..Finding::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::FileChange;

    fn ended(ended: Ended, said: &str) -> CheckResult {
        let mut output = Output::default();
        output.push(said.as_bytes());
        let file = |p: &str| FileChange { path: p.to_owned(), before: None, after: Some(String::new()) };
        let changes = ChangeSet { files: vec![file("app.py"), file("src/app.py")] };
        let argv = ["pytest".to_owned(), "-q x".to_owned()];
        check_result(
            &argv,
            &changes,
            Duration::from_secs(3),
            Ok(Outcome { ended, output, errors: Output::default(), millis: 7, gone: true }),
        )
    }

    #[test]
    fn places_in_changed_files_become_findings_behind_the_summary() {
        let said = "\x1b[31mE\x1b[0m\n./src/app.py:3:7: F821 undefined name\n  File \"/tmp/copy/src/app.py\", line 9, in f\nother.py:1: x\n   --> app.py:2:1\napp.ts(1,2): no\n1 failed\n";
        let result = ended(Ended::Exited(1), said);
        assert!(!result.passed && result.not_run.is_none());
        assert_eq!(result.command, "pytest '-q x'");
        let seen: Vec<_> = result.findings.iter().map(|f| (f.path.as_str(), f.line, f.column)).collect();
        assert_eq!(seen, [("", 0, 0), ("src/app.py", 3, 7), ("src/app.py", 9, 0), ("app.py", 2, 1)]);
        assert_eq!(result.findings[1].message, "F821 undefined name");
        assert!(result.findings[0].message.starts_with("`pytest '-q x'` ended with exit code 1\nE\n"));
        assert!(result.findings[0].message.ends_with("1 failed"));
    }

    #[test]
    fn a_pass_has_no_findings_and_a_deadline_is_not_a_run() {
        assert!(ended(Ended::Exited(0), "app.py:1: fine").passed);
        let late = ended(Ended::Deadline, "half");
        assert!(!late.passed && late.not_run.unwrap().contains("within 3 s"));
    }

    #[test]
    fn only_the_end_of_long_output_is_in_the_message() {
        let said: String = (0..500).map(|i| format!("ü line {i}\n")).collect();
        let message = &ended(Ended::Signalled(9), &said).findings[0].message;
        assert!(message.contains("line 499") && !message.contains("line 400\n") && message.contains("signal 9"));
    }
}
