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
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = Arc::clone(&heard);
                std::thread::spawn(move || serve(stream, &heard, text, pause));
            }
        });
        Server { port, asked }
    }

    /// The configuration that names it `paid`.
    pub fn configuration(&self) -> String {
        format!("[endpoints.paid]\nbase_url = \"http://0.0.0.0:{}/v1\"\n", self.port)
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

fn serve(mut stream: TcpStream, asked: &Mutex<Vec<String>>, text: &str, pause: Duration) {
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
