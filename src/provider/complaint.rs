//! What servers say when they refuse, in every dialect met so far, as one [`Failure`] with a sentence for the user.
//!
//! Pure. Bodies may be empty, HTML, cut, or JSON of any shape; none of them panics, and no secret is repeated.

use super::endpoint::{Endpoint, Protocol};
use super::nearest::did_you_mean;
use super::wire::json;
use crate::domain::failure::{Failure, FailureKind};
use serde_json::Value;

/// Most characters of a server's own words that a failure repeats.
const QUOTE: usize = 240;

/// An error as a server reported it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    /// HTTP status, or the numeric code inside the body.
    pub status: Option<u16>,
    /// The protocol's word for the error (`rate_limit_error`, `insufficient_quota`): type and code, joined by a space.
    pub word: String,
    /// The server's own sentence.
    pub message: String,
    /// Milliseconds it asks to wait.
    pub retry_after_ms: Option<u64>,
    /// Prompt tokens and window, where it says so (llama-server does).
    pub window: Option<(u64, u64)>,
}

impl Complaint {
    /// Reads the body of an error response.
    pub fn from_body(status: u16, body: &[u8]) -> Complaint {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        // LiteLLM sends some errors as an event, after a failing status.
        let text = text.strip_prefix("data:").map_or(text, |event| event.lines().next().unwrap_or("").trim());
        let mut complaint = match json::<Value>(text, "error message") {
            Ok(value) => Complaint::from_value(&value),
            Err(_) if text.starts_with('<') => {
                Complaint { message: "(a web page instead of an error message)".to_owned(), ..Complaint::default() }
            }
            Err(_) => Complaint { message: text.to_owned(), ..Complaint::default() },
        };
        complaint.status = Some(status);
        complaint
    }

    /// Reads an error object from the body of a response or from the middle of a stream: OpenAI's and Anthropic's
    /// `{"error":{…}}`, Ollama's `{"error":"…"}`, FastAPI's `{"detail":…}`, or the error itself.
    pub fn from_value(value: &Value) -> Complaint {
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        let inner = ["error", "detail"].iter().find_map(|k| value.get(k)).filter(|v| !v.is_null()).unwrap_or(value);
        let inner = inner.as_array().and_then(|list| list.first()).unwrap_or(inner);
        let word = |key: &str| match inner.get(key) {
            Some(Value::String(s)) => s.clone(),
            Some(Value::Number(n)) => n.to_string(),
            _ => String::new(),
        };
        let (kind, code) = (word("type"), word("code"));
        let message = match inner {
            Value::String(s) => s.clone(),
            _ => ["message", "msg"].iter().find_map(|k| inner.get(k)?.as_str()).map_or_else(String::new, str::to_owned),
        };
        let number = |key: &str| inner.get(key).and_then(Value::as_u64);
        Complaint {
            status: code.parse().ok().filter(|code| (300..600).contains(code)),
            word: format!("{kind} {code}").trim().to_owned(),
            message,
            retry_after_ms: None,
            window: number("n_prompt_tokens").zip(number("n_ctx")),
        }
    }

    /// Whether the server says that it is still loading its model (llama-server, before it is ready).
    pub fn is_loading(&self) -> bool {
        self.status == Some(503) && self.word.contains("unavailable") && self.message.to_lowercase().contains("loading")
    }

    /// Whether the server's sentence or error word holds any of `words`, which are lower case.
    pub fn mentions(&self, words: &[&str]) -> bool {
        let said = format!("{} {}", self.word, self.message).to_lowercase();
        words.iter().any(|word| said.contains(word))
    }

