//! How well a pattern fits an intent: a score from 0 to 1 with its reasons. Deterministic. What the request contradicts
//! (another language, another framework, an action no pattern can do) stays below the threshold whatever else fits.

use super::case;
use super::format::Pattern;
use super::phrase;
use crate::domain::intent::{Action, Intent};
use crate::domain::language::Language;

/// Below this score a pattern is not used.
pub const THRESHOLD: f64 = 0.55;

// Shares of the score; together 1.
const LANGUAGE: f64 = 0.2;
const FRAMEWORK: f64 = 0.2;
const TARGET: f64 = 0.15;
const KEYWORDS: f64 = 0.45;
/// Weight of keywords that earns half of their share; each further such weight earns half of what is left.
const HALF_WEIGHT: f64 = 2.5;
/// Weight from which a single keyword names what the pattern makes; without one nothing in the request does.
const LEAST_WEIGHT: f64 = 2.0;
/// Weight from which a single keyword names a language-bound pattern without the language (`dockerfile`, `argparse`).
const ANCHOR_WEIGHT: f64 = 5.0;

/// A pattern and how well it fits.
#[derive(Clone, Debug)]
pub struct Match<'a> {
    /// The pattern.
    pub pattern: &'a Pattern,
    /// 0 to 1; used from [`THRESHOLD`].
    pub score: f64,
    /// What speaks for and against it, as phrases.
    pub why: Vec<String>,
}

/// What ranking reads from an intent, worked out once for all patterns.
pub(super) struct Wish<'a> {
    intent: &'a Intent,
    /// Lower-case singular words of the request.
    words: Vec<String>,
    /// The language, when the request itself says it (a framework only implies it).
    said: Option<Language>,
    /// Capitalised words inside the request that might name a framework or language we do not know.
    names: Vec<String>,
}

impl<'a> Wish<'a> {
    pub(super) fn new(intent: &'a Intent) -> Wish<'a> {
        let text: String = intent.text.chars().take(4_000).collect();
        let words: Vec<String> = tokens(&text);
        let said = intent.language.filter(|l| says(&words, *l) || says_by_path(intent, *l));
        Wish { intent, said, names: names(&text), words }
    }

    fn mentions(&self, phrase: &str) -> bool {
        let wanted = tokens(phrase);
        !wanted.is_empty() && self.words.windows(wanted.len()).any(|window| window == wanted)
    }
}

/// Lower-case singular words. `c++` and the like never name a pattern, so letters and digits suffice.
fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(|w| case::singular(&w.to_lowercase()))
        .collect()
}

fn says(words: &[String], language: Language) -> bool {
    let after_runtime =
        |i: usize| i > 0 && ["node", "next", "express", "react", "vue"].contains(&words[i - 1].as_str());
    words.iter().enumerate().any(|(i, word)| match language {
        Language::JavaScript => word == "javascript" || (word == "js" && !after_runtime(i)),
        _ => Language::from_name(word) == Some(language),
    })
}

fn says_by_path(intent: &Intent, language: Language) -> bool {
    intent.paths.iter().any(|p| Language::from_path(p) == Some(language))
}

const PROGRAMMING: &[Language] = &[
    Language::Python,
    Language::JavaScript,
    Language::TypeScript,
    Language::Rust,
    Language::Go,
    Language::Java,
    Language::C,
    Language::Cpp,
    Language::CSharp,
    Language::Ruby,
    Language::Php,
    Language::Swift,
    Language::Kotlin,
];

/// Languages whose names are everyday words or letters: only the intent parser may say that they are meant.
const AMBIGUOUS: &[Language] = &[Language::C, Language::Go, Language::Swift, Language::Rust];

const ACRONYMS: &[&str] = &[
    "api", "rest", "cli", "json", "csv", "sql", "http", "https", "crud", "uuid", "id", "url", "xml", "html", "pdf",
    "jwt", "css", "yaml", "toml", "io", "os", "get", "post", "put", "patch", "delete", "ci", "cd", "i", "ui", "todo",
    "faq", "rss",
];

