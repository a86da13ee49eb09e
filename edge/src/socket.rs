//! The byte stream under a connection.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A connection's bytes, whatever carries them.
pub(crate) enum Socket {
    /// Cleartext from a listener.
    Tcp(TcpStream),
    /// TLS from a listener.
    Tls(Box<TlsStream<TcpStream>>),
    /// A connection made by pingora's connector, cleartext or TLS.
    Connector(pingora_core::protocols::Stream),
    /// A stream of which some bytes were read to find out what it is.
    Rewound(Box<Rewound>),
}

impl Socket {
    /// Lets a connection of a downstream end with a reset. TLS needs none: without a close_notify its end is
    /// known for what it is.
    pub(crate) fn reset_when_dropped(&self) {
        match self {
            Self::Tcp(stream) => {
                let _ = socket2::SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO));
            }
            Self::Rewound(rewound) => rewound.socket.reset_when_dropped(),
            Self::Tls(_) | Self::Connector(_) => {}
        }
    }
}

/// A stream and what was read of it already.
pub(crate) struct Rewound {
    read: BytesMut,
    socket: Socket,
}

impl Rewound {
    pub(crate) fn new(socket: Socket, read: BytesMut) -> Self {
        Self { read, socket }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.read.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        let n = self.read.len().min(buf.remaining());
        buf.put_slice(&self.read[..n]);
        self.read.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(s) => Pin::new(s).poll_read(cx, buf),
            Self::Tls(s) => Pin::new(s).poll_read(cx, buf),
            Self::Connector(s) => Pin::new(s).poll_read(cx, buf),
            Self::Rewound(s) => s.poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(s) => Pin::new(s).poll_write(cx, buf),
            Self::Tls(s) => Pin::new(s).poll_write(cx, buf),
            Self::Connector(s) => Pin::new(s).poll_write(cx, buf),
            Self::Rewound(s) => Pin::new(&mut s.socket).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(s) => Pin::new(s).poll_write_vectored(cx, bufs),
            Self::Tls(s) => Pin::new(s).poll_write_vectored(cx, bufs),
            Self::Connector(s) => Pin::new(s).poll_write_vectored(cx, bufs),
            Self::Rewound(s) => Pin::new(&mut s.socket).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(s) => s.is_write_vectored(),
            Self::Tls(s) => s.is_write_vectored(),
            Self::Connector(s) => s.is_write_vectored(),
            Self::Rewound(s) => s.socket.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(s) => Pin::new(s).poll_flush(cx),
            Self::Tls(s) => Pin::new(s).poll_flush(cx),
            Self::Connector(s) => Pin::new(s).poll_flush(cx),
            Self::Rewound(s) => Pin::new(&mut s.socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(s) => Pin::new(s).poll_shutdown(cx),
            Self::Tls(s) => Pin::new(s).poll_shutdown(cx),
            Self::Connector(s) => Pin::new(s).poll_shutdown(cx),
            Self::Rewound(s) => Pin::new(&mut s.socket).poll_shutdown(cx),
        }
    }
}
