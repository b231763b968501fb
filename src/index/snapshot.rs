//! The whole map in a file of its own, beside the cache: what makes the next start cheap when little has changed.
//!
//! Like the cache it holds nothing that cannot be made again, and so it never fails: a file that is missing, damaged or of
//! another version is as good as none, and one that cannot be written is not there the next time (the cache, in the same
//! directory, says why). It is replaced whole, so that another process sees the old one or the new one.

use super::Held;
use super::cache::{beside, private};
use crate::map::Map;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Bytes of the checksum (CRC-32) in front, and of the length of the stamps behind it.
const HEAD: (usize, usize) = (4, 8);

/// Where the map is kept, or nowhere.
pub(super) struct Snapshot(Option<PathBuf>);

impl Snapshot {
    /// The snapshot beside this cache file.
    pub fn beside(cache: Option<&Path>, suffix: &str) -> Snapshot {
        Snapshot(cache.map(|path| beside(path, suffix)))
    }

    /// The map, and of each of its files by path what was known.
    pub fn load(&self) -> Option<(Map, Vec<Held>)> {
        let bytes = fs::read(self.0.as_ref()?).ok()?;
        let (sum, body) = bytes.split_first_chunk::<{ HEAD.0 }>()?;
        if crc32fast::hash(body).to_le_bytes() != *sum {
            return None;
        }
        let (length, body) = body.split_first_chunk::<{ HEAD.1 }>()?;
        let (held, map) = body.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let (held, map): (Vec<Held>, Map) = (postcard::from_bytes(held).ok()?, Map::thaw(map).ok()?);
        (held.len() == map.len()).then_some((map, held))
    }

    /// Writes the map down. `held` is of its files by path.
    pub fn save(&self, map: &Map, held: &[&Held]) {
        let Some(path) = &self.0 else { return };
        if held.len() != map.len() {
            return;
        }
        let held = postcard::to_extend(held, Vec::new()).expect("plain data has bytes");
        let map = map.freeze();
        let mut sum = crc32fast::Hasher::new();
        let length = (held.len() as u64).to_le_bytes();
        [&length[..], &held, &map].into_iter().for_each(|part| sum.update(part));
        let sum = sum.finalize().to_le_bytes();
        let new = beside(path, &format!(".{}", std::process::id()));
        let written = private().truncate(true).open(&new).and_then(|mut file| {
            [&sum[..], &length, &held, &map].into_iter().try_for_each(|part| file.write_all(part))
        });
        if written.and_then(|()| fs::rename(&new, path)).is_err() {
            let _ = fs::remove_file(&new);
        }
    }
}
