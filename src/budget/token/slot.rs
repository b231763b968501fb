//! Where a token stands in the table of a vocabulary. The table is written when the program is built, by `assets/vocabularies.rs`,
//! which takes this file in: it names nothing of the program.

/// A slot of the table in which no token stands.
pub const NONE: u32 = u32::MAX;

/// A multiply-and-fold over eight bytes at a time; the table holds fixed strings, so nobody can choose collisions.
pub fn hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    let tail = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    for word in words.iter().map(|word| u64::from_le_bytes(*word)).chain([tail]) {
        state = (state ^ word).wrapping_mul(K);
        state ^= state >> 29;
    }
    state.wrapping_mul(K) >> 20
}
