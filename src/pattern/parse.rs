//! Pattern files to patterns. A broken pattern gives an error that names file, line, what is wrong and what to do; the
//! other patterns of the file carry on.

use super::bind::relative;
use super::field;
use super::format::{Kind, Pattern, Placeholder};
use super::sketch::neutral;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::intent::Action;
use crate::domain::language::Language;
use crate::domain::nearest::nearest;
use serde::de::IgnoredAny;
use serde_saphyr::{DeserializeError, Options};

/// Most bytes of one pattern file.
const MAX_FILE: usize = 1 << 20;

/// What one file holds.
pub(super) struct Parsed {
    /// The patterns that could be read.
    pub patterns: Vec<Pattern>,
    /// What was wrong, in the order of the file.
    pub failures: Vec<Failure>,
}

fn options() -> Options {
    let mut options = Options::default();
    options.strict_booleans = true;
    options.with_snippet = false;
    options
}

/// Reads a file that is known to be good, without the checks that need rendering; for the embedded ones.
pub(super) fn trusted(name: &str, text: &str) -> Parsed {
    match serde_saphyr::from_str_with_options::<Vec<Pattern>>(text, options()) {
        Ok(patterns) => Parsed { patterns, failures: Vec::new() },
        Err(_) => file(name, text),
    }
}

/// Reads a file pattern by pattern and checks each.
pub(super) fn file(name: &str, text: &str) -> Parsed {
    let mut parsed = Parsed { patterns: Vec::new(), failures: Vec::new() };
    if text.len() > MAX_FILE {
        parsed.failures.push(failure(name, 1, "the file is larger than 1 MiB", "split it into several files"));
        return parsed;
    }
    let pieces = pieces(text);
    if pieces.is_empty() {
        if let Err(error) = serde_saphyr::from_str_with_options::<Vec<Pattern>>(text, options()) {
            parsed.failures.push(broken(name, text, &error));
        }
        return parsed;
    }
    for (start, piece) in pieces {
        match serde_saphyr::from_str_with_options::<Vec<Pattern>>(&piece, options()) {
            Err(error) => parsed.failures.push(broken(name, &piece, &error)),
            Ok(patterns) => {
                for pattern in patterns {
                    let known = parsed.patterns.iter().any(|p| p.name == pattern.name);
                    let mut faults = faults(&pattern);
                    if known {
                        faults.push(Fault::new(
                            &pattern.name,
                            "the name is used twice in this file",
                            "give it another name",
                        ));
                    }
                    let found = faults.iter().map(|f| failure(name, f.line(&piece, start), &f.what, &f.fix));
                    parsed.failures.extend(found);
                    if faults.is_empty() {
                        parsed.patterns.push(pattern);
                    }
                }
            }
        }
    }
    parsed
}

/// The list's items, each with the lines before it blank so that line numbers hold; with the 0-based line it starts at.
fn pieces(text: &str) -> Vec<(usize, String)> {
    let mut pieces: Vec<(usize, String)> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line.starts_with("- ") || line == "-" {
            pieces.push((i, "\n".repeat(i)));
        }
        match pieces.last_mut() {
            Some((_, piece)) => {
                piece.push_str(line);
                piece.push('\n');
            }
            None if line.trim().is_empty() || line.starts_with('#') || line == "---" => {}
            None => return Vec::new(),
        }
    }
    pieces
}

fn failure(file: &str, line: usize, what: &str, fix: &str) -> Failure {
    Failure::fatal(FailureKind::Config, format!("{file}:{line}: {what}. fix: {fix}"))
}

fn broken(file: &str, text: &str, error: &DeserializeError) -> Failure {
    let mut line = error.location().map_or(1, |l| usize::try_from(l.line()).unwrap_or(1)).max(1);
    let plain = error.without_snippet();
    let (what, fix) = match plain {
        DeserializeError::SerdeUnknownField { field, expected, .. } => {
            (format!("unknown field `{field}`"), suggestion(field, expected))
        }
        DeserializeError::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("`{variant}` is not one of the possible values"), suggestion(variant, expected))
        }
        DeserializeError::SerdeMissingField { field, .. } => {
            // The parser stands at the end of the entry by then; what is missing is missing from its start on.
            let start = text.lines().position(|l| l.starts_with("- ")).map_or(line, |at| at + 1);
            line = if PATTERN_FIELDS.contains(field) { start } else { line };
            (format!("the field `{field}` is missing"), format!("add `{field}:` to the entry"))
        }
        other => {
            let message = other.to_string();
            let first = message.lines().next().unwrap_or("not YAML").trim_end_matches('.').to_owned();
            let fix = match serde_saphyr::from_str_with_options::<IgnoredAny>(text, options()) {
                Ok(_) => "a pattern file is a YAML list, `- name: …` at the left margin; see docs/PATTERNS.md",
                Err(_) => {
                    "mend the YAML there or just above: close each bracket and quotation mark, indent by spaces alike, and \
                     put a text that holds `: ` into quotation marks"
                }
            };
            (first, fix.to_owned())
        }
    };
    failure(file, line, &what, &fix)
}

/// Fields that only a pattern itself has to have, and no entry inside it.
const PATTERN_FIELDS: &[&str] =
    &["title", "language", "keywords", "actions", "complexity", "tokens", "files", "examples"];

fn suggestion(word: &str, expected: &[&str]) -> String {
    match nearest(word, expected.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of {}", expected.join(", ")),
    }
}

