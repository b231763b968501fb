//! Lines as git sees them: ended by `\n` only, the line end part of the line.

/// The byte order mark some editors put first.
pub(super) const BOM: char = '\u{feff}';

/// `text` cut after each `\n`; the last line may lack it. No lines for an empty text.
pub(super) fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A line without its line end (`\n` or `\r\n`).
pub(super) fn content(line: &str) -> &str {
    match line.strip_suffix('\n') {
        Some(line) => line.strip_suffix('\r').unwrap_or(line),
        None => line,
    }
}

/// A line's end: `\r\n`, `\n` or nothing.
pub(super) fn ending(line: &str) -> &str {
    &line[content(line).len()..]
}

/// The line end most lines of `text` have; `\n` if it has none.
pub(super) fn dominant_ending(text: &str) -> &'static str {
    let crlf = text.matches("\r\n").count();
    let all = text.matches('\n').count();
    if crlf * 2 > all { "\r\n" } else { "\n" }
}

/// The spaces and tabs a line starts with.
pub(super) fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}
