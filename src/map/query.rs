//! A question in words, as the names of a map know them.

use super::table::Map;
use super::word;

/// Most words of a question that count: each is one bit.
const MAX_WORDS: usize = 64;

/// Words of a question, and which stems they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    /// Its different words in order, as they were first written.
    pub words: Vec<String>,
    /// By stem id: the bit of its word, or 0.
    masks: Vec<u64>,
}

impl Query {
    /// The words of a text that are longer than a letter, up to the first 64 different ones.
    pub fn of(map: &Map, text: &str) -> Query {
        let (mut words, mut stems) = (Vec::new(), Vec::new());
        word::each_part(text, |part| {
            if stems.len() < MAX_WORDS && part.len() > 1 {
                let stem = word::stem(part);
                if !stems.contains(&stem) {
                    stems.push(stem);
                    words.push(part.to_owned());
                }
            }
        });
        let mut masks = vec![0; map.names.stem_count()];
        for (bit, stem) in stems.iter().enumerate() {
            if let Some(id) = map.names.find_stem(stem) {
                masks[id as usize] = 1 << bit;
            }
        }
        Query { words, masks }
    }

    /// By name, the words that it holds.
    pub fn masks(&self, map: &Map) -> Vec<u64> {
        let mask = |name| map.names.stems(name).iter().fold(0, |mask, stem| mask | self.masks[*stem as usize]);
        (0..map.names.len() as u32).map(mask).collect()
    }

    /// The words that a text holds.
    pub fn mask_of(&self, map: &Map, text: &str) -> u64 {
        let mut mask = 0;
        word::each_part(text, |part| {
            mask |= map.names.find_stem(&word::stem(part)).map_or(0, |stem| self.masks[stem as usize]);
        });
        mask
    }

    /// Which part of a name's words the question has, 0 to 1.
    pub fn share(&self, map: &Map, name: u32) -> f32 {
        let stems = map.names.stems(name);
        let hits = stems.iter().filter(|stem| self.masks[**stem as usize] != 0).count();
        hits as f32 / stems.len().max(1) as f32
    }

    /// The words of a mask, as they were written.
    pub fn of_mask(&self, mask: u64) -> Vec<String> {
        let has = |bit: usize| mask & (1 << bit) != 0;
        self.words.iter().enumerate().filter(|(bit, _)| has(*bit)).map(|(_, word)| word.clone()).collect()
    }
}

/// The bits that are set in a mask.
pub(super) fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        bit
    })
}
