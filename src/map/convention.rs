//! What a path says of a file by convention: its name, its stem, whether it is a test and of what. Looks into no file.

use crate::domain::path;

/// The file name up to its first dot (`app` of `app.test.ts`), or whole if it starts with one.
pub fn stem(path: &str) -> &str {
    let name = path::name(path);
    match name.find('.') {
        None | Some(0) => name,
        Some(dot) => &name[..dot],
    }
}

/// The file name up to its last dot.
fn long_stem(path: &str) -> &str {
    let name = path::name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Whether it is a test, by its folder or its name.
pub fn is_test(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|part| matches!(part, "tests" | "test" | "__tests__" | "spec"))
        || tested_stem(path) != long_stem(path).to_lowercase()
}

/// A test file's stem, lower case, without what marks it as a test: `test_app`, `app_test`, `app.test`, `AppTest` all give `app`.
pub fn tested_stem(path: &str) -> String {
    let stem = long_stem(path);
    let lower = stem.to_lowercase();
    let bare = lower.strip_prefix("test_").or_else(|| lower.strip_prefix("tests_")).unwrap_or(&lower);
    let marks = ["_test", "_tests", "_spec", ".test", ".spec", "-test", "-spec"];
    let bare = marks.iter().find_map(|mark| bare.strip_suffix(mark)).unwrap_or(bare);
    let camel = stem.ends_with("Test") || stem.ends_with("Tests") || stem.ends_with("Spec");
    let bare = if camel { bare.trim_end_matches('s').trim_end_matches("test").trim_end_matches("spec") } else { bare };
    bare.to_owned()
}

/// Whether a file looks as if it held keys or passwords.
pub fn holds_secrets(path: &str) -> bool {
    let name = path::name(path).to_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_example = matches!(ending, "example" | "sample" | "template");
    name == ".env"
        || name.starts_with(".env.") && !is_example
        || name == ".envrc"
        || ending == "env"
        || ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].iter().any(|key| name.starts_with(key)) && ending != "pub"
        || matches!(ending, "pem" | "key" | "p12" | "pfx" | "keystore" | "jks" | "kdbx" | "tfstate")
        || matches!(
            name.as_str(),
            ".netrc" | ".npmrc" | ".pypirc" | ".htpasswd" | ".git-credentials" | ".pgpass" | "kubeconfig"
        )
        || name.starts_with("credentials")
        || name.starts_with("secrets.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_told_from_its_example_and_its_public_half() {
        for path in
            ["a/.env", "prod.env", ".env.local", ".envrc", "x/id_ecdsa", "server.KEY", ".git-credentials", "a.tfstate"]
        {
            assert!(holds_secrets(path), "{path}");
        }
        for path in [".env.example", "id_rsa.pub", "environment.py", "keys.rs", "src/secrets/mod.rs"] {
            assert!(!holds_secrets(path), "{path}");
        }
    }

    #[test]
    fn a_tests_stem_is_the_stem_of_what_it_tests() {
        for path in
            ["test_app.py", "x/app_test.go", "app.test.ts", "app.spec.js", "AppTest.java", "AppTests.cs", "app_spec.rb"]
        {
            assert_eq!(tested_stem(path), "app", "{path}");
        }
        assert_eq!(tested_stem("latest.py"), "latest");
        assert!(
            !is_test("src/latest.py") && !is_test("src/app.py") && is_test("tests/app.rs") && is_test("app.test.ts")
        );
    }
}
