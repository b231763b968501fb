//! JSON as models write it: found in prose and fences, and read although it is broken.
//!
//! Strict JSON is taken as it stands. What is not strict is read by a tolerant parser: comments, trailing or missing
//! commas, single, typographic or missing quotes, Python's words, quotes inside strings, and ends that never came. The
//! parser never fails and never loops: it always moves on, to a bounded depth. Whether the result is of any use is the
//! caller's judgement; nothing is invented here to please it.

use crate::domain::clip;
use serde_json::{Map, Number, Value};

/// Deepest nesting that is read; deeper values become null.
const MAX_DEPTH: usize = 64;
/// Most bytes that are read of one answer, all tries together.
const MAX_READ: usize = 512 * 1024;
/// Most places an answer is tried at.
const MAX_STARTS: usize = 64;
/// Longest key that is looked ahead for, in bytes.
const MAX_KEY: usize = 40;
/// How far a string's end is looked ahead for, in bytes.
const MAX_LOOK: usize = 400;
/// Longest answer that is searched, in bytes.
const MAX_TEXT: usize = 256 * 1024;

/// The first value in `text` that `accept` turns into something: strict before tolerant, fenced before loose.
pub fn find<T>(text: &str, accept: impl Fn(&Value) -> Option<T>) -> Option<T> {
    let text = clip::head(text, MAX_TEXT);
    let blocks = fenced(text);
    let strict = blocks.iter().copied().chain([text]).filter_map(|t| serde_json::from_str(t.trim()).ok());
    if let Some(found) = strict.into_iter().find_map(|value: Value| accept(&value)) {
        return Some(found);
    }
    let mut read = 0;
    for part in blocks.into_iter().chain([text]) {
        let starts = part.match_indices(['{', '[']).map(|(at, _)| at).take(MAX_STARTS);
        for start in starts {
            let (value, length) = tolerant(&part[start..]);
            if let Some(found) = accept(&value) {
                return Some(found);
            }
            read += length;
            if read > MAX_READ {
                return None;
            }
        }
    }
    // The opening brace itself is missing.
    let start = text.find('"')?;
    accept(&tolerant(&format!("{{{}", &text[start..])).0)
}

/// The contents of the fenced blocks, the last one possibly without its end.
fn fenced(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("```") {
        let after = &rest[open + 3..];
        let Some(line_end) = after.find('\n') else { break };
        let body = &after[line_end + 1..];
        let end = body.find("```").unwrap_or(body.len());
        blocks.push(&body[..end]);
        rest = body.get(end + 3..).unwrap_or("");
    }
    blocks
}

/// The value that `text` begins with, as well as it can be read, and how many bytes it took.
fn tolerant(text: &str) -> (Value, usize) {
    let mut reader = Reader { text, at: 0 };
    (reader.value(0), reader.at)
}

