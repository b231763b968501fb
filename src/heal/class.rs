//! What kind of error a finding is, by its tool, its rule and its words. Decides order and hint, never whether it counts.

use crate::domain::finding::Finding;
use serde::{Deserialize, Serialize};

/// What kind of error it is, in the order in which they are mended: each may be the cause of those after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorClass {
    /// The text is not the language.
    Syntax,
    /// A file, package or symbol that is needed is not there, or linking failed.
    Build,
    /// Names and types do not fit together.
    Type,
    /// A test fails.
    Test,
    /// A rule of style or caution is broken.
    Lint,
    /// None of these can be told.
    Unknown,
}

impl ErrorClass {
    /// The word on the screen and in `--json`.
    pub fn word(self) -> &'static str {
        match self {
            ErrorClass::Syntax => "syntax",
            ErrorClass::Build => "build",
            ErrorClass::Type => "type",
            ErrorClass::Test => "test",
            ErrorClass::Lint => "lint",
            ErrorClass::Unknown => "unknown",
        }
    }

    /// What a model is told about mending this kind.
    pub fn hint(self) -> &'static str {
        match self {
            ErrorClass::Syntax => {
                "The text does not parse. Look for a missing bracket, quote, colon or wrong indentation at or just before the line."
            }
            ErrorClass::Build => {
                "Something that is named does not exist. Correct the name or the import, or define it; do not add a dependency that the project does not have."
            }
            ErrorClass::Type => {
                "Names or types do not fit together. Correct the use to fit the definition, unless the definition is the mistake."
            }
            ErrorClass::Test => "A test fails. Mend the code, not the test, unless the test contradicts the request.",
            ErrorClass::Lint => "A rule is broken. Follow it; do not switch it off.",
            ErrorClass::Unknown => "The check failed. Mend what its message names.",
        }
    }
}

/// What went wrong, rather than who noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The text is not the language.
    Syntax,
    /// It stopped while it ran.
    Runtime,
    /// It ran and came to another result.
    Logic,
    /// Parts do not fit together: names, types, packages.
    Integration,
}

impl Origin {
    /// The phrase for a prompt and the screen.
    pub fn word(self) -> &'static str {
        match self {
            Origin::Syntax => "a syntax error",
            Origin::Runtime => "an error while it ran",
            Origin::Logic => "another result than expected",
            Origin::Integration => "parts that do not fit together",
        }
    }
}

/// What went wrong, by the finding's class and words; `None` for rules of style, and where nothing tells.
pub fn origin(finding: &Finding) -> Option<Origin> {
    let message = finding.message.to_lowercase();
    let ran =
        ["traceback (most recent call last)", "panicked at", "panic:", "exception"].iter().any(|w| message.contains(w));
    let asserted = message.contains("assert") || message.contains("expected");
    match class(finding) {
        ErrorClass::Syntax => Some(Origin::Syntax),
        ErrorClass::Build => Some(Origin::Integration),
        ErrorClass::Test if asserted => Some(Origin::Logic),
        ErrorClass::Test | ErrorClass::Type | ErrorClass::Unknown if ran => Some(Origin::Runtime),
        ErrorClass::Type => Some(Origin::Integration),
        ErrorClass::Test => Some(Origin::Logic),
        ErrorClass::Lint | ErrorClass::Unknown => None,
    }
}

