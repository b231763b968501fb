//! Reports of tools: whatever one prints, it is read or refused, and every fix fits the text it is for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::validate::tool::{Said, TOOLS};

fuzz_target!(|data: (&str, &str, &str)| {
    let (text, output, errors) = data;
    let texts = |_: &str| Some(text.to_owned());
    for tool in TOOLS {
        let found = (tool.parse)(&Said::new("/copy", "", &texts).printing(output, errors)).unwrap_or_default();
        for edit in found.iter().flat_map(|f| &f.fixes).flat_map(|f| &f.edits) {
            assert!(edit.start <= edit.end && text.get(edit.start..edit.end).is_some(), "{}: {edit:?}", tool.name);
        }
    }
});
