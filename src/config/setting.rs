//! What can be set in the user's file, and in a project's. The types are the format: the JSON Schemas, the checks and the
//! list of known keys are made from them.
//!
//! A project's file has a type of its own, which has no field for a command that runs, an address, a variable, an
//! endpoint or a permission. What it suggests is shown and approved before it counts.

use super::gate::{Gates, ProjectGates};
use super::value::{BaseUrl, CommandLine, EmbeddingSource, HeaderName, KeyVariable, Limit, ModelChoice, Name};
use crate::domain::mode::Mode;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Every setting, after all layers.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "vibe-tui configuration")]
pub struct Config {
    /// `auto` (dark or light as `COLORFGBG` says, else dark), or a theme's name.
    pub theme: Name,
    /// A keymap's name.
    pub keymap: Name,
    /// The mode a session begins in.
    pub mode: Name,
    /// `auto`, or `provider/model`.
    pub model: ModelChoice,
    /// Whether connections to other machines are refused.
    pub offline: bool,
    /// Further directories of pattern files; relative to the file that names them.
    pub patterns: Vec<PathBuf>,
    /// A file of your own prices, which win over the built-in list.
    pub prices: Option<PathBuf>,
    /// The screen.
    pub screen: Screen,
    /// Limits on money.
    pub limits: Limits,
    /// Numbers that bound a run.
    pub run: Run,
    /// How a proposal that fails its checks is mended.
    pub heal: Heal,
    /// What prompts are made of.
    pub context: Context,
    /// Search by meaning.
    #[serde(default)]
    pub search: Search,
    /// The project's own check.
    pub check: Check,
    /// What the quality gates allow.
    pub gate: Gates,
    /// Servers of your own, by name.
    #[serde(default)]
    pub endpoints: BTreeMap<Name, Endpoint>,
    /// Modes of your own, by name.
    #[serde(default)]
    pub modes: BTreeMap<Name, ModeTable>,
    /// Template files that replace built-in prompts, by the prompt's name.
    #[serde(default)]
    pub prompts: BTreeMap<Name, PathBuf>,
    /// Keys on top of the keymap: scope, then key, then action (or `none`).
    #[serde(default)]
    pub keys: BTreeMap<String, BTreeMap<String, String>>,
}

/// How the screen is used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// Whether we use the mouse; otherwise it is the terminal's, for selecting text.
    pub mouse: bool,
    /// What happens when a run needs the user.
    pub notify: Notify,
    /// Most frames a second.
    #[schemars(range(min = 1, max = 240))]
    pub max_fps: u32,
}

/// How the user is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Notify {
    /// Not at all.
    None,
    /// The terminal's bell.
    Bell,
    /// A desktop notification by OSC 9.
    Desktop,
}

/// Limits on money, each US dollars or `"none"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// One run.
    pub run: Limit,
    /// One session.
    pub session: Limit,
    /// One day.
    pub day: Limit,
    /// One week.
    pub week: Limit,
    /// One month.
    pub month: Limit,
}

/// Numbers that bound a run.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Quality from 0 to 1 below which a proposal goes back.
    #[schemars(range(min = 0, max = 1))]
    pub quality_threshold: f64,
    /// Most times the executor proposes.
    #[schemars(range(min = 1, max = 20))]
    pub max_iterations: u32,
    /// Most healing attempts of a proposal.
    #[schemars(range(min = 0, max = 20))]
    pub heal_attempts: u32,
}

/// How a proposal that fails its checks is mended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Heal {
    /// The models that mend, first one first; `auto` stands for the run's own. Empty: that, then the next one up.
    pub models: Vec<ModelChoice>,
    /// Tokens that healing one proposal may take; 0 for no bound of its own.
    pub max_tokens: u32,
    /// US dollars that healing one proposal may cost, or `"none"`; the other limits hold besides.
    pub max_cost: Limit,
    /// Seconds that a model may take for a try.
    #[schemars(range(min = 1, max = 86400))]
    pub try_seconds: u32,
}

/// What prompts are made of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Which part of the conversation a prompt repeats.
    pub conversation: Conversation,
}

/// Search by meaning. Without `embeddings` there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// What makes embeddings: the directory of a static model (`model.safetensors`, `tokenizer.json`), or the
    /// `http://` address of a server that has `/v1/embeddings`.
    pub embeddings: Option<EmbeddingSource>,
    /// The server's model.
    pub model: Option<String>,
    /// Whether the server may be another machine: names, heads and comments of the code go there.
    pub remote: bool,
}

/// Which part of the conversation a prompt repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Conversation {
    /// The newest messages, as many as fit.
    Recent,
    /// The newest turn, and of each earlier one what was asked and what came of it.
    Summary,
    /// The newest turn, and those that share names or words with the request.
    Selective,
}

/// The project's own check, run on every proposal in a scratch copy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// A program and its arguments; no shell reads it.
    pub command: Option<CommandLine>,
    /// Seconds until it is ended.
    #[schemars(range(min = 1, max = 86400))]
    pub timeout_seconds: u32,
    /// Whether it may open sockets.
    pub network: bool,
    /// Whether the tools that a project is set up for check proposals.
    pub validators: Validators,
    /// Tools that are not wanted, by the names that findings have.
    pub skip: Vec<String>,
    /// Directories whose projects may run their own code to check proposals: builds, tests, configuration that is a program.
    pub trusted: Vec<PathBuf>,
}

/// Which tools check proposals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Validators {
    /// Those that the project is set up for.
    Auto,
    /// None but the grammars.
    Off,
}

/// What a server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Ollama's own.
    Ollama,
    /// OpenAI's chat completions, which most servers speak.
    #[default]
    Chat,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Messages,
}

/// A server of the user's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoint {
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it is; the protocol's paths are appended.
    pub base_url: BaseUrl,
    /// The environment variable that holds its key.
    pub key_env: Option<KeyVariable>,
    /// Whether the key may go to an `http://` address that is not on this machine, where others can read it.
    pub insecure: bool,
    /// Whether requests cost money although the address is on this machine: a proxy that forwards to a cloud.
    pub paid: bool,
    /// Headers that every request carries. Keys do not belong here.
    pub headers: BTreeMap<HeaderName, String>,
}

/// A mode of the user's own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModeTable {
    /// One line for the palette.
    pub summary: String,
    /// Whether its runs propose edits.
    pub edits: bool,
    /// Instructions before every prompt of the mode.
    pub instructions: String,
}

impl Default for ModeTable {
    fn default() -> Self {
        ModeTable { summary: String::new(), edits: true, instructions: String::new() }
    }
}

impl Config {
    /// The user's own modes.
    pub fn modes(&self) -> Vec<Mode> {
        let mode = |(name, table): (&Name, &ModeTable)| Mode {
            name: name.as_str().to_owned(),
            summary: table.summary.clone(),
            edits: table.edits,
            instructions: table.instructions.clone(),
        };
        self.modes.iter().map(mode).collect()
    }
}

/// What a project's own file may say.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "vibe-tui project file")]
pub struct ProjectConfig {
    /// A theme's name.
    pub theme: Option<Name>,
    /// Directories of pattern files, inside the project.
    pub patterns: Vec<PathBuf>,
    /// What the quality gates allow here.
    pub gate: ProjectGates,
    /// What the project suggests; it counts once the user has approved it.
    pub suggest: Suggest,
}

/// What a project suggests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Suggest {
    /// The project's check: a program and its arguments.
    pub check: Option<CommandLine>,
    /// A model that suits it.
    pub model: Option<ModelChoice>,
    /// A mode that suits it.
    pub mode: Option<Name>,
}
