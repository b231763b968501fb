//! The exact outline: one walk over a syntax tree with a cursor. Depth costs no stack, a text that takes too long to parse is
//! given up, and what a node means is the table's to say.

mod coverage;
mod define;
mod head;
mod mend;
mod row;
mod table;

use super::convention::{dialect, has_shebang};
use super::tally::{Names, Tally};
use super::{import, prose, saturate, tree};
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind::{Class, Enum, Function, Interface, Method, Struct};
use crate::domain::outline::{Definition, DefinitionKind, Import, Outline, Tier};
use head::Place;
use std::collections::HashSet;
use table::{Role, Table, table};
use tree_sitter::{Node, Tree};

/// The outline of a text by its grammar; `None` without a grammar, or if parsing takes too long.
///
/// What is called C and holds C++, as headers may, is read as C++. Where an error cost the grammar most of the definitions, they are those of
/// a scan, whose complexity and types are not known.
pub fn outline(language: Language, path: &str, text: &str) -> Option<Outline> {
    let (outline, ..) = outline_and_tree(language, path, text)?;
    Some(mend::mended(language, text, outline))
}

/// What the grammar alone finds, with the tree it was read from and the language that tree is of, for whoever measures more.
pub fn outline_and_tree(language: Language, path: &str, text: &str) -> Option<(Outline, Tree, Language)> {
    let read_as = dialect(language, text);
    let table = table(read_as, path)?;
    let tree = tree::parse(&table.grammar, text)?;
    let mut walk = Walk::new(read_as, table, text);
    walk.run(&tree, true);
    Some((Outline { language, ..walk.outline() }, tree, read_as))
}

/// Where a node ends that has an error below it: all of it is walked.
const UNSOUND: usize = usize::MAX;

/// A longer text is walked: a hostile one of brackets only would be read again at each of them.
const LONGEST_DULL: usize = 64;

