//! When to try again: one budget a request, exponential with jitter, and never longer than a minute at a time.
//!
//! Pure: the seed of the jitter and the present moment are passed in. A request is only repeated while the user has seen
//! none of its answer, and only if the server itself said that it did not serve it: a connection that breaks after the
//! server took the request is not repeated, since it may be billed already. One claim stands for all attempts, so a server
//! that may cost money is asked again only after an answer that certainly cost none.

use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::Locality;
use std::time::Duration;

/// Attempts in all, the first included.
pub const ATTEMPTS: u32 = 4;
/// The longest single wait, whatever the server asks for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);
const FIRST_WAIT_MS: u64 = 500;
const LOADING_WAIT_MS: u64 = 1000;

/// Why a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It may not.
    Never,
    /// The server was busy or failed: back off, within [`ATTEMPTS`].
    Backoff,
    /// The server is still loading its model: ask every second, until its first-byte limit is over.
    Loading,
}

/// The budget of one request.
#[derive(Clone, Debug)]
pub struct Retry {
    attempt: u32,
    backoffs: u32,
    random: u64,
    loading: Duration,
    patience: Duration,
}

impl Retry {
    /// A fresh budget. `seed` decides the jitter; `patience` is how long a loading server is waited for.
    pub fn new(seed: u64, patience: Duration) -> Retry {
        Retry { attempt: 1, backoffs: 0, random: seed, loading: Duration::ZERO, patience }
    }

    /// Which attempt comes next, counted from 2, and how long to wait before it; `None` when the failure stands.
    pub fn next(&mut self, failure: &Failure, again: Again) -> Option<(u32, Duration)> {
        let wait = match again {
            Again::Never => return None,
            Again::Loading => {
                let wait = Duration::from_millis(LOADING_WAIT_MS);
                self.loading += wait;
                (self.loading <= self.patience).then_some(wait)?
            }
            Again::Backoff => {
                self.backoffs += 1;
                if self.backoffs >= ATTEMPTS {
                    return None;
                }
                match failure.retry_after_ms {
                    // A little more than asked, so that many clients do not come back at once.
                    Some(ms) => Duration::from_millis(ms) + Duration::from_millis(self.below(250)),
                    None => {
                        let full = FIRST_WAIT_MS << (self.backoffs - 1);
                        Duration::from_millis(full / 2 + self.below(full / 2 + 1))
                    }
                }
            }
        };
        self.attempt += 1;
        Some((self.attempt, wait.min(LONGEST_WAIT)))
    }

    /// SplitMix64, the next number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

/// Whether a failure that the server itself reported may be mended by sending the request again. `locality` is where the
/// model runs: a failure there that may have been billed is not repeated.
pub fn again(failure: &Failure, locality: Locality) -> Again {
    match failure.kind {
        FailureKind::RateLimited | FailureKind::Overloaded if failure.retryable => Again::Backoff,
        FailureKind::Server if failure.retryable && locality != Locality::Remote => Again::Backoff,
        _ => Again::Never,
    }
}

/// Milliseconds that a `Retry-After` header asks for: seconds (fractions too), or a date compared with `now` (seconds
/// since the epoch). Capped at [`LONGEST_WAIT`]; `None` if it is neither.
pub fn retry_after_ms(header: &str, now: i64) -> Option<u64> {
    let header = header.trim();
    let seconds = match header.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => seconds.max(0.0),
        Ok(_) => return None,
        Err(_) => {
            let then = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(header).ok()?;
            then.as_second().saturating_sub(now).max(0) as f64
        }
    };
    Some((seconds.min(LONGEST_WAIT.as_secs_f64()) * 1000.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy() -> Failure {
        Failure::transient(FailureKind::Server, "busy")
    }

    #[test]
    fn three_further_attempts_each_about_twice_as_far_away() {
        let mut retry = Retry::new(7, Duration::ZERO);
        let waits: Vec<_> = std::iter::from_fn(|| retry.next(&busy(), Again::Backoff)).collect();
        assert_eq!(waits.iter().map(|w| w.0).collect::<Vec<_>>(), [2, 3, 4]);
        for (i, (_, wait)) in waits.iter().enumerate() {
            let full = 500u128 << i;
            assert!((full / 2..=full).contains(&wait.as_millis()), "{i}: {wait:?}");
        }
    }

    #[test]
    fn the_jitter_comes_from_the_seed() {
        let wait = |seed| Retry::new(seed, Duration::ZERO).next(&busy(), Again::Backoff);
        assert_eq!(wait(1), wait(1));
        assert_ne!(wait(1), wait(2));
    }

    #[test]
    fn a_loading_server_is_asked_every_second_while_patience_lasts() {
        let mut retry = Retry::new(1, Duration::from_secs(30));
        assert_eq!(std::iter::from_fn(|| retry.next(&busy(), Again::Loading)).count(), 30);
    }

    #[test]
    fn the_wait_a_server_asks_for_is_kept_and_capped() {
        let mut failure = Failure::transient(FailureKind::RateLimited, "slow down");
        failure.retry_after_ms = Some(3000);
        let (_, wait) = Retry::new(1, Duration::ZERO).next(&failure, Again::Backoff).unwrap();
        assert!((3000..3250).contains(&wait.as_millis()));
        failure.retry_after_ms = Some(u64::MAX / 2);
        assert_eq!(Retry::new(1, Duration::ZERO).next(&failure, Again::Backoff).unwrap().1, LONGEST_WAIT);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110
        let cases = [
            ("0", Some(0)),
            ("7", Some(7000)),
            (" 1.5 ", Some(1500)),
            ("3600", Some(60_000)),
            ("-5", Some(0)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10_000)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 2094 08:49:37 GMT", Some(60_000)),
            ("soon", None),
            ("NaN", None),
            ("inf", None),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(retry_after_ms(header, now), expected, "{header}");
        }
    }

    #[test]
    fn only_what_the_server_says_is_passing_is_sent_again() {
        let here = |failure: &Failure| again(failure, Locality::Loopback);
        assert_eq!(here(&busy()), Again::Backoff);
        assert_eq!(here(&Failure::fatal(FailureKind::Server, "no memory")), Again::Never);
        assert_eq!(here(&Failure::transient(FailureKind::Network, "cut")), Again::Never);
        assert_eq!(here(&Failure::fatal(FailureKind::Quota, "cap")), Again::Never);
    }

    #[test]
    fn what_may_have_been_billed_is_not_sent_again() {
        let there = |kind| again(&Failure::transient(kind, ""), Locality::Remote);
        assert_eq!(there(FailureKind::Server), Again::Never);
        assert_eq!(there(FailureKind::Overloaded), Again::Backoff);
        assert_eq!(there(FailureKind::RateLimited), Again::Backoff);
    }
}
