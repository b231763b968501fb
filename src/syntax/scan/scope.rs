//! Braces of a scan: what opens with them, what ends with them, and the preprocessor's branches, which share one end.

use super::Sink;
use super::brace::Reader;
use super::lexer::WORD;
use super::statement::{Place, Scope, Spot, Statement};
use crate::domain::language::Language::{C, CSharp, Cpp, Go, Java, Kotlin, Rust, TypeScript};
use crate::domain::outline::DefinitionKind::{
    Class, Constant, Enum, Function, Interface, Macro, Method, Module, Struct, Variable,
};
use crate::syntax::convention::has_word;

/// Deeper braces are counted and not looked into.
const DEEPEST: usize = 1_000;

impl<'t, S: Sink<'t>> Reader<'_, 't, '_, S> {
    pub(super) fn open(&mut self) {
        let now = self.now;
        let last = self.last();
        let is_declaring = self.is_declaring();
        let text = self.head(self.base.lexer.start);
        let is_go_type = self.language == Go && {
            let before = self.before(self.base.lexer.start).trim_end();
            before.ends_with("struct") || before.ends_with("interface")
        };
        let open_kind = self.open_kind();
        let is_result = is_go_type && matches!(open_kind, Some(Function | Method));
        let is_type =
            self.is_script && matches!(last, b':' | b'|' | b'&' | b'<' | b',') && now.candidate.or(now.word).is_some();
        let is_result_type = self.is_script && last == b':' && now.open.is_some();
        let is_initialiser = now.is_initialising && matches!(last, WORD | b'>');
        let is_expression = self.brackets > 0
            || (now.angles > 0 && !now.is_owner)
            || now.is_assigned
            || is_result
            || is_type
            || is_result_type
            || is_initialiser;
        let container = self.scopes.last().and_then(|s| s.index);
        let mut place = if self.place() == Place::Opaque { Place::Opaque } else { Place::Body };
        let (mut index, mut closes, mut resumes) = (container, None, is_expression);
        if is_expression {
            match open_kind {
                Some(Function | Method) => index = now.open,
                Some(Class) if self.is_script && self.brackets == 0 => {
                    index = now.open;
                    place = Place::Type;
                }
                _ => {}
            }
        } else if let Some(open) = now.open {
            (index, closes) = (Some(open), Some(open));
            place = match open_kind {
                Some(Class | Struct | Enum | Interface) => Place::Type,
                Some(Module) => Place::File,
                Some(Macro) => Place::Opaque,
                _ => Place::Body,
            };
            resumes = matches!(self.language, C | Cpp) && place == Place::Type;
        } else if now.is_owner {
            place = Place::Type;
            index = now.owner.and_then(|o| self.types.get(o).copied());
        } else if now.is_namespace
            || (has_word(text, "extern") && matches!(self.language, C | Cpp | Rust)) && now.candidate.is_none()
        {
            place = Place::File;
        } else if let Some(spot) = now.candidate.filter(|_| is_declaring && !now.is_alias) {
            self.now.candidate = None;
            let kind = if self.place() == Place::Type { Method } else { Function };
            let found = self.define(kind, spot);
            (index, closes) = (Some(found), Some(found));
        } else if let Some(kind) = now.awaits.filter(|_| matches!(self.language, C | Cpp)) {
            self.now.aggregate = Some(if kind == Enum { Enum } else { Struct });
            self.now.awaits = None;
            resumes = true;
        } else if self.language == Kotlin && has_word(text, "companion") {
            place = Place::Type;
        } else if let Some(spot) =
            now.word.filter(|_| is_declaring && last == WORD && (text.contains(' ') || self.language == Java))
        {
            (closes, resumes) = self.braced(spot);
        }
        if !resumes {
            let word = self.now.word.take();
            self.reference(word);
        }
        let outer =
            if resumes { Some(Statement { open: now.open.filter(|o| closes != Some(*o)), ..self.now }) } else { None };
        self.now.open = None;
        if !resumes {
            self.end_statement(0);
        }
        self.now = Statement::default();
        self.push(place, index, closes);
        let is_java_enum = self.language == Java && open_kind == Some(Enum) && !is_expression;
        let is_class = self.language == Cpp && open_kind == Some(Class) && has_word(text, "class") && !is_expression;
        if let Some(scope) = self.scopes.last_mut().filter(|_| self.too_deep == 0) {
            scope.outer = outer;
            scope.is_constants = is_java_enum;
            scope.is_open = !is_class;
            scope.is_promised = now.is_promised;
        }
    }

    /// `int Count { get; }` of C#, `const int limit{3}` of C++.
    fn braced(&mut self, spot: Spot<'t>) -> (Option<u32>, bool) {
        let kind = match (self.language, self.place()) {
            (CSharp, Place::Type) if !self.now.is_barred => Some(Variable),
            // A record's compact constructor.
            (Java, Place::Type) => {
                let outer = self.scopes.last().and_then(|s| s.index).and_then(|i| self.base.found.get(i as usize));
                outer.is_some_and(|o| o.name == spot.word).then_some(Method)
            }
            (Cpp, Place::File) => {
                let head = self.head(spot.at);
                Some(if has_word(head, "const") || has_word(head, "constexpr") { Constant } else { Variable })
            }
            _ => None,
        };
        let Some(kind) = kind else { return (None, false) };
        self.now.word = None;
        let found = self.define(kind, spot);
        (Some(found), false)
    }

    pub(super) fn push(&mut self, place: Place, index: Option<u32>, closes: Option<u32>) {
        let brackets = std::mem::take(&mut self.brackets);
        if self.scopes.len() >= DEEPEST {
            self.too_deep += 1;
            self.brackets = 0;
            return;
        }
        let (is_open, is_constants, is_promised) = (true, false, false);
        self.scopes.push(Scope { place, index, closes, brackets, outer: None, is_open, is_constants, is_promised });
    }

    pub(super) fn pop(&mut self) -> Option<Scope<'t>> {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return None;
        }
        if self.scopes.len() > 1 { self.scopes.pop() } else { None }
    }

    pub(super) fn close(&mut self) {
        let line = self.base.lexer.start_line;
        if self.brackets == 0 {
            self.declare_last();
        }
        let last_line = self.base.last_line;
        self.end_statement(last_line);
        // A group whose bracket is missing.
        while matches!(self.place(), Place::Group(..)) {
            self.pop();
        }
        self.brackets = 0;
        if let Some(scope) = self.pop() {
            self.brackets = scope.brackets;
            if let Some(index) = scope.closes {
                self.base.close(index, line);
            }
            self.now = scope.outer.unwrap_or_default();
        }
    }

    /// `interface A { f(): void }`: the last member needs no `;`.
    fn declare_last(&mut self) {
        if matches!(self.language, Go | TypeScript) {
            self.declare();
        }
    }

    /// A line of the preprocessor, behind its `#`.
    pub(super) fn directive(&mut self) {
        let line = self.base.lexer.start_line;
        let text = self.base.lexer.take_directive();
        let start = self.base.lexer.at - text.len();
        let first = self.base.first_line(line);
        let last_line = self.base.lexer.line;
        let name = text.trim_start();
        let word_end = name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(name.len());
        match &name[..word_end] {
            "define" if self.language != CSharp => {
                let rest = name[word_end..].trim_start();
                let length = rest.bytes().take_while(|b| super::lexer::is_word(*b)).count();
                let (macro_name, behind) = rest.split_at(length);
                if !macro_name.is_empty() && !behind.trim().is_empty() {
                    let at = start + (text.len() - rest.len());
                    let outer = std::mem::take(&mut self.now);
                    self.now.first = first;
                    self.now.head = at;
                    let index = self.define(Macro, Spot { word: macro_name, line, at });
                    self.base.close(index, last_line);
                    self.now = outer;
                }
            }
            "include" => {
                self.base.import(start, text.len(), line);
            }
            "if" | "ifdef" | "ifndef" => self.conditions.push(self.scopes.len()),
            "else" | "elif" => {
                // The other branch begins where the first one did.
                let depth = self.conditions.last().copied().unwrap_or(0);
                while depth > 0 && self.scopes.len() > depth {
                    self.close();
                }
            }
            "endif" => {
                self.conditions.pop();
            }
            _ => {}
        }
        self.base.last_line = last_line;
    }
}
