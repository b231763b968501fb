//! Tokens of a text before it is sent: exact where the model's tokenizer is known, an estimate that learns elsewhere.
//!
//! It refuses to call an estimate exact, and to count in time that grows faster than the text.

mod bpe;
mod calibration;
mod split;

pub use calibration::Calibration;

use crate::domain::model::{ModelRef, PromptMessage};
use bpe::Vocabulary;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};

/// Tokens of a chat message beyond its text: role and delimiters. OpenAI's cookbook, "How to count tokens with tiktoken":
/// three a message and one for the role's name.
const PER_MESSAGE: u32 = 4;
/// Tokens that prime the answer, from the same place.
const PRIMING: u32 = 3;
/// Tokens that asking for a form adds beside its schema. Where it is asked for as a tool the server instructs the model
/// about tools: Anthropic's page on tool use lists 264 to 530 tokens for that, by model.
const SCHEMA: u32 = 530;
/// By how much an estimate is raised where it must not be too low, in percent.
const MARGIN: u32 = 15;

/// How many tokens, and whether that is counted or estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The number.
    pub tokens: u32,
    /// Whether the model's own tokenizer counted it. Otherwise it is shown with `~`.
    pub exact: bool,
}

impl Count {
    /// A number that the true one hardly exceeds: what a reservation and a window check assume.
    pub fn upper(self) -> u32 {
        match self.exact {
            true => self.tokens,
            false => self.tokens.saturating_add(self.tokens.div_ceil(100).saturating_mul(MARGIN)),
        }
    }
}

/// Which vocabulary a model counts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    O200k,
    Cl100k,
    /// Unknown: counted with o200k and multiplied by a ratio in thousandths.
    Like(u32),
}

/// Counts tokens as one model would. Cheap to make; the vocabulary is loaded at the first count (about 0.1 s of CPU).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counter {
    encoding: Encoding,
    calibration: Calibration,
}

impl Counter {
    /// The counter of a model, before anything was learned of it.
    pub fn for_model(model: &ModelRef) -> Counter {
        Counter { encoding: encoding(&model.model), calibration: Calibration::default() }
    }

    /// The same, with what was learned from the counts its server reported.
    pub fn calibrated(self, calibration: Calibration) -> Counter {
        Counter { calibration, ..self }
    }

    /// Whether it counts rather than estimates.
    pub fn is_exact(&self) -> bool {
        !matches!(self.encoding, Encoding::Like(_))
    }

    /// Tokens of a text by itself.
    pub fn count(&self, text: &str) -> Count {
        self.finish(self.raw(text))
    }

    /// Tokens of all that a request says to the model: its messages with what the chat format adds to each, and the form
    /// that the answer has to have.
    pub fn request(&self, messages: &[PromptMessage], schema: Option<&Value>) -> Count {
        let form = schema.map_or(0, |schema| SCHEMA.saturating_add(self.raw(&schema.to_string())));
        self.finish(self.raw_prompt(messages).saturating_add(form))
    }

    /// Tokens of a whole prompt before calibration: what `Calibration::observe` is to be told beside the server's count.
    pub fn raw_prompt(&self, messages: &[PromptMessage]) -> u32 {
        messages.iter().fold(PRIMING, |sum, m| sum.saturating_add(PER_MESSAGE).saturating_add(self.raw(&m.text)))
    }

    fn raw(&self, text: &str) -> u32 {
        match self.encoding {
            Encoding::O200k => tokens(Vocabulary::o200k(), text),
            Encoding::Cl100k => tokens(Vocabulary::cl100k(), text),
            Encoding::Like(milli) => scale(tokens(Vocabulary::o200k(), text), milli),
        }
    }

    fn finish(&self, raw: u32) -> Count {
        match self.encoding {
            Encoding::Like(_) => Count { tokens: self.calibration.apply(raw), exact: false },
            _ => Count { tokens: raw, exact: true },
        }
    }
}

fn scale(tokens: u32, milli: u32) -> u32 {
    u32::try_from((u64::from(tokens) * u64::from(milli)).div_ceil(1000)).unwrap_or(u32::MAX)
}

