//! The words the parser knows, read from TOML and checked.
//!
//! Everything a word can mean is data (`assets/intent/*.toml`); this file turns it into two tables, one of phrases and one
//! of names of languages and frameworks. It reads no file itself: texts are handed in, and an error names file and line.

use super::inflection;
use super::raw::{Kind, RawFile, RawMarks};
use super::token::words;
use crate::domain::intent::{Action, Target};
use crate::domain::language::Language;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;
use toml::Spanned;

/// The most words a phrase may have.
pub(super) const LONGEST_PHRASE: usize = 5;

/// What is wrong with a vocabulary file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct VocabularyError {
    /// The file's name, as handed in.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// What was wrong and what to do.
    pub message: String,
}

/// How the object of a verb decides what the verb means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Light {
    Make,
    Add,
    Change,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Verb {
    pub action: Action,
    pub strength: f64,
    pub light: Option<Light>,
    pub definite: Option<Action>,
    pub form: inflection::Form,
}

/// Small words, as bits of `Meaning::marks`.
pub(super) mod mark {
    pub const PREFIX: u16 = 1;
    pub const GREETING: u16 = 1 << 1;
    pub const DETERMINER: u16 = 1 << 2;
    pub const INDEFINITE: u16 = 1 << 3;
    pub const PREPOSITION: u16 = 1 << 4;
    pub const RELATIVE: u16 = 1 << 5;
    pub const NEGATION: u16 = 1 << 6;
    pub const PRONOUN: u16 = 1 << 7;
    pub const QUESTION: u16 = 1 << 8;
    pub const AUXILIARY: u16 = 1 << 9;
    pub const CONJUNCTION: u16 = 1 << 10;
    pub const PLAIN: u16 = 1 << 11;
}

/// Everything a phrase can mean; which of it holds is decided by where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Meaning {
    pub verb: Option<Verb>,
    /// By `Light`: what a light verb with this object does.
    pub object: [Option<Action>; 3],
    pub cue: Option<(Action, f64)>,
    pub target: Option<(Target, f64)>,
    pub effort: f64,
    pub marks: u16,
}

impl Meaning {
    pub fn is(&self, marks: u16) -> bool {
        self.marks & marks != 0
    }

    /// Whether it can be part of what a verb acts on.
    pub fn is_thing(&self) -> bool {
        self.target.is_some() || self.object.iter().any(Option::is_some)
    }
}

/// A language or framework that requests call by name.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// Empty for a language.
    pub framework: String,
    pub language: Option<Language>,
    pub weak: bool,
    pub target: Option<Target>,
    pub after: HashSet<String>,
    pub capital: bool,
    pub kind: Kind,
}

/// The words the parser knows. [`Vocabulary::embedded`] is the one that ships; [`Vocabulary::parse`] reads any other.
#[derive(Debug, Default)]
pub struct Vocabulary {
    phrases: HashMap<String, Meaning>,
    /// Phrase, then index into `names` and whether the phrase is doubtful.
    name_phrases: HashMap<String, (usize, bool)>,
    names: Vec<Name>,
    /// Long single words by first letter, in order, in which a typo of one letter is recognised.
    long: HashMap<char, Vec<String>>,
    pub(super) code: HashSet<String>,
    places: HashMap<String, Target>,
    pub(super) lists: Lists,
}

/// Facts about names of files and identifiers.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub proper: HashSet<String>,
    pub file_names: HashSet<String>,
    pub endings: HashSet<String>,
    pub endings_in_folders: HashSet<String>,
    pub folders: HashSet<String>,
    pub commands: HashSet<String>,
    pub receivers: HashSet<String>,
    pub domains: HashSet<String>,
}

