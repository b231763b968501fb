//! The stream pane: what is known of the request that is out, beside the text that the run keeps.

use crate::domain::clock::Timestamp;
use crate::domain::failure::Failure;
use crate::domain::ids::RequestId;
use crate::domain::model::Timings;

/// Milliseconds without a sign from the server after which the pane says so.
pub const STALL_MS: u64 = 10_000;

/// The pane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamView {
    /// Lines scrolled up from the end; 0 follows.
    pub scroll: usize,
    /// The newest request, while it is out and after it ended.
    pub live: Option<Live>,
    /// The request at whose pause the user put the question aside.
    pub aside: Option<RequestId>,
}

/// The newest request.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// Which.
    pub request: RequestId,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When it left.
    pub sent: Option<Timestamp>,
    /// When the first token came.
    pub first_token: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// When anything last came.
    pub last_sign: Timestamp,
    /// Characters of text and thinking so far.
    pub characters: u64,
    /// Prefill tokens done, and in all.
    pub prefill: Option<(u32, u32)>,
    /// By the server's clock, so far.
    pub timings: Timings,
    /// Waiting to try again: which attempt, milliseconds, why.
    pub retrying: Option<(u32, u64, Failure)>,
}

impl Live {
    /// A request that was just asked for.
    pub fn new(request: RequestId, now: Timestamp) -> Live {
        Live {
            request,
            asked: now,
            sent: None,
            first_token: None,
            ended: None,
            last_sign: now,
            characters: 0,
            prefill: None,
            timings: Timings::default(),
            retrying: None,
        }
    }

    /// Tokens a second so far and whether the server measured them. Ours is an estimate of four characters a token
    /// over the time since the first one; it needs half a second to mean anything.
    pub fn rate(&self, now: Timestamp) -> Option<(f64, bool)> {
        if let Some(measured) = self.timings.tokens_per_second() {
            return Some((measured, true));
        }
        let elapsed = self.ended.unwrap_or(now).millis_since(self.first_token?);
        (elapsed >= 500).then(|| (self.characters as f64 / 4.0 * 1000.0 / elapsed as f64, false))
    }

    /// Milliseconds from leaving to the first token.
    pub fn time_to_first_token(&self) -> Option<u64> {
        Some(self.first_token?.millis_since(self.sent?))
    }

    /// Milliseconds from asking to now, or to its end.
    pub fn elapsed(&self, now: Timestamp) -> u64 {
        self.ended.unwrap_or(now).millis_since(self.asked)
    }

    /// Milliseconds of silence, if long enough to say so.
    pub fn stalled(&self, now: Timestamp) -> Option<u64> {
        let silent = now.millis_since(self.last_sign);
        (self.sent.is_some() && self.ended.is_none() && silent >= STALL_MS).then_some(silent)
    }
}
