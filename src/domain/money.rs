//! Money, exact: picodollars in an integer, so that a price per token has no rounding.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// An amount of US dollars, in picodollars (1e-12 USD). One token at $0.0375 per million costs 37,500 of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);
    /// Picodollars in a dollar.
    pub const PER_USD: i64 = 1_000_000_000_000;

    /// An amount given in dollars, rounded to the nearest picodollar. `None` if negative, not finite or above $9 million.
    pub fn from_usd(usd: f64) -> Option<Money> {
        (usd.is_finite() && (0.0..=9.0e6).contains(&usd)).then(|| Money((usd * Self::PER_USD as f64).round() as i64))
    }

    /// The amount in dollars, for display and for `--json`.
    pub fn usd(self) -> f64 {
        self.0 as f64 / Self::PER_USD as f64
    }

    /// `tokens` at `usd_per_million` dollars a million tokens, rounded up: a limit must hold.
    pub fn for_tokens(tokens: u64, usd_per_million: f64) -> Money {
        Money((tokens as f64 * usd_per_million * (Self::PER_USD / 1_000_000) as f64).ceil() as i64)
    }

    /// `self - other`, never below nothing.
    pub fn saturating_sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0).max(0))
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// Two decimals from a cent up, four significant ones below it, `$0.00` for nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usd = self.usd();
        match usd.abs() {
            0.0 => f.write_str("$0.00"),
            a if a >= 1.0 => write!(f, "${usd:.2}"),
            a if a >= 0.01 => write!(f, "${usd:.3}"),
            a if a >= 0.0001 => write!(f, "${usd:.5}"),
            _ => f.write_str("<$0.0001"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_per_million_has_no_rounding_error_per_token() {
        assert_eq!(Money::for_tokens(1, 0.0375), Money(37_500));
        assert_eq!(Money::for_tokens(1_000_000, 3.0), Money(3 * Money::PER_USD));
    }

    #[test]
    fn amounts_that_are_no_amounts_are_refused() {
        assert_eq!(Money::from_usd(-1.0), None);
        assert_eq!(Money::from_usd(f64::NAN), None);
        assert_eq!(Money::from_usd(0.5), Some(Money(Money::PER_USD / 2)));
    }

    #[test]
    fn small_amounts_stay_visible() {
        assert_eq!(Money::from_usd(0.00042).unwrap().to_string(), "$0.00042");
        assert_eq!(Money(1).to_string(), "<$0.0001");
        assert_eq!(Money::ZERO.to_string(), "$0.00");
    }
}