/// Capitalised words that are not at the start of a sentence and do not name the resource.
fn names(text: &str) -> Vec<String> {
    let words = phrase::words(text);
    let acronym = |w: &phrase::Word| ACRONYMS.contains(&w.lower.as_str());
    let capital = |w: &phrase::Word| w.text.starts_with(char::is_uppercase) && !acronym(w);
    // A title, or all in capitals: letters tell nothing then.
    if words.iter().skip(1).filter(|w| capital(w)).count() * 2 > words.len() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut naming = false;
    for (i, word) in words.iter().enumerate() {
        // "for User Registration", "called OrderItem": what is made, not what it is made with.
        naming = match word.lower.as_str() {
            "for" | "called" | "named" | "of" => true,
            "in" | "using" | "with" | "via" | "on" | "and" => false,
            _ => naming,
        };
        if i > 0 && capital(word) && !naming && !word.after_break {
            found.extend(case::words(&word.text).into_iter().next().map(|_| word.lower.clone()));
        }
    }
    found
}

/// Scores one pattern.
pub(super) fn score<'p>(pattern: &'p Pattern, wish: &Wish<'_>) -> Match<'p> {
    let mut why = Vec::new();
    let language = language_share(pattern, wish, &mut why);
    let framework = framework_share(pattern, wish, &mut why);
    let target = target_share(pattern, wish.intent);
    let (weight, best) = keyword_weight(pattern, wish, &mut why);
    let sum = LANGUAGE * language
        + FRAMEWORK * framework
        + TARGET * target
        + KEYWORDS * (1.0 - (-weight.max(0.0) / HALF_WEIGHT).exp2());
    let against = contradiction(pattern, wish, weight, best);
    let score = match &against {
        Some(_) => (sum * 0.5).min(THRESHOLD - 0.05),
        None => sum,
    };
    why.extend(against);
    Match { pattern, score: (score.clamp(0.0, 1.0) * 1000.0).round() / 1000.0, why }
}

fn serves(pattern: &Pattern, language: Language) -> bool {
    pattern.language == language || pattern.for_languages.contains(&language)
}

/// TypeScript is JavaScript to a framework's name: "Express" alone says neither.
fn compatible(pattern: &Pattern, wish: &Wish<'_>, language: Language) -> bool {
    let script = [Language::JavaScript, Language::TypeScript];
    serves(pattern, language)
        || (wish.said != Some(language) && script.contains(&language) && script.iter().any(|s| serves(pattern, *s)))
}

fn language_share(pattern: &Pattern, wish: &Wish<'_>, why: &mut Vec<String>) -> f64 {
    match wish.intent.language {
        Some(language) if compatible(pattern, wish, language) => {
            why.push(format!("{} fits", language.name()));
            language_fit(pattern, wish, language)
        }
        Some(_) => 0.0,
        None => 0.4,
    }
}

/// A framework of both languages says neither; TypeScript is what most of their code is written in today.
fn language_fit(pattern: &Pattern, wish: &Wish<'_>, language: Language) -> f64 {
    let implied = wish.said != Some(language) && [Language::JavaScript, Language::TypeScript].contains(&language);
    if implied && pattern.language == Language::JavaScript { 0.9 } else { 1.0 }
}

/// The words of a framework's name; `node.js` and `node` are one.
fn name_tokens(name: &str) -> Vec<String> {
    let mut tokens = tokens(name);
    if tokens.len() > 1 && tokens.last().is_some_and(|t| t == "js") {
        tokens.pop();
    }
    tokens
}

fn names_framework(pattern: &Pattern, wish: &Wish<'_>, framework: &str) -> bool {
    let asked = &wish.intent.frameworks;
    asked.iter().any(|f| name_tokens(f) == name_tokens(framework))
        || (wish.mentions(framework) && !pattern.frameworks.is_empty())
}

fn framework_share(pattern: &Pattern, wish: &Wish<'_>, why: &mut Vec<String>) -> f64 {
    let asked = &wish.intent.frameworks;
    let named: Vec<&str> =
        pattern.frameworks.iter().map(String::as_str).filter(|f| names_framework(pattern, wish, f)).collect();
    if !named.is_empty() {
        why.push(format!("uses {}", named.join(", ")));
        let missing = uncovered(pattern, asked);
        return 1.0 - 0.4 * missing.len() as f64 / asked.len().max(1) as f64;
    }
    match (pattern.frameworks.is_empty(), asked.is_empty()) {
        (true, true) => 0.7,
        (true, false) if uncovered(pattern, asked).is_empty() => 1.0,
        _ => 0.0,
    }
}