/// Lower-case pieces of messages, most telling first; the first that occurs decides.
const WORDS: [(&str, ErrorClass); 46] = [
    ("syntaxerror", ErrorClass::Syntax),
    ("syntax error", ErrorClass::Syntax),
    ("indentationerror", ErrorClass::Syntax),
    ("unexpected token", ErrorClass::Syntax),
    ("unexpected indent", ErrorClass::Syntax),
    ("unexpected end of", ErrorClass::Syntax),
    ("unexpected eof", ErrorClass::Syntax),
    ("unterminated", ErrorClass::Syntax),
    ("unclosed delimiter", ErrorClass::Syntax),
    ("mismatched closing delimiter", ErrorClass::Syntax),
    ("parse error", ErrorClass::Syntax),
    ("expected one of", ErrorClass::Syntax),
    ("modulenotfounderror", ErrorClass::Build),
    ("no module named", ErrorClass::Build),
    ("importerror", ErrorClass::Build),
    ("cannot find module", ErrorClass::Build),
    ("cannot find package", ErrorClass::Build),
    ("unresolved import", ErrorClass::Build),
    ("can't find crate", ErrorClass::Build),
    ("no required module provides", ErrorClass::Build),
    ("undefined reference", ErrorClass::Build),
    ("linking with", ErrorClass::Build),
    ("no such file", ErrorClass::Build),
    ("command not found", ErrorClass::Build),
    ("assertionerror", ErrorClass::Test),
    ("assertion failed", ErrorClass::Test),
    ("assertion `left", ErrorClass::Test),
    ("test result: failed", ErrorClass::Test),
    ("tests failed", ErrorClass::Test),
    ("--- fail", ErrorClass::Test),
    ("expected:", ErrorClass::Test),
    ("panicked at", ErrorClass::Test),
    ("mismatched types", ErrorClass::Type),
    ("typeerror", ErrorClass::Type),
    ("attributeerror", ErrorClass::Type),
    ("nameerror", ErrorClass::Type),
    ("is not assignable to", ErrorClass::Type),
    ("incompatible type", ErrorClass::Type),
    ("has no attribute", ErrorClass::Type),
    ("no method named", ErrorClass::Type),
    ("does not exist on type", ErrorClass::Type),
    ("cannot find name", ErrorClass::Type),
    ("cannot find value", ErrorClass::Type),
    ("trait bound", ErrorClass::Type),
    ("undefined:", ErrorClass::Type),
    ("borrow", ErrorClass::Type),
];

/// What kind of error `finding` is.
pub fn class(finding: &Finding) -> ErrorClass {
    let tool = finding.tool.to_lowercase();
    let rule = finding.rule.as_deref().unwrap_or("");
    match tool.as_str() {
        "syntax" | "tree-sitter" => return ErrorClass::Syntax,
        "mypy" | "pyright" | "tsc" if rule != "syntax" && !rule.starts_with("TS1") => {
            let found = by_words(finding);
            return if found == ErrorClass::Build { found } else { ErrorClass::Type };
        }
        "pytest" | "jest" | "vitest" | "cargo test" | "go test" => {
            let found = by_words(finding);
            return if matches!(found, ErrorClass::Syntax | ErrorClass::Build) { found } else { ErrorClass::Test };
        }
        // What the compiler says has no rule.
        "go vet" | "go build" if rule.is_empty() && !finding.message.contains("and not used") => {
            let found = by_words(finding);
            return if found == ErrorClass::Unknown { ErrorClass::Type } else { found };
        }
        _ => {}
    }
    if rule.starts_with("TS1") && rule.len() == 6 {
        return ErrorClass::Syntax;
    }
    match by_words(finding) {
        ErrorClass::Unknown if rule.starts_with("TS") || is_rust_code(rule) => ErrorClass::Type,
        ErrorClass::Unknown if is_rust_code(&finding.message) => ErrorClass::Type,
        ErrorClass::Unknown if !rule.is_empty() || is_linter(&tool) => ErrorClass::Lint,
        found => found,
    }
}

fn by_words(finding: &Finding) -> ErrorClass {
    let message = finding.message.to_lowercase();
    WORDS.iter().find(|(word, _)| message.contains(word)).map_or(ErrorClass::Unknown, |(_, class)| *class)
}

/// `E0308`, alone or as in `error[E0308]`. Ruff's and flake8's `E501` have three digits.
fn is_rust_code(text: &str) -> bool {
    let code = text.split_once("error[").map_or(text, |(_, rest)| rest);
    code.strip_prefix('E').is_some_and(|d| d.bytes().take_while(u8::is_ascii_digit).count() == 4)
}

