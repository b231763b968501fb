//! One walk over a syntax tree for what the outline does not have: cognitive complexity and Halstead's counts of each
//! function, and the security rules' places. Depth costs no stack.
//!
//! Cognitive complexity as SonarSource defines it (G. Ann Campbell, "Cognitive Complexity: a new way of measuring
//! understandability", version 1.7, 2023): one for each break of the flow, one more for each level it is nested, one for each
//! sequence of like logical operators, jumps to labels and direct recursion. Recursion through others is not seen.

use super::rule::Rules;
use super::table::{Field, Flow, Role, Table};
use crate::domain::finding::Finding;
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind::{Function, Method};
use crate::domain::outline::Outline;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use tree_sitter::{Node, Tree};

/// Functions within each other that each get what stands in the innermost one.
const MOST_AROUND: usize = 16;

/// What was measured of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Measured {
    /// Index of its definition in the outline.
    pub(super) definition: usize,
    /// Bytes of its node.
    pub(super) bytes: (usize, usize),
    /// Cognitive complexity.
    pub(super) cognitive: u32,
    /// Halstead's volume: operators and operands, times the logarithm of how many different ones there are.
    pub(super) volume: f64,
}

/// What a walk gives.
pub(super) struct Measures {
    pub(super) functions: Vec<Measured>,
    /// The volume of what stands in no function.
    pub(super) rest: f64,
    pub(super) findings: Vec<Finding>,
}

/// A node on the way down.
#[derive(Clone, Copy)]
pub(super) struct Step<'t> {
    pub(super) node: Node<'t>,
    /// The field of its parent that it stands in.
    pub(super) field: Field,
    role: Role,
    /// How many structures it is nested in, and its children at least.
    level: u32,
    inner: u32,
    seen_else: bool,
    /// Where on the path the sequence of operations that it belongs to begins: it goes on through operations and
    /// parentheses, and anything else begins another.
    sequence: usize,
    /// The operator last seen in the sequence that begins here.
    operator: Option<bool>,
    /// Whether it began a frame.
    is_frame: bool,
    /// A Python function that only wraps another: it nests nothing.
    is_wrapper: bool,
}

/// A function the walk is in.
struct Frame<'t> {
    measured: Measured,
    base: u32,
    name: &'t str,
    recurses: bool,
    leaves: Vec<u64>,
}

struct Walk<'t> {
    table: &'static Table,
    language: Language,
    text: &'t str,
    path: Vec<Step<'t>>,
    frames: Vec<Frame<'t>>,
    /// Functions of the outline that no node was found for yet, by their last line.
    open: HashMap<u32, Vec<usize>>,
    outline: &'t Outline,
    hasher: foldhash::fast::FixedState,
    rest: Vec<u64>,
    done: Vec<Measured>,
    rules: Rules<'t>,
}

/// Measures a tree that `outline` was read from.
pub(super) fn measure<'t>(
    table: &'static Table,
    language: Language,
    path: &'t str,
    text: &'t str,
    outline: &'t Outline,
    tree: &'t Tree,
) -> Measures {
    let mut open: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, definition) in outline.definitions.iter().enumerate() {
        if matches!(definition.kind, Function | Method) {
            open.entry(definition.lines.1).or_default().push(at);
        }
    }
    let mut walk = Walk {
        table,
        language,
        text,
        path: Vec::new(),
        frames: Vec::new(),
        open,
        outline,
        hasher: foldhash::fast::FixedState::default(),
        rest: Vec::new(),
        done: Vec::new(),
        rules: Rules::new(outline.language, path, text, outline),
    };
    walk.run(tree);
    let mut functions = walk.done;
    functions.sort_by_key(|function| function.definition);
    Measures { functions, rest: volume(walk.rest), findings: walk.rules.findings() }
}

