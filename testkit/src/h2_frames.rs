//! HTTP/2 by hand: frames and field blocks that no library would send, and as much reading as it
//! takes to tell how the gateway answered.

use std::net::SocketAddr;

use crate::raw::RawDownstream;
use crate::wire::Wire;
use crate::{Problem, Result, within};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How the gateway answered a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A response with this status.
    Status(u16),
    /// RST_STREAM with this error code.
    Reset(u32),
    /// GOAWAY with this error code.
    GoAway(u32),
    /// The connection was closed without a word.
    Closed,
}

/// Kinds of frames, RFC 9113 section 6.
pub mod kind {
    /// DATA.
    pub const DATA: u8 = 0;
    /// HEADERS.
    pub const HEADERS: u8 = 1;
    /// RST_STREAM.
    pub const RST_STREAM: u8 = 3;
    /// SETTINGS.
    pub const SETTINGS: u8 = 4;
    /// PING.
    pub const PING: u8 = 6;
    /// GOAWAY.
    pub const GOAWAY: u8 = 7;
    /// WINDOW_UPDATE.
    pub const WINDOW_UPDATE: u8 = 8;
    /// CONTINUATION.
    pub const CONTINUATION: u8 = 9;
}

/// END_STREAM, or ACK.
pub const END_STREAM: u8 = 0x1;
/// END_HEADERS.
pub const END_HEADERS: u8 = 0x4;

/// One frame as bytes.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut out = length.get(1..).unwrap_or_default().to_vec();
    out.push(kind);
    out.push(flags);
    out.extend(stream.to_be_bytes());
    out.extend_from_slice(payload);
    out
}

/// A field block of literals without indexing and without Huffman coding: names and values are
/// sent as they are, whatever they hold.
pub fn block(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        literal(&mut out, name);
        literal(&mut out, value);
    }
    out
}

fn literal(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = bytes.len();
    if length < 127 {
        out.push(u8::try_from(length).unwrap_or(0));
    } else {
        out.push(127);
        let mut rest = length - 127;
        while rest >= 128 {
            out.push(u8::try_from(rest % 128 + 128).unwrap_or(0));
            rest /= 128;
        }
        out.push(u8::try_from(rest).unwrap_or(0));
    }
    out.extend_from_slice(bytes);
}

/// A connection that speaks frames.
#[derive(Debug)]
pub struct RawH2 {
    wire: Wire,
}

impl RawH2 {
    /// Connects in the clear and sends the preface with empty settings.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        Self::over(RawDownstream::connect(address).await?).await
    }

    /// Sends the preface with empty settings over a connection.
    ///
    /// # Errors
    /// When the gateway closes.
    pub async fn over(down: RawDownstream) -> Result<Self> {
        let mut wire = down.into_wire();
        wire.write(PREFACE).await?;
        wire.write(&frame(kind::SETTINGS, 0, 0, &[])).await?;
        Ok(Self { wire })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the gateway has closed.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        within("send", self.wire.write(bytes)).await
    }

    /// Reads frames until the gateway has answered the stream in one way or the other.
    ///
    /// # Errors
    /// When nothing comes within the deadline, or a status that cannot be read.
    pub async fn outcome(&mut self, stream: u32) -> Result<Outcome> {
        loop {
            let Some((kind, flags, id, payload)) = self.next_frame().await? else {
                return Ok(Outcome::Closed);
            };
            match kind {
                kind::SETTINGS if flags & END_STREAM == 0 => {
                    let _ = self.send(&frame(kind::SETTINGS, END_STREAM, 0, &[])).await;
                }
                kind::HEADERS if id == stream => return status(&payload).map(Outcome::Status),
                kind::RST_STREAM if id == stream => return Ok(Outcome::Reset(word(&payload, 0))),
                kind::GOAWAY if word(&payload, 4) != 0 => {
                    return Ok(Outcome::GoAway(word(&payload, 4)));
                }
                _ => {}
            }
        }
    }

    async fn next_frame(&mut self) -> Result<Option<(u8, u8, u32, Vec<u8>)>> {
        let head = tokio::time::timeout(crate::DEADLINE, self.wire.exact(9)).await;
        let head = match head {
            Err(_) => return Err(Problem::new("no answer to the stream within the deadline")),
            Ok(Err(_)) => return Ok(None),
            Ok(Ok(head)) => head,
        };
        let [a, b, c, kind, flags, rest @ ..] = head.as_slice() else { return Ok(None) };
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let id = word(rest, 0) & 0x7fff_ffff;
        match within("a frame's payload", self.wire.exact(length)).await {
            Ok(payload) => Ok(Some((*kind, *flags, id, payload))),
            Err(_) => Ok(None),
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    u32::from_be_bytes(four.unwrap_or_default())
}

/// The status in the first field of a block, as encoders write it: an entry of the static table,
/// or a literal with the name of entry 8 (RFC 7541 sections 6.1, 6.2 and appendix A).
fn status(block: &[u8]) -> Result<u16> {
    const STATIC: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
    let odd = || Problem::new(format!("not a status: {block:02x?}"));
    // A change of the table's size may come first (section 6.3).
    let block = match block {
        [first, rest @ ..] if first & 0xe0 == 0x20 => rest,
        all => all,
    };
    match block {
        [first, ..] if (0x88..=0x8e).contains(first) => {
            STATIC.get(usize::from(first - 0x88)).copied().ok_or_else(odd)
        }
        [0x48 | 0x08 | 0x18, length, rest @ ..] if length & 0x80 == 0 => {
            let text = rest.get(..usize::from(*length)).ok_or_else(odd)?;
            String::from_utf8_lossy(text).parse().map_err(|_| odd())
        }
        [0x48 | 0x08 | 0x18, length, rest @ ..] => {
            let coded = rest.get(..usize::from(length & 0x7f)).ok_or_else(odd)?;
            huffman_digits(coded).ok_or_else(odd)
        }
        _ => Err(odd()),
    }
}

/// Three digits in the Huffman code of RFC 7541 appendix B: 0, 1, 2 take five bits, the others six.
fn huffman_digits(coded: &[u8]) -> Option<u16> {
    let bits: Vec<u8> =
        coded.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let number = |at: usize, length: usize| {
        Some(bits.get(at..at + length)?.iter().fold(0u16, |sum, bit| sum * 2 + u16::from(*bit)))
    };
    let mut at = 0;
    let mut status = 0;
    for _ in 0..3 {
        let short = number(at, 5)?;
        let digit = if short < 3 {
            at += 5;
            short
        } else {
            let long = number(at, 6)?;
            at += 6;
            long.checked_sub(0x19)? + 3
        };
        status = status * 10 + digit;
    }
    Some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_statuses() {
        assert_eq!(status(&[0x88]).ok(), Some(200));
        assert_eq!(status(&[0x8c]).ok(), Some(400));
        assert_eq!(status(&[0x48, 0x03, b'4', b'0', b'3']).ok(), Some(403));
        // RFC 7541 appendix C.6.1: 302 is 64 02.
        assert_eq!(status(&[0x48, 0x82, 0x64, 0x02]).ok(), Some(302));
    }
}
