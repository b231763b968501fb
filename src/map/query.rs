//! A question in words, as the names of a map know them.

use super::table::Map;
use super::word;

/// Most words of a question that count: each is one bit.
const MAX_WORDS: usize = 64;

/// Words of a question, and which stems they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    /// How many different words it has, those that no name has included.
    pub words: usize,
    /// By stem id: the bit of its word, or 0.
    masks: Vec<u64>,
}

impl Query {
    /// The words of a text that are longer than a letter, up to the first 64 different ones.
    pub fn of(map: &Map, text: &str) -> Query {
        let mut stems: Vec<String> = Vec::new();
        word::each_part(text, |part| {
            if stems.len() < MAX_WORDS && part.len() > 1 {
                let stem = word::stem(part);
                if !stems.contains(&stem) {
                    stems.push(stem);
                }
            }
        });
        let mut masks = vec![0; map.names.stem_count()];
        for (bit, stem) in stems.iter().enumerate() {
            if let Some(id) = map.names.find_stem(stem) {
                masks[id as usize] = 1 << bit;
            }
        }
        Query { words: stems.len(), masks }
    }

    /// The words that a name holds.
    pub fn mask(&self, map: &Map, name: u32) -> u64 {
        map.names.stems(name).iter().fold(0, |mask, stem| mask | self.masks[*stem as usize])
    }

    /// [`Query::mask`] of every name.
    pub fn all(&self, map: &Map) -> Vec<u64> {
        (0..map.names.len() as u32).map(|name| self.mask(map, name)).collect()
    }

    /// Which part of a name's words the question has, 0 to 1.
    pub fn hits(&self, map: &Map, name: u32) -> f32 {
        let stems = map.names.stems(name);
        let hits = stems.iter().filter(|stem| self.masks[**stem as usize] != 0).count();
        hits as f32 / stems.len().max(1) as f32
    }
}
