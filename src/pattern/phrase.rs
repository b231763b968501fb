//! What a request is about, read from its words: the resource ("user registration"), the action ("count words"), the
//! name it gives. It reads English word order and gives `None` rather than a guess.

use super::case::{base_verb, singular};
use std::collections::BTreeSet;

/// A word of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// As typed, without punctuation around it.
    pub text: String,
    /// Lower case.
    pub lower: String,
    /// Whether punctuation or a line break stands before it.
    pub after_break: bool,
    /// Whether that punctuation is a colon: "age: int".
    pub after_colon: bool,
    /// Whether it is a path, a number or something else no name is made of.
    pub opaque: bool,
}

/// Longest request that is read; what lies behind is ignored.
const MAX_WORDS: usize = 400;
/// Most words a name is made of.
const MAX_NAME: usize = 4;

const STOP: &[&str] = &[
    "with",
    "using",
    "in",
    "into",
    "on",
    "via",
    "from",
    "by",
    "that",
    "which",
    "who",
    "when",
    "where",
    "and",
    "or",
    "to",
    "as",
    "at",
    "so",
    "if",
    "but",
    "including",
    "without",
    "returning",
    "containing",
    "having",
    "plus",
    "then",
    "backed",
    "use",
    "should",
    "must",
    "it",
    "is",
    "are",
    "called",
    "named",
    "please",
    "inside",
    "for",
    "of",
    "like",
    "against",
    "per",
    "whose",
    "under",
    "we",
    "i",
    "has",
    "taking",
    "accepting",
    "running",
    "based",
    "can",
    "will",
    "through",
    "fields",
    "columns",
    "built",
    "written",
];
const ARTICLES: &[&str] = &[
    "a", "an", "the", "our", "my", "your", "their", "each", "all", "every", "some", "this", "these", "its", "any",
    "new", "one", "single", "another", "multiple", "several",
];
/// What every program does with its resources; never part of their name.
const HANDLING: &[&str] = &[
    "fetching",
    "loading",
    "storing",
    "managing",
    "handling",
    "creating",
    "listing",
    "getting",
    "reading",
    "saving",
    "updating",
    "deleting",
    "adding",
    "removing",
    "tracking",
    "showing",
    "displaying",
    "serving",
    "validating",
    "processing",
    "keeping",
    "editing",
];
/// Words of a request that never name the thing itself.
const FILLER: &[&str] = &[
    "create",
    "make",
    "add",
    "write",
    "build",
    "generate",
    "implement",
    "scaffold",
    "set",
    "up",
    "setup",
    "give",
    "me",
    "need",
    "want",
    "can",
    "could",
    "would",
    "you",
    "please",
    "i",
    "we",
    "us",
    "let",
    "define",
    "produce",
    "develop",
    "simple",
    "basic",
    "small",
    "minimal",
    "complete",
    "full",
    "proper",
    "good",
    "nice",
    "clean",
    "modern",
    "typed",
    "async",
    "asynchronous",
    "reusable",
    "custom",
    "generic",
    "production",
    "ready",
    "idiomatic",
    "robust",
    "code",
    "file",
    "module",
    "script",
    "unit",
    "design",
    "draft",
    "just",
    "quick",
    "start",
    "bootstrap",
    "put",
    "together",
    "like",
    "hi",
    "hello",
    "hey",
    "help",
    "public",
    "new",
    "starter",
    "boilerplate",
    "template",
    "stage",
    "sample",
    "example",
    "least",
    "hello",
    "initial",
    "standard",
    "multi",
    "cover",
    "test",
    "provide",
];

/// The words of a request, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let (mut after_break, mut after_colon) = (false, false);
    for piece in text.split_whitespace().take(MAX_WORDS) {
        let trimmed = piece.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let lead = piece.len() - piece.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_').len();
        let opens = piece[..lead].contains(['(', '[', '{', ':', '-']);
        let opaque = trimmed.contains(['/', '.', '\\']) || trimmed.chars().all(|c| c.is_ascii_digit());
        if !trimmed.is_empty() {
            found.push(Word {
                text: trimmed.to_owned(),
                lower: trimmed.to_lowercase(),
                after_break: after_break || opens,
                after_colon,
                opaque,
            });
            after_break = false;
        }
        let tail = &piece[piece.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != '`').len()..];
        after_colon = tail.ends_with(':');
        after_break = after_break || trimmed.is_empty() || tail.contains([',', '.', ';', ':', ')', '!', '?', '(']);
    }
    found
}

/// What the reader of a phrase has to know of the pattern: its own words, which never name the resource.
pub(super) struct Reader<'a> {
    words: Vec<Word>,
    known: &'a BTreeSet<String>,
}

