//! Syntax errors out of a syntax tree: what is missing, what is not expected, which bracket or string is not closed.
//!
//! The tree is walked with a cursor, so that its depth costs no stack, and parsing is stopped after a fixed amount of work.

use super::SyntaxError;
use super::bracket::{Bracket, Fault, closing, faults};
use super::hollow;
use crate::domain::language::Language;
use std::cell::RefCell;
use std::ops::{ControlFlow, Range};
use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

/// Parsing is stopped after this many progress reports of the parser, one every 100 steps of it: about 200 ms of a common
/// machine (measured by `a_text_that_takes_too_long_is_given_up`), whatever the clock says.
const MOST_REPORTS: usize = 8_000;

/// At most this many errors of a kind are noticed, so that comparing two texts sees all of them and the cost is bounded.
const MOST_NOTICED: usize = 200;

/// A token of the tree.
struct Leaf<'t> {
    bytes: Range<usize>,
    kind: &'t str,
    line: usize,
    is_missing: bool,
    is_named: bool,
    is_extra: bool,
}

/// What the tree says is wrong, and its tokens.
#[derive(Default)]
struct Walk<'t> {
    leaves: Vec<Leaf<'t>>,
    /// Ranges of leaves of the `ERROR` nodes that hold no other error.
    skipped: Vec<Range<usize>>,
}

/// The errors of `text`; `None` if it takes too long.
///
/// A token that the grammar hides (the line end that closes a statement) and the parser missed is in no node: such a
/// tree has no error that could be shown, and several grammars miss line ends that are not needed. It counts as right.
pub(super) fn errors(grammar: &tree_sitter::Language, language: Language, text: &str) -> Option<Vec<SyntaxError>> {
    let tree = parse(grammar, text)?;
    if tree.root_node().has_error() {
        let walk = walk(&tree);
        let report = Report { text, language, leaves: &walk.leaves };
        return Some(report.errors(&walk.skipped));
    }
    // Where something else is wrong, the parser makes empty blocks to get on.
    let is_python = language == Language::Python;
    Some(if is_python { hollow::blocks(&tree, text, MOST_NOTICED) } else { Vec::new() })
}

pub(super) fn parse(grammar: &tree_sitter::Language, text: &str) -> Option<Tree> {
    thread_local! {
        // Making one costs as much as parsing a small file.
        static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
    }
    let mut reports = 0;
    let mut progress = |_: &ParseState| {
        reports += 1;
        if reports > MOST_REPORTS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    PARSER.with_borrow_mut(|parser| {
        // What was given up would go on here.
        parser.reset();
        parser.set_language(grammar).ok()?;
        parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
    })
}

fn walk(tree: &Tree) -> Walk<'_> {
    let mut walk = Walk::default();
    // For every open ERROR node: its first leaf, and whether an error was found within.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() {
            open.push((walk.leaves.len(), false));
        } else if node.is_missing()
            && let Some((_, has_inner)) = open.last_mut()
        {
            *has_inner = true;
        }
        if cursor.goto_first_child() {
            continue;
        }
        walk.leaves.push(leaf(&node));
        loop {
            if cursor.node().is_error()
                && let Some((first, has_inner)) = open.pop()
            {
                if !has_inner {
                    walk.skipped.push(first..walk.leaves.len());
                }
                if let Some((_, outer)) = open.last_mut() {
                    *outer = true;
                }
            }
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return walk;
            }
        }
    }
}

fn leaf<'t>(node: &Node<'t>) -> Leaf<'t> {
    Leaf {
        bytes: node.byte_range(),
        kind: node.kind(),
        line: node.start_position().row,
        is_missing: node.is_missing(),
        is_named: node.is_named(),
        is_extra: node.is_extra(),
    }
}

struct Report<'a> {
    text: &'a str,
    language: Language,
    leaves: &'a [Leaf<'a>],
}

