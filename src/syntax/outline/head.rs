//! What a node that defines really defines: its name, its kind, its head, its doc and its types. Walks only a node's own head.

use super::table::{Field, Table};
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind::{self, Class, Constant, Enum, Function, Interface, Struct, Type};
use crate::syntax::convention::{has_word, is_constant, type_name};
use crate::syntax::prose::{self, MOST_SIGNATURE};
use std::borrow::Cow;
use tree_sitter::Node;

/// Declarators and patterns are followed this deep to their name.
const DEEPEST_NAME: usize = 16;

/// Where a node stands.
pub(super) struct Place<'a, 's> {
    pub(super) table: &'static Table,
    pub(super) language: Language,
    pub(super) text: &'s str,
    /// Kinds of what it stands in, the innermost last.
    pub(super) path: &'a [u16],
    /// Whether what it stands in is no place for what other files can use: a function's body.
    pub(super) is_local: bool,
    /// Where the wrapper next to it begins.
    pub(super) wrapper: usize,
}

/// What a node defines.
pub(super) struct Defined<'t> {
    pub(super) kind: DefinitionKind,
    pub(super) names: Vec<Node<'t>>,
    /// The node that has parameters, results and a body, when it is not the definition itself.
    pub(super) function: Option<Node<'t>>,
    /// The type it belongs to without standing in it.
    pub(super) receiver: Option<&'t str>,
}

