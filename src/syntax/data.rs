//! JSON, TOML and YAML, checked by the parsers that read them. Their messages are made sentences; dialects are left alone.

use super::SyntaxError;
use crate::domain::path;
use serde::de::IgnoredAny;

/// JSON. Files that are read as JSON with comments by custom are not judged.
pub(super) fn json(path: &str, text: &str) -> Option<Vec<SyntaxError>> {
    let file = path::name(path);
    let has_comments = ["tsconfig", "jsconfig", "devcontainer", ".eslintrc"].iter().any(|p| file.starts_with(p))
        || path.starts_with(".vscode/")
        || path.contains("/.vscode/");
    if has_comments {
        return None;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Some(Vec::new()),
        Err(error) => {
            let whole = error.to_string();
            let message = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(m, _)| m);
            if message.contains("recursion limit") {
                return None;
            }
            // serde_json counts bytes, and from the line's end when the text ends.
            let start = line_start(text, error.line());
            let byte = (start + error.column().saturating_sub(1)).min(text.len());
            Some(vec![SyntaxError::at(text, floor(text, byte), sentence(message))])
        }
    }
}

/// TOML.
pub(super) fn toml(text: &str) -> Option<Vec<SyntaxError>> {
    match ::toml::from_str::<::toml::Table>(text) {
        Ok(_) => Some(Vec::new()),
        Err(error) if error.message().contains("recursion limit") => None,
        Err(error) => {
            let byte = error.span().map_or(0, |s| s.start.min(text.len()));
            Some(vec![SyntaxError::at(text, floor(text, byte), sentence(error.message()))])
        }
    }
}

/// YAML, of any number of documents. Templates of YAML (`{{ … }}` outside quotes) are not judged.
pub(super) fn yaml(text: &str) -> Option<Vec<SyntaxError>> {
    if text.lines().any(|l| l.trim_start().starts_with("{{") || l.contains(": {{")) {
        return None;
    }
    let options = serde_saphyr::options! { with_snippet: false };
    let error = match serde_saphyr::from_multiple_with_options::<IgnoredAny>(text, options) {
        Ok(_) => return Some(Vec::new()),
        Err(error) => error,
    };
    if matches!(error.without_snippet(), serde_saphyr::Error::Budget { .. }) {
        return None;
    }
    let whole = error.to_string();
    let location = error.location();
    let (line, column) = location.map_or((1, 1), |l| (l.line().max(1), l.column().max(1)));
    Some(vec![SyntaxError {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        message: sentence(whole.rsplit_once(" at line ").map_or(whole.as_str(), |(m, _)| m)),
    }])
}

fn line_start(text: &str, line: usize) -> usize {
    let mut breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
    if line <= 1 { 0 } else { breaks.nth(line - 2).unwrap_or(text.len()) }
}

fn floor(text: &str, mut byte: usize) -> usize {
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

/// The parser's message in one line.
fn sentence(message: &str) -> String {
    let lines: Vec<&str> = message.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    match lines.join("; ").as_str() {
        "EOF while parsing a value"
        | "EOF while parsing an object"
        | "EOF while parsing a list"
        | "EOF while parsing a string" => {
            format!("the text ends within {}", message.trim_start_matches("EOF while parsing "))
        }
        other => other.to_owned(),
    }
}
