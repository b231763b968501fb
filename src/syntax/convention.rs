//! What names and heads mean by the conventions of a language, as far as a text without a grammar tells. Both tiers ask here,
//! so that they agree.

use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind;
pub(super) use crate::domain::word::holds as has_word;

/// Whether other files can name what is defined by `head` (its text up to the name) by the rules of its language.
///
/// `is_member`: whether it stands in a type. JavaScript's `export` lists, C++'s `private:` and Ruby's `private` are the callers'.
pub(super) fn is_visible(language: Language, head: &str, name: &str, is_member: bool) -> bool {
    let has = |word: &str| has_word(head, word);
    match language {
        Language::Python => !name.starts_with('_') || (name.starts_with("__") && name.ends_with("__")),
        Language::Go => name.chars().next().is_some_and(char::is_uppercase),
        Language::Rust => has("pub") || (head.contains("macro_export") && has("macro_rules")),
        Language::JavaScript | Language::TypeScript if is_member => !name.starts_with('#') && !has("private"),
        Language::JavaScript | Language::TypeScript => has("export") || head.starts_with("exports."),
        Language::Java | Language::Php => !has("private"),
        Language::CSharp if is_member => has("public") || has("internal") || has("protected"),
        Language::CSharp => !has("private"),
        Language::Swift | Language::Kotlin => !has("private") && !has("fileprivate"),
        Language::C => !has("static"),
        Language::Cpp => is_member || !has("static"),
        _ => true,
    }
}

/// A constant by its letters, where a language has no word for it.
pub(super) fn is_constant(name: &str) -> bool {
    name.bytes().any(|b| b.is_ascii_uppercase()) && !name.bytes().any(|b| b.is_ascii_lowercase())
}

/// Whether a file is run because it defines this.
pub(super) fn is_entry(language: Language, kind: DefinitionKind, name: &str, head: &str, is_member: bool) -> bool {
    let is_function = matches!(kind, DefinitionKind::Function | DefinitionKind::Method);
    match language {
        // What only its own crate may call is no program's beginning.
        Language::Rust => is_function && name == "main" && !is_member && !head.contains("pub("),
        Language::Go | Language::C | Language::Cpp | Language::Kotlin => is_function && name == "main" && !is_member,
        Language::Java => is_function && name == "main" && has_word(head, "static"),
        Language::CSharp => is_function && name == "Main" && has_word(head, "static"),
        Language::Swift => head.contains("@main"),
        _ => false,
    }
}

/// Whether the text's first line names its interpreter.
pub(super) fn has_shebang(text: &str) -> bool {
    text.starts_with("#!") && !text.starts_with("#![")
}

/// The language a text is read as: what is called C, as headers are, may hold C++.
pub(super) fn dialect(language: Language, text: &str) -> Language {
    let is_cpp = |line: &str| {
        let has_head = line.starts_with("class ") || line.starts_with("namespace ");
        (has_head && line.trim_end().ends_with(['{', ';', ':', ',']))
            || line.starts_with("template <")
            || line.starts_with("template<")
            || ["public:", "private:", "protected:"].contains(&line.trim_end())
    };
    if language != Language::C {
        return language;
    }
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let length = rest.bytes().position(|b| b == b'\n').unwrap_or(rest.len());
        if rest.starts_with(['c', 'n', 't', 'p']) && is_cpp(&rest[..length]) {
            return Language::Cpp;
        }
        if length == rest.len() {
            return language;
        }
        rest = &rest[length..];
    }
}

/// The own name of a type as it is written: `&mut a::B<C>` is `B`, `s *Server[T]` is `Server`.
pub(super) fn type_name(written: &str) -> &str {
    let plain = written.split(['<', '[']).next().unwrap_or("").trim();
    plain.rsplit([' ', ':', '.', '*', '&', '(']).next().unwrap_or("")
}
