//! Letter cases, singular and plural, and identifiers that are not reserved words. Pure text, no language knowledge
//! beyond the reserved words of the languages patterns are written in.

use crate::domain::language::Language;

/// The words of an identifier or phrase, lower case: `HTTPServer_v2` gives `http server v2`.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            found.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        let after_lower = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_ascii_digit());
        let ends_acronym = i > 0 && chars[i - 1].is_uppercase() && chars.get(i + 1).is_some_and(|n| n.is_lowercase());
        if c.is_uppercase() && (after_lower || ends_acronym) && !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    found.extend((!word.is_empty()).then_some(word));
    found
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `user_profile`.
pub(super) fn snake(text: &str) -> String {
    words(text).join("_")
}

/// `user-profile`.
pub(super) fn kebab(text: &str) -> String {
    words(text).join("-")
}

/// `UserProfile`.
pub(super) fn pascal(text: &str) -> String {
    words(text).iter().map(|w| capitalised(w)).collect()
}

/// `userProfile`.
pub(super) fn camel(text: &str) -> String {
    let words = words(text);
    words.iter().enumerate().map(|(i, w)| if i == 0 { w.clone() } else { capitalised(w) }).collect()
}

/// `user profile`.
pub(super) fn spaced(text: &str) -> String {
    words(text).join(" ")
}

/// `User profile`.
pub(super) fn sentence(text: &str) -> String {
    capitalised(&spaced(text))
}

/// Words whose `s` is not a plural, or that have no other plural.
const SAME: &[&str] = &[
    "status",
    "address",
    "class",
    "process",
    "news",
    "series",
    "analysis",
    "bus",
    "access",
    "progress",
    "business",
    "redis",
    "kubernetes",
    "https",
    "css",
    "js",
    "os",
    "dns",
    "tls",
    "sms",
    "gps",
    "aws",
    "rss",
    "settings",
    "metrics",
    "credentials",
    "analytics",
    "statistics",
    "data",
    "media",
    "basis",
    "canvas",
    "success",
    "previous",
    "alias",
    "campus",
    "virus",
    "bonus",
    "focus",
    "lens",
    "express",
    "nextjs",
    "details",
    "args",
    "kwargs",
    "options",
];

const IRREGULAR: &[(&str, &str)] = &[
    ("person", "people"),
    ("child", "children"),
    ("man", "men"),
    ("woman", "women"),
    ("index", "indexes"),
    ("matrix", "matrices"),
    ("leaf", "leaves"),
    ("movie", "movies"),
    ("cookie", "cookies"),
    ("house", "houses"),
    ("expense", "expenses"),
    ("response", "responses"),
    ("invoice", "invoices"),
    ("purchase", "purchases"),
    ("warehouse", "warehouses"),
    ("course", "courses"),
    ("database", "databases"),
    ("release", "releases"),
    ("message", "messages"),
    ("status", "statuses"),
    ("address", "addresses"),
    ("class", "classes"),
    ("process", "processes"),
    ("analysis", "analyses"),
    ("alias", "aliases"),
];

