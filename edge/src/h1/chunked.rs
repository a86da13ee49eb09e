//! Chunked transfer coding (RFC 9112 section 7.1), decoded strictly and with its trailers.

use bytes::{Buf, BytesMut};
use http::HeaderMap;

use super::head::parse_trailers;
use crate::message::Frame;

/// Longest line with a chunk size and its extensions. Extensions are ignored, so nobody needs long ones.
const SIZE_LINE_BYTES: usize = 256;
/// Largest trailer section.
const TRAILER_BYTES: usize = 8 * 1024;
/// Most trailer fields.
const TRAILER_LINES: usize = 32;

/// A decoder of chunks.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    state: State,
    /// Bytes of the trailer section already known to hold no end of it.
    scanned: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Data(u64),
    DataEnd,
    Trailers,
    Done,
}

/// The bytes are not chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkError(pub(crate) &'static str);

impl Chunks {
    /// Takes the next frame out of the input; none when it needs more bytes.
    pub(crate) fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, ChunkError> {
        loop {
            match self.state {
                State::Size => {
                    let Some(size) = size_line(input)? else { return Ok(None) };
                    self.state = if size == 0 { State::Trailers } else { State::Data(size) };
                }
                State::Data(left) => {
                    if input.is_empty() {
                        return Ok(None);
                    }
                    let n = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let left = left - n as u64;
                    self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                    return Ok(Some(Frame::Data(input.split_to(n).freeze())));
                }
                State::DataEnd => {
                    if input.len() < 2 {
                        return if input.first().is_none_or(|b| *b == b'\r') {
                            Ok(None)
                        } else {
                            Err(ChunkError("chunk data is longer than its size"))
                        };
                    }
                    if !input.starts_with(b"\r\n") {
                        return Err(ChunkError("chunk data is longer than its size"));
                    }
                    input.advance(2);
                    self.state = State::Size;
                }
                State::Trailers => {
                    let Some(trailers) = self.trailers(input)? else { return Ok(None) };
                    self.state = State::Done;
                    return Ok(Some(if trailers.is_empty() {
                        Frame::End
                    } else {
                        Frame::Trailers(trailers)
                    }));
                }
                State::Done => return Ok(Some(Frame::End)),
            }
        }
    }

    fn trailers(&mut self, input: &mut BytesMut) -> Result<Option<HeaderMap>, ChunkError> {
        if input.starts_with(b"\r\n") {
            input.advance(2);
            return Ok(Some(HeaderMap::new()));
        }
        while let Some(found) = memchr::memchr(b'\n', &input[self.scanned..]) {
            let lf = self.scanned + found;
            if lf == 0 || input[lf - 1] != b'\r' {
                return Err(ChunkError("a trailer line ends in LF without CR"));
            }
            self.scanned = lf + 1;
            if lf >= 3 && input[lf - 2] == b'\n' {
                let section = input.split_to(lf + 1).freeze();
                return parse_trailers(&section, TRAILER_LINES)
                    .map(Some)
                    .map_err(|e| ChunkError(e.name()));
            }
        }
        self.scanned = input.len();
        if input.len() > TRAILER_BYTES {
            return Err(ChunkError("the trailer section is too large"));
        }
        Ok(None)
    }
}

fn size_line(input: &mut BytesMut) -> Result<Option<u64>, ChunkError> {
    let window = &input[..input.len().min(SIZE_LINE_BYTES)];
    let Some(lf) = memchr::memchr(b'\n', window) else {
        return if input.len() >= SIZE_LINE_BYTES {
            Err(ChunkError("the chunk size line is too long"))
        } else {
            Ok(None)
        };
    };
    let line = window[..lf].strip_suffix(b"\r");
    let line = line.ok_or(ChunkError("a chunk size line ends in LF without CR"))?;
    let digits = line.iter().position(|b| !b.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, extensions) = line.split_at(digits);
    if digits.is_empty() || digits.len() > 16 {
        return Err(ChunkError("the chunk size is not a hexadecimal number"));
    }
    let mut size = 0u64;
    for digit in digits {
        let value = char::from(*digit).to_digit(16).unwrap_or(0);
        size = (size << 4) | u64::from(value);
    }
    if size > u64::MAX / 2 {
        return Err(ChunkError("the chunk size is out of range"));
    }
    check_extensions(extensions)?;
    input.advance(lf + 1);
    Ok(Some(size))
}

/// `*( ";" token [ "=" ( token / quoted-string ) ] )`, without the white space that RFC 9112 section 7.1.1 calls
/// bad: recipients that disagree about where an extension ends disagree about where the chunk begins.
fn check_extensions(mut rest: &[u8]) -> Result<(), ChunkError> {
    const PROBLEM: ChunkError = ChunkError("a chunk extension is malformed");
    while let Some((first, after)) = rest.split_first() {
        if *first != b';' {
            return Err(PROBLEM);
        }
        rest = token(after).ok_or(PROBLEM)?;
        if let Some(value) = rest.strip_prefix(b"=") {
            rest = match value.strip_prefix(b"\"") {
                Some(quoted) => quoted_string(quoted).ok_or(PROBLEM)?,
                None => token(value).ok_or(PROBLEM)?,
            };
        }
    }
    Ok(())
}

fn token(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|b| !is_token(*b)).unwrap_or(bytes.len());
    (end > 0).then(|| &bytes[end..])
}

fn quoted_string(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (first, after) = bytes.split_first()?;
        match first {
            b'"' => return Some(after),
            b'\\' => bytes = after.split_first()?.1,
            b'\t' | b' '..=b'~' | 0x80.. => bytes = after,
            _ => return None,
        }
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

#[cfg(test)]
mod tests;
