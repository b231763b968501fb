//! Literals of Ruby that begin with a sign, and the heredocs of Ruby and PHP.

use super::lexer::{LITERAL, Lexer, Token, WORD, is_word};

impl<'t> Lexer<'t> {
    pub(super) fn ruby_sign(&mut self, byte: u8, next: u8) -> Option<Token<'t>> {
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
    pub(super) fn heredoc(&mut self) {
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
    pub(super) fn skip_heredocs(&mut self) {
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
}
