//! One line of Markdown at a time. A line that is complete never changes again, which is what makes a stream cheap:
//! block structure is read from the line itself (headings, lists, quotes, fences), inline marks by `pulldown-cmark`.

use super::wrap::Piece;
use crate::ui::Look;
use crate::ui::theme::Role;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// Text with its mark (`# `, `- `, `> `, none) and the columns by which wrapped lines are indented.
    Text { mark: &'a str, text: &'a str, indent: usize },
    /// The beginning or the end of a code block, with the language tag.
    Fence { ticks: usize, tag: &'a str },
    /// The first line of a search/replace block, which is code up to a line that [`ends_edit`].
    Edit,
}

/// Whether a line of a search/replace block is its last.
pub fn ends_edit(line: &str) -> bool {
    line.trim().strip_prefix(">>>>>>> ").is_some_and(|word| word.starts_with("REPLACE"))
}

/// Reads a line's block structure.
pub fn block(line: &str) -> Block<'_> {
    let trimmed = line.trim_start();
    let blanks = line.len() - trimmed.len();
    let ticks = trimmed.bytes().take_while(|b| *b == b'`').count();
    if ticks >= 3 && !trimmed[ticks..].contains('`') {
        return Block::Fence { ticks, tag: trimmed[ticks..].trim() };
    }
    if trimmed.strip_prefix("<<<<<<< ").is_some_and(|word| word.starts_with("SEARCH")) {
        return Block::Edit;
    }
    let hashes = trimmed.bytes().take_while(|b| *b == b'#').count();
    let mark = if (1..=6).contains(&hashes) && trimmed[hashes..].starts_with(' ') {
        hashes + 1
    } else if ["- ", "* ", "+ ", "> "].iter().any(|m| trimmed.starts_with(m)) {
        2
    } else {
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=3).contains(&digits) && trimmed[digits..].starts_with(". ") { digits + 2 } else { 0 }
    };
    let mark = blanks + mark;
    Block::Text { mark: &line[..mark], text: &line[mark..], indent: mark }
}

/// The styled pieces of a text line.
pub fn pieces(mark: &str, text: &str, look: &Look) -> Vec<Piece> {
    let base = look.style(Role::Text);
    let mut found = Vec::new();
    let heading = mark.trim_start().starts_with('#');
    match mark.trim() {
        "" if mark.is_empty() => {}
        "" => found.push((mark.to_owned(), base)),
        "-" | "*" | "+" => found.push((mark.replace(['-', '*', '+'], "•"), look.style(Role::Accent))),
        ">" => found.push((mark.replace('>', "▎"), look.style(Role::Dim))),
        _ if heading => {}
        _ => found.push((mark.to_owned(), look.style(Role::Accent))),
    }
    let plain = if heading { look.style(Role::Title).add_modifier(Modifier::BOLD) } else { base };
    inline(text, plain, look, &mut found);
    found
}

fn inline(text: &str, plain: Style, look: &Look, found: &mut Vec<Piece>) {
    let mut style = plain;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Strong) => style = style.add_modifier(Modifier::BOLD),
            Event::End(TagEnd::Strong) => style = style.remove_modifier(Modifier::BOLD).patch(bold_of(plain)),
            Event::Start(Tag::Emphasis) => style = style.add_modifier(Modifier::ITALIC),
            Event::End(TagEnd::Emphasis) => style = style.remove_modifier(Modifier::ITALIC),
            Event::Code(code) => found.push((code.into_string(), look.style(Role::InlineCode))),
            Event::Text(t) | Event::Html(t) | Event::InlineHtml(t) => {
                found.push((t.trim_end_matches('\n').to_owned(), style));
            }
            Event::SoftBreak | Event::HardBreak => found.push((" ".to_owned(), style)),
            _ => {}
        }
    }
    // What the inline parser took for structure (a lone mark, an indented line) must not vanish.
    if found.is_empty() && !text.trim().is_empty() {
        found.push((text.to_owned(), plain));
    }
}

fn bold_of(plain: Style) -> Style {
    Style::default().add_modifier(plain.add_modifier & Modifier::BOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_its_block() {
        assert_eq!(block("## Title"), Block::Text { mark: "## ", text: "Title", indent: 3 });
        assert_eq!(block("  - item"), Block::Text { mark: "  - ", text: "item", indent: 4 });
        assert_eq!(block("12. item"), Block::Text { mark: "12. ", text: "item", indent: 4 });
        assert_eq!(block("````rust"), Block::Fence { ticks: 4, tag: "rust" });
        assert_eq!(block("<<<<<<< SEARCH"), Block::Edit);
        assert_eq!(block("`code`"), Block::Text { mark: "", text: "`code`", indent: 0 });
    }
}
