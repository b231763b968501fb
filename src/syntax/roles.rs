//! What each kind of a grammar's nodes means to whoever walks its trees, by number, so that a walk compares no text. What the
//! meanings are, is their owner's to say.

use std::ops::Index;
use tree_sitter::Language as Grammar;

/// A meaning for each kind of node.
pub struct Roles<R> {
    roles: Vec<R>,
    /// That of `ERROR`, which has no number in the grammar.
    none: R,
    unknown: Vec<&'static str>,
}

impl<R: Clone + Default> Roles<R> {
    /// No kind means anything yet.
    pub fn new(grammar: &Grammar) -> Roles<R> {
        Roles { roles: vec![R::default(); grammar.node_kind_count()], none: R::default(), unknown: Vec::new() }
    }

    /// Sets the meaning of kinds by what the grammar calls them, separated by spaces; a token has a `'` before it.
    pub fn give(&mut self, grammar: &Grammar, words: &'static str, set: impl Fn(&mut R)) {
        for word in words.split_whitespace() {
            let token = word.strip_prefix('\'');
            let kind = grammar.id_for_node_kind(token.unwrap_or(word), token.is_none());
            match self.roles.get_mut(usize::from(kind)) {
                Some(role) if kind != 0 => set(role),
                _ => self.unknown.push(word),
            }
        }
    }

    /// Every kind by its number, with what it means.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u16, &mut R)> {
        (0..=u16::MAX).zip(&mut self.roles)
    }

    /// Words that the grammar does not know: mistakes of a table, which its tests look for.
    #[cfg(test)]
    pub fn unknown(&self) -> &[&'static str] {
        &self.unknown
    }
}

impl<R> Index<u16> for Roles<R> {
    type Output = R;

    #[inline]
    fn index(&self, kind: u16) -> &R {
        self.roles.get(usize::from(kind)).unwrap_or(&self.none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::syntax::grammar;

    #[test]
    fn a_kind_means_what_its_word_was_given_and_a_word_of_no_kind_is_told() {
        let grammar = grammar(Language::Python, "a.py").unwrap();
        let mut roles: Roles<u8> = Roles::new(&grammar);
        roles.give(&grammar, "if_statement 'if no_such_kind", |role| *role += 1);
        let of = |word: &str, is_named: bool| roles[grammar.id_for_node_kind(word, is_named)];
        assert_eq!([of("if_statement", true), of("if", false), of("else", false)], [1, 1, 0]);
        assert_eq!((roles.unknown(), roles[u16::MAX]), (&["no_such_kind"][..], 0));
    }
}
