//! How patterns fared: a fold over outcomes that nudges their ranking a little. It never lifts a pattern over the
//! threshold, nor pushes one below.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most that a record of outcomes moves a score.
const MOST: f64 = 0.05;
/// Outcomes it takes to count fully half of [`MOST`]: a prior, so that one rejection is no verdict.
const PRIOR: f64 = 5.0;

/// What became of a proposal that a pattern made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was proposed.
    Used,
    /// The user accepted at least one hunk.
    Accepted,
    /// The user rejected all of it.
    Rejected,
}

/// Counts for one pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Times it was proposed.
    pub uses: u32,
    /// Times it was accepted.
    pub accepted: u32,
    /// Times it was rejected.
    pub rejected: u32,
}

/// Counts for all patterns, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageStats {
    tallies: BTreeMap<String, Tally>,
}

impl UsageStats {
    /// No outcomes.
    pub fn none() -> &'static UsageStats {
        static NONE: UsageStats = UsageStats { tallies: BTreeMap::new() };
        &NONE
    }

    /// Adds one outcome.
    pub fn record(&mut self, pattern: &str, outcome: Outcome) {
        let tally = self.tallies.entry(pattern.to_owned()).or_default();
        let count = match outcome {
            Outcome::Used => &mut tally.uses,
            Outcome::Accepted => &mut tally.accepted,
            Outcome::Rejected => &mut tally.rejected,
        };
        *count = count.saturating_add(1);
    }

    /// Puts counts that were kept in place of what is known of a pattern.
    pub fn restore(&mut self, pattern: &str, tally: Tally) {
        self.tallies.insert(pattern.to_owned(), tally);
    }

    /// The counts of a pattern; zero for one that was never used.
    pub fn tally(&self, pattern: &str) -> Tally {
        self.tallies.get(pattern).copied().unwrap_or_default()
    }

    /// Every pattern that was used, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Tally)> {
        self.tallies.iter().map(|(name, tally)| (name.as_str(), *tally))
    }

    /// What to add to the pattern's score: between -0.05 and 0.05.
    pub fn nudge(&self, pattern: &str) -> f64 {
        let tally = self.tally(pattern);
        let (accepted, rejected) = (f64::from(tally.accepted), f64::from(tally.rejected));
        MOST * (accepted - rejected) / (accepted + rejected + PRIOR)
    }
}

impl<'a> FromIterator<(&'a str, Outcome)> for UsageStats {
    fn from_iter<I: IntoIterator<Item = (&'a str, Outcome)>>(outcomes: I) -> Self {
        let mut stats = UsageStats::default();
        for (pattern, outcome) in outcomes {
            stats.record(pattern, outcome);
        }
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nudge_follows_the_outcomes_and_stays_small() {
        let good: UsageStats = std::iter::repeat_n(("a", Outcome::Accepted), 1_000).collect();
        let bad: UsageStats = std::iter::repeat_n(("a", Outcome::Rejected), 1_000).collect();
        assert!(good.nudge("a") > 0.04 && good.nudge("a") <= MOST);
        assert!(bad.nudge("a") < -0.04 && bad.nudge("a") >= -MOST);
        assert_eq!(good.nudge("never used"), 0.0);
        assert!(UsageStats::from_iter([("a", Outcome::Rejected)]).nudge("a") > -0.01);
    }
}
