//! A static model's files, as far as they are read without a disk: a tokenizer that is accepted cuts any text into pieces that
//! it has, and tensors lie within their file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::embedding::pieces::Pieces;
use vibe_tui::embedding::tensors::tensors;

fuzz_target!(|data: &[u8]| {
    if let Ok(pieces) = Pieces::read(data) {
        let text = String::from_utf8_lossy(data);
        let cut = pieces.cut(&text, 100);
        assert!(cut.len() <= 100 && cut.iter().all(|piece| Some(*piece) <= pieces.highest()));
    }
    let length = 8 + 2 * data.len() as u64;
    for tensor in tensors(data, length).unwrap_or_default().values() {
        assert!(tensor.start <= length);
    }
});
