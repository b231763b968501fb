//! The table of languages for figures: what each kind of a grammar's nodes means to a reader of the code. A language is one
//! row; nothing is walked here. Words are kinds of named nodes; after `'` they are tokens.

use crate::domain::language::Language;

/// What nodes of a language mean.
pub(super) struct Row {
    /// Conditions: `if`, guards.
    pub(super) ifs: &'static str,
    /// `else if` as a node of its own.
    pub(super) elifs: &'static str,
    /// What an `else` stands in, where that is a node.
    pub(super) elses: &'static str,
    pub(super) loops: &'static str,
    pub(super) switches: &'static str,
    pub(super) catches: &'static str,
    pub(super) ternaries: &'static str,
    pub(super) functions: &'static str,
    /// Functions without a name of their own.
    pub(super) lambdas: &'static str,
    /// Nodes whose operator may be logical.
    pub(super) logical: &'static str,
    /// What may stand around a logical operation without beginning another.
    pub(super) parens: &'static str,
    /// Jumps that may name a label, and those that always do.
    pub(super) jumps: &'static str,
    pub(super) gotos: &'static str,
    pub(super) calls: &'static str,
    pub(super) strings: &'static str,
    pub(super) comments: &'static str,
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

/// The row of a language; `None` without a grammar.
pub(super) fn row(language: Language) -> Option<&'static Row> {
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
