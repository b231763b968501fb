//! Scans of the languages whose blocks are known by how far their lines are indented: Python, whose rule it is, and Ruby, whose
//! `end` stands below what it ends in nearly all that is written.

use super::lexer::{KEYWORD, Token, WORD};
use super::word::Act;
use super::{Base, Found, Sink};
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind::{self, Class, Constant, Function, Method, Module, Type, Variable};
use crate::syntax::convention::is_constant;
use crate::syntax::{import, prose, saturate};
use memchr::memrchr;

/// A method without `end` has its `=` within as many bytes.
const LONGEST_HEAD: usize = 400;

/// A definition whose block is open.
struct Block {
    column: usize,
    index: u32,
    kind: DefinitionKind,
    /// Ruby: whether methods that follow are private.
    is_private: bool,
}

struct Reader<'a, 't, 's, S> {
    base: &'a mut Base<'t, 's, S>,
    blocks: Vec<Block>,
    brackets: usize,
    column: usize,
    /// Whether the next word begins a statement.
    is_start: bool,
    /// First line of the statement, with its lead.
    first: u32,
    head: usize,
    /// A decorator: the statement is a lead itself.
    is_decorator: bool,
    awaits: Option<DefinitionKind>,
    /// A variable or an endless method, which ends with its statement.
    value: Option<u32>,
}

pub(super) fn read<'t, S: Sink<'t>>(base: &mut Base<'t, '_, S>) {
    let mut reader = Reader {
        base,
        blocks: Vec::new(),
        brackets: 0,
        column: 0,
        is_start: true,
        first: 1,
        head: 0,
        is_decorator: false,
        awaits: None,
        value: None,
    };
    reader.run();
}

