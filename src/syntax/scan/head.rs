//! Heads of definitions by the lexer: what stands from the first word of one to its body, on one line. Nothing is parsed, so a
//! head that a macro or an odd layout cuts elsewhere is cut elsewhere here; nearly all are those of the exact outline.

use super::lexer::{Lexer, Token};
use super::{Found, Sink, scan_with};
use crate::domain::language::Language::{
    self, C, CSharp, Cpp, Go, JavaScript, Kotlin, Python, Ruby, Rust, Swift, TypeScript,
};
use crate::domain::outline::DefinitionKind::{self, Constant, Function, Macro, Method, Type, Variable};
use crate::syntax::convention::dialect;
use crate::syntax::prose::{self, MOST_SIGNATURE};
use std::borrow::Cow;

/// A head is looked for within as many bytes.
const LONGEST: usize = 2_000;

/// A definition's name and its head: [`Definition::signature`](crate::domain::outline::Definition) without a grammar.
pub type Head<'t> = (&'t str, String);

/// The heads of everything that a scan of `text` finds, in its order.
pub fn heads(language: Language, text: &str) -> Vec<Head<'_>> {
    let mut found = Definitions::default();
    scan_with(language, text, &mut found);
    let language = dialect(language, text);
    let mut lexer = Lexer::new(language, text);
    found.0.iter().map(|found| (found.name, head(&mut lexer, found))).collect()
}

#[derive(Default)]
struct Definitions<'t>(Vec<Found<'t>>);

