//! Lists of fields: "with name, price and stock" to named, typed fields.
//!
//! A type is read from the request where it says one ("age: int") and otherwise from the usual meaning of the name.

use super::case;
use super::field_type::FieldType;
use super::phrase::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One named field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// snake_case.
    pub name: String,
    /// What it holds.
    pub kind: FieldType,
}

const MARKERS: &[&str] = &[
    "with",
    "having",
    "containing",
    "fields",
    "columns",
    "properties",
    "props",
    "attributes",
    "flags",
    "options",
    "takes",
    "taking",
    "accepts",
    "accepting",
    "has",
    "stores",
];
/// Words between the marker and the list.
const SKIPPED: &[&str] = &[
    "a",
    "an",
    "the",
    "following",
    "fields",
    "field",
    "columns",
    "column",
    "properties",
    "props",
    "attributes",
    "and",
    "its",
    "flags",
    "options",
    "option",
    "these",
];
/// Words that end the list.
const ENDS: &[&str] = &[
    "that", "which", "using", "in", "for", "to", "so", "on", "where", "from", "into", "via", "by", "as", "when",
    "should", "is", "with", "of", "plus", "without",
];
/// Words behind a field's name that say its kind and are not part of it.
const TAILS: &[&str] =
    &["field", "fields", "column", "columns", "flag", "property", "attribute", "props", "prop", "option"];
/// Things requests ask for "with" that are no fields.
const NOT_FIELDS: &[&str] = &[
    "validation",
    "pagination",
    "test",
    "tests",
    "auth",
    "authentication",
    "authorization",
    "handling",
    "logging",
    "caching",
    "cache",
    "retry",
    "retries",
    "backoff",
    "support",
    "docs",
    "documentation",
    "types",
    "type",
    "hints",
    "timeout",
    "timeouts",
    "defaults",
    "crud",
    "jitter",
    "hashing",
    "errors",
    "error",
    "subcommands",
    "subcommand",
    "middleware",
    "tokens",
    "jwt",
    "cors",
    "migrations",
    "constraints",
    "index",
    "indexes",
    "shutdown",
    "cancellation",
    "healthcheck",
    "stages",
    "build",
    "lint",
    "postgres",
    "database",
    "state",
    "context",
    "hooks",
    "async",
    "typing",
    "schema",
    "schemas",
    "model",
    "models",
    "methods",
    "operations",
    "workers",
    "arguments",
    "argument",
    "parametrize",
    "cases",
    "case",
    "table",
    "hot",
    "reload",
    "rotation",
    "coverage",
    "deploy",
    "caches",
    "user",
    "expiry",
    "rollback",
    "helper",
    "tracing",
];

/// Fields that the request lists; empty when it lists none. `known` words (the pattern's own) are never fields.
pub(super) fn listed(text: &str, known: &BTreeSet<String>) -> Vec<Field> {
    let words = words(text);
    let starts = words.iter().enumerate().filter(|(_, w)| MARKERS.contains(&w.lower.as_str())).map(|(i, _)| i + 1);
    let mut best = Vec::new();
    for start in starts {
        let mut items: Vec<Vec<String>> = vec![Vec::new()];
        for (i, word) in words.iter().enumerate().skip(start) {
            let first = i == start || items.iter().all(Vec::is_empty);
            if word.lower == "as" && words.get(i + 1).is_some_and(|next| FieldType::from_word(&next.lower).is_some()) {
                continue;
            }
            if ENDS.contains(&word.lower.as_str()) || word.opaque {
                break;
            }
            if word.lower == "and" || word.lower == "or" || (word.after_break && !first) {
                let typed = word.after_colon && FieldType::from_word(&word.lower).is_some();
                if !typed {
                    items.push(Vec::new());
                }
            }
            let skipped = word.lower == "and"
                || word.lower == "or"
                || (SKIPPED.contains(&word.lower.as_str()) && (first || is_article(&word.lower)));
            if !skipped && let Some(item) = items.last_mut() {
                item.push(word.text.clone());
            }
        }
        let fields = fields_of(&items, known);
        if fields.len() > best.len() {
            best = fields;
        }
    }
    best
}

