//! Tests among the files of a repository, told by their paths, and what each is a test of. Looks into no file.

use super::path;

/// Folders that hold tests, in any case.
const FOLDERS: [&str; 4] = ["tests", "test", "__tests__", "spec"];

/// The file name up to its last dot.
fn long_stem(path: &str) -> &str {
    let name = path::name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Whether it is a test, by its folder or its name.
pub fn is_test(path: &str) -> bool {
    let is_of_tests = |part: &str| FOLDERS.iter().any(|folder| folder.eq_ignore_ascii_case(part));
    path.split('/').rev().skip(1).any(is_of_tests) || tested_stem(path) != long_stem(path).to_lowercase()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tests_stem_is_the_stem_of_what_it_tests() {
        for path in
            ["test_app.py", "x/app_test.go", "app.test.ts", "app.spec.js", "AppTest.java", "AppTests.cs", "app_spec.rb"]
        {
            assert_eq!(tested_stem(path), "app", "{path}");
        }
        assert_eq!(tested_stem("latest.py"), "latest");
        assert!(
            !is_test("src/latest.py")
                && !is_test("src/app.py")
                && is_test("Tests/app.swift")
                && is_test("a/tests/app.rs")
                && is_test("app.test.ts")
        );
    }
}
