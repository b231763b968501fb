//! What a request is counted as having cost, once it is over.
//!
//! It refuses to take an estimate for a bill: where the server did not count a whole answer, the whole claim stands. What
//! it counted up to the moment the stream broke, and what we saw of it, may be less than what it worked on and bills:
//! thinking that is not shown, an answer that was finished after we had gone.

use super::price::{Price, cost, worst_case};
use crate::domain::failure::FailureKind;
use crate::domain::model::Usage;
use crate::domain::money::Money;

/// A request that is over.
#[derive(Clone, Copy, Debug)]
pub struct Over {
    /// Tokens of the prompt, counted on the safe side.
    pub prompt_tokens: u32,
    /// Most tokens the answer could have.
    pub max_output: u32,
    /// Why it failed; `None` when its answer is complete.
    pub failure: Option<FailureKind>,
    /// Whether the server had begun to answer it, or may have it before it: not while it waits to be sent once more.
    pub out: bool,
    /// Whether the server said that it had begun to answer.
    pub begun: bool,
    /// The server's own count.
    pub counted: Option<Usage>,
    /// Our estimate of the tokens that came.
    pub written: u32,
}

/// The tokens and the money of a request that is over; no money where the price is unknown.
pub fn bill(price: &Price, over: &Over) -> (Usage, Option<Money>) {
    if let (None, Some(usage)) = (over.failure, over.counted.filter(|usage| is_credible(usage, over))) {
        return (usage, cost(price, &usage));
    }
    let refused = over.failure.is_some_and(|kind| !over.begun && (!over.out || is_refusal(kind)));
    if refused {
        let usage = Usage::default();
        return (usage, cost(price, &usage));
    }
    let usage = Usage { input: over.prompt_tokens, output: over.written, estimated: true, ..Usage::default() };
    (usage, worst_case(price, over.prompt_tokens, over.max_output))
}

/// Whether a count can be of this answer. Some servers write zeros where they counted nothing.
fn is_credible(usage: &Usage, over: &Over) -> bool {
    usage.input > 0 && (usage.output > 0 || over.written == 0)
}

/// Whether a failure means that the server did no work.
fn is_refusal(kind: FailureKind) -> bool {
    use FailureKind::*;
    matches!(
        kind,
        Auth | RateLimited
            | Quota
            | ContextExceeded
            | UnknownModel
            | BadRequest
            | Overloaded
            | NothingFits
            | Offline
            | Config
            | Unreachable
    )
}

#[cfg(test)]
mod tests {
    use super::super::price::PriceList;
    use super::*;
    use crate::domain::model::{Locality, ModelRef};

    /// A dollar a million tokens in, two out, a quarter more for writing to the cache.
    fn price() -> Price {
        let text = "[[price]]\nprovider = \"paid\"\nmodel = \"m\"\ninput = 1.0\noutput = 2.0\ncache_write = 1.25\nas_of = \"2026-01-01\"\nsource = \"a test\"\n";
        PriceList::parse("p", text).unwrap().price(&ModelRef::parse("paid/m").unwrap(), Locality::Remote)
    }

    fn usage(input: u32, output: u32) -> Usage {
        Usage { input, output, ..Usage::default() }
    }

    /// Picodollars.
    const CLAIM: i64 = 1_000 * 1_250_000 + 2_000 * 2_000_000;

    #[test]
    fn only_the_servers_count_of_a_whole_answer_and_a_refusal_lower_the_claim() {
        use FailureKind::*;
        let (none, some) = (None, Some(usage(900, 100)));
        let counted = 900 * 1_000_000 + 100 * 2_000_000;
        // Failure, out, begun, counted, and what is owed.
        let table = [
            ("complete and counted", None, true, true, some, counted),
            ("complete, not counted", None, true, true, none, CLAIM),
            ("complete, counted as nothing", None, true, true, Some(usage(0, 0)), CLAIM),
            ("complete, its answer not counted", None, true, true, Some(usage(900, 0)), CLAIM),
            ("complete and empty", None, true, false, Some(usage(900, 0)), 900 * 1_000_000),
            ("stopped before anything came", Some(Cancelled), true, false, none, CLAIM),
            ("stopped in the middle", Some(Cancelled), true, true, none, CLAIM),
            ("stopped with a count of the beginning", Some(Cancelled), true, true, some, CLAIM),
            ("stopped while it waited to be sent once more", Some(Cancelled), false, false, none, 0),
            ("never reached", Some(Unreachable), true, false, none, 0),
            ("refused", Some(RateLimited), true, false, none, 0),
            ("overloaded", Some(Overloaded), true, false, none, 0),
            ("overloaded after it had begun", Some(Overloaded), true, true, none, CLAIM),
            ("failed on arrival, perhaps only in a proxy", Some(Server), true, false, none, CLAIM),
            ("failed in the middle", Some(Server), true, true, none, CLAIM),
            ("broken off before anything came", Some(Network), true, false, none, CLAIM),
            ("too slow", Some(Timeout), true, false, none, CLAIM),
            ("no stream", Some(Protocol), true, false, none, CLAIM),
        ];
        for (name, failure, out, begun, counted, owed) in table {
            let written = if begun { 7 } else { 0 };
            let over = Over { prompt_tokens: 1_000, max_output: 2_000, failure, out, begun, counted, written };
            let (usage, cost) = bill(&price(), &over);
            assert_eq!(cost, Some(Money(owed)), "{name}");
            assert_eq!(usage.estimated, owed == CLAIM, "{name}");
        }
    }

    #[test]
    fn what_is_free_stays_free_and_what_is_unknown_stays_unknown() {
        let over = Over {
            prompt_tokens: 1_000,
            max_output: 2_000,
            failure: Some(FailureKind::Cancelled),
            out: true,
            begun: true,
            counted: None,
            written: 7,
        };
        let expected = Usage { estimated: true, ..usage(1_000, 7) };
        assert_eq!(bill(&Price::Free, &over), (expected, Some(Money::ZERO)));
        assert_eq!(bill(&Price::Unknown, &over), (expected, None));
    }
}