fn is_linter(tool: &str) -> bool {
    ["ruff", "flake8", "pyflakes", "pylint", "eslint", "clippy", "shellcheck", "golangci", "vet", "stylelint"]
        .iter()
        .any(|name| tool.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::Severity;

    #[test]
    fn what_went_wrong_is_told_apart_from_who_noticed() {
        let table = [
            ("syntax", "missing ')'", Some(Origin::Syntax)),
            ("check", "ModuleNotFoundError: No module named 'httpx'", Some(Origin::Integration)),
            ("mypy", "Argument 1 has incompatible type", Some(Origin::Integration)),
            ("check", "Traceback (most recent call last):\nTypeError: f() takes 1", Some(Origin::Runtime)),
            ("check", "E  assert 1 == 2\nE  AssertionError", Some(Origin::Logic)),
            ("check", "thread 'a' panicked at src/lib.rs:3:5:\nindex out of bounds", Some(Origin::Runtime)),
            ("ruff", "`os` imported but unused", None),
        ];
        for (tool, message, expected) in table {
            let finding = Finding { tool: tool.into(), message: message.into(), ..Finding::default() };
            assert_eq!(origin(&finding), expected, "{message}");
        }
    }

    #[test]
    fn findings_of_real_tools_fall_into_their_class() {
        use ErrorClass::*;
        let table = [
            ("syntax", None, "missing ')'", Syntax),
            ("check", None, "  File \"a.py\", line 3\nSyntaxError: invalid syntax", Syntax),
            ("check", None, "error: this file contains an unclosed delimiter", Syntax),
            ("tsc", Some("TS1005"), "',' expected.", Syntax),
            ("check", None, "ModuleNotFoundError: No module named 'httpx'", Build),
            ("check", None, "error[E0432]: unresolved import `crate::x`", Build),
            ("tsc", Some("TS2307"), "Cannot find module './x' or its corresponding type declarations.", Build),
            ("check", None, "main.go:4:2: no required module provides package x/y", Build),
            ("mypy", Some("arg-type"), "Argument 1 to \"f\" has incompatible type \"int\"; expected \"str\"", Type),
            ("tsc", Some("TS2322"), "Type 'number' is not assignable to type 'string'.", Type),
            ("check", None, "error[E0308]: mismatched types", Type),
            ("rustc", Some("E0599"), "something new", Type),
            ("check", None, "AttributeError: 'User' object has no attribute 'mail'", Type),
            ("pytest", None, "test_a: TypeError: f() takes 1 positional argument", Test),
            ("check", None, "E       assert 1 == 2\nE  AssertionError", Test),
            ("check", None, "thread 'a' panicked at src/lib.rs:3:5", Test),
            ("check", None, "--- FAIL: TestAdd (0.00s)", Test),
            ("go vet", None, "c.Totl undefined (type *Cart has no field or method Totl)", Type),
            ("go build", None, "cannot use x (variable of type int) as string value in return statement", Type),
            ("go vet", None, "syntax error: unexpected newline, expected }", Syntax),
            ("go vet", None, "declared and not used: x", Lint),
            ("go vet", Some("printf"), "fmt.Printf format %d has arg s of wrong type string", Lint),
            ("ruff", Some("F401"), "`os` imported but unused", Lint),
            ("eslint", Some("no-unused-vars"), "'x' is assigned a value but never used", Lint),
            ("check", None, "exit status 3", Unknown),
        ];
        for (tool, rule, message, expected) in table {
            let finding = Finding {
                tool: tool.into(),
                path: "a".into(),
                line: 1,
                column: 1,
                rule: rule.map(str::to_owned),
                message: message.into(),
                severity: Severity::Error,
                ..Finding::default()
            };
            assert_eq!(class(&finding), expected, "{tool}: {message}");
        }
    }
}
