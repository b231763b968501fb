//! Grammars: which parser a language has, and the syntax errors in a text. Pure.

/// An error.
pub struct SyntaxError {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// Message.
    pub message: String,
}

/// Errors.
pub fn errors(_: crate::domain::language::Language, _: &str, _: &str) -> Option<Vec<SyntaxError>> {
    None
}
