//! Languages and frameworks called by name. A word of everyday language counts only where something beside it says so;
//! a language is never guessed.

use super::mention::{Mention, MentionKind};
use super::raw::Kind;
use super::token::{Break, Token, TokenKind};
use super::vocabulary::{Meaning, Name, Vocabulary, mark};
use crate::domain::language::Language;

const LONGEST_NAME: usize = 3;

/// Where a name stands.
pub(super) struct Named<'v> {
    pub name: &'v Name,
    /// Index of its first token.
    pub first: usize,
    /// Index after its last token.
    pub end: usize,
}

/// Which part of a request told the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LanguageSource {
    /// It is named.
    Name,
    /// A file it names has its ending.
    Path,
    /// A framework it names is written for it. Where that is JavaScript, TypeScript is possible as well.
    Framework,
}

/// Every name, longest first at each place, in order.
pub(super) fn names<'v>(tokens: &[Token], vocabulary: &'v Vocabulary) -> Vec<Named<'v>> {
    let mut found = Vec::new();
    let lone_capitals = tokens.iter().filter(|t| t.text.len() == 1 && t.is_capital() && !"AI".contains(t.text)).count();
    let is_shouted = tokens.iter().all(|t| t.lower.len() < 2 || t.text.chars().all(|c| !c.is_lowercase()));
    let context = Context { tokens, vocabulary, lone_capitals, is_shouted };
    let mut at = 0;
    while at < tokens.len() {
        match context.name_at(at) {
            Some(named) => {
                at = named.end;
                found.push(named);
            }
            None => at += 1,
        }
    }
    found
}

struct Context<'a, 'v> {
    tokens: &'a [Token<'a>],
    vocabulary: &'v Vocabulary,
    lone_capitals: usize,
    is_shouted: bool,
}

impl<'v> Context<'_, 'v> {
    fn name_at(&self, at: usize) -> Option<Named<'v>> {
        if self.tokens[at].kind != TokenKind::Word {
            return None;
        }
        let mut best = None;
        let mut phrase = String::new();
        for (i, token) in self.tokens[at..].iter().take(LONGEST_NAME).enumerate() {
            if token.kind != TokenKind::Word || (i > 0 && token.before == Break::Stop) {
                break;
            }
            if i > 0 {
                phrase.push(' ');
            }
            phrase.push_str(token.lower.trim_end_matches("'s"));
            let Some((name, doubtful)) = self.vocabulary.name(&phrase) else { continue };
            let end = at + i + 1;
            if !doubtful || self.is_meant(name, at, end) {
                best = Some(Named { name, first: at, end });
            }
        }
        best.or_else(|| self.misspelt(at))
    }

    fn misspelt(&self, at: usize) -> Option<Named<'v>> {
        let word = &self.tokens[at].lower;
        if word.len() < 5 || self.vocabulary.phrase(word).is_some() || !word.bytes().all(|b| b.is_ascii_lowercase()) {
            return None;
        }
        let known = self.vocabulary.near(word).filter(|k| self.vocabulary.is_certain_name(k))?;
        self.vocabulary.name(known).map(|(name, _)| Named { name, first: at, end: at + 1 })
    }

    /// Whether the everyday word at `at..end` stands for the language or framework.
    fn is_meant(&self, name: &Name, at: usize, end: usize) -> bool {
        let token = &self.tokens[at];
        let next = self.tokens.get(end).filter(|t| t.before == Break::None);
        let previous = at.checked_sub(1).map(|i| &self.tokens[i]).filter(|_| token.before == Break::None);
        let previous_word = previous.map_or("", |t| t.lower.as_str());
        let is_command = !token.is_capital()
            && (token.before == Break::Stop
                || previous.is_some_and(|p| self.marks(p, mark::PREFIX | mark::CONJUNCTION)));
        if let Some(next) = next.filter(|n| n.kind == TokenKind::Word) {
            let says_so = self.is_among(name, next);
            let is_verb = is_command && self.meaning(next).is_some_and(|m| m.verb.is_some());
            let is_infinitive = previous_word == "to" && !token.is_capital();
            if says_so && !is_verb && !is_infinitive {
                return true;
            }
        }
        let is_capital = token.is_capital() && token.before != Break::Stop && !self.is_shouted;
        if is_capital && name.kind == Kind::Code && name.capital && self.capital_holds(token, previous_word) {
            return true;
        }
        let ends_phrase = next.is_none_or(|n| {
            self.marks(n, mark::PREPOSITION | mark::CONJUNCTION | mark::RELATIVE | mark::PREFIX | mark::AUXILIARY)
        });
        let introduces = match name.kind {
            Kind::Code => matches!(
                previous_word,
                "in" | "using"
                    | "via"
                    | "with"
                    | "into"
                    | "use"
                    | "upgrade"
                    | "install"
                    | "uninstall"
                    | "plain"
                    | "pure"
                    | "modern"
                    | "from"
            ),
            Kind::Markup => matches!(previous_word, "in" | "plain" | "pure" | "the"),
            Kind::Payload => false,
        };
        let stands_alone = name.kind == Kind::Code && name.capital && token.before == Break::Comma && next.is_none();
        ends_phrase && (introduces || stands_alone)
    }

    fn is_among(&self, name: &Name, next: &Token) -> bool {
        let word = next.lower.as_str();
        let single = word.strip_suffix('s').unwrap_or(word);
        let is_code = name.framework.is_empty() && name.kind == Kind::Code && self.vocabulary.code.contains(word);
        is_code || name.after.contains(word) || name.after.contains(single)
    }

    /// A single capital letter is a language only where no other letters are counted and no "plan" precedes it.
    fn capital_holds(&self, token: &Token, previous: &str) -> bool {
        const ORDINAL: &[&str] = &[
            "plan", "vitamin", "option", "step", "section", "appendix", "grade", "point", "column", "type", "case",
            "variable", "vector", "drive", "part", "item", "group", "team", "class", "node", "key", "letter",
            "category", "series",
        ];
        token.text.len() > 1 || (self.lone_capitals == 1 && !ORDINAL.contains(&previous))
    }

    fn meaning(&self, token: &Token) -> Option<&Meaning> {
        self.vocabulary.phrase(&token.lower)
    }

    fn marks(&self, token: &Token, marks: u16) -> bool {
        self.meaning(token).is_some_and(|m| m.is(marks))
    }
}

