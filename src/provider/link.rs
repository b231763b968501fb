//! HTTP to one server: its key goes to its own address only, nothing waits for ever, nothing is read without a cap.
//!
//! Redirects are not followed. Loopback servers are reached directly, whatever proxy the environment names, so that
//! `--offline` means what it says. No request is repeated here; that is the exchange's decision.

use super::complaint::Complaint;
use super::endpoint::{Endpoint, Protocol};
use super::retry::{Again, again, retry_after_ms};
use super::wire::{WireError, json};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::{Locality, ModelInfo};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::error::Error;
use std::sync::{Mutex, Once, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::timeout;

/// Most bytes of an error body that are read.
const ERROR_CAP: usize = 1 << 20;
/// Most bytes of any other body that is read whole (OpenRouter's model list takes about one MiB).
const BODY_CAP: usize = 8 << 20;
/// How long a question about models may take.
const ASK: Duration = Duration::from_secs(10);

/// A failure on the way to an answer, with what the exchange needs to decide whether to try again.
#[derive(Debug)]
pub struct Fault {
    /// For the user.
    pub failure: Failure,
    /// Whether to try again.
    pub again: Again,
    /// What the server said, if it said anything.
    pub complaint: Option<Box<Complaint>>,
}

/// The connection to one server.
#[derive(Debug)]
pub struct Link {
    /// Where it leads.
    pub endpoint: Endpoint,
    client: OnceLock<Client>,
    known: Mutex<Vec<(String, Locality)>>,
}

impl Link {
    /// A link that connects to nothing before the first request.
    pub fn new(endpoint: Endpoint) -> Link {
        Link { endpoint, client: OnceLock::new(), known: Mutex::new(Vec::new()) }
    }

    /// Remembers the models the server listed, to suggest one when a name is wrong.
    pub fn remember(&self, models: &[ModelInfo]) {
        let known = models.iter().map(|m| (m.reference.model.clone(), m.locality)).collect();
        *self.known.lock().unwrap_or_else(|e| e.into_inner()) = known;
    }

    /// The names of the models the server listed last; empty before it was asked.
    pub fn known(&self) -> Vec<String> {
        let known = self.known.lock().unwrap_or_else(|e| e.into_inner());
        known.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Whether the server listed this model as one that runs elsewhere.
    pub fn is_remote(&self, model: &str) -> bool {
        let known = self.known.lock().unwrap_or_else(|e| e.into_inner());
        known.iter().any(|(name, locality)| *locality == Locality::Remote && is_name(name, model))
    }

    /// Where this model runs: elsewhere too if a server on this machine forwards it.
    pub fn locality(&self, model: &str) -> Locality {
        if self.is_remote(model) { Locality::Remote } else { self.endpoint.locality }
    }

    /// Asks a question with GET and reads the answer as `T`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.ask(Method::GET, path, None, ASK).await
    }

    /// Asks a question with POST and reads the answer as `T`.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        self.ask(Method::POST, path, Some(body), ASK).await
    }

    /// The same for what may take longer than a question about models.
    pub async fn work<T: DeserializeOwned>(&self, path: &str, body: &Value, limit: Duration) -> Result<T, Failure> {
        self.ask(Method::POST, path, Some(body), limit).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        limit: Duration,
    ) -> Result<T, Failure> {
        let limit = limit.min(self.endpoint.limits.first_byte);
        let model = body.and_then(|b| b.get("model")).and_then(Value::as_str).unwrap_or("").to_owned();
        let answer = async {
            let response = self.send(method, path, body, "application/json").await?;
            let response = self.checked(response, &model).await.map_err(|fault| fault.failure)?;
            read(response, BODY_CAP).await.map_err(|error| self.broken(&error))
        };
        let bytes = timeout(limit, answer).await.map_err(|_| self.late("answer", limit))??;
        let text = std::str::from_utf8(&bytes).map_err(|_| self.garbled(&WireError::NotUtf8))?;
        json(text, "answer of its protocol").map_err(|error| self.garbled(&error))
    }

    /// Sends a request whose answer is streamed and returns once the server has begun to answer it with success.
    pub async fn open(&self, path: &str, body: &Value, limit: Duration) -> Result<Response, Fault> {
        let model = body.get("model").and_then(Value::as_str).unwrap_or("");
        let accept = match self.endpoint.protocol {
            Protocol::Ollama => "application/x-ndjson",
            _ => "text/event-stream",
        };
        let begin = async {
            let sent = self.send(Method::POST, path, Some(body), accept).await;
            let response = sent.map_err(|failure| Fault { failure, again: Again::Never, complaint: None })?;
            self.checked(response, model).await
        };
        timeout(limit, begin).await.unwrap_or_else(|_| {
            let failure = self.late("begin to answer", limit);
            Err(Fault { failure, again: Again::Never, complaint: None })
        })
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>, accept: &str) -> Result<Response, Failure> {
        let mut request = self.client()?.request(method, self.endpoint.url(path)).header(ACCEPT, accept);
        request = request.headers(self.headers());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        request.send().await.map_err(|error| self.broken(&error))
    }

    fn headers(&self) -> HeaderMap {
        let endpoint = &self.endpoint;
        let mut headers = HeaderMap::new();
        if endpoint.protocol == Protocol::Messages {
            headers.insert("anthropic-version", reqwest::header::HeaderValue::from_static("2023-06-01"));
        }
        if let Some(key) = &endpoint.key {
            let (name, value) = match endpoint.protocol {
                Protocol::Messages => ("x-api-key".parse().ok(), key.header("")),
                _ => (Some(AUTHORIZATION), key.header("Bearer ")),
            };
            headers.extend(name.zip(value));
        }
        headers.extend(endpoint.headers.iter().filter_map(|(name, value)| Some((name.clone(), value.header("")?))));
        headers
    }

    /// Passes a success on; reads the error body of everything else.
    async fn checked(&self, response: Response, model: &str) -> Result<Response, Fault> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let wait = self.asked_wait(response.headers());
        // A torn or endless error body is as good as what was read of it.
        let body = read(response, ERROR_CAP).await.unwrap_or_default();
        let mut complaint = Complaint::from_body(status.as_u16(), &body);
        complaint.retry_after_ms = wait;
        Err(self.fault(complaint, model))
    }

    /// The fault that a server's own complaint amounts to.
    pub fn fault(&self, complaint: Complaint, model: &str) -> Fault {
        let failure = complaint.failure(&self.endpoint, model, &self.known());
        let again = if complaint.is_loading() { Again::Loading } else { again(&failure, self.locality(model)) };
        Fault { failure, again, complaint: Some(Box::new(complaint)) }
    }

    fn asked_wait(&self, headers: &HeaderMap) -> Option<u64> {
        let header = |name: &str| headers.get(name)?.to_str().ok();
        if let Some(ms) = header("retry-after-ms").and_then(|ms| ms.parse().ok()) {
            return Some(60_000u64.min(ms));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
        retry_after_ms(header("retry-after")?, now)
    }

    fn client(&self) -> Result<&Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = build(&self.endpoint).map_err(|error| {
            let message = format!("The HTTP client for {} cannot start: {}", self.endpoint, reason(&error));
            Failure::fatal(FailureKind::Unreachable, message)
        })?;
        Ok(self.client.get_or_init(|| client))
    }

    /// The failure for an error of the connection itself.
    pub fn broken(&self, error: &reqwest::Error) -> Failure {
        if let Some(why) = untrusted(error) {
            let message = format!(
                "The certificate of {} is not accepted: {why}. If the server is your own, put its authority's certificate \
                 into a PEM file and name the file in SSL_CERT_FILE; that file then replaces the system's.",
                self.endpoint
            );
            return Failure::fatal(FailureKind::Network, message);
        }
        let reason = self.endpoint.redact(&reason(error));
        let kind = if error.is_connect() { FailureKind::Unreachable } else { FailureKind::Network };
        if error.is_timeout() {
            return Failure { kind, ..self.late("accept a connection", self.endpoint.limits.connect) };
        }
        let message = match (error.is_connect(), self.endpoint.locality) {
            (true, Locality::Remote) => {
                format!("Cannot reach {}: {reason}. Check the network, the address and any proxy.", self.endpoint)
            }
            (true, _) => format!("Cannot reach {}: {reason}. Start it, or check its address.", self.endpoint),
            (false, _) => format!("The connection to {} broke: {reason}. Try again.", self.endpoint),
        };
        Failure::transient(kind, message)
    }

    /// The failure for a limit that passed.
    pub fn late(&self, what: &str, limit: Duration) -> Failure {
        let message = format!("{} did not {what} within {:.0?}. Try again, or raise the limit.", self.endpoint, limit);
        Failure::transient(FailureKind::Timeout, message)
    }

    /// The failure for bytes that are not the protocol.
    pub fn garbled(&self, error: &WireError) -> Failure {
        let said = self.endpoint.redact(&error.to_string());
        let word = self.endpoint.protocol.word();
        let message =
            format!("{} sent {said}. Check that it speaks the `{word}` protocol at this address.", self.endpoint);
        Failure::fatal(FailureKind::Protocol, message)
    }
}

