//! A missing import, where exactly one definition can be meant: one of the repository, or one of a standard library
//! (`assets/heal/imports.toml`).
//!
//! Pure: who has the repository says what is defined where. Where two could be meant nothing is imported.

use super::import_block;
use super::name::Missing;
use crate::domain::finding::{Applicability, Fix, TextEdit};
use crate::domain::language::Language;
use crate::domain::path::parent;
use crate::syntax;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../assets/heal/imports.toml");

/// What is asked of a repository.
pub trait Repository {
    /// The files that define this name at their top level where others can import it, each once.
    fn defined_in(&self, name: &str) -> Vec<String>;
    /// Whether there is such a file.
    fn has_file(&self, path: &str) -> bool;
}

/// By language and name, the import of a standard library.
static STANDARD: LazyLock<HashMap<(Language, String), String>> = LazyLock::new(|| {
    let tables: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(TABLE).unwrap_or_default();
    let mut found = HashMap::new();
    for (language, lines) in &tables {
        let Some(language) = Language::ALL.into_iter().find(|l| l.name() == language) else { continue };
        for (line, names) in lines {
            found.extend(names.split_whitespace().map(|name| ((language, name.to_owned()), line.replace("{}", name))));
        }
    }
    found
});

/// A fix for each file that misses names: the imports of those that can be meant in one way only. `text` gives a file as it
/// is.
pub fn fixes<'t>(missing: &[Missing], text: &dyn Fn(&str) -> Option<&'t str>, repository: &dyn Repository) -> Vec<Fix> {
    let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
    for Missing { path, name } in missing {
        match files.iter_mut().find(|(own, _)| own == path) {
            Some((_, names)) => names.push(name),
            None => files.push((path, vec![name])),
        }
    }
    files.into_iter().filter_map(|(path, names)| fix(path, &names, text(path)?, repository)).collect()
}

fn fix(path: &str, names: &[&str], text: &str, repository: &dyn Repository) -> Option<Fix> {
    let language = Language::from_path(path)?;
    let found = names.iter().filter_map(|name| Some((*name, line(language, path, name, repository)?)));
    // In a block of Go a line is what stands behind the word.
    let in_block = |line: &str| line.strip_prefix("import ").filter(|_| language == Language::Go).map(str::to_owned);
    let is_there =
        |line: &String| text.lines().any(|l| l.trim() == line || in_block(line).as_deref() == Some(l.trim()));
    let found: Vec<(&str, String)> = found.filter(|(_, line)| !is_there(line)).collect();
    if found.is_empty() {
        return None;
    }
    let at = place(language, text);
    let (range, put) = match language {
        Language::Go => {
            let specs: Vec<&str> = found.iter().filter_map(|(_, line)| line.strip_prefix("import ")).collect();
            import_block::joined(text.get(..at)?, &specs)
        }
        _ => {
            let lines: String = found.iter().map(|(_, line)| format!("{line}\n")).collect();
            let is_above_code = at == 0 && starts_with_code(text) && !is_import(language, text);
            (at..at, if is_above_code { format!("{lines}\n") } else { lines })
        }
    };
    let mended = format!("{}{put}{}", text.get(..range.start)?, text.get(range.end..)?);
    if !syntax::introduced(language, path, Some(text), &mended)?.is_empty() {
        return None;
    }
    let edit = TextEdit { path: path.to_owned(), start: range.start, end: range.end, text: put };
    let names: Vec<String> = found.iter().map(|(name, _)| format!("`{name}`")).collect();
    let title = format!("import {}", names.join(", "));
    Some(Fix { title, applicability: Applicability::MachineApplicable, edits: vec![edit] })
}

/// The line that imports a name; `None` where none or several could be meant.
fn line(language: Language, path: &str, name: &str, repository: &dyn Repository) -> Option<String> {
    let standard = STANDARD.get(&(family(language), name.to_owned())).cloned();
    let mut homes = repository.defined_in(name);
    homes.retain(|home| home != path && Language::from_path(home).is_some_and(|l| family(l) == family(language)));
    match (standard, homes.as_slice()) {
        (Some(line), []) => Some(line),
        (None, [home]) => from_home(language, path, home, name, repository),
        _ => None,
    }
}

/// Languages that import from each other.
fn family(language: Language) -> Language {
    if language == Language::TypeScript { Language::JavaScript } else { language }
}