impl Report<'_> {
    fn errors(&self, skipped: &[Range<usize>]) -> Vec<SyntaxError> {
        let strings: Vec<usize> =
            skipped.iter().filter_map(|s| self.unclosed_string(s.clone())).take(MOST_NOTICED).collect();
        let first_string = strings.first().map_or(usize::MAX, |&i| self.leaves[i].bytes.start);
        let mut found: Vec<SyntaxError> = strings.iter().map(|&i| self.string_error(i)).collect();
        // Behind a string that does not end, tokens are not what they seem.
        let mut faults = faults(&self.brackets(first_string));
        faults.sort_by_key(fault_byte);
        faults.truncate(MOST_NOTICED);
        let first_fault = faults.iter().map(fault_byte).min().unwrap_or(usize::MAX).min(first_string);
        found.extend(faults.iter().map(|f| self.fault_error(f)));
        // An open bracket makes what follows it wrong as well: only what comes before it is worth telling.
        for range in skipped.iter().take(MOST_NOTICED) {
            if self.leaves[range.clone()].last().is_none_or(|l| l.bytes.end <= first_fault) {
                found.push(self.skipped_error(range.clone()));
            }
        }
        let is_brace = faults.iter().all(|f| matches!(f, Fault::Unclosed { open, .. } if open.sign == '{'));
        let first_fault = if is_brace { first_string } else { first_fault };
        for (i, leaf) in self.leaves.iter().enumerate() {
            let is_bracket = matches!(leaf.kind, ")" | "]" | "}");
            if found.len() > 2 * MOST_NOTICED {
                break;
            }
            if leaf.is_missing && !is_bracket && leaf.bytes.start <= first_fault {
                found.push(self.missing_error(i));
            }
        }
        found
    }

    fn at(&self, byte: usize, message: String) -> SyntaxError {
        SyntaxError::at(self.text, byte, message)
    }

    fn text_of(&self, leaf: &Leaf) -> &str {
        self.text.get(leaf.bytes.clone()).unwrap_or("")
    }

    /// The brackets before byte `end`.
    fn brackets(&self, end: usize) -> Vec<Bracket> {
        let mut line_indent = 0;
        let mut last_line = usize::MAX;
        let mut found = Vec::new();
        for leaf in self.leaves.iter().take_while(|l| l.bytes.start < end) {
            let is_first = leaf.line != last_line && !leaf.is_missing;
            if is_first {
                let start = self.text[..leaf.bytes.start].rfind('\n').map_or(0, |i| i + 1);
                line_indent = self.text[start..leaf.bytes.start].chars().count();
                last_line = leaf.line;
            }
            // `${`, `#{` and `#[` open as well.
            // A bracket that the parser could not use at all is an error by itself.
            let kind = if leaf.kind == "ERROR" { self.text_of(leaf) } else { leaf.kind };
            let opening = kind.chars().next_back().filter(|c| "([{".contains(*c) && kind.len() <= 3);
            let sign = opening.or_else(|| kind.chars().next().filter(|c| ")]}".contains(*c) && kind.len() == 1));
            if let Some(sign) = sign.filter(|_| !leaf.is_named || leaf.kind == "ERROR") {
                found.push(Bracket {
                    sign,
                    byte: leaf.bytes.start,
                    line: leaf.line,
                    indent: is_first.then_some(line_indent),
                    line_indent,
                    is_missing: leaf.is_missing,
                });
            }
        }
        found
    }

    fn fault_error(&self, fault: &Fault) -> SyntaxError {
        match *fault {
            Fault::Unclosed { open, instead } => {
                let close = closing(open.sign);
                let (sign, line) = (open.sign, open.line + 1);
                match instead {
                    Some(b) if b.is_missing && b.line == open.line => {
                        self.at(b.byte, format!("missing `{close}`: the `{sign}` on line {line} is not closed"))
                    }
                    Some(b) if !b.is_missing => {
                        let (other, end) = (b.sign, b.line + 1);
                        let message = format!(
                            "missing `{close}`: the `{sign}` on line {line} is not closed before the `{other}` on line {end}"
                        );
                        self.at(open.byte, message)
                    }
                    _ => self.at(open.byte, format!("missing `{close}`: the `{sign}` on line {line} is never closed")),
                }
            }
            Fault::Unopened(b) => {
                self.at(b.byte, format!("unexpected `{}`: nothing is open that it could close", b.sign))
            }
        }
    }

    /// The leaf that begins a string which the skipped leaves do not end.
    fn unclosed_string(&self, skipped: Range<usize>) -> Option<usize> {
        let is_quote = |l: &Leaf| matches!(l.kind, "\"" | "'" | "`" | "\"\"\"" | "'''" | "string_start" | "string_end");
        let quotes: Vec<usize> = skipped.filter(|&i| is_quote(&self.leaves[i])).collect();
        let is_odd = quotes.len() % 2 == 1;
        quotes.last().copied().filter(|_| is_odd)
    }

    fn string_error(&self, leaf: usize) -> SyntaxError {
        let leaf = &self.leaves[leaf];
        self.at(
            leaf.bytes.start,
            format!("the string that begins with `{}` on line {} is never closed", self.text_of(leaf), leaf.line + 1),
        )
    }

    fn missing_error(&self, index: usize) -> SyntaxError {
        let leaf = &self.leaves[index];
        let what = match leaf.kind {
            kind if kind.starts_with('_') || kind.trim().is_empty() => "the end of the statement".to_owned(),
            kind if leaf.is_named => format!("{} {}", article(kind), kind.replace('_', " ")),
            kind => format!("`{kind}`"),
        };
        let after = index.checked_sub(1).map_or(String::new(), |i| format!(" after {}", self.quote(&self.leaves[i])));
        self.at(leaf.bytes.start, format!("missing {what}{after}"))
    }

    /// Why the parser had to skip these leaves.
    fn skipped_error(&self, range: Range<usize>) -> SyntaxError {
        let leaves = &self.leaves[range.clone()];
        let (Some(first), Some(last)) = (leaves.first(), leaves.last()) else {
            return self.at(0, "this cannot be parsed".to_owned());
        };
        let next = self.leaves[range.end..].iter().find(|l| !l.is_missing && !l.is_extra && !l.bytes.is_empty());
        let missing = self.missing_word(leaves).or_else(|| self.missing_colon_above(range.start));
        if let Some(error) = missing.or_else(|| self.missing_colon_within(range)) {
            return error;
        }
        let ends_line = next.is_some_and(|n| n.line > last.line);
        let needs_semicolon = matches!(
            self.language,
            Language::Rust | Language::Java | Language::C | Language::Cpp | Language::CSharp | Language::Php
        );
        let is_value = last.is_named || matches!(last.kind, ")" | "]");
        if needs_semicolon && ends_line && is_value && first.line == last.line {
            return self.at(last.bytes.end, format!("missing `;` after {}", self.quote(last)));
        }
        let start = first.bytes.start;
        let skipped = self.text.get(start..last.bytes.end).unwrap_or("");
        match next {
            _ if first.line == last.line && last.is_named => self.at(start, format!("unexpected `{}`", short(skipped))),
            Some(next) if first.line == last.line => {
                self.at(start, format!("unexpected `{}` before {}", short(skipped), self.quote(next)))
            }
            None if first.line == last.line => {
                self.at(start, format!("unexpected `{}` before the end of the text", short(skipped)))
            }
            _ => {
                let line = self.text[start..].lines().next().unwrap_or("");
                self.at(
                    start,
                    format!("what begins with `{}` cannot be parsed up to line {}", short(line), last.line + 1),
                )
            }
        }
    }

    /// Python's colon and Ruby's `end`.
    fn missing_word(&self, leaves: &[Leaf]) -> Option<SyntaxError> {
        let first = leaves.first()?;
        let line_end = leaves.iter().take_while(|l| l.line == first.line).filter(|l| !l.is_extra).last()?;
        let is_ruby_block = matches!(
            first.kind,
            "def" | "class" | "module" | "if" | "unless" | "while" | "until" | "do" | "begin" | "case" | "for"
        );
        match self.language {
            Language::Python if begins_block(first) && line_end.kind != ":" => {
                Some(self.missing_colon(first, line_end))
            }
            Language::Ruby if is_ruby_block && leaves.last()?.line > first.line => {
                let message = format!("missing `end`: the `{}` on line {} is never closed", first.kind, first.line + 1);
                Some(self.at(first.bytes.start, message))
            }
            _ => None,
        }
    }

    fn missing_colon(&self, first: &Leaf, last: &Leaf) -> SyntaxError {
        self.at(last.bytes.end, format!("missing `:` at the end of the `{}` line", first.kind))
    }

    /// Python's colon, where the parser went on to the next line without it and lost its way at leaf `at` there.
    fn missing_colon_above(&self, at: usize) -> Option<SyntaxError> {
        let before = || self.leaves[..at].iter().rev().filter(|leaf| !leaf.is_extra);
        let last = before().next()?;
        let first = before().take_while(|leaf| leaf.line == last.line && leaf.kind != "async").last()?;
        let is_above = last.line < self.leaves.get(at)?.line && self.language == Language::Python;
        (is_above && begins_block(first) && last.kind != ":").then(|| self.missing_colon(first, last))
    }

    /// Python's colon, where it is missing in a later line among skipped leaves: behind a decorator, or where the parser went wrong
    /// over it and let go all since an earlier line. Only words that begin nothing but a definition are sure.
    fn missing_colon_within(&self, skipped: Range<usize>) -> Option<SyntaxError> {
        let end = self.leaves.get(skipped.end.checked_sub(1)?)?.line;
        let lines =
            self.leaves[skipped.start..].chunk_by(|a, b| a.line == b.line).take_while(|line| line[0].line <= end);
        let mut lines = lines.filter(|_| self.language == Language::Python);
        lines.find_map(|line| {
            let head: Vec<&Leaf> = line.iter().filter(|l| !l.is_extra).skip_while(|l| l.kind == "async").collect();
            let (first, last) = (head.first()?, head.last()?);
            let mut depth = 0;
            let has_colon = head.iter().any(|leaf| {
                depth += i32::from(matches!(leaf.kind, "(" | "[" | "{"));
                depth -= i32::from(matches!(leaf.kind, ")" | "]" | "}"));
                depth == 0 && leaf.kind == ":"
            });
            (matches!(first.kind, "def" | "class") && depth == 0 && !has_colon).then(|| self.missing_colon(first, last))
        })
    }

    fn quote(&self, leaf: &Leaf) -> String {
        match self.text_of(leaf) {
            "" => "this".to_owned(),
            text => format!("`{}`", short(text)),
        }
    }
}

/// Whether a line of Python that begins with this ends in a colon.
fn begins_block(first: &Leaf) -> bool {
    let words = ["def", "class", "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "match"];
    words.contains(&first.kind)
}

fn fault_byte(fault: &Fault) -> usize {
    match fault {
        Fault::Unclosed { open, .. } => open.byte,
        Fault::Unopened(bracket) => bracket.byte,
    }
}

fn article(kind: &str) -> &'static str {
    if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

/// The first line, at most 40 characters of it.
pub(super) fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or("").trim();
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
