//! Scans of the languages whose blocks stand in braces: which statement a word stands in, and what its keyword announces.

use super::lexer::{KEYWORD, Token, WORD};
use super::statement::{Place, Scope, Spot, Statement};
use super::word::Act;
use super::{Base, Found, Sink};
use crate::domain::language::Language::{
    self, C, CSharp, Cpp, Go, Java, JavaScript, Kotlin, Php, Rust, Swift, TypeScript,
};
use crate::domain::outline::DefinitionKind::{
    self, Class, Constant, Enum, Function, Interface, Macro, Method, Module, Struct, Type, Variable,
};
use crate::syntax::convention::{has_word, is_entry};
use crate::syntax::tally::Names;
use crate::syntax::{import, saturate};

pub(super) struct Reader<'a, 't, 's, S> {
    pub(super) base: &'a mut Base<'t, 's, S>,
    pub(super) scopes: Vec<Scope<'t>>,
    pub(super) too_deep: usize,
    /// Open brackets within the innermost braces.
    pub(super) brackets: u32,
    pub(super) now: Statement<'t>,
    pub(super) types: Names<'t, u32>,
    pub(super) exports: Vec<&'t str>,
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
        exports: Vec::new(),
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
            found.exported |= found.container.is_none() && self.exports.contains(&found.name);
        }
    }

    pub(super) fn place(&self) -> Place {
        self.scopes.last().map_or(Place::File, |s| s.place)
    }

    /// Whether what stands here can define without being local.
    pub(super) fn is_declaring(&self) -> bool {
        self.brackets == 0 && !matches!(self.place(), Place::Body | Place::Opaque)
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

    /// The word behind a keyword that awaits a name.
    fn awaited(&mut self, kind: DefinitionKind, spot: Spot<'t>) {
        let (peek, at) = self.base.lexer.peek();
        let next = self.base.lexer.byte(at + 1);
        match self.language {
            C | Cpp if matches!(kind, Class | Struct | Enum) => {
                let is_template =
                    self.language == Cpp && self.base.lexer.slice(self.now.head, spot.at).starts_with("template");
                let is_scope = peek == b':' && next == b':';
                let has_body = peek == b'{'
                    || (peek == b':' && !is_scope)
                    || (is_template && peek == b'<')
                    || self.base.lexer.slice(at, at + 6) == "final ";
                // `class EXPORT Name`, `struct outer::name`
                let goes_on = is_scope || super::lexer::is_word(peek);
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
        let head = self.base.lexer.slice(self.now.head, spot.at);
        let qualified = head.strip_suffix("::").filter(|_| self.language == Cpp);
        let receiver =
            self.now.receiver.or(qualified.map(crate::syntax::convention::type_name)).filter(|r| !r.is_empty());
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
        self.base.found.push(Found { name: spot.word, kind, container, lines, exported });
        self.now.open = Some(index);
        // Go's kind of a type is the word behind its name.
        let is_type = self.language == Go && kind == Type && self.base.lexer.peek().0 != b'*';
        self.now.is_begun = !is_type;
        index
    }

    /// A little of what stands before a byte.
    fn before(&self, at: usize) -> &'t str {
        let mut from = at.saturating_sub(200);
        while !self.base.text.is_char_boundary(from) {
            from += 1;
        }
        self.base.lexer.slice(from, at)
    }

    fn import(&mut self, word: &str) {
        let lexer = &self.base.lexer;
        let rest = lexer.text.get(lexer.start..).unwrap_or("");
        let (peek, _) = lexer.peek();
        let is_include = word.starts_with("require") || word.starts_with("include");
        if self.is_script {
            let spot = Spot { word: "import", line: lexer.start_line, at: lexer.start };
            if word == "require" {
                self.base.sink.reference("require", spot.line);
            }
            if peek == b'(' {
                return self.call_import(spot);
            }
            if word == "require" || peek == b'.' || self.now.is_begun {
                return;
            }
        }
        let is_outer = matches!(self.place(), Place::File) || self.language == Rust;
        if (self.now.is_begun && !is_include)
            || peek == b'(' && !is_include && self.language != Go
            || !is_outer && !is_include
        {
            return;
        }
        self.now.is_assigned = true;
        let end = match self.language {
            JavaScript | TypeScript => quoted_end(rest),
            Go if peek == b'(' => rest.find(')'),
            Go | Kotlin | Swift => rest.find('\n'),
            _ => rest.find(';'),
        };
        self.read_import(&rest[..end.unwrap_or(rest.len())]);
    }

    fn read_import(&mut self, statement: &'t str) {
        let sink = &mut *self.base.sink;
        import::read(self.language, statement, self.base.lexer.start_line, &mut |target, names, line| {
            sink.import(target, names, line);
        });
    }

    /// `require('x')`, `import('x')`.
    fn call_import(&mut self, spot: Spot<'t>) {
        let rest = self.base.lexer.text.get(spot.at..).unwrap_or("");
        let inner = rest.split_once('(').map_or("", |(_, inner)| inner.trim_start());
        if inner.starts_with(['"', '\'', '`'])
            && let Some(end) = quoted_end(rest)
        {
            self.read_import(&rest[..end]);
        }
    }

    /// `export { a, b }`, `export * from 'x'`.
    fn export(&mut self) {
        let (peek, at) = self.base.lexer.peek();
        let rest = self.base.lexer.text.get(at..).unwrap_or("");
        let list = if peek == b'{' { rest.split_once('}') } else { None };
        match list {
            Some((names, behind)) if !behind.trim_start().starts_with("from") => {
                let pairs = names[1..].split(',').filter_map(|n| n.split_whitespace().next());
                self.exports.extend(pairs);
                self.now.is_assigned = true;
            }
            Some(_) => {
                self.now.is_assigned = true;
                if let Some(end) = quoted_end(rest) {
                    self.read_import(&rest[..end]);
                }
            }
            None if peek == b'*' => {
                if let Some(end) = quoted_end(rest) {
                    self.read_import(&rest[..end]);
                }
            }
            None => {}
        }
    }
}

/// The end of the first string in `text`, if it begins soon.
fn quoted_end(text: &str) -> Option<usize> {
    let start = text.bytes().take(8 * 1024).position(|b| matches!(b, b'"' | b'\'' | b'`' | b';'))?;
    let quote = text.as_bytes()[start];
    let length = text[start + 1..].bytes().take(1024).position(|b| b == quote || b == b'\n')?;
    (quote != b';').then_some(start + 2 + length)
}

pub(super) fn is_upper(word: &str) -> bool {
    !word.bytes().any(|b| b.is_ascii_lowercase())
}
