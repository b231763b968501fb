//! Errors that another one hides: behind a colon that is missing Python's parser takes the blocks that follow for parts of
//! that line, and behind a bracket that is not closed all that follows. So the colon is put in, or the statement left out up to
//! the next definition, and the text read again, as long as that leaves its lines right.
//!
//! Makes no fix: what is put in is forgotten. Other signs hide as much and are not tried, because their place is not sure.

use super::SyntaxError;
use std::ops::Range;

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
        let first = found.iter().find_map(|error| Some((error, without(&text, error)?)));
        let Some((error, (lines, without))) = first else { break };
        let is_bracket = !lacks_colon(error);
        let Some(left) = read(&without) else { break };
        // Where its own lines are still wrong, or one above them is now, something else is missing. What the bracket has hidden
        // above its line is the colon before it.
        let is_known = |e: &SyntaxError| found.contains(e) || (is_bracket && lacks_colon(e));
        if left.iter().any(|e| e.line < lines.end && !(e.line < lines.start && is_known(e))) {
            break;
        }
        // What looked like a definition stands in a string.
        let is_string = |e: &SyntaxError| e.message.starts_with("the string that begins");
        if is_bracket && left.iter().any(|e| is_string(e) && !found.contains(e)) {
            break;
        }
        named.extend(found.into_iter().filter(|e| lines.contains(&e.line)));
        (found, text) = (left, without);
    }
    named.extend(found);
    named
}

fn lacks_colon(error: &SyntaxError) -> bool {
    error.message.starts_with("missing `:` at the end")
}

/// The text without what makes this error, and the lines that were looked at for it.
fn without(text: &str, error: &SyntaxError) -> Option<(Range<u32>, String)> {
    if lacks_colon(error) {
        let byte = byte_of(text, error)?;
        return Some((error.line..error.line + 1, format!("{}:{}", &text[..byte], &text[byte..])));
    }
    let is_open = error.message.starts_with("missing `") && error.message.ends_with(" is never closed");
    if is_open { without_statement(text, error.line) } else { None }
}

/// The text with `pass` for the line and those behind it, up to the next definition that is not indented more: no bracket
/// reaches into that.
fn without_statement(text: &str, line: u32) -> Option<(Range<u32>, String)> {
    let first = line.checked_sub(1)? as usize;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(lines.get(first)?);
    let defines = |line: &&str| {
        let is_definition = |word: &str| line.trim_start().starts_with(word);
        indent(line) <= own && ["def ", "async def ", "class ", "@"].into_iter().any(is_definition)
    };
    let end = first + 1 + lines[first + 1..].iter().position(defines)?;
    let left =
        [&lines[..first].concat(), &lines[first][..own], "pass", &"\n".repeat(end - first), &lines[end..].concat()];
    Some((line..u32::try_from(end + 1).ok()?, left.concat()))
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
    fn what_a_bracket_that_is_never_closed_hides_in_later_definitions_is_named() {
        let text = "def f(a):\n    x = int(\n        g(a\n    return x\n\n\ndef g(b)\n    return b\n\n\ny = [\n\n\ndef m(c)\n    return c\n";
        let told: Vec<(u32, String)> = named(text).into_iter().map(|(line, _, said)| (line, said)).collect();
        let open = |sign: &str, own: &str, line: u32| {
            (line, format!("missing `{sign}`: the `{own}` on line {line} is never closed"))
        };
        let colon = |line: u32| (line, "missing `:` at the end of the `def` line".to_owned());
        assert_eq!(told, [open(")", "(", 2), open(")", "(", 3), colon(7), open("]", "[", 11), colon(14)]);
        // What looks like a definition in a string is none.
        let string = "x = f(\"\"\"\ndef g(b)\n\"\"\"\n\n\ndef h(c):\n    return c\n";
        assert_eq!(named(string).len(), 1, "{:?}", named(string));
    }

    #[test]
    fn what_is_hidden_in_a_class_behind_a_decorator_and_before_async_is_named() {
        let colon = |line: u32, column: u32| (line, column, "missing `:` at the end of the `def` line".to_owned());
        let open =
            |line: u32, column: u32| (line, column, format!("missing `)`: the `(` on line {line} is never closed"));
        let methods = "class A:\n    def f(self):\n        x = int(\n        return x\n\n    def g(self)\n        return 1\n\n    def h(self):\n        return 1\n";
        assert_eq!(named(methods), [open(3, 16), colon(6, 16)]);
        let after = "def f(a):\n    x = int(\n    return x\n\n\n";
        assert_eq!(named(&format!("{after}async def g(b)  # b\n    return b\n")), [open(2, 12), colon(6, 15)]);
        assert_eq!(named(&format!("{after}@a\n@b(1)\ndef g(b)\n    return b\n")), [open(2, 12), colon(8, 9)]);
        let twice = "async def f(a)\n    return x\n\n\nasync def g(b) -> int\n    return b\n";
        assert_eq!(named(twice), [colon(1, 15), colon(5, 22)]);
        let marked =
            "class A:\n    @a\n    def f(a)\n        return x\n\n    @a\n    async def g(b)\n        return b\n";
        assert_eq!(named(marked), [colon(3, 13), colon(7, 19)]);
    }

    #[test]
    fn a_head_that_has_its_colon_is_not_told_for_an_error_around_it() {
        for text in [
            "class A:\n    def f(self): return 1\n    x = = 2\n    def g(\n        self,\n    ): return 2\n",
            "@a\ndef f(a: int = {}[1:2]) -> int: return a\n\n) = 3\n",
        ] {
            assert!(!named(text).is_empty() && named(text).iter().all(|e| !e.2.contains("`:`")), "{:?}", named(text));
        }
    }

    #[test]
    fn what_is_wrong_only_with_a_colon_that_mends_nothing_is_not_told() {
        let lines: Vec<u32> =
            named("def f(a) = 3\n    x()\n\n\ndef g(b)\n    return b\n").iter().map(|e| e.0).collect();
        assert_eq!(lines, [1, 5]);
    }
}
