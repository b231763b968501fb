//! The table of languages for figures: what each kind of a grammar's nodes means to a reader of the code. A language is one
//! row; nothing is walked here. Words are kinds of named nodes; after `'` they are tokens.

use crate::domain::language::Language;
use crate::syntax::grammar;
use std::num::NonZeroU16;
use std::sync::OnceLock;

/// A field's number in its grammar.
pub(super) type FieldId = NonZeroU16;

/// What nodes of a language mean.
struct Row {
    /// Conditions: `if`, guards.
    ifs: &'static str,
    /// `else if` as a node of its own.
    elifs: &'static str,
    /// What an `else` stands in, where that is a node.
    elses: &'static str,
    loops: &'static str,
    switches: &'static str,
    catches: &'static str,
    ternaries: &'static str,
    functions: &'static str,
    /// Functions without a name of their own.
    lambdas: &'static str,
    /// Nodes whose operator may be logical.
    logical: &'static str,
    /// What may stand around a logical operation without beginning another.
    parens: &'static str,
    /// Jumps that may name a label, and those that always do.
    jumps: &'static str,
    gotos: &'static str,
    calls: &'static str,
    strings: &'static str,
    comments: &'static str,
}

const PYTHON: Row = Row {
    ifs: "if_statement",
    elifs: "elif_clause",
    elses: "else_clause",
    loops: "for_statement while_statement",
    switches: "match_statement",
    catches: "except_clause",
    ternaries: "conditional_expression",
    functions: "function_definition",
    lambdas: "lambda",
    logical: "boolean_operator",
    parens: "parenthesized_expression",
    jumps: "",
    gotos: "",
    calls: "call",
    strings: "string",
    comments: "comment",
};

const JAVASCRIPT: Row = Row {
    ifs: "if_statement",
    elifs: "",
    elses: "else_clause",
    loops: "for_statement for_in_statement while_statement do_statement",
    switches: "switch_statement",
    catches: "catch_clause",
    ternaries: "ternary_expression",
    functions: "function_declaration generator_function_declaration method_definition",
    lambdas: "arrow_function function_expression generator_function",
    logical: "binary_expression",
    parens: "parenthesized_expression",
    jumps: "break_statement continue_statement",
    gotos: "",
    calls: "call_expression new_expression",
    strings: "string template_string",
    comments: "comment",
};

const GO: Row = Row {
    ifs: "if_statement",
    elifs: "",
    elses: "",
    loops: "for_statement",
    switches: "expression_switch_statement type_switch_statement select_statement",
    catches: "",
    ternaries: "",
    functions: "function_declaration method_declaration",
    lambdas: "func_literal",
    logical: "binary_expression",
    parens: "parenthesized_expression",
    jumps: "break_statement continue_statement",
    gotos: "goto_statement",
    calls: "call_expression",
    strings: "interpreted_string_literal raw_string_literal",
    comments: "comment",
};

const RUST: Row = Row {
    ifs: "if_expression",
    elifs: "",
    elses: "else_clause",
    loops: "while_expression for_expression loop_expression",
    switches: "match_expression",
    catches: "",
    ternaries: "",
    functions: "function_item",
    lambdas: "closure_expression",
    logical: "binary_expression let_chain",
    parens: "parenthesized_expression",
    jumps: "break_expression continue_expression",
    gotos: "",
    calls: "call_expression macro_invocation",
    strings: "string_literal raw_string_literal",
    comments: "line_comment block_comment",
};

const JAVA: Row = Row {
    ifs: "if_statement",
    elifs: "",
    elses: "",
    loops: "for_statement enhanced_for_statement while_statement do_statement",
    switches: "switch_expression",
    catches: "catch_clause",
    ternaries: "ternary_expression",
    functions: "method_declaration constructor_declaration compact_constructor_declaration",
    lambdas: "lambda_expression",
    logical: "binary_expression",
    parens: "parenthesized_expression",
    jumps: "break_statement continue_statement",
    gotos: "",
    calls: "method_invocation object_creation_expression",
    strings: "string_literal",
    comments: "line_comment block_comment",
};

const C: Row = Row {
    ifs: "if_statement",
    elifs: "",
    elses: "else_clause",
    loops: "for_statement while_statement do_statement",
    switches: "switch_statement",
    catches: "",
    ternaries: "conditional_expression",
    functions: "function_definition",
    lambdas: "",
    logical: "binary_expression",
    parens: "parenthesized_expression",
    jumps: "",
    gotos: "goto_statement",
    calls: "call_expression",
    strings: "string_literal",
    comments: "comment",
};

const CPP: Row = Row {
    loops: "for_statement for_range_loop while_statement do_statement",
    catches: "catch_clause",
    lambdas: "lambda_expression",
    strings: "string_literal raw_string_literal",
    ..C
};

const CSHARP: Row = Row {
    ifs: "if_statement",
    elifs: "",
    elses: "",
    loops: "for_statement foreach_statement while_statement do_statement",
    switches: "switch_statement switch_expression",
    catches: "catch_clause",
    ternaries: "conditional_expression",
    functions: "method_declaration constructor_declaration destructor_declaration local_function_statement",
    lambdas: "lambda_expression anonymous_method_expression",
    logical: "binary_expression",
    parens: "parenthesized_expression",
    jumps: "",
    gotos: "goto_statement",
    calls: "invocation_expression object_creation_expression",
    strings: "string_literal verbatim_string_literal interpolated_string_expression",
    comments: "comment",
};

