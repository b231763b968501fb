//! What validators say.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// How bad it is. Only errors fail a validation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A remark.
    Info,
    /// Worth a look.
    Warning,
    /// Must be mended.
    #[default]
    Error,
}

/// One thing a validator found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Who says so: `syntax`, `check`, `ruff`…
    pub tool: String,
    /// The file, relative to the root; empty when it concerns none.
    pub path: String,
    /// 1-based line; 0 when unknown.
    pub line: u32,
    /// 1-based column in characters; 0 when unknown.
    pub column: u32,
    /// Last line of the place; 0 when unknown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub end_line: u32,
    /// 1-based column after the place's last character; 0 when unknown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub end_column: u32,
    /// The tool's rule, if it has one.
    pub rule: Option<String>,
    /// One sentence (a command's last lines for `check`).
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
    /// How the tool itself would mend it, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One way to mend a finding, as its tool suggests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, one phrase: "remove the unused import".
    pub title: String,
    /// Whether it may be made without anybody looking.
    pub applicability: Applicability,
    /// All of them or none; of one file they do not overlap.
    pub edits: Vec<TextEdit>,
}

impl Finding {
    /// Whether its rule is a code of the Rust compiler, `E0507`: linters of Python have three digits.
    pub fn has_compiler_code(&self) -> bool {
        let digits = self.rule.as_deref().and_then(|rule| rule.strip_prefix('E'));
        digits.is_some_and(|d| d.len() == 4 && d.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// How sure a tool is of its fix. The words are rustc's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applicability {
    /// Means what the author meant (rustc `MachineApplicable`, ruff `safe`, eslint `fix`).
    MachineApplicable,
    /// May change what the code does (rustc `MaybeIncorrect`, ruff `unsafe`, eslint `suggestions`).
    MaybeIncorrect,
    /// Cannot be made as it stands (rustc `HasPlaceholders`, ruff `display`).
    HasPlaceholders,
}

/// Replaces a piece of a file, as the file was when it was validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextEdit {
    /// Relative to the root.
    pub path: String,
    /// First byte of the piece.
    pub start: usize,
    /// The byte after it; `start` for an insertion.
    pub end: usize,
    /// What stands there instead.
    pub text: String,
}

/// Which rung of validation ran, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// The language's grammar.
    Syntax,
    /// A formatter, asked whether it would change anything.
    Format,
    /// A linter.
    Lint,
    /// A type checker.
    Types,
    /// A compiler or bundler.
    Build,
    /// A test runner.
    Test,
    /// The project's own check command.
    Custom,
}

/// What one validator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Which rung.
    pub strategy: Strategy,
    /// The command line as shown, or `tree-sitter`.
    pub command: String,
    /// Whether it passed.
    pub passed: bool,
    /// Milliseconds it took.
    pub millis: u64,
    /// What it found that the base did not have already.
    pub findings: Vec<Finding>,
    /// How many findings the base has, too; they are left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub known: u32,
    /// Set when it could not run at all (tool missing, sandbox missing, deadline): why, and what to do. With `passed` it was
    /// left out and holds nothing up.
    pub not_run: Option<String>,
}

impl CheckResult {
    /// It in few words: the program and what that was asked for, or the project's whole command.
    pub fn name(&self) -> String {
        let program = self.command.split_whitespace().next().unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or_default();
        let what = match self.strategy {
            Strategy::Custom => return format!("`{}`", self.command.trim()),
            Strategy::Syntax => "syntax",
            Strategy::Format => "format",
            Strategy::Lint => "lint",
            Strategy::Types => "types",
            Strategy::Build => "build",
            Strategy::Test => "tests",
        };
        format!("{program} ({what})")
    }
}

/// Everything that validated one proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationReport {
    /// In the order they ran, cheapest first.
    pub checks: Vec<CheckResult>,
    /// What the change does to the figures of the code, in one line; empty where none moved. Decides nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub figures: String,
}

impl ValidationReport {
    /// What held the proposal up by not running, where no check that ran found an error: "`pytest` could not run (…)".
    pub fn held_up(&self) -> Option<String> {
        let mut failed = self.checks.iter().filter(|check| !check.passed);
        let first = failed.next()?;
        let why = first.not_run.as_ref()?.trim_end_matches('.');
        let words = || format!("`{}` could not run ({why})", first.command.trim());
        failed.all(|check| check.not_run.is_some()).then(words)
    }