fn from_home(language: Language, from: &str, home: &str, name: &str, repository: &dyn Repository) -> Option<String> {
    match language {
        Language::Python => python_module(from, home, repository).map(|module| format!("from {module} import {name}")),
        Language::JavaScript | Language::TypeScript => {
            Some(format!("import {{ {name} }} from \"{}\";", relative(from, home)))
        }
        Language::Rust => rust_module(from, home).map(|module| format!("use {module}::{name};")),
        _ => None,
    }
}

/// A module as Python names it: from the first folder above it that is no package.
fn python_module(from: &str, home: &str, repository: &dyn Repository) -> Option<String> {
    let module = home.strip_suffix(".py")?;
    let mut parts: Vec<&str> = module.split('/').collect();
    if parts.last() == Some(&"__init__") {
        parts.pop();
    }
    let is_package = |folder: &str| repository.has_file(&format!("{folder}/__init__.py"));
    let folders = home.matches('/').count();
    let mut top = 0;
    let all: Vec<&str> = home.split('/').collect();
    while top < folders && !is_package(&all[..=top].join("/")) {
        top += 1;
    }
    // A folder that is no package and not the file's own can be on no path that we know of, but for `src` and the root.
    let (own, other) = (parent(from), parent(home));
    let roots = top == 0 || all[..top].join("/") == own || all[..top] == ["src"] || own == other;
    let name = parts.get(top.min(parts.len().saturating_sub(1))..)?.join(".");
    let is_word = name.split('.').all(|p| !p.is_empty() && p.chars().all(|c| c.is_alphanumeric() || c == '_'));
    (roots && is_word).then_some(name)
}

fn rust_module(from: &str, home: &str) -> Option<String> {
    let crate_of = |path: &str| path.split_once("src/").map(|(head, _)| head.to_owned());
    let inside = home.split_once("src/")?.1.strip_suffix(".rs")?;
    if crate_of(from) != crate_of(home) || inside == "main" {
        return None;
    }
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    Some(if inside == "lib" { "crate".to_owned() } else { format!("crate::{}", inside.replace('/', "::")) })
}

/// `home` as a module beside `from`, without its ending.
fn relative(from: &str, home: &str) -> String {
    let own: Vec<&str> = parent(from).split('/').filter(|p| !p.is_empty()).collect();
    let stem = home.rsplit_once('.').map_or(home, |(stem, _)| stem);
    let stem = stem.strip_suffix("/index").unwrap_or(stem);
    let other: Vec<&str> = stem.split('/').collect();
    let shared = own.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(own.len() - shared);
    format!("{}{}", if up.is_empty() { "./" } else { &up }, other[shared..].join("/"))
}

fn is_import(language: Language, line: &str) -> bool {
    match language {
        Language::Python => line.starts_with("import ") || line.starts_with("from "),
        Language::Rust => line.starts_with("use ") || line.starts_with("pub use "),
        Language::Go => line.starts_with("import "),
        _ => line.starts_with("import "),
    }
}

fn starts_with_code(text: &str) -> bool {
    text.lines().next().is_some_and(|line| !line.trim().is_empty())
}

/// The byte at which an import is inserted: behind the first block of imports, else behind what has to stand before it.
fn place(language: Language, text: &str) -> usize {
    let (mut at, mut best, mut depth, mut quoted) = (0, None, 0i32, None::<&str>);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let end = at + line.len();
        if let Some(quote) = quoted {
            if trimmed.contains(quote) {
                (quoted, best) = (None, Some(end));
            }
        } else if depth > 0 || is_import(language, line) {
            depth += signs(line, "({") - signs(line, ")}");
            if depth <= 0 {
                (depth, best) = (0, Some(end));
            }
        } else if is_head(language, trimmed) {
            best = Some(end);
        } else if language == Language::Python
            && at == 0
            && (trimmed.starts_with("\"\"\"") || trimmed.starts_with("'''"))
        {
            let quote = &trimmed[..3];
            let closes = trimmed.len() >= 6 && trimmed.ends_with(quote);
            if closes { best = Some(end) } else { quoted = Some(if quote == "'''" { "'''" } else { "\"\"\"" }) }
        } else if !trimmed.is_empty() && !is_comment(language, trimmed) {
            break;
        }
        at = end;
    }
    best.unwrap_or(0)
}

