//! Limits in money, and how near they are.
//!
//! It refuses to stop anything itself: the ledger refuses, the user decides.

use super::ledger::{Scope, Sum, Totals};
use crate::domain::money::Money;
use serde::{Deserialize, Serialize};

/// What may be spent in each scope; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// By one run.
    pub run: Option<Money>,
    /// By one session.
    pub session: Option<Money>,
    /// In one day.
    pub day: Option<Money>,
    /// In one week, from Monday.
    pub week: Option<Money>,
    /// In one calendar month.
    pub month: Option<Money>,
}

/// How much of a limit is gone, as a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Less than half.
    Green,
    /// From 50 to 80 percent.
    Yellow,
    /// More than 80 percent.
    Red,
}

/// One limit, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauge {
    /// Which limit.
    pub scope: Scope,
    /// Settled.
    pub spent: Money,
    /// Claimed and not settled.
    pub reserved: Money,
    /// What may be spent.
    pub limit: Money,
    /// How much of it is spent or claimed, rounded down; above 100 when it was passed.
    pub percent: u32,
    /// The colour of that.
    pub level: Level,
    /// How many more runs of the average cost fit; `None` before any run cost something.
    pub iterations_left: Option<u32>,
}

impl Limits {
    /// The limit of a scope.
    pub fn of(&self, scope: Scope) -> Option<Money> {
        match scope {
            Scope::Run => self.run,
            Scope::Session => self.session,
            Scope::Day => self.day,
            Scope::Week => self.week,
            Scope::Month => self.month,
        }
    }

    /// The same with another limit for one scope.
    pub fn with(mut self, scope: Scope, limit: Money) -> Limits {
        let place = match scope {
            Scope::Run => &mut self.run,
            Scope::Session => &mut self.session,
            Scope::Day => &mut self.day,
            Scope::Week => &mut self.week,
            Scope::Month => &mut self.month,
        };
        *place = Some(limit);
        self
    }

    /// The limits there are, narrowest first: what a reservation carries.
    pub fn list(&self) -> Vec<(Scope, Money)> {
        Scope::ALL.into_iter().filter_map(|scope| Some((scope, self.of(scope)?))).collect()
    }

    /// A gauge for each limit, narrowest first. `average_run` is what a run has cost so far on average.
    pub fn gauges(&self, totals: &Totals, average_run: Option<Money>) -> Vec<Gauge> {
        self.list().into_iter().map(|(scope, limit)| Gauge::of(scope, limit, totals.of(scope), average_run)).collect()
    }

    /// The gauge that matters most: the fullest one, of equally full ones the narrowest.
    pub fn fullest(&self, totals: &Totals, average_run: Option<Money>) -> Option<Gauge> {
        self.gauges(totals, average_run).into_iter().rev().max_by_key(|gauge| gauge.percent)
    }
}

impl Gauge {
    /// The gauge of one limit.
    pub fn of(scope: Scope, limit: Money, sum: Sum, average_run: Option<Money>) -> Gauge {
        let committed = sum.committed();
        // A limit of nothing is reached before anything is spent.
        let percent = match limit.0 {
            ..=0 => 100,
            limit => u32::try_from(i128::from(committed.0.max(0)) * 100 / i128::from(limit)).unwrap_or(u32::MAX),
        };
        // Compared exactly, so that a hair above 80 percent is red.
        let level = match i128::from(committed.0) * 100 {
            _ if limit.0 <= 0 => Level::Red,
            part if part > i128::from(limit.0) * 80 => Level::Red,
            part if part >= i128::from(limit.0) * 50 => Level::Yellow,
            _ => Level::Green,
        };
        let left = limit.saturating_sub(committed);
        let iterations_left = average_run.filter(|a| a.0 > 0).map(|a| u32::try_from(left.0 / a.0).unwrap_or(u32::MAX));
        Gauge { scope, spent: sum.spent, reserved: sum.reserved, limit, percent, level, iterations_left }
    }

    /// Whether it is time to offer a cheaper model: red, or fewer than three runs left.
    pub fn wants_downgrade(&self) -> bool {
        self.level == Level::Red || self.iterations_left.is_some_and(|left| left < 3)
    }
}

/// What runs cost on average, for `iterations_left`: a fold over the runs that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCosts {
    total: Money,
    runs: u32,
}

impl RunCosts {
    /// Counts a run that ended. Runs that cost nothing (local models) say nothing of what paid ones cost.
    pub fn add(&mut self, cost: Money) {
        if cost > Money::ZERO {
            self.total += cost;
            self.runs = self.runs.saturating_add(1);
        }
    }

    /// The average, rounded up; `None` before any run cost something.
    pub fn average(&self) -> Option<Money> {
        let runs = i64::from(self.runs);
        (runs > 0).then(|| Money((self.total.0 - 1) / runs + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(spent: i64, reserved: i64) -> Sum {
        Sum { spent: Money(spent), reserved: Money(reserved), unpriced: 0 }
    }

    #[test]
    fn the_colour_changes_at_50_and_above_80_percent_and_claims_count() {
        for (spent, reserved, percent, level) in [
            (0, 0, 0, Level::Green),
            (4_999, 0, 49, Level::Green),
            (4_000, 1_000, 50, Level::Yellow),
            (8_000, 0, 80, Level::Yellow),
            (8_001, 0, 80, Level::Red),
            (0, 10_000, 100, Level::Red),
            (12_500, 0, 125, Level::Red),
        ] {
            let gauge = Gauge::of(Scope::Day, Money(10_000), sum(spent, reserved), None);
            assert_eq!((gauge.percent, gauge.level), (percent, level), "{spent} + {reserved}");
        }
        assert_eq!(Gauge::of(Scope::Day, Money::ZERO, sum(0, 0), None).level, Level::Red);
        assert_eq!(Gauge::of(Scope::Day, Money(1), sum(i64::MAX, i64::MAX), None).percent, u32::MAX);
    }

    #[test]
    fn iterations_left_come_from_what_paid_runs_cost_on_average() {
        let mut costs = RunCosts::default();
        assert_eq!(costs.average(), None);
        for cost in [0, 100, 201] {
            costs.add(Money(cost));
        }
        assert_eq!(costs.average(), Some(Money(151)));
        let gauge = |spent| Gauge::of(Scope::Day, Money(1_000), sum(spent, 0), costs.average());
        assert_eq!(gauge(0).iterations_left, Some(6));
        assert!(!gauge(0).wants_downgrade());
        assert!(gauge(700).wants_downgrade(), "one run is left, though it is not red");
        assert_eq!(gauge(2_000).iterations_left, Some(0));
    }

    #[test]
    fn the_fullest_limit_is_shown_and_of_equals_the_narrowest() {
        let limits =
            Limits { run: Some(Money(100)), day: Some(Money(100)), month: Some(Money(1_000)), ..Limits::default() };
        let totals = Totals { run: sum(50, 0), day: sum(50, 0), month: sum(400, 0), ..Totals::default() };
        assert_eq!(limits.fullest(&totals, None).unwrap().scope, Scope::Run);
        assert_eq!(limits.gauges(&totals, None).len(), 3);
        assert_eq!(Limits::default().fullest(&totals, None), None);
    }
}
