//! Which names a finding misses, and where it really arose: read out of messages and tracebacks of many tools.
//!
//! Pure reading of text; what it cannot read it leaves out.

use crate::domain::finding::Finding;
use regex::Regex;
use std::sync::LazyLock;

/// A name that is used and not known, in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// The file.
    pub path: String,
    /// The name.
    pub name: String,
}

fn compiled(patterns: &[&str]) -> Vec<Regex> {
    patterns.iter().filter_map(|p| Regex::new(p).ok()).collect()
}

/// What tools say of a name that is not known: pyflakes and ruff (F821), CPython, mypy, pyright, tsc (2304), eslint
/// (no-undef), rustc (E0412, E0422, E0425, E0433), the Go compiler.
static UNKNOWN: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    compiled(&[
        r"(?i)undefined name ['`]?(\w+)",
        r#"(?i)\bname ['"`](\w+)['"`] is not defined"#,
        r#"^['"`](\w+)['"`] is not defined"#,
        r"Cannot find name '(\w+)'",
        r"cannot find (?:type|struct, variant or union type|value|function|trait|tuple struct or tuple variant|function, tuple struct or tuple variant|struct|derive macro|macro) `(\w+)` in this scope",
        r"use of undeclared (?:type|crate or module) `(\w+)`",
        r"\bundefined: (\w+)",
        r"ReferenceError: (\w+) is not defined",
    ])
});

/// What tools say of a member that a type or a module has not: the Go compiler, mypy and CPython, tsc, rustc (E0599, E0609).
static NO_MEMBER: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    compiled(&[
        r#"has no (?:field or method|attribute) ['`"]?(\w+)"#,
        r"Property '(\w+)' does not exist on type",
        r"no (?:method|field|function or associated item|associated item|variant or associated item|variant) (?:named )?`(\w+)`",
    ])
});

/// The names and members that a finding says nobody defines, each once.
pub fn undefined(finding: &Finding) -> Vec<&str> {
    let mut found = Vec::new();
    for line in finding.message.lines() {
        let all = UNKNOWN.iter().chain(NO_MEMBER.iter()).flat_map(|r| r.captures_iter(line));
        for name in all.filter_map(|c| c.get(1)).map(|name| name.as_str()) {
            found.extend(Some(name).filter(|name| !found.contains(name)));
        }
    }
    found
}

/// The names that `findings` miss, each once. Where a finding is of no file, a line's own place tells the file, else the
/// innermost frame.
pub fn missing(findings: &[Finding], paths: &[String]) -> Vec<Missing> {
    let mut found = Vec::new();
    for finding in findings {
        for line in finding.message.lines() {
            for name in UNKNOWN.iter().flat_map(|r| r.captures_iter(line)).filter_map(|c| c.get(1)) {
                let path = match finding.path.is_empty() {
                    false => Some(finding.path.clone()),
                    true => {
                        let here = places(line, paths).into_iter().next();
                        let here = here.map(|(frame, _)| frame);
                        here.or_else(|| origin_frame(&finding.message, paths)).map(|f| f.path)
                    }
                };
                let missing = path.map(|path| Missing { path, name: name.as_str().to_owned() });
                found.extend(missing.filter(|m| !found.contains(m)));
            }
        }
    }
    found
}

/// One line of a traceback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The file, relative to the root.
    pub path: String,
    /// 1-based line.
    pub line: u32,
}

