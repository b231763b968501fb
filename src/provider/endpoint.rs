//! Where a model server is, what it speaks, and the key that is sent there and nowhere else.
//!
//! An [`Endpoint`] is checked when it is made: what the rest of the module gets is a plain http(s) address without
//! credentials, query or fragment, and headers that are legal. A [`Secret`] is never printed.

use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::Locality;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// A key or another value that no log, message or journal may hold.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value; white space around it (a line feed from a file) is not part of it.
    pub fn new(value: &str) -> Secret {
        Secret(value.trim().to_owned())
    }

    /// `text` with every occurrence of the secret replaced by `[secret]`.
    pub fn redact(&self, text: &str) -> String {
        if self.0.len() < 4 { text.to_owned() } else { text.replace(&self.0, "[secret]") }
    }

    pub(super) fn header(&self, prefix: &str) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Ollama's own `/api/chat`.
    Ollama,
    /// OpenAI's `/v1/chat/completions`, as llama-server, vLLM, LM Studio, LiteLLM, OpenRouter and many others speak it.
    Chat,
    /// OpenAI's `/v1/responses`.
    Responses,
    /// Anthropic's `/v1/messages`.
    Messages,
}

impl Protocol {
    /// The word in configuration files.
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Ollama => "ollama",
            Protocol::Chat => "chat",
            Protocol::Responses => "responses",
            Protocol::Messages => "messages",
        }
    }

    /// The protocol this word names.
    pub fn from_word(word: &str) -> Option<Protocol> {
        [Protocol::Ollama, Protocol::Chat, Protocol::Responses, Protocol::Messages]
            .into_iter()
            .find(|p| p.word() == word)
    }
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// From sending the request to the first byte of the answer; minutes for a model that is loaded from disk first.
    pub first_byte: Duration,
    /// Between two bytes of the answer, comments and pings included.
    pub idle: Duration,
    /// For the whole request, retries and waits included.
    pub total: Duration,
}

impl Limits {
    /// What suits a place: a model on this machine may take minutes to load and to read its prompt.
    pub fn of(locality: Locality) -> Limits {
        let (connect, first_byte, idle) = match locality {
            Locality::Remote => (10, 180, 120),
            Locality::Embedded | Locality::Loopback => (3, 900, 300),
        };
        Limits {
            connect: Duration::from_secs(connect),
            first_byte: Duration::from_secs(first_byte),
            idle: Duration::from_secs(idle),
            total: Duration::from_secs(3600),
        }
    }
}

/// A model server to talk to.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(super) name: String,
    pub(super) protocol: Protocol,
    pub(super) root: Url,
    pub(super) key: Option<Secret>,
    pub(super) key_variable: Option<String>,
    pub(super) headers: Vec<(HeaderName, Secret)>,
    pub(super) limits: Limits,
    pub(super) locality: Locality,
    pub(super) clear: bool,
}

