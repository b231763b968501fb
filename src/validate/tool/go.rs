//! Go's own tools: gofmt, vet, build and test. Only test runs the project's code.

use super::super::project::{Call, Project};
use super::said::{MAX_FINDINGS, Said, Text, Unit, finding, fix};
use super::{Tool, diff, json_lines};
use crate::domain::finding::{Applicability, Finding, Severity, Strategy, TextEdit};
use crate::domain::path::{join, parent};
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

const INSTALL: &str = "https://go.dev/dl";

pub const FORMAT: Tool = Tool {
    name: "gofmt",
    strategy: Strategy::Format,
    program: "gofmt",
    command: &["gofmt"],
    install: INSTALL,
    calls: |project| project.call_each(&Call::new("", &["-d"]), &in_modules(project)),
    // What does not parse it says as the compiler does.
    parse: |said| Ok([compiler(said, "gofmt", said.errors), diff::unified(said, "gofmt")].concat()),
    told: &[0, 1],
    blinds: |_| false,
};

pub const VET: Tool = Tool {
    name: "go vet",
    strategy: Strategy::Lint,
    program: "go",
    command: &["go", "vet"],
    install: INSTALL,
    calls: |project| package_calls(project, &["vet", "-json"]),
    parse: vet,
    told: &[0],
    blinds: is_compilers,
};

pub const BUILD: Tool = Tool {
    name: "go build",
    strategy: Strategy::Build,
    program: "go",
    command: &["go", "build"],
    install: INSTALL,
    // All of the module: whoever uses what was changed is built, too, and the rest is cached.
    calls: |project| {
        modules(project).into_keys().map(|dir| Call::new(dir, &["build", "-o", "/dev/null", "./..."])).collect()
    },
    parse: |said| Ok(compiler(said, "go build", said.errors)),
    told: &[0],
    blinds: is_compilers,
};

pub const TEST: Tool = Tool {
    name: "go test",
    strategy: Strategy::Test,
    program: "go",
    command: &["go", "test"],
    install: INSTALL,
    calls: |project| package_calls(project, &["test", "-json"]).into_iter().map(Call::running_code).collect(),
    parse: test,
    told: &[0],
    blinds: is_compilers,
};

/// Whether it is the compiler's: what does not compile is neither examined nor tested.
fn is_compilers(found: &Finding) -> bool {
    found.rule.is_none()
}

fn concerns(path: &str) -> bool {
    path.ends_with(".go") || path.ends_with("/go.mod") || path == "go.mod"
}

fn modules<'p>(project: &'p Project<'_>) -> BTreeMap<&'p str, Vec<&'p str>> {
    project.grouped(concerns, |dir| project.has(&join(dir, "go.mod")))
}

fn in_modules<'p>(project: &'p Project<'_>) -> Vec<&'p str> {
    modules(project).into_values().flatten().filter(|path| path.ends_with(".go")).collect()
}

/// One call a module, about the packages that the touched files lie in.
fn package_calls(project: &Project<'_>, words: &[&str]) -> Vec<Call> {
    let call = |(dir, files): (&str, Vec<&str>)| {
        let mut call = Call::new(dir, words);
        let packages: BTreeSet<&str> = files.iter().map(|f| parent(f)).collect();
        let there = |package: &&&str| {
            let beneath = join(package, "");
            project
                .paths
                .iter()
                .any(|p| p.ends_with(".go") && parent(p) == **package && p.starts_with(beneath.trim_start_matches('/')))
        };
        match project.whole {
            true => call.arguments.push("./...".to_owned()),
            false => call.arguments.extend(packages.iter().filter(there).map(|package| {
                let inside = package.strip_prefix(dir).unwrap_or(package).trim_matches('/');
                format!("./{inside}")
            })),
        }
        (call.arguments.len() > words.len()).then_some(call)
    };
    modules(project).into_iter().filter_map(call).collect()
}