    /// What kind of failure it is, and whether the same request may succeed later.
    fn kind(&self) -> (FailureKind, bool) {
        let status = self.status.unwrap_or(0);
        let client_error = matches!(status, 0 | 400 | 413 | 422 | 500);
        if client_error && self.mentions(CONTEXT) {
            return (FailureKind::ContextExceeded, false);
        }
        let word = self.word.to_lowercase();
        if status == 402 || QUOTA_WORDS.iter().any(|quota| word.contains(quota)) {
            return (FailureKind::Quota, false);
        }
        // Some call a limit per minute a quota too; one that passes says when.
        if !(status == 429 && self.retry_after_ms.is_some()) && self.mentions(QUOTA) {
            return (FailureKind::Quota, false);
        }
        if matches!(status, 401 | 403) || self.mentions(AUTH) {
            return (FailureKind::Auth, false);
        }
        if status == 429 || self.mentions(&["rate_limit", "ratelimit", "rate limit"]) {
            return (FailureKind::RateLimited, true);
        }
        let no_model = self.mentions(&["model"]) && self.mentions(&["not found", "not_found", "does not exist"]);
        if matches!(status, 0 | 400 | 404 | 422) && (no_model || self.mentions(UNKNOWN_MODEL)) {
            return (FailureKind::UnknownModel, false);
        }
        match status {
            408 | 504 | 524 => (FailureKind::Timeout, true),
            501 => (FailureKind::BadRequest, false),
            // What a restart does not mend is not worth another attempt.
            500.. if self.mentions(&["system memory", "out of memory"]) => (FailureKind::Server, false),
            503 | 529 => (FailureKind::Overloaded, true),
            0 if self.mentions(&["overloaded_error"]) => (FailureKind::Overloaded, true),
            500.. => (FailureKind::Server, true),
            0 if self.mentions(&["invalid_request"]) => (FailureKind::BadRequest, false),
            0 => (FailureKind::Server, true),
            _ => (FailureKind::BadRequest, false),
        }
    }

    /// The failure for the user. `known` are the models the server listed, for a suggestion.
    pub fn failure(&self, endpoint: &Endpoint, model: &str, known: &[String]) -> Failure {
        let (kind, retryable) = self.kind();
        let message = self.sentence(kind, endpoint, model, known);
        Failure { kind, message, retryable, retry_after_ms: self.retry_after_ms }
    }

    fn sentence(&self, kind: FailureKind, endpoint: &Endpoint, model: &str, known: &[String]) -> String {
        let said = self.quote(endpoint);
        let status = self.status.map_or_else(String::new, |status| format!(" ({status})"));
        let variable = endpoint.key_variable.as_deref();
        match kind {
            FailureKind::Auth if endpoint.key.is_some() => {
                let variable = variable.unwrap_or("its key");
                format!("{endpoint} refused the key{status}: check {variable}.{said}")
            }
            FailureKind::Auth => {
                let advice = variable.map_or_else(
                    || "name the variable that holds it in the configuration".to_owned(),
                    |v| format!("set {v}"),
                );
                format!("{endpoint} wants a key{status}: {advice}.{said}")
            }
            FailureKind::Quota => format!(
                "The account at {endpoint} has no credit or quota left{status}: raise it there, or choose another model.{said}"
            ),
            FailureKind::RateLimited => {
                let wait = self.retry_after_ms.map_or_else(
                    || "wait a little".to_owned(),
                    |ms| format!("it asks to wait {} s", ms.div_ceil(1000)),
                );
                format!("{endpoint} takes no more requests just now{status}: {wait}, or choose another model.{said}")
            }
            FailureKind::ContextExceeded => {
                let figures = self.window.map_or_else(
                    || "the window that".to_owned(),
                    |(prompt, window)| format!("({prompt} tokens) the window of {window} tokens that"),
                );
                format!(
                    "The prompt does not fit {figures} {endpoint} loaded: drop context, or start the server with a larger \
                     window.{said}"
                )
            }
            FailureKind::UnknownModel => {
                let pull = match endpoint.protocol {
                    Protocol::Ollama => format!(" `ollama pull {model}` fetches it."),
                    _ => String::new(),
                };
                let nearest = did_you_mean(model, known.iter().map(String::as_str));
                format!("{endpoint} has no model `{model}`.{nearest}{pull}{said}")
            }
            FailureKind::Timeout => format!("{endpoint} did not finish in time{status}: try again.{said}"),
            FailureKind::Overloaded if self.is_loading() => format!("{endpoint} is still loading its model."),
            FailureKind::Overloaded => {
                format!("{endpoint} has no room for the request just now{status}: try again a little later.{said}")
            }
            FailureKind::Server => format!("{endpoint} failed{status}: try again, or look at its log.{said}"),
            _ if self.status.is_some_and(|s| (300..400).contains(&s)) => format!(
                "{endpoint} answered with a redirect{status}, which is not followed so that no key leaves its server: put \
                 the final address into the configuration.{said}"
            ),
            _ if self.status == Some(404) => {
                format!("{endpoint} has no such path{status}: check its address and protocol.{said}")
            }
            _ => format!("{endpoint} refused the request{status}.{said}"),
        }
    }

