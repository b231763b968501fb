//! A vocabulary and byte-pair merging, for counting only.
//!
//! The vocabularies come from `tiktoken-rs`; parsing them takes it a tenth of a second, its maps take some 50 MB and its
//! merging of long runs is slow. So `assets/vocabularies.rs` takes the tokens out of it when the program is built and writes down
//! a flat table of about 3 MB beside them, in which they are found here as it lies. It refuses to give tokens: only how many.

use super::slot::{NONE, hash};
use super::split;
use regex::Regex;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::OnceLock;

/// Longest piece that is merged by scanning for the lowest rank; longer ones use buckets.
const SCANNED: usize = 96;

/// A vocabulary as `assets/vocabularies.rs` wrote it. Numbers are of four bytes, the lowest first.
struct Written {
    /// All byte strings by rank.
    tokens: &'static [u8],
    /// Where each begins, and at last where they end.
    starts: &'static [u8],
    /// Ranks by the hash of their strings.
    slots: &'static [u8],
}

macro_rules! written {
    ($name:literal) => {
        Written {
            tokens: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".tokens")),
            starts: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".starts")),
            slots: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".slots")),
        }
    };
}

const O200K: Written = written!("o200k");
const CL100K: Written = written!("cl100k");

/// Byte strings and their ranks, and the pattern that cuts a text for them.
pub(super) struct Vocabulary {
    pattern: Regex,
    /// All byte strings by rank.
    tokens: &'static [u8],
    /// Where each begins, and at last where they end.
    starts: &'static [[u8; 4]],
    /// Open addressing over the ranks; a power of two.
    slots: &'static [[u8; 4]],
}

impl Vocabulary {
    /// GPT-4o, GPT-4.1, GPT-5, o1 and later, gpt-oss.
    pub(super) fn o200k() -> &'static Vocabulary {
        static LOADED: OnceLock<Vocabulary> = OnceLock::new();
        LOADED.get_or_init(|| Vocabulary::new(O200K, split::O200K))
    }

    /// GPT-4 and GPT-3.5.
    pub(super) fn cl100k() -> &'static Vocabulary {
        static LOADED: OnceLock<Vocabulary> = OnceLock::new();
        LOADED.get_or_init(|| Vocabulary::new(CL100K, split::CL100K))
    }

    fn new(Written { tokens, starts, slots }: Written, pattern: &str) -> Vocabulary {
        let pattern = Regex::new(pattern).expect("the pattern is ours and tested");
        Vocabulary { pattern, tokens, starts: starts.as_chunks().0, slots: slots.as_chunks().0 }
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
            _ => self.merge_with_buckets(piece.as_bytes()),
        }
    }

    fn token(&self, rank: usize) -> &[u8] {
        let at = |rank: usize| u32::from_le_bytes(self.starts[rank]) as usize;
        &self.tokens[at(rank)..at(rank + 1)]
    }

    fn rank(&self, bytes: &[u8]) -> u32 {
        let mut slot = hash(bytes) as usize & (self.slots.len() - 1);
        loop {
            match u32::from_le_bytes(self.slots[slot]) {
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

    /// The same for long pieces. Pairs wait in a bucket by rank, so that a run of a million equal characters costs a
    /// million steps and no million-entry heap.
    fn merge_with_buckets(&self, piece: &[u8]) -> u32 {
        let mut chain = Chain::new(piece.len());
        let mut buckets = Buckets::default();
        for start in 0..piece.len() - 1 {
            let rank = self.rank(&piece[start..start + 2]);
            chain.ranks[start] = rank;
            buckets.add(rank, start as u32);
        }
        while let Some((rank, starts)) = buckets.take_lowest() {
            for (done, &left) in starts.iter().enumerate() {
                // A pair that was merged otherwise meanwhile has another rank by now.
                if chain.ranks[left as usize] != rank {
                    continue;
                }
                chain.join(left);
                for start in [chain.previous[left as usize], left] {
                    let Some((from, to)) = chain.pair(start) else { continue };
                    chain.ranks[from] = self.rank(&piece[from..to]);
                    buckets.add(chain.ranks[from], start);
                }
                if buckets.lowest().is_some_and(|lowest| lowest < rank) {
                    buckets.put_back(rank, &starts[done + 1..]);
                    break;
                }
            }
        }
        chain.parts
    }
}

/// The parts of a piece, each named by its first byte.
struct Chain {
    /// Where the next part begins; the piece's length after the last.
    next: Vec<u32>,
    /// Where the previous part begins; `NONE` before the first.
    previous: Vec<u32>,
    /// The rank of each part joined with the next.
    ranks: Vec<u32>,
    parts: u32,
}

impl Chain {
    /// Every byte is a part.
    fn new(length: usize) -> Chain {
        let n = length as u32;
        Chain {
            next: (1..=n).collect(),
            previous: (0..n).map(|i| i.wrapping_sub(1)).collect(),
            ranks: vec![NONE; length],
            parts: n,
        }
    }

    /// Makes one part of `left` and the next.
    fn join(&mut self, left: u32) {
        let right = self.next[left as usize];
        let after = self.next[right as usize];
        self.ranks[left as usize] = NONE;
        self.ranks[right as usize] = NONE;
        self.next[left as usize] = after;
        if let Some(previous) = self.previous.get_mut(after as usize) {
            *previous = left;
        }
        self.parts -= 1;
    }

    /// The bytes of the part at `start` and the next one together; `None` if either is missing. A part without a next
    /// keeps the rank `NONE`.
    fn pair(&self, start: u32) -> Option<(usize, usize)> {
        let middle = self.next.get(start as usize)?;
        Some((start as usize, *self.next.get(*middle as usize)? as usize))
    }
}

/// Pairs by rank.
#[derive(Default)]
struct Buckets {
    starts: HashMap<u32, Vec<u32>>,
    /// The ranks that have a bucket.
    ranks: BinaryHeap<Reverse<u32>>,
}

impl Buckets {
    fn add(&mut self, rank: u32, start: u32) {
        if rank == NONE {
            return;
        }
        self.starts
            .entry(rank)
            .or_insert_with(|| {
                self.ranks.push(Reverse(rank));
                Vec::new()
            })
            .push(start);
    }

    fn put_back(&mut self, rank: u32, starts: &[u32]) {
        starts.iter().for_each(|start| self.add(rank, *start));
    }

    fn lowest(&self) -> Option<u32> {
        self.ranks.peek().map(|Reverse(rank)| *rank)
    }

    /// The bucket of the lowest rank, leftmost pair first.
    fn take_lowest(&mut self) -> Option<(u32, Vec<u32>)> {
        let Reverse(rank) = self.ranks.pop()?;
        let mut starts = self.starts.remove(&rank)?;
        starts.sort_unstable();
        Some((rank, starts))
    }
}
