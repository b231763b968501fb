//! Bytes to events: the parts that Server-Sent Events and newline-delimited JSON share.
//!
//! Pure push parsers: the events are the same however the bytes were cut, inside UTF-8 and inside CRLF too. Nothing is
//! ever decoded lossily, no line or event grows over [`LINE_CAP`], no JSON nests deeper than [`DEPTH_CAP`].

use super::ndjson::NdjsonParser;
use super::sse::SseParser;
use serde::Deserialize;

/// Most bytes of a line, and of one event's data. A token takes a few hundred.
pub const LINE_CAP: usize = 4 << 20;
/// Deepest nesting of arrays and objects that is parsed.
pub const DEPTH_CAP: usize = 64;

/// What is wrong with the bytes of a stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A line or an event is longer than [`LINE_CAP`].
    #[error("a line of more than 4 MiB")]
    TooLong,
    /// A line is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// JSON nests deeper than [`DEPTH_CAP`].
    #[error("JSON nested deeper than 64 levels")]
    TooDeep,
    /// Not JSON, or JSON of another shape than the protocol's; says what and shows where it starts.
    #[error("{0}")]
    NotProtocol(String),
}

/// One event of a stream: a Server-Sent Event, or a line of JSON (which has no name).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The `event:` field; empty when there was none.
    pub name: String,
    /// The `data:` fields joined by line feeds, or the line.
    pub data: String,
}

/// How a body is cut into events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `text/event-stream`.
    Sse,
    /// One JSON value a line.
    Ndjson,
}

/// A parser for either framing.
#[derive(Debug)]
pub enum Parser {
    /// `text/event-stream`.
    Sse(SseParser),
    /// One JSON value a line.
    Ndjson(NdjsonParser),
}

impl Parser {
    /// A parser at the beginning of a body.
    pub fn new(framing: Framing) -> Parser {
        match framing {
            Framing::Sse => Parser::Sse(SseParser::default()),
            Framing::Ndjson => Parser::Ndjson(NdjsonParser::default()),
        }
    }

    /// Takes the next bytes and appends the events they complete. After an error the rest of the body is meaningless.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), WireError> {
        match self {
            Parser::Sse(parser) => parser.push(bytes, events),
            Parser::Ndjson(parser) => parser.push(bytes, events),
        }
    }

    /// The event that the end of the body completes, if what is left is whole. A torn rest is dropped: whether the
    /// answer was complete is the decoder's to say.
    pub fn finish(&mut self) -> Result<Option<Event>, WireError> {
        match self {
            Parser::Sse(parser) => parser.finish(),
            Parser::Ndjson(parser) => parser.finish(),
        }
    }
}

/// Cuts bytes into lines at `\n`, `\r\n` or a lone `\r`, without the byte order mark at the start.
#[derive(Debug, Default)]
pub struct Lines {
    partial: Vec<u8>,
    after_cr: bool,
    begun: bool,
}

impl Lines {
    /// Calls `each` with every line that `bytes` completes.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(&str) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|b| matches!(b, b'\n' | b'\r')) else {
                if self.partial.len() + bytes.len() > LINE_CAP {
                    return Err(WireError::TooLong);
                }
                self.partial.extend_from_slice(bytes);
                return Ok(());
            };
            if self.partial.len() + end > LINE_CAP {
                return Err(WireError::TooLong);
            }
            self.after_cr = bytes[end] == b'\r';
            let begun = std::mem::replace(&mut self.begun, true);
            if self.partial.is_empty() {
                each(text(&bytes[..end], begun)?)?;
            } else {
                self.partial.extend_from_slice(&bytes[..end]);
                let result = text(&self.partial, begun).and_then(&mut each);
                self.partial.clear();
                result?;
            }
            bytes = &bytes[end + 1..];
        }
        Ok(())
    }

    /// The unterminated last line; `None` when there is none or it was torn inside a character.
    pub fn finish(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.partial);
        let line = text(&rest, self.begun).ok()?;
        (!line.is_empty()).then(|| line.to_owned())
    }
}

fn text(line: &[u8], begun: bool) -> Result<&str, WireError> {
    let line = if begun { line } else { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) };
    std::str::from_utf8(line).map_err(|_| WireError::NotUtf8)
}

/// Parses JSON from outside: depth first, then the shape. Errors name what was expected and show the beginning.
pub fn json<'a, T: Deserialize<'a>>(text: &'a str, what: &str) -> Result<T, WireError> {
    if depth_exceeds(text, DEPTH_CAP) {
        return Err(WireError::TooDeep);
    }
    serde_json::from_str(text).map_err(|error| {
        let start: String = text.chars().take(60).collect();
        let dots = if start.len() < text.len() { "…" } else { "" };
        WireError::NotProtocol(format!("something that is no {what} ({error}): {start}{dots}"))
    })
}

/// Whether `text` is one whole JSON value: what an unterminated last line has to be to count.
pub fn is_whole(text: &str) -> bool {
    !depth_exceeds(text, DEPTH_CAP) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Whether brackets outside strings nest deeper than `cap`. Cheap enough to run before every parse.
fn depth_exceeds(text: &str, cap: usize) -> bool {
    if text.bytes().filter(|b| matches!(b, b'[' | b'{')).count() <= cap {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => in_string = true,
                b'[' | b'{' => {
                    depth += 1;
                    if depth > cap {
                        return true;
                    }
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_strings_only() {
        assert!(!depth_exceeds(&"[".repeat(64), 64));
        assert!(depth_exceeds(&"[".repeat(65), 64));
        assert!(!depth_exceeds(&format!("\"{}\\\"{}\"", "[".repeat(100), "{".repeat(100)), 64));
        assert_eq!(json::<serde_json::Value>(&"[".repeat(100_000), "event"), Err(WireError::TooDeep));
    }

    #[test]
    fn a_line_over_the_cap_is_an_error_however_it_arrives() {
        let long = vec![b'x'; LINE_CAP + 1];
        assert_eq!(Lines::default().push(&long, |_| Ok(())), Err(WireError::TooLong));
        let mut lines = Lines::default();
        let outcome = long.chunks(65_536).try_for_each(|piece| lines.push(piece, |_| Ok(())));
        assert_eq!(outcome, Err(WireError::TooLong));
        assert!(lines.partial.len() <= LINE_CAP);
    }
}
