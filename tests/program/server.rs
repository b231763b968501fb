//! A model server on this machine that speaks OpenAI's chat protocol, under an address that is not known to stay on this
//! machine (`0.0.0.0`), so that its model costs what the price list says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

pub struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers every chat request by `text`, a piece every `pause`.
    pub fn start(text: &'static str, pause: Duration) -> Server {
        Server::with(text, pause, Counts::Nothing)
    }

    /// The same, and tells tokens of four bytes each as llama.cpp's server does.
    pub fn counting(text: &'static str, pause: Duration) -> Server {
        Server::with(text, pause, Counts::Tokens)
    }

    fn with(text: &'static str, pause: Duration, counts: Counts) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = Arc::clone(&heard);
                std::thread::spawn(move || serve(stream, &heard, text, pause, counts));
            }
        });
        Server { port, asked }
    }

    /// The configuration that names it `paid`.
    pub fn configuration(&self) -> String {
        format!("[endpoints.paid]\nbase_url = \"http://0.0.0.0:{}/v1\"\n", self.port)
    }

    /// The configuration that names it `here`, on this machine.
    pub fn local_configuration(&self) -> String {
        format!("[endpoints.here]\nbase_url = \"http://127.0.0.1:{}/v1\"\n", self.port)
    }

    /// A price list for its model, in dollars a million tokens.
    pub fn prices(input: f64, output: f64) -> String {
        format!(
            "[[price]]\nprovider = \"paid\"\nmodel = \"m\"\ninput = {input:?}\noutput = {output:?}\nas_of = \"2026-01-01\"\nsource = \"a test\"\n"
        )
    }

    /// Requests for an answer so far.
    pub fn chats(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|line| line.starts_with("POST")).count()
    }

    /// Requests of any kind so far.
    pub fn requests(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// Whether it tells what a text's tokens are.
#[derive(Clone, Copy, PartialEq)]
enum Counts {
    Nothing,
    Tokens,
}

fn serve(mut stream: TcpStream, asked: &Mutex<Vec<String>>, text: &str, pause: Duration, counts: Counts) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut length = 0;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if header.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        asked.lock().unwrap().push(line.trim().to_owned());
        let answered = if line.starts_with("POST") && line.contains("/chat/completions") {
            chat(&mut stream, text, pause)
        } else if line.starts_with("GET") && line.contains("/models") {
            plain(&mut stream, "200 OK", r#"{"object":"list","data":[{"id":"m","object":"model"}]}"#)
        } else if counts == Counts::Tokens && line.contains("/props") {
            plain(&mut stream, "200 OK", r#"{"default_generation_settings":{"n_ctx":8192}}"#)
        } else if counts == Counts::Tokens && line.contains("/tokenize") {
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let tokens = vec![0; body["content"].as_str().unwrap().len().div_ceil(4)];
            plain(&mut stream, "200 OK", &serde_json::json!({"tokens": tokens}).to_string())
        } else if counts == Counts::Tokens && line.contains("/apply-template") {
            plain(&mut stream, "200 OK", r#"{"prompt":"all of it"}"#)
        } else {
            plain(&mut stream, "404 Not Found", "{}")
        };
        if answered.is_err() {
            return;
        }
    }
}

fn plain(stream: &mut TcpStream, status: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn chat(stream: &mut TcpStream, text: &str, pause: Duration) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    for piece in text.as_bytes().chunks(12) {
        let piece = serde_json::to_string(std::str::from_utf8(piece).unwrap()).unwrap();
        write!(
            stream,
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{piece}}},\"finish_reason\":null}}]}}\n\n"
        )?;
        stream.flush()?;
        sleep(pause);
    }
    write!(
        stream,
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":1000,\"completion_tokens\":100,\"total_tokens\":1100}}}}\n\ndata: [DONE]\n\n"
    )?;
    stream.shutdown(std::net::Shutdown::Both)
}
