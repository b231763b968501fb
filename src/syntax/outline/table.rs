//! A row of the table of languages by numbers: kinds of nodes and fields become numbers once a grammar, so that a walk over a
//! tree compares no text. What they mean is the row's to say.

use super::row::{self, Row};
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind;
use crate::syntax::grammar::{PerGrammar, grammar};
use crate::syntax::roles::Roles;
use memchr::memchr2;
use tree_sitter::Node;

/// The row of a language, if it has a grammar.
fn row(language: Language) -> Option<&'static Row> {
    Some(match language {
        Language::Python => &row::PYTHON,
        Language::JavaScript => &row::JAVASCRIPT,
        Language::TypeScript => &row::TYPESCRIPT,
        Language::Rust => &row::RUST,
        Language::Go => &row::GO,
        Language::Java => &row::JAVA,
        Language::C => &row::C,
        Language::Cpp => &row::CPP,
        Language::CSharp => &row::CSHARP,
        Language::Ruby => &row::RUBY,
        Language::Php => &row::PHP,
        Language::Swift => &row::SWIFT,
        Language::Kotlin => &row::KOTLIN,
        _ => return None,
    })
}

/// What a kind of node means. Several may hold at once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Role {
    pub(super) definition: Option<DefinitionKind>,
    pub(super) decision: i8,
    pub(super) is_owner: bool,
    pub(super) is_wrapper: bool,
    pub(super) is_lead: bool,
    pub(super) is_comment: bool,
    pub(super) is_name: bool,
    pub(super) is_block: bool,
    pub(super) is_import: bool,
    pub(super) is_peculiar: bool,
    is_closed: bool,
    /// Whether leaving it means something.
    pub(super) is_place: bool,
    pub(super) is_chain: bool,
    /// Which of the table's `openers` open it, counted from 1.
    opener: u8,
    /// Whether it means anything of these.
    pub(super) is_busy: bool,
    /// Whether its nodes have none below: a token, an identifier. Asking the tree for them would cost as much as a node.
    pub(super) is_leaf: bool,
}

/// A field of nodes: what a grammar calls one of those below.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Body,
    BoundIdentifier,
    DeclarationKind,
    Declarator,
    Left,
    Name,
    Parameter,
    Parameters,
    Property,
    Receiver,
    ReturnType,
    Right,
    Source,
    Trait,
    Type,
    Value,
}

/// Names of the fields, in their order.
const FIELDS: [&str; 16] = [
    "body",
    "bound_identifier",
    "declaration_kind",
    "declarator",
    "left",
    "name",
    "parameter",
    "parameters",
    "property",
    "receiver",
    "return_type",
    "right",
    "source",
    "trait",
    "type",
    "value",
];

/// A language's grammar, and the role of each of its kinds of nodes by number.
pub(super) struct Table {
    pub(super) grammar: tree_sitter::Language,
    roles: Roles<Role>,
    /// What the grammar calls its kinds.
    kinds: Vec<String>,
    /// Bytes of which one opens a kind that is closed otherwise.
    openers: Vec<[u8; 2]>,
    /// What each byte is in a chain.
    signs: [Byte; 256],
    /// Words in chains that are no names, and whether they may come first.
    others: Vec<(&'static str, bool)>,
    /// Numbers of the fields, 0 where the grammar has none of the name.
    fields: [u16; FIELDS.len()],
}

/// What a byte is in a chain of names.
#[derive(Clone, Copy, PartialEq)]
enum Byte {
    Else,
    Sign,
    Name,
}

fn signs(signs: &[u8]) -> [Byte; 256] {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => Byte::Name,
        _ if signs.contains(&byte) => Byte::Sign,
        _ => Byte::Else,
    };
    std::array::from_fn(|byte| u8::try_from(byte).map_or(Byte::Else, kind))
}

