//! How to ask a model of a given size: temperature, length of answers, window, and whether structure is worth asking for.
//!
//! It refuses to overrule what a server says of itself: these are the figures for what it does not say.

use crate::domain::model::{Locality, ModelInfo, Node, Structured};
use serde::{Deserialize, Serialize};

/// How large a model is, as far as prompting it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// Up to 3 billion parameters.
    Small,
    /// More than 3, up to 8 billion; also a local model that does not say.
    Medium,
    /// More than 8 billion.
    Large,
    /// In the cloud, of unknown size.
    Cloud,
}

/// What kind of answer is worth asking for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Plain text, parsed with patience.
    Text,
    /// JSON, constrained by the server as far as it can.
    Json,
}

/// How to ask a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its size.
    pub size: Size,
    /// Tokens of prompt and answer together that may be used.
    pub window: u32,
    /// Whether the window is our assumption, because the server does not say.
    pub window_assumed: bool,
    /// What to ask planner and reviewer for.
    pub form: Form,
    /// The server's own cap on the length of answers.
    max_output: Option<u32>,
}

/// The window of a local model that does not say: Ollama's own default is no larger.
const LOCAL_WINDOW: u32 = 4_096;
/// The window of a cloud model that does not say: smaller than any still offered.
const CLOUD_WINDOW: u32 = 32_768;

impl Profile {
    /// The profile of a model.
    pub fn of(info: &ModelInfo) -> Profile {
        let size = size(info);
        let assumed = if info.locality == Locality::Remote { CLOUD_WINDOW } else { LOCAL_WINDOW };
        // Small models lose the thread in JSON that nothing holds them to.
        let form = match (info.structured, size) {
            (Structured::None, Size::Small) => Form::Text,
            _ => Form::Json,
        };
        Profile {
            size,
            window: info.window.unwrap_or(assumed),
            window_assumed: info.window.is_none(),
            form,
            max_output: info.max_output,
        }
    }

    /// Sampling temperature in thousandths: nothing but the likeliest where the answer is parsed, a little play where a
    /// larger model writes code or explains.
    pub fn temperature_milli(&self, node: Node) -> u32 {
        match (node, self.size) {
            (Node::Planner | Node::Reviewer, Size::Small) => 0,
            (Node::Planner | Node::Reviewer, _) => 100,
            (Node::Executor, Size::Small | Size::Medium) => 100,
            (Node::Executor, _) => 200,
            // A repair that is sampled anew has to be able to differ from the one that failed.
            (Node::Healer, _) => 300,
            (Node::Validator | Node::Formatter, _) => 0,
        }
    }

    /// The most tokens to ask for: by node and size, never more than half the window (the prompt needs the rest) nor
    /// than the server's own cap.
    pub fn max_output(&self, node: Node) -> u32 {
        let wanted = match (node, self.size) {
            (Node::Planner, Size::Small) => 512,
            (Node::Planner, _) => 1_024,
            (Node::Reviewer, Size::Small) => 384,
            (Node::Reviewer, _) => 768,
            (Node::Validator | Node::Formatter, _) => 512,
            (Node::Executor | Node::Healer, Size::Small) => 1_536,
            (Node::Executor | Node::Healer, Size::Medium) => 2_048,
            (Node::Executor | Node::Healer, Size::Large) => 4_096,
            (Node::Executor | Node::Healer, Size::Cloud) => 8_192,
        };
        wanted.min(self.window / 2).min(self.max_output.unwrap_or(u32::MAX)).max(1)
    }
}

fn size(info: &ModelInfo) -> Size {
    match info.parameters_b {
        Some(b) if b > 8.0 => Size::Large,
        Some(b) if b > 3.0 => Size::Medium,
        Some(_) => Size::Small,
        None if info.locality == Locality::Remote => Size::Cloud,
        None => Size::Medium,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::ModelRef;

    fn info(locality: Locality, parameters_b: Option<f32>) -> ModelInfo {
        ModelInfo {
            reference: ModelRef::parse("p/m").unwrap(),
            locality,
            window: None,
            max_output: None,
            parameters_b,
            structured: Structured::None,
            note: String::new(),
        }
    }

    #[test]
    fn size_comes_from_parameters_or_else_from_where_the_model_runs() {
        for (locality, parameters, size) in [
            (Locality::Loopback, Some(0.5), Size::Small),
            (Locality::Loopback, Some(3.0), Size::Small),
            (Locality::Loopback, Some(3.1), Size::Medium),
            (Locality::Loopback, Some(8.0), Size::Medium),
            (Locality::Remote, Some(70.0), Size::Large),
            (Locality::Remote, None, Size::Cloud),
            (Locality::Loopback, None, Size::Medium),
        ] {
            assert_eq!(Profile::of(&info(locality, parameters)).size, size, "{locality:?} {parameters:?}");
        }
    }

    #[test]
    fn an_unknown_window_is_assumed_small_and_said_to_be_assumed() {
        let local = Profile::of(&info(Locality::Loopback, Some(7.0)));
        assert_eq!((local.window, local.window_assumed), (4_096, true));
        assert_eq!(Profile::of(&info(Locality::Remote, None)).window, 32_768);
        let told = Profile::of(&ModelInfo { window: Some(2_048), ..info(Locality::Remote, None) });
        assert_eq!((told.window, told.window_assumed), (2_048, false));
    }

    #[test]
    fn answers_leave_room_for_the_prompt_and_respect_the_servers_cap() {
        for node in [Node::Planner, Node::Executor, Node::Reviewer, Node::Healer, Node::Validator, Node::Formatter] {
            for window in [0, 1, 1_000, 4_096, 200_000] {
                let base = info(Locality::Remote, None);
                let profile = Profile::of(&ModelInfo { window: Some(window), ..base.clone() });
                assert!(profile.max_output(node) <= (window / 2).max(1), "{node:?} {window}");
                let capped = Profile::of(&ModelInfo { window: Some(window), max_output: Some(100), ..base });
                assert!((1..=100).contains(&capped.max_output(node)));
            }
        }
    }

    #[test]
    fn small_models_are_asked_for_json_only_where_the_server_holds_them_to_it() {
        let small = info(Locality::Loopback, Some(1.5));
        assert_eq!(Profile::of(&small).form, Form::Text);
        assert_eq!(Profile::of(&ModelInfo { structured: Structured::JsonSchema, ..small }).form, Form::Json);
        assert_eq!(Profile::of(&info(Locality::Loopback, Some(7.0))).form, Form::Json);
    }
}
