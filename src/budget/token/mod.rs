//! Tokens of a text before it is sent: exact where the model's tokenizer is known, an estimate that learns elsewhere.
//!
//! It refuses to call an estimate exact, and to count in time that grows faster than the text.

mod bpe;
mod calibration;
mod slot;
mod split;

pub use calibration::{Calibration, Measure};

use crate::domain::model::{ModelRef, PromptMessage};
use bpe::Vocabulary;
use calibration::Prior;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};

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
#[derive(Clone, Copy, Debug, PartialEq)]
enum Encoding {
    /// Its own, known. `documented`: so is what its chat format adds.
    Own { vocabulary: Known, documented: bool },
    /// Unknown: counted with o200k and multiplied by a ratio.
    Like(f64),
}

/// The vocabularies that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    O200k,
    Cl100k,
}

impl Known {
    fn vocabulary(self) -> &'static Vocabulary {
        match self {
            Known::O200k => Vocabulary::o200k(),
            Known::Cl100k => Vocabulary::cl100k(),
        }
    }
}

/// Counts tokens as one model would. Cheap to make; the vocabularies are a part of the program, and only the pattern that cuts texts is made at the first count.
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

    /// The counter of no model in particular: o200k's own figures, which are estimates of any other's.
    pub fn of_nobody() -> Counter {
        Counter { encoding: Encoding::Like(1.0), calibration: Calibration::default() }
    }

    /// The same, with what was learned from the counts its server reported.
    pub fn calibrated(self, calibration: Calibration) -> Counter {
        Counter { calibration, ..self }
    }

    /// Whether it counts rather than estimates.
    pub fn is_exact(&self) -> bool {
        matches!(self.encoding, Encoding::Own { .. })
    }

    /// The name of the vocabulary it counts with.
    pub fn vocabulary(&self) -> &'static str {
        match self.known() {
            Known::O200k => "o200k_base",
            Known::Cl100k => "cl100k_base",
        }
    }

    /// How many reports of its server it has learned from.
    pub fn reports(&self) -> u32 {
        self.calibration.reports()
    }

    /// Tokens of a text by itself.
    pub fn count(&self, text: &str) -> Count {
        let tokens = self.raw(text);
        match self.encoding {
            Encoding::Own { .. } => Count { tokens, exact: true },
            Encoding::Like(_) => Count { tokens: self.calibration.fit(self.prior()).text(tokens), exact: false },
        }
    }

    /// Tokens of a whole prompt, with what the chat format adds to each message, and the answer's schema to the prompt.
    pub fn prompt(&self, messages: &[PromptMessage], schema: Option<&serde_json::Value>) -> Count {
        self.prompt_of(self.measure(messages, schema))
    }

    /// Tokens of a prompt that was measured.
    pub fn prompt_of(&self, measure: Measure) -> Count {
        match self.encoding {
            Encoding::Own { documented: true, .. } if measure.schema == 0 => {
                Count { tokens: measure.documented(), exact: true }
            }
            _ => Count { tokens: self.calibration.fit(self.prior()).prompt(measure), exact: false },
        }
    }

    /// A prompt as this counter's vocabulary measures it: what `Calibration::observe` is to be told beside the server's count.
    pub fn measure(&self, messages: &[PromptMessage], schema: Option<&serde_json::Value>) -> Measure {
        Measure {
            text: messages.iter().fold(0, |sum, m| self.raw(&m.text).saturating_add(sum)),
            messages: u32::try_from(messages.len()).unwrap_or(u32::MAX),
            schema: schema.map_or(0, |schema| self.raw(&schema.to_string())),
        }
    }

    fn known(&self) -> Known {
        match self.encoding {
            Encoding::Own { vocabulary, .. } => vocabulary,
            Encoding::Like(_) => Known::O200k,
        }
    }

    fn raw(&self, text: &str) -> u32 {
        tokens(self.known().vocabulary(), text)
    }

    fn prior(&self) -> Prior {
        match self.encoding {
            Encoding::Own { .. } => Prior { ratio: 1.0, spread: 0.002 },
            Encoding::Like(ratio) => Prior { ratio, spread: 0.4 },
        }
    }
}

