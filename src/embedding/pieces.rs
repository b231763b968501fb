//! A text cut into the pieces of a vocabulary, as BERT's WordPiece cuts it (Devlin et al. 2019), from a `tokenizer.json`.
//!
//! Reads tokenizers with BERT's rules, as static models made from that family have them; another kind is refused by its name
//! instead of being guessed at. A word that no pieces make is left out.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// Cuts texts.
pub struct Pieces {
    vocabulary: HashMap<Box<str>, u32>,
    unknown: String,
    prefix: String,
    /// Characters of a word from which on it is unknown.
    longest: usize,
    form: Form,
}

/// How a text is made uniform first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    is_lower: bool,
    is_bare: bool,
}

#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    model: Model<'a>,
    normalizer: Option<Part>,
    pre_tokenizer: Option<Part>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    unk_token: Option<String>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    max_input_chars_per_word: Option<usize>,
    /// A map for WordPiece; other kinds write a list. Read once the kind is known, for it is large.
    #[serde(borrow)]
    vocab: &'a RawValue,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    lowercase: Option<bool>,
    #[serde(default)]
    strip_accents: Option<bool>,
}

impl Pieces {
    /// The vocabulary and rules of a `tokenizer.json`.
    ///
    /// # Errors
    /// What is wrong, as the rest of a sentence that names the file.
    pub fn read(json: &[u8]) -> Result<Pieces, String> {
        let written: Written =
            serde_json::from_slice(json).map_err(|error| format!("is no tokenizer that can be read ({error})"))?;
        let model = written.model;
        let kind = model.kind.as_deref().unwrap_or("unknown");
        if kind != "WordPiece" {
            return Err(format!("is of the kind `{kind}`; only WordPiece can be read"));
        }
        let form = match written.normalizer {
            None => Form { is_lower: false, is_bare: false },
            Some(part) if part.kind == "BertNormalizer" => {
                let is_lower = part.lowercase.unwrap_or(true);
                Form { is_lower, is_bare: part.strip_accents.unwrap_or(is_lower) }
            }
            Some(part) => return Err(format!("has the normalizer `{}`; only BertNormalizer can be read", part.kind)),
        };
        if let Some(part) = written.pre_tokenizer.filter(|part| part.kind != "BertPreTokenizer") {
            return Err(format!("has the pre-tokenizer `{}`; only BertPreTokenizer can be read", part.kind));
        }
        let vocabulary: HashMap<Box<str>, u32> = serde_json::from_str(model.vocab.get())
            .map_err(|error| format!("has a vocabulary that cannot be read ({error})"))?;
        Ok(Pieces {
            vocabulary,
            unknown: model.unk_token.unwrap_or_else(|| "[UNK]".to_owned()),
            prefix: model.continuing_subword_prefix.unwrap_or_else(|| "##".to_owned()),
            longest: model.max_input_chars_per_word.unwrap_or(100),
            form,
        })
    }

    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.vocabulary.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.vocabulary.is_empty()
    }

    /// The highest number of a piece.
    pub fn highest(&self) -> Option<u32> {
        self.vocabulary.values().max().copied()
    }

    /// The numbers of a text's pieces, at most `most`, without unknown ones.
    pub fn cut(&self, text: &str, most: usize) -> Vec<u32> {
        let mut found = Vec::new();
        let mut room = String::new();
        for word in words(&self.form.apply(text)) {
            self.cut_word(word, &mut room, &mut found);
            if found.len() >= most {
                found.truncate(most);
                break;
            }
        }
        found
    }

    /// The longest piece that the rest of the word begins with, again and again. If there is none the word is unknown.
    fn cut_word(&self, word: &str, room: &mut String, found: &mut Vec<u32>) {
        let before = found.len();
        let is_long = word.chars().count() > self.longest;
        let mut start = 0;
        while start < word.len() && !is_long {
            let ends = word[start..].char_indices().map(|(at, c)| start + at + c.len_utf8()).rev();
            let piece = ends.into_iter().find_map(|end| {
                room.clear();
                if start > 0 {
                    room.push_str(&self.prefix);
                }
                room.push_str(&word[start..end]);
                Some((end, *self.vocabulary.get(room.as_str())?))
            });
            match piece {
                Some((end, number)) if word[start..end] != self.unknown => {
                    found.push(number);
                    start = end;
                }
                _ => return found.truncate(before),
            }
        }
    }
}

