//! Imports out of their statements' text, one reader for both tiers. Resolves nothing: a target is what is written.
//!
//! A path whose last part is a name taken from it (`a.b.C` of Java, `a::b::C` of Rust, `A\B\C` of PHP) is split: the target
//! is `a.b`, the name is `C`. Whether `C` is a type or a module is for who resolves it.

use crate::domain::clip;
use crate::domain::language::Language;

/// What an import takes: its target, its names, its line.
pub(super) type Take<'a, 't> = &'a mut dyn FnMut(&str, &[&'t str], u32);

/// Longer statements are read up to here.
pub(super) const MOST_BYTES: usize = 16 * 1024;

/// How many bytes of import statements are read of a text: a hostile one has a beginning of an import in every word of another.
pub(super) fn allowance(text: &str) -> usize {
    MOST_BYTES + 2 * text.len()
}

/// As much of a statement as is allowed; what is left of the allowance is less by it.
pub(super) fn clip<'t>(statement: &'t str, allowance: &mut usize) -> &'t str {
    let clipped = clip::head(statement, MOST_BYTES.min(*allowance));
    *allowance -= clipped.len();
    clipped
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Word(&'t str),
    Text(&'t str),
    Sign(u8),
}

use Piece::{Sign, Text, Word};

/// Reads one import statement of `language` that begins on `line`.
pub(super) fn read<'t>(language: Language, statement: &'t str, line: u32, take: Take<'_, 't>) {
    let pieces = pieces(language, statement);
    match language {
        Language::Python => python(&pieces, line, take),
        Language::JavaScript | Language::TypeScript => script(&pieces, line, take),
        Language::Go => go(&pieces, statement, line, take),
        Language::Rust => tree(&pieces, "::", line, take),
        Language::Php if !pieces.iter().any(|(_, p)| matches!(p, Text(_))) => tree(&pieces, "\\", line, take),
        Language::Java | Language::Kotlin => dotted(&pieces, true, line, take),
        Language::CSharp | Language::Swift => dotted(&pieces, false, line, take),
        Language::C | Language::Cpp => header(statement, line, take),
        Language::Ruby => ruby(&pieces, line, take),
        _ => {
            if let Some(target) = pieces.iter().find_map(text) {
                take(target, &[], line);
            }
        }
    }
}

fn text<'t>((_, piece): &(usize, Piece<'t>)) -> Option<&'t str> {
    if let Text(text) = piece { Some(text) } else { None }
}

/// Words, strings and signs with where they begin; comments and white space are skipped.
fn pieces(language: Language, text: &str) -> Vec<(usize, Piece<'_>)> {
    let bytes = text.as_bytes();
    let has_hash = matches!(language, Language::Python | Language::Ruby | Language::Php);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'#' if has_hash => at += to(bytes, at, b"\n"),
            b'/' if !has_hash && bytes.get(at) == Some(&b'/') => at += to(bytes, at, b"\n"),
            b'/' if bytes.get(at) == Some(&b'*') => at = (at + 1 + to(bytes, at + 1, b"*/") + 2).min(bytes.len()),
            b'\\' if language != Language::Php => {}
            b'"' | b'\'' | b'`' => {
                at += to(bytes, at, &[byte]);
                found.push((start, Text(text.get(start + 1..at).unwrap_or(""))));
                at += 1;
            }
            _ if is_word(byte) => {
                at += bytes[at..].iter().take_while(|b| is_word(**b)).count();
                found.push((start, Word(&text[start..at])));
            }
            _ => found.push((start, Sign(byte))),
        }
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// How far it is to `end`, or to the end of all.
fn to(bytes: &[u8], at: usize, end: &[u8]) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.windows(end.len()).position(|w| w == end).unwrap_or(rest.len())
}

fn python<'t>(pieces: &[(usize, Piece<'t>)], line: u32, take: Take<'_, 't>) {
    let mut pieces = pieces.iter().map(|(_, p)| *p).peekable();
    let is_from = pieces.next() == Some(Word("from"));
    let mut target = String::new();
    let mut names = Vec::new();
    let mut after_import = !is_from;
    while let Some(piece) = pieces.next() {
        match piece {
            Word("import") if is_from => after_import = true,
            Word("as") => {
                pieces.next();
            }
            Word(word) if is_from && after_import => names.push(word),
            Word(word) => target.push_str(word),
            Sign(b'.') => target.push('.'),
            Sign(b',') if !is_from => take(&std::mem::take(&mut target), &[], line),
            _ => {}
        }
    }
    if !target.is_empty() {
        take(&target, &names, line);
    }
}

fn script<'t>(pieces: &[(usize, Piece<'t>)], line: u32, take: Take<'_, 't>) {
    let Some(target) = pieces.iter().find_map(text) else { return };
    let mut names = Vec::new();
    let mut last = Sign(b',');
    let mut pieces = pieces.iter().map(|(_, p)| *p).take_while(|p| !matches!(p, Text(_))).peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Word("as") => {
                pieces.next();
            }
            Word("import" | "export" | "from" | "require") | Sign(b'*') => {}
            Word("type" | "typeof") if matches!(pieces.peek(), Some(Word(w)) if *w != "from" && *w != "as") => {}
            Word("type" | "typeof") if pieces.peek() == Some(&Sign(b'{')) => {}
            Word(word) if last != Sign(b'*') => names.push(word),
            _ => {}
        }
        last = piece;
    }
    take(target, &names, line);
}

