//! The embedded pattern engine as a provider: no model, no connection, no cost.
//!
//! The engine's mind is a function that is passed in; here its answer only becomes a stream. It works offline.

use super::nearest::did_you_mean;
use super::{Answer, ChunkStream, Provider};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::{Chunk, FinishReason, Locality, ModelInfo, ModelRef, ModelRequest, Structured, Usage};
use futures_util::{StreamExt, stream};
use std::sync::Arc;

/// Characters of a piece: small enough that the answer is seen to grow.
const PIECE: usize = 48;
/// The one model's name.
const MODEL: &str = "patterns";
/// Nothing is read by a model; this is the prompt that the rest of the house may build.
const WINDOW: u32 = 8192;

type Mind = dyn Fn(&ModelRequest) -> Result<String, Failure> + Send + Sync;

/// The embedded engine, called `embedded/patterns`.
#[derive(Clone)]
pub struct Embedded {
    answer: Arc<Mind>,
}

impl Embedded {
    /// An engine that answers by `answer`, which has to be pure and quick.
    pub fn new(answer: impl Fn(&ModelRequest) -> Result<String, Failure> + Send + Sync + 'static) -> Embedded {
        Embedded { answer: Arc::new(answer) }
    }

    fn info() -> ModelInfo {
        ModelInfo {
            reference: ModelRef { provider: "embedded".to_owned(), model: MODEL.to_owned() },
            locality: Locality::Embedded,
            window: Some(WINDOW),
            max_output: None,
            parameters_b: None,
            structured: Structured::JsonSchema,
            note: "embedded patterns, no model".to_owned(),
        }
    }
}

impl Provider for Embedded {
    fn name(&self) -> &str {
        "embedded"
    }

    fn models(&self) -> Answer<'_, Vec<ModelInfo>> {
        Box::pin(std::future::ready(Ok(vec![Embedded::info()])))
    }

    fn describe(&self, model: &str) -> Answer<'_, ModelInfo> {
        let described = match model {
            MODEL => Ok(Embedded::info()),
            other => {
                let nearest = did_you_mean(other, [MODEL]);
                let message = format!("The embedded engine has no model `{other}`.{nearest}");
                Err(Failure::fatal(FailureKind::UnknownModel, message))
            }
        };
        Box::pin(std::future::ready(described))
    }

    fn stream(&self, request: ModelRequest) -> ChunkStream {
        let answer = Arc::clone(&self.answer);
        Box::pin(stream::once(async move { stream::iter(chunks(&request, answer(&request))) }).flatten())
    }

    fn count_tokens(&self, _model: &str, _text: &str) -> Option<Answer<'_, u32>> {
        None
    }
}

fn chunks(request: &ModelRequest, answer: Result<String, Failure>) -> Vec<Result<Chunk, Failure>> {
    let text = match answer {
        Ok(text) => text,
        Err(failure) => return vec![Err(failure)],
    };
    let characters: Vec<char> = text.chars().collect();
    let pieces = characters.chunks(PIECE).map(|piece| Ok(Chunk::Text(piece.iter().collect())));
    let output = u32::try_from(text.len().div_ceil(4)).unwrap_or(u32::MAX);
    let usage = Usage { input: request.prompt_tokens, output, estimated: true, ..Usage::default() };
    [Ok(Chunk::Started { model: MODEL.to_owned() })]
        .into_iter()
        .chain(pieces)
        .chain([Ok(Chunk::Usage(usage)), Ok(Chunk::Finished(FinishReason::Stop))])
        .collect()
}
