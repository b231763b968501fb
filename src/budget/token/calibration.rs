//! What the counts that a server reports teach about our estimates for its model.
//!
//! It refuses to believe a single report: until there are a few it changes nothing, and no report moves it far.

use serde::{Deserialize, Serialize};

/// Reports before the ratio is used.
const ENOUGH: u32 = 3;
/// Tokens after which older reports begin to count less.
const MEMORY: u64 = 200_000;
/// Prompts shorter than this say more about the chat format than about the text.
const SHORTEST: u32 = 50;

/// A fold over (estimated, reported) prompt tokens of one model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calibration {
    estimated: u64,
    reported: u64,
    reports: u32,
}

impl Calibration {
    /// Takes note of a request: our estimate before calibration (`Counter::raw_prompt`), and the server's count. Reports
    /// that cannot be about the same prompt (under half, over three times) are left out.
    pub fn observe(&mut self, estimated: u32, reported: u32) {
        let plausible = reported >= estimated / 2 && u64::from(reported) <= u64::from(estimated) * 3;
        if estimated < SHORTEST || !plausible {
            return;
        }
        if self.estimated > MEMORY {
            self.estimated /= 2;
            self.reported /= 2;
        }
        self.estimated += u64::from(estimated);
        self.reported += u64::from(reported);
        self.reports = self.reports.saturating_add(1);
    }

    /// An estimate, corrected and rounded up.
    pub fn apply(&self, estimate: u32) -> u32 {
        if self.reports < ENOUGH {
            return estimate;
        }
        let corrected = (u128::from(estimate) * u128::from(self.reported)).div_ceil(u128::from(self.estimated));
        u32::try_from(corrected).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_agreeing_reports_correct_the_estimate_and_one_does_not() {
        let mut calibration = Calibration::default();
        calibration.observe(1_000, 1_200);
        assert_eq!(calibration.apply(500), 500);
        calibration.observe(2_000, 2_400);
        calibration.observe(500, 600);
        assert_eq!(calibration.apply(500), 600);
        assert_eq!(calibration.apply(0), 0);
    }

    #[test]
    fn reports_of_something_else_are_left_out() {
        let mut calibration = Calibration::default();
        for (estimated, reported) in [(1_000, 0), (1_000, 400), (1_000, 3_001), (10, 20), (0, 0), (u32::MAX, 1)] {
            calibration.observe(estimated, reported);
        }
        assert_eq!(calibration, Calibration::default());
    }

    #[test]
    fn newer_reports_outweigh_old_ones() {
        let mut calibration = Calibration::default();
        for _ in 0..1_000 {
            calibration.observe(10_000, 10_000);
        }
        for _ in 0..100 {
            calibration.observe(10_000, 15_000);
        }
        assert!(calibration.apply(1_000) > 1_450, "{}", calibration.apply(1_000));
    }
}
