//! What each kind of a grammar's nodes and fields means, by number, so that a walk compares no text. Made from a language's row
//! at its first use.

use super::row::{Row, row};
use crate::domain::language::Language;
use crate::syntax::{PerGrammar, Roles, grammar};
use std::num::NonZeroU16;

/// A field's number in its grammar.
pub(super) type FieldId = NonZeroU16;

/// What a kind of node means to a reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Flow {
    #[default]
    None,
    If,
    Elif,
    Else,
    /// Loops, switches, catches, ternaries: one more, and one for each level around.
    Nested,
    Function,
    Lambda,
    Logical,
    Paren,
    Jump,
    Goto,
}

/// The same, and what it means beside control flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) flow: Flow,
    pub(super) is_loop: bool,
    pub(super) is_call: bool,
    pub(super) is_string: bool,
    pub(super) is_comment: bool,
    /// A token: nothing stands below it.
    pub(super) is_token: bool,
    /// The token `else`.
    pub(super) is_else: bool,
    /// `&&`, `||`, `and`, `or`, as one of two.
    pub(super) operator: Option<bool>,
}

/// What a field of a node means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// It is the head of a structure: what stands there is not nested by it.
    pub(super) is_head: bool,
    /// What is given to a name.
    pub(super) is_value: bool,
    /// What is assigned to.
    pub(super) is_left: bool,
}

/// Fields that are heads.
const HEADS: [&str; 10] =
    ["condition", "value", "subject", "left", "right", "initializer", "init", "update", "increment", "pattern"];

/// The role of each of a grammar's kinds of nodes and fields, by number.
pub(super) struct Table {
    roles: Roles<Role>,
    fields: Vec<Field>,
}

impl Table {
    fn new(grammar: &tree_sitter::Language, row: &'static Row) -> Table {
        let mut roles: Roles<Role> = Roles::new(grammar);
        let mut give = |words: &'static str, set: &dyn Fn(&mut Role)| roles.give(grammar, words, set);
        give(row.ifs, &|role| role.flow = Flow::If);
        give(row.elifs, &|role| role.flow = Flow::Elif);
        give(row.elses, &|role| role.flow = Flow::Else);
        give(row.loops, &|role| (role.flow, role.is_loop) = (Flow::Nested, true));
        for words in [row.switches, row.catches, row.ternaries] {
            give(words, &|role| role.flow = Flow::Nested);
        }
        give(row.functions, &|role| role.flow = Flow::Function);
        give(row.lambdas, &|role| role.flow = Flow::Lambda);
        give(row.logical, &|role| role.flow = Flow::Logical);
        give(row.parens, &|role| role.flow = Flow::Paren);
        give(row.jumps, &|role| role.flow = Flow::Jump);
        give(row.gotos, &|role| role.flow = Flow::Goto);
        give(row.calls, &|role| role.is_call = true);
        give(row.strings, &|role| role.is_string = true);
        give(row.comments, &|role| role.is_comment = true);
        for (kind, role) in roles.iter_mut() {
            role.is_token = !grammar.node_kind_is_named(kind);
            if role.is_token {
                role.operator = match grammar.node_kind_for_id(kind) {
                    Some("&&" | "and") => Some(true),
                    Some("||" | "or") => Some(false),
                    _ => None,
                };
            }
            // Swift's grammar calls the word itself a node.
            let is_word = role.is_token || row.elses.is_empty();
            role.is_else = is_word && grammar.node_kind_for_id(kind) == Some("else");
        }
        let field = |id: usize| {
            let name = u16::try_from(id).ok().and_then(|id| grammar.field_name_for_id(id)).unwrap_or("");
            let is_value = matches!(name, "value" | "right");
            Field { is_head: HEADS.contains(&name), is_value, is_left: name == "left" }
        };
        Table { roles, fields: (0..=grammar.field_count()).map(field).collect() }
    }

    /// What a field means.
    pub(super) fn field(&self, id: Option<FieldId>) -> Field {
        id.and_then(|id| self.fields.get(usize::from(id.get()))).copied().unwrap_or_default()
    }

    /// The role of a kind of node.
    pub(super) fn role(&self, kind: u16) -> Role {
        self.roles[kind]
    }
}

/// The table of the language of a file, made at its first use.
pub(super) fn table(language: Language, path: &str) -> Option<&'static Table> {
    static TABLES: PerGrammar<Table> = PerGrammar::new();
    TABLES.get(language, path, || Some(Table::new(&grammar(language, path)?, row(language)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