impl Table {
    fn new(grammar: tree_sitter::Language, row: &'static Row) -> Table {
        let others = row.chains.first.split_whitespace().map(|word| (word, true));
        let others = others.chain(row.chains.spoilers.split_whitespace().map(|word| (word, false))).collect();
        let fields = FIELDS.map(|name| grammar.field_id_for_name(name).map_or(0, |id| id.get()));
        let kinds = (0..=u16::MAX).take(grammar.node_kind_count());
        let kinds = kinds.map(|kind| grammar.node_kind_for_id(kind).unwrap_or("").to_owned()).collect();
        let roles = Roles::new(&grammar);
        let mut table =
            Table { roles, kinds, grammar, openers: Vec::new(), signs: signs(row.chains.signs), others, fields };
        for (kind, words) in row.definitions {
            table.give(words, |role| role.definition = Some(*kind));
        }
        table.give(row.owners, |role| role.is_owner = true);
        table.give(row.wrappers, |role| role.is_wrapper = true);
        table.give(row.leads, |role| role.is_lead = true);
        table.give(row.comments, |role| role.is_comment = true);
        table.give(row.names, |role| role.is_name = true);
        table.give(row.blocks, |role| role.is_block = true);
        table.give(row.imports, |role| role.is_import = true);
        table.give(row.peculiar, |role| role.is_peculiar = true);
        table.give(row.chains.kinds, |role| role.is_chain = true);
        for word in row.decisions.split_whitespace() {
            let (decision, word) = word.strip_prefix('-').map_or((1, word), |word| (-1, word));
            table.give(word, |role| role.decision = decision);
        }
        for (kind, role) in table.roles.iter_mut() {
            role.is_busy = *role != Role { is_chain: role.is_chain, ..Role::default() };
            role.is_leaf = !table.grammar.node_kind_is_named(kind) || role.is_name || role.is_comment;
            role.is_place = role.is_block || role.is_owner || role.definition.is_some();
        }
        table.give(row.closed, |role| role.is_closed = true);
        for (opener, (words, opened_by)) in (1..).zip(row.plain) {
            table.give(words, |role| role.opener = opener);
            table.openers.push(*opened_by);
        }
        table
    }

    fn give(&mut self, words: &'static str, set: impl Fn(&mut Role)) {
        self.roles.give(&self.grammar, words, set);
    }

    /// Whether below a node with this text and without errors is nothing that counts.
    pub(super) fn is_closed<'t>(&self, role: &Role, text: impl FnOnce() -> &'t str) -> bool {
        role.is_closed
            || role.opener != 0
                && self
                    .openers
                    .get(usize::from(role.opener) - 1)
                    .is_some_and(|[one, other]| memchr2(*one, *other, text().as_bytes()).is_none())
    }

    /// Puts the names in the text of a chain, and where they begin, into `names`; whether it is no more than a chain.
    pub(super) fn chain<'t>(&self, text: &'t str, names: &mut Vec<(usize, &'t str)>) -> bool {
        names.clear();
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let start = at;
            match self.signs[usize::from(*byte)] {
                Byte::Else => return false,
                Byte::Sign => match (*byte, bytes.get(at + 1)) {
                    (b':', Some(b':')) | (b'-', Some(b'>')) => at += 2,
                    // `:symbol`
                    (b':' | b'-', _) => return false,
                    _ => at += 1,
                },
                Byte::Name => {
                    at += bytes[at..].iter().take_while(|b| self.signs[usize::from(**b)] == Byte::Name).count();
                    let word = &text[start..at];
                    match self.others.iter().find(|(other, _)| *other == word) {
                        Some((_, true)) if start == 0 => {}
                        None if !byte.is_ascii_digit() => names.push((start, word)),
                        // The number of a field.
                        None if start > 0 => {}
                        _ => return false,
                    }
                }
            }
        }
        true
    }

    /// What the grammar calls a kind of node.
    pub(super) fn name(&self, kind: u16) -> &str {
        self.kinds.get(usize::from(kind)).map_or("ERROR", String::as_str)
    }

    /// What the grammar calls the kind of a node.
    pub(super) fn kind(&self, node: Node) -> &str {
        self.name(node.kind_id())
    }

    /// The node below `node` that is its `field`.
    pub(super) fn child<'t>(&self, node: Node<'t>, field: Field) -> Option<Node<'t>> {
        let id = self.fields.get(field as usize).copied().filter(|id| *id != 0)?;
        node.child_by_field_id(id)
    }

    /// The role of a kind of node.
    #[inline]
    pub(super) fn role(&self, kind: u16) -> &Role {
        &self.roles[kind]
    }
}