/// Reads a body up to `cap` bytes; what lies beyond is not read.
async fn read(mut response: Response, cap: usize) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < cap {
        let Some(bytes) = response.chunk().await? else { break };
        body.extend_from_slice(&bytes[..bytes.len().min(cap - body.len())]);
    }
    Ok(body)
}

fn build(endpoint: &Endpoint) -> reqwest::Result<Client> {
    static RING: Once = Once::new();
    // An error means that a provider is installed already, which serves as well.
    RING.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let mut builder = Client::builder()
        .user_agent(concat!("vibe-tui/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(endpoint.limits.connect)
        .pool_idle_timeout(Duration::from_secs(30))
        .no_gzip();
    if endpoint.is_on_this_machine() {
        builder = builder.no_proxy();
    }
    if endpoint.root.scheme() == "http" {
        // No certificate is ever checked: do not load the system's.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// Why the server's certificate was refused, if that is the cause of an error.
fn untrusted(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut next = error.source();
    while let Some(cause) = next {
        // An I/O error tells the source of what it wraps, not what it wraps.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(|e| e.get_ref()).map(|e| e as &dyn Error);
        let cause = wrapped.unwrap_or(cause);
        if let Some(found @ rustls::Error::InvalidCertificate(_)) = cause.downcast_ref() {
            return Some(found);
        }
        next = if wrapped.is_some() { Some(cause).filter(|c| !c.is::<rustls::Error>()) } else { cause.source() };
    }
    None
}

/// The innermost causes of an error, which say more than "error sending request", without the address.
fn reason(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    causes.dedup();
    match causes.last() {
        Some(last) => last.clone(),
        None => "the request failed".to_owned(),
    }
}

/// Whether a listed name is the one asked for; Ollama's `latest` tag may be left out.
pub fn is_name(listed: &str, asked: &str) -> bool {
    listed == asked || listed.strip_suffix(":latest") == Some(asked)
}
