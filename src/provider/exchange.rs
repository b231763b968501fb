//! One request's way to a server and back, as a stream of chunks.
//!
//! Nothing is sent before the first poll; dropping the stream ends the connection. The limits (connect, first byte, idle,
//! total) and the one retry budget are kept here. What was received stays received: a failure comes after it, at once,
//! as the last item, and nothing is repeated once the user has seen text, or a paid server has begun to work.

use super::ChunkStream;
use super::complaint::Complaint;
use super::dialect::{Call, Decoded, Decoder, Dialect, Problem};
use super::link::{Fault, Link};
use super::retry::{Again, Retry};
use super::wire::{Framing, Parser, WireError};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::{Chunk, Locality, ModelRequest};
use futures_util::stream;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long a finished answer's connection is waited for, so that it can be used again.
const FAREWELL: Duration = Duration::from_millis(50);

/// The stream of a request's answer. `seed` decides the jitter of retries.
pub fn exchange(link: Arc<Link>, dialect: Arc<dyn Dialect>, request: ModelRequest, seed: u64) -> ChunkStream {
    let patience = link.endpoint.limits.first_byte;
    let retry = Retry::new(seed ^ request.id.0, patience);
    let exchange = Exchange {
        link,
        dialect,
        request,
        call: None,
        phase: Phase::Send,
        queue: VecDeque::new(),
        retry,
        shown: false,
        begun: false,
        deadline: None,
    };
    Box::pin(stream::unfold(exchange, |mut exchange| async move { exchange.next().await.map(|item| (item, exchange)) }))
}

struct Exchange {
    link: Arc<Link>,
    dialect: Arc<dyn Dialect>,
    request: ModelRequest,
    call: Option<Call>,
    phase: Phase,
    queue: VecDeque<Result<Chunk, Failure>>,
    retry: Retry,
    /// Whether the user has seen something of the answer, after which nothing is repeated.
    shown: bool,
    /// Whether the server has begun to answer: from then on it may bill, whatever it shows.
    begun: bool,
    deadline: Option<Instant>,
}

enum Phase {
    Send,
    Read(Box<Reading>),
    Wait(Duration),
    Farewell(Response),
    Over,
}

struct Reading {
    response: Response,
    parser: Parser,
    decoder: Box<dyn Decoder>,
    model: String,
}

