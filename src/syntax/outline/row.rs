//! The table of languages for outlines: what each kind of a grammar's nodes means. A language is one row; nothing is walked here.
//!
//! Words are kinds of named nodes; after `'` they are tokens. Kinds become numbers once a grammar, so that a walk over a tree
//! compares no text.

use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind;
use crate::syntax::grammar::{PerGrammar, grammar};
use DefinitionKind::{Class, Constant, Enum, Function, Interface, Macro, Method, Module, Struct, Type, Variable};

/// What nodes of a language mean.
pub(super) struct Row {
    /// Nodes that define; `head::defined` looks at them more closely.
    pub(super) definitions: &'static [(DefinitionKind, &'static str)],
    /// What definitions stand in that defines nothing itself: `impl`, a companion object.
    owners: &'static str,
    /// What may stand between a definition and its doc comment: `export`, a decorated definition.
    wrappers: &'static str,
    /// Decorators and attributes.
    leads: &'static str,
    comments: &'static str,
    /// Identifiers.
    names: &'static str,
    /// Below them is nothing that counts, unless code is written into a string.
    closed: &'static str,
    /// Where variables are local.
    blocks: &'static str,
    /// Where control divides; `-` takes one back (a `match` of n arms divides n - 1 times).
    decisions: &'static str,
    imports: &'static str,
    /// What `Walk::peculiar` knows.
    peculiar: &'static str,
}

const PYTHON: Row = Row {
    definitions: &[
        (Function, "function_definition"),
        (Class, "class_definition"),
        (Variable, "assignment"),
        (Type, "type_alias_statement"),
    ],
    owners: "",
    wrappers: "decorated_definition expression_statement",
    leads: "decorator",
    comments: "comment",
    names: "identifier",
    closed: "string",
    blocks: "block lambda",
    decisions: "if_statement elif_clause while_statement for_statement except_clause conditional_expression for_in_clause \
                if_clause case_clause 'and 'or",
    imports: "import_statement import_from_statement future_import_statement",
    peculiar: "expression_statement if_statement",
};

const JAVASCRIPT: Row = Row {
    definitions: &[
        (Function, "function_declaration generator_function_declaration"),
        (Class, "class_declaration"),
        (Method, "method_definition field_definition"),
        (Variable, "variable_declarator assignment_expression"),
    ],
    owners: "",
    wrappers: "export_statement lexical_declaration variable_declaration expression_statement",
    leads: "decorator",
    comments: "comment html_comment",
    names: "identifier property_identifier private_property_identifier shorthand_property_identifier \
            shorthand_property_identifier_pattern",
    closed: "string",
    blocks: "statement_block arrow_function function_expression generator_function",
    decisions: "if_statement for_statement for_in_statement while_statement do_statement switch_case catch_clause \
                ternary_expression '&& '|| '??",
    imports: "import_statement export_statement call_expression",
    peculiar: "export_statement assignment_expression",
};

const TYPESCRIPT: Row = Row {
    definitions: &[
        (Function, "function_declaration generator_function_declaration function_signature"),
        (Class, "class_declaration abstract_class_declaration"),
        (Interface, "interface_declaration"),
        (Type, "type_alias_declaration"),
        (Enum, "enum_declaration"),
        (Module, "internal_module module"),
        (Method, "method_definition method_signature abstract_method_signature public_field_definition"),
        (Variable, "variable_declarator assignment_expression"),
    ],
    wrappers: "export_statement lexical_declaration variable_declaration expression_statement ambient_declaration",
    names: "identifier property_identifier private_property_identifier shorthand_property_identifier \
            shorthand_property_identifier_pattern type_identifier",
    ..JAVASCRIPT
};

const GO: Row = Row {
    definitions: &[
        (Function, "function_declaration"),
        (Method, "method_declaration method_elem"),
        (Type, "type_spec type_alias"),
        (Constant, "const_spec"),
        (Variable, "var_spec"),
    ],
    owners: "",
    wrappers: "type_declaration const_declaration var_declaration var_spec_list",
    leads: "",
    comments: "comment",
    names: "identifier type_identifier field_identifier package_identifier",
    closed: "interpreted_string_literal raw_string_literal",
    blocks: "block func_literal",
    decisions: "if_statement for_statement expression_case type_case communication_case '&& '||",
    imports: "import_declaration",
    peculiar: "",
};

