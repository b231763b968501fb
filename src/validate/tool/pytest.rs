//! pytest, by the text of its short tracebacks. A failure stands where the test failed: at the traceback's last frame
//! inside the project. Runs the project's own code.

use super::super::project::{Call, Project};
use super::Tool;
use super::ruff::is_python;
use super::said::{MAX_FINDINGS, Said, finding};
use crate::domain::finding::{Finding, Severity, Strategy};
use crate::domain::path;
use crate::domain::path::{above, join};
use regex::Regex;
use std::sync::LazyLock;

pub const TEST: Tool = Tool {
    name: "pytest",
    strategy: Strategy::Test,
    program: "pytest",
    command: &["pytest"],
    install: "pip install pytest",
    calls,
    parse,
    // 5: there are no tests.
    told: &[0, 5],
    blinds: |_| false,
};

/// A file of tests that cannot be read does not keep the others from being run.
const WORDS: &[&str] = &["-q", "--tb=short", "--color=no", "-rfE", "--continue-on-collection-errors"];

fn calls(project: &Project<'_>) -> Vec<Call> {
    let set_up = |dir: &str| {
        project.first(dir, &["pytest.ini", ".pytest.ini", "conftest.py", "pytest.toml"]).is_some()
            || project.pyproject(dir, "pytest").is_some()
            || project.has_line(&join(dir, "tox.ini"), "[pytest]")
            || project.has_line(&join(dir, "setup.cfg"), "[tool:pytest]")
    };
    let call = |(dir, files): (&str, Vec<&str>)| {
        let call = Call::new(dir, WORDS).running_code();
        // Tests alone were changed: those; else any test may be what the change breaks.
        if !project.whole && files.iter().all(|f| is_test(f)) { project.call(call, &files) } else { Some(call) }
    };
    // The outermost of nested ones has them all.
    let groups = project.grouped(is_python, |dir| set_up(dir) && !above(dir).any(|up| up != dir && set_up(up)));
    groups.into_iter().filter_map(call).collect()
}

fn is_test(path: &str) -> bool {
    let name = path::name(path);
    name.starts_with("test_") || name.ends_with("_test.py")
}

fn parse(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    static HEAD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^_{3,} (.+?) _{3,}$").ok());
    static FRAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(\S.*?):(\d+): (?:in .+|\S+)$").ok());
    let (Some(head), Some(frame)) = (&*HEAD, &*FRAME) else { return Ok(Vec::new()) };
    let mut found: Vec<Finding> = Vec::new();
    let mut open = false;
    for line in said.output.lines() {
        if let Some(hit) = head.captures(line) {
            if found.len() == MAX_FINDINGS {
                break;
            }
            open = true;
            found.push(Finding { rule: Some(hit[1].to_owned()), ..finding("pytest", Severity::Error, None, "") });
        } else if line.starts_with("====") {
            open = false;
        } else if let Some(last) = found.last_mut().filter(|_| open) {
            take(said, frame, last, line);
        }
    }
    for found in found.iter_mut().filter(|f| f.message.is_empty()) {
        found.message = "fails without a message".to_owned();
    }
    Ok(found)
}

/// The test's name as pytest takes it, from a block's heading and the file of the traceback's first frame.
fn named(heading: &str, file: &str) -> String {
    if let Some(file) = heading.strip_prefix("ERROR collecting ") {
        return file.to_owned();
    }
    let test = ["ERROR at setup of ", "ERROR at teardown of "].iter().find_map(|begin| heading.strip_prefix(begin));
    let test = test.unwrap_or(heading);
    let (name, parameters) = test.split_at(test.find('[').unwrap_or(test.len()));
    format!("{file}::{}{parameters}", name.replace('.', "::"))
}

/// One line of a failure's block.
fn take(said: &Said<'_>, frame: &Regex, found: &mut Finding, line: &str) {
    if let Some(message) = line.strip_prefix("E ") {
        if found.message.len() < 1000 {
            found.message += if found.message.is_empty() { "" } else { "\n" };
            found.message += message.strip_prefix("  ").unwrap_or(message).trim_end();
        }
    } else if let Some(hit) = frame.captures(line)
        && let Some(path) = said.own_path(&hit[1])
    {
        if found.path.is_empty() {
            found.rule = found.rule.as_deref().map(|heading| named(heading, &path));
        }
        (found.path, found.line) = (path, hit[2].parse().unwrap_or(0));
    }
}
