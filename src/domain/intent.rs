//! What the user wants, as the parser reads it.

use super::language::Language;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum $name { $(#[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The lower-case word used in `--json`, in vocabularies and on the screen.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// The value this word names.
            pub fn from_word(word: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|v| v.word() == word)
            }
        }
    };
}

words!(
    /// What is to be done.
    Action {
        Create = "create", Modify = "modify", Delete = "delete", Test = "test",
        Fix = "fix", Optimize = "optimize", Document = "document", Refactor = "refactor",
    }
);
words!(
    /// What it is to be done to.
    Target {
        Function = "function", Class = "class", Api = "api", Database = "database",
        Test = "test", Component = "component", Service = "service", Config = "config",
    }
);
words!(
    /// How much work it looks like; multiplies the token budget.
    Complexity { Simple = "simple", Moderate = "moderate", Complex = "complex" }
);
words!(
    /// How sure the reading is, in five steps.
    ConfidenceLevel {
        VeryHigh = "very_high", High = "high", Medium = "medium", Low = "low", VeryLow = "very_low",
    }
);

impl ConfidenceLevel {
    /// The step of a confidence: very high from 0.9, high from 0.75, medium from 0.55, low from 0.4, very low below.
    pub fn of(confidence: f64) -> ConfidenceLevel {
        match confidence {
            c if c >= 0.9 => ConfidenceLevel::VeryHigh,
            c if c >= 0.75 => ConfidenceLevel::High,
            c if c >= 0.55 => ConfidenceLevel::Medium,
            c if c >= 0.4 => ConfidenceLevel::Low,
            _ => ConfidenceLevel::VeryLow,
        }
    }
}

/// A request as the parser reads it. Every field can be corrected by the user before the run starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The request, as typed.
    pub text: String,
    /// What is to be done.
    pub action: Action,
    /// What it is to be done to, most certain first; may be empty.
    pub targets: Vec<Target>,
    /// The language it names or implies (by framework or file ending); `None` when it says nothing of one.
    pub language: Option<Language>,
    /// Frameworks and libraries it names, lower case (`fastapi`, `react`).
    pub frameworks: Vec<String>,
    /// How much work it looks like.
    pub complexity: Complexity,
    /// How sure the reading is, 0 to 1.
    pub confidence: f64,
    /// Tokens that the whole run may reasonably use, prompt and completion together.
    pub token_budget: u32,
    /// Files it names, as written.
    pub paths: Vec<String>,
    /// Identifiers it names (`parse_config`, `UserService`).
    pub symbols: Vec<String>,
}

impl Intent {
    /// The step of `confidence`.
    pub fn confidence_level(&self) -> ConfidenceLevel {
        ConfidenceLevel::of(self.confidence)
    }
}
