//! The other half of scans of languages with braces: what signs and line ends do to the statement they stand in.

use super::Sink;
use super::brace::{Reader, is_upper};
use super::lexer::{KEYWORD, WORD};
use super::statement::{Place, Spot, Statement};
use crate::domain::language::Language::{C, CSharp, Cpp, Go, Java, Kotlin, Rust, Swift, TypeScript};
use crate::domain::outline::DefinitionKind::{self, Constant, Function, Interface, Method, Type, Variable};
use crate::syntax::convention::has_word;

impl<'t, S: Sink<'t>> Reader<'_, 't, '_, S> {
    pub(super) fn sign(&mut self, sign: u8) {
        match sign {
            b'{' => self.open(),
            b'}' => self.close(),
            b'(' | b'[' => self.open_bracket(sign),
            b')' | b']' => self.close_bracket(sign),
            _ if self.brackets > 0 => {}
            b';' => self.semicolon(),
            b'=' => self.equals(),
            b',' => self.comma(),
            b'<' if !self.now.is_assigned && (self.now.is_owner || self.is_declaring()) => self.open_angle(),
            b'<' if self.language == TypeScript && (self.last() == b'=' || self.is_async()) => self.open_angle(),
            b'>' if self.now.angles > 0 => self.close_angle(),
            b':' => self.colon(),
            b'@' => self.now.is_annotation = true,
            // `#[`, `macro_rules!`, `function*`, PHP's `function &name`, Kotlin's `fun <T>`.
            b'#' | b'!' | b'*' | b'&' | b'<' | b'>' | b'~' => {
                self.now.is_begun |= self.now.awaits.is_none() && sign != b'#' && sign != b'!'
            }
            b'.' => {}
            _ => {
                self.now.awaits = None;
                self.now.is_begun = true;
            }
        }
    }

    fn open_bracket(&mut self, sign: u8) {
        let last = self.last();
        if self.brackets == 0 {
            let is_group = self.language == Go && sign == b'(' && self.now.awaits.is_some() && last == KEYWORD;
            match self.now.awaits {
                Some(Function) if is_group => self.now.receiver_at = Some(self.base.lexer.at),
                Some(kind) if is_group => {
                    let is_value = self.now.value.is_some();
                    self.now = Statement::default();
                    return self.push(Place::Group(kind, is_value), None, None);
                }
                Some(_) if !matches!(self.language, C | Cpp) => self.now.awaits = None,
                _ => {}
            }
            match sign {
                b'[' if self.language == Rust && matches!(last, b'#' | b'!') && !self.now.is_begun => {
                    self.now.is_attribute = true;
                }
                b'[' => {
                    let is_go_type = self.language == Go && !self.now.is_begun;
                    let next = self.base.lexer.byte(self.base.lexer.at);
                    self.now.is_begun |= is_go_type && (next == b']' || next.is_ascii_digit());
                    if let Some(word) = self.now.word.take() {
                        let old = self.now.array.replace(word);
                        self.reference(old);
                    }
                }
                _ => self.candidate(last),
            }
        }
        self.brackets += 1;
    }

    /// The last token before this one.
    pub(super) fn last(&self) -> u8 {
        self.before_sign
    }

    fn candidate(&mut self, last: u8) {
        let is_here = match self.place() {
            Place::Type => {
                let is_interface =
                    self.scopes.last().and_then(|s| s.index).and_then(|i| self.base.found.get(i as usize));
                let is_interface = is_interface.is_some_and(|f| f.kind == Interface);
                let is_constants = self.scopes.last().is_some_and(|s| s.is_constants);
                self.language != C && !is_constants && (self.language != Go || is_interface)
            }
            Place::File => matches!(self.language, C | Cpp),
            _ => false,
        };
        let next = self.base.lexer.byte(self.base.lexer.at);
        let is_pointer = matches!(next, b'*' | b'^') && matches!(self.language, C | Cpp);
        let is_barred = self.now.is_barred || self.now.is_annotation || self.now.is_assigned || self.now.angles > 0;
        if !is_here || is_barred || is_pointer || !self.has_candidates {
            self.now.is_barred |= is_pointer && !self.now.is_alias;
            return;
        }
        if last != WORD && last != b'>' && last != b'?' && last != b']' {
            return;
        }
        let Some(mut spot) = self.now.word.take() else { return };
        if self.language == Cpp && spot.at > 0 && self.base.lexer.byte(spot.at - 1) == b'~' {
            spot.at -= 1;
            spot.word = self.base.lexer.slice(spot.at, spot.at + 1 + spot.word.len());
        }
        match self.now.candidate {
            // `DECLARED(int) name(…)`, `name(…) ATTRIBUTE(…)`
            Some(old) if self.now.is_initialising || is_upper(spot.word) || !is_upper(old.word) => {
                self.reference(Some(spot));
            }
            old => {
                self.reference(old);
                self.now.candidate = Some(spot);
            }
        }
    }

    fn close_bracket(&mut self, sign: u8) {
        if self.brackets == 0 {
            if sign == b')' && matches!(self.place(), Place::Group(..)) {
                self.end_statement(self.base.last_line);
                self.pop();
            }
            return;
        }
        self.brackets -= 1;
        if self.brackets > 0 {
            return;
        }
        if let Some(from) = self.now.receiver_at.take() {
            let receiver = self.base.lexer.slice(from, self.base.lexer.start);
            self.now.receiver = Some(crate::syntax::convention::type_name(receiver));
        }
        if self.now.is_attribute {
            let (first, line) = (self.now.first, self.base.lexer.start_line);
            self.now = Statement::default();
            self.base.lead(first, line);
        }
    }

    fn open_angle(&mut self) {
        if matches!(self.language, C | Go) || (self.language == Rust && !self.now.is_owner) {
            return;
        }
        if self.now.angles == 0 {
            let word = self.now.word.take();
            let old = std::mem::replace(&mut self.now.generic, word);
            self.reference(old);
        }
        self.now.angles += 1;
    }

    fn close_angle(&mut self) {
        if matches!(self.last(), b'-' | b'=') {
            return;
        }
        self.now.angles -= 1;
        if self.now.angles == 0
            && let Some(generic) = self.now.generic.take()
        {
            if self.base.lexer.peek().0 == b'(' { self.now.word = Some(generic) } else { self.reference(Some(generic)) }
        }
    }

    fn colon(&mut self) {
        let next = self.base.lexer.byte(self.base.lexer.at);
        if next == b':' {
            self.base.lexer.at += 1;
            return;
        }
        if self.now.is_access {
            self.now = Statement::default();
            return;
        }
        if self.now.is_owner && self.language == Swift {
            self.now.angles += 1;
        }
        self.now.is_initialising |= self.now.candidate.is_some() && self.language == Cpp;
        if !matches!(self.language, C | Cpp) {
            self.now.awaits = None;
        }
    }

    fn comma(&mut self) {
        if self.now.angles > 0 {
            return;
        }
        self.now.awaits = None;
        let is_go_list = self.language != Go || !self.now.is_assigned;
        if let Some(kind) = self.now.value.filter(|_| is_go_list && self.language != Kotlin) {
            if let Some(index) = self.now.open.take_if(|_| self.language != Go) {
                self.base.close(index, self.base.lexer.start_line);
            }
            if self.language != Go {
                self.now.first = self.base.lexer.line_of_next();
                self.now.is_assigned = false;
            }
            self.now.awaits = Some(kind);
        } else if self.now.is_initialising {
            let word = self.now.word.take();
            self.reference(word);
        }
    }

    fn equals(&mut self) {
        let (last, next) = (self.last(), self.base.lexer.byte(self.base.lexer.at));
        let touches = self.base.lexer.start > 0 && self.base.lexer.byte(self.base.lexer.start - 1) == last;
        if next == b'=' {
            self.base.lexer.at += 1;
            return;
        }
        if next == b'>' {
            self.base.lexer.at += 1;
            return self.arrow();
        }
        if touches && b"!<>+-*/%&|^~?:".contains(&last) && !(last == b'>' && self.language == TypeScript) {
            return;
        }
        // `<T = u8>`, `where I: Iterator<Item = T>`
        let is_bound = self.now.angles > 0 || self.now.is_owner;
        let is_rust_bound =
            self.language == Rust && matches!(self.open_kind(), Some(k) if !matches!(k, Constant | Type));
        if is_bound || is_rust_bound {
            return;
        }
        if !self.now.is_assigned && self.is_declaring() {
            self.assigned();
        }
        self.now.is_assigned = true;
        self.now.is_begun = true;
        self.now.awaits = None;
    }

    /// What the definition that the statement has begun is.
    pub(super) fn open_kind(&self) -> Option<DefinitionKind> {
        self.now.open.and_then(|i| self.base.found.get(i as usize)).map(|f| f.kind)
    }

    /// The first `=` of a statement that declares.
    fn assigned(&mut self) {
        let named = self.now.word.or(self.now.array);
        let Some(spot) = named.filter(|_| self.now.open.is_none() && self.now.candidate.is_none()) else { return };
        let head = self.head(spot.at);
        let kind = match (self.language, self.place()) {
            (C | Cpp, Place::File) if !self.now.is_alias && !self.now.is_barred && !head.trim().is_empty() => {
                let is_constant = has_word(head, "const") || has_word(head, "constexpr");
                Some(if is_constant { Constant } else { Variable })
            }
            (Java, Place::Type) => (has_word(head, "static") && has_word(head, "final")).then_some(Constant),
            (CSharp, Place::Type) => has_word(head, "const").then_some(Constant),
            _ => None,
        };
        if let Some(kind) = kind {
            if self.now.word.is_some() {
                self.now.word = None
            } else {
                self.now.array = None
            }
            self.define(kind, spot);
        } else if self.is_script {
            let is_member = self.base.lexer.byte(spot.at.wrapping_sub(1)) == b'.';
            if self.place() == Place::Type || (is_member && self.scopes.len() == 1) {
                self.now.field = self.now.word.take();
            }
        }
    }

    fn arrow(&mut self) {
        if self.is_script {
            if self.now.field.is_some() {
                self.define_field();
            } else if self.now.is_assigned {
                self.refine(Function);
            }
        } else if self.language == CSharp && self.is_declaring() && !self.now.is_assigned {
            match (self.now.candidate.take(), self.now.word.take()) {
                (Some(spot), _) => {
                    self.define(Method, spot);
                }
                (None, Some(spot)) if self.place() == Place::Type => {
                    self.define(Variable, spot);
                }
                (None, word) => self.reference(word),
            }
            self.now.is_assigned = true;
        }
    }

    /// What `const x =` introduces is a function, or a class.
    pub(super) fn refine(&mut self, kind: DefinitionKind) {
        let found = self.now.open.and_then(|i| self.base.found.get_mut(i as usize));
        if let Some(found) = found.filter(|f| matches!(f.kind, Constant | Variable)) {
            found.kind = kind;
        }
    }

    /// `name = () => …` in a class, `exports.name = function …`.
    pub(super) fn define_field(&mut self) {
        if let Some(spot) = self.now.field.take() {
            self.define(Function, spot);
            self.now.is_assigned = true;
        }
    }

    fn semicolon(&mut self) {
        let line = self.base.lexer.start_line;
        if let Some(scope) = self.scopes.last_mut() {
            scope.is_constants = false;
        }
        if self.now.is_alias {
            self.alias();
        } else {
            self.declare();
        }
        self.end_statement(line);
    }

    /// A member that is declared and has its body elsewhere, or none.
    pub(super) fn declare(&mut self) {
        let is_here = self.place() == Place::Type && matches!(self.language, Java | CSharp | Cpp | TypeScript | Go);
        if let Some(spot) = self.now.candidate.take_if(|_| is_here && self.now.open.is_none()) {
            self.define(Method, spot);
        }
    }

    /// `typedef … name;`, `delegate … Name(…);`
    fn alias(&mut self) {
        let now = &mut self.now;
        let spot = now
            .pointer
            .take()
            .or_else(|| now.candidate.take())
            .or_else(|| now.word.take())
            .or_else(|| now.array.take());
        let Some(spot) = spot else { return };
        let is_known = self.base.found.last().is_some_and(|f| f.name == spot.word);
        if is_known {
            return self.reference(Some(spot));
        }
        let kind = self.now.aggregate.unwrap_or(Type);
        self.define(kind, spot);
    }

    /// A line ends; most statements do.
    pub(super) fn line(&mut self) {
        if self.brackets > 0 || self.now.first == 0 {
            return;
        }
        let lexer = &self.base.lexer;
        let last = lexer.last;
        let is_operator = matches!(
            last,
            b'=' | b',' | b'+' | b'-' | b'*' | b'|' | b'&' | b'?' | b':' | b'<' | b'.' | b'!' | b'%' | b'^'
        );
        let (next, at) = lexer.peek();
        let goes_on = match self.language {
            Go => false,
            Kotlin if matches!(next, b'g' | b's') && self.now.open.is_some() => {
                let rest = lexer.slice(at, at + 5);
                rest.starts_with("get()") || rest.starts_with("set(")
            }
            _ => matches!(next, b'.' | b'?' | b':' | b'{' | b'=' | b'|' | b'&' | b'+' | b'-' | b'>' | b')'),
        };
        let is_decorator = self.is_script && self.now.is_annotation;
        if is_decorator || (self.is_script && !self.now.is_begun && lexer.byte(self.now.head) == b'@') {
            let (first, line) = (self.now.first, self.base.last_line);
            self.end_statement(line);
            return self.base.lead(first, line);
        }
        let is_waiting = !self.now.is_begun && self.now.open.is_none() && self.now.candidate.is_none();
        if (is_operator && self.language != Go) || goes_on || is_waiting {
            return;
        }
        let is_interface = self.scopes.last().and_then(|s| s.index).and_then(|i| self.base.found.get(i as usize));
        if matches!(self.language, Go | TypeScript) && is_interface.is_some() {
            self.declare();
        }
        let last_line = self.base.last_line;
        self.end_statement(last_line);
    }

    /// C++'s `operator==(…)`: its signs belong to its name.
    pub(super) fn operator(&mut self, spot: Spot<'t>) {
        let (next, at) = self.base.lexer.peek();
        if self.language != Cpp || super::lexer::is_word(next) {
            self.now.is_barred = true;
            return;
        }
        let rest = self.base.lexer.slice(at, at + 8);
        let length = if rest.starts_with("()") { Some(2) } else { rest.find('(') };
        if let Some(length) = length {
            let word = self.base.lexer.slice(spot.at, at + length).trim_end();
            let last = self.now.word.replace(Spot { word, ..spot });
            self.reference(last);
            self.base.lexer.at = spot.at + word.len();
            self.base.lexer.last = WORD;
        }
    }
}