impl<'t> Walk<'t> {
    fn run(&mut self, tree: &'t Tree) {
        let mut cursor = tree.walk();
        loop {
            let step = self.enter(cursor.node(), self.table.field(cursor.field_id()));
            self.path.push(step);
            // Comments are not code.
            if !step.role.is_token && !step.role.is_comment && cursor.goto_first_child() {
                continue;
            }
            if !step.role.is_comment {
                self.leaf(step);
            }
            self.leave();
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                self.leave();
            }
        }
    }

    fn enter(&mut self, node: Node<'t>, field: Field) -> Step<'t> {
        let role = self.table.role(node.kind_id());
        let parent = self.path.last().copied();
        let is_else_if = role.flow == Flow::If && parent.is_some_and(|p| self.is_else_if(p));
        let level = parent.map_or(0, |p| p.inner + u32::from(nests(p.role.flow, role.flow, field) && !is_else_if));
        let mut step = Step {
            node,
            field,
            role,
            level,
            inner: level,
            seen_else: false,
            sequence: match parent {
                Some(p) if matches!(p.role.flow, Flow::Logical | Flow::Paren) => p.sequence,
                _ => self.path.len(),
            },
            operator: None,
            is_frame: false,
            is_wrapper: false,
        };
        match role.flow {
            Flow::If if !is_else_if => self.add(1, level, true),
            Flow::Elif | Flow::Goto => self.add(1, level, false),
            Flow::Nested => self.add(1, level, true),
            Flow::Jump if has_label(node) => self.add(1, level, false),
            Flow::Function | Flow::Lambda => self.function(&mut step),
            _ => {}
        }
        if role.is_else && self.counts_else() {
            self.add(1, level, false);
        }
        if role.is_else
            && let Some(parent) = self.path.last_mut()
        {
            parent.seen_else = true;
        }
        if let Some(operator) = role.operator {
            self.operator(operator, level);
        }
        if role.is_call {
            self.recursion(node);
        }
        self.rules.visit(&step, role.is_call, role.is_string, &self.path);
        step
    }

    /// Whether an `if` right here continues the one it stands in.
    fn is_else_if(&self, parent: Step) -> bool {
        match parent.role.flow {
            Flow::If => parent.seen_else,
            // Ruby's `else` holds its statements itself.
            Flow::Else => parent.seen_else && self.language != Language::Ruby,
            _ => false,
        }
    }

    /// Whether the token `else` that comes now is an alternative of an `if` or a loop.
    fn counts_else(&self) -> bool {
        let is_alternative = |step: &Step| matches!(step.role.flow, Flow::If | Flow::Elif) || step.role.is_loop;
        match self.path.as_slice() {
            [.., around, parent] if parent.role.flow == Flow::Else => is_alternative(around),
            [.., parent] => parent.role.flow == Flow::If,
            [] => false,
        }
    }

    /// Adds to every function around.
    fn add(&mut self, one: u32, level: u32, nested: bool) {
        for frame in self.frames.iter_mut().rev().take(MOST_AROUND) {
            let more = if nested { level.saturating_sub(frame.base) } else { 0 };
            frame.measured.cognitive = frame.measured.cognitive.saturating_add(one + more);
        }
    }

    fn function(&mut self, step: &mut Step<'t>) {
        let is_inner = !self.frames.is_empty();
        // What a decorator returns is its only content.
        let is_wrapped = self.path.iter().rev().nth(1).is_some_and(|around| around.is_wrapper);
        step.inner = step.level + u32::from(is_inner && !is_wrapped);
        if self.language == Language::Python && step.role.flow == Flow::Function {
            step.is_wrapper = wraps_only(step.node);
        }
        let Some(definition) = self.definition(step.node) else { return };
        step.is_frame = true;
        let measured =
            Measured { definition, bytes: (step.node.start_byte(), step.node.end_byte()), ..Measured::default() };
        let name = self.outline.definitions[definition].name.as_str();
        self.frames.push(Frame { measured, base: step.inner, name, recurses: false, leaves: Vec::new() });
    }

    /// The outline's definition that a function's node belongs to.
    fn definition(&mut self, node: Node) -> Option<usize> {
        let (first, end) = (node.start_position(), node.end_position());
        let last = if end.column == 0 && end.row > first.row { end.row - 1 } else { end.row };
        let open = self.open.get_mut(&u32::try_from(last + 1).ok()?)?;
        let line = u32::try_from(first.row + 1).ok()?;
        let begins = |at: &usize| self.outline.definitions[*at].lines.0;
        let best = open.iter().filter(|at| begins(at) <= line).max_by_key(|at| (begins(at), std::cmp::Reverse(**at)));
        let best = best.copied()?;
        open.retain(|at| *at != best);
        Some(best)
    }

    fn operator(&mut self, operator: bool, level: u32) {
        let Some(begin) = self.path.last().filter(|s| s.role.flow == Flow::Logical).map(|s| s.sequence) else { return };
        let sequence = &mut self.path[begin];
        if sequence.operator != Some(operator) {
            sequence.operator = Some(operator);
            self.add(1, level, false);
        }
    }

    fn recursion(&mut self, node: Node) {
        let Some(frame) = self.frames.last().filter(|f| !f.recurses && !f.name.is_empty()) else { return };
        let callee = node.child_by_field_name("function").or_else(|| node.child_by_field_name("name"));
        let Some(callee) = callee.or_else(|| node.child_by_field_name("method")) else { return };
        let name = self.text.get(callee.byte_range()).unwrap_or("");
        let own = ["self.", "this.", "Self::", "self::", "$this->", "static::"];
        let bare = own.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
        let has_other = node.child_by_field_name("object").or_else(|| node.child_by_field_name("receiver"));
        let has_other = has_other.is_some_and(|o| !matches!(self.text.get(o.byte_range()), Some("this" | "self")));
        if bare == frame.name && !has_other {
            if let Some(frame) = self.frames.last_mut() {
                frame.recurses = true;
            }
            self.add(1, 0, false);
        }
    }

    fn leaf(&mut self, step: Step<'t>) {
        let text = self.text.get(step.node.byte_range()).unwrap_or("");
        if !step.role.is_token {
            self.rules.leaf(&step, text, &self.path);
        }
        if matches!(text, "" | ")" | "]" | "}" | "\"" | "'" | "`" | "," | ";") {
            return;
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text.as_bytes());
        let leaves = self.frames.last_mut().map_or(&mut self.rest, |frame| &mut frame.leaves);
        leaves.push(hasher.finish());
    }

    fn leave(&mut self) {
        let Some(step) = self.path.pop() else { return };
        if step.is_frame
            && let Some(frame) = self.frames.pop()
        {
            self.done.push(Measured { volume: volume(frame.leaves), ..frame.measured });
        }
    }
}

