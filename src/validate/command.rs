//! A configured command line becomes words, and the environment a check sees is chosen by name.
//!
//! There is no shell: what only a shell would understand is refused with the reason, not passed on as an odd argument.

use crate::domain::failure::{Failure, FailureKind};
use std::ffi::{OsStr, OsString};

/// Cuts a command line as configured into words (quotes and backslashes as in a POSIX shell). Fails with `Config`, naming
/// the character, for an open quote and for operators that only a shell would understand.
pub fn split(command: &str) -> Result<Vec<String>, Failure> {
    let wrong = |what: String| {
        let help = "to use a shell write: sh -c '…'";
        Failure::fatal(FailureKind::Config, format!("the check command `{command}` {what}; {help}"))
    };
    let mut quote: Option<(char, usize)> = None;
    let mut escaped = false;
    for (at, c) in command.chars().enumerate().map(|(i, c)| (i + 1, c)) {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(('\'', _)), '\'') | (Some(('"', _)), '"') => quote = None,
            (None | Some(('"', _)), '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some((c, at)),
            (None, '|' | '&' | ';' | '<' | '>' | '`' | '\n') => {
                let shown = if c == '\n' { "a line break".to_owned() } else { format!("`{c}`") };
                return Err(wrong(format!("has {shown} at character {at}, which only a shell understands")));
            }
            (None | Some(('"', _)), '$') => {
                return Err(wrong(format!("has `$` at character {at}, which only a shell would replace")));
            }
            (_, '\0') => return Err(wrong(format!("has a NUL at character {at}"))),
            _ => {}
        }
    }
    if let Some((mark, at)) = quote {
        return Err(wrong(format!("opens a quote {mark} at character {at} and never closes it")));
    }
    let words = shlex::split(command).ok_or_else(|| wrong("ends in a backslash".to_owned()))?;
    match words.first() {
        None => Err(wrong("is empty".to_owned())),
        Some(first) if first.is_empty() => Err(wrong("starts with an empty word".to_owned())),
        Some(first) if first.contains('=') && !first.contains('/') => {
            Err(wrong(format!("starts with `{first}`, which only a shell would set")))
        }
        Some(_) => Ok(words),
    }
}

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
    fn commands_are_cut_as_a_shell_would() {
        assert_eq!(split("cargo  check -q").unwrap(), ["cargo", "check", "-q"]);
        assert_eq!(split(r#"sh -c 'a && b > "c" $X'"#).unwrap(), ["sh", "-c", r#"a && b > "c" $X"#]);
        assert_eq!(split(r#"./my\ check "x | y""#).unwrap(), ["./my check", "x | y"]);
    }

    #[test]
    fn what_only_a_shell_understands_is_refused_by_name_and_place() {
        let table = [
            ("ruff check && pytest", "`&` at character 12"),
            ("pytest > log", "`>` at character 8"),
            ("pytest \"a", "quote \" at character 8"),
            ("echo $HOME", "`$` at character 6"),
            ("echo `id`", "``` at character 6"),
            ("RUST_LOG=x cargo test", "starts with `RUST_LOG=x`"),
            ("   ", "is empty"),
            ("a\nb", "a line break at character 2"),
            ("a \\", "backslash"),
        ];
        for (command, said) in table {
            let failure = split(command).expect_err(command);
            assert_eq!(failure.kind, FailureKind::Config);
            assert!(failure.message.contains(said), "{}", failure.message);
            assert!(failure.message.contains("sh -c"), "{}", failure.message);
        }
    }

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
