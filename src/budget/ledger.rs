//! The words of the ledger: what is asked for before a request leaves, and what the ledger answers.
//!
//! It refuses to hold amounts itself: the store sums them in one transaction, so that two processes cannot jointly
//! overspend.

use crate::domain::clock::Timestamp;
use crate::domain::ids::{RequestId, RunId, SessionId};
use crate::domain::model::{ModelRef, Node};
use crate::domain::money::Money;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a limit covers. Days, weeks and months count all sessions of this user on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One run.
    Run,
    /// One session.
    Session,
    /// One day in the user's zone.
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

impl Scope {
    /// Narrowest first.
    pub const ALL: [Scope; 5] = [Scope::Run, Scope::Session, Scope::Day, Scope::Week, Scope::Month];

    /// The lower-case word used in configuration, in `--json` and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Scope::Run => "run",
            Scope::Session => "session",
            Scope::Day => "day",
            Scope::Week => "week",
            Scope::Month => "month",
        }
    }
}

/// The week a day lies in, counted from that of the Unix epoch, Monday first. `day` counts from the epoch, which was
/// a Thursday.
pub fn week_of(day: i64) -> i64 {
    day.saturating_add(3).div_euclid(7)
}

/// The month a day lies in, counted from January of the year 0. Days outside the calendar share one month.
pub fn month_of(day: i64) -> i64 {
    let span = jiff::Span::new().try_days(day).ok();
    let date = span.and_then(|days| jiff::civil::date(1970, 1, 1).checked_add(days).ok());
    date.map_or(0, |date| i64::from(date.year()) * 12 + i64::from(date.month()) - 1)
}

/// A claim on money, made before the request leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Whose.
    pub session: SessionId,
    /// For which run.
    pub run: RunId,
    /// For which request; with the session, the claim's name.
    pub request: RequestId,
    /// Who will be asked.
    pub model: ModelRef,
    /// By which node.
    pub node: Node,
    /// The most it can cost; `None` when the price is unknown. Such a claim is refused wherever a limit applies.
    pub amount: Option<Money>,
    /// The most tokens it can take, prompt and answer.
    pub tokens: u64,
    /// When.
    pub at: Timestamp,
    /// The day in the user's zone, counted from the Unix epoch (`Timestamp::day`).
    pub day: i64,
    /// What must not be exceeded.
    pub limits: Vec<(Scope, Money)>,
}

/// What counts against one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Settled.
    pub spent: Money,
    /// Claimed by requests that have not settled, or never will because their process died.
    pub reserved: Money,
    /// Requests whose price is unknown: the sums say nothing about them.
    pub unpriced: u64,
}

impl Sum {
    /// All that counts against a limit.
    pub fn committed(self) -> Money {
        self.spent + self.reserved
    }
}

/// The sums of all scopes at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Of the run.
    pub run: Sum,
    /// Of the session.
    pub session: Sum,
    /// Of the day.
    pub day: Sum,
    /// Of the week.
    pub week: Sum,
    /// Of the month.
    pub month: Sum,
}

impl Totals {
    /// The sum of a scope.
    pub fn of(&self, scope: Scope) -> Sum {
        match scope {
            Scope::Run => self.run,
            Scope::Session => self.session,
            Scope::Day => self.day,
            Scope::Week => self.week,
            Scope::Month => self.month,
        }
    }

    /// The sum of a scope, to change it.
    pub fn of_mut(&mut self, scope: Scope) -> &mut Sum {
        match scope {
            Scope::Run => &mut self.run,
            Scope::Session => &mut self.session,
            Scope::Day => &mut self.day,
            Scope::Week => &mut self.week,
            Scope::Month => &mut self.month,
        }
    }
}

/// The limit that a claim would have broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which limit.
    pub scope: Scope,
    /// What it allows.
    pub limit: Money,
    /// Settled so far.
    pub spent: Money,
    /// Claimed so far.
    pub reserved: Money,
    /// What was asked for on top; `None` when the price is unknown.
    pub asked: Option<Money>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scope, limit) = (self.scope.word(), self.limit);
        let Some(asked) = self.asked else {
            return write!(
                f,
                "the price of this model is unknown, so the limit of {limit} a {scope} cannot be kept; set its price in prices.toml, take another model or lift the limit"
            );
        };
        write!(f, "the limit of {limit} a {scope} would be passed: {} spent", self.spent)?;
        if self.reserved > Money::ZERO {
            write!(f, ", {} reserved", self.reserved)?;
        }
        write!(f, ", up to {asked} asked for; raise the limit, take a cheaper or local model, or stop")
    }
}

/// What the ledger says to a reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// The request may leave. The sums include it.
    Granted(Totals),
    /// It must not leave. Nothing was written.
    Refused(Refusal),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_into_weeks_from_monday_and_into_calendar_months() {
        // 2026-11-22 is a Sunday, 2026-11-23 a Monday; 20,779 days after the epoch is 2026-11-22.
        assert_eq!(week_of(20_779) + 1, week_of(20_780));
        assert_eq!(week_of(20_780), week_of(20_786));
        assert_eq!(week_of(-4) + 1, week_of(-3));
        assert_eq!(month_of(0), 1970 * 12);
        assert_eq!(month_of(20_779), 2026 * 12 + 10);
        assert_eq!(month_of(20_787) + 1, month_of(20_788), "30 November and 1 December");
        assert_eq!(month_of(-1), 1969 * 12 + 11);
        assert_eq!(month_of(i64::MAX), 0);
    }

    #[test]
    fn a_refusal_says_what_is_spent_and_what_to_do() {
        let usd = |usd| Money::from_usd(usd).unwrap();
        let mut refusal =
            Refusal { scope: Scope::Day, limit: usd(5.0), spent: usd(4.0), reserved: usd(0.5), asked: Some(usd(1.0)) };
        assert_eq!(
            refusal.to_string(),
            "the limit of $5.00 a day would be passed: $4.00 spent, $0.500 reserved, up to $1.00 asked for; raise the limit, take a cheaper or local model, or stop"
        );
        refusal.asked = None;
        assert!(refusal.to_string().starts_with("the price of this model is unknown"));
    }
}