    /// Whether every validator that was not left out ran and passed.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|c| c.passed)
    }

    /// Leaves out what a check before has said in the same words of the same place: what does not compile is told by every tool
    /// that asks the compiler. Of an error with a code of the compiler the words do not matter, since tools write the names of
    /// types differently. Each check stays passed or failed.
    pub fn tell_once(&mut self) {
        let mut told: HashSet<(String, u32, u32, Option<String>, String)> = HashSet::new();
        for check in &mut self.checks {
            let words = |f: &Finding| {
                let said = if f.has_compiler_code() { String::new() } else { f.message.clone() };
                (f.path.clone(), f.line, f.column, f.rule.clone(), said)
            };
            check.findings.retain(|f| f.line == 0 || !told.contains(&words(f)));
            told.extend(check.findings.iter().map(words));
        }
    }

    /// Whether a check ran and failed.
    pub fn is_red(&self) -> bool {
        self.checks.iter().any(|c| !c.passed && c.not_run.is_none())
    }

    /// All findings, in order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.checks.iter().flat_map(|c| &c.findings)
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.findings().filter(|f| f.severity == Severity::Error).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_compiler_counts_once_whatever_names_its_types_have() {
        let found = |rule: &str, column, message: &str| Finding {
            path: "src/cart.rs".into(),
            line: 7,
            column,
            rule: Some(rule.into()),
            message: message.into(),
            ..Finding::default()
        };
        let counted = |first: Finding, second: Finding| {
            let check = |finding| CheckResult {
                strategy: Strategy::Test,
                command: String::new(),
                passed: false,
                millis: 0,
                findings: vec![finding],
                known: 0,
                not_run: None,
            };
            let mut report =
                ValidationReport { checks: vec![check(first), check(second)], ..ValidationReport::default() };
            report.tell_once();
            report.findings().count()
        };
        let (long, short) = ("cannot move out of `self.items`: std::vec::Vec<Item>", "cannot move out: Vec<Item>");
        assert_eq!(counted(found("E0507", 9, long), found("E0507", 9, short)), 1);
        assert_eq!(counted(found("E0507", 9, long), found("E0507", 12, short)), 2, "another place");
        assert_eq!(counted(found("E0507", 9, long), found("E0382", 9, short)), 2, "another error");
        assert_eq!(counted(found("E501", 9, long), found("E501", 9, short)), 2, "no code of the compiler");
        assert_eq!(counted(found("E05070", 9, long), found("E05070", 9, short)), 2);
    }

    #[test]
    fn what_two_checks_say_of_one_place_in_the_same_words_counts_once_and_both_stay_red() {
        let found = |tool: &str, line, message: &str| Finding {
            tool: tool.into(),
            path: if line == 0 { String::new() } else { "a.rs".into() },
            line,
            message: message.into(),
            ..Finding::default()
        };
        let check = |findings| CheckResult {
            strategy: Strategy::Lint,
            command: String::new(),
            passed: false,
            millis: 0,
            findings,
            known: 0,
            not_run: None,
        };
        let (twice, nowhere) = (found("clippy", 2, "no such method"), found("clippy", 0, "no such package"));
        let mut report = ValidationReport::default();
        report.checks.push(check(vec![twice.clone(), twice.clone(), nowhere.clone()]));
        let others = [(2, "no such method"), (3, "no such method"), (2, "no such field"), (0, "no such package")];
        report.checks.push(check(others.map(|(line, message)| found("cargo test", line, message)).to_vec()));
        report.tell_once();
        let kept = |check: &CheckResult| check.findings.iter().map(|f| (f.line, f.message.clone())).collect::<Vec<_>>();
        assert_eq!(
            report.checks[0].findings,
            [twice.clone(), twice, nowhere],
            "one that repeats itself has its reason"
        );
        let left = others[1..].iter().map(|(line, message)| (*line, (*message).to_owned())).collect::<Vec<_>>();
        assert_eq!((kept(&report.checks[1]), report.checks[1].passed), (left, false));
    }
}