/// Frameworks that the request names and the pattern knows nothing of.
pub(super) fn uncovered<'i>(pattern: &Pattern, asked: &'i [String]) -> Vec<&'i str> {
    let knows = |f: &str| {
        let wanted = name_tokens(f);
        pattern.frameworks.iter().chain(pattern.keywords.keys()).any(|own| name_tokens(own) == wanted)
    };
    asked.iter().map(String::as_str).filter(|f| !knows(f)).collect()
}

fn target_share(pattern: &Pattern, intent: &Intent) -> f64 {
    match intent.targets.first() {
        None => 0.5,
        Some(first) if pattern.targets.contains(first) => 1.0,
        Some(_) if intent.targets.iter().any(|t| pattern.targets.contains(t)) => 0.7,
        Some(_) => 0.0,
    }
}

/// The sum of the keywords that the request mentions, and the strongest of them.
fn keyword_weight(pattern: &Pattern, wish: &Wish<'_>, why: &mut Vec<String>) -> (f64, f64) {
    let (mut sum, mut best) = (0.0, 0.0f64);
    let mut hits = Vec::new();
    for (word, weight) in pattern.keywords.iter().filter(|(word, _)| wish.mentions(word)) {
        sum += weight;
        best = best.max(*weight);
        hits.push(word.as_str());
    }
    if !hits.is_empty() {
        why.push(format!("mentions {}", hits.join(", ")));
    }
    (sum, best)
}

/// Why the request rules the pattern out, if it does.
fn contradiction(pattern: &Pattern, wish: &Wish<'_>, weight: f64, best: f64) -> Option<String> {
    let intent = wish.intent;
    if !pattern.actions.contains(&intent.action) {
        return Some(format!("cannot {}", does(intent.action)));
    }
    if let Some(language) = intent.language.filter(|l| !compatible(pattern, wish, *l)) {
        return Some(format!("the request is about {}", language.name()));
    }
    // A Dockerfile for Go is none for Python, although both are Dockerfiles.
    if !pattern.for_languages.is_empty() {
        let other = PROGRAMMING.iter().filter(|l| !AMBIGUOUS.contains(l) || intent.language == Some(**l));
        let mut other = other.filter(|l| says(&wish.words, **l) && !serves(pattern, **l));
        if let Some(language) = other.next() {
            return Some(format!("the request is about {}", language.name()));
        }
    }
    let named = pattern.frameworks.iter().any(|f| names_framework(pattern, wish, f));
    if !named
        && !intent.frameworks.is_empty()
        && uncovered(pattern, &intent.frameworks).len() == intent.frameworks.len()
    {
        return Some(format!("does not use {}", intent.frameworks.join(", ")));
    }
    if !pattern.frameworks.is_empty() && !named && intent.language.is_none() {
        return Some("the request names none of its frameworks".to_owned());
    }
    if weight.min(best) < LEAST_WEIGHT {
        return Some("nothing in the request names what it makes".to_owned());
    }
    let spelled = says(&wish.words, pattern.language) && !AMBIGUOUS.contains(&pattern.language);
    if intent.language.is_none() && !named && !spelled && best < ANCHOR_WEIGHT {
        return Some("the request names no language".to_owned());
    }
    stranger(pattern, wish, named).map(|name| format!("the request names {name}, which it does not know"))
}

fn stranger<'w>(pattern: &Pattern, wish: &'w Wish<'_>, named: bool) -> Option<&'w str> {
    if named {
        return None;
    }
    let own = |name: &str| {
        let wanted = tokens(name);
        let words = pattern.keywords.keys().chain(&pattern.frameworks);
        words.map(|w| tokens(w)).any(|w| wanted.iter().all(|t| w.contains(t)))
            || Language::from_name(name).is_some_and(|l| serves(pattern, l))
            || wish.intent.symbols.iter().any(|s| s.to_lowercase() == name)
            || wish.intent.frameworks.iter().any(|f| f == name)
    };
    wish.names.iter().map(String::as_str).find(|name| !own(name))
}

fn does(action: Action) -> &'static str {
    match action {
        Action::Create => "make something new",
        Action::Modify => "modify existing code",
        Action::Delete => "delete code",
        Action::Test => "write tests",
        Action::Fix => "fix existing code",
        Action::Optimize => "optimize existing code",
        Action::Document => "document existing code",
        Action::Refactor => "refactor existing code",
    }
}