/// Whether what stands in a node of the one flow is nested by it.
fn nests(parent: Flow, child: Flow, field: Field) -> bool {
    match parent {
        Flow::If | Flow::Elif | Flow::Nested => !field.is_head && !matches!(child, Flow::Elif | Flow::Else),
        Flow::Else => true,
        _ => false,
    }
}

/// Whether a jump names where it goes.
fn has_label(jump: Node) -> bool {
    let mut cursor = jump.walk();
    let kinds = ["label", "label_name", "statement_identifier"];
    jump.named_children(&mut cursor).any(|child| {
        kinds.contains(&child.kind()) || (child.kind() == "identifier" && jump.kind().ends_with("_statement"))
    })
}

/// Whether a Python function holds another one and a `return`, and nothing else but a docstring.
fn wraps_only(function: Node) -> bool {
    let Some(body) = function.child_by_field_name("body").filter(|b| b.named_child_count() <= 4) else { return false };
    let mut cursor = body.walk();
    let mut kinds: Vec<&str> = body.named_children(&mut cursor).map(|child| child.kind()).collect();
    kinds.retain(|kind| *kind != "comment");
    if kinds.first() == Some(&"expression_statement") {
        kinds.remove(0);
    }
    matches!(kinds.as_slice(), ["function_definition" | "decorated_definition", "return_statement"])
}

/// Halstead's volume (M. H. Halstead, "Elements of Software Science", 1977): N · log2 n.
fn volume(mut leaves: Vec<u64>) -> f64 {
    let all = leaves.len();
    leaves.sort_unstable();
    leaves.dedup();
    all as f64 * (leaves.len().max(1) as f64).log2()
}