/// The language of what is to be written: the one named, else the one of the files, else the one of the frameworks.
/// `is_negated` says of a token whether it is under a "not".
pub(super) fn language(
    named: &[Named],
    tokens: &[Token],
    is_negated: impl Fn(usize) -> bool,
    paths: &[&str],
) -> Option<(Language, LanguageSource)> {
    let before = |n: &Named| n.first.checked_sub(1).map_or("", |i| tokens[i].lower.as_str());
    let meant: Vec<&Named> = named.iter().filter(|n| !is_negated(n.first)).collect();
    let languages: Vec<(&&Named, Language)> =
        meant.iter().filter(|n| n.name.framework.is_empty()).filter_map(|n| n.name.language.map(|l| (n, l))).collect();
    let by_name = languages
        .iter()
        .find(|(n, _)| matches!(before(n), "to" | "into"))
        .or_else(|| languages.iter().find(|(n, _)| before(n) != "from"))
        .or(languages.first());
    if let Some((_, language)) = by_name {
        return Some((*language, LanguageSource::Name));
    }
    let mut of_paths = paths.iter().filter_map(|p| Language::from_path(p));
    if let Some(first) = of_paths.clone().find(|l| is_programming(*l)).or_else(|| of_paths.next()) {
        return Some((first, LanguageSource::Path));
    }
    let implied = |weak: bool| {
        let mut all: Vec<Language> =
            meant.iter().filter(|n| n.name.weak == weak).filter_map(|n| n.name.language).collect();
        all.sort_unstable();
        all.dedup();
        match all[..] {
            [one] => Some(one),
            [Language::JavaScript, Language::TypeScript] => Some(Language::TypeScript),
            _ => None,
        }
    };
    implied(false).or_else(|| implied(true)).map(|l| (l, LanguageSource::Framework))
}

fn is_programming(language: Language) -> bool {
    !matches!(
        language,
        Language::Json
            | Language::Yaml
            | Language::Toml
            | Language::Markdown
            | Language::Dockerfile
            | Language::Html
            | Language::Css
    )
}

/// The texts of the mentions of one kind, each once.
pub(super) fn texts<'a>(text: &'a str, mentions: &[Mention], kind: MentionKind) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for mention in mentions.iter().filter(|m| m.kind == kind) {
        let words = &text[mention.span.clone()];
        if !found.contains(&words) {
            found.push(words);
        }
    }
    found
}
