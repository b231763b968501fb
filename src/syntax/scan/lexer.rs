//! Tokens of thirteen languages out of bytes: words, signs, line ends, comments; strings of every kind are one token. It knows no
//! grammar, and a string that does not end where its kind must ends with its line.

use crate::domain::language::Language;

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
const LITERAL: u8 = b'0';

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Space,
    Line,
    Word,
    Digit,
    Quote,
    Slash,
    Hash,
    Sign,
}

static CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [Class::Sign; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b' ' | b'\t' | b'\r' | 0x0c => Class::Space,
            b'\n' => Class::Line,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..=0xff => Class::Word,
            b'0'..=b'9' => Class::Digit,
            b'"' | b'\'' | b'`' => Class::Quote,
            b'/' => Class::Slash,
            b'#' => Class::Hash,
            _ => Class::Sign,
        };
        byte += 1;
    }
    table
}

/// Whether a byte may stand within a word.
pub(super) fn is_word(byte: u8) -> bool {
    matches!(CLASSES[usize::from(byte)], Class::Word | Class::Digit)
}

pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    bytes: &'t [u8],
    language: Language,
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
    last_code: u32,
    has_dollar: bool,
    /// Heredocs that begin behind this line's end, by their last words.
    heredocs: Vec<&'t str>,
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
            has_dollar: matches!(language, Language::JavaScript | Language::TypeScript | Language::Java),
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
        match rest.iter().position(|b| !b.is_ascii_whitespace()) {
            Some(i) => (rest[i], self.at + i),
            None => (0, self.bytes.len()),
        }
    }

    /// The line of the next byte that is no white space.
    pub(super) fn line_of_next(&self) -> u32 {
        let (_, at) = self.peek();
        self.line + newlines(&self.bytes[self.at.min(at)..at])
    }

    pub(super) fn next(&mut self) -> Token<'t> {
        loop {
            let Some(&byte) = self.bytes.get(self.at) else { return Token::End };
            self.start = self.at;
            self.start_line = self.line;
            match CLASSES[usize::from(byte)] {
                Class::Space => self.at += 1,
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
                Class::Sign => {
                    if let Some(token) = self.sign(byte) {
                        return token;
                    }
                }
            }
        }
    }

    fn count_code(&mut self) {
        if self.start_line > self.last_code {
            self.code_lines += 1;
        }
        if self.line > self.last_code {
            self.code_lines += self.line - self.start_line;
            self.last_code = self.line;
        }
    }

    fn literal(&mut self) -> Token<'t> {
        self.last = LITERAL;
        self.count_code();
        Token::Literal
    }

    fn plain(&mut self, byte: u8) -> Token<'t> {
        self.at = self.start + 1;
        self.last = byte;
        self.count_code();
        Token::Sign(byte)
    }

    /// A word, unless it is the beginning of a literal (`r"…"`).
    fn word(&mut self) -> Option<Token<'t>> {
        let mut at = self.at + 1;
        while let Some(byte) = self.bytes.get(at) {
            if is_word(*byte) || (*byte == b'$' && self.has_dollar) {
                at += 1;
            } else {
                break;
            }
        }
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

    fn prefixed(&mut self, start: usize, end: usize) -> Option<Token<'t>> {
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

    /// A string, a character, or what only looks like one.
    fn quote(&mut self, quote: u8) -> Option<Token<'t>> {
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
    fn skip_string(&mut self, quote: u8, may_span: bool) {
        let mut at = self.at + 1;
        let opens = match self.language {
            Language::Ruby if quote == b'"' || quote == b'`' => (b'#', b'{'),
            Language::Kotlin => (b'$', b'{'),
            Language::Swift => (b'\\', b'('),
            _ => (0, 0),
        };
        loop {
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
    fn skip_to(&mut self, from: usize, close: &str) {
        let rest = self.text.get(from..).unwrap_or("");
        let length = rest.find(close).map_or(rest.len(), |i| i + close.len());
        self.line += newlines(&rest.as_bytes()[..length]);
        self.at = (from + length).min(self.bytes.len());
    }

    /// Behind `close`, where `\` hides a byte.
    fn skip_escaped(&mut self, from: usize, close: &str) {
        let mut at = from;
        while at < self.bytes.len() && !self.bytes[at..].starts_with(close.as_bytes()) {
            at += if self.bytes[at] == b'\\' { 2 } else { 1 };
        }
        let end = (at + close.len()).min(self.bytes.len());
        self.line += newlines(&self.bytes[self.at.min(end)..end]);
        self.at = end;
    }

    /// Behind `quote` and as many `mark`s.
    fn skip_raw(&mut self, quote: u8, marks: usize, mark: u8) {
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

    fn comment(&mut self, end: usize) -> Token<'t> {
        let end = end.min(self.bytes.len());
        self.line += newlines(&self.bytes[self.start..end]);
        self.at = end;
        Token::Comment(self.slice(self.start, end))
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        from + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
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
            (_, b'/') => self.comment(self.line_end(self.at)),
            (_, b'*') => {
                let nests = matches!(self.language, Language::Rust | Language::Swift | Language::Kotlin);
                let mut depth = 1;
                let mut at = self.at + 2;
                while depth > 0 && at < self.bytes.len() {
                    match (self.bytes[at], self.byte(at + 1)) {
                        (b'*', b'/') => {
                            depth -= 1;
                            at += 2;
                        }
                        (b'/', b'*') if nests => {
                            depth += 1;
                            at += 2;
                        }
                        _ => at += 1,
                    }
                }
                self.comment(at)
            }
            (Language::JavaScript | Language::TypeScript, _) => self.regex(),
            _ => self.plain(b'/'),
        }
    }

    /// A regular expression where a value is expected, if it ends on its line.
    fn regex(&mut self) -> Token<'t> {
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

    fn hash(&mut self) -> Token<'t> {
        let next = self.byte(self.at + 1);
        match self.language {
            Language::Python | Language::Ruby => self.comment(self.line_end(self.at)),
            Language::Php if next != b'[' => self.comment(self.line_end(self.at)),
            Language::JavaScript | Language::TypeScript if self.at == 0 && next == b'!' => {
                self.comment(self.line_end(self.at))
            }
            Language::Rust if self.at == 0 && next == b'!' && self.byte(2) != b'[' => {
                self.comment(self.line_end(self.at))
            }
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
            (Language::JavaScript | Language::TypeScript | Language::Java, b'$') => self.word(),
            // The name behind it counts.
            (Language::Php, b'$') => {
                self.at += 1;
                None
            }
            (Language::Ruby, _) => self.ruby_sign(byte, next),
            _ => Some(self.plain(byte)),
        }
    }

    fn verbatim(&mut self) {
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

    fn ruby_sign(&mut self, byte: u8, next: u8) -> Option<Token<'t>> {
        let is_value = matches!(self.last, WORD | LITERAL | b')' | b']' | b'}');
        let before = self.byte(self.at.wrapping_sub(1));
        match byte {
            b'@' | b'$' => {
                self.at += 1;
                while is_word(self.byte(self.at)) || self.byte(self.at) == b'@' {
                    self.at += 1;
                }
                Some(self.literal())
            }
            b':' if next == b'"' => {
                self.at += 1;
                self.quote(b'"')
            }
            b':' if next == b':' => {
                self.at += 2;
                self.last = b':';
                Some(Token::Sign(b':'))
            }
            b':' if is_word(next) && before != b':' => {
                self.at += 1;
                while is_word(self.byte(self.at)) || matches!(self.byte(self.at), b'?' | b'!') {
                    self.at += 1;
                }
                Some(self.literal())
            }
            b'%' if !is_value || (before == b' ' && next != b' ' && next != b'=') => self.percent(next),
            b'?' if !is_value && is_word(next) && !is_word(self.byte(self.at + 2)) => {
                self.at += 2;
                Some(self.literal())
            }
            b'<' if next == b'<' => {
                let mut at = self.at + 2;
                let is_squiggly = matches!(self.byte(at), b'~' | b'-');
                at += usize::from(is_squiggly);
                let quote = self.byte(at);
                let is_quoted = matches!(quote, b'"' | b'\'' | b'`');
                at += usize::from(is_quoted);
                let length = self.bytes.get(at..).unwrap_or_default().iter().take_while(|b| is_word(**b)).count();
                let starts = self.byte(at);
                if length == 0 || !(is_squiggly || (starts.is_ascii_uppercase() && !is_value)) {
                    return Some(self.plain(byte));
                }
                self.heredocs.push(self.slice(at, at + length));
                self.at = at + length + usize::from(is_quoted);
                Some(self.literal())
            }
            b'=' if self.slice(self.at, self.at + 6) == "=begin" && matches!(before, b'\n' | 0) => {
                let rest = self.text.get(self.at..).unwrap_or("");
                let end = rest.find("\n=end").map_or(rest.len(), |i| i + 5);
                Some(self.comment(self.at + end))
            }
            _ => Some(self.plain(byte)),
        }
    }

    /// `%w[a b]`, `%q(…)`, `%(…)`, `%r{…}`.
    fn percent(&mut self, next: u8) -> Option<Token<'t>> {
        let is_typed = matches!(next, b'w' | b'W' | b'i' | b'I' | b'q' | b'Q' | b'r' | b's' | b'x');
        let open_at = self.at + 1 + usize::from(is_typed);
        let open = self.byte(open_at);
        let close = match open {
            b'(' => b')',
            b'[' => b']',
            b'{' => b'}',
            b'<' => b'>',
            b'|' | b'!' | b'/' => open,
            _ => return Some(self.plain(b'%')),
        };
        let mut depth = 1;
        let mut at = open_at + 1;
        while let Some(&byte) = self.bytes.get(at) {
            self.line += u32::from(byte == b'\n');
            at += 1;
            if byte == b'\\' {
                at += 1;
            } else if byte == close {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            } else if byte == open {
                depth += 1;
            }
        }
        self.at = at.min(self.bytes.len());
        Some(self.literal())
    }

    /// PHP's heredoc behind `<<<`.
    fn heredoc(&mut self) {
        let rest = self.slice(self.at, self.bytes.len());
        let word = rest.trim_start_matches([' ', '"', '\'']);
        let from = self.at + (rest.len() - word.len());
        let length = word.bytes().take_while(|b| is_word(*b)).count();
        let mark = self.slice(from, from + length);
        self.at = self.line_end(from);
        while self.at < self.bytes.len() && length > 0 {
            let end = self.line_end(self.at + 1);
            let line = self.slice(self.at + 1, end);
            self.line += 1;
            let indent = line.len() - line.trim_start().len();
            if line[indent..].starts_with(mark) && !line[indent + mark.len()..].bytes().next().is_some_and(is_word) {
                self.at += 1 + indent + mark.len();
                return;
            }
            self.at = end;
        }
    }

    /// Ruby's heredocs, from the line behind the one that names them on.
    fn skip_heredocs(&mut self) {
        for mark in std::mem::take(&mut self.heredocs) {
            while self.at < self.bytes.len() {
                let end = self.line_end(self.at);
                let is_end = self.slice(self.at, end).trim() == mark;
                self.line += 1;
                self.code_lines += 1;
                self.at = (end + 1).min(self.bytes.len());
                if is_end {
                    break;
                }
            }
        }
        self.last_code = self.last_code.max(self.line - 1);
    }

    /// Up to the next `<?php` or `<?=`.
    fn skip_markup(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or("");
        let length = rest.find("<?").unwrap_or(rest.len());
        self.line += newlines(&rest.as_bytes()[..length]);
        self.at += length;
        let open = self.slice(self.at, self.at + 5);
        self.at += if open.eq_ignore_ascii_case("<?php") { 5 } else { open.len().min(3) };
        self.at = self.at.min(self.bytes.len());
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

fn newlines(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|b| **b == b'\n').count()).unwrap_or(u32::MAX)
}
