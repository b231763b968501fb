//! Values that have a form of their own: each is checked where it is read, and its complaint says how to write it.
//!
//! Keys (the secret kind) never enter: a key is named by the environment variable that holds it.

use super::path::is_plain_name;
use crate::domain::command_line;
use crate::domain::model::ModelRef;
use crate::domain::money::Money;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// A name that is looked up in a folder of ours, or in a table: letters, digits, `-`, `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^[A-Za-z0-9_-]{1,64}$"))]
pub struct Name(String);

impl Name {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = String;
    fn try_from(text: String) -> Result<Name, String> {
        match is_plain_name(&text) {
            true => Ok(Name(text)),
            false => Err("is no name; use letters, digits, `-` and `_`".to_owned()),
        }
    }
}

/// Which model to use.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^(auto|[^/]+/.+)$"))]
pub enum ModelChoice {
    /// The best that is there: a local one first, then the cheapest remote one, then the embedded patterns.
    Auto,
    /// This one.
    Named(ModelRef),
}

impl TryFrom<String> for ModelChoice {
    type Error = String;
    fn try_from(text: String) -> Result<ModelChoice, String> {
        if text == "auto" {
            return Ok(ModelChoice::Auto);
        }
        let named = ModelRef::parse(&text).map(ModelChoice::Named);
        named.ok_or_else(|| "has to be `auto` or `provider/model`, such as `ollama/qwen2.5-coder:7b`".to_owned())
    }
}

impl fmt::Display for ModelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelChoice::Auto => f.write_str("auto"),
            ModelChoice::Named(model) => model.fmt(f),
        }
    }
}

/// A limit on money: an amount, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "WrittenLimit")]
#[schemars(with = "WrittenLimit")]
pub struct Limit(pub Option<Money>);

/// A limit as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum WrittenLimit {
    /// US dollars.
    Usd(#[schemars(range(min = 0, max = 9_000_000))] f64),
    /// No limit.
    Word(NoLimit),
}

#[derive(Deserialize, JsonSchema)]
enum NoLimit {
    #[serde(rename = "none")]
    None,
}

impl TryFrom<WrittenLimit> for Limit {
    type Error = String;
    fn try_from(written: WrittenLimit) -> Result<Limit, String> {
        match written {
            WrittenLimit::Word(NoLimit::None) => Ok(Limit(None)),
            WrittenLimit::Usd(usd) => match Money::from_usd(usd) {
                Some(money) => Ok(Limit(Some(money))),
                None => Err("has to be dollars from 0 to 9000000, or \"none\"".to_owned()),
            },
        }
    }
}

/// A program and its arguments. It is started as it stands; no shell reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "WrittenCommand")]
#[schemars(with = "WrittenCommand")]
pub struct CommandLine(Vec<String>);

/// A command as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum WrittenCommand {
    /// Words, separated and quoted as a shell would have them.
    Line(String),
    /// The words themselves.
    Words(#[schemars(length(min = 1))] Vec<String>),
}

impl CommandLine {
    /// The words, the program first.
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// As it would be typed, every word quoted that needs it.
    pub fn shown(&self) -> String {
        shlex::try_join(self.0.iter().map(String::as_str)).unwrap_or_else(|_| format!("{:?}", self.0))
    }
}

impl TryFrom<WrittenCommand> for CommandLine {
    type Error = String;
    fn try_from(written: WrittenCommand) -> Result<CommandLine, String> {
        let words = match written {
            WrittenCommand::Words(words) => words,
            WrittenCommand::Line(line) => command_line::split(&line)?,
        };
        match words.first() {
            Some(program) if !program.is_empty() && !words.iter().any(|w| w.contains('\0')) => Ok(CommandLine(words)),
            _ => Err("names no program; write one, such as \"cargo test\"".to_owned()),
        }
    }
}

/// The address a provider's paths are appended to: http or https, a host, no user, no query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^https?://"))]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The address without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = String;
    fn try_from(text: String) -> Result<BaseUrl, String> {
        let example = "such as `http://127.0.0.1:8080/v1`";
        let url = reqwest::Url::parse(&text).map_err(|e| format!("is no address ({e}); write one {example}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(format!("has to begin with `http://` or `https://` and name a host, {example}"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user or password; put the key in a variable and name it in `key_env`".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("has a `?` or `#` part; leave it out, {example}"));
        }
        Ok(BaseUrl(text.trim_end_matches('/').to_owned()))
    }
}

/// What makes embeddings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub enum EmbeddingSource {
    /// The directory of a static model.
    Model(PathBuf),
    /// A server.
    Server(BaseUrl),
}

