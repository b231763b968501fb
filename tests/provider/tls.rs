//! HTTPS: a certificate that nobody vouches for is refused with advice, and the advice works.

use super::{ask, server};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use vibe_tui::provider::Protocol;

/// The variable by which the test starts its own binary, since the authorities are read once a process.
const CHILD: &str = "VIBE_TUI_TEST_TLS";
const ANSWER: &str =
    "data: {\"choices\":[{\"delta\":{\"content\":\"over TLS\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// A server on this machine with a certificate of an authority of its own, whose certificate is written to `file`.
async fn start(file: &Path) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(file, authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await.ok()?;
                let (mut request, mut block) = (Vec::new(), [0; 4096]);
                while !request.windows(4).any(|w| w == b"\r\n\r\n") {
                    let n = stream.read(&mut block).await.ok().filter(|n| *n > 0)?;
                    request.extend_from_slice(&block[..n]);
                }
                let reply = if request.starts_with(b"POST") {
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n{ANSWER}")
                } else {
                    "HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n".to_owned()
                };
                stream.write_all(reply.as_bytes()).await.ok()?;
                stream.shutdown().await.ok()
            });
        }
    });
    url
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_with_advice_and_the_advice_works() {
    if let Ok(url) = std::env::var(CHILD) {
        let (_, text, failure) = ask(&server(Protocol::Chat, &url)).await;
        let failure = failure.map(|f| format!("{:?} {} {}", f.kind, f.retryable, f.message)).unwrap_or_default();
        println!("text: {text}\nfailure: {failure}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("authority.pem");
    let url = start(&file).await;
    let child = |authority: Option<&Path>| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = "tls::a_certificate_that_nobody_vouches_for_is_refused_with_advice_and_the_advice_works";
        command.args(["--exact", name, "--nocapture"]).env(CHILD, &url);
        command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
        command.envs(authority.map(|file| ("SSL_CERT_FILE", file)));
        tokio::task::spawn_blocking(move || String::from_utf8(command.output().unwrap().stdout).unwrap())
    };
    let refused = child(None).await.unwrap();
    assert!(refused.contains("text: \n"), "{refused}");
    assert!(refused.contains("failure: Network false The certificate of double (https://localhost:"), "{refused}");
    assert!(refused.contains("UnknownIssuer") && refused.contains("SSL_CERT_FILE"), "{refused}");
    let trusted = child(Some(&file)).await.unwrap();
    assert!(trusted.contains("text: over TLS\nfailure: \n"), "{trusted}");
}