const RUST: Row = Row {
    definitions: &[
        (Function, "function_item function_signature_item"),
        (Struct, "struct_item union_item"),
        (Enum, "enum_item"),
        (Interface, "trait_item"),
        (Type, "type_item associated_type"),
        (Constant, "const_item static_item"),
        (Module, "mod_item"),
        (Macro, "macro_definition"),
    ],
    owners: "impl_item",
    wrappers: "",
    leads: "attribute_item",
    comments: "line_comment block_comment",
    names: "identifier type_identifier field_identifier shorthand_field_identifier",
    closed: "string_literal raw_string_literal mutable_specifier boolean_literal",
    blocks: "block closure_expression",
    decisions: "'if while_expression for_expression match_arm -match_expression '&& '||",
    imports: "use_declaration extern_crate_declaration mod_item",
    peculiar: "",
};

const JAVA: Row = Row {
    definitions: &[
        (Class, "class_declaration record_declaration"),
        (Interface, "interface_declaration annotation_type_declaration"),
        (Enum, "enum_declaration"),
        (Method, "method_declaration constructor_declaration compact_constructor_declaration"),
        (Method, "annotation_type_element_declaration"),
        (Constant, "field_declaration"),
    ],
    owners: "",
    wrappers: "",
    leads: "annotation marker_annotation",
    comments: "line_comment block_comment",
    names: "identifier type_identifier",
    closed: "string_literal integral_type floating_point_type",
    blocks: "block constructor_body lambda_expression",
    decisions: "if_statement for_statement enhanced_for_statement while_statement do_statement catch_clause \
                ternary_expression 'case '&& '||",
    imports: "import_declaration",
    peculiar: "",
};

const C: Row = Row {
    definitions: &[
        (Function, "function_definition"),
        (Struct, "struct_specifier union_specifier"),
        (Enum, "enum_specifier"),
        (Type, "type_definition"),
        (Variable, "init_declarator"),
        (Macro, "preproc_function_def preproc_def"),
    ],
    owners: "",
    wrappers: "declaration type_definition",
    leads: "",
    comments: "comment",
    names: "identifier type_identifier field_identifier",
    closed: "string_literal char_literal storage_class_specifier",
    blocks: "compound_statement",
    decisions: "if_statement for_statement while_statement do_statement 'case conditional_expression '&& '||",
    imports: "preproc_include",
    peculiar: "",
};

const CPP: Row = Row {
    definitions: &[
        (Function, "function_definition"),
        (Class, "class_specifier"),
        (Struct, "struct_specifier union_specifier"),
        (Enum, "enum_specifier"),
        (Type, "type_definition alias_declaration concept_definition"),
        (Variable, "init_declarator"),
        (Method, "field_declaration declaration"),
        (Macro, "preproc_function_def preproc_def"),
    ],
    wrappers: "declaration field_declaration type_definition template_declaration",
    names: "identifier type_identifier field_identifier namespace_identifier destructor_name operator_name",
    blocks: "compound_statement lambda_expression",
    decisions: "if_statement for_statement for_range_loop while_statement do_statement 'case conditional_expression \
                catch_clause '&& '|| 'and 'or",
    peculiar: "access_specifier",
    ..C
};

const CSHARP: Row = Row {
    definitions: &[
        (Class, "class_declaration record_declaration"),
        (Struct, "struct_declaration"),
        (Interface, "interface_declaration"),
        (Enum, "enum_declaration"),
        (Method, "method_declaration constructor_declaration destructor_declaration"),
        (Function, "local_function_statement"),
        (Variable, "property_declaration"),
        (Type, "delegate_declaration"),
        (Constant, "field_declaration"),
    ],
    owners: "",
    wrappers: "",
    leads: "attribute_list",
    comments: "comment",
    names: "identifier",
    closed: "",
    blocks: "block lambda_expression anonymous_method_expression",
    decisions: "if_statement for_statement foreach_statement while_statement do_statement catch_clause \
                conditional_expression switch_expression_arm -switch_expression 'case '&& '|| '??",
    imports: "using_directive",
    peculiar: "",
};

const RUBY: Row = Row {
    definitions: &[(Class, "class"), (Module, "module"), (Method, "method singleton_method"), (Constant, "assignment")],
    owners: "singleton_class",
    wrappers: "",
    leads: "",
    comments: "comment",
    names: "identifier constant",
    closed: "",
    blocks: "do_block block",
    decisions: "if elsif unless while until for when in_clause rescue rescue_modifier conditional if_modifier \
                unless_modifier while_modifier until_modifier '&& '|| 'and 'or",
    imports: "call",
    peculiar: "",
};

