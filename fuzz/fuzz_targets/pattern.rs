//! Pattern files: a broken one is told with its name and costs only itself; the others stay.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::pattern::{Library, Source};

fuzz_target!(|text: &str| {
    let source = Source { name: "fuzz.yaml".into(), text: text.into() };
    let (library, failures) = Library::load(&[source]);
    assert!(library.patterns().len() >= Library::embedded().patterns().len());
    assert!(failures.iter().all(|f| f.message.starts_with("fuzz.yaml")), "{failures:?}");
});
