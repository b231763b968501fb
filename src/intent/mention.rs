//! Files and identifiers in running text. Says what looks like one; whether it exists is the repository's to say.

use super::vocabulary::{Vocabulary, mark};
use crate::domain::language::Language;
use std::ops::Range;

/// At most this many paths and this many symbols are kept.
const MOST: usize = 64;
/// Most characters of a path with blanks in it.
const LONGEST_PATH: usize = 200;

/// What a stretch of text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MentionKind {
    Path,
    Symbol,
    /// Code, an address or a route: not words, and neither file nor identifier.
    Opaque,
}

/// A stretch of text that is not words, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub span: Range<usize>,
    pub kind: MentionKind,
}

/// Every mention, in the order of the text, none within another; and the language tag of the first fenced block.
pub(super) fn mentions(text: &str, vocabulary: &Vocabulary) -> (Vec<Mention>, Option<Language>) {
    let mut found = Vec::new();
    let mut fence_language = None;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let tick = rest.find('`').unwrap_or(rest.len());
        plain(text, at..at + tick, vocabulary, &mut found);
        at += tick;
        let rest = &text[at..];
        let ticks = rest.len() - rest.trim_start_matches('`').len();
        if ticks == 0 {
            break;
        }
        let inner = at + ticks;
        let Some(length) = text[inner..].find(&rest[..ticks]) else {
            at = inner;
            continue;
        };
        let span = inner..inner + length;
        at = span.end + ticks;
        if ticks >= 3 {
            let tag = text[span.clone()].lines().next().unwrap_or("").trim();
            fence_language = fence_language.or_else(|| Language::from_name(tag));
            found.push(Mention { span, kind: MentionKind::Opaque });
        } else {
            quoted(text, span, vocabulary, &mut found);
        }
    }
    keep_first(&mut found, MentionKind::Path);
    keep_first(&mut found, MentionKind::Symbol);
    (found, fence_language)
}

fn keep_first(found: &mut Vec<Mention>, kind: MentionKind) {
    let mut kept = 0;
    found.retain(|m| {
        m.kind != kind || {
            kept += 1;
            kept <= MOST
        }
    });
}

/// What stands in backquotes.
fn quoted(text: &str, span: Range<usize>, vocabulary: &Vocabulary, found: &mut Vec<Mention>) {
    let inner = text[span.clone()].trim();
    if inner.is_empty() {
        return;
    }
    let start = span.start + text[span.clone()].find(inner).unwrap_or(0);
    // What else stands in backquotes with a blank in it is a command more often than a path.
    if text[..span.start].ends_with("@`") && is_spaced_path(inner, true, vocabulary) {
        found.push(Mention { span: start..start + inner.len(), kind: MentionKind::Path });
        return;
    }
    if let Some(length) = path_length(inner, true, vocabulary) {
        found.push(Mention { span: start..start + length, kind: MentionKind::Path });
        return;
    }
    let call = inner.find('(').unwrap_or(inner.len());
    let name = &inner[..call];
    if is_identifier(name) && !vocabulary.is_certain_name(&name.to_lowercase()) {
        found.push(Mention { span: start..start + name.len(), kind: MentionKind::Symbol });
    } else if vocabulary.name(&inner.to_lowercase()).is_none() {
        found.push(Mention { span: start..start + inner.len(), kind: MentionKind::Opaque });
    }
}

/// Text outside backquotes, chunk by chunk.
fn plain(text: &str, span: Range<usize>, vocabulary: &Vocabulary, found: &mut Vec<Mention>) {
    let mut start = span.start;
    for (offset, c) in text[span.clone()].char_indices() {
        let at = span.start + offset;
        if at < start {
            continue;
        }
        if let Some(path) = spaced_path(text, at..span.end, c, vocabulary) {
            chunk(text, start..at, vocabulary, found);
            // The quotation mark at its end is as long as the one before it.
            start = path.end + c.len_utf8();
            found.push(Mention { span: path, kind: MentionKind::Path });
        } else if is_separator(c) {
            chunk(text, start..at, vocabulary, found);
            start = at + c.len_utf8();
        }
    }
    chunk(text, start..span.end, vocabulary, found);
}

