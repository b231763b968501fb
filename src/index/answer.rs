//! What was answered about a tree, for when somebody asks the same of the same tree: then neither the map nor the cache is
//! needed. Like them it holds nothing that cannot be made again, and so it never fails: what is not whole is as good as none.

use super::cache::beside;
use super::replace::replace;
use crate::domain::listing::FileEntry;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Changes when another program would answer otherwise.
const FORMAT: &str = concat!("answer 2 ", env!("CARGO_PKG_VERSION"), "\n");
/// Bytes of the digest of tree and question, and of the one of the answer.
const DIGEST: usize = 32;
/// The longest answer that is kept, in bytes.
const LONGEST: usize = 1 << 20;

/// Where the last answer about a tree is kept.
pub struct Answer {
    path: PathBuf,
    key: [u8; DIGEST],
}

impl Answer {
    /// The place beside a cache file for what is asked (`question`) of the files that were found there. Any other file, or one
    /// with another stamp, is another place.
    pub fn to(question: &str, cache: &Path, found: &[FileEntry]) -> Answer {
        let mut digest = Sha256::new_with_prefix(FORMAT);
        let mut bytes = Vec::new();
        let put = |bytes: &mut Vec<u8>, text: &str| {
            bytes.extend((text.len() as u64).to_le_bytes());
            bytes.extend(text.as_bytes());
        };
        put(&mut bytes, question);
        for FileEntry { path, size, modified_ns, changed_ns, inode } in found {
            put(&mut bytes, path);
            for number in [*size, modified_ns.cast_unsigned(), changed_ns.cast_unsigned(), *inode] {
                bytes.extend(number.to_le_bytes());
            }
            if bytes.len() > 1 << 16 {
                digest.update(&bytes);
                bytes.clear();
            }
        }
        Answer { path: beside(cache, ".answer"), key: digest.chain_update(&bytes).finalize().into() }
    }

    /// What was answered.
    pub fn recall(&self) -> Option<String> {
        let bytes = fs::read(&self.path).ok()?;
        let (key, rest) = bytes.split_first_chunk::<DIGEST>()?;
        let (sum, text) = rest.split_first_chunk::<DIGEST>()?;
        let is_whole = *key == self.key && *sum == <[u8; DIGEST]>::from(Sha256::digest(text));
        if is_whole { String::from_utf8(text.to_vec()).ok() } else { None }
    }

    /// Keeps what is answered, in the place of the answer before. To be called only when the answer rests on exactly the files
    /// that were found: see [`super::Index::is_sure`].
    pub fn keep(&self, text: &str) {
        if text.len() > LONGEST {
            return;
        }
        replace(&self.path, |mut file| {
            file.write_all(&self.key)?;
            file.write_all(&Sha256::digest(text))?;
            file.write_all(text.as_bytes())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, changed_ns: i64) -> FileEntry {
        FileEntry { path: path.to_owned(), size: 1, modified_ns: 2, changed_ns, inode: 3 }
    }

    #[test]
    fn an_answer_comes_back_for_the_same_question_about_the_same_files_only() {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("index.db");
        let files = [entry("a", 1), entry("b", 1)];
        let asked = || Answer::to("map 10", &cache, &files);
        assert_eq!(asked().recall(), None);
        asked().keep("the map");
        assert_eq!(asked().recall().as_deref(), Some("the map"));
        assert_eq!(Answer::to("map 11", &cache, &files).recall(), None);
        assert_eq!(Answer::to("map 10", &cache, &files[..1]).recall(), None);
        assert_eq!(Answer::to("map 10", &cache, &[entry("a", 1), entry("b", 2)]).recall(), None);
        assert_eq!(Answer::to("map 10", &cache, &[entry("a", 1), entry("c", 1)]).recall(), None);
    }

    #[test]
    fn an_answer_that_was_damaged_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("index.db");
        let answer = Answer::to("map", &cache, &[entry("a", 1)]);
        answer.keep("the map");
        let whole = fs::read(dir.path().join("index.db.answer")).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(dir.path().join("index.db.answer"), &bytes).unwrap();
            assert_eq!(answer.recall(), None, "{at}");
            fs::write(dir.path().join("index.db.answer"), &whole[..at]).unwrap();
            assert_eq!(answer.recall(), None, "{at}");
        }
    }
}
