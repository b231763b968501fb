//! A map's bytes, of one file and of all: whatever they are, there is an error or a map that can be asked and changed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::map::{Focus, Map, decode};

fn ask(map: &Map) {
    map.rank(&Focus { files: &[("a.py", 1.0)], symbols: &["a"], text: "a b" });
    map.search_definitions("a b", 5);
    map.cycles();
}

fuzz_target!(|data: &[u8]| {
    // The sum is given, or nothing but sums would be tried.
    let mut bytes = data.to_vec();
    if let Some((head, body)) = bytes.split_first_chunk_mut::<6>() {
        head[2..].copy_from_slice(&crc32fast::hash(body).to_le_bytes());
    }
    let (first, second) = data.split_at(data.len() / 2);
    let mut map = Map::thaw([first, second]).or_else(|_| Map::thaw([data])).unwrap_or_default();
    ask(&map);
    if let Ok(record) = decode(&bytes) {
        let _ = record.outline();
        map.edit().insert_record("a.py", [0; 32], &record);
        ask(&map);
    }
    map.edit().remove("a.py");
    let mut parts = Vec::new();
    map.freeze(|part| parts.push(part.to_vec()));
    assert!(Map::thaw(parts).is_ok());
});