fn is_article(word: &str) -> bool {
    ["a", "an", "the", "its", "optional", "required"].contains(&word)
}

fn fields_of(items: &[Vec<String>], known: &BTreeSet<String>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for item in items.iter().filter(|i| !i.is_empty()) {
        let mut item: Vec<&str> = item.iter().map(String::as_str).collect();
        let mut kind = None;
        if item.len() > 1 {
            let last = FieldType::from_word(item[item.len() - 1]).filter(|_| item[item.len() - 1] != "date");
            if let Some(said) = last {
                kind = Some(said);
                item.pop();
            } else if let Some(said) = FieldType::from_word(item[0]) {
                kind = Some(said);
                item.remove(0);
            }
        }
        while item.len() > 1 && TAILS.contains(&item[item.len() - 1]) {
            item.pop();
        }
        let name = case::snake(&item.join(" "));
        let parts: Vec<&str> = name.split('_').collect();
        let usable = (1..=3).contains(&parts.len())
            && parts.iter().all(|p| !NOT_FIELDS.contains(p))
            && !item.iter().all(|word| known.contains(&case::singular(&word.to_lowercase())))
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.is_ascii();
        if !usable {
            break;
        }
        if fields.iter().all(|f| f.name != name) {
            fields.push(Field { kind: kind.unwrap_or_else(|| FieldType::usual(&name)), name });
        }
    }
    fields
}

/// Fields as a pattern file writes them: `name: text, price: decimal`. The type may be left out.
pub(super) fn parse(text: &str) -> Result<Vec<Field>, String> {
    let mut fields: Vec<Field> = Vec::new();
    for item in text.split(',').map(str::trim).filter(|i| !i.is_empty()) {
        let (name, kind) = match item.split_once(':') {
            None => (case::snake(item), None),
            Some((name, word)) => {
                let kind = FieldType::from_word(word.trim()).ok_or_else(|| {
                    format!("`{}` is no field type; use one of text, int, decimal, bool, datetime", word.trim())
                })?;
                (case::snake(name), Some(kind))
            }
        };
        if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.is_ascii() {
            return Err(format!("`{item}` does not start with a field name"));
        }
        if fields.iter().any(|f| f.name == name) {
            return Err(format!("field `{name}` is listed twice"));
        }
        fields.push(Field { kind: kind.unwrap_or_else(|| FieldType::usual(&name)), name });
    }
    Ok(fields)
}

/// Fields in the notation that [`parse`] reads.
pub(super) fn written(fields: &[Field]) -> String {
    fields.iter().map(|f| format!("{}: {}", f.name, f.kind.word())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_after_with_are_read_with_their_types() {
        let cases = [
            ("a model for a product with name, price and stock", "name: text, price: decimal, stock: int"),
            ("a dataclass Point with x: int, y: int", "x: int, y: int"),
            ("a table with fields title, is_done and a due_date", "title: text, is_done: bool, due_date: datetime"),
            ("a form with email and password fields", "email: text, password: text"),
            ("an endpoint with validation and tests", ""),
            ("an endpoint with FastAPI", ""),
            ("a struct with an integer age (string nickname)", "age: int, nickname: text"),
            ("an endpoint", ""),
            ("a form with urgent as bool and code as int", "urgent: bool, code: int"),
            ("a class with name, price using pydantic", "name: text, price: decimal"),
        ];
        let known = BTreeSet::from(["fastapi".to_owned()]);
        for (text, expected) in cases {
            assert_eq!(written(&listed(text, &known)), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_errors_name_the_word() {
        let fields = parse("name: text, price: decimal, active: bool").unwrap();
        assert_eq!(parse(&written(&fields)).unwrap(), fields);
        assert!(parse("name: strng").unwrap_err().contains("strng"));
        assert!(parse("name, name").unwrap_err().contains("twice"));
    }
}
