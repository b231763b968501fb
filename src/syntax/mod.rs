//! Grammars: which parser a language has, and the syntax errors in a text. Pure.
//!
//! [`errors`] says where a text is not of its language and why, in sentences for people and models. It checks no types and
//! no names, and it gives up rather than hang: a text it cannot judge gets `None`, never an invented error.

mod bracket;
mod data;
mod grammar;
mod tree;

pub use grammar::{Comment, comment, grammar};

use crate::domain::language::Language;

/// At most this many errors are reported for a text; the first ones are what matters.
pub const MOST_ERRORS: usize = 20;

/// A place where a text is not of its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
    /// What is wrong, as a phrase: "missing `)`: the `(` on line 3 is never closed".
    pub message: String,
}

impl SyntaxError {
    /// The error at a byte of `text`.
    fn at(text: &str, byte: usize, message: impl Into<String>) -> SyntaxError {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        SyntaxError { line: saturate(line), column: saturate(column), message: message.into() }
    }
}

fn saturate(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The syntax errors of a text, first one first, at most [`MOST_ERRORS`].
///
/// `None` when nothing can be said: no grammar, a dialect (JSON with comments, templates), or a text that takes too long.
pub fn errors(language: Language, path: &str, text: &str) -> Option<Vec<SyntaxError>> {
    let mut found = match language {
        Language::Json => data::json(path, text)?,
        Language::Toml => data::toml(text)?,
        Language::Yaml => data::yaml(text)?,
        _ => code(language, path, text)?,
    };
    found.sort_by_key(|e| (e.line, e.column));
    found.dedup_by_key(|e| (e.line, e.column));
    found.truncate(MOST_ERRORS);
    Some(found)
}

fn code(language: Language, path: &str, text: &str) -> Option<Vec<SyntaxError>> {
    let found = tree::errors(&grammar(language, path)?, language, text)?;
    // A header may be of either language.
    if !found.is_empty() && language == Language::C && path.ends_with(".h") {
        let as_cpp = tree::errors(&grammar(Language::Cpp, path)?, Language::Cpp, text)?;
        return Some(if as_cpp.is_empty() { as_cpp } else { found });
    }
    Some(found)
}
