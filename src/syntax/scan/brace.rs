//! Scans of the languages whose blocks stand in braces: which statement a word stands in, and what its keyword announces.

use super::lexer::{KEYWORD, Token, WORD};
use super::statement::{Place, Scope, Spot, Statement};
use super::word::Act;
use super::{Base, Sink};
use crate::domain::language::Language::{
    self, C, CSharp, Cpp, Go, Java, JavaScript, Kotlin, Php, Rust, Swift, TypeScript,
};
use crate::domain::outline::DefinitionKind::{Class, Enum, Function, Interface, Method, Module, Struct, Type};
use crate::syntax::tally::Names;
use std::collections::HashSet;

/// Modifiers stand within as many bytes.
pub(super) const LONGEST_HEAD: usize = 400;

pub(super) struct Reader<'a, 't, 's, S> {
    pub(super) base: &'a mut Base<'t, 's, S>,
    pub(super) scopes: Vec<Scope<'t>>,
    pub(super) too_deep: usize,
    /// Open brackets within the innermost braces.
    pub(super) brackets: u32,
    pub(super) now: Statement<'t>,
    pub(super) types: Names<'t, u32>,
    pub(super) exports: HashSet<&'t str>,
    /// How many braces were open at every `#if`.
    pub(super) conditions: Vec<usize>,
    pub(super) language: Language,
    /// Whether a line's end may end a statement.
    pub(super) has_lines: bool,
    /// Whether functions have no keyword.
    pub(super) has_candidates: bool,
    pub(super) is_script: bool,
    /// `Lexer::last` before this token.
    pub(super) before_sign: u8,
}

pub(super) fn read<'t, S: Sink<'t>>(base: &mut Base<'t, '_, S>) {
    let language = base.language;
    let is_script = matches!(language, JavaScript | TypeScript);
    let file = Scope {
        place: Place::File,
        index: None,
        closes: None,
        brackets: 0,
        outer: None,
        is_open: true,
        is_constants: false,
        is_promised: false,
    };
    let mut reader = Reader {
        base,
        scopes: vec![file],
        too_deep: 0,
        brackets: 0,
        now: Statement::default(),
        types: Names::default(),
        exports: HashSet::new(),
        conditions: Vec::new(),
        language,
        has_lines: is_script || matches!(language, Go | Kotlin | Swift),
        has_candidates: is_script || matches!(language, C | Cpp | Java | CSharp | Go),
        is_script,
        before_sign: b';',
    };
    reader.run();
}

