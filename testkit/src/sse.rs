//! A reader of Server-Sent Events that notes when each came.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::message::{Body, read_chunk};
use crate::raw::RawDownstream;
use crate::{Problem, Result, within};

/// Microseconds since 1970, of the clock that the upstream shares.
pub fn micros_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// One event of the recording upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its number, from 0.
    pub number: u64,
    /// How long after the upstream wrote it it was read, microseconds.
    pub delay_micros: u64,
}

/// An open stream of events over HTTP/1.1.
#[derive(Debug)]
pub struct EventStream {
    down: RawDownstream,
    body: Body,
    taken: usize,
}

impl EventStream {
    /// Asks for `target` and reads the head.
    ///
    /// # Errors
    /// When the answer is not a chunked 200.
    pub async fn open(address: SocketAddr, host: &str, target: &str) -> Result<Self> {
        let mut down = RawDownstream::connect(address).await?;
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n\r\n");
        down.send(request).await?;
        let head = down.read_head().await?;
        if head.status() != 200 || !head.names("transfer-encoding", "chunked") {
            return Err(Problem::new(format!("not a stream: {:?}", head)));
        }
        Ok(Self { down, body: Body::default(), taken: 0 })
    }

    /// The next event; `None` at the proper end of the stream.
    ///
    /// # Errors
    /// When the stream breaks or stalls.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            let rest = self.body.bytes.get(self.taken..).unwrap_or_default();
            if let Some(end) = rest.windows(2).position(|two| two == b"\n\n") {
                let event = parse(rest.get(..end).unwrap_or_default())?;
                self.taken += end + 2;
                return Ok(Some(event));
            }
            let more = read_chunk(self.down.wire(), &mut self.body);
            if !within("the next event", more).await? {
                return Ok(None);
            }
        }
    }
}

/// Reads `data: NUMBER MICROSECONDS`.
///
/// # Errors
/// When it is something else.
pub fn parse(event: &[u8]) -> Result<Event> {
    let text = String::from_utf8_lossy(event);
    let words: Vec<u64> =
        text.trim_start_matches("data:").split_whitespace().flat_map(str::parse).collect();
    match words.as_slice() {
        [number, sent] => {
            Ok(Event { number: *number, delay_micros: micros_now().saturating_sub(*sent) })
        }
        _ => Err(Problem::new(format!("not an event of the upstream: {text:?}"))),
    }
}
