//! Requests to models: reserve, send, merge what comes, settle. Money is claimed before a byte leaves, and a claim is
//! replaced by what the server counted; where it counted nothing, or the request was cut short, the claim stands.

use super::Events;
use super::store::failure;
use crate::app::{Event, ModelEvent, StoreEvent, UNKNOWN_PRICE, UnknownPrice};
use crate::budget::bill::{Over, bill};
use crate::budget::choice::Candidate;
use crate::budget::ledger::{Grant, Reservation, Totals};
use crate::budget::limit::Limits;
use crate::budget::price::{Price, worst_case};
use crate::budget::token::Count;
use crate::context::token::estimate;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::{RequestId, RunId, SessionId};
use crate::domain::model::{Chunk, FinishReason, Locality, ModelInfo, ModelRequest, Timings, Usage};
use crate::domain::money::Money;
use crate::runtime::clock;
use crate::runtime::world::World;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// Text is handed on this often at most: once a frame of a calm screen.
pub const MERGE: Duration = Duration::from_millis(50);

/// A request as the state asked for it.
pub struct Call {
    /// The session it is for.
    pub session: SessionId,
    /// The run it is for.
    pub run: RunId,
    /// What to send.
    pub request: ModelRequest,
    /// Where the model runs.
    pub locality: Locality,
    /// What must hold.
    pub limits: Limits,
    /// Whether an unknown price is accepted.
    pub unknown_price: UnknownPrice,
    /// Seconds after which it is broken off, where it has a bound of its own.
    pub seconds: Option<u32>,
}

/// Looks for models.
pub async fn find(world: Arc<World>, events: Events) {
    let listing = world.discover().await;
    let priced = |info: ModelInfo| Candidate { price: world.prices.price(&info.reference, info.locality), info };
    let models = listing.models.into_iter().map(priced).collect();
    let found = ModelEvent::Found { models, failures: listing.failures };
    events.report(Event::Models(found)).await;
}

/// Makes a request and reports what comes of it. When cancelled it settles and says nothing.
pub async fn call(world: Arc<World>, events: Events, mut call: Call, cancel: CancellationToken) {
    // The run remembers where its model ran when it began; what the configuration says since then counts.
    tokio::select! {
        biased;
        () = cancel.cancelled() => return,
        place = world.place(&call.request.model) => call.locality = place.unwrap_or(call.locality),
    }
    let count = world.tokens.prompt(world.found().as_deref(), &call.request, call.locality).await;
    if let Some(count) = count {
        apply(count, &mut call);
    }
    let price = world.prices.price(&call.request.model, call.locality);
    match reserve(&world, &call, &price).await {
        Ok(reserved) => {
            if let Some(reserved) = reserved {
                events.report(Event::Store(StoreEvent::Totals(reserved))).await;
            }
            send(&world, &events, call, &price, &cancel).await;
        }
        Err(event) => events.report(Event::Models(event)).await,
    }
}

/// Tokens that asking for a form adds beside its schema. Where it is asked for as a tool the server instructs the model
/// about tools: Anthropic's page on tool use lists 264 to 530 tokens for that, by model.
const FORM: u32 = 530;

/// What is reserved and what room is left for the answer follow the prompt's tokens as they were counted, or as they hardly
/// are more.
fn apply(count: Count, call: &mut Call) {
    let request = &mut call.request;
    let is_instructed = request.schema.is_some() && call.locality == Locality::Remote;
    request.prompt_tokens = count.upper().saturating_add(if is_instructed { FORM } else { 0 });
    if count.exact {
        let room = request.window.saturating_sub(count.tokens).max(1);
        request.max_output = request.max_output.min(room);
    }
}

/// Claims the worst case. `Err` is what to report instead of sending.
async fn reserve(world: &World, call: &Call, price: &Price) -> Result<Option<Totals>, ModelEvent> {
    let request = &call.request;
    let unknown = matches!(price, Price::Unknown);
    let refused = |scope: &str, limit, used, asked| ModelEvent::Refused {
        request: request.id,
        scope: scope.to_owned(),
        limit,
        used,
        asked,
    };
    if unknown && call.unknown_price == UnknownPrice::Refused {
        return Err(refused(UNKNOWN_PRICE, Money::ZERO, Money::ZERO, Money::ZERO));
    }
    let claim = Reservation {
        session: call.session.clone(),
        run: call.run,
        request: request.id,
        model: request.model.clone(),
        node: request.brief.node,
        amount: worst_case(price, request.prompt_tokens, request.max_output),
        tokens: u64::from(request.prompt_tokens) + u64::from(request.max_output),
        at: clock::now(),
        day: world.today(),
        limits: if unknown { Vec::new() } else { call.limits.list() },
    };
    match world.store.reserve(claim).await {
        Ok(Grant::Granted(totals)) => Ok(Some(totals)),
        Ok(Grant::Refused(refusal)) => Err(refused(
            refusal.scope.word(),
            refusal.limit,
            refusal.spent + refusal.reserved,
            refusal.asked.unwrap_or_default(),
        )),
        // A model that costs nothing may be asked even when nothing can be saved.
        Err(_) if matches!(price, Price::Free) => Ok(None),
        Err(error) => Err(ModelEvent::Failed { request: request.id, failure: failure(&error) }),
    }
}

