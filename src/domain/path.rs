//! Paths relative to a root, `/` between parts, the root itself empty: taken apart and put together as text. Looks at no file.

/// The directory of a path, and the name in it.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The directory of a path; empty for the root.
pub fn parent(path: &str) -> &str {
    split(path).0
}

/// A name in a directory.
pub fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
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
    fn above_a_path_are_its_directories_up_to_the_root() {
        assert_eq!(above("a/b/c.py").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(above("c.py").collect::<Vec<_>>(), [""]);
        assert_eq!((join("a", "b"), join("", "b"), parent("b")), ("a/b".to_owned(), "b".to_owned(), ""));
    }
}
