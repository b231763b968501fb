//! The table of languages for outlines: what each kind of a grammar's nodes means. A language is one row; nothing is walked here.
//!
//! Words are kinds of named nodes; after `'` they are tokens.

use crate::domain::outline::DefinitionKind;
use DefinitionKind::{Class, Constant, Enum, Function, Interface, Macro, Method, Module, Struct, Type, Variable};

/// What nodes of a language mean.
pub(super) struct Row {
    /// Nodes that define; `head::defined` looks at them more closely.
    pub(super) definitions: &'static [(DefinitionKind, &'static str)],
    /// What definitions stand in that defines nothing itself: `impl`, a companion object.
    pub(super) owners: &'static str,
    /// What may stand between a definition and its doc comment: `export`, a decorated definition.
    pub(super) wrappers: &'static str,
    /// Decorators and attributes.
    pub(super) leads: &'static str,
    pub(super) comments: &'static str,
    /// Identifiers.
    pub(super) names: &'static str,
    /// Below them is nothing that counts: literals, words of the language.
    pub(super) closed: &'static str,
    /// Below them is nothing that counts, either, unless their text holds one of these two: code in a string, annotations or
    /// comments among modifiers.
    pub(super) plain: &'static [(&'static str, [u8; 2])],
    /// Names with nothing but signs between them, `a.b.c`: they are read from the text, without a look at each below.
    pub(super) chains: Chains,
    /// Where variables are local.
    pub(super) blocks: &'static str,
    /// Where control divides; `-` takes one back (a `match` of n arms divides n - 1 times).
    pub(super) decisions: &'static str,
    pub(super) imports: &'static str,
    /// What `Walk::peculiar` knows.
    pub(super) peculiar: &'static str,
}

/// Kinds that are names with signs between them, and what else may stand among those.
pub(super) struct Chains {
    pub(super) kinds: &'static str,
    /// Bytes between names: `.`, `:` for `::`, `-` for `->`.
    pub(super) signs: &'static [u8],
    /// Words that are no names where they come first.
    pub(super) first: &'static str,
    /// Words with which a chain may be anything: `import.meta`, `operator->`.
    pub(super) spoilers: &'static str,
}

pub(super) const PYTHON: Row = Row {
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
    closed: "integer float true false none",
    plain: &[("string", *b"{{")],
    chains: Chains { kinds: "attribute dotted_name", signs: b".", first: "True False None", spoilers: "" },
    blocks: "block lambda",
    decisions: "if_statement elif_clause while_statement for_statement except_clause conditional_expression for_in_clause \
                if_clause case_clause 'and 'or",
    imports: "import_statement import_from_statement future_import_statement",
    peculiar: "expression_statement if_statement",
};

pub(super) const JAVASCRIPT: Row = Row {
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
    closed: "string number regex true false null undefined this super",
    plain: &[("template_string", *b"$$")],
    chains: Chains {
        kinds: "member_expression",
        signs: b".",
        first: "this super null undefined true false",
        spoilers: "import new",
    },
    blocks: "statement_block arrow_function function_expression generator_function",
    decisions: "if_statement for_statement for_in_statement while_statement do_statement switch_case catch_clause \
                ternary_expression '&& '|| '??",
    imports: "import_statement export_statement call_expression",
    peculiar: "export_statement assignment_expression",
};

