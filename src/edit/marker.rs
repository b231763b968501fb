//! Recognises the lines that mean something: headings with a path, fences, block markers.
//!
//! Judges one line at a time and keeps no state; what a marker means where it stands is the parser's to say.

/// An opening fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    pub mark: char,
    pub length: usize,
    pub indent: usize,
    /// The language tag, lower case, possibly empty.
    pub tag: String,
    /// A path in the info string.
    pub path: Option<String>,
}

/// A heading that names a file without doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heading {
    File(String),
    Delete(String),
}

/// A line of a search/replace block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockMark {
    Search,
    Divider,
    Replace,
}

/// Longest indentation a fence may have, as in CommonMark.
const FENCE_INDENT: usize = 3;
/// Longest indentation of an opening fence that stands in a list.
const LIST_INDENT: usize = 12;
/// Longer candidates are sentences.
const MAX_CANDIDATE: usize = 200;

/// `### FILE: path`, `### DELETE: path`, at any heading level, also bold or without `#` in front.
pub(super) fn heading(line: &str) -> Option<Heading> {
    let bare = line.trim_start_matches('#').trim().trim_matches('*').trim();
    let marked = line.starts_with('#') || line.starts_with("**");
    let (word, rest) = bare.split_once(':')?;
    let path = clean(rest)?;
    match word.trim() {
        "FILE" => Some(Heading::File(path)),
        "File" | "file" | "Filename" | "filename" | "Path" | "path" => {
            looks_like_path(&path).then_some(Heading::File(path))
        }
        "DELETE" | "DELETE FILE" if marked => Some(Heading::Delete(path)),
        _ => None,
    }
}

/// The path a whole line consists of, decorations aside: `**path**`, `` `path` ``, `path:`, `## path`, `1. path`.
pub(super) fn lone_path(line: &str) -> Option<String> {
    let line = line.trim();
    if line.len() > MAX_CANDIDATE {
        return None;
    }
    let path = clean(line.trim_start_matches('#'))?;
    looks_like_path(&path).then_some(path)
}

/// The path in a comment that is a file's first line: `# path`, `// path`, `<!-- path -->`, `-- file: path`.
pub(super) fn comment_path(line: &str) -> Option<String> {
    let line = line.trim();
    let body = ["#", "//", "--", ";", "%"]
        .iter()
        .find_map(|mark| line.strip_prefix(mark))
        .or_else(|| line.strip_prefix("/*")?.strip_suffix("*/"))
        .or_else(|| line.strip_prefix("<!--")?.strip_suffix("-->"))?
        .trim();
    let body = match body.split_once(':') {
        Some((word, rest)) if ["file", "filename", "path"].contains(&word.trim().to_ascii_lowercase().as_str()) => rest,
        _ => body,
    };
    let path = body.trim();
    (looks_like_path(path) && !path.ends_with('.')).then(|| path.to_owned())
}

/// Strips Markdown around a path and a remark in parentheses behind it. `None` if nothing is left.
fn clean(text: &str) -> Option<String> {
    let mut path = text.trim();
    if let Some(at) = path.find(" (").filter(|_| path.ends_with([')', '*', ':'])) {
        path = &path[..at];
    }
    loop {
        let shorter = path.trim().trim_matches(['*', '`', '"', '\'']).trim_end_matches(':').trim();
        if shorter.len() == path.len() {
            break;
        }
        path = shorter;
    }
    (!path.is_empty()).then(|| path.to_owned())
}

/// Whether a word could only be meant as a file's path: no blanks, an ending or a directory, no URL.
pub(super) fn looks_like_path(text: &str) -> bool {
    const WHOLE_NAMES: &[&str] =
        &["Makefile", "Dockerfile", "LICENSE", "Gemfile", "Rakefile", "Procfile", "Justfile", "justfile", "CODEOWNERS"];
    if text.is_empty() || text.len() > MAX_CANDIDATE || text.contains("://") {
        return false;
    }
    if text.contains(|c: char| c.is_whitespace() || "<>|\"*?`(){}=,;!&$".contains(c)) {
        return false;
    }
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    if WHOLE_NAMES.contains(&name) {
        return true;
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let plausible = (1..=10).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plausible && !ending.chars().all(|c| c.is_ascii_digit())
}

/// An opening fence: at least three backticks or tildes.
pub(super) fn fence(line: &str) -> Option<Fence> {
    let rest = line.trim_start_matches(' ');
    let indent = line.len() - rest.len();
    let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = rest.trim_start_matches(mark);
    let length = rest.len() - info.len();
    if length < 3 || indent > LIST_INDENT || (mark == '`' && info.contains('`')) {
        return None;
    }
    let mut words = info.split_whitespace().map(|w| {
        let w = w.trim_matches(['{', '}', '"']);
        ["title=", "file=", "filename=", "path="].iter().find_map(|k| w.strip_prefix(k)).unwrap_or(w).trim_matches('"')
    });
    let first = words.next().unwrap_or("");
    let (tag, path) = match first.split_once(':') {
        Some((tag, path)) if looks_like_path(path) => (tag, Some(path)),
        _ if looks_like_path(first) => ("", Some(first)),
        _ => (first, words.find(|w| looks_like_path(w))),
    };
    Some(Fence { mark, length, indent, tag: tag.to_ascii_lowercase(), path: path.map(str::to_owned) })
}

/// Whether a line is a tag in the place of a fence, `<source>python`: aider asks for blocks in these where a file has fences.
pub(super) fn is_tag(line: &str) -> bool {
    let tag = line.trim_end().strip_prefix('<').and_then(|rest| rest.split_once('>'));
    tag.is_some_and(|(tag, language)| {
        matches!(tag, "source" | "code" | "pre" | "codeblock" | "sourcecode")
            && language.chars().all(char::is_alphanumeric)
    })
}

impl Fence {
    /// Whether `line` is a fence of this one's kind at its depth; if so, whether it is bare (and so could close it).
    pub(super) fn meets(&self, line: &str) -> Option<Bareness> {
        let other = fence(line)?;
        if other.mark != self.mark || other.length < self.length || other.indent > self.indent + FENCE_INDENT {
            return None;
        }
        let bare = other.tag.is_empty() && other.path.is_none();
        Some(if bare { Bareness::Bare } else { Bareness::Tagged })
    }

    /// Whether a fence in a diff is a line of the file that stays: it stands behind the sign for that.
    pub(super) fn is_text(&self, line: &str) -> bool {
        self.indent == 0 && line.starts_with(' ')
    }

    /// A line of the block without the indentation the fence itself has.
    pub(super) fn strip<'a>(&self, line: &'a str) -> &'a str {
        let own = line.len() - line.trim_start_matches(' ').len();
        &line[own.min(self.indent)..]
    }
}

