//! What the system's error numbers mean to a user, as phrases. Decides nothing.

use rustix::io::Errno;

/// The phrase for an error number: "permission denied", "no space left on the device".
pub(super) fn why(errno: Errno) -> String {
    let phrase = match errno {
        Errno::ACCESS | Errno::PERM => "permission denied",
        Errno::NOENT => "it does not exist",
        Errno::NOTDIR => "a file stands where a directory is needed",
        Errno::ISDIR => "it is a directory",
        Errno::NOSPC => "no space left on the device",
        Errno::DQUOT => "the disk quota is used up",
        Errno::FBIG => "the file would be larger than the system allows",
        Errno::ROFS => "the file system is read-only",
        Errno::MFILE | Errno::NFILE => "too many files are open",
        Errno::NAMETOOLONG => "the name is too long",
        Errno::LOOP => "it lies behind a symbolic link",
        Errno::XDEV => "it leads out of the repository",
        Errno::IO => "the device reported an input/output error",
        Errno::EXIST => "it exists already",
        other => return std::io::Error::from(other).to_string(),
    };
    phrase.to_owned()
}

/// The phrase for an error of the standard library.
pub(super) fn why_io(error: &std::io::Error) -> String {
    Errno::from_io_error(error).map_or_else(|| error.to_string(), why)
}