/// `file.go:3:31: undefined: y`, with or without `vet: ` before it.
fn compiler(said: &Said<'_>, tool: &str, text: &str) -> Vec<Finding> {
    static LINE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(?:vet: )?(\S[^:]*\.go):(\d+)(?::(\d+))?: (.*)$").ok());
    let hits = text.lines().filter_map(|line| LINE.as_ref()?.captures(line));
    let found = hits.take(MAX_FINDINGS).map(|hit| {
        let path = said.path(&hit[1]);
        let number = |group| hit.get(group).and_then(|m| m.as_str().parse::<u32>().ok()).unwrap_or(0);
        placed(said, finding(tool, Severity::Error, path, &hit[4]), number(2), number(3))
    });
    found.collect()
}

/// A finding at a line and a column in bytes, as Go counts.
fn placed(said: &Said<'_>, found: Finding, line: u32, column: u32) -> Finding {
    let text = said.text(&found.path);
    let column = text.map_or(column, |text| text.column(line, column, Unit::Byte));
    Finding { line, column, ..found }
}

#[derive(Deserialize)]
struct Row {
    posn: String,
    message: String,
    #[serde(default)]
    suggested_fixes: Vec<Suggestion>,
}

#[derive(Deserialize)]
struct Suggestion {
    #[serde(default)]
    message: String,
    edits: Vec<Edit>,
}

/// In bytes.
#[derive(Deserialize)]
struct Edit {
    filename: String,
    start: usize,
    end: usize,
    new: String,
}

/// By package, then analyzer: its rows, or an object that says why there are none.
type Vetted = BTreeMap<String, BTreeMap<String, serde_json::Value>>;

/// Reports stand one after the other on either output, between lines of text.
fn vet(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    let mut found = compiler(said, "go vet", said.errors);
    // A file belongs to its package and to that of its tests.
    let mut seen = HashSet::new();
    let mut is_new = |f: &Finding| seen.insert((f.path.clone(), f.line, f.column, f.rule.clone(), f.message.clone()));
    found.retain(&mut is_new);
    for text in [said.output, said.errors] {
        let objects: String =
            text.lines().filter(|line| !line.starts_with(['#', 'v'])).flat_map(|l| [l, "\n"]).collect();
        for report in serde_json::Deserializer::from_str(&objects).into_iter::<Vetted>().map_while(Result::ok) {
            for (analyzer, rows) in report.into_values().flatten() {
                let rows: Vec<Row> = serde_json::from_value(rows).unwrap_or_default();
                for row in rows {
                    if found.len() >= MAX_FINDINGS {
                        return Ok(found);
                    }
                    found.extend(Some(of_row(said, &analyzer, row)).filter(&mut is_new));
                }
            }
        }
    }
    Ok(found)
}

