//! Finds the model servers that are there without configuration: on this machine's usual ports, and by the environment
//! variables that the vendors' own tools read.
//!
//! Only loopback addresses are contacted, each once and briefly. A variable alone connects to nothing. The environment is
//! passed in; this module reads none itself.

use super::endpoint::{Endpoint, Limits, Protocol, Secret};
use super::link::Link;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::Locality;
use futures_util::future::join_all;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// A place on this machine where a server may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The server's name, unless it says itself what it is.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// Its address.
    pub url: String,
}

/// A vendor's own variables. The base address replaces the vendor's; the key then goes there.
struct Vendor {
    name: &'static str,
    protocol: Protocol,
    url: &'static str,
    key: &'static str,
    base: Option<&'static str>,
}

/// Sources: the vendors' SDKs, which read these variables.
const VENDORS: &[Vendor] = &[
    Vendor {
        name: "anthropic",
        protocol: Protocol::Messages,
        url: "https://api.anthropic.com",
        key: "ANTHROPIC_API_KEY",
        base: Some("ANTHROPIC_BASE_URL"),
    },
    Vendor {
        name: "openai",
        protocol: Protocol::Responses,
        url: "https://api.openai.com/v1",
        key: "OPENAI_API_KEY",
        base: Some("OPENAI_BASE_URL"),
    },
    Vendor {
        name: "openrouter",
        protocol: Protocol::Chat,
        url: "https://openrouter.ai/api/v1",
        key: "OPENROUTER_API_KEY",
        base: None,
    },
    Vendor {
        name: "deepseek",
        protocol: Protocol::Chat,
        url: "https://api.deepseek.com",
        key: "DEEPSEEK_API_KEY",
        base: None,
    },
];

/// Servers that are known by their own names, and how each is started.
const SERVERS: &[(&str, &str)] = &[
    ("ollama", "start it with `ollama serve`, or set OLLAMA_HOST to its address"),
    ("llama-server", "start it with `llama-server -m MODEL.gguf`, which listens on port 8080"),
    ("lm-studio", "start its server in LM Studio (port 1234)"),
    ("vllm", "start it with `vllm serve MODEL` (port 8000)"),
    ("mlx-lm", "start it with `mlx_lm.server --model MODEL` (port 8080)"),
];

/// What to do so that a provider of this name is there, for names that discovery knows.
pub fn advice(name: &str) -> Option<(FailureKind, String)> {
    if let Some(vendor) = VENDORS.iter().find(|v| v.name == name) {
        return Some((FailureKind::Auth, format!("{name} needs a key: set {} in the environment.", vendor.key)));
    }
    let (_, start) = SERVERS.iter().find(|(server, _)| *server == name)?;
    Some((FailureKind::Unreachable, format!("No {name} was found on this machine: {start}.")))
}

/// The providers that are there once their key is set.
pub fn vendors() -> Vec<&'static str> {
    VENDORS.iter().map(|vendor| vendor.name).collect()
}

/// The providers that are there once they run on this machine.
pub fn servers() -> Vec<&'static str> {
    SERVERS.iter().map(|(name, _)| *name).collect()
}

/// A search for model servers.
#[derive(Clone, Debug)]
pub struct Discovery {
    environment: BTreeMap<String, String>,
    probes: Vec<Probe>,
}

impl Discovery {
    /// A search by the usual ports and by the variables in `environment`.
    pub fn new(environment: BTreeMap<String, String>) -> Discovery {
        let probe = |name: &str, protocol, port: u16| Probe {
            name: name.to_owned(),
            protocol,
            url: format!("http://127.0.0.1:{port}"),
        };
        let probes = vec![
            probe("ollama", Protocol::Ollama, 11434),
            probe("mlx-lm", Protocol::Chat, 8080),
            probe("lm-studio", Protocol::Chat, 1234),
            probe("vllm", Protocol::Chat, 8000),
        ];
        Discovery { environment, probes }
    }

    /// The same search at other places.
    pub fn with_probes(mut self, probes: Vec<Probe>) -> Discovery {
        self.probes = probes;
        self
    }

