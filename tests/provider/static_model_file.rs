//! A tiny static model as a directory: one dimension a topic, so that words of one topic are alike.

use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The topics; words that stand in none are no pieces.
pub const TOPICS: [&[&str]; 4] = [
    &["save", "store", "persist", "keep", "order", "purchases"],
    &["report", "monthly", "statistics", "summary"],
    &["serve", "port", "listen", "network"],
    &["main", "checkout", "pay"],
];

/// The pieces with their rows: two that every tokenizer has, then the words.
pub fn rows() -> Vec<(String, [f32; 4])> {
    let mut rows = vec![("[PAD]".to_owned(), [0.0; 4]), ("[UNK]".to_owned(), [9.0; 4])];
    for (topic, words) in TOPICS.iter().enumerate() {
        for word in *words {
            let mut row = [0.0; 4];
            row[topic] = 1.0;
            rows.push(((*word).to_owned(), row));
        }
    }
    rows
}

/// A tokenizer of these pieces.
pub fn tokenizer(pieces: &[String]) -> Value {
    let vocabulary: serde_json::Map<String, Value> =
        pieces.iter().enumerate().map(|(at, piece)| (piece.clone(), json!(at))).collect();
    json!({"version": "1.0", "normalizer": {"type": "BertNormalizer", "lowercase": true, "strip_accents": null},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary}})
}

/// A safetensors file: name, type, shape and bytes of each tensor.
pub fn safetensors(tensors: &[(&str, &str, &[usize], Vec<u8>)]) -> Vec<u8> {
    let (mut head, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, kind, shape, bytes) in tensors {
        let offsets = [data.len(), data.len() + bytes.len()];
        head.insert((*name).to_owned(), json!({"dtype": kind, "shape": shape, "data_offsets": offsets}));
        data.extend_from_slice(bytes);
    }
    let head = Value::Object(head).to_string();
    [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &data].concat()
}

/// Writes the model into a directory.
pub fn write(dir: &Path) {
    let rows = rows();
    let pieces: Vec<String> = rows.iter().map(|(piece, _)| piece.clone()).collect();
    let numbers: Vec<u8> = rows.iter().flat_map(|(_, row)| row.iter().flat_map(|x| x.to_le_bytes())).collect();
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("tokenizer.json"), tokenizer(&pieces).to_string()).unwrap();
    fs::write(dir.join("model.safetensors"), safetensors(&[("embeddings", "F32", &[rows.len(), 4], numbers)])).unwrap();
    fs::write(dir.join("config.json"), r#"{"model_type":"model2vec","normalize":true}"#).unwrap();
}