/// The vocabulary of a model by its name, without the provider or namespace before it.
fn encoding(model: &str) -> Encoding {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    match get_tokenizer(&name) {
        Some(Tokenizer::O200kBase | Tokenizer::O200kHarmony) => return Encoding::O200k,
        Some(Tokenizer::Cl100kBase) => return Encoding::Cl100k,
        _ => {}
    }
    if name.starts_with("gpt-oss") {
        return Encoding::O200k;
    }
    // Where to begin until the server's own counts are known: deliberately on the high side, since a window that
    // overflows and a limit that is passed are worse than a little room left.
    Encoding::Like(if name.starts_with("claude") { 1_250 } else { 1_100 })
}

/// Tokens of a text. Each distinct word is looked up or merged once.
fn tokens(vocabulary: &'static Vocabulary, text: &str) -> u32 {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut total = 0u32;
    for piece in vocabulary.split(text) {
        let count = match vocabulary.holds(piece) {
            true => 1,
            false => *seen.entry(piece).or_insert_with(|| vocabulary.merge(piece)),
        };
        total = total.saturating_add(count);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::Role;
    use proptest::prelude::*;

    fn counter(model: &str) -> Counter {
        Counter::for_model(&ModelRef::parse(model).unwrap())
    }

    const TEXTS: &[&str] = &[
        "",
        " ",
        "\n",
        "hello world",
        "fn main() {\n    println!(\"{}\", 1234567);\n}\n",
        "a  b   c\t\td \r\n\r\n  e\n\n",
        "I've DON'T we'LL it'S 'ſ",
        "naïve Ünïcode — “quotes” 漢字かな 한글 العربية हिन्दी 👩\u{200d}💻🏽",
        "\u{a0}\u{2003}x\u{3000} y\u{85}z",
        "path/to/file.rs//comment\n/// doc\n",
        "x = 1_000_000; // ¹²³ ٣٤٥ Ⅷ",
        "trailing spaces   ",
        "   leading, then\n   indented\n\n\n\tmore",
        "<|endoftext|> is only text here",
        "e\u{301}\u{327} combining \u{1e9e} ǅ ʰ",
        "camelCaseHTTPServer SCREAMING_CASE kebab-case",
    ];

    #[test]
    fn counts_equal_those_of_the_reference_tokenizer() {
        let (o200k, cl100k) = (tiktoken_rs::o200k_base_singleton(), tiktoken_rs::cl100k_base_singleton());
        for text in TEXTS {
            let count = |model: &str| counter(model).count(text);
            let expected = o200k.encode_ordinary(text).len() as u32;
            assert_eq!(count("openai/gpt-5-mini"), Count { tokens: expected, exact: true }, "{text:?}");
            assert_eq!(count("openai/gpt-4").tokens, cl100k.encode_ordinary(text).len() as u32, "{text:?}");
        }
        let source = include_str!("mod.rs");
        assert_eq!(counter("openai/o3").count(source).tokens, o200k.encode_ordinary(source).len() as u32);
        assert_eq!(counter("openai/gpt-4").count(source).tokens, cl100k.encode_ordinary(source).len() as u32);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn any_text_counts_as_the_reference_tokenizer_counts_it(
            text in "([ \\t\\r\\n]{0,4}([a-zA-Z]{1,9}|[0-9]{1,5}|[-_/.(){}'\"]{1,4}|\\PC{0,4}|\\p{L}{1,6}|'[a-zſ]{1,2})){0,12}[ \\n]{0,3}"
        ) {
            let expected = tiktoken_rs::o200k_base_singleton().encode_ordinary(&text).len() as u32;
            prop_assert_eq!(counter("openai/gpt-4o").count(&text).tokens, expected);
            let expected = tiktoken_rs::cl100k_base_singleton().encode_ordinary(&text).len() as u32;
            prop_assert_eq!(counter("openai/gpt-3.5-turbo").count(&text).tokens, expected);
        }

        #[test]
        fn long_words_merge_as_the_reference_tokenizer_merges_them(
            text in "[aeinst]{97,400}|[ab]{97,300}|[=*/-]{97,300}|[a-z]{97,300}|[あい漢字]{40,120}"
        ) {
            let expected = tiktoken_rs::o200k_base_singleton().encode_ordinary(&text).len() as u32;
            prop_assert_eq!(counter("openai/gpt-4o").count(&text).tokens, expected);
        }
    }

    #[test]
    fn runs_without_end_neither_panic_nor_take_for_ever() {
        for (text, model) in [
            (" ".repeat(200_000), "openai/gpt-5"),
            ("a".repeat(200_000), "openai/gpt-5"),
            ("\n".repeat(200_000), "openai/gpt-4"),
            ("=-".repeat(100_000), "openai/gpt-4"),
            ("漢".repeat(60_000), "openai/gpt-5"),
            ("1".repeat(200_000), "openai/gpt-4"),
        ] {
            let tokens = counter(model).count(&text).tokens;
            assert!((1_000..=100_000).contains(&tokens), "{} … {tokens}", &text[..6]);
        }
        let run = "a".repeat(3_000);
        let expected = tiktoken_rs::o200k_base_singleton().encode_ordinary(&run).len() as u32;
        assert_eq!(counter("openai/gpt-5").count(&run).tokens, expected);
    }

    #[test]
    fn a_counter_is_exact_only_where_the_tokenizer_is_known() {
        for (model, exact) in [
            ("openai/gpt-5.5", true),
            ("openai/o4-mini", true),
            ("openrouter/openai/gpt-4.1-mini", true),
            ("ollama/gpt-oss:20b", true),
            ("groq/openai/gpt-oss-120b", true),
            ("anthropic/claude-sonnet-4-5", false),
            ("ollama/qwen2.5-coder:7b", false),
            ("embedded/patterns", false),
        ] {
            assert_eq!(counter(model).is_exact(), exact, "{model}");
            assert_eq!(counter(model).count("hello").exact, exact, "{model}");
        }
    }

    #[test]
    fn a_prompt_counts_what_the_chat_format_adds() {
        let message = |text: &str| PromptMessage { role: Role::User, text: text.to_owned(), cache_until_here: false };
        let counter = counter("openai/gpt-4o");
        assert_eq!(counter.request(&[], None).tokens, 3);
        assert_eq!(counter.request(&[message("hello"), message("hello world")], None).tokens, 3 + 4 + 1 + 4 + 2);
    }

    #[test]
    fn the_form_of_the_answer_is_part_of_what_is_billed() {
        let schema = serde_json::json!({"type": "object"});
        let form = counter("openai/gpt-4o").count(&schema.to_string()).tokens;
        assert_eq!(counter("openai/gpt-4o").request(&[], Some(&schema)).tokens, 3 + SCHEMA + form);
    }

    #[test]
    fn an_estimate_is_raised_where_it_must_not_be_too_low() {
        assert_eq!(Count { tokens: 1_000, exact: false }.upper(), 1_150);
        assert_eq!(Count { tokens: 1_000, exact: true }.upper(), 1_000);
        assert_eq!(Count { tokens: 1, exact: false }.upper(), 16);
        assert_eq!(Count { tokens: u32::MAX, exact: false }.upper(), u32::MAX);
    }

    #[test]
    fn an_estimate_follows_what_the_server_reports() {
        let model = ModelRef::parse("ollama/qwen2.5-coder:7b").unwrap();
        let mut calibration = Calibration::default();
        let raw = Counter::for_model(&model).raw("fn main() {}");
        for _ in 0..20 {
            calibration.observe(raw * 100, raw * 90);
        }
        let counter = Counter::for_model(&model).calibrated(calibration);
        let estimate = counter.count(&"fn main() {}\n".repeat(500)).tokens;
        let plain = Counter::for_model(&model).count(&"fn main() {}\n".repeat(500)).tokens;
        assert!((estimate * 100).abs_diff(plain * 90) < plain, "{estimate} against {plain}");
    }
}
