//! Modes: who the model is asked to be, and whether it may propose edits.

use serde::{Deserialize, Serialize};

/// A mode as configured. `coder`, `architect`, `peer` and `sdet` ship in `assets/modes.toml`; users add their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// The name typed after `/mode` and `--mode`.
    pub name: String,
    /// One line for the palette.
    pub summary: String,
    /// Whether runs in this mode propose edits. A mode that does not ends with an answer.
    pub edits: bool,
    /// Instructions put before every prompt of the mode.
    pub instructions: String,
}