impl TryFrom<String> for EmbeddingSource {
    type Error = String;
    fn try_from(text: String) -> Result<EmbeddingSource, String> {
        if text.contains("://") {
            return BaseUrl::try_from(text).map(EmbeddingSource::Server);
        }
        match text.trim().is_empty() {
            true => Err("is empty; name the directory of a static model, or a server's address".to_owned()),
            false => Ok(EmbeddingSource::Model(PathBuf::from(text))),
        }
    }
}

/// The name of an environment variable that holds a key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^[A-Z_][A-Z0-9_]{0,99}$"))]
pub struct KeyVariable(String);

impl KeyVariable {
    /// The variable's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyVariable {
    type Error = String;
    fn try_from(text: String) -> Result<KeyVariable, String> {
        let capital = |c: char| c.is_ascii_uppercase() || c == '_';
        let fits =
            text.len() <= 100 && text.starts_with(capital) && text.chars().all(|c| capital(c) || c.is_ascii_digit());
        // The text may be a key: it is not repeated.
        fits.then_some(KeyVariable(text)).ok_or_else(|| {
            "has to be the name of an environment variable, such as `WORK_API_KEY`, not the key itself".to_owned()
        })
    }
}

/// The name of a header that is no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^[A-Za-z0-9-]{1,100}$"))]
pub struct HeaderName(String);

/// Headers that carry keys: those come from variables.
const SECRET_HEADERS: &[&str] =
    &["authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"];

impl HeaderName {
    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HeaderName {
    type Error = String;
    fn try_from(text: String) -> Result<HeaderName, String> {
        if SECRET_HEADERS.contains(&text.to_ascii_lowercase().as_str()) {
            return Err("carries a key; put the key in a variable and name it in `key_env`".to_owned());
        }
        let fits = (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        fits.then_some(HeaderName(text)).ok_or_else(|| "is no header name; use letters, digits and `-`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Result<Vec<String>, String> {
        CommandLine::try_from(WrittenCommand::Line(line.to_owned())).map(|c| c.0)
    }

    #[test]
    fn a_command_is_split_into_words_and_never_holds_shell_operators() {
        assert_eq!(command("cargo test 'a b'").unwrap(), ["cargo", "test", "a b"]);
        for bad in ["make && make test", "a | b", "a > f", "", "  ", "a 'b"] {
            assert!(command(bad).is_err(), "{bad}");
        }
        assert!(command("echo 'a|b'").is_ok());
    }

    #[test]
    fn addresses_with_secrets_or_without_hosts_are_refused() {
        for (text, fits) in [
            ("http://127.0.0.1:8080/v1/", true),
            ("https://llm.example.com", true),
            ("http://[::1]:8080", true),
            ("ftp://example.com", false),
            ("localhost:8080", false),
            ("file:///etc/passwd", false),
            ("https://me:secret@example.com", false),
            ("https://example.com/?key=1", false),
            ("", false),
        ] {
            assert_eq!(BaseUrl::try_from(text.to_owned()).is_ok(), fits, "{text}");
        }
        assert_eq!(BaseUrl::try_from("http://h/v1/".to_owned()).unwrap().as_str(), "http://h/v1");
    }

    #[test]
    fn embeddings_come_from_a_directory_or_an_address() {
        let read = |text: &str| EmbeddingSource::try_from(text.to_owned());
        assert_eq!(read("models/potion"), Ok(EmbeddingSource::Model("models/potion".into())));
        let server = read("http://127.0.0.1:11434/v1/").unwrap();
        assert!(matches!(server, EmbeddingSource::Server(url) if url.as_str() == "http://127.0.0.1:11434/v1"));
        assert!(read("ftp://models/potion").is_err());
        assert!(read(" ").is_err());
    }

    #[test]
    fn a_key_in_place_of_its_variable_is_refused_without_repeating_it() {
        let message = KeyVariable::try_from("sk-ant-SECRET".to_owned()).unwrap_err();
        assert!(!message.contains("SECRET"), "{message}");
        assert!(KeyVariable::try_from("WORK_API_KEY".to_owned()).is_ok());
        assert!(KeyVariable::try_from("1KEY".to_owned()).is_err());
    }

    #[test]
    fn headers_that_carry_keys_are_refused() {
        assert!(HeaderName::try_from("Authorization".to_owned()).is_err());
        assert!(HeaderName::try_from("X Team".to_owned()).is_err());
        assert!(HeaderName::try_from("X-Team".to_owned()).is_ok());
    }
}