const PHP: Row = Row {
    definitions: &[
        (Function, "function_definition"),
        (Class, "class_declaration trait_declaration"),
        (Interface, "interface_declaration"),
        (Enum, "enum_declaration"),
        (Method, "method_declaration"),
        (Constant, "const_element"),
    ],
    owners: "",
    wrappers: "const_declaration",
    leads: "attribute_list",
    comments: "comment",
    names: "name",
    closed: "",
    blocks: "compound_statement anonymous_function arrow_function",
    decisions: "if_statement else_if_clause for_statement foreach_statement while_statement do_statement case_statement \
                catch_clause conditional_expression match_conditional_expression '&& '|| '?? 'and 'or",
    imports: "namespace_use_declaration include_expression include_once_expression require_expression \
              require_once_expression",
    peculiar: "",
};

const SWIFT: Row = Row {
    definitions: &[
        (Class, "class_declaration"),
        (Interface, "protocol_declaration"),
        (Function, "function_declaration protocol_function_declaration"),
        (Method, "init_declaration"),
        (Type, "typealias_declaration"),
        (Variable, "property_declaration"),
    ],
    owners: "class_declaration",
    wrappers: "",
    leads: "attribute",
    comments: "comment multiline_comment",
    names: "simple_identifier type_identifier",
    closed: "",
    blocks: "function_body lambda_literal computed_property statements",
    decisions: "if_statement guard_statement for_statement while_statement repeat_while_statement switch_entry \
                -switch_statement catch_block ternary_expression '&& '|| '??",
    imports: "import_declaration",
    peculiar: "",
};

const KOTLIN: Row = Row {
    definitions: &[
        (Class, "class_declaration object_declaration"),
        (Function, "function_declaration"),
        (Type, "type_alias"),
        (Variable, "property_declaration"),
    ],
    owners: "companion_object",
    wrappers: "",
    leads: "annotation",
    comments: "line_comment block_comment",
    names: "identifier",
    closed: "",
    blocks: "block lambda_literal function_body anonymous_function",
    decisions: "if_expression for_statement while_statement do_while_statement when_entry -when_expression catch_block \
                '&& '|| '?:",
    imports: "import",
    peculiar: "",
};

fn row(language: Language) -> Option<&'static Row> {
    Some(match language {
        Language::Python => &PYTHON,
        Language::JavaScript => &JAVASCRIPT,
        Language::TypeScript => &TYPESCRIPT,
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
    pub(super) is_closed: bool,
    /// Whether it means anything of these.
    pub(super) is_busy: bool,
    /// Whether its nodes have none below: a token, an identifier. Asking the tree for them would cost as much as a node.
    pub(super) is_leaf: bool,
}

/// A language's grammar, and the role of each of its kinds of nodes by number.
pub(super) struct Table {
    pub(super) grammar: tree_sitter::Language,
    roles: Vec<Role>,
    /// Words of the row that the grammar does not know; a test holds it to be empty.
    pub(super) unknown: Vec<&'static str>,
}

impl Table {
    fn new(grammar: tree_sitter::Language, row: &'static Row) -> Table {
        let mut table = Table { roles: vec![Role::default(); grammar.node_kind_count()], grammar, unknown: Vec::new() };
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
        for word in row.decisions.split_whitespace() {
            let (decision, word) = word.strip_prefix('-').map_or((1, word), |word| (-1, word));
            table.give(word, |role| role.decision = decision);
        }
        for (kind, role) in table.roles.iter_mut().enumerate() {
            role.is_busy = *role != Role::default();
            let is_token = u16::try_from(kind).is_ok_and(|k| !table.grammar.node_kind_is_named(k));
            role.is_leaf = is_token || role.is_name || role.is_comment;
        }
        table.give(row.closed, |role| role.is_closed = true);
        table
    }

    fn give(&mut self, words: &'static str, set: impl Fn(&mut Role)) {
        for word in words.split_whitespace() {
            let token = word.strip_prefix('\'');
            let kind = self.grammar.id_for_node_kind(token.unwrap_or(word), token.is_none());
            match self.roles.get_mut(usize::from(kind)) {
                Some(role) if kind != 0 => set(role),
                _ => self.unknown.push(word),
            }
        }
    }

    /// The role of a kind of node.
    pub(super) fn role(&self, kind: u16) -> Role {
        self.roles.get(usize::from(kind)).copied().unwrap_or_default()
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