/// What has come of a request so far.
#[derive(Default)]
struct Progress {
    text: String,
    thinking: String,
    /// The server said that it had begun to answer.
    begun: bool,
    /// Bytes of text and thinking in all, handed on or not.
    output: usize,
    usage: Option<Usage>,
    timings: Timings,
    finish: Option<FinishReason>,
    /// The newest text not yet handed on may wait until then.
    due: Option<Instant>,
    /// Everything that came, for an estimate where the server counts nothing.
    whole: String,
    /// The provider waits until then before it sends the request once more: nothing is out meanwhile.
    waits: Option<Instant>,
}

async fn send(world: &World, events: &Events, call: Call, price: &Price, cancel: &CancellationToken) {
    let request = call.request;
    let id = request.id;
    let registry = tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        registry = world.registry() => Some(registry),
    };
    let provider = match registry.map(|registry| registry.resolve(&request.model)) {
        Some(Ok(provider)) => provider,
        // Nothing has left: the claim is given back whole.
        refused => {
            if let Err(error) = world.store.release(&call.session, id).await
                && !matches!(price, Price::Free)
            {
                events.report(Event::Noticed(failure(&error))).await;
            }
            if let Some(Err(failure)) = refused {
                events.report(Event::Models(ModelEvent::Failed { request: id, failure })).await;
            }
            return;
        }
    };
    let reserved = worst_case(price, request.prompt_tokens, request.max_output);
    events.report(Event::Models(ModelEvent::Sent { request: id, reserved })).await;
    let mut progress = Progress::default();
    let stream = provider.stream(request.clone());
    let outcome = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Failure::fatal(FailureKind::Cancelled, "Stopped.")),
        outcome = within(call.seconds, follow(stream, events, id, &mut progress)) => outcome,
    };
    if !cancel.is_cancelled() {
        hand_on(events, id, &mut progress).await;
    }
    let over = Over {
        prompt_tokens: request.prompt_tokens,
        max_output: request.max_output,
        failure: outcome.as_ref().err().map(|failure| failure.kind),
        out: progress.waits.is_none_or(|until| until <= Instant::now()),
        begun: progress.begun || progress.output > 0,
        counted: progress.usage,
        written: estimate(&progress.whole),
    };
    let (usage, cost) = bill(price, &over);
    if let Err(error) = world.store.settle(&call.session, id, cost, usage).await
        && !matches!(price, Price::Free)
    {
        events.report(Event::Noticed(failure(&error))).await;
    }
    // Figures of a prompt that was answered teach how the next one's are to be estimated.
    let reported = progress.usage.filter(|usage| !usage.estimated && outcome.is_ok());
    if let Some(usage) = reported.filter(|_| call.locality != Locality::Embedded) {
        world.tokens.learn(&world.store, &request, usage.input).await;
    }
    if outcome.is_err() && (usage != Usage::default() || cost.is_none_or(|cost| cost > Money::ZERO)) {
        events.report(Event::Models(ModelEvent::Settled { request: id, usage, cost })).await;
    }
    let event = match outcome {
        _ if cancel.is_cancelled() => return,
        Ok(finish) => ModelEvent::Answered { request: id, finish, usage, timings: progress.timings, cost },
        Err(failure) => ModelEvent::Failed { request: id, failure },
    };
    events.report(Event::Models(event)).await;
}

/// Breaks a request off that takes longer than its own bound.
async fn within(
    seconds: Option<u32>,
    work: impl Future<Output = Result<FinishReason, Failure>>,
) -> Result<FinishReason, Failure> {
    let Some(seconds) = seconds else { return work.await };
    let late = |_| Failure::fatal(FailureKind::Timeout, format!("The model took longer than {seconds} s for a try."));
    timeout(Duration::from_secs(u64::from(seconds)), work).await.map_err(late)?
}

