//! Server-Sent Events, parsed as the HTML standard says (section 9.2.6), leniently at the end of the body only.
//!
//! Pure. `id` and `retry` are ignored: no stream of a model can be resumed.

use super::wire::{Event, LINE_CAP, Lines, WireError, is_whole};

/// A push parser for `text/event-stream`.
#[derive(Debug, Default)]
pub struct SseParser {
    lines: Lines,
    pending: Pending,
}

#[derive(Debug, Default)]
struct Pending {
    name: String,
    data: String,
    has_data: bool,
}

impl SseParser {
    /// Takes the next bytes and appends the events they complete.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), WireError> {
        let pending = &mut self.pending;
        self.lines.push(bytes, |line| {
            if line.is_empty() {
                events.extend(pending.dispatch());
                Ok(())
            } else {
                pending.field(line)
            }
        })
    }

    /// The event that the end of the body completes. The standard drops it; servers exist that omit the last blank
    /// line, so it counts if its data is `[DONE]` or whole JSON.
    pub fn finish(&mut self) -> Result<Option<Event>, WireError> {
        if let Some(line) = self.lines.finish() {
            self.pending.field(&line)?;
        }
        Ok(self.pending.dispatch().filter(|event| event.data == "[DONE]" || is_whole(&event.data)))
    }
}

impl Pending {
    fn field(&mut self, line: &str) -> Result<(), WireError> {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.data.len() + value.len() >= LINE_CAP {
                    return Err(WireError::TooLong);
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            "event" => {
                self.name.clear();
                self.name.push_str(value);
            }
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self) -> Option<Event> {
        let Pending { name, data, .. } = std::mem::take(self);
        (!data.is_empty()).then_some(Event { name, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Event>, WireError> {
        let (mut parser, mut events) = (SseParser::default(), Vec::new());
        for piece in pieces {
            parser.push(piece, &mut events)?;
        }
        events.extend(parser.finish()?);
        Ok(events)
    }

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn fields_comments_and_line_ends_follow_the_standard() {
        let cases: &[(&str, &[Event])] = &[
            ("data: a\n\n", &[event("", "a")]),
            ("data:a\r\n\r\n", &[event("", "a")]),
            ("data: a\r\rdata: b\r\r", &[event("", "a"), event("", "b")]),
            ("data: a\ndata: b\n\n", &[event("", "a\nb")]),
            ("event: x\ndata:  two spaces\n\n", &[event("x", " two spaces")]),
            (": comment\n\ndata: a\n\n", &[event("", "a")]),
            ("\u{feff}data: a\n\n", &[event("", "a")]),
            ("data: \u{feff}a\n\n", &[event("", "\u{feff}a")]),
            ("event: lost\n\ndata: a\n\n", &[event("", "a")]),
            ("data\n\nid: 7\nretry: 10\ndata: a\nnonsense\n\n", &[event("", "a")]),
            ("data: {\"torn\":", &[]),
            ("data: {\"whole\":1}", &[event("", "{\"whole\":1}")]),
            ("data: [DONE]", &[event("", "[DONE]")]),
            ("", &[]),
        ];
        for (input, expected) in cases {
            assert_eq!(parse([input.as_bytes()]).as_deref(), Ok(*expected), "{input:?}");
        }
    }

    #[test]
    fn every_way_to_cut_a_small_stream_in_three_gives_the_same_events() {
        let stream = "\u{feff}event: é\r\ndata: ü€😀\r\ndata: b\r\rdata: c\n\n:x\ndata: [DONE]\r\n\r\n".as_bytes();
        let whole = parse([stream]).unwrap();
        assert_eq!(whole.len(), 3);
        for i in 0..=stream.len() {
            for j in i..=stream.len() {
                assert_eq!(parse([&stream[..i], &stream[i..j], &stream[j..]]).unwrap(), whole, "{i} {j}");
            }
        }
        assert_eq!(parse(stream.chunks(1)).unwrap(), whole);
    }

    #[test]
    fn text_that_is_not_utf8_is_an_error_and_never_replaced() {
        assert_eq!(parse([&b"data: \xff\n\n"[..]]), Err(WireError::NotUtf8));
        assert_eq!(parse([&b"data: \xe2\x82\n\n"[..]]), Err(WireError::NotUtf8));
    }

    #[test]
    fn an_event_of_many_lines_has_the_same_cap_as_a_line() {
        let line = format!("data: {}\n", "x".repeat(1 << 20));
        assert_eq!(parse([line.repeat(5).as_bytes()]), Err(WireError::TooLong));
    }

    proptest! {
        #[test]
        fn any_bytes_cut_anywhere_give_what_they_give_whole(
            words in proptest::collection::vec("(data: ?|event: |:|\r|\n|\r\n|\n\n|é|\\PC{0,3})", 0..40),
            cuts in proptest::collection::vec(0usize..400, 0..8),
        ) {
            let bytes = words.concat().into_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]);
            prop_assert_eq!(parse(pieces), parse([&bytes[..]]));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(bytes.chunks(3));
        }
    }
}