impl<'t, S: Sink<'t>> Reader<'_, 't, '_, S> {
    fn run(&mut self) {
        let mut at_line_start = true;
        loop {
            let token = self.base.next();
            match token {
                Token::End => break,
                Token::Line => {
                    at_line_start = true;
                    if self.brackets == 0 && !self.is_joined() {
                        self.end_statement();
                    }
                    continue;
                }
                _ => {}
            }
            if at_line_start {
                at_line_start = false;
                self.begin_line(token);
            }
            match token {
                Token::Word(word) => self.word(word),
                Token::Sign(sign) => self.sign(sign),
                Token::Literal => self.literal(),
                _ => {}
            }
            self.base.last_line = self.base.lexer.line;
        }
        self.end_statement();
        let last = self.base.last_line;
        for block in std::mem::take(&mut self.blocks) {
            self.base.close(block.index, last);
        }
    }

    fn is_python(&self) -> bool {
        self.base.language == Language::Python
    }

    /// Whether the line goes on behind a `\`.
    fn is_joined(&self) -> bool {
        self.base.lexer.last == b'\\'
    }

    fn end_statement(&mut self) {
        self.is_start = true;
        self.awaits = None;
        let last = self.base.last_line;
        if let Some(index) = self.value.take() {
            self.base.close(index, last);
        }
        if std::mem::take(&mut self.is_decorator) {
            self.base.lead(self.first, last);
        }
    }

    /// The first token of a line.
    fn begin_line(&mut self, token: Token) {
        let lexer = &self.base.lexer;
        let before = &lexer.bytes[..lexer.start];
        let column = before.len() - memrchr(b'\n', before).map_or(0, |i| i + 1);
        let column = if before == "\u{feff}".as_bytes() { 0 } else { column };
        // A bracket that is not closed ends where no expression goes on.
        let is_definition = matches!(token, Token::Word("def" | "class"));
        if self.brackets > 0 && is_definition && self.is_python() {
            self.brackets = 0;
            self.end_statement();
        }
        if !self.is_start || self.brackets > 0 {
            return;
        }
        self.column = column;
        let line = self.base.lexer.start_line;
        let last = self.base.last_line;
        if self.is_python() {
            while let Some(block) = self.blocks.pop_if(|b| b.column >= column) {
                self.base.close(block.index, last);
            }
        } else if token == Token::Word("end") {
            while let Some(block) = self.blocks.pop_if(|b| b.column >= column) {
                let end = if block.column == column { line } else { last };
                self.base.close(block.index, end);
            }
        }
        self.first = self.base.first_line(line);
        self.head = self.base.lexer.start;
    }

    fn word(&mut self, word: &'t str) {
        let line = self.base.lexer.start_line;
        if let Some(kind) = self.awaits {
            return self.awaited(kind, word, line);
        }
        let is_start = std::mem::take(&mut self.is_start);
        let is_member = self.base.lexer.byte(self.base.lexer.start.wrapping_sub(1)) == b'.';
        match self.base.words.act(word).filter(|_| !is_member) {
            Some(act) => {
                self.base.lexer.last =
                    if matches!(word, "self" | "end" | "None" | "True" | "False") { WORD } else { KEYWORD };
                self.keyword(word, act, is_start);
            }
            None if is_start => self.first_word(word, line),
            None => {
                let is_key = !self.is_python() && self.is_key();
                if !is_key {
                    self.base.sink.reference(word, line);
                }
            }
        }
    }

    /// Ruby's `name:`.
    fn is_key(&self) -> bool {
        let lexer = &self.base.lexer;
        lexer.byte(lexer.at) == b':' && lexer.byte(lexer.at + 1) != b':'
    }

    fn keyword(&mut self, word: &'t str, act: Act, is_start: bool) {
        let is_ruby = !self.is_python();
        match act {
            Act::Modifier => self.is_start = is_start,
            // `private def x`, and `x = class_eval`: Ruby's `def` may follow a word.
            Act::Define(kind) if is_start || (is_ruby && kind == Method) => self.awaits = Some(kind),
            Act::Import if is_start => self.import(),
            _ => {}
        }
        match word {
            "if" if is_start && !is_ruby => {
                let lexer = &self.base.lexer;
                self.base.entry_point |= lexer.slice(lexer.start, lexer.start + 14) == "if __name__ ==";
            }
            "end" if is_ruby => {
                // On the line of what it ends.
                let line = self.base.lexer.start_line;
                let found = &self.base.found;
                let is_same = |b: &mut Block| found.get(b.index as usize).is_some_and(|f| f.lines.1 == line);
                if let Some(block) = self.blocks.pop_if(is_same) {
                    self.base.close(block.index, line);
                }
            }
            _ => {}
        }
    }

    fn import(&mut self) {
        let lexer = &self.base.lexer;
        let rest = lexer.text.get(lexer.start..).unwrap_or("");
        let mut end = rest.find('\n').unwrap_or(rest.len());
        while rest[..end].trim_end().ends_with('\\') && end < rest.len() {
            end += 1 + rest[end + 1..].find('\n').unwrap_or(rest.len() - end - 1);
        }
        if self.is_python() && rest[..end].contains('(') {
            end = rest.bytes().take(import::MOST_BYTES).position(|b| b == b')').unwrap_or(end);
        }
        let (start, line) = (lexer.start, lexer.start_line);
        self.base.import(start, end, line);
    }

    /// The word behind `def`, `class` or `module`.
    fn awaited(&mut self, kind: DefinitionKind, word: &'t str, line: u32) {
        let lexer = &self.base.lexer;
        // `self.build`, `A::B`: the last one is the name.
        let is_path =
            !self.is_python() && (lexer.byte(lexer.at) == b'.' || self.base.text[lexer.at..].starts_with("::"));
        if is_path {
            if self.base.words.act(word).is_none() {
                self.base.sink.reference(word, line);
            }
            return;
        }
        self.awaits = None;
        let is_member = self.blocks.last().is_some_and(|b| matches!(b.kind, Class));
        let kind = match kind {
            Method if self.blocks.is_empty() => Function,
            Function if is_member => Method,
            kind => kind,
        };
        let index = self.define(kind, word, line);
        self.blocks.push(Block { column: self.column, index, kind, is_private: false });
    }

    fn define(&mut self, kind: DefinitionKind, name: &'t str, line: u32) -> u32 {
        let container = self.blocks.last().map(|b| b.index);
        let is_private = self.blocks.last().is_some_and(|b| b.is_private);
        let head = self.base.lexer.slice(self.head, self.base.lexer.start);
        let exported = !is_private && self.base.is_exported(head, name, container, container.is_some(), false);
        let first = self.first.min(line);
        let (head_at, name_at) = (saturate(self.head), saturate(self.base.lexer.start));
        self.base.found.push(Found { name, kind, container, lines: (first, line), exported, head_at, name_at });
        saturate(self.base.found.len() - 1)
    }

    /// The first word of a statement that is no keyword: a variable, a soft keyword, or any name.
    fn first_word(&mut self, word: &'t str, line: u32) {
        let lexer = &self.base.lexer;
        let rest = lexer.text.get(lexer.at..).unwrap_or("").trim_start_matches([' ', '\t']);
        let is_assigned = rest.starts_with('=') && !["==", "=~", "=>"].iter().any(|s| rest.starts_with(s));
        if self.is_python() {
            let is_typed = rest.starts_with(':') && !rest.starts_with(":=");
            if word == "type" && rest.starts_with(|c: char| c.is_alphabetic() || c == '_') && self.column == 0 {
                self.awaits = None;
                return self.python_type();
            }
            if self.column == 0 && (is_assigned || is_typed) {
                let kind = if is_constant(word) { Constant } else { Variable };
                self.value = Some(self.define(kind, word, line));
                return;
            }
        } else {
            let is_method = self.blocks.last().is_some_and(|b| !matches!(b.kind, Class | Module));
            if is_assigned && !is_method && word.starts_with(|c: char| c.is_ascii_uppercase()) {
                self.value = Some(self.define(Constant, word, line));
                return;
            }
            let is_alone = rest.is_empty() || rest.starts_with(['\n', '\r', '#']);
            if is_alone
                && matches!(word, "private" | "protected" | "public")
                && let Some(block) = self.blocks.last_mut()
            {
                block.is_private = word != "public";
            }
        }
        if self.is_python() || !self.is_key() {
            self.base.sink.reference(word, line);
        }
    }

    /// `type X = …`: the name follows.
    fn python_type(&mut self) {
        if let Token::Word(name) = self.base.next() {
            let line = self.base.lexer.start_line;
            self.value = Some(self.define(Type, name, line));
        }
    }

    fn sign(&mut self, sign: u8) {
        let is_start = std::mem::take(&mut self.is_start);
        match sign {
            b'(' | b'[' | b'{' => {
                self.brackets += 1;
                if sign == b'(' && self.awaits.is_some() {
                    self.awaits = None;
                }
            }
            b')' | b']' | b'}' => self.brackets = self.brackets.saturating_sub(1),
            b'@' if is_start && self.is_python() => self.is_decorator = true,
            b';' if self.brackets == 0 => {
                self.end_statement();
            }
            b'.' | b':' => {}
            b'=' if !self.is_python() && self.brackets == 0 => self.endless(),
            _ => self.awaits = None,
        }
    }

    /// `def name(…) = value`.
    fn endless(&mut self) {
        let lexer = &self.base.lexer;
        if lexer.start - self.head > LONGEST_HEAD {
            return;
        }
        let is_spaced = lexer.byte(lexer.at) == b' ' && lexer.byte(lexer.start.wrapping_sub(1)) == b' ';
        let line = lexer.start_line;
        let head = lexer.slice(self.head, lexer.start);
        let is_head = head.trim_end().ends_with(')') || head.split_whitespace().count() == 2;
        let found = &self.base.found;
        let is_open = |b: &mut Block| b.kind != Class && found.get(b.index as usize).is_some_and(|f| f.lines.1 == line);
        if is_spaced
            && is_head
            && head.trim_start().starts_with("def ")
            && let Some(block) = self.blocks.pop_if(is_open)
        {
            self.value = Some(block.index);
        }
    }

    fn literal(&mut self) {
        let is_start = std::mem::take(&mut self.is_start);
        if is_start && self.is_python() {
            let lexer = &self.base.lexer;
            let text = lexer.slice(lexer.start, lexer.at);
            let sink = &mut *self.base.sink;
            prose::words(text, |word| sink.word(word));
        }
    }
}
