//! What the counts that a server reports teach about our counts for its model: how many of its tokens one of ours is, and
//! what its chat format adds to a message, to a prompt and to an answer's schema.
//!
//! A regression that begins from what is known beforehand and is moved by relative errors, so that a small prompt says as
//! much as a large one. It refuses to believe a single report: until there are a few it changes nothing.

use serde::{Deserialize, Serialize};

/// Reports before they are used.
const ENOUGH: u32 = 3;
/// What an older report weighs against the next one: after some thirty a server that changed is believed.
const KEPT: f64 = 0.97;
/// Prompts shorter than this say more about the chat format than about the text.
const SHORTEST: u32 = 50;
/// How far off a report is expected to be from the best line through all of them, relative to the prompt: texts of one
/// model differ that much from each other.
const NOISE: f64 = 0.03;
/// Tokens of a chat message beyond its text: role and delimiters. OpenAI's cookbook, "How to count tokens with tiktoken":
/// three a message and one for the role's name.
pub(super) const PER_MESSAGE: u32 = 4;
/// Tokens that prime the answer, from the same place.
pub(super) const PRIMING: u32 = 3;
/// Parts a prompt is measured by.
const PARTS: usize = 4;

/// A prompt by what its tokens come from, as our own vocabulary counts. What is to be told to a [`Calibration`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Tokens of the texts.
    pub text: u32,
    /// How many messages.
    pub messages: u32,
    /// Tokens of the schema that the answer has to match; 0 without one.
    pub schema: u32,
}

impl Measure {
    fn parts(self) -> [f64; PARTS] {
        [f64::from(self.text), f64::from(self.messages), 1.0, f64::from(self.schema)]
    }

    /// Tokens by OpenAI's documented chat format.
    pub(super) fn documented(self) -> u32 {
        self.text.saturating_add(self.messages.saturating_mul(PER_MESSAGE)).saturating_add(PRIMING)
    }
}

/// What is known of a model's tokenizer before anything is learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prior {
    /// Its tokens for each of ours.
    pub(super) ratio: f64,
    /// By how much that may be wrong.
    pub(super) spread: f64,
}

/// A fold over what servers reported of one model's prompts. Independent of what is known beforehand, so that a kept one
/// stays true when that is corrected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    products: [[f64; PARTS]; PARTS],
    reported: [f64; PARTS],
    reports: u32,
}

impl Calibration {
    /// Takes note of a request: its measure (`Counter::measure`), and the server's count. Reports that cannot be about the
    /// same prompt (under half, over three times) are left out.
    pub fn observe(&mut self, measure: Measure, reported: u32) {
        let expected = measure.documented();
        let plausible = reported >= expected / 2 && u64::from(reported) <= 3 * u64::from(expected);
        if measure.text < SHORTEST || !plausible {
            return;
        }
        let weight = (NOISE * f64::from(expected)).powi(-2);
        let parts = measure.parts();
        for (row, a) in parts.iter().enumerate() {
            for (column, b) in parts.iter().enumerate() {
                let sum = &mut self.products[row][column];
                *sum = *sum * KEPT + weight * a * b;
            }
            self.reported[row] = self.reported[row] * KEPT + weight * a * f64::from(reported);
        }
        self.reports = self.reports.saturating_add(1);
    }

    /// Reports taken note of.
    pub fn reports(&self) -> u32 {
        self.reports
    }

    /// Whether it is a sum of reports, as one that was read from a file may not be.
    pub fn is_sound(&self) -> bool {
        self.products.iter().flatten().chain(&self.reported).all(|sum| sum.is_finite() && *sum >= 0.0)
    }

    /// The line that fits best.
    pub(super) fn fit(&self, prior: Prior) -> Fit {
        // What a message, a prompt and a schema may add, beside the text's own ratio. A schema is a grammar that costs no
        // token on most local servers, and text in front of the prompt elsewhere: half of it stands in the middle.
        let before = [prior.ratio, f64::from(PER_MESSAGE), f64::from(PRIMING), 0.5];
        if self.reports < ENOUGH {
            return Fit(before);
        }
        let spread = [prior.spread, 6.0, 20.0, 0.5];
        let (mut matrix, mut sums) = (self.products, self.reported);
        for part in 0..PARTS {
            let precision = spread[part].powi(-2);
            matrix[part][part] += precision;
            sums[part] += precision * before[part];
        }
        Fit(solve(matrix, sums).map(|part| part.max(0.0)))
    }
}

/// A model's tokens for each part of a prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit([f64; PARTS]);

impl Fit {
    /// Tokens of a text by itself, rounded up.
    pub(super) fn text(&self, tokens: u32) -> u32 {
        (self.0[0] * f64::from(tokens)).ceil() as u32
    }

    /// Tokens of a prompt, rounded up.
    pub(super) fn prompt(&self, measure: Measure) -> u32 {
        self.0.iter().zip(measure.parts()).map(|(a, b)| a * b).sum::<f64>().ceil() as u32
    }
}

/// Solves a symmetric system whose diagonal was raised, so that no pivot is near nothing.
fn solve(mut matrix: [[f64; PARTS]; PARTS], mut sums: [f64; PARTS]) -> [f64; PARTS] {
    for pivot in 0..PARTS {
        for row in pivot + 1..PARTS {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            let above = matrix[pivot];
            matrix[row].iter_mut().zip(above).for_each(|(cell, top)| *cell -= factor * top);
            sums[row] -= factor * sums[pivot];
        }
    }
    let mut solved = [0.0; PARTS];
    for row in (0..PARTS).rev() {
        let rest: f64 = (row + 1..PARTS).map(|column| matrix[row][column] * solved[column]).sum();
        solved[row] = (sums[row] - rest) / matrix[row][row];
    }
    solved
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIOR: Prior = Prior { ratio: 1.1, spread: 0.4 };

    fn text(text: u32) -> Measure {
        Measure { text, messages: 2, schema: 0 }
    }

    #[test]
    fn a_few_agreeing_reports_correct_the_estimate_and_one_does_not() {
        let mut calibration = Calibration::default();
        let before = calibration.fit(PRIOR).text(1_000);
        calibration.observe(text(1_000), 1_500);
        assert_eq!(calibration.fit(PRIOR).text(1_000), before);
        calibration.observe(text(2_000), 3_000);
        calibration.observe(text(700), 1_050);
        assert!(calibration.fit(PRIOR).text(1_000).abs_diff(1_490) < 20, "{:?}", calibration.fit(PRIOR));
        assert_eq!(calibration.fit(PRIOR).text(0), 0);
    }

    #[test]
    fn reports_of_something_else_are_left_out() {
        let mut calibration = Calibration::default();
        for (measured, reported) in [(1_000, 0), (1_000, 400), (1_000, 3_100), (10, 20), (0, 0), (u32::MAX, 1)] {
            calibration.observe(text(measured), reported);
        }
        assert_eq!(calibration, Calibration::default());
    }

    #[test]
    fn newer_reports_outweigh_old_ones() {
        let mut calibration = Calibration::default();
        for _ in 0..1_000 {
            calibration.observe(text(10_000), 10_000);
        }
        for _ in 0..100 {
            calibration.observe(text(10_000), 15_000);
        }
        let fit = calibration.fit(PRIOR).prompt(text(1_000));
        assert!(fit > 1_420, "{fit}");
    }

    #[test]
    fn sums_that_are_none_are_told() {
        let mut calibration = Calibration::default();
        calibration.observe(text(1_000), 1_000);
        assert!(calibration.is_sound());
        calibration.products[0][0] = f64::NAN;
        assert!(!calibration.is_sound());
    }
}
