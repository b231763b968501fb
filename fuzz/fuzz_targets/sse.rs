//! Event streams: any bytes, cut anywhere, give the same events as the whole, or the same error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::provider::{Event, Framing, Parser, WireError};

fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Event>, WireError> {
    let (mut parser, mut events) = (Parser::new(Framing::Sse), Vec::new());
    for piece in pieces {
        parser.push(piece, &mut events)?;
    }
    events.extend(parser.finish()?);
    Ok(events)
}

fuzz_target!(|data: &[u8]| {
    let whole = parse([data]).ok();
    let step = data.first().map_or(1, |b| usize::from(*b) % 7 + 1);
    assert_eq!(whole, parse(data.chunks(step)).ok(), "in steps of {step}");
});
