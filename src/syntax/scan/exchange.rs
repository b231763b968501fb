//! What a file with braces takes from other files and gives to them, where a scan meets `import`, `require`, `use` or `export`.

use super::Sink;
use super::brace::Reader;
use super::statement::{Place, Spot};
use crate::domain::language::Language::{Go, JavaScript, Kotlin, Rust, Swift, TypeScript};
use crate::syntax::import;

impl<'t, S: Sink<'t>> Reader<'_, 't, '_, S> {
    pub(super) fn import(&mut self, word: &str) {
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
        let length = match self.language {
            JavaScript | TypeScript => quoted_end(rest),
            Go if peek == b'(' => end(rest, b')'),
            Go | Kotlin | Swift => end(rest, b'\n'),
            _ => end(rest, b';'),
        };
        self.read_import(self.base.lexer.start, length.unwrap_or(rest.len()));
    }

    fn read_import(&mut self, from: usize, length: usize) {
        let line = self.base.lexer.start_line;
        self.base.import(from, length, line);
    }

    /// `require('x')`, `import('x')`.
    pub(super) fn call_import(&mut self, spot: Spot<'t>) {
        let rest = self.base.lexer.text.get(spot.at..).unwrap_or("");
        let inner = rest.split_once('(').map_or("", |(_, inner)| inner.trim_start());
        if inner.starts_with(['"', '\'', '`'])
            && let Some(end) = quoted_end(rest)
        {
            self.read_import(spot.at, end);
        }
    }

    /// `export { a, b }`, `export * from 'x'`.
    pub(super) fn export(&mut self) {
        let (peek, at) = self.base.lexer.peek();
        let rest = self.base.lexer.text.get(at..).unwrap_or("");
        let close = end(rest, b'}').filter(|_| peek == b'{' && self.scopes.len() == 1);
        let list = close.map(|c| (&rest[..c], &rest[c + 1..]));
        match list {
            Some((names, behind)) if !behind.trim_start().starts_with("from") => {
                let pairs = names[1..].split(',').filter_map(|n| n.split_whitespace().next());
                self.exports.extend(pairs);
                self.now.is_assigned = true;
            }
            Some(_) => {
                self.now.is_assigned = true;
                if let Some(end) = quoted_end(rest) {
                    self.read_import(at, end);
                }
            }
            None if peek == b'*' => {
                if let Some(end) = quoted_end(rest) {
                    self.read_import(at, end);
                }
            }
            None => {}
        }
    }
}

/// Where `sign` stands first.
fn end(text: &str, sign: u8) -> Option<usize> {
    text.bytes().take(import::MOST_BYTES).position(|b| b == sign)
}

/// The end of the first string in `text`, if it begins soon.
fn quoted_end(text: &str) -> Option<usize> {
    let start = text.bytes().take(8 * 1024).position(|b| matches!(b, b'"' | b'\'' | b'`' | b';'))?;
    let quote = text.as_bytes()[start];
    let length = text[start + 1..].bytes().take(1024).position(|b| b == quote || b == b'\n')?;
    (quote != b';').then_some(start + 2 + length)
}