/// The singular of one lower-case English word.
pub(super) fn singular(word: &str) -> String {
    if let Some((one, _)) = IRREGULAR.iter().find(|(_, many)| *many == word) {
        return (*one).to_owned();
    }
    if SAME.contains(&word) || word.len() < 4 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes", "zzes"] {
        if word.ends_with(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// The plural of one lower-case English word.
fn plural_word(word: &str) -> String {
    if let Some((_, many)) = IRREGULAR.iter().find(|(one, _)| *one == word) {
        return (*many).to_owned();
    }
    let already = singular(word) != word;
    if already || SAME.contains(&word) {
        return word.to_owned();
    }
    let before_y = word.strip_suffix('y').and_then(|stem| stem.chars().last());
    if before_y.is_some_and(|c| !"aeiou".contains(c)) {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    let hissing = ["s", "x", "z", "ch", "sh"].iter().any(|e| word.ends_with(e));
    format!("{word}{}", if hissing { "es" } else { "s" })
}

/// The text with its last word in the plural; the case of the text is kept where it is snake, kebab, camel or pascal.
pub(super) fn plural(text: &str) -> String {
    let text = text.trim_end_matches('_');
    let Some(last) = words(text).pop() else { return text.to_owned() };
    let Some(start) = text.len().checked_sub(last.len()).filter(|s| text.is_char_boundary(*s)) else {
        return text.to_owned();
    };
    let many = plural_word(&last);
    let upper = text[start..].starts_with(char::is_uppercase);
    format!("{}{}", &text[..start], if upper { capitalised(&many) } else { many })
}

/// The base form of a verb: `counts` and `counting` give `count`.
pub(super) fn base_verb(verb: &str) -> String {
    if let Some(stem) = verb.strip_suffix("ing").filter(|s| s.len() >= 3) {
        let chars: Vec<char> = stem.chars().collect();
        let n = chars.len();
        let doubled = n >= 2 && chars[n - 1] == chars[n - 2] && !"ls".contains(chars[n - 1]);
        if doubled {
            return stem[..stem.len() - 1].to_owned();
        }
        let consonant_vowel_consonant =
            ["at", "iz", "ut", "ag", "os", "ot", "uc", "it", "ov", "av", "iv", "ar", "ir", "ac", "ars", "aps"]
                .iter()
                .any(|e| stem.ends_with(e))
                && !["edit", "visit", "format", "wait", "limit", "submit", "audit", "split", "upload"].contains(&stem)
                && !["ait", "eat", "oot", "oat"].iter().any(|e| stem.ends_with(e));
        return if consonant_vowel_consonant { format!("{stem}e") } else { stem.to_owned() };
    }
    if let Some(stem) = verb.strip_suffix("ies").filter(|s| s.len() >= 2) {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes"] {
        if verb.ends_with(ending) {
            return verb[..verb.len() - 2].to_owned();
        }
    }
    match verb.strip_suffix('s') {
        Some(stem) if stem.len() >= 3 && !stem.ends_with('s') => stem.to_owned(),
        _ => verb.to_owned(),
    }
}

/// The identifier, with `_` behind it where the language reserves the word and before it where it starts with a digit.
pub(super) fn identifier(name: &str, language: Language) -> String {
    let reserved = match language {
        Language::Python => PYTHON,
        Language::Rust => RUST,
        Language::Go => GO,
        Language::TypeScript | Language::JavaScript => SCRIPT,
        Language::Sql => SQL,
        _ => &[],
    };
    match name.chars().next() {
        Some(c) if c.is_ascii_digit() => format!("_{name}"),
        _ if reserved.contains(&name) => format!("{name}_"),
        _ => name.to_owned(),
    }
}

// The languages' own lists of keywords, without those no field would be called.
const PYTHON: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
];
const RUST: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "fn", "for", "if",
    "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static", "struct",
    "super", "trait", "type", "unsafe", "use", "where", "while", "abstract", "final", "macro", "override", "priv",
    "try", "yield", "box", "do", "virtual", "gen",
];
const GO: &[&str] = &[
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];
const SCRIPT: &[&str] = &[
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];
const SQL: &[&str] = &[
    "all",
    "analyze",
    "and",
    "as",
    "asc",
    "case",
    "check",
    "column",
    "constraint",
    "create",
    "default",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "from",
    "group",
    "having",
    "in",
    "index",
    "is",
    "join",
    "key",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "primary",
    "references",
    "select",
    "table",
    "then",
    "to",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "when",
    "where",
    "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_made_from_every_other() {
        for text in ["user profile", "UserProfile", "userProfile", "user-profile", "user_profile", "User Profile"] {
            assert_eq!(
                (snake(text), pascal(text), camel(text), kebab(text)),
                ("user_profile".into(), "UserProfile".into(), "userProfile".into(), "user-profile".into()),
                "{text}"
            );
        }
        assert_eq!(snake("HTTPServer2"), "http_server2");
        assert_eq!(snake(""), "");
    }

    #[test]
    fn singular_and_plural_are_each_others_inverse_for_common_nouns() {
        let pairs = [
            ("user", "users"),
            ("category", "categories"),
            ("box", "boxes"),
            ("address", "addresses"),
            ("day", "days"),
            ("person", "people"),
            ("invoice", "invoices"),
            ("status", "statuses"),
            ("branch", "branches"),
        ];
        for (one, many) in pairs {
            assert_eq!(singular(many), one);
            assert_eq!(plural_word(one), many);
            assert_eq!(plural_word(many), many);
        }
        assert_eq!(plural("OrderItem"), "OrderItems");
        assert_eq!(plural("blog_category"), "blog_categories");
    }

    #[test]
    fn verbs_lose_their_endings() {
        let cases = [
            ("counts", "count"),
            ("counting", "count"),
            ("parsing", "parse"),
            ("converting", "convert"),
            ("validating", "validate"),
            ("running", "run"),
            ("copies", "copy"),
            ("fetches", "fetch"),
            ("processing", "process"),
            ("send", "send"),
            ("resizing", "resize"),
            ("waiting", "wait"),
        ];
        for (verb, base) in cases {
            assert_eq!(base_verb(verb), base, "{verb}");
        }
    }

    #[test]
    fn reserved_words_are_avoided() {
        assert_eq!(identifier("class", Language::Python), "class_");
        assert_eq!(identifier("type", Language::Rust), "type_");
        assert_eq!(identifier("type", Language::Python), "type");
        assert_eq!(identifier("2fa", Language::Go), "_2fa");
    }
}