/// Reads the stream to its end.
async fn follow(
    mut stream: crate::provider::ChunkStream,
    events: &Events,
    id: RequestId,
    progress: &mut Progress,
) -> Result<FinishReason, Failure> {
    loop {
        let due = progress.due;
        tokio::select! {
            biased;
            () = async { sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => {
                hand_on(events, id, progress).await;
            }
            chunk = stream.next() => match chunk {
                Some(Ok(chunk)) => take(events, id, progress, chunk).await,
                Some(Err(failure)) => return Err(failure),
                None => break,
            },
        }
    }
    progress.finish.take().ok_or_else(|| {
        Failure::transient(FailureKind::Protocol, "The server ended its answer without saying that it was complete.")
    })
}

async fn take(events: &Events, id: RequestId, progress: &mut Progress, chunk: Chunk) {
    let event = match chunk {
        Chunk::Text(text) => {
            progress.output += text.len();
            progress.whole.push_str(&text);
            progress.text.push_str(&text);
            return schedule(events, id, progress).await;
        }
        Chunk::Thinking(text) => {
            progress.output += text.len();
            progress.whole.push_str(&text);
            progress.thinking.push_str(&text);
            return schedule(events, id, progress).await;
        }
        Chunk::Usage(usage) => return progress.usage = Some(usage),
        Chunk::Finished(finish) => return progress.finish = Some(finish),
        Chunk::Started { .. } => {
            progress.begun = true;
            progress.waits = None;
            return;
        }
        Chunk::Timings(timings) => {
            progress.timings = timings;
            return;
        }
        Chunk::Prefill { processed, total } => ModelEvent::Prefill { request: id, processed, total },
        Chunk::Retrying { attempt, wait_ms, failure } => {
            progress.waits = Some(Instant::now() + Duration::from_millis(wait_ms));
            ModelEvent::Retrying { request: id, attempt, wait_ms, failure }
        }
    };
    events.report(Event::Models(event)).await;
}

/// The first token is handed on at once; what follows waits to be merged.
async fn schedule(events: &Events, id: RequestId, progress: &mut Progress) {
    let first = progress.output == progress.text.len() + progress.thinking.len() && progress.due.is_none();
    if first {
        hand_on(events, id, progress).await;
    }
    progress.due.get_or_insert_with(|| Instant::now() + MERGE);
}

async fn hand_on(events: &Events, id: RequestId, progress: &mut Progress) {
    progress.due = None;
    if progress.text.is_empty() && progress.thinking.is_empty() {
        return;
    }
    let delta = ModelEvent::Delta {
        request: id,
        text: std::mem::take(&mut progress.text),
        thinking: std::mem::take(&mut progress.thinking),
    };
    events.report(Event::Models(delta)).await;
    if progress.timings != Timings::default() {
        let timed = ModelEvent::Timed { request: id, timings: progress.timings };
        events.report(Event::Models(timed)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::intent::{Action, Complexity, Intent};
    use crate::domain::model::{Brief, ModelRef, Node};

    fn call(locality: Locality, schema: bool) -> Call {
        let intent = Intent {
            text: String::new(),
            action: Action::Create,
            targets: vec![],
            language: None,
            frameworks: vec![],
            complexity: Complexity::Simple,
            confidence: 1.0,
            token_budget: 1000,
            paths: vec![],
            symbols: vec![],
        };
        let request = ModelRequest {
            id: RequestId(1),
            model: ModelRef { provider: "p".into(), model: "m".into() },
            messages: vec![],
            prompt_tokens: 10,
            max_output: 8000,
            window: 8192,
            temperature_milli: 200,
            schema: schema.then(|| serde_json::json!({"type": "object"})),
            brief: Brief { node: Node::Planner, intent, listing: vec![], proposal: vec![], edits: true },
        };
        let (session, run, limits) = (SessionId("s".into()), RunId(1), Limits::default());
        Call { session, run, request, locality, limits, unknown_price: UnknownPrice::Refused, seconds: None }
    }

    #[tokio::test]
    async fn a_try_that_takes_longer_than_its_bound_is_broken_off_and_one_without_a_bound_is_not() {
        let late = within(Some(0), std::future::pending()).await.unwrap_err();
        assert_eq!((late.kind, late.retryable), (FailureKind::Timeout, false));
        for seconds in [Some(3600), None] {
            assert_eq!(within(seconds, async { Ok(FinishReason::Stop) }).await, Ok(FinishReason::Stop));
        }
    }

    #[test]
    fn a_claim_holds_what_a_server_may_add_for_the_form_of_the_answer() {
        let prompt_tokens = |locality, schema| {
            let mut call = call(locality, schema);
            apply(Count { tokens: 1_000, exact: true }, &mut call);
            call.request.prompt_tokens
        };
        assert_eq!(prompt_tokens(Locality::Remote, true), 1_530);
        assert_eq!(prompt_tokens(Locality::Remote, false), 1_000);
        assert_eq!(prompt_tokens(Locality::Loopback, true), 1_000);
    }
}