impl Form {
    fn apply(self, text: &str) -> String {
        let clean: String = text
            .chars()
            .filter(|c| !matches!(c, '\0' | '\u{fffd}') && (!c.is_control() || c.is_whitespace()))
            .collect();
        let bare = match self.is_bare && !clean.is_ascii() {
            true => {
                let marks = CanonicalCombiningClassMapBorrowed::new();
                let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(&clean);
                apart.chars().filter(|c| marks.get_u8(*c) == 0).collect()
            }
            false => clean,
        };
        if self.is_lower { bare.to_lowercase() } else { bare }
    }
}

/// Words, and marks and ideographs each by themselves.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let end = match is_alone(first) {
            true => first.len_utf8(),
            false => rest.find(|c: char| c.is_whitespace() || is_alone(c)).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// Whether a character is a word by itself: punctuation as BERT counts it, and ideographs.
fn is_alone(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '\u{a1}'..='\u{bf}' | '\u{2010}'..='\u{205e}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}')
            && !c.is_alphanumeric()
        || matches!(c,
            '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ceaf}'
            | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(normalizer: &str) -> Pieces {
        let words = ["[PAD]", "[UNK]", "net", "##work", "##s", "cafe", "a", "(", ")", "中", "文", "work"];
        let vocabulary: Vec<String> = words.iter().enumerate().map(|(at, word)| format!("\"{word}\":{at}")).collect();
        let json = format!(
            r####"{{"normalizer":{normalizer},"pre_tokenizer":{{"type":"BertPreTokenizer"}},
               "model":{{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","vocab":{{{}}}}}}}"####,
            vocabulary.join(",")
        );
        Pieces::read(json.as_bytes()).unwrap()
    }

    #[test]
    fn words_are_cut_into_the_longest_pieces_and_unknown_ones_are_left_out() {
        let pieces = pieces(r#"{"type":"BertNormalizer","lowercase":true,"strip_accents":null}"#);
        assert_eq!(pieces.len(), 12);
        assert_eq!(pieces.cut("Networks (work)", 99), [2, 3, 4, 7, 11, 8]);
        assert_eq!(pieces.cut("Café\u{0} CAFÉ cafe\u{301}", 99), [5, 5, 5], "accents and capitals");
        assert_eq!(pieces.cut("networx a", 99), [6], "no pieces make the first word");
        assert_eq!(pieces.cut("中文a", 99), [9, 10, 6]);
        assert_eq!(pieces.cut("[UNK] a", 99), [6]);
        assert_eq!(pieces.cut(&"a ".repeat(50), 3), [6, 6, 6]);
        assert!(pieces.cut(&"net".repeat(40), 99).is_empty(), "a word of 120 letters");
        assert!(pieces.cut(" \t\r\n", 99).is_empty());
    }

    #[test]
    fn without_a_normalizer_texts_stay_as_they_are() {
        assert_eq!(pieces("null").cut("Net net café", 99), [2]);
    }

    #[test]
    fn another_kind_of_tokenizer_is_refused_by_its_name() {
        for (json, why) in [
            (r#"{"model":{"type":"Unigram","vocab":[["a",-1.0]]}}"#, "of the kind `Unigram`"),
            (r#"{"model":{"type":"BPE","vocab":{"a":0}}}"#, "of the kind `BPE`"),
            (r#"{"normalizer":{"type":"Precompiled"},"model":{"type":"WordPiece","vocab":{"a":0}}}"#, "`Precompiled`"),
            (r#"{"pre_tokenizer":{"type":"Metaspace"},"model":{"type":"WordPiece","vocab":{"a":0}}}"#, "`Metaspace`"),
            (r#"{"model":{"type":"WordPiece","vocab":{"a":-1}}}"#, "a vocabulary that cannot be read"),
            ("{}", "no tokenizer that can be read"),
        ] {
            let said = Pieces::read(json.as_bytes()).err().unwrap();
            assert!(said.contains(why), "{json}: {said}");
        }
    }
}
