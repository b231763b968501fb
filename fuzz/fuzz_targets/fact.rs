//! The journal: rows that are read back, damaged or not, fold to a session without a panic and are written as they were read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::app::{Dated, Session};
use vibe_tui::domain::ids::SessionId;

fuzz_target!(|text: &str| {
    let facts: Vec<Dated> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for fact in &facts {
        let row = serde_json::to_string(fact).expect("a fact is written");
        let again: Dated = serde_json::from_str(&row).expect("a written fact is read");
        assert_eq!(serde_json::to_string(&again).expect("it is written again"), row);
    }
    Session::fold(SessionId("fuzz".into()), &facts);
});
