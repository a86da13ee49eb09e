//! What the tests of this folder share: documents, and a server over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use portcullis_config::{Plugin, PullSecret, parse_str};
use sha2::{Digest, Sha256};

/// The smallest module there is.
pub(crate) const MODULE: &[u8] = b"\0asm\x01\0\0\0";

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A plugin as documents give it. `more` stands after its name and URL.
pub(crate) fn plugin(url: &str, more: &str) -> Plugin {
    let text = format!("plugins: [{{name: p, url: '{url}'{more}}}]\n");
    parse_str("gateway.yaml", &text).unwrap_or_else(|p| panic!("{p:?}")).gateway.plugins.remove(0)
}

pub(crate) fn no_secrets() -> BTreeMap<String, PullSecret> {
    BTreeMap::new()
}

/// A request: its first line and its header lines.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.iter().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Status, header lines, body.
pub(crate) type Reply = (u16, Vec<String>, Vec<u8>);

/// A server that answers each request by a function and remembers what it was asked.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that went away is its own business.
                let _ = serve(stream.unwrap(), &answer, &seen);
            }
        });
        Self { address, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve<S: Read + Write>(
    stream: S,
    answer: &impl Fn(&Request) -> Reply,
    seen: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    if head.is_empty() {
        return Ok(());
    }
    let request = Request { line: head.remove(0), headers: head };
    let (status, headers, body) = answer(&request);
    seen.lock().unwrap().push(request);
    let stream = reader.get_mut();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    )?;
    for line in headers {
        write!(stream, "{line}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&body)?;
    stream.flush()
}

/// Whether somebody listens there.
pub(crate) fn listens(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// Serves one TLS connection after another with this configuration.
pub(crate) fn start_tls(config: rustls::ServerConfig, body: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let stream = rustls::StreamOwned::new(session, stream.unwrap());
            let seen = Mutex::new(Vec::new());
            let _ = serve(stream, &|_: &Request| (200, Vec::new(), body.clone()), &seen);
        }
    });
    address
}
