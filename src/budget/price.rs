//! What models cost: the dated list, the user's corrections, and the arithmetic of one request.
//!
//! It refuses to take an unknown price for nothing, and to guess the price of a model from that of its namesakes.

use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::{Locality, ModelRef, Usage};
use crate::domain::money::Money;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// The list that ships. `assets/prices.toml` is written as a user would write it.
const PRESET: &str = include_str!("../../assets/prices.toml");

/// Rates in US dollars a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// A prompt token that no cache has to do with.
    pub input: f64,
    /// A token of the answer.
    pub output: f64,
    /// A prompt token read from the provider's cache.
    pub cache_read: f64,
    /// A prompt token written to the provider's cache.
    pub cache_write: f64,
}

/// The price of a model that is on the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// The rates of an ordinary request.
    pub rates: Rates,
    /// Rates of requests whose prompt is longer than so many tokens, shortest first.
    pub tiers: Vec<(u32, Rates)>,
    /// When the figures were last seen, `YYYY-MM-DD`.
    pub as_of: String,
    /// Where, as a URL.
    pub source: String,
}

/// What a model costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Price {
    /// It runs on this machine.
    Free,
    /// It is on the list.
    Known(Listed),
    /// It is not on the list. Never to be shown or counted as nothing.
    Unknown,
}

impl Listed {
    /// The rates of a request with a prompt of so many tokens, cached ones included.
    fn rates_for(&self, prompt_tokens: u32) -> Rates {
        self.tiers.iter().rev().find(|(above, _)| prompt_tokens > *above).map_or(self.rates, |(_, rates)| *rates)
    }
}

/// The most a request can cost: every prompt token at the dearest rate it may have, the answer at its full length,
/// rounded up. `None` if the price is unknown.
pub fn worst_case(price: &Price, prompt_tokens: u32, max_output: u32) -> Option<Money> {
    match price {
        Price::Free => Some(Money::ZERO),
        Price::Unknown => None,
        Price::Known(listed) => {
            // A prompt that turns out shorter may fall into a tier below, which need not be the cheaper one.
            let reached = listed.tiers.iter().filter(|(above, _)| prompt_tokens > *above).map(|(_, rates)| rates);
            let of = |rates: &Rates| {
                let dearest = rates.input.max(rates.cache_write).max(rates.cache_read);
                Money::for_tokens(u64::from(prompt_tokens), dearest)
                    + Money::for_tokens(u64::from(max_output), rates.output)
            };
            Some(reached.map(of).fold(of(&listed.rates), Money::max))
        }
    }
}

/// What a request cost, by the tokens the server counted. `None` if the price is unknown.
pub fn cost(price: &Price, usage: &Usage) -> Option<Money> {
    match price {
        Price::Free => Some(Money::ZERO),
        Price::Unknown => None,
        Price::Known(listed) => {
            let rates = listed.rates_for(usage.input);
            let plain = usage.input.saturating_sub(usage.cache_read).saturating_sub(usage.cache_write);
            let parts = [
                (plain, rates.input),
                (usage.cache_read, rates.cache_read),
                (usage.cache_write, rates.cache_write),
                (usage.output, rates.output),
            ];
            Some(parts.into_iter().map(|(tokens, rate)| Money::for_tokens(u64::from(tokens), rate)).sum())
        }
    }
}

/// The list, with the user's lines before ours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PriceList {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    provider: String,
    model: String,
    listed: Listed,
}

impl PriceList {
    /// The list that ships.
    pub fn preset() -> PriceList {
        PriceList::parse("assets/prices.toml", PRESET).expect("the list that ships is tested")
    }

    /// Reads a list. `name` is how errors call the file.
    ///
    /// # Errors
    /// Names file and line, what is wrong, and what to write instead.
    pub fn parse(name: &str, text: &str) -> Result<PriceList, Failure> {
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(name, text, at, error.message())
        })?;
        let entries = file.price.into_iter().map(|raw| {
            let at = raw.span().start;
            raw.into_inner().check().map_err(|what| wrong(name, text, at, &what))
        });
        Ok(PriceList { entries: entries.collect::<Result<_, _>>()? })
    }

    /// This list with the lines of `other` taking precedence.
    pub fn overridden_by(self, mut other: PriceList) -> PriceList {
        other.entries.extend(self.entries);
        other
    }

    /// What a model costs. What runs on this machine is free, whatever the list says.
    pub fn price(&self, model: &ModelRef, locality: Locality) -> Price {
        if locality != Locality::Remote {
            return Price::Free;
        }
        self.entries
            .iter()
            .find(|entry| entry.provider.eq_ignore_ascii_case(&model.provider) && matches(&entry.model, &model.model))
            .map_or(Price::Unknown, |entry| Price::Known(entry.listed.clone()))
    }

    /// How many lines it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no line.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Whether a model's name is `pattern`, or that with a date behind it. `*` in the pattern stands for anything.
fn matches(pattern: &str, model: &str) -> bool {
    glob(pattern.as_bytes(), model.as_bytes()) || model.strip_prefix(pattern).is_some_and(is_date)
}