fn go<'t>(pieces: &[(usize, Piece<'t>)], statement: &str, line: u32, take: Take<'_, 't>) {
    let mut line = line;
    let mut last = 0;
    for (at, piece) in pieces {
        line += statement[last..*at].bytes().filter(|b| *b == b'\n').count() as u32;
        last = *at;
        if let Text(target) = piece {
            take(target, &[], line);
        }
    }
}

/// `use a::{b, c::{self, d as e}, f::*}`.
fn tree<'t>(pieces: &[(usize, Piece<'t>)], joint: &str, line: u32, take: Take<'_, 't>) {
    // `pub(crate) use`: `crate` is the keyword of `extern crate` only.
    let find = |words: &[&str]| pieces.iter().position(|(_, p)| matches!(p, Word(w) if words.contains(w)));
    let Some(keyword) = find(&["use", "mod"]).or_else(|| find(&["crate"])) else { return };
    if let (Word("mod"), Some((_, Word(name)))) = (pieces[keyword].1, pieces.get(keyword + 1)) {
        return take(&format!("self::{name}"), &[], line);
    }
    let mut groups: Vec<(String, Vec<&'t str>)> = Vec::new();
    let mut path: Vec<&'t str> = Vec::new();
    let mut bases = vec![0];
    let mut is_alias = false;
    for (_, piece) in pieces[keyword + 1..].iter().chain(&[(0, Sign(b';'))]) {
        match piece {
            Word("as") => is_alias = true,
            Word("function" | "const") if path.is_empty() && joint == "\\" => {}
            Word(_) if is_alias => is_alias = false,
            Word(word) => path.push(word),
            Sign(b'*') => path.push("*"),
            Sign(b'{') => bases.push(path.len()),
            Sign(b',' | b'}' | b';') => {
                let base = bases.last().copied().unwrap_or(0);
                if path.len() > base {
                    leaf(&path, joint, &mut groups);
                }
                path.truncate(base);
                if *piece == Sign(b'}') && bases.len() > 1 {
                    bases.pop();
                    path.truncate(bases.last().copied().unwrap_or(0));
                }
            }
            _ => {}
        }
    }
    for (target, names) in groups {
        take(&target, &names, line);
    }
}

fn leaf<'t>(path: &[&'t str], joint: &str, groups: &mut Vec<(String, Vec<&'t str>)>) {
    let path = if path.len() > 1 && path.last() == Some(&"self") { &path[..path.len() - 1] } else { path };
    let Some((name, before)) = path.split_last() else { return };
    if before.is_empty() {
        return groups.push(((*name).to_owned(), Vec::new()));
    }
    let target = before.join(joint);
    match groups.iter_mut().find(|(t, names)| *t == target && (*name != "*" && !names.is_empty())) {
        Some((_, names)) => names.push(name),
        None if *name == "*" => groups.push((target, Vec::new())),
        None => groups.push((target, vec![name])),
    }
}

/// `import static a.b.C`, `using X = A.B;`, `import struct A.B`. If `splits`, the last part is a name.
fn dotted<'t>(pieces: &[(usize, Piece<'t>)], splits: bool, line: u32, take: Take<'_, 't>) {
    let mut path: Vec<&'t str> = Vec::new();
    let mut last = Sign(b' ');
    let Some(keyword) = pieces.iter().position(|(_, p)| matches!(p, Word("import" | "using"))) else { return };
    for (_, piece) in &pieces[keyword + 1..] {
        match piece {
            Word("as") => break,
            // A word right behind a word: what came before was a modifier.
            Word(word) => {
                if matches!(last, Word(_)) {
                    path.clear();
                }
                path.push(word);
            }
            Sign(b'*') => path.push("*"),
            Sign(b'=') => path.clear(),
            Sign(b'.' | b':') => {}
            _ => break,
        }
        last = *piece;
    }
    match path.split_last() {
        Some((name, before)) if splits && !before.is_empty() => {
            take(&before.join("."), if *name == "*" { &[] } else { std::slice::from_ref(name) }, line);
        }
        Some(_) => take(&path.join("."), &[], line),
        None => {}
    }
}

fn header<'t>(statement: &'t str, line: u32, take: Take<'_, 't>) {
    let Some((_, rest)) = statement.split_once(['<', '"']) else { return };
    if let Some(end) = rest.find(['>', '"', '\n']) {
        take(&rest[..end], &[], line);
    }
}

fn ruby<'t>(pieces: &[(usize, Piece<'t>)], line: u32, take: Take<'_, 't>) {
    let Some(target) = pieces.iter().find_map(text) else { return };
    match pieces.first() {
        Some((_, Word("require_relative"))) if !target.starts_with('.') => take(&format!("./{target}"), &[], line),
        _ => take(target, &[], line),
    }
}