const RUBY: Row = Row {
    ifs: "if unless if_modifier unless_modifier",
    elifs: "elsif",
    elses: "else",
    loops: "while until for while_modifier until_modifier",
    switches: "case case_match",
    catches: "rescue",
    ternaries: "conditional",
    functions: "method singleton_method",
    lambdas: "lambda do_block block",
    logical: "binary",
    parens: "parenthesized_statements",
    jumps: "",
    gotos: "",
    calls: "call",
    strings: "string",
    comments: "comment",
};

const PHP: Row = Row {
    ifs: "if_statement",
    elifs: "else_if_clause",
    elses: "else_clause",
    loops: "for_statement foreach_statement while_statement do_statement",
    switches: "switch_statement match_expression",
    catches: "catch_clause",
    ternaries: "conditional_expression",
    functions: "function_definition method_declaration",
    lambdas: "anonymous_function arrow_function",
    logical: "binary_expression",
    parens: "parenthesized_expression",
    jumps: "",
    gotos: "goto_statement",
    calls: "function_call_expression member_call_expression scoped_call_expression",
    strings: "string encapsed_string",
    comments: "comment",
};

const SWIFT: Row = Row {
    ifs: "if_statement",
    elifs: "",
    elses: "",
    loops: "for_statement while_statement repeat_while_statement",
    switches: "switch_statement",
    // The `else` of a guard is a part of it.
    catches: "catch_block guard_statement",
    ternaries: "ternary_expression",
    functions: "function_declaration init_declaration",
    lambdas: "lambda_literal",
    logical: "conjunction_expression disjunction_expression",
    parens: "tuple_expression",
    jumps: "",
    gotos: "",
    calls: "call_expression",
    strings: "line_string_literal multi_line_string_literal",
    comments: "comment multiline_comment",
};

const KOTLIN: Row = Row {
    ifs: "if_expression",
    elifs: "",
    elses: "",
    loops: "for_statement while_statement do_while_statement",
    switches: "when_expression",
    catches: "catch_block",
    ternaries: "",
    functions: "function_declaration",
    lambdas: "lambda_literal anonymous_function",
    logical: "binary_expression",
    parens: "parenthesized_expression",
    jumps: "",
    gotos: "",
    calls: "call_expression",
    strings: "string_literal",
    comments: "line_comment block_comment",
};

fn row(language: Language) -> Option<&'static Row> {
    Some(match language {
        Language::Python => &PYTHON,
        Language::JavaScript | Language::TypeScript => &JAVASCRIPT,
        Language::Go => &GO,
        Language::Rust => &RUST,
        Language::Java => &JAVA,
        Language::C => &C,
        Language::Cpp => &CPP,
        Language::CSharp => &CSHARP,
        Language::Ruby => &RUBY,
        Language::Php => &PHP,
        Language::Swift => &SWIFT,
        Language::Kotlin => &KOTLIN,
        _ => return None,
    })
}

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
    roles: Vec<Role>,
    fields: Vec<Field>,
    /// Words of the row that the grammar does not know; a test holds it to be empty.
    #[cfg(test)]
    unknown: Vec<&'static str>,
}

impl Table {
    fn new(grammar: &tree_sitter::Language, row: &'static Row) -> Table {
        let mut roles = vec![Role::default(); grammar.node_kind_count()];
        let mut unknown = Vec::new();
        let mut give = |words: &'static str, set: &dyn Fn(&mut Role)| {
            for word in words.split_whitespace() {
                let kind = grammar.id_for_node_kind(word, true);
                match roles.get_mut(usize::from(kind)) {
                    Some(role) if kind != 0 => set(role),
                    _ => unknown.push(word),
                }
            }
        };
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
        for (kind, role) in roles.iter_mut().enumerate() {
            let Ok(kind) = u16::try_from(kind) else { continue };
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
        Table {
            roles,
            fields: (0..=grammar.field_count()).map(field).collect(),
            #[cfg(test)]
            unknown,
        }
    }

    /// What a field means.
    pub(super) fn field(&self, id: Option<FieldId>) -> Field {
        id.and_then(|id| self.fields.get(usize::from(id.get()))).copied().unwrap_or_default()
    }

    /// The role of a kind of node.
    pub(super) fn role(&self, kind: u16) -> Role {
        self.roles.get(usize::from(kind)).copied().unwrap_or_default()
    }
}

/// The table of the language of a file, made at its first use.
pub(super) fn table(language: Language, path: &str) -> Option<&'static Table> {
    static TABLES: [OnceLock<Option<Table>>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
    static JSX: OnceLock<Option<Table>> = OnceLock::new();
    let is_jsx = language == Language::TypeScript && path.to_ascii_lowercase().ends_with(".tsx");
    let slot = if is_jsx { &JSX } else { &TABLES[Language::ALL.iter().position(|l| *l == language)?] };
    slot.get_or_init(|| Some(Table::new(&grammar(language, path)?, row(language)?))).as_ref()
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
                assert_eq!(table.unknown, Vec::<&str>::new(), "{}", language.name());
            }
        }
    }
}
