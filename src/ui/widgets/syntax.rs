//! Highlighting code line by line, with the state kept between lines. Grammars are loaded at the first line of code, never
//! before the first frame.

use super::wrap::Piece;
use crate::ui::Look;
use crate::ui::theme::Role;
use std::str::FromStr;
use std::sync::LazyLock;
use syntect::highlighting::ScopeSelectors;
use syntect::parsing::{ParseState, ScopeStack, SyntaxSet};

/// A line longer than this is drawn plain: its cost would be felt.
const LONGEST: usize = 2048;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// TextMate scopes to roles, most specific first.
static SELECTORS: LazyLock<Vec<(ScopeSelectors, Role)>> = LazyLock::new(|| {
    let table = [
        ("comment", Role::Comment),
        ("string, constant.character", Role::String),
        ("constant.numeric, constant.language", Role::Number),
        ("entity.name.function, support.function, variable.function", Role::Function),
        (
            "entity.name.type, entity.name.class, entity.name.struct, entity.name.enum, support.type, support.class",
            Role::Type,
        ),
        ("storage.type, storage.modifier, keyword", Role::Keyword),
        ("entity.name.tag, entity.other.attribute-name", Role::Type),
    ];
    table.iter().filter_map(|(s, r)| Some((ScopeSelectors::from_str(s).ok()?, *r))).collect()
});

/// A highlighter in the middle of a text.
#[derive(Clone)]
pub struct Highlighter {
    parse: Option<(ParseState, ScopeStack)>,
}

impl Highlighter {
    /// For a language by fence tag, name or file ending; plain when none is known.
    pub fn new(language: &str) -> Highlighter {
        let token = language.rsplit(['.', '/']).next().unwrap_or(language);
        let syntax = SYNTAXES.find_syntax_by_token(language).or_else(|| SYNTAXES.find_syntax_by_token(token));
        Highlighter { parse: syntax.map(|s| (ParseState::new(s), ScopeStack::new())) }
    }

    /// The styled pieces of the next line (without its line end).
    pub fn line(&mut self, line: &str, look: &Look) -> Vec<Piece> {
        let plain = look.style(Role::Text);
        let Some((parse, stack)) = self.parse.as_mut().filter(|_| line.len() <= LONGEST) else {
            return vec![(line.to_owned(), plain)];
        };
        let whole = format!("{line}\n");
        let Ok(operations) = parse.parse_line(&whole, &SYNTAXES) else {
            return vec![(line.to_owned(), plain)];
        };
        let mut pieces: Vec<Piece> = Vec::new();
        let mut start = 0;
        for (at, operation) in &operations {
            let at = (*at).min(line.len());
            push(&mut pieces, &line[start..at], look.style(role(stack)));
            start = at;
            if stack.apply(operation).is_err() {
                break;
            }
        }
        push(&mut pieces, &line[start..], look.style(role(stack)));
        pieces
    }
}

fn push(pieces: &mut Vec<Piece>, text: &str, style: ratatui::style::Style) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut().filter(|(_, s)| *s == style) {
        Some((last, _)) => last.push_str(text),
        None => pieces.push((text.to_owned(), style)),
    }
}

fn role(stack: &ScopeStack) -> Role {
    let scopes = stack.as_slice();
    let best = SELECTORS.iter().filter_map(|(s, r)| Some((s.does_match(scopes)?, *r)));
    best.max_by(|a, b| a.0.cmp(&b.0)).map_or(Role::Text, |(_, r)| r)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::tests::plain_look;

    #[test]
    fn no_character_is_lost_and_state_carries_over_lines() {
        let look = plain_look();
        let mut highlighter = Highlighter::new("python");
        for line in ["def f(x: int) -> str:", "    \"\"\"doc", "    still doc\"\"\"", "    return str(x)  # ü"] {
            let text: String = highlighter.line(line, &look).into_iter().map(|(t, _)| t).collect();
            assert_eq!(text, line);
        }
    }

    #[test]
    fn a_language_without_a_grammar_is_plain() {
        assert_eq!(Highlighter::new("no-such-language").line("a b", &plain_look()).len(), 1);
    }
}