const EMBEDDED: &[(&str, &str)] = &[
    ("assets/intent/actions.toml", include_str!("../../assets/intent/actions.toml")),
    ("assets/intent/targets.toml", include_str!("../../assets/intent/targets.toml")),
    ("assets/intent/languages.toml", include_str!("../../assets/intent/languages.toml")),
    ("assets/intent/frameworks.toml", include_str!("../../assets/intent/frameworks.toml")),
    ("assets/intent/efforts.toml", include_str!("../../assets/intent/efforts.toml")),
    ("assets/intent/marks.toml", include_str!("../../assets/intent/marks.toml")),
];

impl Vocabulary {
    /// The vocabulary that ships with the program, built once.
    pub fn embedded() -> &'static Vocabulary {
        static EMBEDDED_VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
        EMBEDDED_VOCABULARY
            .get_or_init(|| Vocabulary::parse(EMBEDDED).expect("the embedded files are parsed by a test of this crate"))
    }

    /// Builds a vocabulary from files of `(name, text)`. Every file may hold every kind of entry.
    ///
    /// # Errors
    /// The first thing that is wrong, with file and line: not TOML, an unknown key or word, a weight out of range, a phrase
    /// that is empty, too long or listed twice.
    pub fn parse(files: &[(&str, &str)]) -> Result<Vocabulary, VocabularyError> {
        let mut vocabulary = Vocabulary::default();
        for (file, text) in files {
            let raw: RawFile = toml::from_str(text).map_err(|e| VocabularyError {
                file: (*file).to_owned(),
                line: e.span().map_or(1, |s| line_of(text, s.start)),
                message: format!("{}. Compare with the comment at the top of the shipped file.", e.message()),
            })?;
            Builder { vocabulary: &mut vocabulary, file, text, seen: HashSet::new() }.add(raw)?;
        }
        vocabulary.index();
        Ok(vocabulary)
    }

    /// The names of every framework, in the order of the files.
    pub fn frameworks(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|n| n.framework.as_str()).filter(|f| !f.is_empty())
    }

    pub(super) fn phrase(&self, phrase: &str) -> Option<&Meaning> {
        self.phrases.get(phrase)
    }

    pub(super) fn name(&self, phrase: &str) -> Option<(&Name, bool)> {
        self.name_phrases.get(phrase).map(|&(i, doubtful)| (&self.names[i], doubtful))
    }

    /// Whether the phrase can only be the name of a language or framework.
    pub(super) fn is_certain_name(&self, phrase: &str) -> bool {
        matches!(self.name_phrases.get(phrase), Some((_, false)))
    }

    pub(super) fn place(&self, part: &str) -> Option<Target> {
        self.places.get(part).copied()
    }

    /// The known word that `word` is one letter away from: one missing, one too many, one wrong, or two exchanged.
    pub(super) fn near(&self, word: &str) -> Option<&str> {
        let first = word.chars().next()?;
        self.long.get(&first)?.iter().map(String::as_str).find(|known| inflection::one_letter_apart(word, known))
    }

    /// Collects the words typos are looked for in.
    fn index(&mut self) {
        let phrases = self.phrases.iter().filter(|(_, m)| m.verb.is_some() || m.is_thing()).map(|(p, _)| p);
        let names = self.name_phrases.iter().filter(|(_, (_, doubtful))| !doubtful).map(|(p, _)| p);
        for word in phrases.chain(names) {
            if word.len() >= 6 && word.bytes().all(|b| b.is_ascii_lowercase()) {
                self.long.entry(word.chars().next().unwrap_or(' ')).or_default().push(word.clone());
            }
        }
        for words in self.long.values_mut() {
            words.sort_unstable();
            words.dedup();
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

struct Builder<'a> {
    vocabulary: &'a mut Vocabulary,
    file: &'a str,
    text: &'a str,
    /// Kind of entry and phrase, to find what is listed twice.
    seen: HashSet<(&'static str, String)>,
}

impl Builder<'_> {
    fn add(&mut self, raw: RawFile) -> Result<(), VocabularyError> {
        for verb in raw.verb {
            self.check_weight(&verb.strength, 0.0..=1.0)?;
            for word in &verb.words {
                let phrase = self.phrase("verb", word)?;
                for (form, inflected) in inflection::verb_forms(&phrase) {
                    let entry = &mut self.vocabulary.phrases.entry(inflected).or_default().verb;
                    let verb = Verb {
                        action: verb.action,
                        strength: *verb.strength.get_ref(),
                        light: verb.light,
                        definite: verb.definite,
                        form,
                    };
                    if form == inflection::Form::Base || entry.is_none() {
                        *entry = Some(verb);
                    }
                }
            }
        }
        for object in raw.object {
            for word in &object.words {
                let phrase = self.phrase("", word)?;
                for form in inflection::noun_forms(&phrase) {
                    for light in &object.over {
                        self.vocabulary.phrases.entry(form.clone()).or_default().object[*light as usize]
                            .get_or_insert(object.action);
                    }
                }
            }
        }
        for cue in raw.cue {
            self.check_weight(&cue.weight, 0.0..=3.0)?;
            for word in &cue.words {
                let phrase = self.phrase("cue", word)?;
                self.vocabulary.phrases.entry(phrase).or_default().cue = Some((cue.action, *cue.weight.get_ref()));
            }
        }
        for target in raw.target {
            self.check_weight(&target.weight, 0.0..=1.0)?;
            for word in &target.words {
                let phrase = self.phrase("target", word)?;
                for form in inflection::noun_forms(&phrase) {
                    let entry = &mut self.vocabulary.phrases.entry(form.clone()).or_default().target;
                    if form == phrase || entry.is_none() {
                        *entry = Some((target.target, *target.weight.get_ref()));
                    }
                }
            }
        }
        for effort in raw.effort {
            self.check_weight(&effort.weight, -3.0..=3.0)?;
            for word in &effort.words {
                let phrase = self.phrase("effort", word)?;
                self.vocabulary.phrases.entry(phrase).or_default().effort = *effort.weight.get_ref();
            }
        }
        for place in raw.place {
            self.vocabulary.places.extend(place.parts.into_iter().map(|p| (p, place.target)));
        }
        self.vocabulary.code.extend(raw.shared.into_iter().flat_map(|s| s.code));
        for l in raw.language {
            let name = Name {
                framework: String::new(),
                language: Some(l.language),
                weak: false,
                target: None,
                after: l.after.into_iter().collect(),
                capital: true,
                kind: l.kind,
            };
            self.add_name(name, &l.names, &l.doubtful)?;
        }
        for f in raw.framework {
            let own = [f.name.clone()];
            let names = f.names.as_deref().unwrap_or(&own);
            let name = Name {
                framework: f.name.get_ref().clone(),
                language: f.language,
                weak: f.weak,
                target: f.target,
                after: f.after.into_iter().collect(),
                capital: f.capital,
                kind: Kind::Code,
            };
            self.add_name(name, names, &f.doubtful)?;
        }
        raw.marks.map_or(Ok(()), |marks| self.add_marks(marks))
    }

    fn add_name(
        &mut self,
        name: Name,
        certain: &[Spanned<String>],
        doubtful: &[Spanned<String>],
    ) -> Result<(), VocabularyError> {
        let index = self.vocabulary.names.len();
        self.vocabulary.names.push(name);
        for (words, doubt) in [(certain, false), (doubtful, true)] {
            for word in words {
                let phrase = self.phrase("name", word)?;
                self.vocabulary.name_phrases.insert(phrase, (index, doubt));
            }
        }
        Ok(())
    }

    fn add_marks(&mut self, m: RawMarks) -> Result<(), VocabularyError> {
        let rows = [
            (mark::PREFIX, &m.prefix),
            (mark::GREETING, &m.greeting),
            (mark::DETERMINER, &m.determiner),
            (mark::INDEFINITE, &m.indefinite),
            (mark::PREPOSITION, &m.preposition),
            (mark::RELATIVE, &m.relative),
            (mark::NEGATION, &m.negation),
            (mark::PRONOUN, &m.pronoun),
            (mark::QUESTION, &m.question),
            (mark::AUXILIARY, &m.auxiliary),
            (mark::CONJUNCTION, &m.conjunction),
            (mark::PLAIN, &m.plain),
        ];
        for (bit, list) in rows {
            for word in list {
                let phrase = self.phrase("", word)?;
                self.vocabulary.phrases.entry(phrase).or_default().marks |= bit;
            }
        }
        let lists = &mut self.vocabulary.lists;
        lists.proper.extend(m.proper);
        lists.file_names.extend(m.file_names);
        lists.endings.extend(m.endings);
        lists.endings_in_folders.extend(m.endings_in_folders);
        lists.folders.extend(m.folders);
        lists.commands.extend(m.commands);
        lists.receivers.extend(m.receivers);
        lists.domains.extend(m.domains);
        Ok(())
    }

    /// The phrase as the parser will see it. A `kind` that is not empty may hold each phrase once a file.
    fn phrase(&mut self, kind: &'static str, word: &Spanned<String>) -> Result<String, VocabularyError> {
        let phrase = words(word.get_ref());
        let count = phrase.split(' ').filter(|w| !w.is_empty()).count();
        if count == 0 {
            return self.wrong(word, format!("`{}` holds no word. Remove it.", word.get_ref()));
        }
        if count > LONGEST_PHRASE {
            return self.wrong(
                word,
                format!("`{phrase}` has {count} words, at most {LONGEST_PHRASE} are compared. Shorten it."),
            );
        }
        if !kind.is_empty() && !self.seen.insert((kind, phrase.clone())) {
            return self.wrong(word, format!("`{phrase}` is listed twice as a {kind}. Remove one of them."));
        }
        Ok(phrase)
    }

    fn check_weight(&self, weight: &Spanned<f64>, range: std::ops::RangeInclusive<f64>) -> Result<(), VocabularyError> {
        if range.contains(weight.get_ref()) {
            return Ok(());
        }
        let message =
            format!("{} is out of range. Give a number from {} to {}.", weight.get_ref(), range.start(), range.end());
        self.wrong(weight, message)
    }

    fn wrong<T, V>(&self, at: &Spanned<V>, message: String) -> Result<T, VocabularyError> {
        Err(VocabularyError { file: self.file.to_owned(), line: line_of(self.text, at.span().start), message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_files_are_right() {
        let vocabulary = Vocabulary::parse(EMBEDDED).unwrap_or_else(|e| panic!("{e}"));
        assert!(vocabulary.frameworks().count() >= 60);
    }

    #[test]
    fn errors_name_the_file_the_line_and_the_fix() {
        let cases = [
            ("[[verb]]\naction = \"make\"\nstrength = 1.0\nwords = []", 2, "unknown variant `make`"),
            ("[[verb]]\naction = \"create\"\nstrength = 7.5\nwords = []", 3, "Give a number from 0 to 1"),
            ("[[cue]]\naction = \"fix\"\nweight = 1.0\nwords = [\n  \"bug\",\n  \"bug\",\n]", 6, "listed twice"),
            ("[[target]]\ntarget = \"api\"\nweight = 1.0\nwords = [\"...\"]", 4, "holds no word"),
            ("[[target]]\ntarget = \"api\"\nweight = 1.0\nwords = [\"a b c d e f\"]", 4, "Shorten it"),
            ("\n\nwhat = 1", 3, "unknown field `what`"),
            ("[[verb]\n", 1, ""),
        ];
        for (text, line, part) in cases {
            let error = Vocabulary::parse(&[("mine.toml", text)]).unwrap_err();
            assert_eq!((error.file.as_str(), error.line), ("mine.toml", line), "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn a_typo_of_one_letter_finds_the_long_word() {
        let vocabulary = Vocabulary::embedded();
        assert_eq!(vocabulary.near("refacter"), Some("refactor"));
        assert_eq!(vocabulary.near("optmize"), Some("optimize"));
        assert_eq!(vocabulary.near("endpiont"), Some("endpoint"));
        assert_eq!(vocabulary.near("banana"), None);
    }
}
