//! Run by Cargo before the program is compiled: takes the token vocabularies out of `tiktoken-rs` and writes each down as the
//! program reads it, so that it need not be parsed at every start. Of each token, by rank from 0: its length in a byte, and
//! its bytes.

use std::path::Path;
use tiktoken_rs::CoreBPE;

fn main() {
    println!("cargo::rerun-if-changed=assets/vocabularies.rs");
    let directory = std::env::var_os("OUT_DIR").expect("Cargo says where to write");
    for (name, vocabulary) in [("o200k", tiktoken_rs::o200k_base()), ("cl100k", tiktoken_rs::cl100k_base())] {
        let tokens = tokens(&vocabulary.expect("the vocabulary is a part of the crate"));
        std::fs::write(Path::new(&directory).join(format!("{name}.tokens")), tokens).expect("Cargo's own directory");
    }
}

fn tokens(source: &CoreBPE) -> Vec<u8> {
    let special = source.special_tokens();
    let mut written = Vec::new();
    // Ranks are dense from 0; the special tokens, which text never becomes, stand behind a gap.
    for rank in 0.. {
        let Ok(token) = source.decode_bytes(&[rank]) else { break };
        if std::str::from_utf8(&token).is_ok_and(|text| special.contains(text)) {
            break;
        }
        written.push(u8::try_from(token.len()).expect("no token has more than 255 bytes"));
        written.extend(token);
    }
    written
}
