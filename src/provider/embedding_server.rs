//! A server that has OpenAI's `POST /v1/embeddings`: llama-server with `--embeddings`, Ollama, LM Studio, vLLM and others.
//!
//! Sends no key, so that nothing it does can cost money, and leaves this machine only where it is told that it may. Repeats
//! nothing: who asks decides whether to ask again.

use super::Reach;
use super::endpoint::{Endpoint, Protocol};
use super::link::Link;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::Locality;
use crate::embedding::{Embedded, Embedder};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Texts in one request: few enough for a slow machine to answer in seconds.
const BATCH: usize = 64;
/// Most numbers of a point that are believed.
const MOST_DIMENSIONS: usize = 16 << 10;

/// A server of embeddings. Connects to nothing before it is asked. Not to be used within an async task.
pub struct EmbeddingServer {
    link: Link,
    model: Option<String>,
    runtime: Runtime,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
    #[serde(default)]
    model: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl EmbeddingServer {
    /// The server at an address, with or without `/v1`, and which of its models is meant, if it has several.
    ///
    /// # Errors
    /// `Config` for what is no address, `Offline` for one that is not on this machine unless `reach` is [`Reach::Online`].
    pub fn new(address: &str, model: Option<&str>, reach: Reach) -> Result<EmbeddingServer, Failure> {
        let endpoint = Endpoint::new("embeddings", Protocol::Chat, address)?;
        if reach == Reach::Offline && endpoint.locality() == Locality::Remote {
            let message = format!(
                "{endpoint} is not on this machine: nothing is sent there. Names, heads and comments of the code would be; \
                 `search.remote = true` (without `offline`) allows it"
            );
            return Err(Failure::fatal(FailureKind::Offline, message));
        }
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::fatal(FailureKind::Internal, error.to_string()))?;
        Ok(EmbeddingServer { link: Link::new(endpoint), model: model.map(str::to_owned), runtime })
    }

    /// The points of an answer in the order of the texts.
    fn points(&self, answer: Answer, texts: usize) -> Result<Vec<Vec<f32>>, Failure> {
        let Answer { data: mut items, .. } = answer;
        let found = items.len();
        if found != texts {
            return Err(self.nonsense(&format!("{found} embeddings for {texts} texts")));
        }
        if items.iter().any(|item| item.index.is_some()) {
            items.sort_by_key(|item| item.index);
            if items.iter().enumerate().any(|(at, item)| item.index != Some(at)) {
                return Err(self.nonsense("embeddings whose numbers are not those of the texts"));
            }
        }
        let dimension = items.first().map_or(0, |item| item.embedding.len());
        if !(1..=MOST_DIMENSIONS).contains(&dimension) || items.iter().any(|item| item.embedding.len() != dimension) {
            return Err(self.nonsense("embeddings of no or of different dimensions"));
        }
        Ok(items.into_iter().map(|item| item.embedding).collect())
    }

    fn nonsense(&self, what: &str) -> Failure {
        Failure::fatal(FailureKind::Protocol, format!("{} sent {what}", self.link.endpoint))
    }

    /// What the user can do about a failure, where that is something else than for a chat.
    fn advise(&self, failure: Failure) -> Failure {
        let endpoint = &self.link.endpoint;
        let message = match (failure.kind, &self.model) {
            (FailureKind::Auth, _) => {
                format!("{endpoint} wants a key, and for embeddings none is sent: name a server that needs none")
            }
            (FailureKind::UnknownModel | FailureKind::BadRequest, None) => {
                format!("{} Name one of its models in `search.model`.", failure.message)
            }
            _ => failure.message,
        };
        Failure { message, ..failure }
    }
}

impl Embedder for EmbeddingServer {
    fn title(&self) -> String {
        let model = self.model.as_ref().map(|model| format!(", {model}")).unwrap_or_default();
        format!("{}{model}", self.link.endpoint.address())
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn embed(&self, texts: &[&str], limit: Duration) -> Result<Embedded, Failure> {
        let mut body = json!({"input": texts, "encoding_format": "float"});
        if let Some(model) = &self.model {
            body["model"] = json!(model);
        }
        let answer = self.runtime.block_on(self.link.work::<Answer>("v1/embeddings", &body, limit));
        let mut answer = answer.map_err(|failure| self.advise(failure))?;
        // What the server has loaded: behind one address may be another model tomorrow.
        let loaded = answer.model.take().unwrap_or_default();
        let points = self.points(answer, texts.len())?;
        let dimension = points.first().map_or(0, Vec::len);
        let asked = self.model.as_deref().unwrap_or_default();
        let identity = format!("server {dimension} {} {asked} {loaded}", self.link.endpoint.address());
        Ok(Embedded { identity, points })
    }
}
