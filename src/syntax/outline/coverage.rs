//! How much of a definition is typed, and where a docstring stands, in languages where both are the writer's choice.

use super::head::{Defined, Place};
use super::table::Field;
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind::{Function, Method};
use tree_sitter::Node;

impl<'s> Place<'_, 's> {
    /// Parameters and results with a type, and all.
    pub(super) fn typed(&self, node: Node, defined: &Defined) -> (u16, u16) {
        let has_types = matches!(self.language, Language::Python | Language::TypeScript | Language::Php);
        if !has_types || !matches!(defined.kind, Function | Method) {
            return (0, 0);
        }
        let function = defined.function.unwrap_or(node);
        let (mut typed, mut all) = (0_u16, 0_u16);
        let mut count = |has_type: bool| {
            typed = typed.saturating_add(u16::from(has_type));
            all = all.saturating_add(1);
        };
        if let Some(parameters) = self.table.child(function, Field::Parameters) {
            let mut cursor = parameters.walk();
            for parameter in parameters.named_children(&mut cursor) {
                let is_none =
                    matches!(self.table.kind(parameter), "comment" | "keyword_separator" | "positional_separator");
                let is_self = matches!(self.text(parameter), "self" | "cls" | "this");
                if !is_none && !is_self {
                    count(self.has_type(parameter, Field::Type));
                }
            }
        } else if self.table.child(function, Field::Parameter).is_some() {
            count(false);
        }
        let name = defined.names.first().map_or("", |n| self.text(*n));
        if !matches!(name, "constructor" | "__construct") {
            count(self.has_type(function, Field::ReturnType));
        }
        (typed, all)
    }

    /// Whether a type stands there that says something: `any` and `Any` allow everything, as no type does.
    fn has_type(&self, node: Node, field: Field) -> bool {
        let written = self.table.child(node, field).map(|written| self.text(written));
        let written = written.map(|text| text.trim_start_matches(':').trim());
        match self.language {
            Language::Python => written.is_some_and(|text| !matches!(text, "Any" | "typing.Any" | "t.Any")),
            Language::TypeScript => written.is_some_and(|text| text != "any"),
            _ => written.is_some(),
        }
    }

    /// The string that a Python body begins with.
    pub(super) fn docstring(&self, node: Node) -> Option<&'s str> {
        let first = self.table.child(node, Field::Body)?.named_child(0)?;
        let string = if self.table.kind(first) == "expression_statement" { first.named_child(0)? } else { first };
        (self.table.kind(string) == "string").then(|| self.text(string))
    }
}