impl<'t, S: Sink<'t>> Reader<'_, 't, '_, S> {
    fn run(&mut self) {
        let mut line_starts = true;
        loop {
            self.before_sign = self.base.lexer.last;
            let token = self.base.next();
            match token {
                Token::End => break,
                Token::Line => {
                    line_starts = true;
                    if self.has_lines {
                        self.line();
                    }
                    continue;
                }
                Token::Sign(b'#') if line_starts && matches!(self.language, C | Cpp | CSharp) => {
                    self.directive();
                    continue;
                }
                _ => {}
            }
            line_starts = false;
            if self.now.first == 0 && !matches!(token, Token::Sign(b'}' | b';')) {
                let line = self.base.lexer.start_line;
                self.now.first = self.base.first_line(line);
                self.now.head = self.base.lexer.start;
                if let Place::Group(kind, is_value) = self.place() {
                    self.now.awaits = Some(kind);
                    self.now.value = Some(kind).filter(|_| is_value);
                }
            }
            match token {
                Token::Word(word) => self.word(word),
                Token::Sign(sign) => self.sign(sign),
                Token::Literal if self.brackets == 0 => {
                    self.now.is_begun |= self.language != Rust && !self.now.is_annotation;
                    self.now.awaits = None;
                }
                _ => {}
            }
            self.base.last_line = self.base.lexer.line;
        }
        let last = self.base.last_line;
        self.end_statement(last);
        while let Some(scope) = self.scopes.pop() {
            if let Some(index) = scope.closes {
                self.base.close(index, last);
            }
        }
        for found in &mut self.base.found {
            found.exported |= found.container.is_none() && self.exports.contains(found.name);
        }
    }

    pub(super) fn place(&self) -> Place {
        self.scopes.last().map_or(Place::File, |s| s.place)
    }

    /// Whether what stands here can define without being local.
    pub(super) fn is_declaring(&self) -> bool {
        self.brackets == 0 && !matches!(self.place(), Place::Body | Place::Opaque)
    }

    /// `= async <T>(x: T) => …`
    pub(super) fn is_async(&self) -> bool {
        let before = || self.base.lexer.text.get(..self.base.lexer.start).unwrap_or("");
        self.before_sign == KEYWORD && self.now.is_assigned && before().trim_end().ends_with("async")
    }

    pub(super) fn reference(&mut self, spot: Option<Spot<'t>>) {
        if let Some(spot) = spot {
            self.base.sink.reference(spot.word, spot.line);
        }
    }

    /// The statement is over; what it left open ends on `line`.
    pub(super) fn end_statement(&mut self, line: u32) {
        let now = std::mem::take(&mut self.now);
        for spot in [now.candidate, now.word, now.array, now.generic, now.field, now.pointer] {
            self.reference(spot);
        }
        if let Some(index) = now.open {
            self.base.close(index, line);
        }
    }

    fn word(&mut self, word: &'t str) {
        let lexer = &self.base.lexer;
        let spot = Spot { word, line: lexer.start_line, at: lexer.start };
        let before = lexer.byte(lexer.start.wrapping_sub(1));
        let mut act = self.base.words.act(word);
        if before == b'.' || (act.is_some() && self.is_soft_name(word)) {
            act = None;
        }
        if let Some(act) = act {
            let is_value = matches!(word, "this" | "super" | "true" | "false" | "null" | "undefined" | "self" | "nil");
            self.base.lexer.last = if is_value { WORD } else { KEYWORD };
            if self.brackets == 0 {
                self.keyword(word, act, spot);
            }
            return;
        }
        if self.brackets > 0 {
            if self.now.is_alias && self.now.pointer.is_none() && before == b'*' {
                self.now.pointer = Some(spot);
            } else {
                if self.is_script && word == "require" {
                    self.call_import(spot);
                }
                self.base.sink.reference(word, spot.line);
            }
            return;
        }
        if let Some(kind) = self.now.awaits {
            return self.awaited(kind, spot);
        }
        if self.now.is_owner && self.now.angles == 0 {
            self.now.owner = Some(word);
        }
        let is_annotation = before == b'@' || (before == b'.' && self.now.is_annotation);
        self.now.is_annotation = is_annotation;
        self.now.is_begun |= !is_annotation;
        if self.has_candidates && self.now.angles == 0 && self.is_declaring() {
            let last = self.now.word.replace(spot);
            self.reference(last);
        } else {
            self.base.sink.reference(word, spot.line);
        }
    }

    /// A keyword only elsewhere: what follows shows that it is a name here.
    fn is_soft_name(&self, word: &str) -> bool {
        let lexer = &self.base.lexer;
        let next = lexer.byte(lexer.at);
        let (peek, at) = if next.is_ascii_whitespace() { lexer.peek() } else { (next, lexer.at) };
        match self.language {
            JavaScript | TypeScript if self.place() == Place::Type && self.brackets == 0 => {
                matches!(peek, b'(' | b'=' | b':' | b'?' | b';')
            }
            TypeScript => {
                matches!(
                    word,
                    "type" | "namespace" | "module" | "declare" | "abstract" | "static" | "is" | "as" | "object"
                ) && !super::lexer::is_word(peek)
                    && !matches!(peek, b'{' | b'"' | b'\'')
            }
            Rust => {
                matches!(word, "union" | "default" | "auto")
                    && !(super::lexer::is_word(peek) || (word == "default" && peek == b'='))
            }
            Java | CSharp => {
                matches!(word, "record" | "when" | "value" | "get" | "set" | "init")
                    && matches!(peek, b'=' | b'.' | b',' | b')' | b';')
            }
            Kotlin | Swift => {
                let is_hard = matches!(word, "fun" | "func" | "class" | "val" | "var" | "let" | "private" | "init");
                !is_hard && matches!(peek, b'=' | b'.' | b',' | b')' | b':') && lexer.byte(at + 1) != b':'
            }
            _ => false,
        }
    }

    fn keyword(&mut self, word: &'t str, act: Act, spot: Spot<'t>) {
        let needs_start = self.is_script || matches!(self.language, Rust | Php | Go | Swift | Kotlin);
        let can_begin = !self.now.is_begun || !needs_start;
        let is_opaque = self.place() == Place::Opaque;
        match act {
            Act::Modifier => {
                if word == "export" {
                    self.export();
                }
                return;
            }
            Act::Define(Module) if matches!(self.language, Cpp | CSharp) => self.now.is_namespace = true,
            Act::Define(kind) if can_begin && self.now.angles == 0 && !is_opaque => {
                // `enum class`
                let is_enum = self.now.awaits == Some(Enum) && self.language == Cpp;
                self.now.awaits = Some(if is_enum { Enum } else { kind });
                self.now.value = None;
                return;
            }
            Act::Define(kind) => {
                let is_value = self.now.is_assigned && self.now.value.is_some() && self.now.open.is_some();
                if is_value && self.is_script && matches!(kind, Function | Class) {
                    self.refine(kind);
                } else if kind == Function && self.now.field.is_some() {
                    self.define_field();
                }
            }
            Act::Value(kind) if can_begin && !is_opaque => {
                let is_outer = !self.is_script || self.scopes.len() == 1;
                if is_outer && self.is_declaring() {
                    self.now.awaits = Some(kind);
                    self.now.value = Some(kind);
                }
                return;
            }
            Act::Import => self.import(word),
            Act::Own if can_begin => self.now.is_owner = true,
            Act::Alias => {
                self.now.is_alias = true;
                return;
            }
            Act::Constructor if self.place() == Place::Type && !self.now.is_begun => {
                self.define(Method, spot);
            }
            Act::Bar => self.now.is_barred = true,
            Act::Operator => self.operator(spot),
            Act::Access if self.base.lexer.peek().0 == b':' && self.place() == Place::Type => {
                self.now.is_access = true;
                if let Some(scope) = self.scopes.last_mut() {
                    scope.is_open = word != "private";
                }
            }
            Act::Pass => self.passed(word),
            _ => {}
        }
        if self.now.awaits.is_none() {
            self.now.is_begun = true;
        }
    }

    /// A keyword that announces nothing by itself.
    fn passed(&mut self, word: &str) {
        match (self.language, word) {
            (Rust, "for") if self.now.is_owner => {
                self.now.owner = None;
                self.now.is_promised = true;
            }
            (Rust, "where") if self.now.is_owner => self.now.angles += 1,
            (Go, "struct" | "interface") if !self.now.is_begun && self.now.value.is_none() => {
                let kind = if word == "struct" { Struct } else { Interface };
                if let Some(found) = self.now.open.and_then(|i| self.base.found.get_mut(i as usize))
                    && found.kind == Type
                {
                    found.kind = kind;
                }
            }
            _ => {}
        }
        if self.language == Go && self.now.awaits.is_none() {
            self.now.is_begun = true;
        }
    }
}

pub(super) fn is_upper(word: &str) -> bool {
    !word.bytes().any(|b| b.is_ascii_lowercase())
}