/// What ends a string that was opened by a quote.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Key,
    Item,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") || trimmed.starts_with('#') {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
            } else if let Some(dots) = ["...", "…"].into_iter().find(|d| trimmed.starts_with(d)) {
                self.at += dots.len();
            } else {
                return;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        self.skip();
        match self.peek() {
            None => Value::Null,
            Some(_) if depth > MAX_DEPTH => {
                self.at = self.text.len();
                Value::Null
            }
            Some('{') => self.object(depth),
            Some('[') | Some('(') => self.array(depth),
            Some(c) if quote(c).is_some() => Value::String(self.string(Place::Item)),
            Some(_) => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        self.bump();
        let mut members = Map::new();
        loop {
            self.skip();
            match self.peek() {
                None => break,
                Some('}') => {
                    self.bump();
                    break;
                }
                // The array around it ends: this object's brace is missing.
                Some(']') => break,
                Some(',' | ';' | ':' | ')') => {
                    self.bump();
                }
                Some(_) => self.member(&mut members, depth),
            }
        }
        Value::Object(members)
    }

    fn member(&mut self, members: &mut Map<String, Value>, depth: usize) {
        let before = self.at;
        let key = match self.peek() {
            Some(c) if quote(c).is_some() => self.string(Place::Key),
            _ => self.bare_key(),
        };
        self.skip();
        let value = if self.rest().starts_with("=>") {
            self.at += 2;
            self.value(depth + 1)
        } else if matches!(self.peek(), Some(':' | '=' | '：')) {
            self.bump();
            self.skip();
            match self.peek() {
                Some(',' | '}' | ']') | None => Value::Null,
                _ => self.value(depth + 1),
            }
        } else {
            Value::Null
        };
        if !key.is_empty() {
            members.entry(key).or_insert(value);
        }
        if self.at == before {
            self.bump();
        }
    }

    fn bare_key(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find([':', '=', ',', '{', '}', '[', ']', '\n']).unwrap_or(rest.len());
        self.at += end;
        rest[..end].trim().trim_matches(['"', '\'', '`']).to_owned()
    }

    fn array(&mut self, depth: usize) -> Value {
        self.bump();
        let mut items = Vec::new();
        loop {
            self.skip();
            match self.peek() {
                None => break,
                Some(']' | ')') => {
                    self.bump();
                    break;
                }
                // One brace too many: the next object follows.
                Some('}') if self.object_follows() => {
                    self.bump();
                }
                // The object around it ends: this array's bracket is missing.
                Some('}') => break,
                Some(',' | ';' | ':') => {
                    self.bump();
                }
                Some(_) if depth < MAX_DEPTH && self.starts_member() && items.iter().any(Value::is_object) => break,
                Some(_) => {
                    let before = self.at;
                    items.push(self.value(depth + 1));
                    if self.at == before {
                        self.bump();
                    }
                }
            }
        }
        Value::Array(items)
    }

    /// Whether a brace, a comma and another object come next.
    fn object_follows(&self) -> bool {
        let after = self.rest()[1..].trim_start().strip_prefix(',');
        after.is_some_and(|rest| rest.trim_start().starts_with('{'))
    }

    /// Whether a quoted word and a colon come next: in an array of objects, the array's bracket is missing.
    fn starts_member(&self) -> bool {
        let rest = self.rest();
        let Some(body) = rest.strip_prefix('"') else { return false };
        clip::head(body, MAX_KEY).find('"').is_some_and(|end| body[end + 1..].trim_start().starts_with(':'))
    }

    fn string(&mut self, place: Place) -> String {
        let triple = ["\"\"\"", "'''"].into_iter().find(|q| self.rest().starts_with(q));
        if let Some(mark) = triple {
            self.at += mark.len();
            let rest = self.rest();
            let end = rest.find(mark);
            self.at += end.map_or(rest.len(), |e| e + mark.len());
            return rest[..end.unwrap_or(rest.len())].to_owned();
        }
        let open = self.bump().unwrap_or('"');
        let closing = quote(open).unwrap_or(&['"']);
        let mut found = String::new();
        while let Some(c) = self.bump() {
            match c {
                '\\' => self.escape(&mut found),
                c if closing.contains(&c) && self.closes(place) => return found,
                '\n' if self.next_line_is_a_member(open) => {
                    let kept = found.trim_end().trim_end_matches(',').len();
                    found.truncate(kept);
                    return found;
                }
                c => found.push(c),
            }
        }
        found
    }

    fn escape(&mut self, found: &mut String) {
        match self.bump() {
            Some('n') => found.push('\n'),
            Some('t') => found.push('\t'),
            Some('r') => found.push('\r'),
            Some('b' | 'f') | None => {}
            Some('u') => match self.unicode() {
                Some(c) => found.push(c),
                None => found.push_str("\\u"),
            },
            Some(c @ ('"' | '\\' | '/' | '\'' | '`' | '\n')) => found.push(c),
            Some(c) => {
                found.push('\\');
                found.push(c);
            }
        }
    }

    /// Four hexadecimal digits, and the second half of a pair where the first asks for one.
    fn unicode(&mut self) -> Option<char> {
        let code = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
        let first = code(self.rest())?;
        self.at += 4;
        if (0xD800..0xDC00).contains(&first) {
            let low = self.rest().strip_prefix("\\u").and_then(code).filter(|l| (0xDC00..0xE000).contains(l))?;
            self.at += 6;
            return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00));
        }
        char::from_u32(first)
    }

    /// Whether the quote just read ends its string, judged by what follows: a quote inside is followed by prose.
    fn closes(&self, place: Place) -> bool {
        let rest = self.rest();
        let next = rest.trim_start_matches([' ', '\t', '\r']);
        match next.chars().next() {
            None | Some(':' | '：' | '}' | ']' | ')' | '\n') => true,
            Some('=') => place == Place::Key,
            Some(',' | ';') => place == Place::Key || after_comma_comes_json(&next[1..]),
            Some('/' | '#') => next.starts_with("//") || next.starts_with("/*") || next.starts_with("# "),
            // A comma was forgotten between two strings.
            Some('"') => next != rest && self.member_or_item_follows(next),
            Some(_) => false,
        }
    }

    fn member_or_item_follows(&self, next: &str) -> bool {
        let body = &next[1..];
        let end = clip::head(body, MAX_LOOK).find('"');
        end.is_some_and(|end| body[end + 1..].trim_start().starts_with([':', ',', ']', '}']))
    }

    fn next_line_is_a_member(&self, open: char) -> bool {
        let line = self.rest().trim_start();
        let Some(body) = line.strip_prefix(open) else { return false };
        clip::head(body, MAX_KEY).find(open).is_some_and(|end| {
            let key = &body[..end];
            !key.is_empty()
                && key.chars().all(|c| c.is_alphanumeric() || "_- ".contains(c))
                && body[end + open.len_utf8()..].trim_start().starts_with(':')
        })
    }

    /// A number, one of the words of JSON, JavaScript and Python, or a string without quotes.
    fn word(&mut self) -> Value {
        let rest = self.rest();
        let end = rest.find([',', '}', ']', '\n', '{', '[']).unwrap_or(rest.len());
        let raw = &rest[..end];
        let word = raw.split("//").next().unwrap_or(raw).split(" #").next().unwrap_or(raw).trim().trim_end_matches(';');
        self.at += end;
        match word {
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            "null" | "None" | "NULL" | "Null" | "nil" | "undefined" | "NaN" | "" => Value::Null,
            word => number(word).map_or_else(|| Value::String(word.to_owned()), Value::Number),
        }
    }
}

