//! Replaces a file whole: whoever reads it sees the old one or the new one, also when this process is killed meanwhile.
//!
//! It never fails: what cannot be written is not there the next time, and what a killed process left half written is removed by
//! a later one.

use super::cache::{beside, private};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

/// After this long nobody is writing any more.
const LEFT: Duration = Duration::from_secs(600);

/// Puts what `write` writes in the place of `path`.
pub(super) fn replace(path: &Path, write: impl FnOnce(File) -> io::Result<()>) {
    let new = beside(path, &format!(".{}", std::process::id()));
    let written = private().truncate(true).open(&new).and_then(write);
    if written.and_then(|()| fs::rename(&new, path)).is_err() {
        let _ = fs::remove_file(&new);
    }
    sweep(path);
}

/// Removes what others began long ago and never ended.
fn sweep(path: &Path) {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return;
    };
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_begun = entry.file_name().to_str().is_some_and(|other| {
            let process = other.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            process.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
        });
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_begun && age().is_some_and(|age| age >= LEFT) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::SystemTime;

    #[test]
    fn a_file_is_replaced_whole_and_what_was_left_half_written_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.scan");
        let put = |name: &str, age: u64| {
            let file = File::create(dir.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        };
        put("a.scan.17", 3600);
        put("a.scan.18", 5);
        put("a.scan.old", 3600);
        put("b.scan.17", 3600);
        replace(&path, |mut file| file.write_all(b"new"));
        replace(&path, |mut file| file.write_all(b"half").and(Err(io::ErrorKind::StorageFull.into())));
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let mut left: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["a.scan", "a.scan.18", "a.scan.old", "b.scan.17"]);
    }
}
