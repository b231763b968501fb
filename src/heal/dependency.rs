//! A dependency that is not there: which one, and the command that the project's own package manager would get it by.
//!
//! Says it and runs nothing: what to install is the user's decision. The name comes from an import, which a model may have
//! made up or been talked into, so that one with signs that no package of its index has gets no command at all.

use crate::domain::finding::Finding;
use crate::domain::install::Install;
use crate::domain::path::{above, join};
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Package managers' words for a package that is missing, and whose they are. Whatever stands in quotes is taken: what is
/// wrong with a name is seen afterwards.
static WORDS: LazyLock<Vec<(Regex, Ecosystem)>> = LazyLock::new(|| {
    use Ecosystem::*;
    let table = [
        (r"No module named ['`]([^'`]+)['`]", Python),
        // mypy's `import-not-found`, and the stubs that it names itself by their package.
        (r#"Cannot find implementation or library stub for module named "([^"]+)""#, Python),
        (r#"(?s)Library stubs not installed for "([^"]+)".*?Hint: "python3 -m pip install (types-[^" ]+)""#, Stubs),
        (r#"Cannot find (?:module|package) ['"]([^'"]+)['"]"#, Node),
        (r"no required module provides package ([^\s;]+)", Go),
        (
            r"(?:unresolved import|use of undeclared crate or module|use of unresolved module or unlinked crate|can't find crate for) `([^`]+)`",
            Rust,
        ),
    ];
    table.into_iter().filter_map(|(pattern, of)| Some((Regex::new(pattern).ok()?, of))).collect()
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ecosystem {
    Python,
    /// Types of a Python package, which have a package of their own that mypy names.
    Stubs,
    Node,
    Go,
    Rust,
}

/// What has to be known of the project. Paths are relative to the root.
pub trait Project {
    /// Whether it has this file.
    fn has_file(&self, path: &str) -> bool;
    /// Whether a name is a module of the project itself, which nobody can install.
    fn is_own(&self, module: &str) -> bool;
    /// The text of a file, as it is on disk.
    fn text(&self, path: &str) -> Option<String>;
}

/// What is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// What can be got, each once.
    pub installs: Vec<Install>,
    /// Names that are no package's, for which no command is made.
    pub odd: Vec<String>,
}

/// What `findings` say is missing.
pub fn missing(findings: &[Finding], project: &dyn Project) -> Missing {
    let mut missing = Missing::default();
    for finding in findings {
        for Named { ecosystem, name, package } in named(&finding.message) {
            let module = ecosystem.module(name);
            if module.is_empty() || ecosystem.is_standard(module) || project.is_own(name) {
                continue;
            }
            if !ecosystem.is_package(package.unwrap_or(module)) {
                missing.odd.extend(Some(name.to_owned()).filter(|name| !missing.odd.contains(name)));
                continue;
            }
            let install = ecosystem.install(module, package, &finding.path, project);
            missing.installs.extend(Some(install).filter(|install| !missing.installs.contains(install)));
        }
    }
    missing
}

/// The modules that `findings` say are missing.
pub fn modules<'f>(findings: impl Iterator<Item = &'f Finding>) -> HashSet<&'f str> {
    findings.flat_map(|f| named(&f.message)).map(|named| named.ecosystem.module(named.name)).collect()
}

/// A module that a message calls missing, and the package to get, where it says that, too.
struct Named<'m> {
    ecosystem: Ecosystem,
    name: &'m str,
    package: Option<&'m str>,
}

fn named(message: &str) -> Vec<Named<'_>> {
    let all = WORDS.iter().flat_map(|(regex, ecosystem)| {
        regex.captures_iter(message).filter_map(|c| {
            let group = |at| c.get(at).map(|m| m.as_str());
            Some(Named { ecosystem: *ecosystem, name: group(1)?, package: group(2) })
        })
    });
    all.collect()
}

/// Modules that come with the language or not at all. A package of the same name is somebody else's.
const PYTHON_OWN: &str = " aifc asynchat asyncore audioop bz2 cgi cgitb chunk crypt ctypes curses dbm distutils ensurepip \
    idlelib imghdr imp lib2to3 lzma mailcap msilib msvcrt nis nntplib ossaudiodev pipes readline smtpd sndhdr spwd sqlite3 \
    ssl sunau telnetlib tkinter turtle uu venv winreg winsound xdrlib zlib zoneinfo ";
const NODE_OWN: &str = " assert async_hooks buffer child_process cluster console constants crypto dgram \
    diagnostics_channel dns domain events fs http http2 https inspector module net os path perf_hooks process punycode \
    querystring readline repl stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib ";
