//! Placeholder values from an intent, and paths that are free in the repository. Every value knows whether the request
//! said it or a default stands in, so that the reviewer can tell.

use super::case;
use super::field::{self, Field};
use super::format::{Derivation, Kind, Pattern, Placeholder, Taken};
use super::phrase::Reader;
use super::render::{context, fill};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::intent::Intent;
use crate::domain::language::Language;
use crate::domain::path;
use std::collections::{BTreeMap, BTreeSet};

/// Most characters a name taken from a request may have.
const MAX_NAME_CHARS: usize = 60;
/// Free names that are tried beside a taken path: `x_2` to `x_9`.
const VARIANTS: std::ops::RangeInclusive<u32> = 2..=9;

/// A value as the templates see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text of any kind but a list.
    Text(String),
    /// A list of fields.
    Fields(Vec<Field>),
}

impl Value {
    /// The value in the notation of a pattern file's `default` and `values`.
    pub fn written(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Fields(fields) => field::written(fields),
        }
    }
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The request or the repository says it.
    Said,
    /// The request says nothing, the pattern's default stands in.
    Default,
    /// The placeholder is a literal: nothing was to be derived.
    Literal,
}

/// One placeholder with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The placeholder's name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// All values of a pattern, and the paths of its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    /// In the order of the pattern's placeholders.
    pub bindings: Vec<Binding>,
    /// One per file of the pattern: relative, free in the repository.
    pub paths: Vec<String>,
}

impl Bindings {
    /// The value of a placeholder.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.bindings.iter().find(|b| b.name == name).map(|b| &b.value)
    }

    /// Placeholders for which the pattern's default stands in.
    pub fn defaulted(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(|b| b.origin == Origin::Default)
    }

    pub(super) fn values(&self) -> BTreeMap<&str, &Value> {
        self.bindings.iter().map(|b| (b.name.as_str(), &b.value)).collect()
    }
}

impl Pattern {
    /// Derives every placeholder from the intent and finds free paths. `listing` holds the paths of the repository.
    /// Fails when a value does not match its `validate`, or when a path that may exist only once exists.
    pub fn bind(&self, intent: &Intent, listing: &[String]) -> Result<Bindings, Failure> {
        let known = self.own_words(intent);
        let binder =
            Binder { pattern: self, intent, listing, reader: Reader::new(&intent.text, &known), known: &known };
        let mut bound = Bindings::default();
        for placeholder in &self.placeholders {
            let (value, origin) = binder.value(placeholder, &bound)?;
            bound.bindings.push(Binding { name: placeholder.name.clone(), value, origin });
        }
        bound.paths = binder.paths(&bound)?;
        Ok(bound)
    }

    /// Lower-case singular words that belong to the pattern and so never name what the request is about.
    fn own_words(&self, intent: &Intent) -> BTreeSet<String> {
        let languages = std::iter::once(&self.language).chain(&self.for_languages).map(|l| l.name());
        let spoken = ["golang", "js", "ts", "py", "typescript", "node", "api", "rest"];
        let keywords = self.keywords.iter().filter(|(_, weight)| **weight >= 2.0).map(|(word, _)| word.as_str());
        keywords
            .chain(self.frameworks.iter().chain(&intent.frameworks).map(String::as_str))
            .chain(languages)
            .chain(spoken)
            .flat_map(|text| case::words(&text.to_lowercase()))
            .map(|word| case::singular(&word))
            .collect()
    }
}

struct Binder<'a> {
    pattern: &'a Pattern,
    intent: &'a Intent,
    listing: &'a [String],
    reader: Reader<'a>,
    known: &'a BTreeSet<String>,
}

