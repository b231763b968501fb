//! Paths relative to a root, `/` between parts, the root itself empty: taken apart and put together as text. Looks at no file.

use std::borrow::Cow;

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
        assert_eq!((join("a", "b"), join("", "b"), parent("b")), ("a/b".to_owned(), "b".to_owned(), ""));
    }
}
