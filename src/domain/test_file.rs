//! Tests among the files of a repository, told by their paths, and what each is a test of. Looks into no file.

use super::path;

/// Folders that hold tests, in any case.
const FOLDERS: [&str; 4] = ["tests", "test", "__tests__", "spec"];

/// Endings of languages whose tests are called `AppSpec` (ScalaTest, Kotest, Spock).
const SPECS: [&str; 3] = [".scala", ".kt", ".groovy"];

/// The file name up to its last dot.
fn long_stem(path: &str) -> &str {
    let name = path::name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Whether it is a test, by its folder or its name.
pub fn is_test(path: &str) -> bool {
    is_marked_test(path) || tested_class(path).is_some()
}

/// Whether it is a test by its folder or a mark that nothing else has. The name of a class tells less: `ABTest` may be a product's.
pub fn is_marked_test(path: &str) -> bool {
    let stem = long_stem(path).to_lowercase();
    is_in_folder(path) || unmarked(&stem) != stem
}

/// A test file's stem, lower case, without what marks it as a test: `test_app`, `app_test`, `app.test`, `AppTest` all give `app`.
pub fn tested_stem(path: &str) -> String {
    let stem = tested_class(path).unwrap_or(long_stem(path)).to_lowercase();
    unmarked(&stem).to_owned()
}

fn is_in_folder(path: &str) -> bool {
    let is_of_tests = |part: &str| FOLDERS.iter().any(|folder| folder.eq_ignore_ascii_case(part));
    path.split('/').rev().skip(1).any(is_of_tests)
}

/// A stem in lower case without its marks.
fn unmarked(stem: &str) -> &str {
    let bare = stem.strip_prefix("test_").or_else(|| stem.strip_prefix("tests_")).unwrap_or(stem);
    let marks = ["_test", "_tests", "_spec", ".test", ".spec", "-test", "-spec"];
    marks.iter().find_map(|mark| bare.strip_suffix(mark)).unwrap_or(bare)
}

/// The class that a file tests by the name of its own: `App` of `AppTest`.
fn tested_class(path: &str) -> Option<&str> {
    let stem = long_stem(path);
    // Elsewhere a specification is what is specified: `SecretKeySpec`, `PodSpec`.
    let has_specs = || is_in_folder(path) || SPECS.iter().any(|ending| path.ends_with(ending));
    let bare = ["Tests", "Test"].iter().find_map(|mark| stem.strip_suffix(mark));
    let bare = bare.or_else(|| stem.strip_suffix("Spec").filter(|_| has_specs()));
    bare.filter(|bare| bare.ends_with(char::is_alphanumeric))
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
        assert_eq!(tested_stem("LatestTest.java"), "latest", "one mark is taken off, not all that looks like one");
        assert_eq!(tested_stem("ATestTests.cs"), "atest");
        assert!(
            !is_test("src/latest.py")
                && !is_test("src/app.py")
                && is_test("Tests/app.swift")
                && is_test("a/tests/app.rs")
                && is_test("app.test.ts")
        );
    }

    #[test]
    fn a_class_called_spec_is_a_test_only_where_tests_are_called_so() {
        for path in ["src/main/java/SecretKeySpec.java", "src/PodSpec.go", "src/Spec.kt", "src/Test.java", "TagSpec.rb"]
        {
            assert!(!is_test(path), "{path}");
        }
        for path in ["src/CartSpec.scala", "src/CartSpec.kt", "CartSpec.groovy", "spec/CartSpec.js"] {
            assert!(is_test(path) && tested_stem(path) == "cart", "{path}");
        }
    }

    #[test]
    fn the_name_of_a_class_is_no_mark_of_a_test() {
        for path in ["src/ABTest.java", "src/JobSpec.kt", "src/AppTests.cs", "src/app.py"] {
            assert!(!is_marked_test(path), "{path}");
        }
        for path in ["a/Test/ABTest.java", "App_test.go", "test_app.py", "app.spec.ts"] {
            assert!(is_marked_test(path), "{path}");
        }
    }
}