impl Binder<'_> {
    fn value(&self, placeholder: &Placeholder, bound: &Bindings) -> Result<(Value, Origin), Failure> {
        let said = self.said(placeholder);
        if placeholder.kind == Kind::Fields {
            return self.fields(placeholder);
        }
        let origin = match (&said, placeholder.from) {
            (Some(_), _) => Origin::Said,
            (None, Derivation::Literal | Derivation::Directory) => Origin::Literal,
            (None, _) => Origin::Default,
        };
        let raw = match said {
            Some(text) => text,
            None => fill(&placeholder.default, &context(&bound.values()))
                .map_err(|f| self.wrong(placeholder, &f.message))?,
        };
        let text = shaped(&raw, placeholder.kind, self.pattern.language);
        match self.valid(placeholder, &text) {
            Ok(()) => Ok((Value::Text(text), origin)),
            Err(failure) => Err(failure),
        }
    }

    fn said(&self, placeholder: &Placeholder) -> Option<String> {
        let named = || self.reader.given_name().or_else(|| self.leading_symbol());
        let short = |text: &String| !text.is_empty() && text.chars().count() <= MAX_NAME_CHARS;
        match placeholder.from {
            Derivation::Literal | Derivation::Fields => None,
            Derivation::Resource => named().or_else(|| self.reader.resource()).filter(short),
            Derivation::Action => {
                named().or_else(|| self.reader.action()).or_else(|| self.reader.resource()).filter(short)
            }
            Derivation::Symbol => named()
                .or_else(|| self.intent.symbols.first().map(|s| bare(s)))
                .or_else(|| self.reader.resource())
                .filter(short),
            Derivation::Path => self.path_of_language(),
            Derivation::Directory => self.directory(placeholder),
        }
    }

    /// A symbol that stands before any list of fields and is not the pattern's own word.
    fn leading_symbol(&self) -> Option<String> {
        let text = &self.intent.text;
        let list =
            [" with ", " having ", " containing "].iter().filter_map(|m| text.find(m)).min().unwrap_or(text.len());
        let foreign = |s: &&String| {
            let parts = case::words(s);
            let whole = self.known.contains(&s.to_lowercase());
            !whole && !parts.is_empty() && !parts.iter().all(|p| self.known.contains(&case::singular(p)))
        };
        let first = |s: &&String| text.find(s.as_str()).is_some_and(|at| at < list);
        self.intent.symbols.iter().filter(foreign).find(first).map(|s| bare(s))
    }

    fn path_of_language(&self) -> Option<String> {
        let paths = self.intent.paths.iter().map(|p| p.trim_start_matches("./"));
        paths.filter(|p| relative(p)).find(|p| Language::from_path(p) == Some(self.pattern.language)).map(str::to_owned)
    }

    fn directory(&self, placeholder: &Placeholder) -> Option<String> {
        let asked = self.intent.paths.iter().map(|p| p.trim_start_matches("./").trim_end_matches('/'));
        let asked = asked.filter(|p| relative(p)).find(|p| !path::name(p).contains('.'));
        let exists = |dir: &&String| {
            self.listing.iter().any(|p| p.strip_prefix(dir.as_str()).is_some_and(|r| r.starts_with('/')))
        };
        asked.map(str::to_owned).or_else(|| placeholder.directories.iter().find(exists).cloned())
    }

    fn fields(&self, placeholder: &Placeholder) -> Result<(Value, Origin), Failure> {
        let kept = |fields: Vec<Field>| -> Vec<Field> {
            let mut fields: Vec<Field> =
                fields.into_iter().filter(|f| !placeholder.without.contains(&f.name)).collect();
            for field in &mut fields {
                field.name = case::identifier(&field.name, self.pattern.language);
            }
            fields
        };
        let listed = match placeholder.from {
            Derivation::Fields => kept(field::listed(&self.intent.text, self.known)),
            _ => Vec::new(),
        };
        if !listed.is_empty() {
            return Ok((Value::Fields(listed), Origin::Said));
        }
        let defaults = field::parse(&placeholder.default).map_err(|e| self.wrong(placeholder, &e))?;
        let origin = if placeholder.from == Derivation::Fields { Origin::Default } else { Origin::Literal };
        Ok((Value::Fields(kept(defaults)), origin))
    }

    fn valid(&self, placeholder: &Placeholder, text: &str) -> Result<(), Failure> {
        let fits = match placeholder.kind {
            Kind::Snake | Kind::Pascal | Kind::Camel => text.is_ascii() && !text.is_empty(),
            Kind::Kebab | Kind::Type | Kind::Fields => !text.is_empty(),
            Kind::Path => relative(text),
            Kind::Int => text.parse::<i64>().is_ok(),
            Kind::Text => !text.contains(['\n', '"', '\\', '`']),
        };
        let expected = match &placeholder.validate {
            Some(pattern) => {
                let whole = regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build();
                let whole =
                    whole.map_err(|e| self.wrong(placeholder, &format!("`validate` is no regular expression: {e}")))?;
                whole.is_match(text)
            }
            None => true,
        };
        if fits && expected {
            return Ok(());
        }
        Err(Failure::fatal(
            FailureKind::NothingFits,
            format!(
                "The pattern `{}` needs {} ({}), but `{text}` cannot be one. Name it in the request: \"… called {}\".",
                self.pattern.name,
                placeholder.name,
                placeholder.description,
                shaped(&placeholder.default, placeholder.kind, self.pattern.language)
            ),
        ))
    }

    fn wrong(&self, placeholder: &Placeholder, message: &str) -> Failure {
        let message = format!("pattern `{}`, placeholder `{}`: {message}", self.pattern.name, placeholder.name);
        Failure::fatal(FailureKind::Config, message)
    }

    fn paths(&self, bound: &Bindings) -> Result<Vec<String>, Failure> {
        let context = context(&bound.values());
        let asked = if self.pattern.placeholders.iter().any(|p| p.from == Derivation::Path) {
            None
        } else {
            self.path_of_language()
        };
        let mut paths: Vec<String> = Vec::new();
        for (i, file) in self.pattern.files.iter().enumerate() {
            let path = match asked.as_ref().filter(|_| i == 0) {
                Some(path) => path.clone(),
                None => fill(&file.path, &context).map_err(|f| {
                    let message = format!("pattern `{}`, path `{}`, {f}", self.pattern.name, file.path);
                    Failure::fatal(FailureKind::Config, message)
                })?,
            };
            let taken = |p: &str| self.listing.iter().any(|l| l == p) || paths.iter().any(|l| l == p);
            let rule = if i == 0 && asked.is_some() { Taken::Refuse } else { file.taken };
            let free = self.free(path, rule, taken)?;
            paths.push(free);
        }
        Ok(paths)
    }

    fn free(&self, path: String, rule: Taken, taken: impl Fn(&str) -> bool) -> Result<String, Failure> {
        if !relative(&path) {
            let message =
                format!("pattern `{}`: the path `{path}` does not stay inside the repository", self.pattern.name);
            return Err(Failure::fatal(FailureKind::Denied, message));
        }
        if !taken(&path) {
            return Ok(path);
        }
        let mut variants = VARIANTS.filter(|_| rule == Taken::Variant).map(|n| variant(&path, n));
        variants.find(|p| !taken(p)).ok_or_else(|| {
            let message = format!(
                "{path} exists already, and the embedded patterns only make new files. Name another path, or connect a model to change it."
            );
            Failure::fatal(FailureKind::NothingFits, message)
        })
    }
}