impl<'s> Place<'_, 's> {
    /// The kind of what it stands in, `up` levels above.
    pub(super) fn parent(&self, up: usize) -> &'static str {
        let kind = self.path.len().checked_sub(up).and_then(|i| self.path.get(i)).copied();
        kind.map_or("", |k| self.table.name(k))
    }

    pub(super) fn text(&self, node: Node) -> &'s str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    /// What `node`, which by its kind defines a `kind`, defines; `None` if it only declares, or is local.
    pub(super) fn defined<'t>(&self, node: Node<'t>, kind: DefinitionKind) -> Option<Defined<'t>>
    where
        's: 't,
    {
        let field = |field: Field| self.table.child(node, field);
        let mut defined = Defined { kind, names: Vec::new(), function: None, receiver: None };
        let mut name = None;
        match (self.language, self.table.kind(node)) {
            (Language::Python, "assignment") => {
                if self.parent(1) != "expression_statement" || self.parent(2) != "module" {
                    return None;
                }
                let left = field(Field::Left).filter(|n| n.kind() == "identifier")?;
                defined.kind = if is_constant(self.text(left)) { Constant } else { kind };
                name = Some(left);
            }
            (Language::JavaScript | Language::TypeScript, _) => return self.script(node, kind),
            (Language::Go, "type_spec") => {
                defined.kind = match self.table.kind(field(Field::Type)?) {
                    "struct_type" => Struct,
                    "interface_type" => Interface,
                    _ => Type,
                };
            }
            (Language::Go, "const_spec" | "var_spec") => {
                if self.is_local {
                    return None;
                }
                let mut cursor = node.walk();
                defined.names = node.children_by_field_name("name", &mut cursor).filter(|n| n.is_named()).collect();
                defined.names.retain(|n| self.text(*n) != "_");
                return (!defined.names.is_empty()).then_some(defined);
            }
            (Language::Go, "method_declaration") => {
                defined.receiver = field(Field::Receiver).map(|r| type_name(self.text(r).trim_matches(['(', ')'])));
            }
            (Language::Rust, "mod_item") => {
                field(Field::Body)?;
            }
            (Language::Rust, "const_item" | "static_item") if self.is_local => return None,
            // A class without a name.
            (Language::Java, "method_declaration")
                if matches!(self.parent(2), "object_creation_expression" | "enum_constant") =>
            {
                return None;
            }
            (Language::Php, "method_declaration") if self.parent(2) == "anonymous_class" => return None,
            (Language::Kotlin, "function_declaration" | "property_declaration")
                if self.parent(2) == "object_literal" =>
            {
                return None;
            }
            (Language::Java | Language::CSharp, "field_declaration") => {
                let declarator = child(node, "variable_declaration").unwrap_or(node);
                let declarator =
                    self.table.child(declarator, Field::Declarator).or(child(declarator, "variable_declarator"))?;
                let head = self.text.get(node.start_byte()..declarator.start_byte())?;
                let is_constant = has_word(head, "const") || (has_word(head, "static") && has_word(head, "final"));
                name = self.table.child(declarator, Field::Name).filter(|_| is_constant);
                name?;
            }
            (Language::C | Language::Cpp, _) => return self.c(node, kind),
            (Language::Ruby, "method" | "singleton_method") if self.path.len() == 1 => defined.kind = Function,
            (Language::Ruby, "assignment") => name = Some(field(Field::Left).filter(|n| n.kind() == "constant")?),
            (Language::Swift, "class_declaration") => {
                defined.kind = match self.text(field(Field::DeclarationKind)?) {
                    "struct" => Struct,
                    "enum" => Enum,
                    "extension" => return None,
                    _ => Class,
                };
            }
            (Language::Swift, "init_declaration") => name = field(Field::Name),
            (Language::Swift | Language::Kotlin, "property_declaration") => {
                if self.is_local {
                    return None;
                }
                name = child(node, "variable_declaration");
                if child(node, "modifiers").is_some_and(|m| has_word(self.text(m), "const")) {
                    defined.kind = Constant;
                }
            }
            (Language::Kotlin, "class_declaration") => {
                let head = self.text.get(node.start_byte()..field(Field::Name)?.start_byte())?;
                let kinds = [("interface", Interface), ("enum", Enum)];
                defined.kind = kinds.iter().find(|(word, _)| has_word(head, word)).map_or(kind, |(_, k)| *k);
            }
            (Language::Kotlin, "type_alias") => name = field(Field::Type),
            _ => {}
        }
        let is_init = self.table.kind(node) == "init_declaration";
        let name = if is_init { name } else { self.name(name.unwrap_or(node)) }?;
        (self.text(name) != "_").then(|| defined.names.push(name))?;
        Some(defined)
    }

    /// The identifier in a node: its `name`, or what its declarators lead to.
    fn name<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        let mut at = node;
        for _ in 0..DEEPEST_NAME {
            if self.table.role(at.kind_id()).is_name {
                return Some(at);
            }
            let fields = [Field::Name, Field::Declarator, Field::Left, Field::BoundIdentifier];
            at = match fields.iter().find_map(|f| self.table.child(at, *f)) {
                Some(next) => next,
                None => at.named_child(0)?,
            };
        }
        None
    }

    fn script<'t>(&self, node: Node<'t>, kind: DefinitionKind) -> Option<Defined<'t>> {
        let field = |field: Field| self.table.child(node, field);
        let mut defined = Defined { kind, names: Vec::new(), function: None, receiver: None };
        let value = field(Field::Value).or_else(|| field(Field::Right));
        let is_function =
            |n: &Node| matches!(n.kind(), "arrow_function" | "function_expression" | "generator_function");
        let function = value.filter(is_function);
        let name = match self.table.kind(node) {
            "variable_declarator" => {
                if self.is_local || !matches!(self.parent(2), "program" | "export_statement" | "ambient_declaration") {
                    return None;
                }
                let is_const = self.text.get(self.wrapper..).is_some_and(|t| t.starts_with("const"));
                defined.kind = match (function, value) {
                    (Some(_), _) => Function,
                    (_, Some(value)) if self.table.kind(value) == "class" => Class,
                    _ if is_const => Constant,
                    _ => kind,
                };
                field(Field::Name).filter(|n| n.kind() == "identifier")?
            }
            "assignment_expression" => {
                if self.is_local || self.parent(1) != "expression_statement" {
                    return None;
                }
                function?;
                defined.kind = Function;
                self.table.child(field(Field::Left)?, Field::Property)?
            }
            "field_definition" | "public_field_definition" => {
                function?;
                field(Field::Property).or_else(|| field(Field::Name))?
            }
            "method_definition" | "method_signature" => {
                if !matches!(self.parent(1), "class_body" | "interface_body") {
                    return None;
                }
                field(Field::Name)?
            }
            _ => field(Field::Name)?,
        };
        if !self.table.role(name.kind_id()).is_name {
            return None;
        }
        defined.names.push(name);
        defined.function = function;
        Some(defined)
    }

    fn c<'t>(&self, node: Node<'t>, kind: DefinitionKind) -> Option<Defined<'t>>
    where
        's: 't,
    {
        let field = |field: Field| self.table.child(node, field);
        let mut defined = Defined { kind, names: Vec::new(), function: None, receiver: None };
        let name = match self.table.kind(node) {
            "function_definition" | "field_declaration" | "declaration" => {
                let is_member =
                    self.parent(1) == "field_declaration_list" || self.parent(2) == "field_declaration_list";
                if self.table.kind(node) != "function_definition" && !is_member {
                    return None;
                }
                let declarator = self.function_declarator(node)?;
                defined.function = Some(declarator);
                let declarator = self.table.child(declarator, Field::Declarator)?;
                if self.table.kind(declarator) == "qualified_identifier" {
                    let scope = self.text(declarator).rsplit_once("::").map_or("", |(scope, _)| scope);
                    defined.receiver = Some(type_name(scope)).filter(|r| !r.is_empty());
                }
                // A function pointer among the members is none.
                if self.table.kind(declarator) == "parenthesized_declarator"
                    && self.table.kind(node) != "function_definition"
                {
                    return None;
                }
                self.name(declarator)?
            }
            "struct_specifier" | "union_specifier" | "class_specifier" | "enum_specifier" => {
                field(Field::Body)?;
                self.name(field(Field::Name)?)?
            }
            "type_definition" => {
                let of = field(Field::Type);
                let inner = of.filter(|t| self.table.child(*t, Field::Body).is_some());
                let name = self.name(field(Field::Declarator)?)?;
                match inner.map(|t| (self.table.child(t, Field::Name), t.kind())) {
                    Some((Some(tag), _)) if self.text(tag) == self.text(name) => return None,
                    Some((None, "enum_specifier")) => defined.kind = Enum,
                    Some((None, _)) => defined.kind = Struct,
                    _ => {}
                }
                name
            }
            "init_declarator" => {
                if self.is_local || self.parent(1) != "declaration" {
                    return None;
                }
                let name = self.name(field(Field::Declarator)?)?;
                let head = self.text.get(self.wrapper..name.start_byte()).unwrap_or("");
                if has_word(head, "const") || has_word(head, "constexpr") {
                    defined.kind = Constant;
                }
                name
            }
            "preproc_def" => {
                field(Field::Value)?;
                field(Field::Name)?
            }
            _ => field(Field::Name)?,
        };
        defined.names.push(name);
        Some(defined)
    }

    /// The declarator of a function that a declaration leads to, through pointers and references.
    fn function_declarator<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        let mut at = self.table.child(node, Field::Declarator)?;
        for _ in 0..DEEPEST_NAME {
            if self.table.kind(at) == "function_declarator" {
                // `int (*f(void))(int)`: the inner one has the name.
                let inner = self.table.child(at, Field::Declarator).filter(|d| d.kind() == "parenthesized_declarator");
                match inner.and_then(|d| d.named_child(0)).and_then(|d| self.table.child(d, Field::Declarator)) {
                    Some(inner) if self.table.kind(inner) == "function_declarator" => at = inner,
                    _ => return Some(at),
                }
            } else if self.table.kind(at) == "init_declarator" {
                return None;
            } else {
                at = self.table.child(at, Field::Declarator).or_else(|| at.named_child(0))?;
            }
        }
        None
    }

    /// The head of a definition from byte `start` on, without its body, on one line.
    pub(super) fn signature(&self, node: Node, start: usize, defined: &Defined) -> String {
        let function = defined.function.filter(|f| self.table.child(*f, Field::Body).is_some()).unwrap_or(node);
        let is_plain = matches!(defined.kind, DefinitionKind::Variable | Constant | DefinitionKind::Macro | Type);
        // These grammars do not call a body one.
        let has_no_field = matches!(self.language, Language::Swift | Language::Kotlin) && !is_plain;
        let named = ["class_body", "enum_class_body", "function_body", "protocol_body"];
        let body = self
            .table
            .child(function, Field::Body)
            .or_else(|| named.iter().filter(|_| has_no_field).find_map(|k| child(function, k)))
            .filter(|_| !is_plain || function != node);
        let macro_value =
            self.table.child(node, Field::Value).filter(|_| self.table.kind(node) == "preproc_function_def");
        // What has no body there ends with `end`.
        let is_empty = self.language == Language::Ruby && body.is_none() && !is_plain;
        let named_child = |at: usize| node.named_child(u32::try_from(at).ok()?);
        let last = || (0..node.named_child_count()).rev().filter_map(named_child).find(|child| !child.is_extra());
        let end = match is_empty.then(last).flatten() {
            Some(last) => last.end_byte(),
            None => body.or(macro_value).map_or(node.end_byte(), |b| b.start_byte()),
        };
        let text = self.text.get(start..end.max(start)).unwrap_or("");
        let is_python = self.language == Language::Python;
        let text = match text.find('{') {
            Some(brace) if self.table.kind(node) == "macro_definition" => &text[..brace],
            Some(brace) if body.is_none() && !is_python && !is_plain && !is_empty => &text[..brace],
            // A table or a long text: its name and type tell enough.
            _ if is_plain && text.contains('\n') => text.split_once('=').map_or(text, |(head, _)| head),
            _ => text,
        };
        let has_directives =
            matches!(self.language, Language::C | Language::Cpp) && defined.kind != DefinitionKind::Macro;
        let text = if has_directives { prose::without_directives(text) } else { Cow::Borrowed(text) };
        let mut line = prose::one_line(&text, MOST_SIGNATURE);
        let has_gaps = || line.as_bytes().windows(2).any(|pair| matches!(pair, b"( " | b" )" | b",)"));
        if text.contains('\n') && has_gaps() {
            line = line.replace("( ", "(").replace(" )", ")").replace(",)", ")");
        }
        // Words that stand once before a group.
        let group = if start == node.start_byte() { self.parent(1) } else { "" };
        match (self.language, group) {
            (Language::Go, "const_declaration") => line.insert_str(0, "const "),
            (Language::Go, "var_spec_list" | "var_declaration") => line.insert_str(0, "var "),
            (Language::Go, "type_declaration") => line.insert_str(0, "type "),
            (Language::C | Language::Cpp, _) if line.starts_with("typedef") && !is_plain => {
                let name = defined.names.first().map_or("", |n| self.text(*n));
                line = format!("{} {{ … }} {name}", line.trim_end());
            }
            _ => {}
        }
        let line = line.trim_end_matches([' ', '{', ';', ',', '\\']);
        let line = line.strip_suffix('=').unwrap_or(line);
        line.trim_end_matches(|c| c == ' ' || (c == ':' && is_python)).to_owned()
    }

    /// Where the head begins behind decorators, annotations and attributes.
    pub(super) fn head_start(&self, node: Node) -> usize {
        // None of those begins with a letter.
        if self.text.as_bytes().get(node.start_byte()).is_some_and(u8::is_ascii_alphabetic) {
            return node.start_byte();
        }
        let mut at = node.child(0);
        let mut steps = 0;
        while let Some(inner) = at.filter(|_| steps < 4 * DEEPEST_NAME) {
            steps += 1;
            let is_lead = |n: Node| self.table.role(n.kind_id()).is_lead || self.table.role(n.kind_id()).is_comment;
            at = match inner.child(0) {
                _ if is_lead(inner) => inner.next_sibling(),
                Some(first) if is_lead(first) && inner.kind().ends_with("modifiers") => {
                    let mut cursor = inner.walk();
                    match inner.children(&mut cursor).find(|n| !is_lead(*n)) {
                        Some(word) => return word.start_byte(),
                        None => inner.next_sibling(),
                    }
                }
                _ => return inner.start_byte(),
            };
        }
        node.start_byte()
    }
}

fn child<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).find(|n| n.kind() == kind)
}
