//! The word behind a keyword that announces a definition, and the definition that it names.

use super::brace::{LONGEST_HEAD, Reader, is_upper};
use super::lexer::is_word;
use super::statement::{Place, Spot};
use super::{Found, Sink};
use crate::domain::language::Language::{C, Cpp, Go, Kotlin, Rust, Swift};
use crate::domain::outline::DefinitionKind::{
    self, Class, Constant, Enum, Function, Interface, Macro, Method, Module, Struct, Type, Variable,
};
use crate::syntax::convention::{has_word, is_entry, type_name};
use crate::syntax::saturate;

impl<'t, S: Sink<'t>> Reader<'_, 't, '_, S> {
    /// The word behind a keyword that awaits a name.
    pub(super) fn awaited(&mut self, kind: DefinitionKind, spot: Spot<'t>) {
        let (peek, at) = self.base.lexer.peek();
        let next = self.base.lexer.byte(at + 1);
        match self.language {
            C | Cpp if matches!(kind, Class | Struct | Enum) => {
                let is_template = self.language == Cpp && self.head(spot.at).starts_with("template");
                let is_scope = peek == b':' && next == b':';
                let has_body = peek == b'{'
                    || (peek == b':' && !is_scope)
                    || (is_template && peek == b'<')
                    || self.base.lexer.slice(at, at + 6) == "final ";
                // `class EXPORT Name`, `struct outer::name`
                let goes_on = is_scope || is_word(peek);
                if !has_body {
                    if !goes_on {
                        self.now.awaits = None;
                        self.now.word = Some(spot);
                    } else {
                        self.base.sink.reference(spot.word, spot.line);
                        self.now.awaits = Some(kind).filter(|_| self.language == Cpp || is_upper(spot.word));
                    }
                    self.now.is_begun = true;
                    return;
                }
            }
            Cpp if peek != b'=' => {
                self.now.awaits = None;
                self.now.is_barred = true;
                self.base.sink.reference(spot.word, spot.line);
                return;
            }
            Rust if kind == Module && peek == b';' => {
                let target = format!("self::{}", spot.word);
                self.base.sink.import(&target, &[], spot.line);
                self.base.sink.reference(spot.word, spot.line);
                self.now.awaits = None;
                return;
            }
            Kotlin if (kind == Function && peek != b'(') || (kind == Variable && matches!(peek, b'.' | b'<')) => {
                self.base.sink.reference(spot.word, spot.line);
                return;
            }
            // A type as receiver of nothing: `func (a int) bool`
            Go if kind == Function && !matches!(peek, b'(' | b'[') => {
                self.base.sink.reference(spot.word, spot.line);
                self.now.awaits = None;
                return;
            }
            _ => {}
        }
        self.now.awaits = None;
        if spot.word != "_" {
            self.define(kind, spot);
        }
    }

    /// A definition by its name.
    pub(super) fn define(&mut self, kind: DefinitionKind, spot: Spot<'t>) -> u32 {
        let scope = self.scopes.last().copied();
        let is_member = self.place() == Place::Type;
        let head = self.head(spot.at);
        let qualified = self.before(spot.at).strip_suffix("::").filter(|_| self.language == Cpp);
        let qualified = qualified.map(|q| q.rsplit(['\n', ';', '{', '}']).next().unwrap_or(q));
        let receiver = self.now.receiver.or(qualified.map(type_name)).filter(|r| !r.is_empty());
        let container = receiver.and_then(|r| self.types.get(r).copied()).or(scope.and_then(|s| s.index));
        let kind = match kind {
            Function if is_member || receiver.is_some() => Method,
            Class if self.language == Kotlin && has_word(head, "enum") => Enum,
            Variable if self.language == Kotlin && has_word(head, "const") => Constant,
            kind => kind,
        };
        let head_with_lead = if kind == Macro { self.before(spot.at) } else { head };
        let is_open = scope.is_none_or(|s| s.is_open);
        let is_promised = scope.is_some_and(|s| s.is_promised);
        let exported = is_open && self.base.is_exported(head_with_lead, spot.word, container, is_member, is_promised);
        self.base.entry_point |= is_entry(self.language, kind, spot.word, head, is_member)
            || (self.language == Swift && self.before(spot.at).contains("@main"));
        let index = saturate(self.base.found.len());
        if matches!(kind, Class | Struct | Enum | Interface) || (self.language == Go && kind == Type) {
            self.types.insert(spot.word, index);
        }
        let first = if self.now.first == 0 { spot.line } else { self.now.first };
        let lines = (first.min(spot.line), self.base.lexer.start_line.max(spot.line));
        let (head_at, name_at) = (saturate(self.now.head.min(spot.at)), saturate(spot.at));
        self.base.found.push(Found { name: spot.word, kind, container, lines, exported, head_at, name_at });
        self.now.open = Some(index);
        // Go's kind of a type is the word behind its name.
        let is_type = self.language == Go && kind == Type && self.base.lexer.peek().0 != b'*';
        self.now.is_begun = !is_type;
        index
    }

    /// What the statement begins with, up to byte `to`: where modifiers stand.
    pub(super) fn head(&self, to: usize) -> &'t str {
        let mut end = to.min(self.now.head + LONGEST_HEAD);
        while !self.base.text.is_char_boundary(end) {
            end -= 1;
        }
        self.base.lexer.slice(self.now.head, end)
    }

    /// A little of what stands before a byte.
    pub(super) fn before(&self, at: usize) -> &'t str {
        let mut from = at.saturating_sub(200);
        while !self.base.text.is_char_boundary(from) {
            from += 1;
        }
        self.base.lexer.slice(from, at)
    }
}
