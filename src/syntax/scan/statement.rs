//! Where a scan of a language with braces stands: the statement it is in, and the braces around it. Data only.

use crate::domain::outline::DefinitionKind;

/// A word and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'t> {
    pub(super) word: &'t str,
    pub(super) line: u32,
    pub(super) at: usize,
}

/// What is known of a statement from its beginning to here.
#[derive(Clone, Copy, Default)]
pub(super) struct Statement<'t> {
    /// First line, with comments and attributes before it; 0 before its first token.
    pub(super) first: u32,
    /// The byte it begins at.
    pub(super) head: usize,
    /// Whether anything but modifiers came.
    pub(super) is_begun: bool,
    /// Whether `=` came.
    pub(super) is_assigned: bool,
    /// Whether nothing that follows can be a function without a keyword.
    pub(super) is_barred: bool,
    /// `typedef`, C#'s `delegate`.
    pub(super) is_alias: bool,
    pub(super) is_namespace: bool,
    /// `impl`, `extension`; and the last type named in it.
    pub(super) is_owner: bool,
    pub(super) owner: Option<&'t str>,
    /// `impl … for`.
    pub(super) is_promised: bool,
    pub(super) is_attribute: bool,
    pub(super) is_annotation: bool,
    /// C++'s `: a(1), b{2}` behind a constructor.
    pub(super) is_initialising: bool,
    pub(super) is_access: bool,
    /// What kind of name is awaited.
    pub(super) awaits: Option<DefinitionKind>,
    /// `const`, `let`: names follow every comma.
    pub(super) value: Option<DefinitionKind>,
    /// A struct or enum without a name, in a `typedef`.
    pub(super) aggregate: Option<DefinitionKind>,
    /// The definition whose body or end is awaited.
    pub(super) open: Option<u32>,
    /// The word before the first bracket: a function, if a body follows.
    pub(super) candidate: Option<Spot<'t>>,
    /// The last word; it is told as a reference when it turns out to be none of these.
    pub(super) word: Option<Spot<'t>>,
    /// Words before `[`, `<` and `=`, and behind `(*`.
    pub(super) array: Option<Spot<'t>>,
    pub(super) generic: Option<Spot<'t>>,
    pub(super) field: Option<Spot<'t>>,
    pub(super) pointer: Option<Spot<'t>>,
    /// Open angle brackets.
    pub(super) angles: u32,
    /// Go's receiver begins here.
    pub(super) receiver_at: Option<usize>,
    pub(super) receiver: Option<&'t str>,
}

/// What may stand within braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Definitions of every kind.
    File,
    /// Members.
    Type,
    /// Code: only what has a keyword is defined there.
    Body,
    /// Nothing: a macro's pattern.
    Opaque,
    /// Go's `const ( … )`.
    Group(DefinitionKind, bool),
}

/// Open braces.
#[derive(Clone, Copy)]
pub(super) struct Scope<'t> {
    pub(super) place: Place,
    /// The innermost definition.
    pub(super) index: Option<u32>,
    /// The definition that ends with them.
    pub(super) closes: Option<u32>,
    /// Brackets that are open around them.
    pub(super) brackets: u32,
    /// The statement that goes on behind them.
    pub(super) outer: Option<Statement<'t>>,
    /// Whether other files can name what is defined here (C++'s `private:`).
    pub(super) is_open: bool,
    /// Java's constants of an `enum`, before the first `;`.
    pub(super) is_constants: bool,
    /// Whether a trait asks for what is defined here.
    pub(super) is_promised: bool,
}
