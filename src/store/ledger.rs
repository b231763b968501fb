//! The ledger: what was reserved before requests left, and what they cost.
//!
//! It refuses to grant what would break a limit, counting all sessions and processes in one transaction, and to forget
//! a claim whose process died: it counts in full until it is settled.

use super::count::{Count, count};
use super::database::{Database, Durability, Step};
use super::error::StoreError;
use super::open::Access;
use crate::budget::ledger::{Grant, Refusal, Reservation, Scope, Sum, Totals, month_of, week_of};
use crate::domain::ids::{RequestId, RunId, SessionId};
use crate::domain::model::Usage;
use crate::domain::money::Money;
use rusqlite::{Connection, OptionalExtension, params};

/// What a group of requests of one day, model and node took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendingRow {
    /// The day in the user's zone, counted from the Unix epoch.
    pub day: i64,
    /// The model, `provider/model`.
    pub model: String,
    /// The node, lower case.
    pub node: String,
    /// Requests, settled or not.
    pub requests: u64,
    /// What counts against limits, and how many requests have no known price.
    pub sum: Sum,
    /// Prompt tokens of settled requests, cached ones included.
    pub input: u64,
    /// Of these, read from the provider's cache.
    pub cache_read: u64,
    /// Tokens of their answers.
    pub output: u64,
    /// Settled requests whose tokens are an estimate.
    pub estimated: u64,
}

/// The sums of the rows that a query selects. Releasing a claim makes it as if it had never been.
const SUMS: &str = "coalesce(sum(CASE state WHEN 'settled' THEN coalesce(actual, amount, 0) ELSE 0 END), 0),
    coalesce(sum(CASE state WHEN 'reserved' THEN coalesce(amount, 0) ELSE 0 END), 0),
    coalesce(sum(actual IS NULL AND amount IS NULL), 0)";

/// A claim as it stands.
struct Entry {
    state: String,
    amount: Option<i64>,
    model: String,
    estimated: bool,
}

impl Database {
    /// Claims money, if every limit holds with it. The same claim made twice (by a run that is resumed) counts once.
    pub(super) fn reserve(&mut self, claim: &Reservation) -> Result<Grant, StoreError> {
        if claim.amount.is_some_and(|amount| amount < Money::ZERO) {
            return Err(StoreError::Input { detail: "a negative amount to reserve".to_owned() });
        }
        if self.access == Access::Memory && claim.amount != Some(Money::ZERO) && counts_others(claim) {
            return Err(StoreError::Uncounted { reason: self.reason.clone() });
        }
        self.write(Durability::Durable, |conn| {
            if let Some(entry) = entry(conn, &claim.session, claim.request)? {
                let same = entry.amount == claim.amount.map(|m| m.0) && entry.model == claim.model.to_string();
                match entry.state.as_str() {
                    "reserved" if same => return Ok(Grant::Granted(totals_of(conn, claim)?)),
                    "reserved" => return Err(wrong(claim, "is already reserved for another amount or model")),
                    "settled" => return Err(wrong(claim, "is already settled")),
                    _ => {}
                }
            }
            if let Some(refusal) = refusal(conn, claim)? {
                return Ok(Grant::Refused(refusal));
            }
            insert(conn, claim)?;
            Ok(Grant::Granted(totals_of(conn, claim)?))
        })
    }

    /// Replaces a claim by what the request cost (`None`: unknown, the claim stays as the amount). Settling again
    /// changes nothing, except that figures the server gave replace estimated ones.
    pub(super) fn settle(
        &mut self,
        session: &SessionId,
        request: RequestId,
        actual: Option<Money>,
        usage: Usage,
    ) -> Result<(), StoreError> {
        if actual.is_some_and(|amount| amount < Money::ZERO) {
            return Err(StoreError::Input { detail: "a negative amount to settle".to_owned() });
        }
        self.write(Durability::Durable, |conn| {
            let Some(entry) = entry(conn, session, request)? else {
                return Err(not(session, request, "was never reserved", "settled"));
            };
            match entry.state.as_str() {
                "released" => return Err(not(session, request, "was released", "settled")),
                "settled" if !entry.estimated || usage.estimated => return Ok(()),
                _ => {}
            }
            conn.prepare_cached(
                "UPDATE ledger SET state = 'settled', actual = ?3, usage = ?4, estimated = ?5
                  WHERE session = ?1 AND request = ?2",
            )?
            .execute(params![
                session.0,
                Count(request.0),
                actual.map(|m| m.0),
                super::session::json(&usage)?,
                usage.estimated
            ])?;
            Ok(())
        })
    }

    /// Gives a claim back, because the request never left.
    pub(super) fn release(&mut self, session: &SessionId, request: RequestId) -> Result<(), StoreError> {
        self.write(Durability::Durable, |conn| {
            let Some(entry) = entry(conn, session, request)? else {
                return Err(not(session, request, "was never reserved", "released"));
            };
            if entry.state == "settled" {
                return Err(not(session, request, "is already settled", "released"));
            }
            conn.prepare_cached("UPDATE ledger SET state = 'released' WHERE session = ?1 AND request = ?2")?
                .execute(params![session.0, Count(request.0)])?;
            Ok(())
        })
    }

    /// What counts against each scope at this moment.
    pub(super) fn totals(&mut self, session: &SessionId, run: RunId, day: i64) -> Result<Totals, StoreError> {
        self.read(|conn| totals(conn, session, run, day))
    }