    /// Everything found, servers on this machine first, and what is wrong in the environment.
    pub async fn run(&self) -> (Vec<Endpoint>, Vec<Failure>) {
        let (mut found, mut failures) = (Vec::<Endpoint>::new(), Vec::new());
        let mut probes = self.probes.clone();
        if let Some(host) = self.variable("OLLAMA_HOST") {
            probes.retain(|probe| probe.protocol != Protocol::Ollama);
            // Named by the user: there whether it answers or not.
            match Endpoint::new("ollama", Protocol::Ollama, &ollama_address(host)) {
                Ok(endpoint) => found.push(endpoint),
                Err(failure) => failures.push(Failure { message: format!("OLLAMA_HOST: {failure}"), ..failure }),
            }
        }
        for mut endpoint in join_all(probes.iter().map(ask)).await.into_iter().flatten() {
            if found.iter().any(|f| f.name == endpoint.name) {
                endpoint.name = format!("{}-{}", endpoint.name, endpoint.root.port_or_known_default().unwrap_or(0));
            }
            found.push(endpoint);
        }
        for vendor in VENDORS {
            match self.vendor(vendor) {
                Ok(endpoint) => found.extend(endpoint),
                Err(failure) => failures.push(failure),
            }
        }
        (found, failures)
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn vendor(&self, vendor: &Vendor) -> Result<Option<Endpoint>, Failure> {
        let base = vendor.base.and_then(|name| self.variable(name));
        let key = self.variable(vendor.key);
        if base.is_none() && key.is_none() {
            return Ok(None);
        }
        let mut endpoint = Endpoint::new(vendor.name, vendor.protocol, base.unwrap_or(vendor.url))?;
        if vendor.protocol == Protocol::Responses && !endpoint.is_at("openai.com") {
            // Servers that stand in for OpenAI's speak chat completions; few speak its newer protocol.
            endpoint.protocol = Protocol::Chat;
        }
        match key {
            Some(key) => endpoint.with_key(Secret::new(key), vendor.key).map(Some),
            None => Ok(Some(endpoint)),
        }
    }
}

/// `OLLAMA_HOST` as Ollama's own client reads it: scheme and port may be missing, and an address to listen on everywhere
/// is reached on this machine. Source: <https://github.com/ollama/ollama/blob/main/envconfig/config.go>.
fn ollama_address(host: &str) -> String {
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let rest = rest.trim_end_matches('/');
    let rest = match rest.strip_prefix("0.0.0.0") {
        Some(port) => format!("127.0.0.1{port}"),
        None => rest.replace("[::]", "[::1]"),
    };
    let rest = if rest.starts_with(':') { format!("127.0.0.1{rest}") } else { rest };
    let has_port =
        rest.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    match (has_port, scheme, host.contains("://")) {
        (true, ..) | (false, "https", _) | (false, _, true) => format!("{scheme}://{rest}"),
        (false, _, false) => format!("{scheme}://{rest}:11434"),
    }
}

/// Asks a place what it is; `None` when nothing answers as a model server.
async fn ask(probe: &Probe) -> Option<Endpoint> {
    let brief = Limits {
        connect: Duration::from_millis(300),
        first_byte: Duration::from_millis(1000),
        ..Limits::of(Locality::Loopback)
    };
    let endpoint = Endpoint::new(&probe.name, probe.protocol, &probe.url).ok()?;
    if !endpoint.is_on_this_machine() {
        return None;
    }
    let link = Link::new(endpoint.clone().with_limits(brief));
    if probe.protocol == Protocol::Ollama {
        let version: Value = link.get("api/version").await.ok()?;
        return version.get("version").map(|_| endpoint);
    }
    let name = match link.get::<Value>("v1/models").await {
        Ok(listing) => {
            let first = listing.get("data")?.as_array()?.first().cloned().unwrap_or_default();
            match first.get("owned_by").and_then(Value::as_str) {
                Some("llamacpp") => "llama-server".to_owned(),
                Some("vllm") => "vllm".to_owned(),
                _ => probe.name.clone(),
            }
        }
        // Only llama-server says so.
        Err(failure) if failure.message.ends_with("is still loading its model.") => "llama-server".to_owned(),
        Err(_) => return None,
    };
    Some(Endpoint { name, ..endpoint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ollama_host_is_read_as_ollama_reads_it() {
        let cases = [
            ("127.0.0.1", "http://127.0.0.1:11434"),
            ("127.0.0.1:9999", "http://127.0.0.1:9999"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("0.0.0.0:8000", "http://127.0.0.1:8000"),
            (":8000", "http://127.0.0.1:8000"),
            ("[::]:8000", "http://[::1]:8000"),
            ("box.lan", "http://box.lan:11434"),
            ("http://box.lan", "http://box.lan"),
            ("https://ollama.example/", "https://ollama.example"),
        ];
        for (host, address) in cases {
            assert_eq!(ollama_address(host), address, "{host}");
        }
    }
}
