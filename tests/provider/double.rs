//! A loopback server that does exactly what a test says, byte by byte: the double for every server and every fault.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One thing the double does with a connection.
#[derive(Clone, Debug)]
pub enum Act {
    Send(Vec<u8>),
    Wait(u64),
    /// Sends this many bytes of `x`.
    Flood(usize),
    /// Keeps the connection open until the client closes it.
    Hang,
    /// Ends the connection with a reset instead of a close.
    Reset,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `POST /v1/messages`.
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

pub struct Double {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    closed: Arc<Mutex<Vec<Instant>>>,
}

impl Double {
    /// Answers each request by `play`, which is told the request and its number from 0.
    pub async fn start(play: impl Fn(&Seen, usize) -> Vec<Act> + Send + Sync + 'static) -> Double {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, closed, play) = (Arc::default(), Arc::default(), Arc::new(play));
        let double = Double { url, seen: Arc::clone(&seen), closed: Arc::clone(&closed) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, closed, play) = (Arc::clone(&seen), Arc::clone(&closed), Arc::clone(&play));
                tokio::spawn(async move { serve(stream, seen, closed, play.as_ref()).await });
            }
        });
        double
    }

    /// Answers every request alike.
    pub async fn always(acts: Vec<Act>) -> Double {
        Double::start(move |_, _| acts.clone()).await
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// When clients closed connections that were left open for them.
    pub fn closed(&self) -> Vec<Instant> {
        self.closed.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    seen: Arc<Mutex<Vec<Seen>>>,
    closed: Arc<Mutex<Vec<Instant>>>,
    play: &(dyn Fn(&Seen, usize) -> Vec<Act> + Send + Sync),
) -> Option<()> {
    let request = read(&mut stream).await?;
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.len() - 1
    };
    for act in play(&request, number) {
        match act {
            Act::Send(bytes) => stream.write_all(&bytes).await.ok()?,
            Act::Wait(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            Act::Flood(bytes) => {
                let block = vec![b'x'; 1 << 20];
                for _ in 0..bytes >> 20 {
                    stream.write_all(&block).await.ok()?;
                }
            }
            Act::Hang => {
                while stream.read(&mut [0; 1024]).await.is_ok_and(|n| n > 0) {}
                closed.lock().unwrap().push(Instant::now());
            }
            Act::Reset => {
                stream.set_zero_linger().ok()?;
                return None;
            }
        }
    }
    stream.shutdown().await.ok()
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let (mut bytes, mut block) = (Vec::new(), [0; 16 * 1024]);
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        let n = stream.read(&mut block).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&block[..n]);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.rsplit_once(' ')?.0.to_owned();
    let headers: BTreeMap<String, String> =
        lines.filter_map(|l| l.split_once(": ")).map(|(k, v)| (k.to_lowercase(), v.to_owned())).collect();
    let length: usize = headers.get("content-length").map_or(0, |n| n.parse().unwrap());
    while bytes.len() < end + 4 + length {
        let n = stream.read(&mut block).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&block[..n]);
    }
    let body = serde_json::from_slice(&bytes[end + 4..]).unwrap_or(Value::Null);
    Some(Seen { line, headers, body })
}

/// A whole response that ends with the connection.
pub fn response(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Act {
    let mut bytes = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(body.as_ref());
    Act::Send(bytes)
}

/// A successful stream (or its beginning) of a content type, ended by the connection.
pub fn stream(kind: &str, body: impl AsRef<[u8]>) -> Act {
    response("200 OK", &format!("content-type: {kind}\r\n"), body)
}

/// A successful event stream, or its beginning.
pub fn sse(body: impl AsRef<[u8]>) -> Act {
    stream("text/event-stream", body)
}

/// A successful JSON answer.
pub fn json(body: impl AsRef<[u8]>) -> Act {
    stream("application/json", body)
}

pub fn not_found() -> Vec<Act> {
    vec![response("404 Not Found", "", "Not Found")]
}
