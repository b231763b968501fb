//! Requests: any text is read without a panic, and what comes out keeps its promises.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::intent::{Vocabulary, parse};

fuzz_target!(|text: &str| {
    let reading = parse(text, Vocabulary::embedded());
    let intent = &reading.intent;
    assert!((0.0..=1.0).contains(&intent.confidence), "confidence {}", intent.confidence);
    assert!(intent.token_budget > 0);
    assert_eq!(intent.text, text);
});
