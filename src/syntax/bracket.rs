//! Which bracket is at fault: matches the brackets of a token list. Knows tokens, no grammar.

/// A bracket as the tokenizer saw it, not one in a string or comment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bracket {
    /// `(`, `[`, `{` or their counterparts.
    pub sign: char,
    /// Where it is, in bytes; of a missing one, where it should be.
    pub byte: usize,
    /// 0-based line.
    pub line: usize,
    /// Columns its line is indented by; `None` if it is not the first token of its line.
    pub indent: Option<usize>,
    /// Columns the line it stands on is indented by.
    pub line_indent: usize,
    /// Whether the parser put it in because it was missing.
    pub is_missing: bool,
}

/// What is wrong with the brackets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// An opening bracket without its counterpart, and what came instead (`None`: the end, or where the parser put one in).
    Unclosed { open: Bracket, instead: Option<Bracket> },
    /// A closing bracket without its counterpart.
    Unopened(Bracket),
}

pub(super) fn closing(sign: char) -> char {
    match sign {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// The faults, in the order in which they were noticed.
pub(super) fn faults(brackets: &[Bracket]) -> Vec<Fault> {
    let mut open: Vec<Bracket> = Vec::new();
    let mut found = Vec::new();
    // The first opening brace whose closing one is indented less than it: most likely it closes another.
    let mut suspect: Option<Bracket> = None;
    for bracket in brackets {
        if matches!(bracket.sign, '(' | '[' | '{') {
            open.push(*bracket);
        } else if bracket.is_missing {
            if let Some(last) = open.pop() {
                found.push(Fault::Unclosed { open: blamed(last, &mut suspect), instead: Some(*bracket) });
            }
        } else if let Some(depth) = open.iter().rposition(|o| closing(o.sign) == bracket.sign) {
            found.extend(open.drain(depth + 1..).map(|o| Fault::Unclosed { open: o, instead: Some(*bracket) }));
            if let Some(own) = open.pop() {
                let is_less = bracket.indent.is_some_and(|i| i < own.line_indent);
                if own.sign == '{' && is_less && own.line != bracket.line {
                    suspect = suspect.or(Some(own));
                }
            }
        } else {
            found.push(Fault::Unopened(*bracket));
        }
    }
    found.extend(open.into_iter().map(|o| Fault::Unclosed { open: blamed(o, &mut suspect), instead: None }));
    found
}

fn blamed(open: Bracket, suspect: &mut Option<Bracket>) -> Bracket {
    if open.sign == '{' { suspect.take().unwrap_or(open) } else { open }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brackets(text: &str) -> Vec<Bracket> {
        let mut found = Vec::new();
        let mut byte = 0;
        for (line, content) in text.split('\n').enumerate() {
            let line_indent = content.len() - content.trim_start().len();
            for (i, sign) in content.char_indices().filter(|(_, c)| "()[]{}".contains(*c)) {
                let indent = (i == line_indent).then_some(line_indent);
                found.push(Bracket { sign, byte: byte + i, line, indent, line_indent, is_missing: false });
            }
            byte += content.len() + 1;
        }
        found
    }

    fn blame(text: &str) -> Vec<String> {
        let describe = |fault| match fault {
            Fault::Unclosed { open, .. } => format!("{} of line {}", open.sign, open.line + 1),
            Fault::Unopened(b) => format!("stray {} of line {}", b.sign, b.line + 1),
        };
        faults(&brackets(text)).into_iter().map(describe).collect()
    }

    #[test]
    fn the_bracket_at_fault_is_named() {
        let cases: &[(&str, &[&str])] = &[
            ("f(a[1])", &[]),
            ("f(a, [1)", &["[ of line 1"]),
            ("f(a))", &["stray ) of line 1"]),
            ("f(\n  g(\n", &["( of line 1", "( of line 2"]),
            ("fn f() {\n  if x {\n    y\n}\nfn g() {\n}\n", &["{ of line 2"]),
            ("fn f() {\n", &["{ of line 1"]),
        ];
        for (text, expected) in cases {
            assert_eq!(blame(text), *expected, "{text}");
        }
    }
}