const RUST_OWN: &str = " alloc core crate proc_macro self std super test ";

/// The longest name that npm takes; nobody's is longer.
const LONGEST: usize = 214;

impl Ecosystem {
    /// The part of a name that is got as one; empty for what is no package's: a path.
    fn module(self, name: &str) -> &str {
        match self {
            Ecosystem::Python | Ecosystem::Stubs => name.split('.').next().unwrap_or_default(),
            Ecosystem::Rust => name.split("::").next().unwrap_or_default(),
            Ecosystem::Go => name.trim_end_matches(':'),
            Ecosystem::Node if name.starts_with(['.', '/']) || name.starts_with("node:") => "",
            Ecosystem::Node => {
                let end = if name.starts_with('@') { 1 } else { 0 };
                name.match_indices('/').nth(end).map_or(name, |(at, _)| &name[..at])
            }
        }
    }

    fn is_standard(self, module: &str) -> bool {
        let own = match self {
            Ecosystem::Python if module.starts_with('_') => return true,
            Ecosystem::Python => PYTHON_OWN,
            Ecosystem::Node => NODE_OWN,
            Ecosystem::Rust => RUST_OWN,
            Ecosystem::Go | Ecosystem::Stubs => "",
        };
        own.contains(&format!(" {module} "))
    }

    /// Whether its index has packages of such names. Letters of other scripts look like these and are others.
    fn is_package(self, module: &str) -> bool {
        let is = |text: &str, others: &str| {
            let mut signs = text.chars();
            signs.next().is_some_and(|first| first.is_ascii_alphanumeric())
                && signs.all(|sign| sign.is_ascii_alphanumeric() || others.contains(sign))
        };
        let starts_alphabetic = module.starts_with(|first: char| first.is_ascii_alphabetic());
        module.len() <= LONGEST
            && match self {
                Ecosystem::Python => starts_alphabetic && is(module, "_"),
                Ecosystem::Stubs | Ecosystem::Rust => starts_alphabetic && is(module, "_-"),
                Ecosystem::Node => {
                    let name = module.strip_prefix('@').map_or(Some((module, module)), |scoped| scoped.split_once('/'));
                    !module.contains(char::is_uppercase)
                        && name.is_some_and(|(scope, name)| is(scope, "._-") && is(name, "._-"))
                }
                Ecosystem::Go => {
                    let (host, rest) = module.split_once('/').unwrap_or_default();
                    host.contains('.') && is(host, ".-") && rest.split('/').all(|part| is(part, "._~-"))
                }
            }
    }

