//! Configuration: defaults, user file, project file, environment and flags, with errors that name file, line and fix.
//!
//! [`load`] always comes back with a configuration that can be used; what was wrong is listed beside it. Nothing is created on
//! disk, except by [`Approvals::approve`]. What the values mean for other modules is not known here.

pub mod document;
pub mod lineage;
pub mod shape;

mod approval;
mod file;
mod gate;
mod load;
mod merge;
mod path;
mod setting;
mod value;

pub use approval::{Approvals, ContentHash};
pub use document::{Entry, Place, Source};
pub use gate::{Gate, Gates, SecurityFrom};
pub use load::{DEFAULTS, Loaded, Overrides, Setting, Sources, Suggestions, VARIABLES, load};
pub use merge::{Layer, Origin};
pub use path::{Environment, HOME_VARIABLE, PROJECT_FILE, Paths};
pub use setting::{
    Check, Config, Context, Conversation, Endpoint, Limits, ModeTable, Notify, ProjectConfig, Protocol, Run, Screen,
    Search, Suggest, Validators,
};
pub use value::{BaseUrl, CommandLine, EmbeddingSource, HeaderName, KeyVariable, Limit, ModelChoice, Name};
