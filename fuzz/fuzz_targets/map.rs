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
    // Parts begin with their length.
    let mut rest = data;
    let parts = std::iter::from_fn(|| {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        let (part, behind) = behind.split_at(behind.len().min(u16::from_le_bytes(*length).into()));
        rest = behind;
        Some(part)
    });
    let mut map = Map::thaw(parts).unwrap_or_default();
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
