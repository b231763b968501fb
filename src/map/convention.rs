//! What a path says of a file by convention: its name, its stem, whether it is a test and of what. Looks into no file.

/// The file name.
pub fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder, without a slash at its end; empty for the root.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The file name up to its first dot (`app` of `app.test.ts`), or whole if it starts with one.
pub fn stem(path: &str) -> &str {
    let name = base(path);
    match name.find('.') {
        None | Some(0) => name,
        Some(dot) => &name[..dot],
    }
}

/// The file name up to its last dot.
fn long_stem(path: &str) -> &str {
    let name = base(path);
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
            !is_test("src/latest.py") && !is_test("src/app.py") && is_test("tests/app.rs") && is_test("app.test.ts")
        );
    }
}
