//! Where our files live: XDG directories, or one directory that `VIBE_TUI_HOME` names. Nothing is created here.

use super::document::Source;
use super::file;
use crate::domain::failure::{Failure, FailureKind};
use directories::{BaseDirs, ProjectDirs};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The user's environment, as it was at the start.
pub type Environment = BTreeMap<String, String>;

/// The variable that puts everything under one directory.
pub const HOME_VARIABLE: &str = "VIBE_TUI_HOME";

/// The project's own file, at the root of the repository.
pub const PROJECT_FILE: &str = ".vibe-tui.toml";

/// Our directories. They need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml`, `themes/`, `keymaps/`, `patterns/`.
    pub config: PathBuf,
    /// The database, recordings, approvals.
    pub data: PathBuf,
    /// What can be made again.
    pub cache: PathBuf,
    /// Logs.
    pub state: PathBuf,
    /// The user's home, where it is known: `~/` in paths, and `~` in messages.
    pub home: Option<PathBuf>,
}

impl Paths {
    /// The directories for this environment.
    ///
    /// # Errors
    /// `VIBE_TUI_HOME` is not absolute, or there is no home directory at all.
    pub fn find(environment: &Environment) -> Result<Paths, Failure> {
        let home = BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        let refuse = |message: &str| Failure::fatal(FailureKind::Config, message);
        match environment.get(HOME_VARIABLE).filter(|value| !value.is_empty()) {
            Some(all) if Path::new(all).is_absolute() => Ok(Paths::under(Path::new(all), home)),
            Some(_) => Err(refuse("VIBE_TUI_HOME: is not an absolute path; begin it with `/`")),
            None => {
                let dirs = ProjectDirs::from("", "", "vibe-tui")
                    .ok_or_else(|| refuse("no home directory is known; set HOME, or VIBE_TUI_HOME"))?;
                let data = dirs.data_dir().to_owned();
                Ok(Paths {
                    config: dirs.config_dir().to_owned(),
                    cache: dirs.cache_dir().to_owned(),
                    // Only Linux has a directory for state of its own.
                    state: dirs.state_dir().map_or_else(|| data.join("state"), Path::to_owned),
                    data,
                    home,
                })
            }
        }
    }

    /// All four under one directory.
    pub fn under(all: &Path, home: Option<PathBuf>) -> Paths {
        let [config, data, cache, state] = ["config", "data", "cache", "state"].map(|part| all.join(part));
        Paths { config, data, cache, state, home }
    }

    /// The user's configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// A path as messages show it: `~` for the home directory.
    pub fn show(&self, path: &Path) -> String {
        match self.home.as_deref().and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => Path::new("~").join(rest).display().to_string(),
            None => path.display().to_string(),
        }
    }

    /// The user's own file `FOLDER/NAME.toml` (folder `themes` or `keymaps`), if there is one.
    ///
    /// # Errors
    /// The name is no plain name, or the file cannot be read.
    pub fn named(&self, folder: &str, name: &str) -> Result<Option<Source>, Failure> {
        if !is_plain_name(name) {
            let message = format!("`{name}` is no name in `{folder}`; use letters, digits, `-` and `_`");
            return Err(Failure::fatal(FailureKind::Config, message));
        }
        let path = self.config.join(folder).join(format!("{name}.toml"));
        file::read(&path, &self.show(&path))
    }

    /// The names of the user's own files in a folder, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(listing) = std::fs::read_dir(self.config.join(folder)) else { return Vec::new() };
        let files = listing.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = files.filter_map(|f| f.strip_suffix(".toml").map(str::to_owned)).collect();
        names.retain(|name| is_plain_name(name));
        names.sort();
        names
    }

    /// A path as the user wrote it in a file of `base`: `~/` is the home directory, relative ones start at `base`.
    pub fn resolve(&self, base: &Path, written: &Path) -> PathBuf {
        match (written.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => base.join(written),
        }
    }
}

/// Whether a name can be looked up as a file of ours: no separators, no dots.
pub fn is_plain_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
