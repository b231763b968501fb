//! Python blocks without a statement: its grammar takes them, Python does not.

use super::SyntaxError;
use super::tree::short;
use tree_sitter::{Node, Tree};

/// An error for each block in which no statement stands, at what begins it; at most `most`.
pub(super) fn blocks(tree: &Tree, text: &str, most: usize) -> Vec<SyntaxError> {
    let mut found = Vec::new();
    // Most texts have no line that looks like it, and need no walk.
    if !looks_hollow(text) {
        return found;
    }
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.kind() == "block" && is_empty(node) {
            let at = node.parent().unwrap_or(node).start_byte();
            let head = text.get(at..).unwrap_or_default();
            found.push(SyntaxError::at(text, at, format!("missing an indented block after `{}`", short(head))));
        }
        if found.len() < most && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if found.len() >= most || !cursor.goto_parent() {
                return found;
            }
        }
    }
}

fn is_empty(block: Node) -> bool {
    let mut cursor = block.walk();
    block.children(&mut cursor).all(|child| child.is_extra())
}

/// Whether a line ends as the head of a block does, and the next one with code is indented no deeper.
fn looks_hollow(text: &str) -> bool {
    let mut head: Option<usize> = None;
    for line in text.lines() {
        let code = line.trim();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if head.is_some_and(|own| indent <= own) {
            return true;
        }
        let bare = code.split('#').next().unwrap_or_default();
        head = (code.ends_with(':') || bare.trim_end().ends_with(':')).then_some(indent);
    }
    head.is_some()
}

#[cfg(test)]
mod tests {
    use crate::domain::language::Language;
    use crate::syntax::errors;

    #[test]
    fn a_python_block_without_a_statement_is_told_at_what_begins_it() {
        for (text, wanted) in [
            ("def f():\n", Some((1, 1, "`def f():`"))),
            ("class A:\n    def f(self):\n    def g(self):\n        pass\n", Some((2, 5, "`def f(self):`"))),
            ("if a:\n    # later\nelse:\n    pass\n", Some((1, 1, "`if a:`"))),
            ("if a:\n    pass\nelse: # why\n\nb()\n", Some((3, 1, "`else: # why`"))),
            ("if s == \"#\":\nreturn\n", Some((1, 1, "`if s == \"#\":`"))),
            ("try:\n    x()\nexcept E:\n", Some((3, 1, "`except E:`"))),
            ("def f(\n    a,\n):\nx = 1\n", Some((1, 1, "`def f(`"))),
            ("def f():\n    # why\n    pass\n", None),
            ("def f(): pass\n", None),
            ("d = {\n    'a':\n    1,\n    'b':\n2}\n", None),
            ("s = '''\nif a:\nb\n'''\n", None),
        ] {
            let found = errors(Language::Python, "a.py", text).unwrap();
            let wanted: Vec<_> = wanted
                .map(|(line, column, head)| (line, column, format!("missing an indented block after {head}")))
                .into_iter()
                .collect();
            let found: Vec<_> = found.into_iter().map(|e| (e.line, e.column, e.message)).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }
}
