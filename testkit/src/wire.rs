//! A byte stream with a buffer of what was read and not yet taken, and, where asked for, a record
//! of every byte that ever arrived.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest line or head a wire takes before it gives up, bytes.
const HEAD_BYTES_MAX: usize = 4 << 20;

/// Anything that carries bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What one connection brought, byte for byte.
#[derive(Debug, Default)]
pub struct Record {
    bytes: Mutex<Vec<u8>>,
    closed: AtomicBool,
}

impl Record {
    /// Every byte that arrived so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().clone()
    }

    /// How many bytes arrived so far.
    pub fn len(&self) -> usize {
        self.bytes.lock().len()
    }

    /// Whether no byte arrived so far.
    pub fn is_empty(&self) -> bool {
        self.bytes.lock().is_empty()
    }

    /// Whether the other side has closed or reset the connection, or we have.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}

/// A buffered stream.
pub struct Wire {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    record: Option<Arc<Record>>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("buffered", &self.buffer.len()).finish_non_exhaustive()
    }
}

impl Wire {
    /// A wire over a stream.
    pub fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), buffer: Vec::new(), record: None }
    }

    /// A wire that records what arrives.
    pub fn recorded(stream: impl Stream + 'static, record: Arc<Record>) -> Self {
        Self { record: Some(record), ..Self::new(stream) }
    }

    /// Reads once into the buffer; 0 at the end of the stream. Cancel-safe.
    pub async fn fill(&mut self) -> io::Result<usize> {
        let before = self.buffer.len();
        self.buffer.reserve(16 * 1024);
        let read = self.stream.read_buf(&mut self.buffer).await;
        if let Some(record) = &self.record {
            record.bytes.lock().extend_from_slice(self.buffer.get(before..).unwrap_or_default());
            if !matches!(read, Ok(n) if n > 0) {
                record.close();
            }
        }
        read
    }

    /// Takes the bytes up to and with `pattern`; `None` when the stream ends before anything came.
    ///
    /// # Errors
    /// The stream's error, or `UnexpectedEof` in the middle.
    pub async fn until(&mut self, pattern: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let mut looked = 0;
        loop {
            let from = looked.min(self.buffer.len());
            let rest = self.buffer.get(from..).unwrap_or_default();
            if let Some(at) = rest.windows(pattern.len()).position(|w| w == pattern) {
                return Ok(Some(self.take(from + at + pattern.len())));
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(io::Error::other("no end of the head in sight"));
            }
            looked = self.buffer.len().saturating_sub(pattern.len());
            if self.fill().await? == 0 {
                return if self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        format!("closed after {:?}", String::from_utf8_lossy(&self.buffer)),
                    ))
                };
            }
        }
    }

    /// Takes at least one and at most `most` bytes; empty at the end of the stream.
    pub async fn some(&mut self, most: usize) -> io::Result<Vec<u8>> {
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        let count = most.min(self.buffer.len());
        Ok(self.take(count))
    }

    /// Takes exactly `count` bytes.
    ///
    /// # Errors
    /// The stream's error, or `UnexpectedEof` when it ends before.
    pub async fn exact(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < count {
            if self.fill().await? == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    format!("{} of {count} bytes", self.buffer.len()),
                ));
            }
        }
        Ok(self.take(count))
    }

    /// Takes everything until the other side closes.
    pub async fn rest(&mut self) -> io::Result<Vec<u8>> {
        while self.fill().await? > 0 {}
        Ok(std::mem::take(&mut self.buffer))
    }

    /// Writes all the bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Says that nothing more will be written.
    pub async fn half_close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// The stream and what was read from it and not taken.
    pub fn into_parts(self) -> (Box<dyn Stream>, Vec<u8>) {
        (self.stream, self.buffer)
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(count.min(self.buffer.len()));
        std::mem::replace(&mut self.buffer, rest)
    }
}
