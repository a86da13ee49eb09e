//! The upstream of the regression tests on a socket: albedo's answers, and those that stages bring themselves.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::MARKER_HEADER;
use crate::ftw::schema::Response;
use crate::ftw::upstream::{self, Answer};
use crate::ftw::wire::{WireRequest, chunks};

/// The most connections at once; more are closed at once.
const MAX_CONNECTIONS: usize = 512;
/// The largest request, head and body.
const MAX_REQUEST_BYTES: usize = 32 * 1024 * 1024;
/// How long a connection may be idle.
const IDLE: Duration = Duration::from_secs(60);

/// The answers of stages that bring their own, by the number of the marker.
type Given = Arc<BTreeMap<u64, Response>>;

/// A listening upstream. It ends with the value.
#[derive(Debug)]
pub struct Reflector {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Reflector {
    /// Listens.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start(address: SocketAddr, given: Given) -> io::Result<Reflector> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ended);
        let listening = thread::spawn(move || accept(&listener, &flag, &given));
        Ok(Reflector { address, ended, listening: Some(listening) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Reflector {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        // Wakes the thread, which then sees the flag.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok();
        if let Some(listening) = self.listening.take().filter(|_| woken) {
            let _ = listening.join();
        }
    }
}

fn accept(listener: &TcpListener, ended: &AtomicBool, given: &Given) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if ended.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if open.fetch_add(1, Ordering::AcqRel) >= MAX_CONNECTIONS {
            open.fetch_sub(1, Ordering::AcqRel);
            continue;
        }
        let (open, given) = (Arc::clone(&open), Arc::clone(given));
        thread::spawn(move || {
            // A connection that breaks is the gateway's to notice.
            let _ = serve(stream, &given);
            open.fetch_sub(1, Ordering::AcqRel);
        });
    }
}

fn serve(mut stream: TcpStream, given: &Given) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut bytes = Vec::new();
    while let Some(end) = request(&mut stream, &mut bytes)? {
        let rest = bytes.split_off(end);
        let request = WireRequest::parse(&bytes);
        let answer = upstream::answer(&request, own(&request, given));
        let close = request.header("Connection").is_some_and(|value| value == b"close");
        stream.write_all(&wire(&answer, request.method == b"HEAD", close))?;
        if close {
            return Ok(());
        }
        bytes = rest;
    }
    Ok(())
}

/// The answer a stage brings itself.
fn own<'a>(request: &WireRequest, given: &'a Given) -> Option<&'a Response> {
    let marker = std::str::from_utf8(request.header(MARKER_HEADER)?).ok()?;
    given.get(&marker.rsplit('-').next()?.parse().ok()?)
}

/// Reads on until `bytes` begins with a whole request; its length, or nothing when the connection ended.
fn request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let mut chunk = vec![0_u8; 16 * 1024];
    let mut invited = false;
    loop {
        if let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4) {
            if let Some(end) = whole(bytes, head) {
                return Ok(Some(end));
            }
            let expects = WireRequest::parse(bytes.get(..head).unwrap_or_default());
            if !invited && bytes.len() == head && expects.header("Expect").is_some() {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                invited = true;
            }
        }
        if bytes.len() > MAX_REQUEST_BYTES {
            return Err(io::Error::other("the request is too large"));
        }
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
}

/// Where the request that begins `bytes` ends, if it does.
fn whole(bytes: &[u8], head: usize) -> Option<usize> {
    let request = WireRequest::parse(bytes.get(..head).unwrap_or_default());
    let rest = bytes.get(head..).unwrap_or_default();
    if request.header("Transfer-Encoding").is_some() {
        // A gateway sends no pipelined requests, and no trailers of these tests.
        return (chunks(rest).1 && rest.ends_with(b"\r\n\r\n")).then_some(bytes.len());
    }
    let length = request.header("Content-Length").map_or(Some(0), |value| {
        std::str::from_utf8(value).ok().and_then(|value| value.parse::<usize>().ok())
    });
    let end = head + length?;
    (bytes.len() >= end).then_some(end)
}

fn wire(answer: &Answer, to_head: bool, close: bool) -> Vec<u8> {
    let mut wire = format!("HTTP/1.1 {} Reflected\r\n", answer.status).into_bytes();
    let bodiless = matches!(answer.status, 100..200 | 204 | 304);
    for (name, value) in &answer.headers {
        if !(bodiless && name.eq_ignore_ascii_case("Content-Length")) {
            wire.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    if close {
        wire.extend_from_slice(b"Connection: close\r\n");
    }
    wire.extend_from_slice(b"\r\n");
    if !to_head && !bodiless {
        wire.extend_from_slice(&answer.body);
    }
    wire
}
