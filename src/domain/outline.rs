//! What a source file defines, uses and imports: the facts that a repository map is made of.
//!
//! Two readers make it, a cheap scan and a parser; `tier` says which. Both leave out what they cannot read instead of
//! guessing. Texts of a file are hostile like the file itself: they are shown as `SafeText` only.

use super::language::Language;
use serde::{Deserialize, Serialize};

/// How an outline was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// By a lexer that knows the language's keywords: names and lines are right nearly always, and nothing is measured.
    #[default]
    Scan,
    /// By the language's grammar.
    Exact,
}

/// What a definition defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum DefinitionKind {
    Function,
    Method,
    Class,
    Struct,
    Enum,
    /// An interface, trait or protocol.
    Interface,
    /// A type alias.
    Type,
    Constant,
    Variable,
    Module,
    Macro,
}

impl DefinitionKind {
    /// All of them, in their order.
    pub const ALL: [DefinitionKind; 11] = {
        use DefinitionKind::*;
        [Function, Method, Class, Struct, Enum, Interface, Type, Constant, Variable, Module, Macro]
    };
}

/// One thing a file defines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Its own name, without what it stands in.
    pub name: String,
    /// What it is.
    pub kind: DefinitionKind,
    /// Index in `Outline::definitions` of the definition it stands in, or belongs to without standing in it (`impl`, a Go
    /// receiver, an extension), if that is defined before it; always smaller than its own.
    pub container: Option<u32>,
    /// 1-based first and last line, with its doc comment, decorators and attributes.
    pub lines: (u32, u32),
    /// Its head on one line, white space collapsed, without its body, at most 200 characters. Empty from a scan.
    pub signature: String,
    /// First sentence of its documentation, at most 120 characters. Empty when it has none, and from a scan.
    pub doc: String,
    /// Whether other files can name it by the rules of its language.
    pub exported: bool,
    /// Cyclomatic complexity (McCabe 1976: decisions + 1) of a function or method; 0 for everything else and from a scan.
    pub complexity: u16,
    /// Parameters and results that carry a type, and those that could. (0, 0) where the language always has types,
    /// for everything that is no function, and from a scan.
    pub typed: (u16, u16),
}

/// A name that a file uses and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The identifier.
    pub name: String,
    /// How often it stands there, definitions of it not counted.
    pub count: u32,
    /// 1-based line of the first one.
    pub line: u32,
}

/// An import as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The module, package, header or path: `os.path`, `./user`, `crate::domain`, `stdio.h`, `github.com/x/y`. Of a path whose
    /// last part is taken from it (`crate::domain::Unit`, `a.b.C`), the part before it; of Rust's `mod x;`, `self::x`.
    pub target: String,
    /// Names taken from it; empty when it is taken whole.
    pub names: Vec<String>,
    /// 1-based line.
    pub line: u32,
}

/// One file's outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// Its language.
    pub language: Language,
    /// How it was read.
    pub tier: Tier,
    /// Lines in all, and those that are neither blank nor comment.
    pub lines: (u32, u32),
    /// In the order they stand.
    pub definitions: Vec<Definition>,
    /// By name, each once. Keywords, literals and words of comments are none.
    pub references: Vec<Reference>,
    /// In the order they stand.
    pub imports: Vec<Import>,
    /// Words of its comments, lower case, at least three letters, by name, each once, with how often: what the file says
    /// of itself, for lexical search.
    pub words: Vec<(String, u32)>,
    /// Whether it is run by itself: a `main`, a shebang, `if __name__ == "__main__"`.
    pub entry_point: bool,
    /// Whether the grammar met an error. What could be read is here all the same.
    pub broken: bool,
}

/// Why a file's text is not outlined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Oddity {
    /// Lines too long to be written by hand.
    Minified,
    /// It says that a program wrote it, or is a lock file.
    Generated,
    /// It stands in a folder of somebody else's code.
    Vendored,
    /// Larger than what is read.
    Large,
    /// Not text.
    Binary,
    /// Text in another encoding, or a byte that is none in UTF-8.
    #[serde(rename = "not UTF-8")]
    NotUtf8,
    /// It could not be read.
    Unreadable,
}