/// The path with a blank in it whose opening quotation mark, `c`, is the first of `span`.
fn spaced_path(text: &str, span: Range<usize>, c: char, vocabulary: &Vocabulary) -> Option<Range<usize>> {
    let close = match c {
        '"' | '\'' => c,
        '“' => '”',
        _ => return None,
    };
    let before = text[..span.start].chars().next_back().unwrap_or(' ');
    if c == '\'' && !before.is_whitespace() && !"(@".contains(before) {
        return None;
    }
    let start = span.start + c.len_utf8();
    let mut inner = text[start..span.end].char_indices().take(LONGEST_PATH);
    let (length, end) = inner.find(|&(_, c)| c == close || c == '\n')?;
    let path = start..start + length;
    (end == close && is_spaced_path(&text[path.clone()], before == '@', vocabulary)).then_some(path)
}

/// Whether what stands in quotation marks is one path with blanks in it: after an `@` if its last word could be the end of one; else,
/// since a sentence may end in a path, too, only two words, the first of which makes no sentence.
fn is_spaced_path(quoted: &str, marked: bool, vocabulary: &Vocabulary) -> bool {
    let Some((first, last)) = quoted.rsplit_once(' ') else { return false };
    let is_plain = |c: char| c.is_alphanumeric() || " _./\\~+-".contains(c);
    let small = mark::DETERMINER | mark::INDEFINITE | mark::PRONOUN | mark::RELATIVE;
    let sentence = mark::PREPOSITION | mark::NEGATION | mark::QUESTION | mark::AUXILIARY | mark::CONJUNCTION | small;
    let speaks = |word: &str| {
        let is_name = vocabulary.is_certain_name(word);
        is_name
            || vocabulary.lists.commands.contains(word)
            || vocabulary.phrase(word).is_some_and(|m| m.verb.is_some() || m.cue.is_some() || m.is(sentence))
    };
    !first.trim().is_empty()
        && quoted.chars().all(is_plain)
        && path_length(last, true, vocabulary) == Some(last.len())
        && (marked || !first.contains(' ') && !speaks(&first.to_lowercase()))
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || c.is_control() || ",;\"()[]{}<>|=!?“”‘…".contains(c)
}

fn chunk(text: &str, span: Range<usize>, vocabulary: &Vocabulary, found: &mut Vec<Mention>) {
    let whole = &text[span.clone()];
    let trimmed = whole.trim_end_matches(['.', ':', '\'', '’', '*', '-']);
    let core = trimmed.trim_start_matches(['\'', '@', '$', '&', '*']);
    // Most chunks are plain words: nothing below can hold for them.
    let is_call = text[span.start + trimmed.len()..].starts_with('(');
    let marked = |c: char| !c.is_alphabetic() && c != '-' && c != '\'';
    if core.is_empty()
        || !(is_call || core.contains(marked) || core.chars().skip(1).any(char::is_uppercase) || core.len() >= 6)
    {
        return;
    }
    let start = span.start + trimmed.len() - core.len();
    let mut push = |length: usize, kind| found.push(Mention { span: start..start + length, kind });
    if core.contains("://") || core.starts_with("www.") {
        push(core.len(), MentionKind::Opaque);
    } else if let Some(length) = path_length(core, false, vocabulary) {
        push(length, MentionKind::Path);
    } else if core.starts_with('/') {
        push(core.len(), MentionKind::Opaque);
    } else if let Some(length) = symbol_length(core, &text[start + core.len()..], vocabulary) {
        push(length, MentionKind::Symbol);
    }
}

/// The length of the path `word` begins with, without a line number after it.
fn path_length(word: &str, is_quoted: bool, vocabulary: &Vocabulary) -> Option<usize> {
    if word.chars().any(|c| c.is_whitespace() || "*(){}<>\"'`,;|=".contains(c)) || word.contains("::") {
        return None;
    }
    let path = without_line(word);
    let is_rooted = ["./", "../", "~/"].iter().any(|p| path.starts_with(p));
    let mut segments = path.split(['/', '\\']).filter(|s| !s.is_empty());
    let (first, last) = (segments.clone().next()?, segments.next_back()?);
    let in_folder = path.contains(['/', '\\']);
    let lists = &vocabulary.lists;
    let looks_right = if lists.file_names.contains(last) || last.starts_with(".env") || last.starts_with("Dockerfile.")
    {
        true
    } else if has_ending(last, in_folder, vocabulary) {
        is_rooted
            || path.starts_with('/')
            || lists.folders.contains(first)
            || !vocabulary.is_certain_name(&last.to_lowercase())
    } else {
        let in_known_folder = in_folder && lists.folders.contains(first) && (first != last || path.ends_with('/'));
        is_rooted
            || in_known_folder
            || (path.ends_with('/') && !path.starts_with('/') && (is_quoted || path.matches('/').count() > 1))
    };
    let plain = path.chars().all(|c| c.is_alphanumeric() || "_./\\@~+-#:".contains(c));
    (looks_right && plain).then_some(path.len())
}

