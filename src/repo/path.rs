//! Which relative paths may be written, and which name git's own directory in any spelling. Touches no file.

use crate::domain::failure::{Failure, FailureKind};
use crate::domain::safe_text::SafeText;

/// Accepts a path that a proposal may write: relative, `/` between parts, inside the root, not git's own, and with no
/// part that some file system would take for another name.
///
/// # Errors
/// `Denied`, with a sentence that names the path and what to do.
pub fn check(path: &str) -> Result<(), Failure> {
    match fault(path) {
        None => Ok(()),
        Some(fault) => {
            let shown = SafeText::new(&path.replace('\n', "\\n"));
            Err(Failure::fatal(FailureKind::Denied, format!("`{shown}` cannot be written: {fault}.")))
        }
    }
}

/// What is wrong with a path, as a clause.
fn fault(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("the path is empty; name a file relative to the repository's top");
    }
    if path.starts_with('/') || path.starts_with('~') || drive(path) {
        return Some("it is absolute; name the file relative to the repository's top");
    }
    if path.chars().any(char::is_control) || SafeText::has_hidden(path) {
        return Some("it holds control or invisible characters; use a name that can be read");
    }
    if path.contains('\\') {
        return Some("it holds a backslash; put `/` between its parts");
    }
    path.split('/').find_map(|part| match part {
        "" | "." => Some("it has an empty part or `.`; write it in its shortest form"),
        ".." => Some("`..` could lead out of the repository; name the file relative to the repository's top"),
        _ if is_git_name(part) => Some("git's own directory is never written; use git for that"),
        _ if part.ends_with(['.', ' ']) => {
            Some("a part ends with a dot or a space, which some systems drop; rename it")
        }
        _ => None,
    })
}

fn drive(path: &str) -> bool {
    let mut bytes = path.bytes();
    matches!((bytes.next(), bytes.next()), (Some(letter), Some(b':')) if letter.is_ascii_alphabetic())
}

/// Whether a path stays inside the root by its spelling alone: relative and without `..`.
pub fn is_inside(path: &str) -> bool {
    !path.starts_with('/') && !path.contains('\0') && path.split('/').all(|part| part != "..")
}

/// Whether any part of the path is git's own directory.
pub fn is_in_git(path: &str) -> bool {
    path.split('/').any(is_git_name)
}

/// Whether a part means `.git` on some file system: in other letter case, with trailing dots or spaces, as an NTFS
/// stream (`.git::$INDEX_ALLOCATION`) or by its short name (`git~1`). These are the spellings git itself refuses
/// (`is_ntfs_dotgit` in its path.c).
pub(super) fn is_git_name(part: &str) -> bool {
    if !part.starts_with(['.', 'g', 'G']) {
        return false;
    }
    let base = part.split(':').next().unwrap_or(part).trim_end_matches(['.', ' ']);
    base.eq_ignore_ascii_case(".git") || base.eq_ignore_ascii_case("git~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_accepted() {
        for path in
            ["a", "src/main.rs", ".github/workflows/ci.yml", ".gitignore", "ü/é.txt", "a b/c", "x..y", "git/x", "ab:c"]
        {
            assert!(check(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn paths_that_lead_out_or_into_git_or_play_with_names_are_refused_with_the_path_and_a_reason() {
        let cases = [
            ("", "empty"),
            ("/etc/passwd", "absolute"),
            ("~/x", "absolute"),
            ("C:/x", "absolute"),
            ("c:x", "absolute"),
            ("../x", "`..`"),
            ("a/../../x", "`..`"),
            ("a//b", "shortest form"),
            ("./a", "shortest form"),
            ("a/", "shortest form"),
            (".git/config", "git's own"),
            (".GIT/config", "git's own"),
            ("sub/.Git/hooks/x", "git's own"),
            (".git./x", "git's own"),
            (".git /x", "git's own"),
            (".git::$INDEX_ALLOCATION/x", "git's own"),
            ("GIT~1/x", "git's own"),
            ("a./b", "dot or a space"),
            ("a /b", "dot or a space"),
            ("a\nb", "control"),
            ("a\0b", "control"),
            (".g\u{200c}it/config", "invisible"),
            ("a\\b", "backslash"),
        ];
        for (path, reason) in cases {
            let failure = check(path).expect_err(path);
            assert_eq!(failure.kind, FailureKind::Denied, "{path}");
            assert!(failure.message.contains(reason), "{path:?}: {}", failure.message);
            assert!(!failure.message.contains('\n') && !failure.message.contains('\0'), "{path:?}");
        }
    }
}
