//! Run by Cargo before the program is compiled: takes the token vocabularies out of `tiktoken-rs` and writes each down as the
//! program reads it, so that nothing need be parsed or made at a start: the bytes of all tokens by rank from 0 (`.tokens`), where each
//! begins (`.starts`), and the table in which they are found (`.slots`), in numbers of four bytes.

#[path = "../src/budget/token/slot.rs"]
mod slot;

use std::path::Path;
use tiktoken_rs::CoreBPE;

fn main() {
    println!("cargo::rerun-if-changed=assets/vocabularies.rs");
    println!("cargo::rerun-if-changed=src/budget/token/slot.rs");
    let directory = std::env::var_os("OUT_DIR").expect("Cargo says where to write");
    for (name, vocabulary) in [("o200k", tiktoken_rs::o200k_base()), ("cl100k", tiktoken_rs::cl100k_base())] {
        let tokens = tokens(&vocabulary.expect("the vocabulary is a part of the crate"));
        let write = |kind: &str, bytes: Vec<u8>| {
            std::fs::write(Path::new(&directory).join(format!("{name}.{kind}")), bytes).expect("Cargo's own directory");
        };
        let mut starts = vec![0];
        starts.extend(tokens.iter().scan(0, |end, token| {
            *end += token.len() as u32;
            Some(*end)
        }));
        write("starts", numbers(&starts));
        write("slots", numbers(&table(&tokens)));
        write("tokens", tokens.concat());
    }
}

/// Byte strings by rank.
fn tokens(source: &CoreBPE) -> Vec<Vec<u8>> {
    let special = source.special_tokens();
    let is_special = |token: &[u8]| std::str::from_utf8(token).is_ok_and(|text| special.contains(text));
    // Ranks are dense from 0; the special tokens, which text never becomes, stand behind a gap.
    (0..).map_while(|rank| source.decode_bytes(&[rank]).ok().filter(|token| !is_special(token))).collect()
}

/// The ranks by the hash of their strings: what another has taken, the next free slot holds.
fn table(tokens: &[Vec<u8>]) -> Vec<u32> {
    // A power of two, and at most half of them taken.
    let mut slots = vec![slot::NONE; (tokens.len() * 2).next_power_of_two()];
    for (rank, token) in tokens.iter().enumerate() {
        let mut at = slot::hash(token) as usize & (slots.len() - 1);
        while slots[at] != slot::NONE {
            at = (at + 1) & (slots.len() - 1);
        }
        slots[at] = rank as u32;
    }
    slots
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
