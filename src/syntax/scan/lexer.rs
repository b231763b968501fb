//! Tokens of thirteen languages out of bytes: words, signs, line ends, comments; strings of every kind are one token. It knows no
//! grammar, and a string that does not end where its kind must ends with its line.

pub(super) use super::class::is_word;
use super::class::{Class, Classes};
use crate::domain::language::Language;
use memchr::{memchr, memchr_iter, memchr2, memmem};

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A keyword or an identifier.
    Word(&'t str),
    /// A byte that is neither.
    Sign(u8),
    /// A string, a character, a number or a regular expression.
    Literal,
    Comment(&'t str),
    /// A line ends.
    Line,
    End,
}

/// What `Lexer::last` is behind a word, behind a keyword that no value ends with, and behind a literal.
pub(super) const WORD: u8 = b'a';
pub(super) const KEYWORD: u8 = b'k';
pub(super) const LITERAL: u8 = b'0';

/// A peek looks over as much white space.
const FARTHEST_PEEK: usize = 256;

pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) language: Language,
    /// Where the next token is looked for.
    pub(super) at: usize,
    /// Where the last token begins.
    pub(super) start: usize,
    /// 1-based line of `at`, and of the last token's first byte.
    pub(super) line: u32,
    pub(super) start_line: u32,
    /// The last sign, or `WORD`, `KEYWORD`, `LITERAL`. Comments and line ends do not change it.
    pub(super) last: u8,
    /// Lines that hold a token.
    pub(super) code_lines: u32,
    pub(super) last_code: u32,
    classes: &'static Classes,
    /// Heredocs that begin behind this line's end, by their last words.
    pub(super) heredocs: Vec<&'t str>,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(language: Language, text: &'t str) -> Lexer<'t> {
        let mut lexer = Lexer {
            text,
            bytes: text.as_bytes(),
            language,
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            start: 0,
            line: 1,
            start_line: 1,
            last: b';',
            code_lines: 0,
            last_code: 0,
            classes: Class::of(language),
            heredocs: Vec::new(),
        };
        if language == Language::Php {
            lexer.skip_markup();
        }
        lexer
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to.max(from)).unwrap_or("")
    }

    /// The next byte that is no white space on this line or the following ones, and where it stands.
    pub(super) fn peek(&self) -> (u8, usize) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest.iter().take(FARTHEST_PEEK).position(|b| !b.is_ascii_whitespace()) {
            Some(i) => (rest[i], self.at + i),
            None => (0, self.at),
        }
    }

    /// The line of the next byte that is no white space.
    pub(super) fn line_of_next(&self) -> u32 {
        let (_, at) = self.peek();
        self.line + newlines(&self.bytes[self.at.min(at)..at])
    }

    // A call, and a token handed over in memory, would cost a twentieth of a scan.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Token<'t> {
        loop {
            let Some(&byte) = self.bytes.get(self.at) else { return Token::End };
            self.start = self.at;
            self.start_line = self.line;
            match self.classes[usize::from(byte)] {
                Class::Space => self.at += self.bytes[self.at..].iter().take_while(|b| **b == b' ').count().max(1),
                Class::Line => {
                    self.at += 1;
                    self.line += 1;
                    if !self.heredocs.is_empty() {
                        self.skip_heredocs();
                    }
                    return Token::Line;
                }
                Class::Word => {
                    if let Some(token) = self.word() {
                        return token;
                    }
                }
                Class::Digit => {
                    self.number();
                    return self.literal();
                }
                Class::Quote => {
                    if let Some(token) = self.quote(byte) {
                        return token;
                    }
                }
                Class::Slash => return self.slash(),
                Class::Hash => return self.hash(),
                Class::Sign => return self.plain(byte),
                Class::Opening => {
                    if let Some(token) = self.sign(byte) {
                        return token;
                    }
                }
            }
        }
    }

    #[inline]
    pub(super) fn count_code(&mut self) {
        if self.line > self.last_code {
            self.code_lines += self.line - self.start_line + u32::from(self.start_line > self.last_code);
            self.last_code = self.line;
        }
    }

    pub(super) fn literal(&mut self) -> Token<'t> {
        self.last = LITERAL;
        self.count_code();
        Token::Literal
    }

    pub(super) fn plain(&mut self, byte: u8) -> Token<'t> {
        self.at = self.start + 1;
        self.last = byte;
        self.count_code();
        Token::Sign(byte)
    }

    /// A word, unless it is the beginning of a literal (`r"…"`).
    fn word(&mut self) -> Option<Token<'t>> {
        let rest = &self.bytes[self.at + 1..];
        let length = rest.iter().position(|byte| self.classes[usize::from(*byte)] > Class::Digit).unwrap_or(rest.len());
        let mut at = self.at + 1 + length;
        let (start, next) = (self.at, self.byte(at));
        if self.language == Language::Ruby && matches!(next, b'?' | b'!') && self.byte(at + 1) != b'=' {
            at += 1;
        }
        self.at = at;
        if at - start <= 3 && matches!(next, b'"' | b'\'' | b'#') && self.is_prefix(start, at) {
            return self.prefixed(start, at);
        }
        self.last = WORD;
        self.count_code();
        Some(Token::Word(self.slice(start, at)))
    }

    /// Whether the letters in `start..end` belong to the string behind them.
    fn is_prefix(&self, start: usize, end: usize) -> bool {
        let word = &self.bytes[start..end];
        match self.language {
            Language::Python => word.iter().all(|b| matches!(b.to_ascii_lowercase(), b'r' | b'b' | b'f' | b'u' | b't')),
            Language::Rust => matches!(word, b"r" | b"b" | b"br" | b"c" | b"cr"),
            Language::C | Language::Cpp => {
                matches!(word, b"R" | b"L" | b"u" | b"U" | b"u8" | b"LR" | b"uR" | b"UR" | b"u8R")
            }
            _ => false,
        }
    }

    fn number(&mut self) {
        let mut at = self.at + 1;
        loop {
            let (byte, next) = (self.byte(at), self.byte(at + 1));
            let continues = byte.is_ascii_alphanumeric()
                || byte == b'_'
                || (byte == b'.' && next.is_ascii_digit())
                || (byte == b'\'' && self.language == Language::Cpp && next.is_ascii_alphanumeric());
            if !continues {
                break;
            }
            at += 1;
        }
        self.at = at;
    }

    pub(super) fn comment(&mut self, end: usize) -> Token<'t> {
        let end = end.min(self.bytes.len());
        self.line += newlines(&self.bytes[self.start..end]);
        self.at = end;
        Token::Comment(self.slice(self.start, end))
    }

    /// A comment up to the end of its line.
    fn line_comment(&mut self) -> Token<'t> {
        self.at = self.line_end(self.start);
        Token::Comment(self.slice(self.start, self.at))
    }

    pub(super) fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        from + memchr(b'\n', rest).unwrap_or(rest.len())
    }

    fn slash(&mut self) -> Token<'t> {
        let next = self.byte(self.at + 1);
        match (self.language, next) {
            (Language::Python, _) => self.plain(b'/'),
            (Language::Ruby, _) => self.regex(),
            (Language::Php, b'/') => {
                let end = self.line_end(self.at);
                let close = self.slice(self.at, end).find("?>").map_or(end, |i| self.at + i);
                self.comment(close)
            }
            (_, b'/') => self.line_comment(),
            (_, b'*') => {
                let nests = matches!(self.language, Language::Rust | Language::Swift | Language::Kotlin);
                let (mut depth, mut at) = (1, self.at + 2);
                while depth > 0 {
                    let rest = self.bytes.get(at..).unwrap_or_default();
                    let found = if nests { memchr2(b'*', b'/', rest) } else { memmem::find(rest, b"*/") };
                    at = found.map_or(self.bytes.len(), |found| at + found);
                    match (self.byte(at), self.byte(at + 1)) {
                        (b'*', b'/') => depth -= 1,
                        (b'/', b'*') => depth += 1,
                        (0, _) => break,
                        _ => {
                            at += 1;
                            continue;
                        }
                    }
                    at += 2;
                }
                self.comment(at)
            }
            (Language::JavaScript | Language::TypeScript, _) => self.regex(),
            _ => self.plain(b'/'),
        }
    }

    fn hash(&mut self) -> Token<'t> {
        let next = self.byte(self.at + 1);
        match self.language {
            Language::Python | Language::Ruby => self.line_comment(),
            Language::Php if next != b'[' => self.line_comment(),
            Language::JavaScript | Language::TypeScript if self.at == 0 && next == b'!' => self.line_comment(),
            Language::Rust if self.at == 0 && next == b'!' && self.byte(2) != b'[' => self.line_comment(),
            // `#private`
            Language::JavaScript | Language::TypeScript if is_word(next) => {
                self.at += 1;
                while is_word(self.byte(self.at)) || self.byte(self.at) == b'$' {
                    self.at += 1;
                }
                self.last = WORD;
                self.count_code();
                Token::Word(self.slice(self.start, self.at))
            }
            Language::Swift if matches!(next, b'"' | b'#') => {
                let hashes = self.bytes[self.at..].iter().take_while(|b| **b == b'#').count();
                if self.byte(self.at + hashes) == b'"' {
                    self.at += hashes + 1;
                    self.skip_raw(b'"', hashes, b'#');
                    return self.literal();
                }
                self.plain(b'#')
            }
            _ => self.plain(b'#'),
        }
    }

    /// A sign, or a literal that begins with one.
    fn sign(&mut self, byte: u8) -> Option<Token<'t>> {
        let next = self.byte(self.at + 1);
        match (self.language, byte) {
            (Language::CSharp, b'@' | b'$') if matches!(next, b'"' | b'@' | b'$') => {
                let prefix = self.bytes[self.at..].iter().take(4).take_while(|b| matches!(b, b'@' | b'$')).count();
                let is_verbatim = self.bytes[self.at..self.at + prefix].contains(&b'@');
                self.at += prefix;
                if self.byte(self.at) != b'"' {
                    return Some(self.plain(byte));
                }
                if self.byte(self.at + 1) == b'"' && self.byte(self.at + 2) == b'"' {
                    self.skip_to(self.at + 3, "\"\"\"");
                } else if is_verbatim {
                    self.verbatim();
                } else {
                    self.skip_string(b'"', false);
                }
                Some(self.literal())
            }
            (Language::Php, b'?') if next == b'>' => {
                self.at += 2;
                self.last = b';';
                self.skip_markup();
                Some(Token::Sign(b';'))
            }
            (Language::Php, b'<') if next == b'<' && self.byte(self.at + 2) == b'<' => {
                self.at += 3;
                self.heredoc();
                Some(self.literal())
            }
            // The name behind it counts.
            (Language::Php, b'$') => {
                self.at += 1;
                None
            }
            (Language::Ruby, _) => self.ruby_sign(byte, next),
            _ => Some(self.plain(byte)),
        }
    }

    /// The rest of this line and of those that a `\` joins to it, up to a comment; for directives.
    pub(super) fn take_directive(&mut self) -> &'t str {
        let from = self.at;
        let mut at = from;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' if self.byte(at + 1) == b'\n' => {
                    self.line += 1;
                    at += 1;
                }
                b'\\' if self.byte(at + 1) == b'\r' && self.byte(at + 2) == b'\n' => {
                    self.line += 1;
                    at += 2;
                }
                b'\n' => break,
                b'/' if matches!(self.byte(at + 1), b'*' | b'/') => break,
                _ => {}
            }
            at += 1;
        }
        self.at = at.min(self.bytes.len());
        self.count_code();
        self.last = b';';
        self.slice(from, self.at)
    }
}

pub(super) fn newlines(bytes: &[u8]) -> u32 {
    u32::try_from(memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}