/// Bytes of which no name, no operator that decides (`?:`, `=>`, `&&`) and no comment is made.
const IS_DULL: [bool; 256] = {
    let (mut table, signs, mut i) = ([false; 256], b"()[]{}<>,;.:0123456789 \t\r\n", 0);
    while i < signs.len() {
        table[signs[i] as usize] = true;
        i += 1;
    }
    table
};

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
    /// Names of a chain, and where they begin in it.
    chain: Vec<(usize, &'t str)>,
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
            chain: Vec::new(),
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

    /// Walks the tree; if it `skips`, without what is known to mean nothing, which changes nothing but the time.
    fn run(&mut self, tree: &Tree, skips: bool) {
        let table = self.table;
        let mut cursor = tree.walk();
        let has_error = tree.root_node().has_error();
        // Where the node around ends, and those around it.
        let (mut last, mut ends) = (UNSOUND, Vec::new());
        loop {
            let node = cursor.node();
            let kind = node.kind_id();
            let role = table.role(kind);
            let mut end = node.end_byte();
            let is_sound = skips && (!has_error || last != UNSOUND || !node.has_error());
            // A hidden token that is missed (a line end) is in no node, and several grammars miss some that are not needed.
            self.is_broken |= !is_sound && !self.is_broken && (node.is_error() || node.is_missing());
            if role.is_name {
                self.name(node);
            } else if role.is_busy {
                self.enter(node, role);
            }
            let is_leaf = role.is_leaf
                || is_sound
                    && (table.is_closed(role, || self.text_of(node))
                        || role.is_chain && self.chain(node)
                        || self.is_dull(node.start_byte(), end));
            if !is_leaf && cursor.goto_first_child() {
                self.path.push(kind);
                ends.push(last);
                last = if is_sound { end } else { UNSOUND };
                continue;
            }
            if role.is_place {
                self.leave(role);
            }
            // Most nodes end with nothing that means anything.
            while self.is_dull(end, last) || !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                let role = table.role(self.path.pop().unwrap_or_default());
                if role.is_place {
                    self.leave(role);
                }
                end = last;
                last = ends.pop().unwrap_or(UNSOUND);
            }
        }
    }

    /// Whether the text between two bytes is brackets and numbers only: no node in it means anything, and looking at the text
    /// costs a tenth of asking the tree.
    fn is_dull(&self, start: usize, end: usize) -> bool {
        let text = self.text.as_bytes().get(start..end);
        text.is_some_and(|text| text.len() <= LONGEST_DULL && text.iter().all(|byte| IS_DULL[usize::from(*byte)]))
    }

    fn enter(&mut self, node: Node<'_>, role: &Role) {
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

    fn leave(&mut self, role: &Role) {
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

    /// Whether others can name what stands here, as far as what it stands in goes.
    fn is_open(&self) -> bool {
        self.frames.last().is_none_or(|f| f.is_open && f.is_outer_open && !matches!(f.kind, Function | Method))
    }

    fn text_of(&self, node: Node) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    fn name(&mut self, node: Node) {
        let name = self.text_of(node);
        let is_used = self.refer(node.start_byte(), name, node.start_position().row);
        if is_used && self.language == Language::Ruby && matches!(name, "private" | "protected" | "public") {
            // By itself, as a statement of a class's body.
            let is_statement = self.frames.last().is_some_and(|f| f.depth + 2 == self.path.len());
            if let Some(frame) = self.frames.last_mut().filter(|_| is_statement) {
                frame.is_open = name == "public";
            }
        }
    }

    /// Takes all names of a chain, if the node is one.
    fn chain(&mut self, node: Node) -> bool {
        let text = self.text_of(node);
        let mut names = std::mem::take(&mut self.chain);
        let is_chain = text.len() <= LONGEST_DULL && self.table.chain(text, &mut names);
        if is_chain {
            let (start, line) = (node.start_byte(), node.start_position().row);
            for (at, name) in &names {
                self.refer(start + at, name, line);
            }
        }
        self.chain = names;
        is_chain
    }

    /// Notes a name that stands at byte `start`, unless it is that of a definition.
    fn refer(&mut self, start: usize, name: &'t str, line: usize) -> bool {
        if let Some(i) = self.name_at.iter().position(|at| *at == start) {
            self.name_at.swap_remove(i);
            return false;
        }
        if start < self.exports_until {
            self.exports.insert(name);
        }
        self.references.add(name, row(line));
        true
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

    fn extend_lead(&mut self, node: Node, role: &Role) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outline::Outline;

    fn walked(language: Language, path: &str, text: &str, skips: bool) -> Outline {
        let read_as = dialect(language, text);
        let table = table(read_as, path).unwrap();
        let tree = tree::parse(&table.grammar, text).unwrap();
        let mut walk = Walk::new(read_as, table, text);
        walk.run(&tree, skips);
        walk.outline()
    }

    /// Code where a walk that skips could lose something, and names that it has to find there.
    const HIDDEN: &[(Language, &str, &[&str])] = &[
        (
            Language::Python,
            "x = f\"{one!r:>{two}}\" + 'a{b}' + a.three[None.four:1]\ndef f(): ...\n",
            &["one", "two", "three", "four"],
        ),
        (
            Language::Python,
            "from .. import *\nfrom one.two import three\nx.y.z()\ny = 1.0.real\n",
            &["one", "two", "three", "real"],
        ),
        (
            Language::JavaScript,
            "f(`${one} ${() => { two(); }}`, [], {}, 1);\nimport.meta.url; this.three; a.this; (x ?? []);\n",
            &["one", "two", "three", "this", "url"],
        ),
        (
            Language::TypeScript,
            "class A { private b = (c: one<two>) => { return d.three?.four!; } }\nconst x = () => ({});\n",
            &["one", "two", "three", "four"],
        ),
        (
            Language::Go,
            "package a\nfunc f(x one.Two) { y := []three{{}, {1}}; _ = map[int]struct{}{}; y.four.true(0) }\n",
            &["one", "Two", "three", "four", "true"],
        ),
        (
            Language::Rust,
            "pub(in one) fn f<'two>(&'three self, x: [u8; 2]) -> Four { a::self::five(); b.0.six.await.seven }\n",
            &["one", "two", "three", "Four", "five", "six", "seven"],
        ),
        (
            Language::Rust,
            "fn f() { let x = 'a'.one(); g!(1, [], ()); let y: Vec<()> = vec![]; self.two(()) }\n",
            &["one", "two", "Vec"],
        ),
        (
            Language::Java,
            "class A { @One private /* why */ int x; String s = \"\\{two}\"; Object y = B.this.three; Class<?> c = Four.class; }\n",
            &["One", "three", "Four"],
        ),
        (
            Language::C,
            "alignas(one) const int x = a->two.three;\nint f(void) { return NULL == b->four ? 0 : (1); }\n",
            &["one", "two", "three", "four"],
        ),
        (
            Language::Cpp,
            "int f() { a::operator->(); return one::two<three>::four + this->five + nullptr; }\n",
            &["one", "two", "three", "four", "five"],
        ),
        (
            Language::CSharp,
            "class A { public int X { get { return one; } set; } string s = $\"{two}\"; object o = string.Empty + this.three; }\n",
            &["one", "two", "Empty", "three"],
        ),
        (
            Language::Ruby,
            "x = \"a #{one}\"\ny = %W[a #{two}]\nz = <<~A\n  #{three}\nA\nself.four(:a, [], {})\nb = C::D.class\n",
            &["one", "two", "three", "four", "C", "D", "class"],
        ),
        (
            Language::Php,
            "<?php\n$x = \"a {$one->two} $three\" . $class->four . self::FIVE . Six::class . \\A\\Seven::f([], 1);\n",
            &["one", "two", "three", "class", "four", "FIVE", "Six", "A", "Seven"],
        ),
        (
            Language::Swift,
            "let x = \"a \\(one) b\"\n@Two private var y: Three = a.self.four()\nlet z = B.init(1, [])\n",
            &["one", "Two", "Three", "four", "B"],
        ),
        (
            Language::Kotlin,
            "@One private fun f(x: Two) { g(\"a $three ${four()}\", this@five, a::class.java, 1) }\n",
            &["One", "Two", "four", "five", "java"],
        ),
    ];

    #[test]
    fn what_a_walk_skips_changes_nothing() {
        let check = |language, text: &str| {
            let (skipped, whole) = (walked(language, "a.x", text, true), walked(language, "a.x", text, false));
            assert_eq!(format!("{skipped:?}"), format!("{whole:?}"), "{text}");
            skipped
        };
        for (language, text, names) in HIDDEN {
            let found = check(*language, text);
            let found: Vec<&str> = found.references.iter().map(|r| r.name.as_str()).collect();
            for name in *names {
                assert!(found.contains(name), "{name} in {text}: {found:?}");
            }
            // Broken anywhere, too.
            for (cut, _) in text.char_indices() {
                check(*language, &text[..cut]);
                check(*language, &text[cut..]);
            }
        }
    }

    #[test]
    fn decisions_among_brackets_and_numbers_count() {
        let complexity = |language, text: &str| walked(language, "a.x", text, true).definitions[0].complexity;
        assert_eq!(complexity(Language::Kotlin, "fun f(x: Int) { when (x) { 0 -> 1; 2 -> 3 } }\n"), 2);
        assert_eq!(complexity(Language::JavaScript, "function f(x) { return x ?? []; }\n"), 2);
        assert_eq!(complexity(Language::Rust, "fn f(x: u8) -> u8 { match x { 0 => 1, _ => 2 } }\n"), 2);
        assert_eq!(complexity(Language::CSharp, "int F(int x) => x switch { 0 => 1, _ => 2 };\n"), 2);
        assert_eq!(complexity(Language::Ruby, "def f(x)\n  x && []\nend\n"), 2);
    }

    #[test]
    fn a_missing_name_at_the_end_of_a_node_makes_a_file_broken() {
        for (language, text) in
            [(Language::Rust, "fn f() { g(a, ); h(a.) }\n"), (Language::C, "int f(int ) { return (; }\n")]
        {
            assert!(walked(language, "a.x", text, true).broken, "{text}");
        }
    }
}