/// `src/a.ts:12:5`, `src/a.ts:12-20` and `src/a.ts#L12` without what follows the path.
fn without_line(word: &str) -> &str {
    let mut path = word.split('#').next().unwrap_or(word);
    while let Some((before, after)) = path.rsplit_once(':') {
        if !after.chars().all(|c| c.is_ascii_digit() || c == '-') {
            break;
        }
        path = before;
    }
    path
}

fn has_ending(file: &str, in_folder: bool, vocabulary: &Vocabulary) -> bool {
    let Some((stem, ending)) = file.rsplit_once('.') else { return false };
    let lists = &vocabulary.lists;
    let known = Language::from_path(file).is_some()
        || lists.endings.contains(ending)
        || (in_folder && lists.endings_in_folders.contains(ending));
    if in_folder {
        return known && !stem.is_empty();
    }
    let is_abbreviation = stem.len() < 2 && ending.len() < 2;
    known && !stem.is_empty() && !is_abbreviation && !lists.receivers.contains(&*stem.to_ascii_lowercase())
}

/// The parts of a dotted, `::`-ed or `->`-ed name.
fn parts(name: &str) -> impl Iterator<Item = &str> + Clone {
    name.split("::").flat_map(|p| p.split("->")).flat_map(|p| p.split(['.', '#']))
}

fn is_part(part: &str) -> bool {
    let mut chars = part.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_')
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && parts(name).all(is_part)
}

/// The length of the identifier that `word` is, given what follows it.
fn symbol_length(word: &str, rest: &str, vocabulary: &Vocabulary) -> Option<usize> {
    if !is_identifier(word) {
        return None;
    }
    let lower = word.to_lowercase();
    if vocabulary.is_certain_name(&lower) || vocabulary.lists.proper.contains(word) {
        return None;
    }
    // `user(s)` is a word with two endings, not a call.
    let is_empty_call = rest.starts_with("()");
    let is_call = rest.starts_with('(') && !rest.starts_with("(s)") && !rest.starts_with("(es)");
    let is_dotted = word.contains('.');
    let looks_right = is_empty_call
        || word.contains("::")
        || word.contains("->")
        || (is_dotted && is_member(word, is_call, vocabulary))
        || (!is_dotted && (is_snake(word) || is_camel(word)));
    looks_right.then_some(word.len())
}

fn is_snake(word: &str) -> bool {
    let inner = word.trim_start_matches('_');
    (inner.contains('_') || inner.len() < word.len()) && inner.chars().any(char::is_alphanumeric)
}

/// Two humps (`userName`, `UserService`, `HTTPServer`), but neither `IDs` nor `API`.
fn is_camel(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let letters: Vec<char> = word.chars().collect();
    let rises = letters.windows(2).any(|w| w[0].is_lowercase() && w[1].is_uppercase());
    let falls = letters
        .windows(4)
        .any(|w| w[0].is_uppercase() && w[1].is_uppercase() && w[2].is_lowercase() && w[3].is_lowercase());
    (rises || falls) && letters.len() > 3 && letters.iter().all(|c| c.is_alphanumeric())
}

