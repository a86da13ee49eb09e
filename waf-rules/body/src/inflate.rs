//! Content codings (RFC 9110 section 8.4.1) undone for inspection, within limits.
//!
//! Decodes gzip, deflate (zlib, and the raw form that some clients send), br and zstd, in lists, as a
//! stream: a bomb stops at the limit, whatever it would have grown to.

mod brotli;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, BufReader, Read};

/// What a decoding may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Bytes that each coding of the list may give.
    pub output_bytes: usize,
    /// How many times the size of the body each coding may give, once past [`Limits::free_bytes`].
    pub ratio: usize,
    /// Output below which the ratio does not matter: a small body of one repeated letter is no bomb.
    pub free_bytes: usize,
    /// Codings in the list.
    pub codings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { output_bytes: 16 << 20, ratio: 200, free_bytes: 1 << 20, codings: 2 }
    }
}

/// Why a body was not decoded to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// A coding that is not known: nothing was decoded.
    UnknownCoding,
    /// More codings than [`Limits::codings`]: nothing was decoded.
    Codings,
    /// The body is not of the coding it claims, or ended too early.
    Corrupt,
    /// Data follows the end of the encoded body.
    TrailingData,
    /// More than [`Limits::output_bytes`].
    OutputBytes,
    /// More than [`Limits::ratio`] allows.
    Ratio,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnknownCoding => "content coding is not known",
            Self::Codings => "body has too many content codings",
            Self::Corrupt => "encoded body is corrupt or truncated",
            Self::TrailingData => "encoded body is followed by more data",
            Self::OutputBytes => "decoded body is too large",
            Self::Ratio => "decoded body is too large for its encoded size",
        })
    }
}

/// A decoded body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inflated {
    /// What could be decoded within the limits.
    pub bytes: Vec<u8>,
    /// What stopped the decoding, or what was wrong at its end.
    pub problem: Option<Problem>,
}

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// Reads the list of a `Content-Encoding` value; `identity` and empty members stand for nothing.
fn codings(value: &[u8], limits: &Limits) -> Result<Vec<Coding>, Problem> {
    let mut list = Vec::new();
    for name in value.split(|&b| b == b',').map(<[u8]>::trim_ascii) {
        list.push(match name.to_ascii_lowercase().as_slice() {
            b"" | b"identity" => continue,
            b"gzip" | b"x-gzip" => Coding::Gzip,
            b"deflate" => Coding::Deflate,
            b"br" => Coding::Brotli,
            b"zstd" => Coding::Zstd,
            _ => return Err(Problem::UnknownCoding),
        });
        if list.len() > limits.codings {
            return Err(Problem::Codings);
        }
    }
    Ok(list)
}

/// True when a `Content-Encoding` value says that the body is encoded at all.
pub fn is_encoded(value: &[u8]) -> bool {
    !value
        .split(|&b| b == b',')
        .map(<[u8]>::trim_ascii)
        .all(|name| name.is_empty() || name.eq_ignore_ascii_case(b"identity"))
}

/// Decodes `body`, to which the codings of `content_encoding` were applied in the order of the list.
/// Several `Content-Encoding` fields are one list, joined by commas.
pub fn inflate(content_encoding: &[u8], body: &[u8], limits: &Limits) -> Inflated {
    let list = match codings(content_encoding, limits) {
        Ok(list) => list,
        Err(problem) => return Inflated { bytes: Vec::new(), problem: Some(problem) },
    };
    if list.is_empty() {
        return Inflated { bytes: body.to_vec(), problem: None };
    }
    let ratio_bytes = body.len().saturating_mul(limits.ratio).max(limits.free_bytes);
    let budget = limits.output_bytes.min(ratio_bytes);
    let over =
        if ratio_bytes < limits.output_bytes { Problem::Ratio } else { Problem::OutputBytes };
    let mut stream: Box<dyn BufRead + '_> = Box::new(body);
    for &coding in list.iter().rev() {
        let stage = match decoder(coding, stream) {
            Ok(stage) => stage,
            Err(_) => return Inflated { bytes: Vec::new(), problem: Some(Problem::Corrupt) },
        };
        stream = Box::new(BufReader::with_capacity(CHUNK_BYTES, Bounded { stage, left: budget }));
    }
    drain(stream, over)
}