/// Frames of Python, of JavaScript, of a Rust panic and of a Go panic, and whether the innermost one is the last.
static FRAMES: LazyLock<Vec<(Regex, bool)>> = LazyLock::new(|| {
    let table = [
        (r#"(?m)^\s*File "([^"\n]+)", line (\d+)"#, true),
        (r"(?m)^\s+at (?:[^\n(]*\()?(?:file://)?([^\s():]+):(\d+):\d+\)?", false),
        (r"panicked at ([^\s:]+):(\d+):\d+", true),
        (r"(?m)^\s+([^\s:]+\.go):(\d+)(?: \+0x[0-9a-f]+)?$", false),
    ];
    table.into_iter().filter_map(|(pattern, last)| Some((Regex::new(pattern).ok()?, last))).collect()
});

/// The innermost frame of a traceback that lies in one of the project's own files.
pub fn origin_frame(message: &str, paths: &[String]) -> Option<Frame> {
    for (regex, is_last) in FRAMES.iter() {
        let own = regex.captures_iter(message).filter_map(|c| {
            let (named, line) = (c.get(1)?.as_str(), c.get(2)?.as_str().parse().ok()?);
            Some(Frame { path: own_path(named, paths)?, line })
        });
        let frame = if *is_last { own.last() } else { { own }.next() };
        if frame.is_some() {
            return frame;
        }
    }
    None
}

/// `path:line:column` and `path(line,column)`, as nearly all tools print places.
static PLACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"([^\s:"'()]+\.\w+)(?::|\()(\d+)(?:[:,]\d+)?\)?:?"#).ok());

/// The places in the project's own files that a message names, each once, in order, with what the line says behind them.
pub fn places(message: &str, paths: &[String]) -> Vec<(Frame, String)> {
    let mut found: Vec<(Frame, String)> = Vec::new();
    for line in message.lines() {
        let regexes = FRAMES.iter().map(|(regex, _)| regex).chain(PLACE.iter());
        let hit = regexes.into_iter().find_map(|r| {
            let hit = r.captures(line)?;
            let path = own_path(hit.get(1)?.as_str(), paths)?;
            let frame = Frame { path, line: hit.get(2)?.as_str().parse().ok()? };
            Some((frame, line.get(hit.get(0)?.end()..)?.trim().to_owned()))
        });
        found.extend(hit.filter(|(frame, _)| found.iter().all(|(other, _)| other != frame)));
    }
    found
}

/// The project's file that a tool's name for it means, absolute or with `./`; of several the longest.
fn own_path(named: &str, paths: &[String]) -> Option<String> {
    let named = named.trim_start_matches("./");
    let fits = |path: &str| named == path || named.strip_suffix(path).is_some_and(|head| head.ends_with('/'));
    paths.iter().filter(|p| fits(p)).max_by_key(|p| p.len()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finding(path: &str, message: &str) -> Finding {
        Finding { path: path.into(), message: message.into(), ..Finding::default() }
    }

    #[test]
    fn every_tool_says_in_its_own_words_which_name_is_missing() {
        let table = [
            ("Undefined name `Path`", "Path"),
            ("undefined name 'os'", "os"),
            ("NameError: name 'json' is not defined. Did you forget to import 'json'?", "json"),
            ("Name \"Optional\" is not defined", "Optional"),
            ("\"Optional\" is not defined", "Optional"),
            ("Cannot find name 'readFileSync'.", "readFileSync"),
            ("'useState' is not defined.", "useState"),
            ("cannot find type `HashMap` in this scope", "HashMap"),
            ("failed to resolve: use of undeclared type `HashMap`", "HashMap"),
            ("undefined: strings", "strings"),
            ("ReferenceError: total is not defined", "total"),
        ];
        for (message, name) in table {
            let found = missing(&[finding("a", message)], &[]);
            assert_eq!(found, [Missing { path: "a".into(), name: name.into() }], "{message}");
        }
        assert_eq!(missing(&[finding("a", "the name of the file is not defined well")], &[]), []);
    }

    #[test]
    fn members_that_are_missing_are_undefined_names_too() {
        for (message, names) in [
            ("c.Totl undefined (type *Cart has no field or method Totl)", &["Totl"][..]),
            ("\"Cart\" has no attribute \"totl\"; maybe \"total\"?", &["totl"]),
            ("AttributeError: 'Cart' object has no attribute 'totl'", &["totl"]),
            ("Property 'amount' does not exist on type 'Item'.", &["amount"]),
            ("no method named `summ` found for struct `Cart` in the current scope", &["summ"]),
            ("no field `amount` on type `&Item`: unknown field", &["amount"]),
            ("name 'redy' is not defined", &["redy"]),
            ("expected one of `,` or `}`, found `let` statement", &[]),
        ] {
            assert_eq!(undefined(&finding("a", message)), names, "{message}");
        }
    }

    /// A project without files.
    struct Nothing;

    impl crate::heal::dependency::Project for Nothing {
        fn has_file(&self, _: &str) -> bool {
            false
        }

        fn is_own(&self, _: &str) -> bool {
            false
        }

        fn text(&self, _: &str) -> Option<String> {
            None
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_message_whatever_makes_it_fail(message in "(File \"|a.py|:|\\(|\\)|[0-9]{1,12}|, line |name 'é' is not defined|\n| |at |é){0,20}") {
            let paths = vec!["a.py".to_owned()];
            let findings = [finding("", &message), finding("a.py", &message)];
            let _ = (missing(&findings, &paths), places(&message, &paths), origin_frame(&message, &paths));
            let _ = crate::heal::dependency::missing(&findings, &Nothing);
        }
    }

    #[test]
    fn places_come_with_what_their_lines_say() {
        let paths: Vec<String> = ["app/calc.py", "src/a.ts"].map(String::from).into();
        let said = "x\n./app/calc.py:2:7: shouts\n  File \"/tmp/s/app/calc.py\", line 9, in f\nsrc/a.ts(4,1): error TS1\n./app/calc.py:2: again\nother.py:1: no\n";
        let found: Vec<String> =
            places(said, &paths).into_iter().map(|(f, rest)| format!("{}:{} {rest}", f.path, f.line)).collect();
        assert_eq!(found, ["app/calc.py:2 shouts", "app/calc.py:9 , in f", "src/a.ts:4 error TS1"]);
    }

    #[test]
    fn the_origin_is_the_innermost_frame_that_is_the_projects_own() {
        let paths: Vec<String> =
            ["app/calc.py", "test_calc.py", "src/a.ts", "src/lib.rs", "main.go"].map(String::from).into();
        let python = "Traceback (most recent call last):\n  File \"/tmp/s/test_calc.py\", line 3, in <module>\n    f()\n  File \"/tmp/s/app/calc.py\", line 7, in f\n    g()\n  File \"/usr/lib/python3/json/__init__.py\", line 9, in g\nNameError: name 'x' is not defined\n";
        let frame = |path: &str, line| Some(Frame { path: path.into(), line });
        assert_eq!(origin_frame(python, &paths), frame("app/calc.py", 7));
        let node = "TypeError: x\n    at g (node:internal/x.js:1:2)\n    at f (/tmp/s/src/a.ts:12:5)\n    at /tmp/s/src/a.ts:40:1\n";
        assert_eq!(origin_frame(node, &paths), frame("src/a.ts", 12));
        assert_eq!(origin_frame("thread 'x' panicked at src/lib.rs:4:9:\nboom", &paths), frame("src/lib.rs", 4));
        assert_eq!(origin_frame("goroutine 1:\nmain.f()\n\t/tmp/s/main.go:8 +0x1d\n", &paths), frame("main.go", 8));
        assert_eq!(origin_frame("  File \"/usr/lib/x.py\", line 2\n", &paths), None);
        let linted = finding("", "failed\ntest_calc.py:2: undefined name 'a'\n./app/calc.py:2: undefined name 'b'");
        let names: Vec<(String, String)> = missing(&[linted], &paths).into_iter().map(|m| (m.path, m.name)).collect();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(names, [pair("test_calc.py", "a"), pair("app/calc.py", "b")]);
        assert_eq!(missing(&[finding("", python)], &paths), [Missing { path: "app/calc.py".into(), name: "x".into() }]);
    }
}