/// The vocabulary of a model by its name, without the provider or namespace before it.
fn encoding(model: &str) -> Encoding {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    let vocabulary = match get_tokenizer(&name) {
        Some(Tokenizer::O200kBase | Tokenizer::O200kHarmony) => Some(Known::O200k),
        Some(Tokenizer::Cl100kBase) => Some(Known::Cl100k),
        _ => name.starts_with("gpt-oss").then_some(Known::O200k),
    };
    if let Some(vocabulary) = vocabulary {
        // What the chat format adds is documented for these only; others put sentences of their own before a prompt.
        let documented = name.starts_with("gpt-4") || name.starts_with("gpt-3.5");
        return Encoding::Own { vocabulary, documented };
    }
    // Where to begin until the server's own counts are known: deliberately on the high side, since a window that
    // overflows and a limit that is passed are worse than a little room left.
    Encoding::Like(if name.starts_with("claude") { 1.25 } else { 1.1 })
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

    fn message(text: &str) -> PromptMessage {
        PromptMessage { role: Role::User, text: text.to_owned(), cache_until_here: false }
    }

    #[test]
    fn a_prompt_counts_what_the_chat_format_adds() {
        let counter = counter("openai/gpt-4o");
        assert_eq!(counter.prompt(&[], None), Count { tokens: 3, exact: true });
        assert_eq!(counter.prompt(&[message("hello"), message("hello world")], None).tokens, 3 + 4 + 1 + 4 + 2);
    }

    #[test]
    fn a_prompt_is_exact_only_where_the_chat_format_is_documented_and_no_schema_is_sent() {
        let (messages, schema) = ([message("hello")], serde_json::json!({"type": "object"}));
        assert!(counter("openai/gpt-4.1").prompt(&messages, None).exact);
        assert!(!counter("openai/gpt-4.1").prompt(&messages, Some(&schema)).exact);
        assert!(!counter("openai/gpt-5").prompt(&messages, None).exact, "only the text is");
        assert!(!counter("anthropic/claude-sonnet-4-5").prompt(&messages, None).exact);
    }

    #[test]
    fn an_estimate_is_raised_where_it_must_not_be_too_low() {
        assert_eq!(Count { tokens: 1_000, exact: false }.upper(), 1_150);
        assert_eq!(Count { tokens: 1_000, exact: true }.upper(), 1_000);
        assert_eq!(Count { tokens: 1, exact: false }.upper(), 16);
        assert_eq!(Count { tokens: u32::MAX, exact: false }.upper(), u32::MAX);
    }

    /// A tokenizer that is none of ours, with a smaller vocabulary: long words fall into one part more, digits stand alone.
    fn foreign(text: &str) -> u32 {
        let vocabulary = Vocabulary::cl100k();
        let cost = |piece: &str| match piece.trim().chars().next() {
            Some(c) if c.is_ascii_digit() => piece.len() as u32,
            Some(_) if piece.len() > 6 => vocabulary.merge(piece) + 1,
            _ => vocabulary.merge(piece),
        };
        vocabulary.split(text).map(cost).sum()
    }

    /// What a server with that tokenizer and a wordy chat format reports.
    fn reported(messages: &[PromptMessage], schema: Option<&serde_json::Value>) -> u32 {
        let texts: u32 = messages.iter().map(|m| foreign(&m.text) + 9).sum();
        texts + 31 + schema.map_or(0, |s| foreign(&s.to_string()) + 12)
    }

    /// Prompts as a run sends them: instructions, material from here and there, a task; now and then a schema.
    fn prompts() -> Vec<(Vec<PromptMessage>, Option<serde_json::Value>)> {
        let material = [
            include_str!("mod.rs"),
            include_str!("../ledger.rs"),
            include_str!("split.rs"),
            include_str!("../price.rs"),
            include_str!("../limit.rs"),
            include_str!("../../../docs/GRAPH.md"),
        ];
        let schema = serde_json::json!({"type": "object", "properties": {"summary": {"type": "string"}, "steps":
            {"type": "array", "items": {"type": "string"}}}, "required": ["summary", "steps"]});
        let piece = |seed: usize| {
            let text = material[seed % material.len()];
            let lines: Vec<&str> = text.lines().collect();
            let from = seed * 37 % (lines.len() / 2);
            lines[from..(from + 15 + seed * 13 % 90).min(lines.len())].join("\n")
        };
        (0..40)
            .map(|n| {
                let mut messages = vec![message("You write code with care and say what you do.")];
                if n % 3 > 0 {
                    let material = (0..1 + n % 4).map(|part| piece(n * 7 + part * 5)).collect::<Vec<_>>().join("\n\n");
                    messages.extend([message(&material), message("I have read it. What is to be done?")]);
                }
                messages.push(message(&format!("Do this:\n{}", piece(n * 3 + 1))));
                (messages, (n % 5 < 2).then(|| schema.clone()))
            })
            .collect()
    }

    #[test]
    fn after_ten_requests_nine_estimates_in_ten_are_within_five_percent_whatever_tokenizer_and_chat_format() {
        for model in ["ollama/qwen2.5-coder:7b", "anthropic/claude-sonnet-4-5"] {
            let mut calibration = Calibration::default();
            let plain = counter(model);
            let prompts = prompts();
            let far = |counter: Counter| {
                let off = |(messages, schema): &(Vec<PromptMessage>, Option<serde_json::Value>)| {
                    let (true_count, schema) = (reported(messages, schema.as_ref()), schema.as_ref());
                    f64::from(counter.prompt(messages, schema).tokens) / f64::from(true_count) - 1.0
                };
                let mut all: Vec<f64> = prompts[10..].iter().map(off).map(f64::abs).collect();
                all.sort_by(f64::total_cmp);
                (all.iter().sum::<f64>() / all.len() as f64, all[all.len() * 9 / 10 - 1], all[all.len() - 1])
            };
            let before = far(plain);
            for (messages, schema) in &prompts[..10] {
                calibration.observe(plain.measure(messages, schema.as_ref()), reported(messages, schema.as_ref()));
            }
            let after = far(plain.calibrated(calibration));
            let told = format!("{model}: mean, nine in ten and worst {before:.3?} before, {after:.3?} after");
            assert!(before.1 > 0.06 && after.0 < 0.03 && after.1 < 0.05 && after.2 < 0.1, "{told}");
            eprintln!("{told}");
        }
    }

    #[test]
    fn of_a_known_tokenizer_only_the_chat_format_is_learned() {
        let model = counter("openai/gpt-5");
        let mut calibration = Calibration::default();
        let messages = [message(&"some words of a prompt ".repeat(40)), message("and a task")];
        let measure = model.measure(&messages, None);
        for _ in 0..10 {
            calibration.observe(measure, measure.text + 40);
        }
        let learned = model.calibrated(calibration);
        assert!(learned.prompt(&messages, None).tokens.abs_diff(measure.text + 40) <= 3);
        assert_eq!(learned.count("hello world"), Count { tokens: 2, exact: true });
    }
}