/// The closing quotes of an opening one.
fn quote(open: char) -> Option<&'static [char]> {
    match open {
        '"' => Some(&['"']),
        '\'' => Some(&['\'']),
        '`' => Some(&['`']),
        '“' | '„' | '”' => Some(&['”', '“']),
        '‘' => Some(&['’']),
        '«' => Some(&['»']),
        _ => None,
    }
}

fn after_comma_comes_json(rest: &str) -> bool {
    let next = rest.trim_start_matches([' ', '\t', '\r']);
    match next.chars().next() {
        None | Some('\n' | '{' | '[' | '(' | '}' | ']' | ')' | ',' | '-' | '0'..='9' | '/' | '#') => true,
        Some(c) if quote(c).is_some() => true,
        Some(c) if c.is_alphabetic() || c == '_' => {
            let word: &str = next.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
            let literal = matches!(word, "true" | "false" | "null" | "True" | "False" | "None");
            literal || next[word.len()..].trim_start().starts_with([':', '='])
        }
        Some(_) => false,
    }
}

fn number(word: &str) -> Option<Number> {
    let plain = word.trim_start_matches('+').replace('_', "");
    if let Ok(whole) = plain.parse::<i64>() {
        return Some(Number::from(whole));
    }
    let starts = plain.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
    starts.then(|| plain.parse::<f64>().ok()).flatten().and_then(Number::from_f64)
}
