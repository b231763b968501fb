//! Keys in a text that their form alone tells: those of well-known services, and private keys. What is masked, left out of a context
//! and reported by the security rules goes by this one table. Knows no names (`password = …`) and guesses nothing: what has no such
//! form is none.

use std::borrow::Cow;
use std::ops::Range;

/// How a key begins, how many characters follow at least, and which.
type Form = (&'static str, usize, fn(u8) -> bool);

/// As their services document them; `sk-` is that of several.
const FORMS: &[Form] = &[
    ("AKIA", 16, |b| b.is_ascii_uppercase() || b.is_ascii_digit()),
    ("ASIA", 16, |b| b.is_ascii_uppercase() || b.is_ascii_digit()),
    ("AIza", 35, is_part),
    ("ghp_", 36, is_part),
    ("gho_", 36, is_part),
    ("ghu_", 36, is_part),
    ("ghs_", 36, is_part),
    ("ghr_", 36, is_part),
    ("github_pat_", 36, is_part),
    ("glpat-", 20, is_part),
    ("xoxa-", 20, is_part),
    ("xoxb-", 20, is_part),
    ("xoxp-", 20, is_part),
    ("xoxr-", 20, is_part),
    ("xoxs-", 20, is_part),
    ("sk_live_", 20, is_part),
    ("rk_live_", 20, is_part),
    ("sk-proj-", 32, is_part),
    ("sk-ant-", 32, is_part),
    ("sk-", 32, is_part),
];
/// How a private key begins and what ends its first line.
const PRIVATE: (&str, &str) = ("-----BEGIN ", "PRIVATE KEY-----");
/// Characters of Base64 that are a body, of the 64 of a line (RFC 7468), and within how many bytes they begin and end: the
/// headers of an encrypted key (RFC 1421) stand before them.
const BODY: usize = 40;
const BODY_WITHIN: usize = 256;
/// Bytes between the two: `OPENSSH `, `ENCRYPTED `.
const KIND: usize = 24;

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether a key stands in a text.
pub fn holds_key(text: &str) -> bool {
    key(text, 0).is_some()
}

/// Whether a key stands in a literal itself: of a private key some of its body, too, in the literal or in what comes soon
/// `behind` it, as where it is put together line by line.
pub fn holds_whole_key(literal: &str, behind: &str) -> bool {
    let mut from = 0;
    while let Some(found) = key(literal, from) {
        let is_head = literal[..found.start].ends_with(PRIVATE.1);
        if !is_head || has_body(&literal[found.start..]) || has_body(behind) {
            return true;
        }
        from = found.end;
    }
    false
}

/// Whether a line of Base64 stands soon in a text.
fn has_body(text: &str) -> bool {
    let is_code = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let near = &text.as_bytes()[..text.len().min(BODY_WITHIN)];
    near.split(|b| !is_code(*b)).any(|run| {
        let has = |is: fn(&u8) -> bool| run.iter().any(is);
        run.len() >= BODY && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
    })
}

/// The text with what is secret of its keys replaced by a mark; for looking at, never to be written.
pub fn masked(text: &str) -> Cow<'_, str> {
    let Some(mut found) = key(text, 0) else { return Cow::Borrowed(text) };
    let (mut shown, mut from) = (String::new(), 0);
    loop {
        shown.push_str(&text[from..found.start]);
        shown.push_str("⟦masked⟧");
        from = found.end;
        match key(text, from) {
            Some(next) => found = next,
            None => break,
        }
    }
    shown.push_str(&text[from..]);
    Cow::Owned(shown)
}

/// Whether a key may begin with these two bytes: they tell nearly always, and all that is shown of a repository is looked through.
fn may_begin(first: u8, second: Option<u8>) -> bool {
    matches!(
        (first, second),
        (b'A', Some(b'K' | b'S' | b'I'))
            | (b'g', Some(b'h' | b'i' | b'l'))
            | (b'x', Some(b'o'))
            | (b's' | b'r', Some(b'k'))
            | (b'-', Some(b'-'))
    )
}

/// What is secret of the first key from a byte on.
fn key(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        if !may_begin(bytes[at], bytes.get(at + 1).copied()) || (at > 0 && is_part(bytes[at - 1])) {
            return None;
        }
        let rest = &bytes[at..];
        if rest.starts_with(PRIVATE.0.as_bytes()) {
            let head = &rest[..rest.len().min(PRIVATE.0.len() + KIND + PRIVATE.1.len())];
            let end = head.windows(PRIVATE.1.len()).position(|part| part == PRIVATE.1.as_bytes())? + PRIVATE.1.len();
            let line = rest[end..].iter().position(|b| matches!(b, b'\n' | b'"' | b'\'')).unwrap_or(rest.len() - end);
            return Some(at + end..at + end + line);
        }
        let (prefix, least, is_in) = FORMS.iter().find(|(prefix, ..)| rest.starts_with(prefix.as_bytes()))?;
        let start = at + prefix.len();
        let length = bytes[start..].iter().take_while(|b| is_in(**b)).count();
        let value = &bytes[start..start + length];
        // A name in words (`sk-circle-fade-…`) has no digits.
        (length >= *least && value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic))
            .then_some(start..start + length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_by_their_form_and_only_what_is_secret_of_them_is_masked() {
        let long = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";
        for (text, shown) in [
            (format!("KEY = \"sk-proj-{long}\""), "KEY = \"sk-proj-⟦masked⟧\""),
            (format!("a ghp_{long} b xoxb-{long}"), "a ghp_⟦masked⟧ b xoxb-⟦masked⟧"),
            ("id: AKIAQWERTYUIOPAS1234".to_owned(), "id: AKIA⟦masked⟧"),
            (
                "k = '-----BEGIN RSA PRIVATE KEY-----\\nMIIE'".to_owned(),
                "k = '-----BEGIN RSA PRIVATE KEY-----⟦masked⟧'",
            ),
        ] {
            assert!(holds_key(&text), "{text}");
            assert_eq!(masked(&text), shown);
        }
    }

    #[test]
    fn every_form_is_found_by_its_beginning() {
        for (prefix, ..) in FORMS {
            let text = format!("a = \"{prefix}{}\"", "QWERTYUIOP123456".repeat(3));
            let shown = masked(&text);
            assert!(shown.starts_with(&format!("a = \"{prefix}⟦masked⟧")), "{shown}");
        }
    }

    #[test]
    fn what_only_looks_a_little_like_a_key_is_none() {
        let names = "sk-circle-fade-dot-and-a-very-long-name-of-a-class";
        for text in [
            "sk-short1",
            names,
            "AKIAé",
            "task-0123456789abcdefghijABCDEFGHIJ0123456789",
            "-----BEGIN CERTIFICATE-----",
            "ghp_",
        ] {
            assert!(!holds_key(text) && masked(text) == text, "{text}");
        }
    }
}