    /// The server's own words on one line, shortened and without secrets; empty when it said nothing.
    fn quote(&self, endpoint: &Endpoint) -> String {
        let words = if self.message.is_empty() { &self.word } else { &self.message };
        let line = endpoint.redact(words).split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() {
            return String::new();
        }
        let short: String = line.chars().take(QUOTE).collect();
        let dots = if short.len() < line.len() { "…" } else { "" };
        format!(" It said: “{short}{dots}”")
    }
}

/// Sources: OpenAI and Anthropic error references, llama.cpp `tools/server`, Ollama `server/routes.go`, vLLM.
const CONTEXT: &[&str] = &[
    "exceed_context_size",
    "context_length_exceeded",
    "prompt is too long",
    "maximum context length",
    "context window",
    "context length",
    "context size",
];
/// LiteLLM says `no_db_connection` to a key it does not know, when it has no database to look it up in.
const AUTH: &[&str] = &["authentication_error", "permission_error", "invalid_api_key", "no_db_connection"];
const QUOTA_WORDS: &[&str] = &["insufficient_quota", "billing", "budget_exceeded"];
const QUOTA: &[&str] = &[
    "credit balance",
    "exceeded your current quota",
    "insufficient balance",
    "insufficient credits",
    "spend limit",
    "spending limit",
    "spending cap",
    "usage limits",
];
const UNKNOWN_MODEL: &[&str] = &["invalid model", "not a valid model", "unknown model"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::endpoint::Secret;

    fn endpoint() -> Endpoint {
        Endpoint::new("anthropic", Protocol::Messages, "https://api.anthropic.com")
            .and_then(|e| e.with_key(Secret::new("sk-ant-secret"), "ANTHROPIC_API_KEY"))
            .unwrap()
    }

    fn failure(status: u16, body: &str) -> Failure {
        Complaint::from_body(status, body.as_bytes()).failure(&endpoint(), "claude-x", &[])
    }

    #[test]
    fn each_dialect_of_error_gets_its_kind() {
        use FailureKind::*;
        let cases: &[(u16, &str, FailureKind, bool)] = &[
            (
                401,
                r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
                Auth,
                false,
            ),
            (403, r#"{"error":{"type":"permission_error","message":"no"}}"#, Auth, false),
            (429, r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#, RateLimited, true),
            (
                429,
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
                Quota,
                false,
            ),
            (429, "", RateLimited, true),
            (
                429,
                r#"{"error":{"message":"Rate limit reached for m. Add a payment method at https://x/account/billing.","code":"rate_limit_exceeded"}}"#,
                RateLimited,
                true,
            ),
            (400, r#"{"error":"model 'qwen9' does not support thinking"}"#, BadRequest, false),
            (400, r#"{"error":{"message":"No connected db.","type":"no_db_connection","code":"400"}}"#, Auth, false),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
                Quota,
                false,
            ),
            (402, r#"{"error":{"message":"Insufficient Balance"}}"#, Quota, false),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}"#,
                ContextExceeded,
                false,
            ),
            (
                400,
                r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
                ContextExceeded,
                false,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}"#,
                ContextExceeded,
                false,
            ),
            (404, r#"{"error":"model 'qwen9' not found"}"#, UnknownModel, false),
            (
                404,
                r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-x"}}"#,
                UnknownModel,
                false,
            ),
            (
                400,
                r#"{"error":{"message":"litellm.BadRequestError: Invalid model name passed in model=zz"}}"#,
                UnknownModel,
                false,
            ),
            (404, "Not Found", BadRequest, false),
            (400, r#"{"error":{"message":"bad field"}}"#, BadRequest, false),
            (422, r#"{"detail":[{"msg":"field required"}]}"#, BadRequest, false),
            (500, r#"{"error":"llama runner process has terminated"}"#, Server, true),
            (
                500,
                r#"{"error":"model requires more system memory (8.0 GiB) than is available (4.0 GiB)"}"#,
                Server,
                false,
            ),
            (502, "<html><body>Bad gateway</body></html>", Server, true),
            (503, r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#, Overloaded, true),
            (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Overloaded, true),
            (504, "", Timeout, true),
            (301, "", BadRequest, false),
            (501, r#"{"error":{"type":"not_supported_error"}}"#, BadRequest, false),
        ];
        for (status, body, kind, retryable) in cases {
            let failure = failure(*status, body);
            assert_eq!((failure.kind, failure.retryable), (*kind, *retryable), "{status} {body}: {failure}");
            assert!(failure.message.contains("anthropic"), "{failure}");
        }
    }

    #[test]
    fn an_error_in_the_middle_of_a_stream_is_read_without_a_status() {
        let read = |text: &str| {
            let complaint = Complaint::from_value(&serde_json::from_str(text).unwrap());
            complaint.failure(&endpoint(), "m", &[]).kind
        };
        assert_eq!(
            read(r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#),
            FailureKind::Overloaded
        );
        assert_eq!(read(r#"{"error":{"code":429,"message":"x"}}"#), FailureKind::RateLimited);
        assert_eq!(read(r#"{"error":{"code":"429","message":"litellm.RateLimitError"}}"#), FailureKind::RateLimited);
        assert_eq!(read(r#"{"error":"unexpected EOF"}"#), FailureKind::Server);
        assert_eq!(read("[]"), FailureKind::Server);
    }

    #[test]
    fn a_quota_that_says_when_it_is_over_is_a_rate_limit() {
        let body = br#"{"error":{"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED"}}"#;
        let mut complaint = Complaint::from_body(429, body);
        assert_eq!(complaint.failure(&endpoint(), "m", &[]).kind, FailureKind::Quota);
        complaint.retry_after_ms = Some(35_000);
        assert_eq!(complaint.failure(&endpoint(), "m", &[]).kind, FailureKind::RateLimited);
    }

    #[test]
    fn an_error_body_in_the_form_of_an_event_is_read_too() {
        let body = "data: {\"error\": {\"message\": \"Error processing stream start\"}}\n\ndata: [DONE]\n\n";
        assert_eq!(Complaint::from_body(500, body.as_bytes()).message, "Error processing stream start");
    }

    #[test]
    fn sentences_name_the_server_the_figures_and_what_to_do_but_no_secret() {
        let context =
            failure(400, r#"{"error":{"type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}"#);
        assert!(context.message.contains("(9000 tokens)") && context.message.contains("8192"), "{context}");
        let auth = failure(401, r#"{"error":{"message":"wrong key sk-ant-secret\u001b[31m\nsecond line"}}"#);
        assert!(auth.message.contains("check ANTHROPIC_API_KEY"), "{auth}");
        assert!(!auth.message.contains("sk-ant-secret") && !auth.message.contains('\n'), "{auth}");
        let long = failure(400, &"x".repeat(100_000));
        assert!(long.message.len() < 600, "{}", long.message.len());
        let listed = ["claude-y".to_owned()];
        let unknown = Complaint::from_body(404, br#"{"error":{"type":"not_found_error","message":"model: claude-x"}}"#)
            .failure(&endpoint(), "claude-x", &listed);
        assert!(unknown.message.contains("Did you mean claude-y?"), "{unknown}");
    }
}
