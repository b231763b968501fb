//! What stands in a node: its code without comments, and the contents of its strings by themselves.

use tree_sitter::Node;

/// Most bytes of a call's arguments, or of a literal, that are looked at.
pub(super) const MOST_BYTES: usize = 16 << 10;

/// What stands in a node.
pub(super) struct Content<'t> {
    /// Its tokens and names, without the contents of strings and without comments.
    pub(super) code: String,
    /// Contents of its strings.
    pub(super) strings: Vec<&'t str>,
    /// Whether a name stands in it.
    pub(super) has_name: bool,
}

impl<'t> Content<'t> {
    /// What stands in `node` of a tree of `text`.
    pub(super) fn of(text: &'t str, node: Node) -> Content<'t> {
        let mut content = Content { code: String::new(), strings: Vec::new(), has_name: false };
        let end = node.end_byte().min(node.start_byte() + MOST_BYTES);
        let mut cursor = node.walk();
        loop {
            let at = cursor.node();
            let kind = at.kind();
            let is_over = at.start_byte() > end;
            let is_comment = kind.contains("comment");
            if !is_over && !is_comment && cursor.goto_first_child() {
                continue;
            }
            if !is_over && !is_comment {
                let word = text.get(at.byte_range()).unwrap_or("");
                let is_content = kind.contains("string") || kind.contains("content") || kind.contains("fragment");
                match is_content && at.is_named() {
                    true => content.strings.push(word),
                    false => content.code.push_str(word),
                }
                content.has_name |=
                    at.is_named() && (kind.contains("identifier") || kind == "variable_name" || kind == "name");
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return content;
                }
            }
        }
    }
}