/// Whether a fence carries an info string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bareness {
    Bare,
    Tagged,
}

/// `<<<<<<< SEARCH`, `=======`, `>>>>>>> REPLACE`, with five to nine signs.
pub(super) fn block_mark(line: &str) -> Option<BlockMark> {
    let line = line.trim_end();
    let sign = line.chars().next()?;
    let rest = line.trim_start_matches(sign);
    if !(5..=9).contains(&(line.len() - rest.len())) {
        return None;
    }
    let word = rest.trim().trim_end_matches(':');
    match sign {
        '<' if ["SEARCH", "ORIGINAL"].contains(&word) => Some(BlockMark::Search),
        '=' if rest.is_empty() => Some(BlockMark::Divider),
        '>' if ["REPLACE", "UPDATED"].contains(&word) => Some(BlockMark::Replace),
        _ => None,
    }
}

/// Whether a file of this name is itself a patch.
pub(super) fn is_patch_file(path: &str) -> bool {
    path.ends_with(".diff") || path.ends_with(".patch")
}

/// How many of its first sign a line begins with.
pub(super) fn signs(line: &str) -> usize {
    line.chars().next().map_or(0, |sign| line.len() - line.trim_start_matches(sign).len())
}

/// Whether a line opens a merge conflict as git leaves it in a file.
pub(super) fn opens_conflict(line: &str) -> bool {
    line.starts_with('<') && signs(line) == CONFLICT && line[CONFLICT..].starts_with([' ', '\r'])
        || line.trim_end() == "<<<<<<<"
}

/// Whether a line closes one.
pub(super) fn closes_conflict(line: &str) -> bool {
    line.starts_with('>') && signs(line) == CONFLICT && line[CONFLICT..].starts_with([' ', '\r'])
        || line.trim_end() == ">>>>>>>"
}

/// Signs of a conflict's markers, as git writes them.
const CONFLICT: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_a_path_are_told_from_sentences() {
        let table = [
            ("**src/app.py**", Some("src/app.py")),
            ("`src/app.py`:", Some("src/app.py")),
            ("src/app.py:", Some("src/app.py")),
            ("#### `src/app.py` (new)", Some("src/app.py")),
            ("**`a.rs`**", Some("a.rs")),
            ("Makefile", Some("Makefile")),
            ("Here is the new app.py:", None),
            ("e.g.", None),
            ("https://example.com/a.py", None),
            ("print('a.py')", None),
            ("1.5", None),
            ("Done.", None),
        ];
        for (line, expected) in table {
            assert_eq!(lone_path(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn headings_name_files_even_if_the_path_will_be_refused() {
        assert_eq!(heading("### FILE: /etc/passwd"), Some(Heading::File("/etc/passwd".into())));
        assert_eq!(heading("### FILE: `a b.txt` (new file)"), Some(Heading::File("a b.txt".into())));
        assert_eq!(heading("### DELETE: a.py"), Some(Heading::Delete("a.py".into())));
        assert_eq!(heading("**File: a.py**"), Some(Heading::File("a.py".into())));
        assert_eq!(heading("### File: what it does"), None);
        assert_eq!(heading("### FILE:"), None);
    }

    #[test]
    fn fences_carry_tags_and_paths() {
        let of = |line| fence(line).map(|f| (f.tag, f.path));
        assert_eq!(of("```python src/a.py"), Some(("python".into(), Some("src/a.py".into()))));
        assert_eq!(of("```python:src/a.py"), Some(("python".into(), Some("src/a.py".into()))));
        assert_eq!(of("```src/a.py"), Some((String::new(), Some("src/a.py".into()))));
        assert_eq!(of("````rust title=\"src/a.rs\""), Some(("rust".into(), Some("src/a.rs".into()))));
        assert_eq!(of("~~~"), Some((String::new(), None)));
        assert_eq!(of("``not``"), None);
        assert_eq!(of("```inline```"), None);
    }

    #[test]
    fn comments_tell_a_path_only_when_they_hold_nothing_else() {
        assert_eq!(comment_path("# src/a.py").as_deref(), Some("src/a.py"));
        assert_eq!(comment_path("<!-- index.html -->").as_deref(), Some("index.html"));
        assert_eq!(comment_path("// File: web/a.ts").as_deref(), Some("web/a.ts"));
        assert_eq!(comment_path("# the app.py module"), None);
        assert_eq!(comment_path("#!/bin/sh"), None);
    }
}
