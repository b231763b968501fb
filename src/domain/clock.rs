//! Time as data. The shell stamps every event; pure code only ever compares and subtracts stamps.

use serde::{Deserialize, Serialize};

/// Microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds from `earlier` to `self`; 0 if the clock went backwards in between.
    pub fn millis_since(self, earlier: Timestamp) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0) / 1000).unwrap_or(0)
    }

    /// The day this moment falls in, counted from the Unix epoch, in a zone that lies `offset_seconds` east of UTC.
    pub fn day(self, offset_seconds: i32) -> i64 {
        (self.0.div_euclid(1_000_000) + i64::from(offset_seconds)).div_euclid(86_400)
    }
}

/// How long ago, in words.
pub fn age(millis: u64) -> String {
    match millis / 60_000 {
        0 => "just now".to_owned(),
        minutes @ 1..60 => format!("{minutes} min ago"),
        minutes @ 60..1440 => format!("{} h ago", minutes / 60),
        minutes => format!("{} d ago", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_that_no_clock_gives_are_no_panic() {
        assert_eq!(Timestamp(i64::MAX).millis_since(Timestamp(i64::MIN)), i64::MAX as u64 / 1000);
        assert_eq!(Timestamp(i64::MIN).millis_since(Timestamp(i64::MAX)), 0);
    }
}
