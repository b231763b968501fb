//! The exact outline: one walk over a syntax tree with a cursor. Depth costs no stack, a text that takes too long to parse is
//! given up, and what a node means is the table's to say.

mod coverage;
mod define;
mod head;
mod row;

use super::convention::{dialect, has_shebang};
use super::tally::{Names, Tally};
use super::{import, prose, saturate, tree};
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind::{Class, Enum, Function, Interface, Method, Struct};
use crate::domain::outline::{Definition, DefinitionKind, Import, Outline, Tier};
use head::Place;
use memchr::memmem;
use row::{Role, Table, table};
use std::collections::HashSet;
use tree_sitter::{Node, Tree};

/// The outline of a text by its grammar; `None` without a grammar, or if parsing takes too long.
///
/// What is called C and holds C++, as headers may, is read as C++.
pub fn outline(language: Language, path: &str, text: &str) -> Option<Outline> {
    outline_and_tree(language, path, text).map(|(outline, _, _)| outline)
}

/// The same with the tree it was read from and the language that tree is of, for whoever measures more.
pub fn outline_and_tree(language: Language, path: &str, text: &str) -> Option<(Outline, Tree, Language)> {
    let read_as = dialect(language, text);
    let table = table(read_as, path)?;
    let tree = tree::parse(&table.grammar, text)?;
    let mut walk = Walk::new(read_as, table, text);
    walk.run(&tree);
    Some((Outline { language, ..walk.outline() }, tree, read_as))
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
    /// Whether others can name what stands around it.
    is_outer_open: bool,
}

struct Walk<'t> {
    language: Language,
    table: &'static Table,
    text: &'t str,
    path: Vec<u16>,
    frames: Vec<Frame>,
    blocks: usize,
    lead: Option<Lead>,
    /// Where the last decorator or attribute ends.
    lead_until: usize,
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
    /// How many bytes of imports may still be read, as nodes lie within each other.
    import_bytes: usize,
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
            lead_until: 0,
            wrapper: None,
            wrapper_at: 0,
            name_at: Vec::new(),
            types: Names::default(),
            references: Tally::of(text),
            words: Tally::of(text),
            comment_lines: 0,
            definitions: Vec::new(),
            imports: Vec::new(),
            import_bytes: import::allowance(text),
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
            if role.is_busy {
                self.enter(node, role);
            }
            let is_leaf = role.is_leaf || role.is_closed && !has_error && self.is_plain(node);
            if !is_leaf && cursor.goto_first_child() {
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
        let defined = role.definition.and_then(|kind| self.place().defined(node, kind));
        // A name that the grammar missed is empty.
        match defined.filter(|d| d.names.iter().all(|n| !n.byte_range().is_empty())) {
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

    /// Whether no code is written into it, if it is a string: `f"{code}"`, `"\{code}"`.
    fn is_plain(&self, node: Node) -> bool {
        let text = self.text_of(node).as_bytes();
        match self.language {
            Language::Python => {
                text.iter().take_while(|byte| byte.is_ascii_alphabetic()).all(|byte| b"bBrRuU".contains(byte))
            }
            Language::Java => memmem::find(text, b"\\{").is_none(),
            _ => true,
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

    /// Whether others can name what stands here, as far as what it stands in goes.
    fn is_open(&self) -> bool {
        self.frames.last().is_none_or(|f| f.is_open && f.is_outer_open && !matches!(f.kind, Function | Method))
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
        let line_start = start.saturating_sub(node.start_position().column);
        let is_alone = self.text.get(line_start..start).unwrap_or("").trim_start_matches('\u{feff}').trim().is_empty();
        if role.is_comment {
            let text = self.text_of(node);
            prose::words(text, |word| self.words.add(word, 0));
            let behind = self.text.as_bytes().get(end..).unwrap_or_default();
            let next = behind.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r'));
            let ends_line = ends.column == 0 || next.is_none_or(|b| *b == b'\n');
            if is_alone {
                let covered = text.lines().filter(|l| !l.trim().is_empty()).count();
                self.comment_lines += if ends_line { covered } else { covered.saturating_sub(1) };
            }
        }
        // A comment within an attribute.
        if start < self.lead_until {
            return;
        }
        self.lead_until = if role.is_lead { end } else { 0 };
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

    fn outline(self) -> Outline {
        let mut definitions = self.definitions;
        for definition in definitions.iter_mut().filter(|d| d.container.is_none()) {
            definition.exported |= self.exports.contains(definition.name.as_str());
        }
        let (lines, full) = prose::lines(self.text);
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
