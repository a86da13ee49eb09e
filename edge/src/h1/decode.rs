//! Where a message body ends, reading.

use bytes::BytesMut;

use super::chunked::{ChunkError, Chunks};
use crate::message::Frame;

/// A body being read.
#[derive(Debug)]
pub(crate) enum Decoder {
    /// So many bytes are left.
    Length(u64),
    /// Chunks.
    Chunked(Chunks),
    /// Until the other side closes.
    Close,
    /// The end has been given out.
    Done,
}

impl Decoder {
    pub(crate) fn chunked() -> Self {
        Self::Chunked(Chunks::default())
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// Takes the next frame out of the input; none when it needs more bytes.
    pub(crate) fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, ChunkError> {
        match self {
            Self::Length(0) => {
                *self = Self::Done;
                Ok(Some(Frame::End))
            }
            Self::Length(left) => {
                if input.is_empty() {
                    return Ok(None);
                }
                let n = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                *left -= n as u64;
                Ok(Some(Frame::Data(input.split_to(n).freeze())))
            }
            Self::Chunked(chunks) => {
                let frame = chunks.decode(input)?;
                if matches!(frame, Some(Frame::Trailers(_) | Frame::End)) {
                    *self = Self::Done;
                }
                Ok(frame)
            }
            Self::Close if input.is_empty() => Ok(None),
            Self::Close => Ok(Some(Frame::Data(input.split().freeze()))),
            Self::Done => Ok(None),
        }
    }

    /// The other side has closed: the end of a body that ends so, and a broken one otherwise.
    pub(crate) fn at_eof(&mut self) -> Option<Frame> {
        match self {
            Self::Close => {
                *self = Self::Done;
                Some(Frame::End)
            }
            Self::Length(_) | Self::Chunked(_) | Self::Done => None,
        }
    }
}
