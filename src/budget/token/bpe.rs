//! A vocabulary and byte-pair merging, for counting only.
//!
//! The vocabularies come from `tiktoken-rs`; its own maps take some 50 MB and its merging of long runs is slow, so the
//! ranks are moved into one flat table of about 5 MB and merged here. It refuses to give tokens: only how many.

use super::split;
use regex::Regex;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::OnceLock;
use tiktoken_rs::CoreBPE;

/// Longest piece that is merged by scanning for the lowest rank; longer ones use a heap.
const SCANNED: usize = 96;
const NONE: u32 = u32::MAX;

/// Byte strings and their ranks, and the pattern that cuts a text for them.
pub(super) struct Vocabulary {
    pattern: Regex,
    /// All byte strings, one after the other, by rank.
    bytes: Vec<u8>,
    /// Where each begins, and the end.
    starts: Vec<u32>,
    /// Open addressing over the ranks; a power of two.
    slots: Vec<u32>,
    longest: usize,
}

impl Vocabulary {
    /// GPT-4o, GPT-4.1, GPT-5, o1 and later, gpt-oss.
    pub(super) fn o200k() -> &'static Vocabulary {
        static LOADED: OnceLock<Vocabulary> = OnceLock::new();
        LOADED.get_or_init(|| Vocabulary::new(&embedded(tiktoken_rs::o200k_base()), split::O200K))
    }

    /// GPT-4 and GPT-3.5.
    pub(super) fn cl100k() -> &'static Vocabulary {
        static LOADED: OnceLock<Vocabulary> = OnceLock::new();
        LOADED.get_or_init(|| Vocabulary::new(&embedded(tiktoken_rs::cl100k_base()), split::CL100K))
    }

    fn new(source: &CoreBPE, pattern: &str) -> Vocabulary {
        let special = source.special_tokens();
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        // Ranks are dense from 0; the special tokens, which text never becomes, stand behind a gap.
        while let Ok(token) = source.decode_bytes(&[starts.len() as u32]) {
            if std::str::from_utf8(&token).is_ok_and(|text| special.contains(text)) {
                break;
            }
            starts.push(bytes.len() as u32);
            bytes.extend(token);
        }
        starts.push(bytes.len() as u32);
        let longest = starts.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0);
        let slots = vec![NONE; (starts.len() * 2).next_power_of_two()];
        let pattern = Regex::new(pattern).expect("the pattern is ours and tested");
        let mut vocabulary = Vocabulary { pattern, bytes, starts, slots, longest };
        for rank in 0..vocabulary.starts.len() - 1 {
            let mut slot = hash(vocabulary.token(rank)) as usize & (vocabulary.slots.len() - 1);
            while vocabulary.slots[slot] != NONE {
                slot = (slot + 1) & (vocabulary.slots.len() - 1);
            }
            vocabulary.slots[slot] = rank as u32;
        }
        vocabulary
    }

    /// The pieces of a text that tokens never cross.
    pub(super) fn split<'a>(&'a self, text: &'a str) -> split::Pieces<'a> {
        split::pieces(&self.pattern, text)
    }

    /// Whether a piece is one token.
    pub(super) fn holds(&self, piece: &str) -> bool {
        self.rank(piece.as_bytes()) != NONE
    }

    /// How many tokens a piece becomes.
    pub(super) fn merge(&self, piece: &str) -> u32 {
        match piece.len() {
            0..=1 => piece.len() as u32,
            2..=SCANNED => self.merge_scanning(piece.as_bytes()),
            _ => self.merge_with_heap(piece.as_bytes()),
        }
    }

    fn token(&self, rank: usize) -> &[u8] {
        &self.bytes[self.starts[rank] as usize..self.starts[rank + 1] as usize]
    }

    fn rank(&self, bytes: &[u8]) -> u32 {
        if bytes.len() > self.longest {
            return NONE;
        }
        let mut slot = hash(bytes) as usize & (self.slots.len() - 1);
        loop {
            match self.slots[slot] {
                NONE => return NONE,
                rank if self.token(rank as usize) == bytes => return rank,
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        }
    }

    /// Merges the leftmost pair of lowest rank until none is left.
    fn merge_scanning(&self, piece: &[u8]) -> u32 {
        // Where each part begins, and the rank of it joined with the next; two ends at the back.
        let mut parts: Vec<(usize, u32)> = (0..=piece.len()).map(|at| (at, NONE)).collect();
        let joined = |parts: &[(usize, u32)], i: usize| match parts.get(i + 2) {
            Some((end, _)) => self.rank(&piece[parts[i].0..*end]),
            None => NONE,
        };
        for i in 0..parts.len() - 1 {
            parts[i].1 = joined(&parts, i);
        }
        loop {
            let lowest = parts.iter().enumerate().min_by_key(|(i, (_, rank))| (*rank, *i));
            let Some((i, _)) = lowest.filter(|(_, (_, rank))| *rank != NONE) else { return parts.len() as u32 - 1 };
            parts.remove(i + 1);
            parts[i].1 = joined(&parts, i);
            if i > 0 {
                parts[i - 1].1 = joined(&parts, i - 1);
            }
        }
    }

    /// The same for long pieces, in time proportional to n log n.
    fn merge_with_heap(&self, piece: &[u8]) -> u32 {
        let n = piece.len();
        // By the first byte of each part: the first byte of the next part, of the previous one, and the rank of it
        // joined with the next. Stale entries of the heap are known by a rank that no longer agrees.
        let mut next: Vec<u32> = (1..=n as u32).collect();
        let mut previous: Vec<u32> = (0..n as u32).map(|i| i.wrapping_sub(1)).collect();
        let mut ranks: Vec<u32> = (0..n).map(|i| piece.get(i..i + 2).map_or(NONE, |pair| self.rank(pair))).collect();
        let pairs = ranks.iter().enumerate().filter(|(_, rank)| **rank != NONE);
        let mut heap: BinaryHeap<Reverse<(u32, u32)>> = pairs.map(|(i, rank)| Reverse((*rank, i as u32))).collect();
        let mut parts = n as u32;
        while let Some(Reverse((rank, left))) = heap.pop() {
            if ranks[left as usize] != rank {
                continue;
            }
            let right = next[left as usize];
            let after = next[right as usize];
            ranks[right as usize] = NONE;
            next[left as usize] = after;
            if (after as usize) < n {
                previous[after as usize] = left;
            }
            parts -= 1;
            for start in [previous[left as usize], left] {
                let Some(middle) = next.get(start as usize) else { continue };
                let end = next.get(*middle as usize);
                let rank = end.map_or(NONE, |end| self.rank(&piece[start as usize..*end as usize]));
                ranks[start as usize] = rank;
                if rank != NONE {
                    heap.push(Reverse((rank, start)));
                }
            }
        }
        parts
    }
}

/// The vocabularies are part of the program; they cannot be missing.
fn embedded<E: std::fmt::Debug>(loaded: Result<CoreBPE, E>) -> CoreBPE {
    loaded.expect("the embedded vocabulary is well-formed")
}

/// A multiply-and-fold over eight bytes at a time; the table holds fixed strings, so nobody can choose collisions.
fn hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = (state ^ u64::from_le_bytes(word)).wrapping_mul(K);
        state ^= state >> 29;
    }
    state.wrapping_mul(K) >> 20
}
