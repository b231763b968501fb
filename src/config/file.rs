//! Reading configuration files: regular files of a sane size, as UTF-8. Nothing is written or created here.

use super::document::Source;
use crate::domain::failure::{Failure, FailureKind};
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Bytes a configuration file may have; more is a mistake.
const MOST_BYTES: u64 = 1 << 20;

/// The file's text under the name `shown`; `None` when there is no such file.
///
/// # Errors
/// It is not a regular file, larger than 1 MiB, not UTF-8 or cannot be read.
pub fn read(path: &Path, shown: &str) -> Result<Option<Source>, Failure> {
    let refuse = |why: String| Err(Failure::fatal(FailureKind::Config, format!("{shown}: {why}")));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return refuse(format!("cannot be read ({error}); check its permissions")),
    };
    // Opening a pipe would wait for ever.
    if !metadata.is_file() {
        return refuse("is not a regular file; replace it by one, or remove it".to_owned());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).and_then(|f| f.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    if let Err(error) = file {
        return refuse(format!("cannot be read ({error}); check its permissions"));
    }
    if bytes.len() as u64 > MOST_BYTES {
        return refuse("is larger than 1 MiB; a configuration file is a few lines".to_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Source::new(shown, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.iter().filter(|b| **b == b'\n').count() + 1;
            Err(Failure::fatal(FailureKind::Config, format!("{shown}:{line}: is not UTF-8; save it as UTF-8")))
        }
    }
}