    /// What requests of the days from `first` to `last` took, by day, model and node.
    pub(super) fn spending(&mut self, first: i64, last: i64) -> Result<Vec<SpendingRow>, StoreError> {
        self.read(|conn| {
            let sql = format!(
                "SELECT day, model, node, count(*), {SUMS},
                     coalesce(sum(usage ->> '$.input'), 0), coalesce(sum(usage ->> '$.cache_read'), 0),
                     coalesce(sum(usage ->> '$.output'), 0), sum(estimated)
                   FROM ledger WHERE day BETWEEN ?1 AND ?2 AND state <> 'released'
                  GROUP BY day, model, node ORDER BY day, model, node"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let rows = statement.query_map([first, last], |row| {
                Ok(SpendingRow {
                    day: row.get(0)?,
                    model: row.get(1)?,
                    node: row.get(2)?,
                    requests: count(row, 3)?,
                    sum: sum_at(row, 4)?,
                    input: count(row, 7)?,
                    cache_read: count(row, 8)?,
                    output: count(row, 9)?,
                    estimated: count(row, 10)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        })
    }
}

/// Whether a limit covers what other sessions spent.
fn counts_others(claim: &Reservation) -> bool {
    claim.limits.iter().any(|(scope, _)| matches!(scope, Scope::Day | Scope::Week | Scope::Month))
}

/// The first limit that would not hold, narrowest scope first. What costs nothing breaks no limit.
fn refusal(conn: &Connection, claim: &Reservation) -> Step<Option<Refusal>> {
    if claim.amount == Some(Money::ZERO) {
        return Ok(None);
    }
    let mut limits = claim.limits.clone();
    limits.sort_unstable();
    for (scope, limit) in limits {
        let sum = sum_of(conn, scope, claim)?;
        let holds = claim.amount.is_some_and(|amount| sum.committed() + amount <= limit);
        if !holds {
            let Sum { spent, reserved, .. } = sum;
            return Ok(Some(Refusal { scope, limit, spent, reserved, asked: claim.amount }));
        }
    }
    Ok(None)
}

fn insert(conn: &Connection, claim: &Reservation) -> Step<()> {
    let node = serde_json::to_value(claim.node).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    conn.prepare_cached(
        "INSERT INTO ledger (session, request, run, model, node, at, day, week, month, state, amount, tokens)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'reserved', ?10, ?11)
         ON CONFLICT (session, request) DO UPDATE SET run = excluded.run, model = excluded.model,
             node = excluded.node, at = excluded.at, day = excluded.day, week = excluded.week,
             month = excluded.month, state = 'reserved', amount = excluded.amount, tokens = excluded.tokens",
    )?
    .execute(params![
        claim.session.0,
        Count(claim.request.0),
        Count(claim.run.0),
        claim.model.to_string(),
        node,
        claim.at.0,
        claim.day,
        week_of(claim.day),
        month_of(claim.day),
        claim.amount.map(|m| m.0),
        i64::try_from(claim.tokens).unwrap_or(i64::MAX),
    ])?;
    Ok(())
}

fn entry(conn: &Connection, session: &SessionId, request: RequestId) -> Step<Option<Entry>> {
    Ok(conn
        .prepare_cached("SELECT state, amount, model, estimated FROM ledger WHERE session = ?1 AND request = ?2")?
        .query_row(params![session.0, Count(request.0)], |row| {
            Ok(Entry { state: row.get(0)?, amount: row.get(1)?, model: row.get(2)?, estimated: row.get(3)? })
        })
        .optional()?)
}

fn totals_of(conn: &Connection, claim: &Reservation) -> Step<Totals> {
    totals(conn, &claim.session, claim.run, claim.day)
}

fn totals(conn: &Connection, session: &SessionId, run: RunId, day: i64) -> Step<Totals> {
    let mut totals = Totals::default();
    for scope in Scope::ALL {
        *totals.of_mut(scope) = sum(conn, scope, session, run, day)?;
    }
    Ok(totals)
}

fn sum_of(conn: &Connection, scope: Scope, claim: &Reservation) -> Step<Sum> {
    sum(conn, scope, &claim.session, claim.run, claim.day)
}

fn sum(conn: &Connection, scope: Scope, session: &SessionId, run: RunId, day: i64) -> Step<Sum> {
    let (rows, key): (&str, i64) = match scope {
        Scope::Run => ("session = ?1 AND run = ?2", i64::try_from(run.0).unwrap_or(i64::MAX)),
        Scope::Session => ("session = ?1 AND ?2 = 0", 0),
        Scope::Day => ("?1 = ?1 AND day = ?2", day),
        Scope::Week => ("?1 = ?1 AND week = ?2", week_of(day)),
        Scope::Month => ("?1 = ?1 AND month = ?2", month_of(day)),
    };
    let sql = format!("SELECT {SUMS} FROM ledger WHERE {rows} AND state <> 'released'");
    Ok(conn.prepare_cached(&sql)?.query_row(params![session.0, key], |row| sum_at(row, 0))?)
}

fn sum_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Sum> {
    Ok(Sum { spent: Money(row.get(column)?), reserved: Money(row.get(column + 1)?), unpriced: count(row, column + 2)? })
}

fn wrong(claim: &Reservation, state: &'static str) -> super::database::Fault {
    not(&claim.session, claim.request, state, "reserved")
}

fn not(session: &SessionId, request: RequestId, state: &'static str, wanted: &'static str) -> super::database::Fault {
    StoreError::Ledger { session: session.0.clone(), request: request.0, state, wanted }.into()
}
