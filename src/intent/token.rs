//! Text to words, with what stands between them. Knows nothing of what words mean.

use super::mention::{Mention, MentionKind};

/// What separates a token from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Break {
    /// A space, a hyphen or a slash.
    None,
    /// A comma, a bracket, a dash.
    Comma,
    /// The beginning of the text, the end of a sentence, a colon, a line end.
    Stop,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Path,
    Symbol,
    /// Code, an address or a route: neither word nor name.
    Opaque,
}

#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub text: &'a str,
    /// Lower case, `’` made `'`, possessive `'s` kept.
    pub lower: String,
    pub kind: TokenKind,
    pub before: Break,
}

impl Token<'_> {
    pub fn is_capital(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }
}

/// The words of `text` in lower case with single spaces between: the form in which phrases are compared.
pub(super) fn words(text: &str) -> String {
    let mut phrase = String::with_capacity(text.len());
    let mut from = 0;
    while let Some((start, end)) = next_word(text, from) {
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(&lower(&text[start..end]));
        from = end;
    }
    phrase
}

/// The tokens of `text`, in which every mention is one token. At most `limit`.
pub(super) fn tokens<'a>(text: &'a str, mentions: &[Mention], limit: usize) -> Vec<Token<'a>> {
    let mut tokens: Vec<Token<'a>> = Vec::new();
    let (mut from, mut next_mention, mut last_end) = (0, 0, 0);
    while tokens.len() < limit {
        let mention = mentions.get(next_mention);
        let word = next_word(text, from);
        let (start, end, kind) = match (mention, word) {
            (Some(m), Some((_, end))) if m.span.start < end => (m.span.start, m.span.end, kind_of(m)),
            (Some(m), None) => (m.span.start, m.span.end, kind_of(m)),
            (_, Some((start, end))) => (start, end, TokenKind::Word),
            (None, None) => break,
        };
        if mention.is_some_and(|m| m.span.start == start && m.span.end == end) {
            next_mention += 1;
        }
        let gap = &text[last_end.min(start)..start];
        let before = match tokens.last() {
            None => Break::Stop,
            Some(last) if last.kind == TokenKind::Symbol => break_of(gap.strip_prefix("()").unwrap_or(gap)),
            Some(_) => break_of(gap),
        };
        tokens.push(Token { text: &text[start..end], lower: lower(&text[start..end]), kind, before });
        (from, last_end) = (end.max(from), end);
    }
    tokens
}

fn kind_of(mention: &Mention) -> TokenKind {
    match mention.kind {
        MentionKind::Path => TokenKind::Path,
        MentionKind::Symbol => TokenKind::Symbol,
        MentionKind::Opaque => TokenKind::Opaque,
    }
}

fn lower(word: &str) -> String {
    if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase().replace('’', "'") }
}

fn break_of(gap: &str) -> Break {
    let mut found = Break::None;
    for c in gap.chars() {
        match c {
            '.' | '!' | '?' | ';' | ':' | '\n' | '。' | '？' | '！' => return Break::Stop,
            ',' | '(' | ')' | '[' | ']' | '—' | '–' | '"' | '“' | '”' => found = Break::Comma,
            _ => {}
        }
    }
    if gap.contains(" - ") || gap.contains(" -- ") { Break::Comma } else { found }
}

/// The next word at or after byte `from`: letters and digits, with what belongs to names such as `c++`, `c#`, `next.js`.
fn next_word(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut previous = text[..from].chars().next_back();
    let mut start = None;
    let mut chars = text[from..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let next = chars.peek().map(|&(_, c)| c);
        if start.is_none() {
            let leading_dot = c == '.' && next.is_some_and(char::is_alphabetic) && !previous.is_some_and(is_word);
            if is_word(c) || leading_dot {
                start = Some(from + offset);
            }
        } else if !continues(previous, c, next) {
            return start.map(|s| (s, from + offset));
        }
        previous = Some(c);
    }
    start.map(|s| (s, text.len()))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn continues(previous: Option<char>, c: char, next: Option<char>) -> bool {
    let after_word = previous.is_some_and(is_word);
    let before_word = next.is_some_and(char::is_alphanumeric);
    match c {
        '.' | '\'' | '’' => after_word && before_word,
        '+' => previous == Some('+') || next == Some('+') || (after_word && next.is_some_and(|n| n.is_ascii_digit())),
        '#' => after_word && !before_word,
        c => is_word(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_signs_stay_whole_and_hyphens_part() {
        let cases = [
            ("C++ or C#?", "c++ or c#"),
            ("Next.js, please.", "next.js please"),
            ("set-up a .NET app", "set up a .net app"),
            ("don’t use O(n)", "don't use o n"),
            ("N+1 react+typescript", "n+1 react typescript"),
            ("…!?", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected);
        }
    }

    #[test]
    fn breaks_are_seen_between_words() {
        let found: Vec<_> = tokens("Go on, now. Then (stop) well-done", &[], 99).iter().map(|t| t.before).collect();
        use Break::*;
        assert_eq!(found, [Stop, None, Comma, Stop, Comma, Comma, None]);
    }
}
