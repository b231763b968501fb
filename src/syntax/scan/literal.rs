//! Literals that take more than a byte to find the end of: strings of every kind with what is interpolated in them, heredocs,
//! regular expressions. A string that does not end where its kind must ends with its line; looking for an end costs no more than
//! what is skipped.

use super::lexer::{LITERAL, Lexer, Token, WORD, is_word, newlines};
use crate::domain::language::Language;
use memchr::{memchr2, memchr3};

/// A regular expression is no longer.
const LONGEST_REGEX: usize = 1_000;

impl<'t> Lexer<'t> {
    pub(super) fn prefixed(&mut self, start: usize, end: usize) -> Option<Token<'t>> {
        let is_raw = self.bytes[start..end].iter().any(|b| matches!(b, b'r' | b'R'));
        let quote = self.byte(end);
        match self.language {
            Language::Rust if is_raw => {
                let hashes = self.bytes[end..].iter().take_while(|b| **b == b'#').count();
                if self.byte(end + hashes) == b'"' {
                    self.at = end + hashes + 1;
                    self.skip_raw(b'"', hashes, b'#');
                    return Some(self.literal());
                }
                if hashes == 1 && is_word(self.byte(end + 1)) {
                    // `r#type` is a name.
                    let length = self.bytes[end + 1..].iter().take_while(|b| is_word(**b)).count();
                    self.at = end + 1 + length;
                    self.last = WORD;
                    self.count_code();
                    return Some(Token::Word(self.slice(start, self.at)));
                }
            }
            Language::Rust | Language::C | Language::Cpp if quote == b'#' => {}
            Language::C | Language::Cpp if is_raw && quote == b'"' => {
                // R"mark( … )mark"
                let mark = self.bytes[end + 1..].iter().take(17).position(|b| *b == b'(').unwrap_or(0);
                let close = format!("){}\"", self.slice(end + 1, end + 1 + mark));
                self.skip_to(end + 2 + mark, &close);
                return Some(self.literal());
            }
            _ if matches!(quote, b'"' | b'\'') => {
                self.at = end;
                return self.quote(quote);
            }
            _ => {}
        }
        self.last = WORD;
        self.count_code();
        Some(Token::Word(self.slice(start, end)))
    }

    /// A string, a character, or what only looks like one.
    pub(super) fn quote(&mut self, quote: u8) -> Option<Token<'t>> {
        use Language::{C, CSharp, Cpp, Go, Java, JavaScript, Kotlin, Php, Python, Ruby, Rust, Swift, TypeScript};
        let at = self.at;
        let is_triple = self.byte(at + 1) == quote && self.byte(at + 2) == quote;
        match (self.language, quote) {
            (JavaScript | TypeScript, b'`') => {
                self.at += 1;
                self.skip_template();
            }
            (Go, b'`') => self.skip_to(at + 1, "`"),
            (Swift | Kotlin, b'`') => {
                // A name in backticks.
                let length = self.bytes[at + 1..].iter().take_while(|b| !matches!(b, b'`' | b'\n')).count();
                self.at = at + 2 + length;
                self.last = WORD;
                self.count_code();
                return Some(Token::Word(self.slice(at, self.at.min(self.bytes.len()))));
            }
            (_, b'`') => self.at += 1,
            (Python, _) if is_triple => {
                let close = if quote == b'"' { "\"\"\"" } else { "'''" };
                self.skip_escaped(at + 3, close);
            }
            (Swift | Java | Kotlin | CSharp, b'"') if is_triple => {
                if self.language == Java {
                    self.skip_escaped(at + 3, "\"\"\"")
                } else {
                    self.skip_to(at + 3, "\"\"\"")
                }
            }
            (Rust, b'\'') => return self.rust_quote(),
            (Rust | Php | Ruby, _) => self.skip_string(quote, true),
            (C | Cpp | CSharp | Java | Go | Kotlin, b'\'') if self.byte(at + 1) != b'\\' && !self.is_character(at) => {
                return Some(self.plain(quote));
            }
            (Swift, b'\'') => return Some(self.plain(quote)),
            _ => self.skip_string(quote, false),
        }
        Some(self.literal())
    }

    /// Whether a character literal stands here: it closes within a few bytes.
    fn is_character(&self, at: usize) -> bool {
        self.bytes.get(at + 1..).unwrap_or_default().iter().take(12).take_while(|b| **b != b'\n').any(|b| *b == b'\'')
    }

    /// `'a'`, or the lifetime `'a`.
    fn rust_quote(&mut self) -> Option<Token<'t>> {
        let at = self.at;
        if self.byte(at + 1) == b'\\' {
            self.skip_string(b'\'', false);
            return Some(self.literal());
        }
        let length = self.text.get(at + 1..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8);
        if self.byte(at + 1 + length) == b'\'' {
            self.at = at + 2 + length;
            return Some(self.literal());
        }
        self.at += 1;
        while is_word(self.byte(self.at)) {
            self.at += 1;
        }
        None
    }

    /// A string from its quote at `self.at` on, with what is interpolated.
    pub(super) fn skip_string(&mut self, quote: u8, may_span: bool) {
        let mut at = self.at + 1;
        let opens = match self.language {
            Language::Ruby if quote == b'"' || quote == b'`' => (b'#', b'{'),
            Language::Kotlin => (b'$', b'{'),
            Language::Swift => (b'\\', b'('),
            _ => (0, 0),
        };
        loop {
            if opens.0 == 0 {
                let rest = self.bytes.get(at..).unwrap_or_default();
                at += memchr3(quote, b'\\', b'\n', rest).unwrap_or(rest.len());
            }
            let byte = self.byte(at);
            if at >= self.bytes.len() {
                at = self.bytes.len();
                break;
            }
            if byte == opens.0 && self.byte(at + 1) == opens.1 {
                at = self.interpolated(at + 2, opens.1);
                continue;
            }
            match byte {
                b'\\' => {
                    self.line += u32::from(self.byte(at + 1) == b'\n');
                    at += 2;
                }
                b'\n' if !may_span => break,
                b'\n' => {
                    self.line += 1;
                    at += 1;
                }
                _ if byte == quote => {
                    at += 1;
                    break;
                }
                _ => at += 1,
            }
        }
        self.at = at.min(self.bytes.len());
    }

    /// The end of an interpolation: behind its closing bracket, or the end of its line.
    fn interpolated(&self, from: usize, open: u8) -> usize {
        let close = if open == b'{' { b'}' } else { b')' };
        let mut depth = 1;
        let mut at = from;
        let mut quote = 0;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\n' => return at,
                b'\\' => at += 1,
                b'"' | b'\'' if quote == 0 => quote = byte,
                _ if byte == quote => quote = 0,
                _ if quote != 0 => {}
                _ if byte == open => depth += 1,
                _ if byte == close => {
                    depth -= 1;
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.bytes.len()
    }

    /// A template string behind its first backtick, with templates in it.
    fn skip_template(&mut self) {
        // For every open `${`: how many braces are open in it.
        let mut open: Vec<u32> = Vec::new();
        let mut in_text = true;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            self.line += u32::from(byte == b'\n');
            match byte {
                b'\\' => {
                    self.line += u32::from(self.byte(self.at) == b'\n');
                    self.at += 1;
                }
                b'`' if in_text && open.is_empty() => break,
                b'`' => in_text = !in_text,
                b'$' if in_text && self.byte(self.at) == b'{' => {
                    self.at += 1;
                    open.push(0);
                    in_text = false;
                }
                b'{' if !in_text => {
                    if let Some(depth) = open.last_mut() {
                        *depth += 1;
                    }
                }
                b'}' if !in_text => match open.last_mut() {
                    Some(0) => {
                        open.pop();
                        in_text = true;
                    }
                    Some(depth) => *depth -= 1,
                    None => {}
                },
                _ => {}
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// Behind `close`, whatever stands before it.
    pub(super) fn skip_to(&mut self, from: usize, close: &str) {
        let rest = self.text.get(from..).unwrap_or("");
        let length = rest.find(close).map_or(rest.len(), |i| i + close.len());
        self.line += newlines(&rest.as_bytes()[..length]);
        self.at = (from + length).min(self.bytes.len());
    }

    /// Behind `close`, where `\` hides a byte.
    fn skip_escaped(&mut self, from: usize, close: &str) {
        let (mut at, close) = (from, close.as_bytes());
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            at += memchr2(close[0], b'\\', rest).unwrap_or(rest.len());
            match self.bytes.get(at) {
                Some(b'\\') => at += 2,
                Some(_) if !self.bytes[at..].starts_with(close) => at += 1,
                _ => break,
            }
        }
        let end = (at + close.len()).min(self.bytes.len());
        self.line += newlines(&self.bytes[self.at.min(end)..end]);
        self.at = end;
    }

    /// Behind `quote` and as many `mark`s.
    pub(super) fn skip_raw(&mut self, quote: u8, marks: usize, mark: u8) {
        let mut at = self.at;
        while let Some(&byte) = self.bytes.get(at) {
            self.line += u32::from(byte == b'\n');
            at += 1;
            if byte == quote && self.bytes[at..].iter().take(marks).filter(|b| **b == mark).count() == marks {
                at += marks;
                break;
            }
        }
        self.at = at;
    }

    /// A regular expression where a value is expected, if it ends on its line.
    pub(super) fn regex(&mut self) -> Token<'t> {
        let space = self.byte(self.at + 1) == b' ' || self.byte(self.at + 1) == b'=';
        let is_value = matches!(self.last, WORD | LITERAL | b')' | b']' | b'}' | b'<' | b'>');
        // Ruby's `puts /x/`.
        let is_argument = self.language == Language::Ruby
            && self.last == WORD
            && !space
            && matches!(self.byte(self.at.wrapping_sub(1)), b' ' | b'\n');
        if is_value && !is_argument {
            return self.plain(b'/');
        }
        let mut at = self.at + 1;
        let mut in_class = false;
        loop {
            match self.byte(at) {
                b'\n' | 0 => return self.plain(b'/'),
                _ if at > self.at + LONGEST_REGEX => return self.plain(b'/'),
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                _ => {}
            }
            at += 1;
        }
        self.at = at + 1;
        while self.byte(self.at).is_ascii_alphabetic() {
            self.at += 1;
        }
        self.literal()
    }

    pub(super) fn verbatim(&mut self) {
        let mut at = self.at + 1;
        while let Some(&byte) = self.bytes.get(at) {
            self.line += u32::from(byte == b'\n');
            at += 1;
            if byte == b'"' {
                if self.byte(at) != b'"' {
                    break;
                }
                at += 1;
            }
        }
        self.at = at;
    }

    /// Up to the next `<?php` or `<?=`.
    pub(super) fn skip_markup(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or("");
        let length = rest.find("<?").unwrap_or(rest.len());
        self.line += newlines(&rest.as_bytes()[..length]);
        self.at += length;
        let open = self.slice(self.at, self.at + 5);
        self.at += if open.eq_ignore_ascii_case("<?php") { 5 } else { open.len().min(3) };
        self.at = self.at.min(self.bytes.len());
    }
}
