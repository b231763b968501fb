//! Which branch a repository is on, read from its files: no process is started before the first frame.
//!
//! It refuses to say what the files do not: a repository that keeps its refs elsewhere (reftable) has no branch here.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Most bytes that a `HEAD`, or a `.git` file, is read of.
const MOST: u64 = 4096;
/// Characters of a commit that are shown.
const SHORT: usize = 8;

/// The branch that `HEAD` names, born or not; the commit where it names none. Worktrees and submodules have a `.git` file
/// that says where their own `HEAD` is.
pub fn branch(root: &Path) -> Option<String> {
    let mut git = root.join(".git");
    if git.is_file() {
        git = root.join(text(&git)?.strip_prefix("gitdir:")?.trim());
    }
    let head = text(&git.join("HEAD"))?;
    let head = head.trim();
    let Some(name) = head.strip_prefix("ref:").map(str::trim) else {
        let is_commit = head.len() >= 40 && head.bytes().all(|b| b.is_ascii_hexdigit());
        return is_commit.then(|| format!("detached at {}", &head[..SHORT]));
    };
    match name.strip_prefix("refs/heads/") {
        Some(".invalid") => None,
        Some(branch) => Some(branch.to_owned()),
        None => Some(name.to_owned()),
    }
}

/// A small file's text. Nothing that could make us wait is opened.
fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    if path.is_file() {
        File::open(path).ok()?.take(MOST).read_to_string(&mut text).ok()?;
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567\n";

    fn with_head(head: &str) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(".git")).unwrap();
        fs::write(dir.path().join(".git/HEAD"), head).unwrap();
        branch(dir.path())
    }

    #[test]
    fn head_is_said_as_it_stands() {
        let table = [
            ("ref: refs/heads/main\n", Some("main")),
            ("ref: refs/heads/feature/long/name\n", Some("feature/long/name")),
            ("ref:refs/heads/main", Some("main")),
            ("ref: refs/bisect/good\n", Some("refs/bisect/good")),
            ("ref: refs/heads/.invalid\n", None),
            (COMMIT, Some("detached at 01234567")),
            ("", None),
            ("something else\n", None),
        ];
        for (head, expected) in table {
            assert_eq!(with_head(head).as_deref(), expected, "{head:?}");
        }
    }

    #[test]
    fn a_worktree_has_the_branch_of_its_own_head() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("main/.git/worktrees/tree");
        let tree = dir.path().join("tree");
        for made in [&own, &tree] {
            fs::create_dir_all(made).unwrap();
        }
        fs::write(dir.path().join("main/.git/HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(own.join("HEAD"), "ref: refs/heads/topic\n").unwrap();
        for link in [own.display().to_string(), "../main/.git/worktrees/tree".to_owned()] {
            fs::write(tree.join(".git"), format!("gitdir: {link}\n")).unwrap();
            assert_eq!(branch(&tree).as_deref(), Some("topic"), "{link}");
        }
        fs::write(tree.join(".git"), "gitdir: nowhere\n").unwrap();
        assert_eq!(branch(&tree), None);
        assert_eq!(branch(dir.path()), None, "no repository");
    }
}
