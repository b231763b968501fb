//! What became of findings like one before: which rung was tried against them, and how often that helped.

use super::clock::{Timestamp, age};
use super::rung::RungKind;
use serde::{Deserialize, Serialize};

/// A finding that an attempt at healing was made against, and whether it was turned away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// What all findings of its kind have in common.
    pub key: String,
    /// What it said, in one line.
    pub message: String,
    /// Whether it was gone afterwards.
    pub helped: bool,
}

/// The same as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// What the finding said.
    pub message: String,
    /// What was tried.
    pub rung: RungKind,
    /// What that did, one phrase; empty where only a model knows.
    pub what: String,
    /// The model that was asked.
    pub model: Option<String>,
    /// Which attempt of its run it was, from 1.
    pub attempt: u32,
    /// Whether it helped.
    pub helped: bool,
    /// When.
    pub at: Timestamp,
}

/// How often a rung helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The rung.
    pub rung: RungKind,
    /// Times it was tried.
    pub tried: u64,
    /// Times it helped.
    pub helped: u64,
}

/// All that is known of findings of a kind in a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Similar {
    /// What they have in common: tool, rule, class and message without names and numbers.
    pub key: String,
    /// How each rung has fared against them, the most often tried first.
    pub tallies: Vec<Tally>,
    /// The newest of them, those that were turned away first.
    pub newest: Vec<Past>,
}

impl Similar {
    /// In one line: "seen before: tool fix helped 2 of 2, model 0 of 1; mended 3 d ago by tool fix (attempt 2): …".
    pub fn words(&self, now: Timestamp) -> String {
        let tally = |t: &Tally| format!("{} helped {} of {}", t.rung.word(), t.helped, t.tried);
        let tallies: Vec<String> = self.tallies.iter().map(tally).collect();
        let mut text = format!("seen before: {}", tallies.join(", "));
        if let Some(past) = self.newest.first() {
            let ended = if past.helped { "mended" } else { "not mended" };
            let ago = age(now.millis_since(past.at));
            let by = past.model.as_deref().unwrap_or(past.rung.word());
            text.push_str(&format!("; {ended} {ago} by {by} (attempt {})", past.attempt));
            if !past.what.is_empty() {
                text.push_str(&format!(": {}", past.what));
            }
        }
        text
    }

    /// The tool and the rule of its findings, the class of the error, and what their messages have in common.
    pub fn parts(&self) -> [&str; 4] {
        let mut parts = self.key.split('\u{1f}');
        std::array::from_fn(|_| parts.next().unwrap_or_default())
    }
}