impl Exchange {
    async fn next(&mut self) -> Option<Result<Chunk, Failure>> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                return Some(item);
            }
            match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Over => return None,
                Phase::Wait(wait) => {
                    sleep(wait.min(self.left())).await;
                    self.phase = Phase::Send;
                }
                Phase::Farewell(mut response) => {
                    let drained = async { while let Ok(Some(_)) = response.chunk().await {} };
                    let _ = timeout(FAREWELL, drained).await;
                }
                Phase::Send => self.send().await,
                Phase::Read(reading) => self.read(reading).await,
            }
        }
    }

    /// What is left of the request's total limit, which begins with the first poll.
    fn left(&mut self) -> Duration {
        let total = self.link.endpoint.limits.total;
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + total);
        deadline.saturating_duration_since(Instant::now())
    }

    async fn send(&mut self) {
        let left = self.left();
        if left.is_zero() {
            return self.stop(self.link.late("finish", self.link.endpoint.limits.total));
        }
        let limits = self.link.endpoint.limits;
        if self.call.is_none() {
            match timeout(left, self.dialect.prepare(&self.link, &self.request)).await {
                Ok(Ok(call)) => self.call = Some(call),
                Ok(Err(failure)) => return self.stop(failure),
                Err(_) => return self.stop(self.link.late("finish", limits.total)),
            }
        }
        let Some(call) = &mut self.call else { return };
        match self.link.open(call.path, &call.body, limits.first_byte.min(left)).await {
            Err(fault) => {
                let refused = fault.complaint.as_ref().filter(|c| matches!(c.status, Some(400 | 422)));
                match refused.is_some_and(|complaint| self.dialect.mend(call, complaint)) {
                    true => self.phase = Phase::Send,
                    false => self.recover(fault),
                }
            }
            Ok(response) => match self.misplaced(&response) {
                Some(error) => self.stop(self.link.garbled(&error)),
                None => {
                    let Some(call) = &self.call else { return };
                    let model = self.request.model.model.clone();
                    let (parser, decoder) = (Parser::new(call.framing), (call.decoder)(&model));
                    self.phase = Phase::Read(Box::new(Reading { response, parser, decoder, model }));
                }
            },
        }
    }

    /// Why a successful response cannot be the stream that was asked for.
    fn misplaced(&self, response: &Response) -> Option<WireError> {
        let sent = response.headers().get(CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
        let sse = self.call.as_ref().is_some_and(|call| call.framing == Framing::Sse);
        let wrong = match sent {
            sent if sent.starts_with("text/html") => "a web page instead of an answer",
            sent if sse && sent.starts_with("application/json") => {
                "its answer in one piece though a stream was asked for"
            }
            _ => return None,
        };
        Some(WireError::NotProtocol(wrong.to_owned()))
    }

    async fn read(&mut self, mut reading: Box<Reading>) {
        let (idle, left) = (self.link.endpoint.limits.idle, self.left());
        let mut events = Vec::new();
        match timeout(idle.min(left), reading.response.chunk()).await {
            Err(_) if left <= idle => self.stop(self.link.late("finish", self.link.endpoint.limits.total)),
            Err(_) => self.stop(self.link.late("send anything more", idle)),
            Ok(Err(error)) => self.stop(self.link.broken(&error)),
            Ok(Ok(Some(bytes))) => {
                let parsed = reading.parser.push(&bytes, &mut events);
                self.phase = Phase::Read(reading);
                self.decode(|decoder| events.iter().flat_map(|event| decoder.event(event)).collect());
                if let (Err(error), Phase::Read(_)) = (parsed, &self.phase) {
                    self.stop(self.link.garbled(&error));
                }
            }
            Ok(Ok(None)) => {
                let last = reading.parser.finish();
                self.phase = Phase::Read(reading);
                match last {
                    Err(error) => self.stop(self.link.garbled(&error)),
                    Ok(last) => {
                        self.decode(|decoder| {
                            let mut decoded = last.map_or_else(Vec::new, |event| decoder.event(&event));
                            decoded.extend(decoder.end());
                            decoded
                        });
                    }
                }
            }
        }
    }

    /// Queues what the decoder makes of new events, up to the end of the answer or its first problem.
    fn decode(&mut self, decoded: impl FnOnce(&mut dyn Decoder) -> Decoded) {
        let Phase::Read(reading) = &mut self.phase else { return };
        for item in decoded(reading.decoder.as_mut()) {
            match item {
                Ok(chunk) => {
                    self.begun = true;
                    self.shown |= matches!(chunk, Chunk::Text(_) | Chunk::Thinking(_));
                    let finished = matches!(chunk, Chunk::Finished(_));
                    self.queue.push_back(Ok(chunk));
                    if finished {
                        return self.farewell();
                    }
                }
                Err(problem) => return self.solve(problem),
            }
        }
    }

    fn farewell(&mut self) {
        if let Phase::Read(reading) = std::mem::replace(&mut self.phase, Phase::Over) {
            self.phase = Phase::Farewell(reading.response);
        }
    }

    fn solve(&mut self, problem: Problem) {
        match problem {
            Problem::Wire(error) => self.stop(self.link.garbled(&error)),
            Problem::Complaint(complaint) => self.complain(complaint),
            Problem::Cut => {
                let message =
                    format!("{} closed the connection before its answer was complete. Try again.", self.link.endpoint);
                self.stop(Failure::transient(FailureKind::Network, message));
            }
        }
    }

    fn complain(&mut self, complaint: Complaint) {
        let Phase::Read(reading) = &self.phase else { return };
        let mut fault = self.link.fault(complaint, &reading.model);
        let paid = self.link.locality(&reading.model) == Locality::Remote;
        if self.shown || (self.begun && paid) {
            fault.again = Again::Never;
        }
        self.recover(fault);
    }

    /// Waits for another attempt if the budget has one, and says so; otherwise the failure is the end.
    fn recover(&mut self, fault: Fault) {
        let left = self.left();
        match self.retry.next(&fault.failure, fault.again) {
            Some((attempt, wait)) if wait < left => {
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                self.queue.push_back(Ok(Chunk::Retrying { attempt, wait_ms, failure: fault.failure }));
                self.phase = Phase::Wait(wait);
            }
            _ => self.stop(fault.failure),
        }
    }

    fn stop(&mut self, failure: Failure) {
        self.queue.push_back(Err(failure));
        self.phase = Phase::Over;
    }
}