/// `pkg.Func`, `user.save_all`, `this.state`, `console.log`; but not `done.Then` or `example.com`.
fn is_member(word: &str, is_call: bool, vocabulary: &Vocabulary) -> bool {
    let (Some(first), Some(last)) = (word.split('.').next(), word.rsplit('.').next()) else { return false };
    let is_english = |w: &str| vocabulary.phrase(&w.to_lowercase()).is_some_and(|m| m.marks != 0);
    if vocabulary.lists.domains.contains(last) {
        return false;
    }
    if is_call || vocabulary.lists.receivers.contains(first) || parts(word).any(|p| is_camel(p) || is_snake(p)) {
        return true;
    }
    last.len() > 2
        && first.len() > 1
        && !is_english(last)
        && (last.starts_with(char::is_uppercase) || !is_english(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, kind: MentionKind) -> Vec<&str> {
        let (all, _) = mentions(text, Vocabulary::embedded());
        all.into_iter().filter(|m| m.kind == kind).map(|m| &text[m.span]).collect()
    }

    #[test]
    fn what_looks_like_a_file_is_a_path_without_its_line() {
        let cases: &[(&str, &[&str])] = &[
            ("fix src/app.py please", &["src/app.py"]),
            ("see ./x/y.ts:12.", &["./x/y.ts"]),
            ("see a/b/c.rs:12:5 and d.go#L7", &["a/b/c.rs", "d.go"]),
            ("a Dockerfile, a Makefile and the README.", &["Dockerfile", "Makefile", "README"]),
            ("(src/a.py,src/b.py)", &["src/a.py", "src/b.py"]),
            ("clean `tests/legacy` and src/", &["tests/legacy", "src/"]),
            ("@src/app.py has it", &["src/app.py"]),
            (r"open src\win\app.cs", &[r"src\win\app.cs"]),
            ("package.json and .env.production", &["package.json", ".env.production"]),
            ("index.d.ts's types", &["index.d.ts"]),
        ];
        for (text, expected) in cases {
            let text = text.replace("'s", " 's");
            assert_eq!(found(&text, MentionKind::Path), *expected, "{text}");
        }
    }

    #[test]
    fn a_path_in_quotation_marks_keeps_its_blanks_and_a_sentence_there_is_none() {
        let cases: &[(&str, &[&str])] = &[
            ("fix \"big file.py\", “old app.ts” and 'sp ace.py'", &["big file.py", "old app.ts", "sp ace.py"]),
            ("don't touch the users' \"very old things.md\"", &["things.md"]),
            ("see @\"my docs/a b.md\" and @`my docs/c d.md`", &["my docs/a b.md", "my docs/c d.md"]),
            ("it says \"cannot open config.yaml\"", &["config.yaml"]),
            ("run \"python app.py\" or \"fix app.py\" or \"in app.py\"", &["app.py", "app.py", "app.py"]),
            ("`pytest tests/a.py` and \"a\" app.py \"b\"", &["app.py"]),
            ("\"my file.py without an end, a.py", &["file.py", "a.py"]),
            ("\"node app.js\", \"the app.py\", \"see app.py\"", &["app.js", "app.py", "app.py"]),
            ("\"vim app.py\", \"cat a.txt\", \"npm package.json\"", &["app.py", "a.txt", "package.json"]),
            (
                "\"my app.py\", \"which app.py\", \"it app.py\", \"an app.py\"",
                &["app.py", "app.py", "app.py", "app.py"],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text, MentionKind::Path), *expected, "{text}");
        }
    }

    #[test]
    fn what_only_has_a_slash_or_a_dot_is_no_path() {
        for text in [
            "GET /users/{id} and /api/v1/health",
            "client/server and CI/CD",
            "use Node.js or Next.js",
            "https://a.com/b.py",
            "read res.json now",
            "at 3.14 or v1.2",
            "e.g. this, i.e. that",
            "and/or",
            "Vue.js/Nuxt.js",
            "src/**/*.ts",
        ] {
            assert_eq!(found(text, MentionKind::Path), [""; 0], "{text}");
        }
    }

    #[test]
    fn identifiers_are_symbols() {
        let cases: &[(&str, &[&str])] = &[
            ("rename getUser to fetch_user", &["getUser", "fetch_user"]),
            ("`limit` and `Config::load()`", &["limit", "Config::load"]),
            ("call foo() or Foo::bar or pkg.Func", &["foo", "Foo::bar", "pkg.Func"]),
            ("MAX_RETRIES of the HTTPServer", &["MAX_RETRIES", "HTTPServer"]),
            ("calculate_tax(amount, rate)", &["calculate_tax"]),
            ("all console.log calls", &["console.log"]),
            ("UserService.save of Kotlin", &["UserService.save"]),
            ("this.state and $user_name", &["this.state", "user_name"]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text, MentionKind::Symbol), *expected, "{text}");
        }
    }

    #[test]
    fn names_of_products_and_plain_words_are_no_symbols() {
        for text in [
            "FastAPI with PostgreSQL on GitHub",
            "JavaScript, TypeScript, GraphQL",
            "APIs with IDs and PDFs",
            "iOS and macOS",
            "the user(s) of example.com",
            "it is done.Then go",
            "`cargo test --lib`",
            "NestJS and RabbitMQ and SQLAlchemy",
            "three o'clock, e.g. now",
            "`axum`",
            "OAuth2 and WebSocket",
        ] {
            assert_eq!(found(text, MentionKind::Symbol), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_fence_is_opaque_and_tells_its_language() {
        let (all, language) = mentions("fix this:\n```rust\nlet user_id = 1;\n```\nin main.rs", Vocabulary::embedded());
        assert_eq!(language, Some(Language::Rust));
        assert_eq!(all.iter().map(|m| m.kind).collect::<Vec<_>>(), [MentionKind::Opaque, MentionKind::Path]);
    }
}