impl<'a> Reader<'a> {
    /// Reads `text`; `known` holds lower-case singular words of the pattern, its frameworks and languages.
    pub(super) fn new(text: &str, known: &'a BTreeSet<String>) -> Reader<'a> {
        Reader { words: words(text), known }
    }

    /// The name after "called" or "named".
    pub(super) fn given_name(&self) -> Option<String> {
        let at = self.words.iter().position(|w| w.lower == "called" || w.lower == "named")?;
        let name = self.words.get(at + 1).filter(|w| !w.opaque && !STOP.contains(&w.lower.as_str()))?;
        Some(name.text.clone())
    }

    /// The thing the request is about, its last word singular: an object without the verb in front of it.
    pub(super) fn resource(&self) -> Option<String> {
        let object = |mut words: Vec<String>| {
            words.drain(..usize::from(words.len() > 1));
            words
        };
        let noun = |words: Vec<String>| if HANDLING.contains(&words[0].as_str()) { object(words) } else { words };
        self.after("for", 0)
            .map(noun)
            .or_else(|| self.before_the_pattern())
            .or_else(|| self.after("of", 0))
            .or_else(|| self.after("to", 0).map(object))
            .or_else(|| self.clause().map(object))
            .map(|mut words| {
                if let Some(last) = words.last_mut() {
                    *last = singular(last);
                }
                words.join(" ")
            })
    }

    /// What the code is to do: a verb in its base form and its object.
    pub(super) fn action(&self) -> Option<String> {
        let gerund = || self.after("for", 0).filter(|words| words[0].ends_with("ing") && words.len() > 1);
        let phrase = self.clause().or_else(|| self.after("to", 0)).or_else(gerund);
        phrase.map(|mut words| {
            words[0] = base_verb(&words[0]);
            words.truncate(3);
            words.join(" ")
        })
    }

    /// "that counts words", "which sends mails".
    fn clause(&self) -> Option<Vec<String>> {
        let mut phrase = self.after("that", 0).or_else(|| self.after("which", 0))?;
        phrase[0] = base_verb(&phrase[0]);
        phrase.truncate(3);
        Some(phrase)
    }

    /// The words after `marker` up to the next stop; `skip` of them are left out.
    fn after(&self, marker: &str, skip: usize) -> Option<Vec<String>> {
        let starts = self.words.iter().enumerate().filter(|(_, w)| w.lower == marker).map(|(i, _)| i + 1);
        starts.map(|start| self.phrase(start + skip)).find(|words| !words.is_empty())
    }

    fn phrase(&self, start: usize) -> Vec<String> {
        let mut phrase = Vec::new();
        for (i, word) in self.words.iter().enumerate().skip(start) {
            let stops = (i > start && word.after_break) || word.opaque || STOP.contains(&word.lower.as_str());
            if stops {
                break;
            }
            if !ARTICLES.contains(&word.lower.as_str()) {
                phrase.push(word);
            }
        }
        self.trimmed(phrase)
    }

    /// Without the pattern's own words at either end, at most four words.
    fn trimmed(&self, mut phrase: Vec<&Word>) -> Vec<String> {
        while phrase.last().is_some_and(|w| self.is_known(w)) {
            phrase.pop();
        }
        let own = phrase.iter().take_while(|w| self.is_known(w)).count();
        phrase.drain(..own);
        phrase.into_iter().take(MAX_NAME).map(|w| w.text.clone()).map(lower_unless_identifier).collect()
    }

    /// "a user profile React component": what stands before the pattern's own words.
    fn before_the_pattern(&self) -> Option<Vec<String>> {
        let mut phrase = Vec::new();
        for (i, word) in self.words.iter().enumerate() {
            let polite = i < 6 && FILLER.contains(&word.lower.as_str());
            let stops = STOP.contains(&word.lower.as_str()) && !polite;
            if stops || word.opaque || (word.after_break && !phrase.is_empty()) {
                break;
            }
            let drops =
                FILLER.contains(&word.lower.as_str()) || ARTICLES.contains(&word.lower.as_str()) || self.is_known(word);
            if !drops {
                phrase.push(word);
            }
        }
        let words = self.trimmed(phrase);
        (!words.is_empty()).then_some(words)
    }

    fn is_known(&self, word: &Word) -> bool {
        let parts = super::case::words(&word.lower);
        !parts.is_empty() && parts.iter().all(|p| self.known.contains(&singular(p)))
    }
}

/// `UserProfile` and `parse_config` keep their shape, `Users` becomes `users`.
fn lower_unless_identifier(word: String) -> String {
    let inner_upper = word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    if inner_upper || word.contains('_') { word } else { word.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader_of(text: &str, own: &[&str]) -> (BTreeSet<String>, String) {
        (own.iter().map(|s| (*s).to_owned()).collect(), text.to_owned())
    }

    #[test]
    fn the_resource_is_found_wherever_the_sentence_puts_it() {
        let cases = [
            ("Create a FastAPI endpoint for user registration", Some("user registration")),
            ("Create a FastAPI endpoint for the blog posts", Some("blog post")),
            ("Please add a user profile endpoint", Some("user profile")),
            ("Create an endpoint", None),
            ("Build an endpoint for orders with FastAPI", Some("order")),
            ("Write an endpoint that sends invoices by mail", Some("invoice")),
            ("Could you create an endpoint to manage customers?", Some("customer")),
            ("Build an endpoint for fetching messages", Some("message")),
            ("endpoint for FastAPI for books", Some("book")),
            ("Add an OrderItem endpoint", Some("OrderItem")),
            ("", None),
        ];
        for (text, expected) in cases {
            let (known, text) = reader_of(text, &["fastapi", "endpoint"]);
            assert_eq!(Reader::new(&text, &known).resource().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_action_is_a_verb_and_its_object() {
        let cases = [
            ("Create a CLI that counts words in a file", Some("count words")),
            ("Write a CLI to resize images", Some("resize images")),
            ("A CLI for converting CSV files", Some("convert csv files")),
            ("A CLI for invoices", None),
        ];
        for (text, expected) in cases {
            let (known, text) = reader_of(text, &["cli"]);
            assert_eq!(Reader::new(&text, &known).action().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_given_name_is_taken_as_typed() {
        let known = BTreeSet::new();
        assert_eq!(
            Reader::new("a dataclass called `OrderItem` with sku", &known).given_name().as_deref(),
            Some("OrderItem")
        );
        assert_eq!(Reader::new("a dataclass called in haste", &known).given_name(), None);
    }
}
