//! What the user has approved: content hashes, one a line, in a file of the user's own.
//!
//! An approval is for exactly one content in one root: a project that changes what it suggests is asked about again.
//! Lines are only ever appended, so that two instances do not lose each other's.

use crate::domain::failure::{Failure, FailureKind};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// SHA-256 of what was shown, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContentHash(String);

impl ContentHash {
    /// The hash of parts; where one ends and the next begins is part of it.
    pub fn of(parts: &[&str]) -> ContentHash {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        ContentHash(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The approvals on file.
#[derive(Clone, Debug, Default)]
pub struct Approvals {
    file: PathBuf,
    hashes: BTreeSet<String>,
}

impl Approvals {
    /// Reads the approvals of a data directory. A missing file is none; one that cannot be read is none, and said.
    pub fn load(data: &Path) -> (Approvals, Option<Failure>) {
        let file = data.join("approvals");
        let (text, failure) = match fs::read_to_string(&file) {
            Ok(text) => (text, None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (String::new(), None),
            Err(error) => {
                let message = format!("{}: cannot be read ({error}); you are asked again", file.display());
                (String::new(), Some(Failure::fatal(FailureKind::Io, message)))
            }
        };
        // A line that is torn or meant for a person is no hash.
        let is_hash = |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
        let hashes = text.lines().filter_map(|l| l.split(' ').next()).filter(is_hash).map(str::to_owned).collect();
        (Approvals { file, hashes }, failure)
    }

    /// Whether exactly this content was approved.
    pub fn is_approved(&self, hash: &ContentHash) -> bool {
        self.hashes.contains(hash.as_str())
    }

    /// Approves a content for good. `what` is a note for whoever reads the file.
    ///
    /// # Errors
    /// The file cannot be written; the approval does not count then.
    pub fn approve(&mut self, hash: &ContentHash, what: &str) -> Result<(), Failure> {
        if self.is_approved(hash) {
            return Ok(());
        }
        let note: String = what.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
        self.append(&format!("\n{} {note}\n", hash.as_str())).map_err(|error| {
            let message = format!("{}: cannot be written ({error}); nothing was approved", self.file.display());
            Failure::fatal(FailureKind::Io, message)
        })?;
        self.hashes.insert(hash.as_str().to_owned());
        Ok(())
    }

    fn append(&self, line: &str) -> std::io::Result<()> {
        if let Some(directory) = self.file.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut options = fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.file)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    }
}
