//! HTTP/1 messages as bytes: heads with the fields in order and untouched, bodies with trailers.
//! Deliberately small and separate from the parser of the gateway: it is the second opinion.

use std::io;

use crate::wire::Wire;
use crate::{Problem, Result};

/// A head as it was on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The bytes of the head with the empty line.
    pub raw: Vec<u8>,
    /// The request line or status line.
    pub start: String,
    /// The fields in order; names as written, values without surrounding blanks.
    pub fields: Vec<(String, Vec<u8>)>,
}

impl Head {
    /// Takes a head apart. Never refuses: what has no colon becomes a field without a value.
    pub fn parse(raw: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&raw).into_owned();
        let mut lines = text.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let fields = raw
            .split(|byte| *byte == b'\n')
            .skip(1)
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty())
            .map(|line| match line.iter().position(|byte| *byte == b':') {
                Some(colon) => (lossy(line.get(..colon)), trimmed(line.get(colon + 1..))),
                None => (lossy(Some(line)), Vec::new()),
            })
            .collect();
        Self { raw, start, fields }
    }

    /// The first value of a field, by name without regard to case.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a field, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> + use<'_> {
        let name = name.to_owned();
        self.fields
            .iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(&name))
            .map(|(_, value)| std::str::from_utf8(value).unwrap_or("(not UTF-8)"))
    }

    /// Whether a list field names a token.
    pub fn names(&self, field: &str, token: &str) -> bool {
        self.all(field).flat_map(|v| v.split(',')).any(|v| v.trim().eq_ignore_ascii_case(token))
    }

    /// One blank-separated word of the first line.
    pub fn word(&self, index: usize) -> &str {
        self.start.split(' ').nth(index).unwrap_or_default()
    }

    /// The status of a response head; 0 when it is none.
    pub fn status(&self) -> u16 {
        self.word(1).parse().unwrap_or(0)
    }

    /// The request target of a request head.
    pub fn target(&self) -> &str {
        self.word(1)
    }

    /// The method of a request head.
    pub fn method(&self) -> &str {
        self.word(0)
    }
}

fn lossy(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

fn trimmed(bytes: Option<&[u8]>) -> Vec<u8> {
    bytes.unwrap_or_default().trim_ascii().to_vec()
}

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// Content-Length.
    Length(usize),
    /// Transfer-Encoding: chunked.
    Chunked,
    /// Until the connection closes.
    UntilClose,
}

impl Framing {
    /// Framing of a request by its head.
    pub fn of_request(head: &Head) -> Self {
        if head.names("transfer-encoding", "chunked") {
            return Self::Chunked;
        }
        match head.field("content-length").and_then(|v| v.parse().ok()) {
            Some(0) | None => Self::None,
            Some(length) => Self::Length(length),
        }
    }

    /// Framing of a response by its head and the request's method.
    pub fn of_response(head: &Head, method: &str) -> Self {
        let status = head.status();
        if method == "HEAD" || status == 204 || status == 304 || status < 200 {
            return Self::None;
        }
        if head.names("transfer-encoding", "chunked") {
            return Self::Chunked;
        }
        match head.field("content-length").and_then(|v| v.parse().ok()) {
            Some(length) => Self::Length(length),
            None => Self::UntilClose,
        }
    }
}

/// A body, unframed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The trailers of a chunked body.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// The sizes of the chunks of a chunked body.
    pub chunks: Vec<usize>,
}

/// Reads one whole body.
///
/// # Errors
/// The stream's, or a chunk that is none.
pub async fn read_body(wire: &mut Wire, framing: Framing) -> Result<Body> {
    let mut body = Body::default();
    match framing {
        Framing::None => {}
        Framing::Length(length) => body.bytes = wire.exact(length).await?,
        Framing::UntilClose => body.bytes = wire.rest().await?,
        Framing::Chunked => while read_chunk(wire, &mut body).await? {},
    }
    Ok(body)
}

/// Reads the next chunk into the body; `false` after the last one and its trailers.
///
/// # Errors
/// The stream's, or a chunk that is none.
pub async fn read_chunk(wire: &mut Wire, body: &mut Body) -> Result<bool> {
    let line = wire.until(b"\r\n").await?.ok_or_else(cut)?;
    let text = String::from_utf8_lossy(&line).trim().to_owned();
    let size = text.split(';').next().unwrap_or_default().trim();
    let size = usize::from_str_radix(size, 16)
        .map_err(|_| Problem::new(format!("not the size of a chunk: {text:?}")))?;
    if size > 0 {
        body.chunks.push(size);
        body.bytes.extend(wire.exact(size).await?);
        let end = wire.exact(2).await?;
        return if end == b"\r\n" { Ok(true) } else { Err(Problem::new("chunk without its end")) };
    }
    let mut raw = b"\r\n".to_vec();
    loop {
        let line = wire.until(b"\r\n").await?.ok_or_else(cut)?;
        if line == b"\r\n" {
            break;
        }
        raw.extend(line);
    }
    body.trailers = Head::parse(raw).fields;
    Ok(false)
}

fn cut() -> Problem {
    io::Error::new(io::ErrorKind::UnexpectedEof, "closed inside a chunked body").into()
}

/// Bytes as chunked coding, in pieces of `size`, with trailers.
pub fn chunked(bytes: &[u8], size: usize, trailers: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / size.max(1) * 8 + 64);
    for piece in bytes.chunks(size.max(1)) {
        out.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        out.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out
}
