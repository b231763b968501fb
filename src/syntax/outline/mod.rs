//! The exact outline: one walk over a syntax tree with a cursor. Depth costs no stack, a text that takes too long to parse is
//! given up, and what a node means is the table's to say.

mod head;
mod row;

use super::convention::{dialect, has_shebang, is_entry, is_visible, type_name};
use super::tally::{Names, Tally};
use super::{import, prose, saturate, tree};
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind::{Class, Enum, Function, Interface, Macro, Method, Struct};
use crate::domain::outline::{Definition, DefinitionKind, Import, Outline, Tier};
use head::{Defined, Place};
use row::{Role, Table, table};
use std::collections::HashSet;
use tree_sitter::{Node, Tree};

/// The outline of a text by its grammar; `None` without a grammar, or if parsing takes too long.
///
/// What is called C and holds C++, as headers may, is read as C++.
pub fn outline(language: Language, path: &str, text: &str) -> Option<Outline> {
    let read_as = dialect(language, text);
    let table = table(read_as, path)?;
    let tree = tree::parse(&table.grammar, text)?;
    let mut walk = Walk::new(read_as, table, text);
    walk.run(&tree);
    Some(Outline { language, ..walk.outline() })
}

/// Comments and attributes right before something.
struct Lead {
    rows: (usize, usize),
    /// Its first run of comments.
    doc: (usize, usize),
    /// Its attributes and comments, whole.
    bytes: (usize, usize),
    is_doc_open: bool,
}

/// `export`, `template<…>` and the like around a definition.
struct Wrapper {
    depth: usize,
    row: usize,
    /// Where its words begin behind decorators.
    head: usize,
    lead: Option<Lead>,
}

/// A definition that the walk is in.
struct Frame {
    depth: usize,
    index: Option<u32>,
    kind: DefinitionKind,
    decisions: i32,
    /// Whether members that follow can be named by others: C++'s `private:`, Ruby's `private`.
    is_open: bool,
}

struct Walk<'t> {
    language: Language,
    table: &'static Table,
    text: &'t str,
    path: Vec<u16>,
    frames: Vec<Frame>,
    blocks: usize,
    lead: Option<Lead>,
    wrapper: Option<Wrapper>,
    /// Where the innermost wrapper begins.
    wrapper_at: usize,
    /// Where the name of the last definition begins: it is no reference.
    name_at: Vec<usize>,
    types: Names<'t, u32>,
    references: Tally<'t>,
    words: Tally<'t>,
    /// Lines that hold nothing but a comment.
    comment_lines: usize,
    definitions: Vec<Definition>,
    imports: Vec<Import>,
    /// Names that an export list holds, and until which byte names belong to one.
    exports: HashSet<&'t str>,
    exports_until: usize,
    entry_point: bool,
    is_broken: bool,
}