/// `-YYYYMMDD` or `-YYYY-MM-DD`.
fn is_date(suffix: &str) -> bool {
    let shape: String = suffix.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    matches!(shape.as_str(), "-00000000" | "-0000-00-00")
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            (p, t) = (at + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

fn wrong(name: &str, text: &str, at: usize, what: &str) -> Failure {
    let line = text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
    Failure::fatal(
        FailureKind::Config,
        format!(
            "{name}:{line}: {what}. A price needs provider, model, input, output (dollars a million tokens), as_of and source."
        ),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    price: Vec<Spanned<RawEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    provider: String,
    model: String,
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
    as_of: String,
    source: String,
    #[serde(default)]
    tier: Vec<RawTier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTier {
    above: u32,
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
}

impl RawEntry {
    fn check(self) -> Result<Entry, String> {
        let named = format!("`{}/{}`", self.provider, self.model);
        if self.provider.is_empty() || self.model.is_empty() {
            return Err(format!("the price of {named} names no provider or no model"));
        }
        if self.as_of.parse::<jiff::civil::Date>().is_err() {
            return Err(format!("`{}` in the price of {named} is no date; write YYYY-MM-DD", self.as_of));
        }
        let rates = rates(&named, self.input, self.output, self.cache_read, self.cache_write)?;
        let mut tiers = Vec::new();
        for tier in self.tier {
            let rates = self::rates(&named, tier.input, tier.output, tier.cache_read, tier.cache_write)?;
            tiers.push((tier.above, rates));
        }
        tiers.sort_by_key(|(above, _)| *above);
        if tiers.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(format!("the price of {named} has two tiers above the same number of tokens"));
        }
        let listed = Listed { rates, tiers, as_of: self.as_of, source: self.source };
        Ok(Entry { provider: self.provider, model: self.model, listed })
    }
}

fn rates(
    named: &str,
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
) -> Result<Rates, String> {
    let rates =
        Rates { input, output, cache_read: cache_read.unwrap_or(input), cache_write: cache_write.unwrap_or(input) };
    let all = [rates.input, rates.output, rates.cache_read, rates.cache_write];
    match all.into_iter().find(|rate| !(0.0..=100_000.0).contains(rate)) {
        Some(rate) => Err(format!("{rate} in the price of {named} is no amount of dollars a million tokens")),
        None => Ok(rates),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(model: &str) -> Price {
        PriceList::preset().price(&ModelRef::parse(model).unwrap(), Locality::Remote)
    }

    fn usd(usd: f64) -> Option<Money> {
        Money::from_usd(usd)
    }

    #[test]
    fn a_model_is_found_by_its_name_with_or_without_a_date_and_never_by_a_namesake() {
        for (model, input) in [
            ("anthropic/claude-sonnet-4-5", Some(3.0)),
            ("anthropic/claude-sonnet-4-5-20250929", Some(3.0)),
            ("Anthropic/claude-haiku-4-5", Some(1.0)),
            ("openai/gpt-5", Some(1.25)),
            ("openai/gpt-5-2025-08-07", Some(1.25)),
            ("openai/gpt-5-mini", Some(0.25)),
            ("openrouter/anthropic/claude-sonnet-4.5", Some(3.0)),
            ("openai/gpt-5-pro", None),
            ("openai/gpt-5-2025", None),
            ("openai/my-gpt-5", None),
            ("somewhere/gpt-5", None),
        ] {
            let found = match remote(model) {
                Price::Known(listed) => Some(listed.rates.input),
                _ => None,
            };
            assert_eq!(found, input, "{model}");
        }
    }

    #[test]
    fn every_line_that_ships_has_a_date_a_source_and_dearer_answers_than_cached_prompts() {
        let list = PriceList::preset();
        assert!(list.len() > 40);
        for entry in &list.entries {
            let named = format!("{}/{}", entry.provider, entry.model);
            assert!(entry.listed.source.starts_with("https://"), "{named}");
            for rates in std::iter::once(&entry.listed.rates).chain(entry.listed.tiers.iter().map(|(_, r)| r)) {
                assert!(rates.output >= rates.input && rates.input >= rates.cache_read, "{named}: {rates:?}");
                assert!(rates.cache_write >= rates.input, "{named}: {rates:?}");
            }
            let twins = list.entries.iter().filter(|e| e.provider == entry.provider && e.model == entry.model);
            assert_eq!(twins.count(), 1, "{named} is there twice");
        }
    }

    #[test]
    fn what_runs_here_is_free_and_what_is_not_listed_is_unknown_and_not_nothing() {
        let list = PriceList::preset();
        let model = ModelRef::parse("ollama/qwen2.5-coder:7b").unwrap();
        for locality in [Locality::Embedded, Locality::Loopback] {
            let price = list.price(&model, locality);
            assert_eq!(price, Price::Free);
            assert_eq!(worst_case(&price, 1_000_000, 1_000_000), Some(Money::ZERO));
        }
        let price = list.price(&model, Locality::Remote);
        assert_eq!((worst_case(&price, 1, 1), cost(&price, &Usage::default())), (None, None));
    }

    #[test]
    fn cached_tokens_are_billed_at_their_own_rates_and_not_twice() {
        let usage =
            Usage { input: 100_000, cache_read: 80_000, cache_write: 15_000, output: 1_000, ..Usage::default() };
        // 5,000 × $3 + 80,000 × $0.30 + 15,000 × $3.75 + 1,000 × $15, a million tokens each.
        assert_eq!(cost(&remote("anthropic/claude-sonnet-4-5"), &usage), usd(0.015 + 0.024 + 0.05625 + 0.015));
        // OpenAI bills no write: 20,000 × $1.25 + 80,000 × $0.125 + 1,000 × $10.
        assert_eq!(cost(&remote("openai/gpt-5"), &usage), usd(0.025 + 0.01 + 0.01));
    }

    #[test]
    fn a_long_prompt_is_billed_whole_at_its_tier() {
        let price = remote("gemini/gemini-2.5-pro");
        let tokens = |input| Usage { input, output: 100, ..Usage::default() };
        assert_eq!(cost(&price, &tokens(200_000)), usd(0.25 + 0.001));
        assert_eq!(cost(&price, &tokens(200_001)), usd(0.500_002_5 + 0.001_5));
    }

    #[test]
    fn the_worst_case_of_a_long_prompt_is_that_of_a_shorter_one_where_long_ones_are_cheaper() {
        let text = "[[price]]\nprovider = \"p\"\nmodel = \"m\"\ninput = 4.0\noutput = 8.0\nas_of = \"2026-01-01\"\nsource = \"a test\"\n\
                    [[price.tier]]\nabove = 1000\ninput = 1.0\noutput = 2.0\n";
        let model = ModelRef::parse("p/m").unwrap();
        let price = PriceList::parse("p", text).unwrap().price(&model, Locality::Remote);
        let shorter = Usage { input: 990, output: 10, ..Usage::default() };
        assert!(worst_case(&price, 1_100, 10) >= cost(&price, &shorter));
    }

    #[test]
    fn no_usage_within_its_bounds_costs_more_than_the_worst_case() {
        for model in ["anthropic/claude-haiku-5-5", "openai/gpt-5.5", "deepseek/deepseek-flash"] {
            let price = remote(model);
            for input in [0, 1, 999, 100_000, 100_001, 272_001, 900_000] {
                for (read, write) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2)] {
                    let usage = Usage {
                        input,
                        cache_read: input / 2 * read,
                        cache_write: input / 2 * write,
                        output: 777,
                        ..Usage::default()
                    };
                    assert!(cost(&price, &usage) <= worst_case(&price, input, 777), "{model} {usage:?}");
                }
            }
        }
    }

    #[test]
    fn the_users_lines_take_precedence_and_may_stand_for_many_models() {
        let own = PriceList::parse(
            "prices.toml",
            "[[price]]\nprovider = \"openrouter\"\nmodel = \"*:free\"\ninput = 0\noutput = 0\nas_of = \"2026-01-01\"\nsource = \"mine\"\n\
             [[price]]\nprovider = \"openai\"\nmodel = \"gpt-5\"\ninput = 9\noutput = 9\nas_of = \"2026-01-01\"\nsource = \"mine\"\n",
        )
        .unwrap();
        let list = PriceList::preset().overridden_by(own);
        let price = |model: &str| list.price(&ModelRef::parse(model).unwrap(), Locality::Remote);
        assert_eq!(cost(&price("openrouter/qwen/qwen3:free"), &Usage { input: 9, ..Usage::default() }), usd(0.0));
        assert!(matches!(price("openai/gpt-5"), Price::Known(listed) if listed.rates.input == 9.0));
    }

    #[test]
    fn a_wrong_list_is_refused_with_file_line_and_what_to_write() {
        let good = "provider = \"p\"\nmodel = \"m\"\ninput = 1\noutput = 2\nas_of = \"2026-01-01\"\nsource = \"s\"\n";
        for (text, line, what) in [
            (format!("[[price]]\n{good}\n[[price]]\n{}", good.replace("= 1", "= -1")), 9, "-1 in the price of `p/m`"),
            (format!("[[price]]\n{}", good.replace("2026-01-01", "soon")), 1, "`soon` in the price"),
            (format!("[[price]]\n{good}inptu = 3\n"), 8, "inptu"),
            (format!("[[price]]\n{}", good.replace("input = 1\n", "")), 1, "missing field `input`"),
            (format!("[[price]]\n{}", good.replace("= 1", "= \"1\"")), 4, "invalid type"),
            (format!("[[price]]\n{}", good.replace("= 1", "= nan")), 1, "NaN in the price"),
            ("[[price]\n".to_owned(), 1, ""),
        ] {
            let failure = PriceList::parse("prices.toml", &text).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Config);
            assert!(failure.message.starts_with(&format!("prices.toml:{line}: ")), "{text}\n{}", failure.message);
            assert!(failure.message.contains(what), "{text}\n{}", failure.message);
        }
        assert!(PriceList::parse("prices.toml", "").unwrap().is_empty());
    }
}
