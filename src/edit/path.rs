//! The paths a model writes: brought into one form, or refused.
//!
//! This is the first of two gates. It judges the text of a path only; the writer resolves beneath the root and is the
//! one that defends against links.

use super::{Action, Edit};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::safe_text::SafeText;

/// Longest path and longest part in bytes that are accepted: Linux's PATH_MAX and NAME_MAX.
const MAX_PATH: usize = 4096;
const MAX_PART: usize = 255;

/// The files that `edits` concern, each once, in order of first mention: what must be read before
/// [`apply`](super::apply). Fails with `Denied` at the first path that must not be touched.
pub fn paths(edits: &[Edit]) -> Result<Vec<String>, Failure> {
    let mut found: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let unnamed = |e: &&Edit| e.path.is_empty() && matches!(e.action, Action::Malformed { .. });
    for name in edits.iter().filter(|e| !unnamed(e)).flat_map(Edit::names) {
        let path = normalise(name)?;
        if seen.insert(path.clone()) {
            found.push(path);
        }
    }
    Ok(found)
}

/// A path relative to the root with single `/` between its parts. Fails with `Denied` if it is absolute, climbs out,
/// names git's own files, or holds a character that cannot be seen.
pub fn normalise(path: &str) -> Result<String, Failure> {
    let written = path.trim();
    let slashed = written.replace('\\', "/");
    let denied = |why: &str| {
        let shown = SafeText::new(written);
        Failure::fatal(
            FailureKind::Denied,
            format!("the path `{shown}` {why}; edits may only name files inside the project, relative to its root"),
        )
    };
    if written.is_empty() {
        return Err(denied("is empty"));
    }
    if SafeText::has_hidden(written) || written.contains(['\n', '\r', '\t']) {
        return Err(denied("holds a control or invisible character"));
    }
    if slashed.starts_with('/') {
        return Err(denied("is absolute"));
    }
    if slashed.starts_with('~') {
        return Err(denied("names a home directory"));
    }
    let bytes = slashed.as_bytes();
    if bytes.len() >= 2 && bytes[1] == b':' && bytes[0].is_ascii_alphabetic() {
        return Err(denied("has a drive letter"));
    }
    if slashed.ends_with('/') {
        return Err(denied("is a directory"));
    }
    let parts: Vec<&str> = slashed.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    if parts.is_empty() {
        return Err(denied("is a directory"));
    }
    for part in &parts {
        if *part == ".." {
            return Err(denied("climbs out with `..`"));
        }
        if is_git(part) {
            return Err(denied("lies in git's own directory"));
        }
        if part.len() > MAX_PART {
            return Err(denied("has a part longer than 255 bytes"));
        }
    }
    let joined = parts.join("/");
    if joined.len() > MAX_PATH {
        return Err(denied("is longer than 4096 bytes"));
    }
    Ok(joined)
}

/// Whether a part is `.git` on some file system: case folded, NTFS's short name, trailing dots and spaces dropped.
fn is_git(part: &str) -> bool {
    let folded = part.trim_end_matches(['.', ' ']).to_ascii_lowercase();
    folded == ".git" || folded == "git~1" || folded.starts_with(".git:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_stay_inside_are_brought_into_one_form() {
        let table = [
            ("src/app.py", "src/app.py"),
            ("./src//app.py", "src/app.py"),
            ("src\\win\\app.py", "src/win/app.py"),
            (" a/./b ", "a/b"),
            (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
            (".gitignore", ".gitignore"),
            ("docs/Übersicht.md", "docs/Übersicht.md"),
        ];
        for (written, expected) in table {
            assert_eq!(normalise(written).as_deref(), Ok(expected), "{written}");
        }
    }

    #[test]
    fn paths_that_leave_or_touch_git_are_denied() {
        let long = "x".repeat(256);
        let table = [
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/..",
            "C:\\x",
            "c:/x",
            "\\\\server\\x",
            ".git/config",
            "sub/.GIT/hooks/x",
            ".git./config",
            "git~1/config",
            "~/.bashrc",
            "a\0b",
            "a\u{202e}b",
            "a\u{200b}.py",
            "a\nb",
            "",
            "  ",
            ".",
            "src/",
            &long,
        ];
        for written in table {
            let failure = normalise(written).expect_err(written);
            assert_eq!(failure.kind, FailureKind::Denied, "{written}");
            assert!(!failure.message.contains(['\0', '\u{202e}']), "the message must be safe to show");
        }
    }
}
