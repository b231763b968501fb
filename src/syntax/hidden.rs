//! Errors that another one hides: behind a colon that is missing Python's parser takes the blocks that follow for parts of
//! that line. So the colon is put in and the text read again, as long as that leaves its line right.
//!
//! Makes no fix: what is put in is forgotten. Other signs hide as much and are not tried, because their place is not sure.

use super::SyntaxError;

/// Times a text is read again, and bytes of all these readings together: about 50 ms of parsing at 10 MB/s.
const MOST: usize = 20;
const MOST_BYTES: usize = 512 * 1024;

/// The errors of `text`, where `found` were seen at once and `read` says what another text has.
pub(super) fn revealed(
    mut found: Vec<SyntaxError>,
    text: &str,
    read: impl Fn(&str) -> Option<Vec<SyntaxError>>,
) -> Vec<SyntaxError> {
    let (mut text, mut named) = (text.to_owned(), Vec::new());
    for _ in 0..MOST.min(MOST_BYTES / text.len().max(1)) {
        found.sort_by_key(|e| (e.line, e.column));
        let Some(at) = found.iter().position(|e| e.message.starts_with("missing `:` at the end")) else { break };
        let (above, line) = (&found[..at], found[at].line);
        let Some(byte) = byte_of(&text, &found[at]) else { break };
        text.insert(byte, ':');
        let Some(left) = read(&text) else { break };
        // Where its own line is still wrong, or one above it is now, something else is missing.
        if left.iter().any(|e| e.line <= line && !above.contains(e)) {
            break;
        }
        named.push(found.swap_remove(at));
        found = left;
    }
    named.extend(found);
    named
}

/// The byte at which an error stands.
fn byte_of(text: &str, error: &SyntaxError) -> Option<usize> {
    let line = text.split_inclusive('\n').nth(error.line.checked_sub(1)? as usize)?;
    let start = line.as_ptr() as usize - text.as_ptr() as usize;
    let column = error.column.checked_sub(1)? as usize;
    Some(start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use crate::domain::language::Language;
    use crate::syntax::errors;

    fn named(text: &str) -> Vec<(u32, u32, String)> {
        let errors = errors(Language::Python, "a.py", text).unwrap();
        errors.into_iter().map(|e| (e.line, e.column, e.message)).collect()
    }

    #[test]
    fn every_colon_that_is_missing_is_named_though_the_first_hides_the_others() {
        let colon =
            |line: u32, column: u32, word: &str| (line, column, format!("missing `:` at the end of the `{word}` line"));
        let two = "def f(a)\n    return a\n\n\ndef g(é)  # é\n    return é\n\n\ndef h(c):\n    return c\n";
        assert_eq!(named(two), [colon(1, 9, "def"), colon(5, 9, "def")]);
        let nested = "def f(a):\n    if a\n        return 1\n    return 2\n\n\nclass C\n    x = 1\n\n    def m(self):\n        for i in range(3)  # i\n            print(i)\n";
        assert_eq!(named(nested), [colon(2, 9, "if"), colon(7, 8, "class"), colon(11, 26, "for")]);
    }

    #[test]
    fn what_is_wrong_only_with_a_colon_that_mends_nothing_is_not_told() {
        let lines: Vec<u32> =
            named("def f(a) = 3\n    x()\n\n\ndef g(b)\n    return b\n").iter().map(|e| e.0).collect();
        assert_eq!(lines, [1, 5]);
    }
}
