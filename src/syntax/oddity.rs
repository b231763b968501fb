//! Files that are named in a map but not read for it: vendored, too large, not text, made by a program, or packed. Tells it from
//! a path, a size and the first bytes; whoever needs more than that to know is left to be read.

use crate::domain::clip;
use crate::domain::language::Language;
use crate::domain::outline::Oddity;
use crate::domain::path;
use memchr::{memchr, memchr_iter, memchr2_iter};

/// Larger files are not outlined: 1 MiB.
pub const MOST_BYTES: u64 = 1024 * 1024;

/// The longest line that somebody writes by hand.
const LONGEST_LINE: usize = 5_000;

/// As many of a file's first bytes are enough for [`oddity`].
pub const HEAD_BYTES: usize = 8 * 1024;

/// Folders of other people's code, by the package managers and habits that fill them.
const VENDORED: &[&str] = &[
    "node_modules",
    "bower_components",
    "jspm_packages",
    "vendor",
    "vendored",
    "third_party",
    "third-party",
    "thirdparty",
    "3rdparty",
    "godeps",
    "pods",
    "carthage",
    "site-packages",
    "dist",
    ".venv",
    "venv",
    "__pycache__",
];

/// What package managers write.
const LOCKS: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "deno.lock",
    "cargo.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pipfile.lock",
    "gemfile.lock",
    "composer.lock",
    "go.sum",
    "go.work.sum",
    "flake.lock",
    "mix.lock",
    "pubspec.lock",
    "podfile.lock",
    "package.resolved",
    "packages.lock.json",
    "gradle.lockfile",
];

/// Parts of names of files that generators write: protocol buffers, designers, bundlers. Each begins with `.` or `_`.
const GENERATED: &[&str] = &[
    ".pb.",
    "_pb2.py",
    "_pb2_grpc.py",
    "_pb2.pyi",
    "_pb.js",
    "_pb.ts",
    "_pb.d.ts",
    "_grpc.pb.go",
    ".g.dart",
    ".g.cs",
    ".designer.cs",
    ".generated.",
    "_generated.",
    ".bundle.",
    ".chunk.js",
];

/// Why the file at `path`, which begins with `head` and has `size` bytes, is not outlined; `None` if it is.
pub fn oddity(path: &str, head: &[u8], size: u64) -> Option<Oddity> {
    oddity_of_place(path, size).or_else(|| oddity_of_head(path, head))
}

/// What its path and size alone say.
pub fn oddity_of_place(path: &str, size: u64) -> Option<Oddity> {
    let path = path.to_ascii_lowercase();
    let (folders, name) = path::split(&path);
    if folders.split('/').any(|f| VENDORED.contains(&f)) {
        return Some(Oddity::Vendored);
    }
    // All of them begin with one of two signs, and few names have many.
    let has_mark =
        memchr2_iter(b'.', b'_', name.as_bytes()).any(|at| GENERATED.iter().any(|g| name[at..].starts_with(g)));
    if has_mark || LOCKS.contains(&name) || name.starts_with("zz_generated") {
        return Some(Oddity::Generated);
    }
    (size > MOST_BYTES).then_some(Oddity::Large)
}

/// What its first bytes say, when [`oddity_of_place`] says nothing.
pub fn oddity_of_head(path: &str, head: &[u8]) -> Option<Oddity> {
    match text(&head[..head.len().min(HEAD_BYTES)]) {
        Ok(text) => oddity_of_text(path, Language::from_path(path), text),
        Err(oddity) => Some(oddity),
    }
}

/// The same of a file that is known to be text, all of it, and of this language.
pub fn oddity_of_text(path: &str, language: Option<Language>, text: &str) -> Option<Oddity> {
    let text = clip::head(text, HEAD_BYTES);
    if says_generated(text) {
        return Some(Oddity::Generated);
    }
    let name = path::name(path).as_bytes();
    let is_map = name.last_chunk().is_some_and(|ending: &[u8; 4]| ending.eq_ignore_ascii_case(b".map"));
    (is_map || has(name, b".min.") || is_packed(language, text)).then_some(Oddity::Minified)
}

/// The head as text, without a character that its end cuts, or what it is instead.
fn text(head: &[u8]) -> Result<&str, Oddity> {
    if memchr(0, head).is_some() {
        return Err(Oddity::Binary);
    }
    let whole = match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        _ => head,
    };
    std::str::from_utf8(whole).map_err(|_| Oddity::NotUtf8)
}

/// Whether a text has this word, in whatever case.
fn has<const N: usize>(text: &[u8], word: &[u8; N]) -> bool {
    let first = word[0];
    let is_here = |at: usize| text[at..].first_chunk().is_some_and(|here: &[u8; N]| here.eq_ignore_ascii_case(word));
    memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), text).any(is_here)
}

/// How the parsers of GNU Bison begin.
const BISON: &[u8] = b"/* a bison parser, made by gnu bison";

/// Whether a comment among the first lines says that a program wrote this.
fn says_generated(text: &str) -> bool {
    let end = memchr_iter(b'\n', text.as_bytes()).nth(29).unwrap_or(text.len());
    // What each of these needs, and nearly no text has.
    let head = &text.as_bytes()[..end];
    if !has(head, b"generated") {
        return head.len() >= BISON.len() && head[..BISON.len()].eq_ignore_ascii_case(BISON);
    }
    let first = text[..end].to_ascii_lowercase();
    first.lines().map(str::trim_start).filter(|line| is_comment(line)).any(|line| {
        let warns = ["do not edit", "do not modify", "don't edit", "not edit by hand"].iter().any(|w| line.contains(w));
        let names = ["generated by", "generated from", "autogenerated", "auto-generated", "automatically generated"];
        let marks = line.split(|c: char| c.is_whitespace() || c == '*' || c == '/').any(|w| w == "@generated");
        let begins = ["generated by", "autogenerated", "auto-generated", "automatically generated", "<auto-generated"]
            .iter()
            .any(|b| line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '<').starts_with(b));
        // In the words of lex's and SWIG's own.
        let is_tools = ["scanner generated by", "automatically generated by swig"].iter().any(|n| line.contains(n));
        marks || begins || is_tools || (warns && names.iter().any(|n| line.contains(n)))
    })
}

