//! Model servers: one streaming trait, one adapter per protocol, and pure parsers for their wire formats.
//!
//! From the outside in: [`Registry`] resolves `provider/model` to a [`Provider`]; [`Server`] is one over HTTP, made of an
//! [`Endpoint`] and the dialect of its [`Protocol`]; [`Embedded`] answers from patterns, [`Scripted`] from a file. Within a
//! server, `exchange` drives (limits, retries, order), `link` sends (keys, addresses), `wire`/`sse`/`ndjson` cut bytes into
//! events, and one decoder a protocol turns events into chunks. [`EmbeddingServer`] and [`StaticModel`] make points of texts. Prompts, prices and estimates belong to others.

mod chat;
mod chat_decoder;
mod complaint;
mod dialect;
mod discovery;
mod embedded;
mod embedding_server;
mod endpoint;
mod exchange;
mod link;
mod messages;
mod messages_decoder;
mod ndjson;
mod nearest;
mod ollama;
mod registry;
mod responses;
mod retry;
mod scripted;
mod server;
mod size;
mod sse;
mod static_model;
mod wire;

pub use discovery::{Discovery, Probe};
pub use embedded::Embedded;
pub use embedding_server::EmbeddingServer;
pub use endpoint::{Endpoint, Limits, Protocol, Secret};
pub use registry::{Listing, Reach, Registry};
pub use scripted::Scripted;
pub use server::Server;
pub use static_model::StaticModel;
pub use wire::{DEPTH_CAP, Event, Framing, LINE_CAP, Parser, WireError};

use crate::domain::failure::Failure;
use crate::domain::model::{Chunk, ModelInfo, ModelRequest};
use futures_util::Stream;
use std::future::Future;
use std::pin::Pin;

/// The pieces of one answer. A failure is the last item; [`Chunk::Finished`] is the last item of a complete answer. What
/// came before a failure is the model's own and may be kept.
pub type ChunkStream = Pin<Box<dyn Stream<Item = Result<Chunk, Failure>> + Send>>;

/// An answer to a question about models.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Something that answers prompts.
pub trait Provider: Send + Sync {
    /// Its name in the registry: the part of `provider/model` before the first `/`.
    fn name(&self) -> &str;

    /// Its models, with the window the server really loaded where it says so.
    fn models(&self) -> Answer<'_, Vec<ModelInfo>>;

    /// One model in as much detail as the server gives.
    fn describe(&self, model: &str) -> Answer<'_, ModelInfo>;

    /// Sends a request when the stream is first polled; dropping the stream ends the call, also on the server.
    fn stream(&self, request: ModelRequest) -> ChunkStream;

    /// The exact number of tokens of a text by the model's own tokenizer; `None` where the server cannot count.
    fn count_tokens(&self, model: &str, text: &str) -> Option<Answer<'_, u32>>;

    /// The number of tokens of a whole prompt by the server's own reckoning, with all that its chat format adds; `None`
    /// where the server cannot tell. The prompt is sent to the server for that.
    fn count_prompt(&self, _request: &ModelRequest) -> Option<Answer<'_, u32>> {
        None
    }
}