impl<'t> Walk<'t> {
    fn new(language: Language, table: &'static Table, text: &'t str) -> Walk<'t> {
        Walk {
            language,
            table,
            text,
            path: Vec::new(),
            frames: Vec::new(),
            blocks: 0,
            lead: None,
            wrapper: None,
            wrapper_at: 0,
            name_at: Vec::new(),
            types: Names::default(),
            references: Tally::default(),
            words: Tally::default(),
            comment_lines: 0,
            definitions: Vec::new(),
            imports: Vec::new(),
            exports: HashSet::new(),
            exports_until: 0,
            entry_point: has_shebang(text),
            is_broken: false,
        }
    }

    fn run(&mut self, tree: &Tree) {
        let mut cursor = tree.walk();
        let has_error = tree.root_node().has_error();
        loop {
            let node = cursor.node();
            let kind = node.kind_id();
            // A hidden token that is missed (a line end) is in no node, and several grammars miss some that are not needed.
            self.is_broken |= has_error && (node.is_error() || node.is_missing());
            let role = self.table.role(kind);
            if role != Role::default() {
                self.enter(node, role);
            }
            if !role.is_comment && cursor.goto_first_child() {
                self.path.push(kind);
                continue;
            }
            self.leave(role);
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                let parent = self.path.pop().unwrap_or_default();
                self.leave(self.table.role(parent));
            }
        }
    }

    fn enter(&mut self, node: Node<'_>, role: Role) {
        if role.is_name {
            return self.name(node);
        }
        if role.is_comment || role.is_lead {
            self.extend_lead(node, role);
        }
        if role.decision != 0 && !self.is_wildcard(node) {
            self.decide(i32::from(role.decision));
        }
        if role.is_import {
            self.import(node);
        }
        match role.definition.and_then(|kind| self.place().defined(node, kind)) {
            Some(defined) => self.define(node, &defined),
            None if role.is_wrapper => self.wrap(node),
            None if role.is_owner => self.own(node),
            None => {}
        }
        if role.is_block {
            self.blocks += 1;
        }
        if role.is_peculiar {
            self.peculiar(node);
        }
    }

    fn leave(&mut self, role: Role) {
        if role.is_block {
            self.blocks -= 1;
        }
        if self.frames.last().is_some_and(|f| f.depth == self.path.len())
            && let Some(frame) = self.frames.pop()
            && matches!(frame.kind, Function | Method)
            && let Some(definition) = frame.index.and_then(|i| self.definitions.get_mut(i as usize))
        {
            definition.complexity = u16::try_from(frame.decisions.max(0) + 1).unwrap_or(u16::MAX);
        }
    }

    fn place(&self) -> Place<'_, 't> {
        Place {
            table: self.table,
            language: self.language,
            text: self.text,
            path: &self.path,
            is_local: self.blocks > 0,
            wrapper: self.wrapper_at,
        }
    }

    fn text_of(&self, node: Node) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    fn name(&mut self, node: Node) {
        let start = node.start_byte();
        if let Some(i) = self.name_at.iter().position(|at| *at == start) {
            self.name_at.swap_remove(i);
            return;
        }
        let name = self.text_of(node);
        if start < self.exports_until {
            self.exports.insert(name);
        }
        if self.language == Language::Ruby && matches!(name, "private" | "protected" | "public") {
            // By itself, as a statement of a class's body.
            let is_statement = self.frames.last().is_some_and(|f| f.depth + 2 == self.path.len());
            if let Some(frame) = self.frames.last_mut().filter(|_| is_statement) {
                frame.is_open = name == "public";
            }
        }
        self.references.add(name, row(node.start_position().row));
    }

    /// Python's `case _:` is an `else`.
    fn is_wildcard(&self, node: Node) -> bool {
        self.language == Language::Python && node.kind() == "case_clause" && {
            let rest = self.text_of(node).trim_start_matches("case").trim_start();
            rest.strip_prefix('_').is_some_and(|r| r.trim_start().starts_with(':'))
        }
    }

    fn decide(&mut self, decisions: i32) {
        if let Some(frame) = self.frames.last_mut() {
            frame.decisions += decisions;
        }
    }

    fn extend_lead(&mut self, node: Node, role: Role) {
        let (start, end) = (node.start_byte(), node.end_byte());
        let first = node.start_position().row;
        // Some grammars count the line end to the comment.
        let ends = node.end_position();
        let last = if ends.column == 0 && ends.row > first { ends.row - 1 } else { ends.row };
        let line_start = self.text[..start].rfind('\n').map_or(0, |i| i + 1);
        let is_alone = self.text[line_start..start].trim_start_matches('\u{feff}').trim().is_empty();
        if role.is_comment {
            let text = self.text_of(node);
            prose::words(text, |word| self.words.add(word, 0));
            let behind = self.text.get(end..).unwrap_or("");
            let ends_line = ends.column == 0 || behind.lines().next().unwrap_or("").trim().is_empty();
            if is_alone {
                let covered = text.lines().filter(|l| !l.trim().is_empty()).count();
                self.comment_lines += if ends_line { covered } else { covered.saturating_sub(1) };
            }
        }
        match &mut self.lead {
            Some(lead) if lead.rows.1 == first || (is_alone && lead.rows.1 + 1 == first) => {
                lead.rows.1 = last;
                lead.bytes.1 = end;
                if role.is_comment && lead.is_doc_open {
                    lead.doc.1 = end;
                }
                lead.is_doc_open &= role.is_comment;
            }
            _ if is_alone => {
                let doc = if role.is_comment { (start, end) } else { (start, start) };
                let is_doc_open = role.is_comment;
                self.lead = Some(Lead { rows: (first, last), doc, bytes: (start, end), is_doc_open });
            }
            _ => self.lead = None,
        }
    }

    /// The lead that ends right before `row`.
    fn take_lead(&mut self, row: usize) -> Option<Lead> {
        self.lead.take().filter(|l| l.rows.1 + 1 == row || l.rows.1 == row)
    }

    fn wrap(&mut self, node: Node) {
        let depth = self.path.len();
        self.wrapper_at = node.start_byte();
        // A group in parentheses: each of its members stands by itself.
        if node.child(0).is_some_and(|c| c.kind() == "(") || node.child(1).is_some_and(|c| c.kind() == "(") {
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

    fn define(&mut self, node: Node<'_>, defined: &Defined<'_>) {
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
        let container =
            self.frames.iter().rev().find(|f| f.index.is_some() || is_type(f.kind)).map(|f| (f.index, f.kind));
        let is_member = self.frames.last().is_some_and(|f| is_type(f.kind));
        let receiver = defined.receiver.and_then(|r| self.types.get(r).copied());
        let kind = match defined.kind {
            Function if is_member || (defined.receiver.is_some()) => Method,
            kind => kind,
        };
        let is_open = self.frames.iter().all(|f| f.is_open && !matches!(f.kind, Function | Method));
        let outer_is_visible = container
            .and_then(|(index, _)| index)
            .and_then(|i| self.definitions.get(i as usize))
            .is_none_or(|d| d.exported);
        let is_interface = container.is_some_and(|(_, kind)| kind == Interface);
        let first_index = self.definitions.len();
        for name in &defined.names {
            let written = self.text_of(*name);
            let from = lead.as_ref().map_or(start, |l| if kind == Macro { l.bytes.0 } else { start });
            let head = self.text.get(from.min(name.start_byte())..name.start_byte()).unwrap_or("");
            let can_be_seen = is_interface || is_visible(self.language, head, written, is_member);
            self.entry_point |= is_entry(self.language, kind, written, head, is_member);
            self.name_at.push(name.start_byte());
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
            let is_open = node.kind() != "class_specifier";
            self.frames.push(Frame { depth, index: Some(saturate(first_index)), kind, decisions: 0, is_open });
        }
    }

    /// What follows belongs to a type that is defined elsewhere, or before.
    fn own(&mut self, node: Node) {
        let is_extension = self.language == Language::Swift;
        let written = node.child_by_field_name(if is_extension { "name" } else { "type" }).map(|t| self.text_of(t));
        let index = match written {
            Some(written) => self.types.get(type_name(written)).copied(),
            None => self.frames.last().and_then(|f| f.index),
        };
        // What a trait asks for is as visible as the trait.
        let kind = if node.child_by_field_name("trait").is_some() { Interface } else { Class };
        self.frames.push(Frame { depth: self.path.len(), index, kind, decisions: 0, is_open: true });
        self.lead = None;
    }

    fn import(&mut self, node: Node) {
        let text = self.text_of(node);
        let is_import = match (self.language, node.kind()) {
            (Language::JavaScript | Language::TypeScript, "export_statement") => {
                node.child_by_field_name("source").is_some()
            }
            (Language::JavaScript | Language::TypeScript, "call_expression") => {
                text.starts_with("require(") || text.starts_with("import(")
            }
            (Language::Rust, "mod_item") => node.child_by_field_name("body").is_none(),
            (Language::Ruby, _) => text.starts_with("require ") || text.starts_with("require_relative "),
            _ => true,
        };
        if is_import {
            let imports = &mut self.imports;
            import::read(self.language, text, row(node.start_position().row), &mut |target, names, line| {
                let names = names.iter().map(|n| (*n).to_owned()).collect();
                imports.push(Import { target: target.to_owned(), names, line });
            });
        }
    }

    /// What single languages do by their own ways.
    fn peculiar(&mut self, node: Node) {
        match (self.language, node.kind()) {
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
                if let Some(clause) = clause.filter(|_| node.child_by_field_name("source").is_none()) {
                    self.exports_until = clause.end_byte();
                }
            }
            (Language::JavaScript | Language::TypeScript, "assignment_expression") => {
                let right = node.child_by_field_name("right").filter(|r| matches!(r.kind(), "object" | "identifier"));
                let text = self.text_of(node);
                let is_export = text.starts_with("module.exports") || text.starts_with("exports.");
                if let Some(right) = right.filter(|_| is_export) {
                    self.exports_until = right.end_byte();
                }
            }
            _ => {}
        }
    }

    fn outline(self) -> Outline {
        let mut definitions = self.definitions;
        for definition in definitions.iter_mut().filter(|d| d.container.is_none()) {
            definition.exported |= self.exports.contains(definition.name.as_str());
        }
        let mut lines = 0;
        let mut full = 0;
        for line in self.text.lines() {
            lines += 1;
            full += usize::from(!line.trim().is_empty());
        }
        Outline {
            language: self.language,
            tier: Tier::Exact,
            lines: (saturate(lines), saturate(full.saturating_sub(self.comment_lines))),
            definitions,
            references: self.references.references(),
            imports: self.imports,
            words: self.words.words(),
            entry_point: self.entry_point,
            broken: self.is_broken,
        }
    }
}

fn is_type(kind: DefinitionKind) -> bool {
    matches!(kind, Class | Struct | Enum | Interface)
}

fn row(row: usize) -> u32 {
    saturate(row + 1)
}