fn is_comment(line: &str) -> bool {
    ["//", "/*", "*", "#", "--", "<!--", ";", "\"\"\"", "%"].iter().any(|m| line.starts_with(m))
}

/// Whether lines are longer than anybody writes. Prose is: a paragraph may be a line. So may be a command.
fn is_packed(language: Option<Language>, text: &str) -> bool {
    let may_be_long = match language {
        None | Some(Language::Markdown | Language::Html | Language::Json | Language::Sql | Language::Dockerfile) => {
            true
        }
        Some(_) => false,
    };
    if may_be_long {
        return language == Some(Language::Json) && longest(text) >= HEAD_BYTES - 1;
    }
    let ends = memchr_iter(b'\n', text.as_bytes()).count();
    let lines = ends + usize::from(!text.is_empty() && !text.ends_with('\n'));
    // A line that is too long covers the middle of the head.
    let middle = text.as_bytes().get(HEAD_BYTES - LONGEST_LINE..LONGEST_LINE);
    let may_be_too_long = text.len() > LONGEST_LINE && middle.is_none_or(|middle| !middle.contains(&b'\n'));
    text.len() / lines.max(1) > 300 || may_be_too_long && longest(text) > LONGEST_LINE
}

fn longest(text: &str) -> usize {
    text.lines().map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(path: &str, head: &str) -> Option<Oddity> {
        oddity(path, head.as_bytes(), head.len() as u64)
    }

    #[test]
    fn files_that_nobody_wrote_here_are_told_by_their_place_and_name() {
        for path in ["vendor/a/b.go", "web/node_modules/x/index.js", "Third_Party/zlib/inflate.c", "dist/app.js"] {
            assert_eq!(odd(path, "x"), Some(Oddity::Vendored), "{path}");
        }
        for path in
            ["Cargo.lock", "web/package-lock.json", "api/user.pb.go", "api/user_pb2.py", "pkg/zz_generated.deepcopy.go"]
        {
            assert_eq!(odd(path, "x"), Some(Oddity::Generated), "{path}");
        }
        for path in ["src/vendor.rs", "distance/a.py", "src/lock.rs", "generated.rs", "src/inventory/a.go"] {
            assert_eq!(odd(path, "x"), None, "{path}");
        }
    }

    #[test]
    fn a_comment_at_the_top_says_that_a_file_is_generated_and_code_does_not() {
        let generated = [
            "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n",
            "# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler.  DO NOT EDIT!\n",
            "/* automatically generated by rust-bindgen 0.59 */\n",
            "// @generated\n",
            "/**\n * @generated SignedSource<<1>>\n */\n",
            "// <auto-generated>\n",
            "/* A Bison parser, made by GNU Bison 3.8.2.  */\n",
            "#line 2 \"a.c\"\n/* A lexical scanner generated by flex */\n",
            " * This file was automatically generated by SWIG (http://www.swig.org).\n",
            "/* GGENERATED? G: Generated By tables.py, do not edit */\n",
        ];
        for text in generated {
            assert_eq!(odd("a/b.go", text), Some(Oddity::Generated), "{text}");
        }
        let written = [
            "const MARK: &str = \"@generated\";\n",
            "// Reads what was generated by the build, then edits it.\n",
            "// Do not edit the list below without its test.\n",
            "let x = 1; // @generated\n",
            "/* Reads what a Bison parser, made by GNU Bison, says. */\n",
        ];
        for text in written {
            assert_eq!(odd("a/b.rs", text), None, "{text}");
        }
    }

    #[test]
    fn packed_large_and_binary_files_are_none_to_read() {
        let packed = format!("!function(e){{{}}}", "var a=1;".repeat(900));
        assert_eq!(odd("a.js", &packed), Some(Oddity::Minified));
        assert_eq!(odd("jquery.min.js", "a\n"), Some(Oddity::Minified));
        assert_eq!(odd("web/App.JS.MAP", "{}\n"), Some(Oddity::Minified));
        assert_eq!(odd("Dockerfile", &format!("RUN {}\n", "x && ".repeat(900))), None);
        assert_eq!(odd("a.md", &"word ".repeat(1500)), None);
        assert_eq!(oddity("a.rs", b"fn main() {}", MOST_BYTES + 1), Some(Oddity::Large));
        assert_eq!(oddity("a.rs", b"fn main() {}", MOST_BYTES), None);
        assert_eq!(oddity("a.c", b"a\0b", 3), Some(Oddity::Binary));
        assert_eq!(oddity("a.c", b"caf\xe9 \xe9t\xe9\n", 10), Some(Oddity::NotUtf8));
        // A character that the end of the head cuts.
        let cut = "é".repeat(HEAD_BYTES);
        assert_eq!(oddity_of_text("a.txt", None, &format!("a{cut}")), None);
        assert_eq!(oddity("a.txt", &cut.as_bytes()[..HEAD_BYTES - 1], 100_000), None);
    }
}