pub(super) const TYPESCRIPT: Row = Row {
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

pub(super) const GO: Row = Row {
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
    closed: "interpreted_string_literal raw_string_literal rune_literal int_literal float_literal imaginary_literal \
             nil true false iota blank_identifier",
    plain: &[],
    chains: Chains {
        kinds: "selector_expression qualified_type",
        signs: b".",
        first: "nil true false iota",
        spoilers: "",
    },
    blocks: "block func_literal",
    decisions: "if_statement for_statement expression_case type_case communication_case '&& '||",
    imports: "import_declaration",
    peculiar: "",
};

pub(super) const RUST: Row = Row {
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
    closed: "string_literal raw_string_literal char_literal integer_literal float_literal boolean_literal \
             mutable_specifier primitive_type self super crate",
    plain: &[("visibility_modifier", *b"(("), ("self_parameter", *b"''")],
    chains: Chains {
        kinds: "field_expression scoped_identifier scoped_type_identifier",
        signs: b".:",
        first: "self super crate true false",
        spoilers: "await",
    },
    blocks: "block closure_expression",
    decisions: "'if while_expression for_expression match_arm -match_expression '&& '||",
    imports: "use_declaration extern_crate_declaration mod_item",
    peculiar: "",
};

pub(super) const JAVA: Row = Row {
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
    closed: "character_literal decimal_integer_literal hex_integer_literal decimal_floating_point_literal true false \
             null_literal this super integral_type floating_point_type boolean_type void_type",
    plain: &[("string_literal", *b"{{"), ("modifiers", *b"@/")],
    chains: Chains {
        kinds: "field_access scoped_identifier scoped_type_identifier",
        signs: b".",
        first: "this super true false null",
        spoilers: "class",
    },
    blocks: "block constructor_body lambda_expression",
    decisions: "if_statement for_statement enhanced_for_statement while_statement do_statement catch_clause \
                ternary_expression 'case '&& '||",
    imports: "import_declaration",
    peculiar: "",
};

pub(super) const C: Row = Row {
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
    closed: "string_literal char_literal number_literal true false null primitive_type storage_class_specifier \
             preproc_arg system_lib_string",
    plain: &[("type_qualifier", *b"((")],
    chains: Chains { kinds: "field_expression", signs: b".-", first: "NULL nullptr true false", spoilers: "" },
    blocks: "compound_statement",
    decisions: "if_statement for_statement while_statement do_statement 'case conditional_expression '&& '||",
    imports: "preproc_include",
    peculiar: "",
};

pub(super) const CPP: Row = Row {
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
    closed: "string_literal raw_string_literal char_literal number_literal true false null this auto primitive_type \
             storage_class_specifier virtual_specifier preproc_arg system_lib_string",
    chains: Chains {
        kinds: "field_expression qualified_identifier",
        signs: b".-:",
        first: "this NULL nullptr true false",
        spoilers: "operator template",
    },
    blocks: "compound_statement lambda_expression",
    decisions: "if_statement for_statement for_range_loop while_statement do_statement 'case conditional_expression \
                catch_clause '&& '|| 'and 'or",
    peculiar: "access_specifier",
    ..C
};

pub(super) const CSHARP: Row = Row {
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
    closed: "string_literal verbatim_string_literal raw_string_literal character_literal integer_literal real_literal \
             boolean_literal null_literal predefined_type implicit_type modifier preproc_region preproc_endregion",
    plain: &[],
    chains: Chains {
        kinds: "member_access_expression qualified_name",
        signs: b".",
        first: "this base string int long object bool char byte double float decimal short uint \
                ulong ushort sbyte true false null",
        spoilers: "",
    },
    blocks: "block lambda_expression anonymous_method_expression",
    decisions: "if_statement for_statement foreach_statement while_statement do_statement catch_clause \
                conditional_expression switch_expression_arm -switch_expression 'case '&& '|| '??",
    imports: "using_directive",
    peculiar: "",
};

pub(super) const RUBY: Row = Row {
    definitions: &[(Class, "class"), (Module, "module"), (Method, "method singleton_method"), (Constant, "assignment")],
    owners: "singleton_class",
    wrappers: "",
    leads: "",
    comments: "comment",
    names: "identifier constant",
    closed: "simple_symbol hash_key_symbol integer float character nil true false self super instance_variable \
             class_variable global_variable heredoc_beginning",
    plain: &[("string heredoc_body regex delimited_symbol string_array symbol_array", *b"##")],
    chains: Chains {
        kinds: "call scope_resolution",
        signs: b".:",
        first: "self nil true false super yield __FILE__ __LINE__ __ENCODING__",
        spoilers: "",
    },
    blocks: "do_block block",
    decisions: "if elsif unless while until for when in_clause rescue rescue_modifier conditional if_modifier \
                unless_modifier while_modifier until_modifier '&& '|| 'and 'or",
    imports: "call",
    peculiar: "",
};

pub(super) const PHP: Row = Row {
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
    closed: "string nowdoc integer float boolean null primitive_type cast_type relative_scope visibility_modifier \
             static_modifier final_modifier abstract_modifier readonly_modifier var_modifier text php_tag",
    plain: &[("encapsed_string heredoc", *b"$$")],
    chains: Chains {
        kinds: "variable_name member_access_expression class_constant_access_expression qualified_name namespace_name",
        signs: b"$-:\\",
        first: "self static parent true false null",
        spoilers: "class namespace",
    },
    blocks: "compound_statement anonymous_function arrow_function",
    decisions: "if_statement else_if_clause for_statement foreach_statement while_statement do_statement case_statement \
                catch_clause conditional_expression match_conditional_expression '&& '|| '?? 'and 'or",
    imports: "namespace_use_declaration include_expression include_once_expression require_expression \
              require_once_expression",
    peculiar: "",
};

pub(super) const SWIFT: Row = Row {
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
    closed: "integer_literal hex_literal real_literal boolean_literal special_literal value_binding_pattern \
             self_expression super_expression try_operator throws visibility_modifier wildcard_pattern",
    plain: &[("line_string_literal multi_line_string_literal", *b"\\\\"), ("modifiers", *b"@/")],
    chains: Chains {
        kinds: "navigation_expression navigation_suffix user_type",
        signs: b".",
        first: "self super true false nil",
        spoilers: "init Type Protocol",
    },
    blocks: "function_body lambda_literal computed_property statements",
    decisions: "if_statement guard_statement for_statement while_statement repeat_while_statement switch_entry \
                -switch_statement catch_block ternary_expression '&& '|| '??",
    imports: "import_declaration",
    peculiar: "",
};

pub(super) const KOTLIN: Row = Row {
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
    closed: "number_literal float_literal character_literal",
    plain: &[("string_literal multiline_string_literal", *b"$$"), ("modifiers", *b"@/"), ("this_expression", *b"@@")],
    chains: Chains {
        kinds: "navigation_expression qualified_identifier user_type",
        signs: b".",
        first: "this super true false null",
        spoilers: "class",
    },
    blocks: "block lambda_literal function_body anonymous_function",
    decisions: "if_expression for_statement while_statement do_while_statement when_entry -when_expression catch_block \
                '&& '|| '?:",
    imports: "import",
    peculiar: "",
};
