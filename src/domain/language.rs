//! Programming and configuration languages, and how a file name tells which one it holds.

use super::path;
use serde::{Deserialize, Serialize};

/// A language that the intent parser can name and, where a grammar is linked, the validator can parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Language {
    Python,
    JavaScript,
    TypeScript,
    Rust,
    Go,
    Java,
    C,
    #[serde(rename = "c++", alias = "cpp")]
    Cpp,
    #[serde(rename = "c#", alias = "csharp")]
    CSharp,
    Ruby,
    Php,
    Swift,
    Kotlin,
    Sql,
    Shell,
    Html,
    Css,
    Json,
    Yaml,
    Toml,
    Dockerfile,
    Markdown,
}

use Language::*;

impl Language {
    /// Every language, in the order of their names' first appearance in the documentation.
    pub const ALL: [Language; 22] = [
        Python, JavaScript, TypeScript, Rust, Go, Java, C, Cpp, CSharp, Ruby, Php, Swift, Kotlin, Sql, Shell, Html,
        Css, Json, Yaml, Toml, Dockerfile, Markdown,
    ];

    /// The lower-case name used in `--json`, in patterns and on the screen; the same as the serde form.
    pub fn name(self) -> &'static str {
        match self {
            Python => "python",
            JavaScript => "javascript",
            TypeScript => "typescript",
            Rust => "rust",
            Go => "go",
            Java => "java",
            C => "c",
            Cpp => "c++",
            CSharp => "c#",
            Ruby => "ruby",
            Php => "php",
            Swift => "swift",
            Kotlin => "kotlin",
            Sql => "sql",
            Shell => "shell",
            Html => "html",
            Css => "css",
            Json => "json",
            Yaml => "yaml",
            Toml => "toml",
            Dockerfile => "dockerfile",
            Markdown => "markdown",
        }
    }

    /// Whether it says what is to be done; the others hold data, text or settings.
    pub fn is_code(self) -> bool {
        !matches!(self, Html | Css | Json | Yaml | Toml | Dockerfile | Markdown)
    }

    /// The language with this name, case-insensitive; also the usual short names and fence tags (`py`, `ts`, `tsx`, `rs`…).
    pub fn from_name(name: &str) -> Option<Language> {
        let name = name.to_ascii_lowercase();
        Self::ALL.into_iter().find(|l| l.name() == name).or(match name.as_str() {
            "py" | "python3" => Some(Python),
            "js" | "jsx" | "node" | "ecmascript" => Some(JavaScript),
            "ts" | "tsx" => Some(TypeScript),
            "rs" => Some(Rust),
            "golang" => Some(Go),
            "cpp" | "cxx" | "cc" => Some(Cpp),
            "csharp" | "cs" => Some(CSharp),
            "rb" => Some(Ruby),
            "kt" => Some(Kotlin),
            "sh" | "bash" | "zsh" => Some(Shell),
            "yml" => Some(Yaml),
            "docker" => Some(Dockerfile),
            "md" => Some(Markdown),
            _ => None,
        })
    }

    /// The language a file of this name holds, by its ending or its whole name.
    pub fn from_path(path: &str) -> Option<Language> {
        let file = path::name(path);
        if file == "Dockerfile" || file.starts_with("Dockerfile.") {
            return Some(Dockerfile);
        }
        // Every file of a repository is asked for: no ending is longer, and none needs an allocation.
        let (ending, mut lower) = (file.rsplit_once('.')?.1.as_bytes(), [0; 8]);
        let lower = lower.get_mut(..ending.len())?;
        lower.copy_from_slice(ending);
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"py" | b"pyi" => Python,
            b"js" | b"mjs" | b"cjs" | b"jsx" => JavaScript,
            b"ts" | b"mts" | b"cts" | b"tsx" => TypeScript,
            b"rs" => Rust,
            b"go" => Go,
            b"java" => Java,
            b"c" | b"h" => C,
            b"cc" | b"cpp" | b"cxx" | b"hpp" | b"hh" | b"hxx" => Cpp,
            b"cs" => CSharp,
            b"rb" | b"rake" => Ruby,
            b"php" => Php,
            b"swift" => Swift,
            b"kt" | b"kts" => Kotlin,
            b"sql" => Sql,
            b"sh" | b"bash" | b"zsh" => Shell,
            b"html" | b"htm" => Html,
            b"css" => Css,
            b"json" => Json,
            b"yaml" | b"yml" => Yaml,
            b"toml" => Toml,
            b"md" | b"markdown" => Markdown,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_and_the_serde_form_agree_for_every_language() {
        for language in Language::ALL {
            let json = serde_json::to_string(&language).unwrap();
            assert_eq!(json, format!("\"{}\"", language.name()));
            assert_eq!(Language::from_name(language.name()), Some(language));
        }
    }

    #[test]
    fn file_names_tell_their_language() {
        assert_eq!(Language::from_path("src/app.TSX"), Some(TypeScript));
        assert_eq!(Language::from_path("deploy/Dockerfile"), Some(Dockerfile));
        assert_eq!(Language::from_path("Makefile"), None);
    }
}
