//! The table of languages: which parser each has and how it writes comments. Parses nothing itself.

use crate::domain::language::Language;
use std::sync::OnceLock;

/// A value for each grammar, made at its first use.
pub struct PerGrammar<T> {
    plain: [OnceLock<Option<T>>; Language::ALL.len()],
    jsx: OnceLock<Option<T>>,
}

impl<T> PerGrammar<T> {
    /// None made yet.
    pub const fn new() -> PerGrammar<T> {
        PerGrammar { plain: [const { OnceLock::new() }; Language::ALL.len()], jsx: OnceLock::new() }
    }

    /// The value for a file's grammar; `None` where `make` gave none.
    pub fn get(&self, language: Language, path: &str, make: impl FnOnce() -> Option<T>) -> Option<&T> {
        let is_jsx = language == Language::TypeScript && has_jsx(path);
        let slot = if is_jsx { &self.jsx } else { &self.plain[Language::ALL.iter().position(|l| *l == language)?] };
        slot.get_or_init(make).as_ref()
    }
}

impl<T> Default for PerGrammar<T> {
    fn default() -> PerGrammar<T> {
        PerGrammar::new()
    }
}

/// Whether a file is of the dialect that has a grammar of its own.
fn has_jsx(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".tsx")
}

/// How a language writes comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What begins a comment that ends with the line.
    pub line: Option<&'static str>,
    /// What begins and ends a comment of any length.
    pub block: Option<(&'static str, &'static str)>,
}

const SLASHES: Comment = Comment { line: Some("//"), block: Some(("/*", "*/")) };
const HASH: Comment = Comment { line: Some("#"), block: None };
const MARKUP: Comment = Comment { line: None, block: Some(("<!--", "-->")) };

/// How `language` writes comments; `None` for JSON, which has none.
pub fn comment(language: Language) -> Option<Comment> {
    row(language).1
}

/// The parser of `language`, if one is linked. `path` tells TypeScript with JSX (`.tsx`) from TypeScript without.
pub fn grammar(language: Language, path: &str) -> Option<tree_sitter::Language> {
    match row(language).0 {
        Grammar::None => None,
        Grammar::One(language) => Some(language()),
        Grammar::WithJsx { plain, jsx } => Some(if has_jsx(path) { jsx() } else { plain() }),
    }
}

type Load = fn() -> tree_sitter::Language;

enum Grammar {
    None,
    One(Load),
    WithJsx { plain: Load, jsx: Load },
}

/// One row a language.
fn row(language: Language) -> (Grammar, Option<Comment>) {
    use Grammar::One;
    match language {
        Language::Python => (One(|| tree_sitter_python::LANGUAGE.into()), Some(HASH)),
        Language::JavaScript => (One(|| tree_sitter_javascript::LANGUAGE.into()), Some(SLASHES)),
        Language::TypeScript => {
            let plain: Load = || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into();
            (Grammar::WithJsx { plain, jsx: || tree_sitter_typescript::LANGUAGE_TSX.into() }, Some(SLASHES))
        }
        Language::Rust => (One(|| tree_sitter_rust::LANGUAGE.into()), Some(SLASHES)),
        Language::Go => (One(|| tree_sitter_go::LANGUAGE.into()), Some(SLASHES)),
        Language::Java => (One(|| tree_sitter_java::LANGUAGE.into()), Some(SLASHES)),
        Language::C => (One(|| tree_sitter_c::LANGUAGE.into()), Some(SLASHES)),
        Language::Cpp => (One(|| tree_sitter_cpp::LANGUAGE.into()), Some(SLASHES)),
        Language::CSharp => (One(|| tree_sitter_c_sharp::LANGUAGE.into()), Some(SLASHES)),
        Language::Ruby => (One(|| tree_sitter_ruby::LANGUAGE.into()), Some(HASH)),
        Language::Php => (One(|| tree_sitter_php::LANGUAGE_PHP.into()), Some(SLASHES)),
        Language::Swift => (One(|| tree_sitter_swift::LANGUAGE.into()), Some(SLASHES)),
        Language::Kotlin => (One(|| tree_sitter_kotlin_ng::LANGUAGE.into()), Some(SLASHES)),
        Language::Sql => (Grammar::None, Some(Comment { line: Some("--"), block: SLASHES.block })),
        Language::Css => (Grammar::None, Some(Comment { line: None, block: SLASHES.block })),
        Language::Html | Language::Markdown => (Grammar::None, Some(MARKUP)),
        Language::Shell | Language::Yaml | Language::Toml | Language::Dockerfile => (Grammar::None, Some(HASH)),
        Language::Json => (Grammar::None, None),
    }
}