/// `Foo::bar()` and `pkg.Func` give the last name.
fn bare(symbol: &str) -> String {
    let name = symbol.trim_end_matches("()").trim_matches('`');
    name.rsplit(['.', ':']).next().unwrap_or(name).to_owned()
}

fn shaped(text: &str, kind: Kind, language: Language) -> String {
    // Tables have plural names, which no dialect reserves.
    let language = if language == Language::Sql { Language::Markdown } else { language };
    match kind {
        Kind::Snake => case::identifier(&case::snake(text), language),
        Kind::Pascal => case::identifier(&case::pascal(text), language),
        Kind::Camel => case::identifier(&case::camel(text), language),
        Kind::Kebab => case::kebab(text),
        Kind::Path | Kind::Type | Kind::Int | Kind::Fields => text.trim().to_owned(),
        Kind::Text => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Whether a path stays inside the root: relative, plain parts, no control characters.
pub(super) fn relative(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
    path.len() <= 200 && !path.chars().any(char::is_control) && path.split('/').all(plain)
}

/// `app/users.test.ts` gives `app/users_2.test.ts`; kebab-case names get `-2`.
fn variant(path: &str, n: u32) -> String {
    let (dir, file) = path::split(path);
    let (stem, ending) = match file.char_indices().skip(1).find(|(_, c)| *c == '.') {
        Some((at, _)) => file.split_at(at),
        None => (file, ""),
    };
    let joint = if stem.contains('-') { '-' } else { '_' };
    // Go takes `_test.go` as the mark of a test file: the number goes before it.
    let (stem, mark) = stem.strip_suffix("_test").map_or((stem, ""), |s| (s, "_test"));
    let slash = if dir.is_empty() { "" } else { "/" };
    format!("{dir}{slash}{stem}{joint}{n}{mark}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_inside_the_root_are_relative() {
        for good in ["a.py", "app/routers/users.py", ".github/workflows/ci.yml"] {
            assert!(relative(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "a/../b", "a//b", "C:\\x", "a\\b", "a/\u{1b}[0m", "./x"] {
            assert!(!relative(bad), "{bad}");
        }
    }

    #[test]
    fn variants_keep_the_meaning_of_the_name() {
        assert_eq!(variant("app/users.py", 2), "app/users_2.py");
        assert_eq!(variant("user-card.test.tsx", 3), "user-card-3.test.tsx");
        assert_eq!(variant("cache_test.go", 2), "cache_2_test.go");
        assert_eq!(variant(".env", 2), ".env_2");
    }
}
