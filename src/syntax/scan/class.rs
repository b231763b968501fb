//! What a byte may begin, by language, as tables: a lexer looks each byte up once. Knows no token.

use crate::domain::language::Language;

/// What a byte begins. Words go on as long as it is not more than `Digit`.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Class {
    Word,
    Digit,
    Space,
    Line,
    Quote,
    Slash,
    Hash,
    /// A sign and nothing else.
    Sign,
    /// A sign, or a literal or a name that begins with it.
    Opening,
}

pub(super) type Classes = [Class; 256];

/// Of languages in which every sign is one; and of those in which `$` is a letter, with which something else begins, and Ruby.
static PLAIN: Classes = classes(b"");
static DOLLAR: Classes = {
    let mut table = classes(b"");
    table[b'$' as usize] = Class::Word;
    table
};
static CSHARP: Classes = classes(b"@$");
static PHP: Classes = classes(b"?<$");
static RUBY: Classes = classes(b"@$:%?<=");

/// The classes where these signs may begin something else.
const fn classes(opening: &[u8]) -> Classes {
    let mut table = [Class::Sign; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b' ' | b'\t' | b'\r' | 0x0c => Class::Space,
            b'\n' => Class::Line,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..=0xff => Class::Word,
            b'0'..=b'9' => Class::Digit,
            b'"' | b'\'' | b'`' => Class::Quote,
            b'/' => Class::Slash,
            b'#' => Class::Hash,
            _ => Class::Sign,
        };
        byte += 1;
    }
    let mut at = 0;
    while at < opening.len() {
        table[opening[at] as usize] = Class::Opening;
        at += 1;
    }
    table
}

/// Whether a byte may stand within a word.
#[inline]
pub(super) fn is_word(byte: u8) -> bool {
    PLAIN[usize::from(byte)] <= Class::Digit
}

impl Class {
    /// Those of a language.
    pub(super) fn of(language: Language) -> &'static Classes {
        match language {
            Language::JavaScript | Language::TypeScript | Language::Java => &DOLLAR,
            Language::CSharp => &CSHARP,
            Language::Php => &PHP,
            Language::Ruby => &RUBY,
            _ => &PLAIN,
        }
    }
}
