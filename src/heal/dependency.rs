//! A dependency that is not there: which one, and the command that the project's own package manager would get it by.
//!
//! Says it and never runs it: what to install is the user's decision.

use crate::domain::finding::Finding;
use regex::Regex;
use std::sync::LazyLock;

/// Package managers' words for a package that is missing, and who they are of.
static WORDS: LazyLock<Vec<(Regex, Ecosystem)>> = LazyLock::new(|| {
    use Ecosystem::*;
    let table = [
        (r"No module named ['`]([\w.]+)['`]", Python),
        (r#"Cannot find (?:module|package) ['"]((?:@[\w.-]+/)?[\w.-]+)(?:/[^'"]*)?['"]"#, Node),
        (r"no required module provides package ([\w./~-]+)", Go),
        (
            r"(?:unresolved import|use of undeclared crate or module|use of unresolved module or unlinked crate|can't find crate for) `(\w+)",
            Rust,
        ),
    ];
    table.into_iter().filter_map(|(pattern, of)| Some((Regex::new(pattern).ok()?, of))).collect()
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ecosystem {
    Python,
    Node,
    Go,
    Rust,
}

/// The commands that would install what `findings` miss, each once. `has_file` tells which files the root has; `is_own`
/// whether a name is a module of the project itself, which nobody can install.
pub fn installs(findings: &[Finding], has_file: &dyn Fn(&str) -> bool, is_own: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for finding in findings {
        for (regex, ecosystem) in WORDS.iter() {
            for name in regex.captures_iter(&finding.message).filter_map(|c| c.get(1)) {
                let command = command(*ecosystem, name.as_str(), has_file).filter(|_| !is_own(name.as_str()));
                found.extend(command.filter(|c| !found.contains(c)));
            }
        }
    }
    found
}

fn command(ecosystem: Ecosystem, name: &str, has_file: &dyn Fn(&str) -> bool) -> Option<String> {
    let first = |table: &[(&str, &'static str)], otherwise: &'static str| {
        table.iter().find(|(file, _)| has_file(file)).map_or(otherwise, |(_, command)| command)
    };
    Some(match ecosystem {
        Ecosystem::Python => {
            let managers = [("uv.lock", "uv add"), ("poetry.lock", "poetry add"), ("pdm.lock", "pdm add")];
            format!("{} {}", first(&managers, "python -m pip install"), python_package(name.split('.').next()?))
        }
        Ecosystem::Node => {
            if name.starts_with('.') {
                return None;
            }
            let managers = [
                ("pnpm-lock.yaml", "pnpm add"),
                ("yarn.lock", "yarn add"),
                ("bun.lock", "bun add"),
                ("bun.lockb", "bun add"),
            ];
            format!("{} {name}", first(&managers, "npm install"))
        }
        Ecosystem::Go => format!("go get {name}"),
        Ecosystem::Rust if matches!(name, "crate" | "self" | "super" | "std" | "core" | "alloc") => return None,
        Ecosystem::Rust => format!("cargo add {name}"),
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

    fn said(message: &str, files: &[&str], own: &[&str]) -> Vec<String> {
        let finding = Finding { message: message.into(), ..Finding::default() };
        installs(&[finding], &|f| files.contains(&f), &|name| own.contains(&name))
    }

    #[test]
    fn a_missing_package_is_named_with_the_projects_own_way_to_get_it() {
        let table = [
            ("ModuleNotFoundError: No module named 'httpx'", "", "python -m pip install httpx"),
            ("ModuleNotFoundError: No module named 'yaml.nodes'", "uv.lock", "uv add pyyaml"),
            ("No module named 'httpx'", "poetry.lock", "poetry add httpx"),
            ("Error: Cannot find module 'left-pad/lib'", "package-lock.json", "npm install left-pad"),
            (
                "Cannot find module '@scope/x' or its corresponding type declarations.",
                "pnpm-lock.yaml",
                "pnpm add @scope/x",
            ),
            ("Cannot find package 'zod' imported from /a", "yarn.lock", "yarn add zod"),
            (
                "main.go:4:2: no required module provides package github.com/a/b; to add it:",
                "go.mod",
                "go get github.com/a/b",
            ),
            ("error[E0432]: unresolved import `serde`", "Cargo.toml", "cargo add serde"),
        ];
        for (message, file, command) in table {
            assert_eq!(said(message, &[file], &[]), [command], "{message}");
        }
    }

    #[test]
    fn what_nobody_can_install_is_not_offered() {
        assert_eq!(said("No module named 'shop.cart'", &[], &["shop.cart"]), [""; 0]);
        assert_eq!(said("Cannot find module './user'", &[], &[]), [""; 0]);
        assert_eq!(said("unresolved import `crate::x`", &[], &[]), [""; 0]);
        assert_eq!(said("everything is fine", &[], &[]), [""; 0]);
    }
}