fn of_row(said: &Said<'_>, analyzer: &str, row: Row) -> Finding {
    let mut parts = row.posn.rsplitn(3, ':');
    let (column, line, file) = (parts.next(), parts.next(), parts.next());
    let number = |part: Option<&str>| part.and_then(|p| p.parse().ok()).unwrap_or(0);
    let path = file.and_then(|file| said.path(file));
    let edit = |edit: Edit| {
        let path = said.path(&edit.filename)?;
        let fits = said.text(&path).is_some_and(|text: std::rc::Rc<Text>| text.holds(edit.start, edit.end));
        fits.then_some(TextEdit { path, start: edit.start, end: edit.end, text: edit.new })
    };
    // Vet's fixes are what `go vet -fix` makes, but it does not promise that nothing changes.
    let fixes = row.suggested_fixes.into_iter().filter_map(|suggestion| {
        let edits: Option<Vec<TextEdit>> = suggestion.edits.into_iter().map(edit).collect();
        fix(&suggestion.message, Applicability::MaybeIncorrect, edits?)
    });
    let mut found = finding("go vet", Severity::Error, path, &row.message);
    found.rule = Some(analyzer.to_owned());
    found.fixes = fixes.collect();
    placed(said, found, number(line), number(column))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Event {
    action: String,
    package: String,
    test: Option<String>,
    output: Option<String>,
}

fn test(said: &Said<'_>) -> Result<Vec<Finding>, String> {
    let mut printed: BTreeMap<(String, Option<String>), String> = BTreeMap::new();
    let mut built = said.errors.to_owned();
    let (mut failed, mut sorted) = (Vec::new(), BTreeSet::new());
    for event in json_lines::<Event>(said.output) {
        match (event.action.as_str(), event.output) {
            ("build-output", Some(text)) => built.push_str(&text),
            ("output", Some(text)) => printed.entry((event.package, event.test)).or_default().push_str(&text),
            ("fail", _) => {
                let key = (event.package, event.test);
                // What is told of one test is read once.
                if sorted.insert(key.clone()) {
                    failed.push(key);
                }
            }
            _ => {}
        }
    }
    let mut found = compiler(said, "go test", &built);
    // A test fails with each of its parts: the parts say why.
    let parts = |key: &(String, Option<String>)| {
        let begin = format!("{}/", key.1.as_deref().unwrap_or_default());
        let next = sorted.range((key.0.clone(), Some(begin.clone()))..).next();
        next.is_some_and(|(package, test)| *package == key.0 && test.as_ref().is_some_and(|t| t.starts_with(&begin)))
    };
    for key in failed.iter().filter(|key| key.1.is_some()) {
        if found.len() >= MAX_FINDINGS {
            break;
        }
        let text = printed.get(key).map_or("", String::as_str);
        let (message, place) = explained(said, &key.0, text);
        if message.is_empty() && parts(key) {
            continue;
        }
        let message = if message.is_empty() { "fails without a message" } else { &message };
        let mut failure = finding("go test", Severity::Error, None, message);
        failure.rule = key.1.as_ref().map(|test| format!("{}.{test}", key.0));
        if let Some((path, line)) = place {
            (failure.path, failure.line) = (path, line);
        }
        found.push(failure);
    }
    Ok(found)
}

/// What a test said, and where: the place of its first own line, or a panic's innermost frame inside the project.
fn explained(said: &Said<'_>, package: &str, text: &str) -> (String, Option<(String, u32)>) {
    static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s+([\w.-]+\.go):(\d+): ?(.*)$").ok());
    static FRAME: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^\t(/.+\.go):(\d+)(?: \+0x[0-9a-f]+)?$").ok());
    let (mut message, mut place, mut trace) = (String::new(), None, false);
    for line in text.lines() {
        let own = PLACE.as_ref().and_then(|regex| regex.captures(line));
        let frame = FRAME.as_ref().filter(|_| trace && place.is_none()).and_then(|regex| regex.captures(line));
        if let Some(hit) = frame {
            place = said.own_path(&hit[1]).and_then(|path| Some((path, hit[2].parse().ok()?)));
        } else if line.starts_with("goroutine ") {
            trace = true;
        } else if !trace
            && !line.starts_with("=== ")
            && !line.trim_start().starts_with("--- ")
            && !line.trim().is_empty()
        {
            if let Some(hit) = &own {
                place = place.or_else(|| Some((package_file(said, package, &hit[1])?, hit[2].parse().ok()?)));
            }
            message += if message.is_empty() { "" } else { "\n" };
            message += own.as_ref().map_or(line.trim(), |hit| hit.get(3).map_or("", |m| m.as_str()));
        }
    }
    (message, place)
}

/// A file of a package, by the module's own name for the package.
fn package_file(said: &Said<'_>, package: &str, file: &str) -> Option<String> {
    let manifest = said.text(&join(said.dir, "go.mod"))?;
    let module = manifest.as_str().lines().find_map(|line| line.strip_prefix("module "))?.trim().trim_matches('"');
    let inside = package.strip_prefix(module)?.trim_start_matches('/');
    said.path(&join(inside, file))
}
