//! Which model to offer instead of the current one when money runs short.
//!
//! It refuses to switch silently: every change is a suggestion with its reason. It refuses to call an unknown price cheap.

use super::price::{Listed, Price};
use crate::domain::model::{Locality, ModelInfo, ModelRef};
use serde::{Deserialize, Serialize};

/// A model that could be used, and what it costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// What is known of it.
    pub info: ModelInfo,
    /// What it costs.
    pub price: Price,
}

/// A model to offer, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The model.
    pub model: ModelRef,
    /// One sentence without a full stop.
    pub why: String,
}

/// Models that cost less than `current`, in the order to offer them: those on this machine (largest first), then by
/// rising price, and last the embedded patterns, which are no model. Empty if `current` costs nothing.
pub fn cheaper(current: &ModelRef, candidates: &[Candidate]) -> Vec<Suggestion> {
    let now = candidates.iter().find(|c| c.info.reference == *current).map(|c| &c.price);
    if now == Some(&Price::Free) {
        return Vec::new();
    }
    let ceiling = match now {
        Some(Price::Known(listed)) => blended(listed),
        // Whatever has a price is better known than what has none.
        _ => f64::INFINITY,
    };
    let mut offers: Vec<(u8, f64, &Candidate)> = candidates
        .iter()
        .filter(|c| c.info.reference != *current)
        .filter_map(|c| match (&c.price, c.info.locality) {
            (_, Locality::Embedded) => Some((2, 0.0, c)),
            (_, Locality::Loopback) => Some((0, -f64::from(c.info.parameters_b.unwrap_or(0.0)), c)),
            (Price::Free, Locality::Remote) => Some((1, 0.0, c)),
            (Price::Known(listed), _) if blended(listed) < ceiling => Some((1, blended(listed), c)),
            _ => None,
        })
        .collect();
    offers.sort_by(|a, b| {
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then_with(|| a.2.info.reference.cmp(&b.2.info.reference))
    });
    offers
        .into_iter()
        .map(|(_, _, c)| Suggestion { model: c.info.reference.clone(), why: why_cheaper(c, now) })
        .collect()
}

/// The next model up from `current`: on this machine the smallest larger one there, elsewhere the next dearer one of the same
/// provider whose price is known. `None` if there is none: what is free never leads to what costs money by itself.
pub fn stronger(current: &ModelRef, candidates: &[Candidate]) -> Option<Suggestion> {
    let own = candidates.iter().find(|c| c.info.reference == *current)?;
    let size = |c: &Candidate| match (c.info.locality, &c.price) {
        (Locality::Loopback, _) => c.info.parameters_b.map(f64::from),
        (Locality::Remote, Price::Known(listed)) => Some(blended(listed)),
        _ => None,
    };
    let here = size(own)?;
    let is_peer = |c: &&Candidate| match own.info.locality {
        Locality::Loopback => c.info.locality == Locality::Loopback,
        _ => c.info.reference.provider == current.provider,
    };
    let larger = candidates.iter().filter(is_peer).filter_map(|c| Some((size(c)?, c))).filter(|(s, _)| *s > here);
    let (_, next) =
        larger.min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.info.reference.cmp(&b.1.info.reference)))?;
    let why = match own.info.locality {
        Locality::Loopback => "the next larger model on this machine",
        _ => "the next dearer model of the same provider",
    };
    Some(Suggestion { model: next.info.reference.clone(), why: why.to_owned() })
}

/// Dollars a million tokens of a typical request of ours: three prompt tokens for each token of the answer.
fn blended(listed: &Listed) -> f64 {
    (3.0 * listed.rates.input + listed.rates.output) / 4.0
}

fn why_cheaper(candidate: &Candidate, now: Option<&Price>) -> String {
    match (&candidate.price, candidate.info.locality) {
        (_, Locality::Embedded) => "embedded patterns, no model: free and offline".to_owned(),
        (_, Locality::Loopback) => "runs on this machine: free".to_owned(),
        (Price::Known(listed), Locality::Remote) => {
            let rates = format!("${} in, ${} out a million tokens", listed.rates.input, listed.rates.output);
            match now {
                Some(Price::Known(current)) if blended(current) > 0.0 => {
                    let percent = (100.0 * blended(listed) / blended(current)).round().max(1.0);
                    format!("about {percent} % of the current price ({rates})")
                }
                _ => format!("its price is known ({rates})"),
            }
        }
        (_, Locality::Remote) => "free".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::price::PriceList;
    use super::*;
    use crate::domain::model::Structured;

    fn candidate(model: &str, locality: Locality, parameters_b: Option<f32>) -> Candidate {
        let reference = ModelRef::parse(model).unwrap();
        let price = PriceList::preset().price(&reference, locality);
        let info = ModelInfo {
            reference,
            locality,
            window: None,
            max_output: None,
            parameters_b,
            structured: Structured::None,
            note: String::new(),
        };
        Candidate { info, price }
    }

    fn candidates() -> Vec<Candidate> {
        vec![
            candidate("anthropic/claude-opus-4-5", Locality::Remote, None),
            candidate("anthropic/claude-haiku-4-5", Locality::Remote, None),
            candidate("openai/gpt-5-mini", Locality::Remote, None),
            candidate("openai/unheard-of", Locality::Remote, None),
            candidate("embedded/patterns", Locality::Embedded, None),
            candidate("ollama/small", Locality::Loopback, Some(3.0)),
            candidate("ollama/large", Locality::Loopback, Some(14.0)),
        ]
    }

    fn offered(current: &str) -> Vec<String> {
        let current = ModelRef::parse(current).unwrap();
        cheaper(&current, &candidates()).into_iter().map(|s| s.model.to_string()).collect()
    }

    #[test]
    fn local_models_come_first_then_known_prices_rising_and_unknown_ones_never() {
        assert_eq!(
            offered("anthropic/claude-opus-4-5"),
            ["ollama/large", "ollama/small", "openai/gpt-5-mini", "anthropic/claude-haiku-4-5", "embedded/patterns"]
        );
        assert_eq!(offered("openai/gpt-5-mini"), ["ollama/large", "ollama/small", "embedded/patterns"]);
        assert_eq!(offered("ollama/large"), Vec::<String>::new());
        assert_eq!(offered("openai/unheard-of").len(), 6, "all that has a price is better known");
    }

    #[test]
    fn the_next_model_up_is_of_the_same_place_and_never_where_free_becomes_paid() {
        let up =
            |current: &str| stronger(&ModelRef::parse(current).unwrap(), &candidates()).map(|s| s.model.to_string());
        assert_eq!(up("ollama/small").as_deref(), Some("ollama/large"));
        assert_eq!(up("anthropic/claude-haiku-4-5").as_deref(), Some("anthropic/claude-opus-4-5"));
        for last in ["ollama/large", "anthropic/claude-opus-4-5", "openai/unheard-of", "embedded/patterns"] {
            assert_eq!(up(last), None, "{last}");
        }
    }

    #[test]
    fn each_offer_says_why() {
        let current = ModelRef::parse("anthropic/claude-opus-4-5").unwrap();
        let why: Vec<String> = cheaper(&current, &candidates()).into_iter().map(|s| s.why).collect();
        assert_eq!(why[0], "runs on this machine: free");
        assert_eq!(why[3], "about 20 % of the current price ($1 in, $5 out a million tokens)");
    }
}
