//! The whole map in a file of its own, beside the cache: what makes the next start cheap when little has changed.
//!
//! Like the cache it holds nothing that cannot be made again, and so it never fails: a file that is missing, damaged or of
//! another version is as good as none, and one that cannot be written is not there the next time (the cache, in the same
//! directory, says why).

use super::Held;
use super::cache::beside;
use super::replace::replace;
use crate::map::Map;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Where the map is kept, or nowhere.
pub(super) struct Snapshot {
    path: Option<PathBuf>,
    /// What was read of it before somebody asked.
    ahead: Option<Loaded>,
}

/// A map, and of each of its files by path what was known.
type Loaded = (Map, Vec<Held>);

impl Snapshot {
    /// The snapshot beside this cache file.
    pub fn beside(cache: Option<&Path>, suffix: &str) -> Snapshot {
        Snapshot { path: cache.map(|path| beside(path, suffix)), ahead: None }
    }

    /// Whether there is a place for it.
    pub fn is_somewhere(&self) -> bool {
        self.path.is_some()
    }

    /// Reads it before it is asked for.
    pub fn read_ahead(&mut self) {
        self.ahead = self.read();
    }

    /// What is in it.
    pub fn load(&mut self) -> Option<Loaded> {
        self.ahead.take().or_else(|| self.read())
    }

    fn read(&self) -> Option<Loaded> {
        let file = File::open(self.path.as_ref()?).ok()?;
        let left = file.metadata().ok()?.len();
        let mut parts = Parts { file: BufReader::new(file), left };
        let held: Vec<Held> = postcard::from_bytes(&parts.next()?).ok()?;
        let map = Map::thaw(parts).ok()?;
        (held.len() == map.len()).then_some((map, held))
    }

    /// Writes the map down. `held` is of its files by path.
    pub fn save(&self, map: &Map, held: &[&Held]) {
        let Some(path) = &self.path else { return };
        if held.len() != map.len() {
            return;
        }
        replace(path, |file| {
            let mut file = BufWriter::new(file);
            let held = postcard::to_extend(held, Vec::new()).expect("plain data has bytes");
            let mut written = write(&mut file, &held);
            drop(held);
            map.freeze(|part| {
                if written.is_ok() {
                    written = write(&mut file, part);
                }
            });
            written.and_then(|()| file.flush())
        });
    }
}

/// Writes a part with its length and checksum before it.
fn write(file: &mut impl Write, part: &[u8]) -> std::io::Result<()> {
    file.write_all(&(part.len() as u64).to_le_bytes())?;
    file.write_all(&crc32fast::hash(part).to_le_bytes())?;
    file.write_all(part)
}

/// Parts as [`write`] wrote them. Ends where the bytes end or one is damaged: the map then lacks files and is refused.
struct Parts {
    file: BufReader<File>,
    /// Bytes at most, so that a damaged length asks for no more memory than the file has.
    left: u64,
}

impl Iterator for Parts {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let (mut length, mut sum) = ([0; 8], [0; 4]);
        self.file.read_exact(&mut length).ok()?;
        self.file.read_exact(&mut sum).ok()?;
        let length = u64::from_le_bytes(length);
        self.left = self.left.checked_sub(length)?;
        let mut part = vec![0; usize::try_from(length).ok()?];
        self.file.read_exact(&mut part).ok()?;
        (crc32fast::hash(&part).to_le_bytes() == sum).then_some(part)
    }
}