/// The table of the language of a file, made at its first use.
pub(super) fn table(language: Language, path: &str) -> Option<&'static Table> {
    static TABLES: PerGrammar<Table> = PerGrammar::new();
    TABLES.get(language, path, || Some(Table::new(grammar(language, path)?, row(language)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn every_word_of_the_table_is_a_kind_of_its_grammar() {
        let mut paths = vec![(Language::TypeScript, "a.tsx")];
        paths.extend(Language::ALL.map(|l| (l, "a.x")));
        for (language, path) in paths {
            if let Some(table) = table(language, path) {
                assert!(table.roles.unknown().is_empty(), "{}: {:?}", language.name(), table.roles.unknown());
            }
        }
    }

    /// What the grammar says of its own kinds of nodes, as JSON.
    fn node_types(language: Language) -> &'static str {
        match language {
            Language::Python => tree_sitter_python::NODE_TYPES,
            Language::JavaScript => tree_sitter_javascript::NODE_TYPES,
            Language::TypeScript => tree_sitter_typescript::TYPESCRIPT_NODE_TYPES,
            Language::Rust => tree_sitter_rust::NODE_TYPES,
            Language::Go => tree_sitter_go::NODE_TYPES,
            Language::Java => tree_sitter_java::NODE_TYPES,
            Language::C => tree_sitter_c::NODE_TYPES,
            Language::Cpp => tree_sitter_cpp::NODE_TYPES,
            Language::CSharp => tree_sitter_c_sharp::NODE_TYPES,
            Language::Ruby => tree_sitter_ruby::NODE_TYPES,
            Language::Php => tree_sitter_php::PHP_NODE_TYPES,
            Language::Swift => tree_sitter_swift::NODE_TYPES,
            Language::Kotlin => tree_sitter_kotlin_ng::NODE_TYPES,
            _ => "[]",
        }
    }

    type Kind = (String, bool);

    /// What may stand right below each kind.
    fn below(language: Language) -> HashMap<Kind, Vec<Kind>> {
        let types: serde_json::Value = serde_json::from_str(node_types(language)).unwrap();
        let kind = |v: &serde_json::Value| (v["type"].as_str().unwrap().to_owned(), v["named"].as_bool().unwrap());
        let all = |v: &serde_json::Value| v.as_array().into_iter().flatten().map(kind).collect::<Vec<Kind>>();
        let entry = |node: &serde_json::Value| {
            let fields = node["fields"].as_object().into_iter().flat_map(|f| f.values());
            let fields = fields.flat_map(|field| all(&field["types"]));
            let found = [all(&node["children"]["types"]), all(&node["subtypes"]), fields.collect()].concat();
            (kind(node), found)
        };
        types.as_array().unwrap().iter().map(entry).collect()
    }

    #[test]
    fn nothing_that_counts_can_stand_below_a_closed_kind() {
        for language in Language::ALL {
            let (Some(table), Some(row)) = (table(language, "a.x"), row(language)) else { continue };
            let below = below(language);
            for closed in row.closed.split_whitespace() {
                let mut found = vec![(closed.to_owned(), true)];
                let mut next = 0;
                while let Some(kind) = found.get(next).cloned() {
                    let role = table.role(table.grammar.id_for_node_kind(&kind.0, kind.1));
                    assert!(!role.is_busy, "{}: {} below {closed}", language.name(), kind.0);
                    let inner = below.get(&kind).into_iter().flatten().filter(|k| !found.contains(k)).cloned();
                    let inner: Vec<Kind> = inner.collect();
                    found.extend(inner);
                    next += 1;
                }
            }
        }
    }
}
