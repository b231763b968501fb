//! The environment a check sees: chosen by name, so that no key reaches it.

use std::ffi::{OsStr, OsString};

/// Names a check may see. Nothing that could hold a key, and nothing by which a program finds an agent or a display.
const NAMES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "GOPATH",
    "GOROOT",
    "GOMODCACHE",
    "GOTOOLCHAIN",
    "JAVA_HOME",
    "M2_HOME",
    "GRADLE_USER_HOME",
    "KOTLIN_HOME",
    "DOTNET_ROOT",
    "NVM_DIR",
    "NVM_BIN",
    "NODE_PATH",
    "VOLTA_HOME",
    "FNM_DIR",
    "BUN_INSTALL",
    "PNPM_HOME",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "PYTHONPATH",
    "RBENV_ROOT",
    "GEM_HOME",
    "GEM_PATH",
    "BUNDLE_PATH",
    "ASDF_DIR",
    "ASDF_DATA_DIR",
    "MISE_DATA_DIR",
    "SDKROOT",
    "DEVELOPER_DIR",
    "ANDROID_HOME",
    "CC",
    "CXX",
    "PKG_CONFIG_PATH",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "NIX_PATH",
    "NIX_SSL_CERT_FILE",
];

/// The part of an environment that a check sees: an allow-list of names.
pub fn environment(all: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let allowed = |name: &OsStr| name.to_str().is_some_and(|n| NAMES.contains(&n) || n.starts_with("LC_"));
    all.into_iter().filter(|(name, _)| allowed(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_agents_do_not_reach_a_check() {
        let all = [
            "PATH",
            "HOME",
            "LC_ALL",
            "CARGO_HOME",
            "OPENAI_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "SSH_AUTH_SOCK",
            "GITHUB_TOKEN",
            "DISPLAY",
            "DBUS_SESSION_BUS_ADDRESS",
            "LD_PRELOAD",
            "HTTPS_PROXY",
            "CARGO_REGISTRY_TOKEN",
        ];
        let seen = environment(all.map(|n| (n.into(), "x".into())));
        let names: Vec<_> = seen.iter().map(|(n, _)| n.to_str().unwrap()).collect();
        assert_eq!(names, ["PATH", "HOME", "LC_ALL", "CARGO_HOME"]);
    }
}
