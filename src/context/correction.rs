//! A quick count of tokens, corrected by a better one that is too dear to choose by. Counts nothing itself.

use crate::domain::context::ContextBundle;

/// What a quick count is raised by beyond what it was seen to lack, since another choice holds other texts.
const MARGIN: f64 = 1.02;

/// By how much a quick count is too low, as far as it was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correction(f64);

impl Default for Correction {
    fn default() -> Correction {
        Correction(1.0)
    }
}

impl Correction {
    /// What the quick count says of a text, corrected.
    pub fn apply(self, tokens: u32) -> u32 {
        (f64::from(tokens) * self.0).ceil() as u32
    }

    /// Takes the better counts of a bundle's items, one each, into the bundle. Where they are more than its budget, the bundle stays as
    /// it was chosen, since it never says more than its budget; then this learns by how much the count that it was chosen by is too low,
    /// and is `false`.
    pub fn settle(&mut self, bundle: &mut ContextBundle, counts: &[u32]) -> bool {
        let total = counts.iter().fold(0, |sum: u32, tokens| sum.saturating_add(*tokens));
        if total > bundle.budget {
            self.0 *= f64::from(total) / f64::from(bundle.tokens.max(1)) * MARGIN;
            return false;
        }
        bundle.items.iter_mut().zip(counts).for_each(|(item, tokens)| item.tokens = *tokens);
        bundle.tokens = total;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::context::{ContextItem, ContextKind};

    #[test]
    fn counts_within_the_budget_take_the_place_of_estimates_and_others_correct_what_is_estimated_next() {
        let item = ContextItem {
            kind: ContextKind::Code,
            label: "a.py".into(),
            lines: Vec::new(),
            text: "x".into(),
            tokens: 40,
            reason: String::new(),
        };
        let chosen = ContextBundle { items: vec![item.clone(), item], tokens: 80, budget: 100, ..Default::default() };
        let (mut bundle, mut correction) = (chosen.clone(), Correction::default());
        assert!(!correction.settle(&mut bundle, &[60, 60]) && bundle == chosen);
        assert_eq!(correction.apply(100), 153);
        assert!(correction.settle(&mut bundle, &[50, 30]));
        assert_eq!((bundle.items[0].tokens, bundle.items[1].tokens, bundle.tokens), (50, 30, 80));
        assert_eq!(correction.apply(100), 153);
    }
}