fn signs(line: &str, which: &str) -> i32 {
    line.chars().filter(|c| which.contains(*c)).count() as i32
}

/// A line that has to stand before imports.
fn is_head(language: Language, line: &str) -> bool {
    match language {
        Language::Rust => {
            line.starts_with("//!")
                || line.starts_with("#![")
                || line.starts_with("mod ")
                || line.starts_with("pub mod ")
        }
        Language::Go => line.starts_with("package "),
        Language::Python => line.starts_with("#!"),
        _ => matches!(line, "\"use strict\";" | "'use strict';" | "\"use client\";" | "'use client';"),
    }
}

fn is_comment(language: Language, line: &str) -> bool {
    match language {
        Language::Python => line.starts_with('#'),
        _ => line.starts_with("//") || line.starts_with("/*") || line.starts_with('*'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::{ChangeSet, FileChange};

    struct Files(&'static [(&'static str, &'static [&'static str])]);

    impl Repository for Files {
        fn defined_in(&self, name: &str) -> Vec<String> {
            self.0.iter().filter(|(_, names)| names.contains(&name)).map(|(path, _)| (*path).to_owned()).collect()
        }
        fn has_file(&self, path: &str) -> bool {
            self.0.iter().any(|(own, _)| *own == path)
        }
    }

    const REPOSITORY: Files = Files(&[
        ("shop/__init__.py", &[]),
        ("shop/cart.py", &["Cart", "Twice"]),
        ("shop/other.py", &["Twice", "Path"]),
        ("tool.py", &["helper"]),
        ("src/lib/user.ts", &["User"]),
        ("src/lib.rs", &["Root"]),
        ("src/a/mod.rs", &["Thing"]),
    ]);

    fn imported(path: &str, name: &str, text: &str) -> Option<String> {
        let missing: Vec<Missing> =
            name.split(' ').map(|name| Missing { path: path.into(), name: name.into() }).collect();
        let fix = fixes(&missing, &|_| Some(text), &REPOSITORY).pop()?;
        let file = FileChange { path: path.into(), before: None, after: Some(text.into()) };
        let fixed = crate::heal::fix::apply(&ChangeSet { files: vec![file] }, &[], &[fix])?;
        fixed.changes.files[0].after.clone()
    }

    #[test]
    fn a_name_that_is_defined_once_is_imported_behind_the_other_imports() {
        let table = [
            (
                "app.py",
                "json Cart Twice",
                "x = json.loads(Cart())\n",
                "import json\nfrom shop.cart import Cart\n\nx = json.loads(Cart())\n",
            ),
            ("app.py", "json", "x = json.loads('1')\n", "import json\n\nx = json.loads('1')\n"),
            (
                "app.py",
                "Cart",
                "\"\"\"Doc.\"\"\"\nimport os\n\nCart()\n",
                "\"\"\"Doc.\"\"\"\nimport os\nfrom shop.cart import Cart\n\nCart()\n",
            ),
            (
                "app.py",
                "helper",
                "from a import (\n    b,\n)\nhelper()\n",
                "from a import (\n    b,\n)\nfrom tool import helper\nhelper()\n",
            ),
            (
                "src/app/main.ts",
                "User",
                "const u: User = 1;\n",
                "import { User } from \"../lib/user\";\n\nconst u: User = 1;\n",
            ),
            (
                "src/b.rs",
                "HashMap",
                "//! Doc.\n\nfn f() -> HashMap<u8, u8> {}\n",
                "//! Doc.\nuse std::collections::HashMap;\n\nfn f() -> HashMap<u8, u8> {}\n",
            ),
            (
                "src/b.rs",
                "Thing",
                "use crate::x;\n\nfn f(t: Thing) {}\n",
                "use crate::x;\nuse crate::a::Thing;\n\nfn f(t: Thing) {}\n",
            ),
            (
                "main.go",
                "strings",
                "package main\n\nfunc f() {}\n",
                "package main\n\nimport \"strings\"\n\nfunc f() {}\n",
            ),
            (
                "main.go",
                "http",
                "package main\n\nimport (\n\t\"fmt\"\n)\n\nfunc f() {}\n",
                "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n)\n\nfunc f() {}\n",
            ),
            (
                "main.go",
                "strings os bufio",
                "package main\n\nfunc f() {}\n",
                "package main\n\nimport (\n\t\"bufio\"\n\t\"os\"\n\t\"strings\"\n)\n\nfunc f() {}\n",
            ),
            (
                "main.go",
                "os bytes strings",
                "package main\n\nimport (\n\t\"bytes\"\n\tf \"fmt\"\n\n\t\"a.org/b\"\n)\n\nfunc f() {}\n",
                "package main\n\nimport (\n\t\"bytes\"\n\tf \"fmt\"\n\t\"os\"\n\t\"strings\"\n\n\t\"a.org/b\"\n)\n\nfunc f() {}\n",
            ),
            (
                "main.go",
                "os strings",
                "package main\n\nimport \"fmt\" // say\nimport \"time\"\n\nfunc f() {}\n",
                "package main\n\nimport (\n\t\"fmt\" // say\n\t\"os\"\n\t\"strings\"\n\t\"time\"\n)\n\nfunc f() {}\n",
            ),
            (
                "main.go",
                "os strings",
                "package main\n\n// #include <a.h>\nimport \"C\"\n\nfunc f() {}\n",
                "package main\n\n// #include <a.h>\nimport \"C\"\nimport (\n\t\"os\"\n\t\"strings\"\n)\n\nfunc f() {}\n",
            ),
            (
                "main.go",
                "os",
                "package main\n\nimport (\n\t// say\n\t\"time\"\n)\n\nfunc f() {}\n",
                "package main\n\nimport (\n\t// say\n\t\"time\"\n\t\"os\"\n)\n\nfunc f() {}\n",
            ),
            (
                "main.go",
                "os",
                "package main\r\n\r\nimport (\r\n\t\"fmt\"\r\n)\r\n\r\nfunc f() {}\r\n",
                "package main\r\n\r\nimport (\r\n\t\"fmt\"\r\n\t\"os\"\r\n)\r\n\r\nfunc f() {}\r\n",
            ),
            (
                "main.go",
                "os",
                "package main\r\n\r\nimport \"fmt\"\r\n\r\nfunc f() {}\r\n",
                "package main\r\n\r\nimport (\r\n\t\"fmt\"\r\n\t\"os\"\r\n)\r\n\r\nfunc f() {}\r\n",
            ),
            (
                "main.go",
                "os strings",
                "package main\r\n\r\nfunc f() {}\r\n",
                "package main\r\n\r\nimport (\r\n\t\"os\"\r\n\t\"strings\"\r\n)\r\n\r\nfunc f() {}\r\n",
            ),
            (
                "main.go",
                "os",
                "/* Free to\nimport (\n\t\"anywhere\"\n) */\npackage main // not /* one\n\nimport (\n\t\"fmt\"\n)\n\nfunc f() {}\n",
                "/* Free to\nimport (\n\t\"anywhere\"\n) */\npackage main // not /* one\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc f() {}\n",
            ),
            (
                "main.go",
                "os",
                "/*\nimport \"anywhere\"\n*/\npackage main\n\nfunc f() {}\n",
                "/*\nimport \"anywhere\"\n*/\npackage main\n\nimport \"os\"\n\nfunc f() {}\n",
            ),
        ];
        for (path, name, text, expected) in table {
            assert_eq!(imported(path, name, text).as_deref(), Some(expected), "{path} {name}");
        }
    }

    #[test]
    fn what_two_could_mean_or_nobody_defines_or_is_imported_already_is_left_alone() {
        for (path, name, text) in [
            ("app.py", "Twice", "Twice()\n"),
            ("app.py", "Path", "Path()\n"),
            ("app.py", "nowhere", "nowhere()\n"),
            ("app.py", "User", "User()\n"),
            ("app.py", "json", "import json\n"),
            ("crates/x/src/b.rs", "Thing", "fn f(t: Thing) {}\n"),
        ] {
            assert_eq!(imported(path, name, text), None, "{path} {name}");
        }
    }

    #[test]
    fn the_table_of_standard_libraries_names_nothing_twice_in_a_language() {
        let tables: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(TABLE).unwrap();
        let names = tables.values().flat_map(BTreeMap::values).flat_map(|names| names.split_whitespace()).count();
        assert_eq!((tables.len(), STANDARD.len()), (3, names));
    }
}
