//! What the walk does at a node that defines, imports, or changes what follows.

use super::head::Defined;
use super::table::Field;
use super::{Frame, Walk, Wrapper, is_type, row};
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind::{self, Class, Function, Interface, Macro, Method};
use crate::domain::outline::{Definition, Import};
use crate::syntax::convention::{is_entry, is_visible, type_name};
use crate::syntax::{import, prose, saturate};
use tree_sitter::Node;

impl Walk<'_> {
    pub(super) fn wrap(&mut self, node: Node) {
        let depth = self.path.len();
        self.wrapper_at = node.start_byte();
        // A group in parentheses: each of its members stands by itself.
        let is_group = |at| node.child(at).is_some_and(|c| self.table.kind(c) == "(");
        if self.language == Language::Go && (is_group(0) || is_group(1)) {
            self.wrapper = None;
            self.lead = None;
            return;
        }
        if let Some(wrapper) = self.wrapper.as_mut().filter(|w| w.depth + 1 == depth) {
            wrapper.depth = depth;
            return;
        }
        let row = node.start_position().row;
        let lead = self.take_lead(row);
        let row = lead.as_ref().map_or(row, |l| l.rows.0);
        let head = self.place().head_start(node);
        self.wrapper = Some(Wrapper { depth, row, head, lead });
    }

    pub(super) fn define(&mut self, node: Node<'_>, defined: &Defined<'_>) {
        let depth = self.path.len();
        let mut first = node.start_position().row;
        let mut start = self.place().head_start(node);
        let mut lead = self.take_lead(first);
        if let Some(lead) = &lead {
            first = first.min(lead.rows.0);
        }
        if let Some(wrapper) = self.wrapper.take().filter(|w| w.depth + 1 == depth) {
            first = first.min(wrapper.row);
            start = start.min(wrapper.head);
            // A decorator between is a lead of its own.
            lead = wrapper.lead.or(lead);
        }
        let last = node.end_position();
        let last = if last.column == 0 && last.row > first { last.row - 1 } else { last.row };
        let place = self.place();
        let signature = place.signature(node, start, defined);
        let typed = place.typed(node, defined);
        let doc = match &lead {
            _ if self.language == Language::Python => place.docstring(node).unwrap_or(""),
            Some(lead) => self.text.get(lead.doc.0..lead.doc.1).unwrap_or(""),
            None => "",
        };
        let is_doc = self.language != Language::Rust || doc.starts_with("///") || doc.starts_with("/**");
        let doc = if is_doc { prose::first_sentence(doc) } else { String::new() };
        let container = self.frames.last().map(|f| (f.index, f.kind));
        let is_member = self.frames.last().is_some_and(|f| is_type(f.kind));
        let receiver = defined.receiver.and_then(|r| self.types.get(r).copied());
        let kind = match defined.kind {
            Function if is_member || (defined.receiver.is_some()) => Method,
            kind => kind,
        };
        let is_open = self.is_open();
        let outer_is_visible = container
            .and_then(|(index, _)| index)
            .and_then(|i| self.definitions.get(i as usize))
            .is_none_or(|d| d.exported);
        let is_interface = container.is_some_and(|(_, kind)| kind == Interface);
        // `export const a = 1, b = 2`
        let is_listed = defined.kind != Method && self.place().parent(2) == "export_statement";
        let first_index = self.definitions.len();
        for name in &defined.names {
            let written = self.text_of(*name);
            let from = lead.as_ref().map_or(start, |l| if kind == Macro { l.bytes.0 } else { start });
            let head = self.text.get(from.min(name.start_byte())..name.start_byte()).unwrap_or("");
            let can_be_seen = is_interface || is_listed || is_visible(self.language, head, written, is_member);
            self.entry_point |= is_entry(self.language, kind, written, head, is_member);
            if self.table.role(name.kind_id()).is_name {
                self.name_at.push(name.start_byte());
            }
            if is_type(kind) {
                self.types.insert(written, saturate(self.definitions.len()));
            }
            self.definitions.push(Definition {
                name: written.to_owned(),
                kind,
                container: receiver.or(container.and_then(|(index, _)| index)),
                lines: (row(first), row(last)),
                signature: signature.clone(),
                doc: doc.clone(),
                exported: can_be_seen && is_open && outer_is_visible,
                complexity: u16::from(matches!(kind, Function | Method)),
                typed,
            });
        }
        let has_body =
            !matches!(kind, DefinitionKind::Constant | DefinitionKind::Variable | DefinitionKind::Type | Macro);
        if has_body {
            // Members of a C++ class are its own until it says otherwise.
            let is_open = self.table.kind(node) != "class_specifier";
            let index = Some(saturate(first_index));
            let is_outer_open = self.is_open();
            self.frames.push(Frame { depth, index, kind, decisions: 0, is_open, is_outer_open });
        }
    }

    /// What follows belongs to a type that is defined elsewhere, or before.
    pub(super) fn own(&mut self, node: Node) {
        let is_extension = self.language == Language::Swift;
        let written =
            self.table.child(node, if is_extension { Field::Name } else { Field::Type }).map(|t| self.text_of(t));
        let index = match written {
            Some(written) => self.types.get(type_name(written)).copied(),
            None => self.frames.last().and_then(|f| f.index),
        };
        // What a trait asks for is as visible as the trait.
        let kind = if self.table.child(node, Field::Trait).is_some() { Interface } else { Class };
        let is_outer_open = self.is_open();
        self.frames.push(Frame { depth: self.path.len(), index, kind, decisions: 0, is_open: true, is_outer_open });
        self.lead = None;
    }

    pub(super) fn import(&mut self, node: Node) {
        let text = self.text_of(node);
        let is_import = match (self.language, self.table.kind(node)) {
            (Language::JavaScript | Language::TypeScript, "export_statement") => {
                self.table.child(node, Field::Source).is_some()
            }
            (Language::JavaScript | Language::TypeScript, "call_expression") => {
                text.starts_with("require(") || text.starts_with("import(")
            }
            (Language::Rust, "mod_item") => self.table.child(node, Field::Body).is_none(),
            (Language::Ruby, _) => text.starts_with("require ") || text.starts_with("require_relative "),
            _ => true,
        };
        if is_import {
            let text = import::clip(text, &mut self.import_bytes);
            let imports = &mut self.imports;
            import::read(self.language, text, row(node.start_position().row), &mut |target, names, line| {
                let names = names.iter().map(|n| (*n).to_owned()).collect();
                imports.push(Import { target: target.to_owned(), names, line });
            });
        }
    }

    /// What single languages do by their own ways.
    pub(super) fn peculiar(&mut self, node: Node) {
        match (self.language, self.table.kind(node)) {
            (Language::Python, "expression_statement") => {
                if let Some(string) = node.named_child(0).filter(|n| n.kind() == "string") {
                    prose::words(self.text_of(string), |word| self.words.add(word, 0));
                }
            }
            (Language::Cpp, "access_specifier") if self.place().parent(1) == "field_declaration_list" => {
                let is_open = !self.text_of(node).starts_with("private");
                if let Some(frame) = self.frames.last_mut() {
                    frame.is_open = is_open;
                }
            }
            (Language::Python, "if_statement") => {
                self.entry_point |= self.text_of(node).starts_with("if __name__ ==");
            }
            (Language::JavaScript | Language::TypeScript, "export_statement") => {
                let clause = node.named_child(0).filter(|c| c.kind() == "export_clause");
                if let Some(clause) = clause.filter(|_| self.table.child(node, Field::Source).is_none()) {
                    self.exports_until = clause.end_byte();
                }
            }
            (Language::JavaScript | Language::TypeScript, "assignment_expression") => {
                let right =
                    self.table.child(node, Field::Right).filter(|r| matches!(r.kind(), "object" | "identifier"));
                let text = self.text_of(node);
                let is_export = text.starts_with("module.exports") || text.starts_with("exports.");
                if let Some(right) = right.filter(|_| is_export) {
                    self.exports_until = right.end_byte();
                }
            }
            _ => {}
        }
    }
}