    fn manifests(self) -> &'static [&'static str] {
        match self {
            Ecosystem::Python | Ecosystem::Stubs => {
                &["pyproject.toml", "requirements.txt", "setup.cfg", "setup.py", "Pipfile"]
            }
            Ecosystem::Node => &["package.json"],
            Ecosystem::Go => &["go.mod"],
            Ecosystem::Rust => &["Cargo.toml"],
        }
    }

    fn install(self, module: &str, package: Option<&str>, path: &str, project: &dyn Project) -> Install {
        let package = package.unwrap_or(if self == Ecosystem::Python { python_package(module) } else { module });
        let manifests = || self.manifests().iter();
        let beside = |dir: &str| manifests().map(|file| join(dir, file)).find(|file| project.has_file(file));
        let found = above(path).find_map(|dir| Some((dir, beside(dir)?)));
        let dir = found.as_ref().map_or("", |(dir, _)| *dir);
        let mut all = manifests().map(|file| join(dir, file)).filter_map(|file| Some((project.text(&file)?, file)));
        let named = all.find(|(text, _)| names(text, package));
        let is_named = named.is_some();
        let manifest = named.map(|(_, file)| file).or_else(|| found.as_ref().map(|(_, file)| file.clone()));
        Install {
            module: module.to_owned(),
            package: package.to_owned(),
            is_types: self == Ecosystem::Stubs,
            dir: dir.to_owned(),
            commands: self.commands(package, dir, project),
            manifest: manifest.unwrap_or_default(),
            is_named,
        }
    }

    fn commands(self, package: &str, dir: &str, project: &dyn Project) -> Vec<Vec<String>> {
        // A workspace has its lock file at its top.
        let has = |file: &str| above(&join(dir, "x")).any(|dir| project.has_file(&join(dir, file)));
        let first = |table: &[(&str, &'static str)]| table.iter().find(|(file, _)| has(file)).map(|(_, words)| *words);
        let words = match self {
            Ecosystem::Python | Ecosystem::Stubs => {
                let managers = [
                    ("uv.lock", "uv add"),
                    ("poetry.lock", "poetry add"),
                    ("pdm.lock", "pdm add"),
                    ("Pipfile.lock", "pipenv install"),
                ];
                let own = [".venv/bin/python", "venv/bin/python"].into_iter().find(|p| project.has_file(&join(dir, p)));
                match first(&managers) {
                    Some(manager) => manager.to_owned(),
                    None => format!("{} -m pip install", own.unwrap_or("python3")),
                }
            }
            Ecosystem::Node => {
                let managers = [
                    ("pnpm-lock.yaml", "pnpm add"),
                    ("yarn.lock", "yarn add"),
                    ("bun.lock", "bun add"),
                    ("bun.lockb", "bun add"),
                ];
                first(&managers).unwrap_or("npm install").to_owned()
            }
            Ecosystem::Go => "go get".to_owned(),
            Ecosystem::Rust => "cargo add".to_owned(),
        };
        let mut commands = vec![words.split(' ').chain([package]).map(str::to_owned).collect()];
        // It names the crate and leaves getting it to the next build, which has no network here.
        if self == Ecosystem::Rust {
            commands.push(vec!["cargo".to_owned(), "fetch".to_owned()]);
        }
        commands
    }
}

/// Whether a manifest names a package: at the beginning of a line or of a text in quotes, and as the whole of it or before a
/// version.
fn names(manifest: &str, package: &str) -> bool {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    let (package, go) = (plain(package), package.split('/').next().is_some_and(|host| host.contains('.')));
    manifest.lines().flat_map(|line| line.trim_start().trim_start_matches("require ").split(['"', '\''])).any(|part| {
        let part = part.trim_start();
        let end =
            part.find(|sign: char| !sign.is_ascii_alphanumeric() && !"@/._-~".contains(sign)).unwrap_or(part.len());
        let (name, rest) = (plain(&part[..end]), part[end..].trim_start());
        let inside = go && package.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let version = rest.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        !name.is_empty() && (name == package || inside) && (version || !rest.starts_with(char::is_alphanumeric))
    })
}

/// Packages whose name is not their module's, as the Python Package Index has them.
fn python_package(module: &str) -> &str {
    match module {
        "yaml" => "pyyaml",
        "bs4" => "beautifulsoup4",
        "PIL" => "pillow",
        "cv2" => "opencv-python",
        "sklearn" => "scikit-learn",
        "dateutil" => "python-dateutil",
        "dotenv" => "python-dotenv",
        "jwt" => "pyjwt",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files<'a>(&'a [(&'a str, &'a str)]);

    impl Project for Files<'_> {
        fn has_file(&self, path: &str) -> bool {
            self.0.iter().any(|(file, _)| *file == path)
        }

        fn is_own(&self, module: &str) -> bool {
            module == "shop.cart"
        }

        fn text(&self, path: &str) -> Option<String> {
            self.0.iter().find(|(file, _)| *file == path).map(|(_, text)| (*text).to_owned())
        }
    }

    fn found(message: &str, path: &str, files: &[(&str, &str)]) -> Missing {
        let finding = Finding { message: message.into(), path: path.into(), ..Finding::default() };
        missing(&[finding], &Files(files))
    }

    fn command(message: &str, path: &str, files: &[(&str, &str)]) -> String {
        let found = found(message, path, files);
        assert_eq!((found.installs.len(), found.odd.len()), (1, 0), "{message}");
        found.installs[0].command()
    }

    #[test]
    fn a_missing_package_is_named_with_the_projects_own_way_to_get_it() {
        let table = [
            ("ModuleNotFoundError: No module named 'httpx'", "", "python3 -m pip install httpx"),
            ("No module named 'httpx'", ".venv/bin/python", ".venv/bin/python -m pip install httpx"),
            ("ModuleNotFoundError: No module named 'yaml.nodes'", "uv.lock", "uv add pyyaml"),
            ("No module named 'httpx'", "poetry.lock", "poetry add httpx"),
            ("Cannot find implementation or library stub for module named \"yaml.nodes\"", "uv.lock", "uv add pyyaml"),
            (
                "Library stubs not installed for \"yaml\"\nHint: \"python3 -m pip install types-PyYAML\"",
                "",
                "python3 -m pip install types-PyYAML",
            ),
            ("Error: Cannot find module 'left-pad/lib'", "package-lock.json", "npm install left-pad"),
            (
                "Cannot find module '@scope/x/y' or its corresponding type declarations.",
                "pnpm-lock.yaml",
                "pnpm add @scope/x",
            ),
            ("Cannot find package 'zod' imported from /a", "yarn.lock", "yarn add zod"),
            (
                "main.go:4:2: no required module provides package github.com/a/b; to add it:",
                "go.mod",
                "go get github.com/a/b",
            ),
            ("error[E0432]: unresolved import `serde::de`", "Cargo.toml", "cargo add serde && cargo fetch"),
        ];
        for (message, file, expected) in table {
            assert_eq!(command(message, "a.x", &[(file, "")]), expected, "{message}");
        }
    }

    #[test]
    fn types_that_are_missing_are_those_of_the_module_that_is_imported() {
        let message = "Library stubs not installed for \"requests\"\nHint: \"python3 -m pip install types-requests\"";
        let finding = Finding { message: message.into(), path: "a.py".into(), ..Finding::default() };
        let install = missing(std::slice::from_ref(&finding), &Files(&[])).installs.remove(0);
        assert_eq!(
            (install.lack().as_str(), install.package.as_str()),
            ("Types of `requests` are not installed", "types-requests")
        );
        assert!(
            install.origin(true).starts_with("the model imported `requests`, whose types come with `types-requests`")
        );
        assert!(modules([&finding].into_iter()).contains("requests"), "as it stands in the code");
    }

    #[test]
    fn it_is_got_where_the_nearest_manifest_is() {
        let files = [("package.json", ""), ("web/app/package.json", ""), ("web/yarn.lock", "")];
        let zod = "Cannot find module 'zod'";
        assert_eq!(command(zod, "web/app/src/a.ts", &files), "cd web/app && yarn add zod");
        assert_eq!(command(zod, "other/a.ts", &files), "npm install zod");
        assert_eq!(command(zod, "", &files), "npm install zod");
    }

    #[test]
    fn what_nobody_can_install_is_not_offered() {
        for message in [
            "No module named 'shop.cart'",
            "No module named 'tkinter'",
            "No module named '_ssl'",
            "Cannot find module './user'",
            "Cannot find module 'fs' or its corresponding type declarations.",
            "Cannot find module 'node:test'",
            "unresolved import `crate::x`",
            "everything is fine",
        ] {
            assert_eq!(found(message, "", &[]), Missing::default(), "{message}");
        }
    }

    #[test]
    fn a_name_that_is_no_packages_gets_no_command() {
        for (message, name) in [
            ("No module named 'requ\u{0435}sts'", "requ\u{0435}sts"),
            ("No module named 'a b'", "a b"),
            ("No module named '-r'", "-r"),
            ("No module named 'x;y'", "x;y"),
            ("Cannot find module '--global'", "--global"),
            ("Cannot find module 'Zod'", "Zod"),
            ("Cannot find module '@/lib/x'", "@/lib/x"),
            ("Cannot find module 'git+https://a.b/c'", "git+https://a.b/c"),
            ("no required module provides package example", "example"),
            ("no required module provides package a.b/../c", "a.b/../c"),
            ("no required module provides package -u.b/c", "-u.b/c"),
            ("unresolved import `--path`", "--path"),
        ] {
            let found = found(message, "", &[]);
            assert_eq!((found.installs, found.odd), (Vec::new(), vec![name.to_owned()]), "{message}");
        }
    }

    #[test]
    fn whether_the_manifest_names_it_is_told_and_a_mention_is_no_naming() {
        let named = |message: &str, file: &str, text: &str| {
            let install = found(message, "a.x", &[(file, text)]).installs.remove(0);
            assert_eq!(install.manifest, file);
            install.is_named
        };
        let (py, node, go) = ("No module named 'httpx'", "Cannot find module 'zod'", "module provides package a.b/c/d");
        assert!(named(py, "pyproject.toml", "dependencies = [\n  \"HTTPX>=0.27\",\n]"));
        assert!(named(py, "pyproject.toml", "[tool.poetry.dependencies]\nhttpx = \"^1\""));
        assert!(named(py, "requirements.txt", "flask\nhttpx[http2]==0.27  # client"));
        assert!(named(node, "package.json", r#"{"dependencies": {"zod": "^3"}}"#));
        assert!(named(&format!("no required {go}"), "go.mod", "require (\n\ta.b/c v1.2.3\n)"));
        assert!(!named(
            py,
            "pyproject.toml",
            "description = \"uses httpx\"\nname = \"httpx client\"\nkeys = [\"httpxs\"]"
        ));
        assert!(!named(node, "package.json", r#"{"dependencies": {"zod-to-json": "^3"}}"#));
        assert!(!named(&format!("no required {go}"), "go.mod", "require a.b/cc v1.2.3"));
    }
}
