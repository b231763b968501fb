//! Configuration files, the user's and a project's: whatever they hold, there is a configuration that can be used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;
use vibe_tui::config::{Approvals, Environment, Overrides, PROJECT_FILE, Paths, Sources, load};

/// One directory for all runs of this process.
static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| tempfile::tempdir().expect("a temporary directory").keep());

fuzz_target!(|data: &[u8]| {
    let paths = Paths::under(&DIRECTORY, None);
    let file = paths.config_file();
    std::fs::create_dir_all(file.parent().expect("it has a parent")).expect("a directory");
    std::fs::write(&file, data).expect("a file");
    std::fs::write(DIRECTORY.join(PROJECT_FILE), data).expect("a file");
    let (environment, overrides, approvals) = (Environment::default(), Overrides::default(), Approvals::default());
    let loaded = load(&Sources {
        paths: &paths,
        root: &DIRECTORY,
        environment: &environment,
        overrides: &overrides,
        approvals: &approvals,
    });
    assert!(!loaded.config.theme.as_str().is_empty());
    assert!(loaded.failures.iter().all(|f| !f.message.is_empty()));
});
