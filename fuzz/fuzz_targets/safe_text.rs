//! Text for the screen: nothing that a terminal obeys is left, and what is safe stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::domain::safe_text::SafeText;

fuzz_target!(|text: &str| {
    let safe = SafeText::new(text);
    assert!(!safe.as_str().chars().any(|c| c.is_control() && c != '\n'), "{safe:?}");
    assert_eq!(SafeText::new(safe.as_str()), safe, "what is safe is changed again");
});
