//! Newline-delimited JSON: one value a line, blank lines ignored.
//!
//! Pure; it cuts lines and leaves their meaning to the decoder.

use super::wire::{Event, Lines, WireError, is_whole};

/// A push parser for `application/x-ndjson`.
#[derive(Debug, Default)]
pub struct NdjsonParser {
    lines: Lines,
}

impl NdjsonParser {
    /// Takes the next bytes and appends the lines they complete.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), WireError> {
        self.lines.push(bytes, |line| {
            if !line.trim().is_empty() {
                events.push(Event { name: String::new(), data: line.to_owned() });
            }
            Ok(())
        })
    }

    /// The last line, if the body ended without a line feed and the line is whole JSON.
    pub fn finish(&mut self) -> Result<Option<Event>, WireError> {
        let last = self.lines.finish().filter(|line| is_whole(line));
        Ok(last.map(|data| Event { name: String::new(), data }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let (mut parser, mut events) = (NdjsonParser::default(), Vec::new());
        for piece in pieces {
            parser.push(piece, &mut events).unwrap();
        }
        events.extend(parser.finish().unwrap());
        events.into_iter().map(|e| e.data).collect()
    }

    #[test]
    fn every_cut_gives_the_same_lines() {
        let stream = "\u{feff}{\"a\":\"ü😀\"}\r\n\n{\"b\":1}\n{\"c\":2}".as_bytes();
        let whole = parse([stream]);
        assert_eq!(whole, ["{\"a\":\"ü😀\"}", "{\"b\":1}", "{\"c\":2}"]);
        for i in 0..=stream.len() {
            assert_eq!(parse([&stream[..i], &stream[i..]]), whole, "{i}");
        }
        assert_eq!(parse(stream.chunks(1)), whole);
    }

    #[test]
    fn a_torn_last_line_is_dropped() {
        assert_eq!(parse([&b"{\"a\":1}\n{\"b\":"[..]]), ["{\"a\":1}"]);
    }
}