impl<'t> Sink<'t> for Definitions<'t> {
    fn reference(&mut self, _: &'t str, _: u32) {}

    fn word(&mut self, _: &'t str) {}

    fn import(&mut self, _: &str, _: &[&'t str], _: u32) {}

    fn definition(&mut self, found: Found<'t>) {
        self.0.push(found);
    }
}

fn head(lexer: &mut Lexer, found: &Found) -> String {
    let (language, text) = (lexer.language, lexer.text);
    let name = found.name_at as usize;
    let is_plain = is_plain(found.kind);
    let mut start = start(lexer, (found.head_at as usize).max(name.saturating_sub(LONGEST)), name);
    let before = &lexer.bytes[start..name];
    // The second of `const a = 1, b = 2`.
    if is_plain && is_script(language) && before.contains(&b'=') {
        start = name;
    }
    let end = match before.iter().position(|byte| *byte == b'{') {
        // `typedef struct { … } name`
        Some(brace) if matches!(language, C | Cpp) => start + brace,
        _ => end(lexer, name, found.kind),
    };
    let whole = text.get(start..end.max(start)).unwrap_or("");
    let has_directives = matches!(language, C | Cpp) && found.kind != Macro;
    let head = if has_directives { prose::without_directives(whole) } else { Cow::Borrowed(whole) };
    let mut head = &*head;
    // A table or a long text: its name and type tell enough.
    if is_plain && head.contains('\n') {
        head = head.split_once('=').map_or(head, |(head, _)| head);
    }
    let mut line = prose::one_line(head, MOST_SIGNATURE);
    if head.contains('\n') {
        line = line.replace("( ", "(").replace(" )", ")").replace(",)", ")");
    }
    let group = match (language, found.kind) {
        (Go, Constant) => "const ",
        (Go, Variable) => "var ",
        (Go, kind) if !matches!(kind, Function | Method) => "type ",
        (C | Cpp, Macro) => "#define ",
        _ => "",
    };
    if !line.starts_with(group) {
        line.insert_str(0, group);
    }
    if matches!(language, C | Cpp) && line.starts_with("typedef") && !is_plain {
        line = format!("{} {{ … }} {}", line.trim_end(), found.name);
    }
    let line = line.trim_end_matches([' ', '{', ';', ',', '\\']);
    let line = line.strip_suffix('=').unwrap_or(line);
    line.trim_end_matches(|c| c == ' ' || (c == ':' && language == Python)).to_owned()
}

fn is_plain(kind: DefinitionKind) -> bool {
    matches!(kind, Variable | Constant | Macro | Type)
}

fn is_script(language: Language) -> bool {
    matches!(language, JavaScript | TypeScript)
}

fn go(lexer: &mut Lexer, at: usize) {
    lexer.at = at;
    lexer.heredocs.clear();
}

/// Where the head begins behind annotations and attributes.
fn start(lexer: &mut Lexer, head: usize, name: usize) -> usize {
    go(lexer, head);
    while lexer.at < name {
        match lexer.next() {
            Token::Comment(_) | Token::Line => {}
            Token::Sign(b'@') if lexer.slice(lexer.at, lexer.at + 9) != "interface" => {
                while matches!(lexer.next(), Token::Word(_)) && matches!(lexer.byte(lexer.at), b'.' | b':') {
                    lexer.at += 1;
                }
                if lexer.byte(lexer.at) == b'(' {
                    skip_group(lexer);
                }
            }
            Token::Sign(b'#') if matches!(lexer.byte(lexer.at), b'[' | b'!') => skip_group(lexer),
            Token::Sign(b'[') if lexer.language == CSharp => {
                lexer.at -= 1;
                skip_group(lexer);
            }
            Token::End => break,
            _ => return lexer.start.min(name),
        }
    }
    name
}

/// Goes behind the bracket that ends the group which begins here.
fn skip_group(lexer: &mut Lexer) {
    let (mut depth, from) = (0usize, lexer.at);
    while lexer.at < from + LONGEST {
        match lexer.next() {
            Token::Sign(b'(' | b'[') => depth += 1,
            Token::Sign(b')' | b']') => depth = depth.saturating_sub(1),
            Token::End => return,
            _ => continue,
        }
        if depth == 0 {
            return;
        }
    }
}

/// Whether the brace at byte `start` is a type that another one extends.
fn is_bound(lexer: &Lexer, start: usize) -> bool {
    lexer.text.get(..start).is_some_and(|before| before.trim_end().ends_with("extends"))
}

/// Where the body begins, or else the definition ends.
fn end(lexer: &mut Lexer, name: usize, kind: DefinitionKind) -> usize {
    let language = lexer.language;
    let (is_plain, is_callable) = (is_plain(kind), matches!(kind, Function | Method));
    let has_lines = matches!(language, Python | Ruby | Go | Kotlin | Swift) || is_script(language) || kind == Macro;
    go(lexer, name);
    lexer.next();
    let (text, own) = (lexer.text, lexer.at);
    let is_bare = |at: usize| text[own..at].trim().is_empty();
    let is_macro_with_parameters = kind == Macro && lexer.byte(lexer.at) == b'(';
    let (mut depth, mut last) = (0usize, b' ');
    while lexer.at < name + LONGEST {
        let token = lexer.next();
        let (start, next) = (lexer.start, lexer.byte(lexer.at));
        if depth == 0 {
            match token {
                // `Promise<{ ok: boolean }>`, `<T extends { a: number } = {}>`
                Token::Sign(b'{') if language == TypeScript && matches!(last, b'<' | b':' | b'|' | b'&') => {}
                Token::Sign(b'{')
                    if language == TypeScript && !is_plain && (last == b'=' || is_bound(lexer, start)) => {}
                Token::Sign(b'{') if (!is_plain || language == Rust) && !matches!(language, Python | Ruby) => {
                    return start;
                }
                // `(*name)(int)`
                Token::Sign(b')') if kind == Type && matches!(language, C | Cpp) => {}
                Token::Sign(b'}' | b')' | b']' | b';') => return start,
                Token::Sign(b':') if language == Python && !is_plain => return start,
                Token::Sign(b',') if is_plain && is_script(language) => return start,
                // `def add a,` goes on.
                Token::Line if has_lines && !(language == Ruby && last == b',') => return start,
                // A body that is an expression.
                Token::Sign(b'=') if is_callable && is_script(language) && next == b'>' => return lexer.at + 1,
                Token::Sign(b'=') if is_callable && language == CSharp && next == b'>' => return start,
                Token::Sign(b'=') if is_callable && language == Kotlin && next == b' ' => return start,
                // Not that of a parameter without brackets around.
                Token::Sign(b'=')
                    if is_callable && language == Ruby && next == b' ' && (last == b')' || is_bare(start)) =>
                {
                    return start;
                }
                _ => {}
            }
        }
        match token {
            // A bracket that is not closed ends where no expression goes on, as it does for the scan.
            Token::Word("def" | "class" | "return") if depth > 0 && language == Python => {
                return lexer.text[name..start].find('\n').map_or(start, |line| name + line);
            }
            Token::Sign(b'(' | b'[' | b'{') => depth += 1,
            Token::Sign(sign @ (b')' | b']' | b'}')) => {
                depth = depth.saturating_sub(1);
                // `int Count { get; }`
                let is_body = sign == b'}' && !has_lines && language != Rust;
                if depth == 0 && (is_body || is_macro_with_parameters) {
                    return lexer.at;
                }
            }
            Token::End => return lexer.bytes.len(),
            _ => {}
        }
        last = lexer.last;
    }
    lexer.start
}