impl Endpoint {
    /// A server under its registry name at `base_url`, with or without the trailing `/v1`. Anything but a plain http or
    /// https address fails with [`FailureKind::Config`]; so does a name that is empty or holds a `/`.
    pub fn new(name: &str, protocol: Protocol, base_url: &str) -> Result<Endpoint, Failure> {
        let wrong = |why: &str| {
            let shown = base_url.rsplit('@').next().unwrap_or(base_url);
            let message = format!("provider `{name}`: `{shown}` {why}; write it like http://127.0.0.1:8080/v1");
            Failure::fatal(FailureKind::Config, message)
        };
        if name.is_empty() || name.contains(['/', ' ']) {
            let message =
                format!("`{name}` cannot name a provider: use letters, digits and `-`, without `/` or spaces");
            return Err(Failure::fatal(FailureKind::Config, message));
        }
        let mut root = Url::parse(base_url.trim()).map_err(|e| wrong(&format!("is no address ({e})")))?;
        if !matches!(root.scheme(), "http" | "https") || root.host_str().is_none_or(str::is_empty) {
            return Err(wrong("is no http or https address"));
        }
        if !root.username().is_empty() || root.password().is_some() {
            return Err(wrong("holds a user name or password; give the key by its environment variable instead"));
        }
        if root.query().is_some() || root.fragment().is_some() {
            return Err(wrong("has a `?` or `#` part"));
        }
        let path = root.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path).to_owned();
        root.set_path(&path);
        let locality = if is_loopback(&root) { Locality::Loopback } else { Locality::Remote };
        Ok(Endpoint {
            name: name.to_owned(),
            protocol,
            root,
            key: None,
            key_variable: None,
            headers: Vec::new(),
            limits: Limits::of(locality),
            locality,
            clear: false,
        })
    }

    /// Lets a key leave this machine unencrypted: the user has said so.
    pub fn insecure(mut self) -> Endpoint {
        self.clear = true;
        self
    }

    /// The key, and the environment variable it came from. [`FailureKind::Config`]: a key that cannot be a header (it holds
    /// a line break or a character outside ASCII), or one that anybody on the way could read.
    pub fn with_key(mut self, key: Secret, variable: &str) -> Result<Endpoint, Failure> {
        if self.root.scheme() == "http" && !self.is_on_this_machine() && !self.clear {
            let message = format!(
                "{self} is not on this machine and its address is no https:// one: the key in {variable} would be readable \
                 on the way, so that it is not used. Give an https:// address, or set `insecure = true` in \
                 [endpoints.{}] if that network is yours",
                self.name
            );
            return Err(Failure::fatal(FailureKind::Config, message));
        }
        if key.0.is_empty() || !key.0.bytes().all(|b| b.is_ascii_graphic()) {
            let message =
                format!("{variable} holds no usable key: it is empty, or has spaces or unprintable characters");
            return Err(Failure::fatal(FailureKind::Config, message));
        }
        self.key = Some(key);
        self.key_variable = Some(variable.to_owned());
        Ok(self)
    }

    /// The environment variable that would hold the key: without it, requests fail with "set …" before they leave.
    pub fn requiring_key(mut self, variable: &str) -> Endpoint {
        self.key_variable = Some(variable.to_owned());
        self
    }

    /// A further header, sent to this server only. An illegal name or value fails with [`FailureKind::Config`].
    pub fn with_header(mut self, name: &str, value: Secret) -> Result<Endpoint, Failure> {
        let legal = HeaderName::from_bytes(name.as_bytes()).ok().filter(|_| value.header("").is_some());
        let Some(header) = legal else {
            let message = format!("provider `{}`: `{name}` is no legal header, or its value is not", self.name);
            return Err(Failure::fatal(FailureKind::Config, message));
        };
        self.headers.push((header, value));
        Ok(self)
    }

    /// Other limits than [`Limits::of`] its locality.
    pub fn with_limits(mut self, limits: Limits) -> Endpoint {
        self.limits = limits;
        self
    }

    /// Another locality than the address says: a proxy on this machine that forwards to a cloud is [`Locality::Remote`].
    pub fn with_locality(mut self, locality: Locality) -> Endpoint {
        self.locality = locality;
        self
    }

    /// Its name in the registry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Its address without `/v1` and without a trailing slash, as shown to the user.
    pub fn address(&self) -> &str {
        self.root.as_str().trim_end_matches('/')
    }

    /// Where it runs.
    pub fn locality(&self) -> Locality {
        self.locality
    }

    /// The address of a path (and query) below the server's root.
    pub(super) fn url(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.root.clone();
        url.set_path(&format!("{}/{path}", self.root.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }

    /// Whether its address cannot leave this machine, whatever its models do from there.
    pub(super) fn is_on_this_machine(&self) -> bool {
        is_loopback(&self.root)
    }

    /// Whether its host is `domain` or below it.
    pub(super) fn is_at(&self, domain: &str) -> bool {
        self.root
            .host_str()
            .is_some_and(|h| h == domain || h.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
    }

    /// Why no request may leave: a key is needed and missing.
    pub(super) fn missing_key(&self) -> Option<Failure> {
        let variable = self.key_variable.as_ref().filter(|_| self.key.is_none())?;
        let message = format!("{} needs a key: set {variable} in the environment and start again", self.name);
        Some(Failure::fatal(FailureKind::Auth, message))
    }

    /// `text` without any of this server's secrets.
    pub(super) fn redact(&self, text: &str) -> String {
        let secrets = self.key.iter().chain(self.headers.iter().map(|(_, value)| value));
        secrets.fold(text.to_owned(), |text, secret| secret.redact(&text))
    }
}

impl fmt::Display for Endpoint {
    /// Name and address, as failures name the server.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.address())
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("");
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
        Ok(IpAddr::V4(ip)) => ip.is_loopback(),
        Err(_) => bare == "localhost" || bare.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_loopback_only_if_it_cannot_leave_the_machine() {
        let cases = [
            ("http://127.0.0.1:8080", Locality::Loopback),
            ("http://127.1.2.3", Locality::Loopback),
            ("http://[::1]:1", Locality::Loopback),
            ("http://[::ffff:127.0.0.1]:1", Locality::Loopback),
            ("http://localhost:11434/", Locality::Loopback),
            ("http://0.0.0.0:11434", Locality::Remote),
            ("http://192.168.1.5:8080/v1", Locality::Remote),
            ("http://localhost.evil.example", Locality::Remote),
            ("http://127.0.0.1.evil.example", Locality::Remote),
            ("https://api.openai.com/v1", Locality::Remote),
        ];
        for (url, locality) in cases {
            assert_eq!(Endpoint::new("x", Protocol::Chat, url).unwrap().locality(), locality, "{url}");
        }
    }

    #[test]
    fn addresses_with_and_without_v1_reach_the_same_paths() {
        for (base, expected) in [
            ("http://h:1", "http://h:1/v1/models"),
            ("http://h:1/v1", "http://h:1/v1/models"),
            ("http://h:1/v1/", "http://h:1/v1/models"),
            ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/models"),
            ("https://h/proxy/", "https://h/proxy/v1/models"),
        ] {
            let endpoint = Endpoint::new("x", Protocol::Chat, base).unwrap();
            assert_eq!(endpoint.url("v1/models").as_str(), expected);
        }
    }

    #[test]
    fn addresses_that_could_leak_or_mislead_are_refused_without_repeating_the_password() {
        for url in
            ["", "8080", "ftp://h", "file:///etc", "http://", "http://u:hunter2@h", "http://h?key=1", "http://h#x"]
        {
            let failure = Endpoint::new("x", Protocol::Chat, url).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Config, "{url}");
            assert!(!failure.message.contains("hunter2"), "{failure}");
        }
        assert!(Endpoint::new("a/b", Protocol::Chat, "http://h").is_err());
    }

    #[test]
    fn a_secret_is_never_shown() {
        let endpoint = Endpoint::new("x", Protocol::Chat, "https://h")
            .and_then(|e| e.with_key(Secret::new("sk-topsecret\n"), "X_KEY"))
            .and_then(|e| e.with_header("x-team", Secret::new("teamsecret")))
            .unwrap();
        let shown = format!("{endpoint:?} {endpoint} {}", Secret::new("sk-topsecret"));
        assert!(!shown.contains("topsecret") && !shown.contains("teamsecret"), "{shown}");
        assert_eq!(endpoint.redact("bad key sk-topsecret of teamsecret"), "bad key [secret] of [secret]");
        assert!(endpoint.clone().with_key(Secret::new("two\nlines"), "X_KEY").is_err());
        assert!(endpoint.with_header("bad name", Secret::new("v")).is_err());
    }

    #[test]
    fn a_key_leaves_this_machine_encrypted_unless_the_user_has_said_otherwise() {
        let keyed = |url: &str, insecure: bool| {
            let endpoint = Endpoint::new("work", Protocol::Chat, url).unwrap();
            let endpoint = if insecure { endpoint.insecure() } else { endpoint };
            endpoint.with_key(Secret::new("sk-topsecret"), "WORK_KEY")
        };
        for url in ["http://192.168.1.5:8080", "http://h", "http://0.0.0.0:1", "http://localhost.evil.example"] {
            let failure = keyed(url, false).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Config, "{url}");
            assert!(failure.message.contains("WORK_KEY") && failure.message.contains("[endpoints.work]"), "{failure}");
            assert!(!failure.message.contains("topsecret"));
            assert!(keyed(url, true).is_ok(), "{url}");
        }
        for url in ["https://h", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"] {
            assert!(keyed(url, false).is_ok(), "{url}");
        }
    }

    #[test]
    fn a_domain_matches_itself_and_below_only() {
        let endpoint = Endpoint::new("x", Protocol::Chat, "https://eu.api.openai.com").unwrap();
        assert!(endpoint.is_at("openai.com"));
        assert!(!Endpoint::new("x", Protocol::Chat, "https://notopenai.com").unwrap().is_at("openai.com"));
    }
}
