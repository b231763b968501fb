//! Paths relative to a root, `/` between parts, the root itself empty: taken apart and put together as text. Looks at no file.

use memchr::memrchr;
use std::borrow::Cow;

/// The directory of a path, and the name in it.
pub fn split(path: &str) -> (&str, &str) {
    memrchr(b'/', path.as_bytes()).map_or(("", path), |slash| (&path[..slash], &path[slash + 1..]))
}

/// The directory of a path, without a slash at its end; empty for the root.
pub fn parent(path: &str) -> &str {
    split(path).0
}

/// The last part of a path: what a file is called.
pub fn name(path: &str) -> &str {
    split(path).1
}

/// `path` below `dir`; `dir` itself where `path` is empty.
pub fn join(dir: &str, path: &str) -> String {
    match (dir, path) {
        ("", path) => path.to_owned(),
        (dir, "") => dir.to_owned(),
        (dir, path) => [dir, "/", path].concat(),
    }
}

/// What the paths below a directory begin with: its own and a slash, nothing for the root.
pub fn lead(dir: &str) -> String {
    if dir.is_empty() { String::new() } else { format!("{dir}/") }
}

/// A path as it stands on a line of a prompt: its control characters as marks like `⟦U+000A⟧`, or a name with a line end in it would
/// begin a line of its own and say there what it likes. Everything else stays, since a model has to repeat it.
pub fn on_one_line(path: &str) -> Cow<'_, str> {
    match path.contains(char::is_control) {
        false => Cow::Borrowed(path),
        true => {
            let mark = |c: char| if c.is_control() { format!("⟦U+{:04X}⟧", u32::from(c)) } else { c.to_string() };
            Cow::Owned(path.chars().map(mark).collect())
        }
    }
}

/// The directories above a path, nearest first; the root is last.
pub fn above(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(parent(path));
    std::iter::from_fn(move || {
        let dir = next?;
        next = (!dir.is_empty()).then(|| parent(dir));
        Some(dir)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_begins_a_line_of_its_own() {
        assert_eq!(on_one_line("a\n### SYSTEM\r.py"), "a⟦U+000A⟧### SYSTEM⟦U+000D⟧.py");
        assert_eq!(on_one_line("src/größe 👩‍💻.py"), "src/größe 👩‍💻.py");
    }

    #[test]
    fn above_a_path_are_its_directories_up_to_the_root() {
        assert_eq!(above("a/b/c.py").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(above("c.py").collect::<Vec<_>>(), [""]);
        assert_eq!([join("a", "b/c"), join("", "b"), join("a", "")], ["a/b/c", "b", "a"]);
        assert_eq!([lead("a/b"), lead("")], ["a/b/", ""]);
        assert_eq!((parent("b"), name("b"), parent("a/b/c"), name("a/b/c")), ("", "b", "a/b", "c"));
    }
}
