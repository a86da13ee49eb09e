//! One request on a connection of its own: the bytes as they are, and what comes back.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::response::{Reply, Step, step};
use super::target::Target;

/// The most bytes of an answer.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// How long a gateway may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// Between two reads.
    pub read: Duration,
    /// From connecting to the last byte.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            read: Duration::from_secs(5),
            total: Duration::from_secs(10),
        }
    }
}

/// Sends `wire` and reads one answer.
///
/// # Errors
/// Says why there is no answer: not reached, closed, too late, or no HTTP.
pub(super) fn exchange(target: &Target, wire: &[u8], timeouts: &Timeouts) -> Result<Reply, String> {
    let end = Instant::now() + timeouts.total;
    let tcp =
        connect(target, timeouts.connect).map_err(|error| format!("not connected: {error}"))?;
    let options = tcp.set_nodelay(true).and_then(|()| tcp.set_write_timeout(Some(timeouts.total)));
    options.map_err(|error| error.to_string())?;
    let clock = Clock { tcp: tcp.try_clone().map_err(|error| error.to_string())?, end, timeouts };
    let head = wire.starts_with(b"HEAD ");
    match &target.tls {
        None => ask(tcp, wire, head, &clock),
        Some((config, name)) => {
            let session = rustls::ClientConnection::new(config.clone(), name.clone())
                .map_err(|error| error.to_string())?;
            ask(rustls::StreamOwned::new(session, tcp), wire, head, &clock)
        }
    }
}

/// To the first address that takes the connection.
fn connect(target: &Target, timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in &target.addresses {
        match TcpStream::connect_timeout(address, timeout) {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Keeps the timeouts of a connection's reads.
struct Clock<'a> {
    tcp: TcpStream,
    end: Instant,
    timeouts: &'a Timeouts,
}

impl Clock<'_> {
    /// Sets the timeout of the next read.
    fn next(&self) -> Result<(), String> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err("no whole answer in time".to_owned());
        }
        let timeout = left.min(self.timeouts.read);
        self.tcp.set_read_timeout(Some(timeout)).map_err(|error| error.to_string())
    }
}

fn ask(
    mut stream: impl Read + Write,
    wire: &[u8],
    head: bool,
    clock: &Clock<'_>,
) -> Result<Reply, String> {
    clock.next()?;
    // A gateway may answer and close before it has read all: what it said then still counts.
    let written = stream.write_all(wire).and_then(|()| stream.flush());
    let mut answer = Vec::new();
    let mut chunk = vec![0_u8; 16 * 1024];
    loop {
        clock.next()?;
        let read = match stream.read(&mut chunk) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // TLS without its closing message, or a reset after the answer.
            Err(error) if is_end(&error) => 0,
            Err(error) if is_late(&error) => return Err("no whole answer in time".to_owned()),
            Err(error) => return Err(error.to_string()),
        };
        answer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if answer.len() > MAX_ANSWER_BYTES {
            return Err(format!("the answer is larger than {MAX_ANSWER_BYTES} bytes"));
        }
        match step(&answer, head, read == 0)? {
            Step::Whole(reply) => return Ok(reply),
            Step::More if read > 0 => {}
            Step::More => {
                let why = written.err().map_or("closed".to_owned(), |error| error.to_string());
                return Err(format!("no whole answer: {why}"));
            }
        }
    }
}

fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
