//! Where a message body ends, writing.

use bytes::{BufMut, BytesMut};
use http::HeaderMap;

use super::wire::Wire;
use crate::message::Frame;

/// A body being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoder {
    /// So many bytes are still promised.
    Length(u64),
    /// Chunks.
    Chunked,
    /// Until we close.
    Close,
    /// Nothing more.
    Done,
}

/// The frame contradicts what the head promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LengthError;

impl Encoder {
    pub(crate) fn encode(&mut self, frame: Frame, wire: &mut Wire) -> Result<(), LengthError> {
        match (&mut *self, frame) {
            (Self::Length(left), Frame::Data(bytes)) => {
                *left = left.checked_sub(bytes.len() as u64).ok_or(LengthError)?;
                wire.write_bytes(bytes);
            }
            (Self::Length(0), Frame::End | Frame::Trailers(_)) => *self = Self::Done,
            (Self::Length(_), Frame::End | Frame::Trailers(_)) => return Err(LengthError),
            (Self::Chunked, Frame::Data(bytes)) => {
                wire.write_with(|out| write_size(out, bytes.len()));
                wire.write_bytes(bytes);
                wire.write_with(|out| out.put_slice(b"\r\n"));
            }
            (Self::Chunked, Frame::End) => {
                wire.write_with(|out| out.put_slice(b"0\r\n\r\n"));
                *self = Self::Done;
            }
            (Self::Chunked, Frame::Trailers(trailers)) => {
                wire.write_with(|out| write_trailers(out, &trailers));
                *self = Self::Done;
            }
            (Self::Close, Frame::Data(bytes)) => wire.write_bytes(bytes),
            (Self::Close, Frame::End | Frame::Trailers(_)) => *self = Self::Done,
            (Self::Done, Frame::Data(_)) => return Err(LengthError),
            (Self::Done, Frame::End | Frame::Trailers(_)) => {}
        }
        Ok(())
    }
}

fn write_size(out: &mut BytesMut, size: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut line = [0u8; 18];
    line[16..].copy_from_slice(b"\r\n");
    let mut at = 16;
    let mut rest = size;
    loop {
        at -= 1;
        line[at] = DIGITS[rest & 15];
        rest >>= 4;
        if rest == 0 {
            break;
        }
    }
    out.put_slice(&line[at..]);
}

fn write_trailers(out: &mut BytesMut, trailers: &HeaderMap) {
    out.put_slice(b"0\r\n");
    for (name, value) in trailers {
        out.put_slice(name.as_str().as_bytes());
        out.put_slice(b": ");
        out.put_slice(value.as_bytes());
        out.put_slice(b"\r\n");
    }
    out.put_slice(b"\r\n");
}
