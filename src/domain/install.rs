//! A dependency that is missing: the command that would get it, and what came of running that.

use super::revert::Asker;
use serde::{Deserialize, Serialize};

/// A dependency that is not there, and how the project's own package manager gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Install {
    /// As it is imported.
    pub module: String,
    /// As it is installed.
    pub package: String,
    /// Whether only the types of the module are missing, which have a package of their own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_types: bool,
    /// Where the commands run, relative to the root; empty for the root itself.
    pub dir: String,
    /// Commands to run one after the other, each as its words; no shell reads them.
    pub commands: Vec<Vec<String>>,
    /// The manifest beside which they run, relative to the root; empty where there is none.
    pub manifest: String,
    /// Whether that manifest names the package.
    pub is_named: bool,
}

impl Install {
    /// The commands as they are shown, in full.
    pub fn command(&self) -> String {
        let commands: Vec<String> = self.commands.iter().map(|words| words.join(" ")).collect();
        match self.dir.as_str() {
            "" => commands.join(" && "),
            dir => format!("cd {dir} && {}", commands.join(" && ")),
        }
    }

    /// What is not there, as the beginning of a sentence.
    pub fn lack(&self) -> String {
        match self.is_types {
            true => format!("Types of `{}` are not installed", self.module),
            false => format!("`{}` is not installed", self.module),
        }
    }

    /// What is known of its name, as a sentence: who wants it, and whether the project does. `by_model` says that a model
    /// wrote the import.
    pub fn origin(&self, by_model: bool) -> String {
        let Install { module, package, manifest, .. } = self;
        let who = if by_model { "the model imported" } else { "the project imports" };
        let other = match (self.is_types, module == package) {
            (true, _) => format!(", whose types come with `{package}`"),
            (false, true) => String::new(),
            (false, false) => format!(", which comes with `{package}`"),
        };
        match (manifest.as_str(), self.is_named) {
            ("", _) => format!("{who} `{module}`{other}; the project has no manifest that could name it"),
            (manifest, true) => format!("{who} `{module}`{other}; {manifest} names it"),
            (manifest, false) => format!("{who} `{module}`{other}; {manifest} does not name it"),
        }
    }
}

/// What came of a command that was to get a dependency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// What was to be got.
    pub install: Install,
    /// Who said yes.
    pub by: Asker,
    /// Why it was not got; `None` if it was.
    pub failure: Option<String>,
    /// The last lines that were printed.
    pub said: String,
    /// Milliseconds it took.
    pub millis: u64,
}