/// The buffer between two stages.
const CHUNK_BYTES: usize = 8 << 10;

/// The largest window a zstd frame may ask for, as a power of two: 8 MiB (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

fn drain(mut stream: Box<dyn BufRead + '_>, over: Problem) -> Inflated {
    let mut inflated = Inflated::default();
    loop {
        let chunk = match stream.fill_buf() {
            Ok([]) => return inflated,
            Ok(chunk) => chunk,
            Err(error) => {
                inflated.problem = Some(problem(&error, over));
                return inflated;
            }
        };
        inflated.bytes.extend_from_slice(chunk);
        let used = chunk.len();
        stream.consume(used);
    }
}

/// The stages speak of the end in kinds of errors, because a decoder in between passes those on.
fn problem(error: &io::Error, over: Problem) -> Problem {
    if error.kind() == io::ErrorKind::FileTooLarge {
        over
    } else if error.kind() == io::ErrorKind::StorageFull {
        Problem::TrailingData
    } else {
        Problem::Corrupt
    }
}

fn decoder<'a>(coding: Coding, mut input: Box<dyn BufRead + 'a>) -> io::Result<Box<dyn Read + 'a>> {
    Ok(match coding {
        Coding::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        Coding::Deflate => {
            // RFC 9110 says zlib, but raw deflate is common: the zlib head (RFC 1950) has a check sum.
            let head = input.fill_buf()?;
            match *head {
                [cmf, flags, ..]
                    if cmf & 0x0F == 8 && (u16::from(cmf) << 8 | u16::from(flags)) % 31 == 0 =>
                {
                    Box::new(ToEnd::new(flate2::bufread::ZlibDecoder::new(input)))
                }
                _ => Box::new(ToEnd::new(flate2::bufread::DeflateDecoder::new(input))),
            }
        }
        Coding::Brotli => Box::new(ToEnd::new(brotli::Decoder::new(input))),
        Coding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
    })
}

/// A decoder that knows the reader it takes from.
trait Over: Read {
    fn rest(&mut self) -> io::Result<bool>;
}

impl<R: BufRead> Over for flate2::bufread::ZlibDecoder<R> {
    fn rest(&mut self) -> io::Result<bool> {
        Ok(!self.get_mut().fill_buf()?.is_empty())
    }
}

impl<R: BufRead> Over for flate2::bufread::DeflateDecoder<R> {
    fn rest(&mut self) -> io::Result<bool> {
        Ok(!self.get_mut().fill_buf()?.is_empty())
    }
}

impl<R: BufRead> Over for brotli::Decoder<R> {
    fn rest(&mut self) -> io::Result<bool> {
        Ok(!self.input().fill_buf()?.is_empty())
    }
}

/// Checks at the end of a decoder that its input has ended too.
struct ToEnd<D> {
    decoder: D,
}

impl<D: Over> ToEnd<D> {
    fn new(decoder: D) -> Self {
        Self { decoder }
    }
}

impl<D: Over> Read for ToEnd<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        if read == 0 && !buffer.is_empty() && self.decoder.rest()? {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(read)
    }
}

/// Fails with `FileTooLarge` when a stage gives more than `left` bytes.
struct Bounded<'a> {
    stage: Box<dyn Read + 'a>,
    left: usize,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            // Exactly at the limit is allowed; one byte more is not.
            return match self.stage.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
            };
        }
        let most = buffer.len().min(self.left);
        let read = self.stage.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left -= read;
        Ok(read)
    }
}