/// Something wrong in a pattern that YAML and its types do not see.
struct Fault {
    /// Text of the file that marks the line.
    needle: String,
    /// Lines below it.
    below: usize,
    what: String,
    fix: String,
}

impl Fault {
    fn new(needle: &str, what: impl Into<String>, fix: impl Into<String>) -> Fault {
        Fault { needle: needle.to_owned(), below: 0, what: what.into(), fix: fix.into() }
    }

    fn line(&self, piece: &str, start: usize) -> usize {
        let at = piece.lines().skip(start).position(|l| l.contains(&self.needle));
        start + at.unwrap_or(0) + self.below + 1
    }
}

fn faults(pattern: &Pattern) -> Vec<Fault> {
    let mut found = Vec::new();
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if pattern.name.is_empty() || !pattern.name.chars().all(kebab) {
        let what = format!("the name `{}` is not kebab-case", pattern.name);
        found.push(Fault::new(&pattern.name, what, "use lower-case letters, digits and `-`"));
    }
    for (list, empty) in [
        ("keywords", pattern.keywords.is_empty()),
        ("actions", pattern.actions.is_empty()),
        ("files", pattern.files.is_empty()),
        ("examples", pattern.examples.is_empty()),
    ] {
        if empty {
            found.push(Fault::new(list, format!("`{list}` is empty"), "give at least one"));
        }
    }
    let changes = [Action::Modify, Action::Delete, Action::Fix, Action::Optimize, Action::Refactor];
    for action in pattern.actions.iter().filter(|a| changes.contains(a)) {
        let what = format!("a pattern cannot {} existing code", action.word());
        found.push(Fault::new("actions", what, "use create, test or document"));
    }
    if let Some((word, weight)) = pattern.keywords.iter().find(|(_, w)| !w.is_finite() || w.abs() > 10.0) {
        found.push(Fault::new(
            &format!("{word}:"),
            format!("the weight {weight} of `{word}` is out of range"),
            "use a weight from -10 to 10",
        ));
    }
    found.extend(pattern.placeholders.iter().flat_map(placeholder_faults));
    for (i, placeholder) in pattern.placeholders.iter().enumerate() {
        if pattern.placeholders[..i].iter().any(|p| p.name == placeholder.name) {
            let what = format!("the placeholder `{}` is declared twice", placeholder.name);
            found.push(Fault::new(&format!("name: {}", placeholder.name), what, "remove one of them"));
        }
    }
    if found.is_empty() {
        found.extend(rendering_fault(pattern));
    }
    found
}

fn placeholder_faults(placeholder: &Placeholder) -> Vec<Fault> {
    let mut found = Vec::new();
    let named = placeholder.name.starts_with(|c: char| c.is_ascii_lowercase())
        && placeholder.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !named {
        let what = format!("the placeholder name `{}` is no variable name", placeholder.name);
        found.push(Fault::new(&placeholder.name, what, "use snake_case"));
    }
    if let Some(pattern) = &placeholder.validate
        && let Err(error) = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build()
    {
        let reason = error.to_string().lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
        let what = format!("`validate` of `{}` is no regular expression ({reason})", placeholder.name);
        found.push(Fault::new("validate", what, "correct it, or remove it"));
    }
    if placeholder.kind == Kind::Fields
        && let Err(reason) = field::parse(&placeholder.default)
    {
        let what = format!("the default of `{}` is no list of fields: {reason}", placeholder.name);
        found.push(Fault::new(&placeholder.default, what, "write `name: text, price: decimal`"));
    }
    if placeholder.kind == Kind::Path && !placeholder.default.contains('{') && !relative(&placeholder.default) {
        let what = format!("the default of `{}` does not stay inside the repository", placeholder.name);
        found.push(Fault::new(&placeholder.default, what, "use a relative path without `..`"));
    }
    found
}

/// Fills the pattern with its defaults: what fails here would fail for the user.
fn rendering_fault(pattern: &Pattern) -> Option<Fault> {
    let bindings = match pattern.bind(&neutral(pattern), &[]) {
        Ok(bindings) => bindings,
        Err(failure) if failure.kind == FailureKind::NothingFits => {
            return Some(Fault::new(
                "default",
                "a default does not match its own `validate` or kind",
                "make them agree",
            ));
        }
        Err(failure) => {
            let fix = "make the placeholders and paths fill with their defaults";
            return Some(Fault::new("path:", failure.message, fix));
        }
    };
    for (file, path) in pattern.files.iter().zip(&bindings.paths) {
        if let Err(fault) = super::render::fill(&file.body, &super::render::context(&bindings.values())) {
            let (what, fix) = fault.message.split_once("; fix: ").unwrap_or((&fault.message, "correct the template"));
            let first = file.body.lines().find(|l| !l.trim().is_empty()).unwrap_or("body:");
            let blank = file.body.lines().take_while(|l| l.trim().is_empty()).count();
            let what = format!("the template of `{path}`: {what}");
            return Some(Fault {
                needle: first.to_owned(),
                below: (fault.line - 1).saturating_sub(blank),
                what,
                fix: fix.to_owned(),
            });
        }
        let told = Language::from_path(path);
        if pattern.files.len() == 1 && told.is_some_and(|l| l != pattern.language) {
            let what = format!("`{path}` is not a {} file", pattern.language.name());
            return Some(Fault::new("path:", what, "make `language` and the path's ending agree"));
        }
    }
    None
}
