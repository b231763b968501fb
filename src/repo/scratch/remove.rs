//! Removing what may have been made hard to remove. Follows no link.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Removes a file, a link or a directory with everything in it, also what was made unwritable; what is not there is no error.
pub(super) fn remove_any(path: &Path) -> io::Result<()> {
    let remove = || match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    let removed = remove().or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => {
            make_writable(path);
            remove()
        }
        _ => Err(error),
    });
    match removed {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
        removed => removed,
    }
}

/// Gives every directory there, behind no link, the right to have names taken out.
fn make_writable(top: &Path) {
    let mut left = vec![top.to_owned()];
    while let Some(directory) = left.pop() {
        if !fs::symlink_metadata(&directory).is_ok_and(|metadata| metadata.is_dir()) {
            continue;
        }
        let _ = fs::set_permissions(&directory, fs::Permissions::from_mode(0o700));
        left.extend(fs::read_dir(&directory).into_iter().flatten().flatten().map(|entry| entry.path()));
    }
}
