//! A model server as a [`Provider`]: an endpoint, the dialect it speaks, and what forbids talking to it.

use super::chat::Chat;
use super::complaint::Complaint;
use super::dialect::Dialect;
use super::endpoint::{Endpoint, Protocol};
use super::exchange::exchange;
use super::link::{Link, is_name};
use super::messages::Messages;
use super::ollama::{Ollama, is_cloud};
use super::registry::Reach;
use super::responses::Responses;
use super::{Answer, ChunkStream, Provider};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::{Locality, ModelInfo, ModelRequest};
use futures_util::stream;
use std::future::ready;
use std::sync::Arc;

/// A model server. Connects to nothing before it is asked something.
pub struct Server {
    link: Arc<Link>,
    dialect: Arc<dyn Dialect>,
    reach: Reach,
    seed: u64,
}

impl Server {
    /// The server at an endpoint. `seed` decides the jitter of retries.
    pub fn new(endpoint: Endpoint, seed: u64) -> Server {
        let dialect: Arc<dyn Dialect> = match endpoint.protocol() {
            Protocol::Ollama => Arc::new(Ollama),
            Protocol::Chat => Arc::new(Chat::default()),
            Protocol::Responses => Arc::new(Responses::default()),
            Protocol::Messages => Arc::new(Messages),
        };
        Server { link: Arc::new(Link::new(endpoint)), dialect, reach: Reach::Online, seed }
    }

    /// The server, refusing whatever lies beyond `reach` before a connection is made.
    pub fn within(mut self, reach: Reach) -> Server {
        self.reach = reach;
        self
    }

    /// Whether the server itself may be contacted.
    pub fn is_within_reach(&self) -> bool {
        self.reach == Reach::Online || self.link.endpoint.locality() != Locality::Remote
    }

    /// Why a request for `model` would fail before it is sent.
    pub fn obstacle(&self, model: &str) -> Option<Failure> {
        let endpoint = &self.link.endpoint;
        if self.reach == Reach::Offline && (!self.is_within_reach() || self.runs_elsewhere(model)) {
            let message =
                format!("--offline forbids {}/{model}, which runs elsewhere: choose a local model", self.name());
            return Some(Failure::fatal(FailureKind::Offline, message));
        }
        if let Some(failure) = endpoint.missing_key() {
            return Some(failure);
        }
        None
    }

    /// The failure for a model that Ollama did not list. It lists every model it has; other servers know aliases that they
    /// do not list. Asking for the models again, or describing one, renews the list.
    pub fn unlisted(&self, model: &str) -> Option<Failure> {
        let endpoint = &self.link.endpoint;
        let known = self.link.known();
        let is_listed = known.iter().any(|name| is_name(name, model));
        if endpoint.protocol() != Protocol::Ollama || known.is_empty() || is_listed || is_cloud(model) {
            return None;
        }
        let complaint = Complaint { status: Some(404), word: "model_not_found".to_owned(), ..Complaint::default() };
        Some(complaint.failure(endpoint, model, &known))
    }

    /// Whether Ollama forwards this model to its cloud.
    fn runs_elsewhere(&self, model: &str) -> bool {
        self.link.endpoint.protocol() == Protocol::Ollama && (is_cloud(model) || self.link.is_remote(model))
    }
}

impl Provider for Server {
    fn name(&self) -> &str {
        self.link.endpoint.name()
    }

    fn models(&self) -> Answer<'_, Vec<ModelInfo>> {
        let endpoint = &self.link.endpoint;
        if !self.is_within_reach() {
            let message = format!("--offline forbids asking {endpoint} for its models");
            return Box::pin(ready(Err(Failure::fatal(FailureKind::Offline, message))));
        }
        match endpoint.missing_key() {
            Some(failure) => Box::pin(ready(Err(failure))),
            None => self.dialect.models(&self.link),
        }
    }

    fn describe(&self, model: &str) -> Answer<'_, ModelInfo> {
        if let Some(failure) = self.obstacle(model) {
            return Box::pin(ready(Err(failure)));
        }
        let model = model.to_owned();
        Box::pin(async move { self.dialect.describe(&self.link, &model).await })
    }

    fn stream(&self, request: ModelRequest) -> ChunkStream {
        match self.obstacle(&request.model.model) {
            Some(failure) => Box::pin(stream::iter([Err(failure)])),
            None => exchange(Arc::clone(&self.link), Arc::clone(&self.dialect), request, self.seed),
        }
    }

    fn count_tokens(&self, model: &str, text: &str) -> Option<Answer<'_, u32>> {
        match self.obstacle(model) {
            Some(_) => None,
            None => self.dialect.count(&self.link, model, text),
        }
    }

    fn count_prompt(&self, request: &ModelRequest) -> Option<Answer<'_, u32>> {
        match self.obstacle(&request.model.model) {
            Some(_) => None,
            None => self.dialect.count_prompt(&self.link, request),
        }
    }
}
