//! Removing what is kept for checks and nobody uses any more. What cannot be removed stays until the next time.

use super::remove::remove_any;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

/// How many copies of a root are kept.
pub(super) const STAYING: u32 = 2;
/// What is kept for a root that was not checked for so long is removed.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// Removes what is kept for roots that are not worked on any more.
pub(super) fn kept(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|m| m.modified());
        if modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > KEPT_FOR)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Removes copies whose process is gone, their lock can be had: further ones of a root, and those that stay but were not used
/// for long.
pub(super) fn copies(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for lock in entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "lock")) {
        let Ok(file) = File::open(&lock) else { continue };
        let serial = lock.file_stem().and_then(|name| name.to_str()?.rsplit_once('-')?.1.parse().ok());
        let stays = serial.is_some_and(|serial: u32| serial < STAYING);
        let used =
            file.metadata().and_then(|m| m.modified()).is_ok_and(|at| at.elapsed().is_ok_and(|age| age < KEPT_FOR));
        if !(stays && used) && file.try_lock().is_ok() {
            remove(&lock.with_extension(""));
        }
    }
}

/// Removes a copy and then its lock file. What a command made unremovable stays until the next sweep.
pub(super) fn remove(dir: &Path) {
    if remove_any(dir).is_ok() {
        let _ = fs::remove_file(dir.with_extension("manifest"));
        let _ = fs::remove_file(dir.with_extension("lock"));
    }
}
