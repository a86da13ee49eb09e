//! WebSocket at both ends: a client through the gateway, an echo for the recording upstream.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::message::Head;
use crate::raw::RawDownstream;
use crate::wire::{Stream, Wire};
use crate::{Problem, Result, within};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::new(format!("WebSocket failed: {error}"))
    }
}

/// A boxed stream as one type, for the WebSocket library.
struct Boxed(Box<dyn Stream>);

impl AsyncRead for Boxed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Boxed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Answers 101 and echoes every message until the close.
pub(crate) async fn serve_echo(mut wire: Wire, head: &Head) -> Result<()> {
    let Some(key) = head.field("sec-websocket-key") else {
        wire.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await?;
        return Ok(());
    };
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    wire.write(answer.as_bytes()).await?;
    let (stream, read) = wire.into_parts();
    let mut socket =
        WebSocketStream::from_partially_read(Boxed(stream), read, Role::Server, None).await;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// A WebSocket through the gateway.
pub struct WebSocket {
    socket: WebSocketStream<Boxed>,
    /// The head of the gateway's 101.
    pub head: Head,
}

impl std::fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSocket").field("head", &self.head).finish_non_exhaustive()
    }
}

impl WebSocket {
    /// Opens a socket over plain TCP.
    ///
    /// # Errors
    /// When the answer is not a proper 101.
    pub async fn open(address: SocketAddr, host: &str, target: &str) -> Result<Self> {
        Self::over(RawDownstream::connect(address).await?, host, target).await
    }

    /// Opens a socket over a connection.
    ///
    /// # Errors
    /// When the answer is not a proper 101.
    pub async fn over(mut down: RawDownstream, host: &str, target: &str) -> Result<Self> {
        let key = "dGhlIHNhbXBsZSBub25jZQ==";
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        );
        down.send(request).await?;
        let head = down.read_head().await?;
        let accept = derive_accept_key(key.as_bytes());
        if head.status() != 101 || head.field("sec-websocket-accept") != Some(accept.as_str()) {
            return Err(Problem::new(format!("not an upgrade: {head:?}")));
        }
        let (stream, read) = down.into_wire().into_parts();
        let socket =
            WebSocketStream::from_partially_read(Boxed(stream), read, Role::Client, None).await;
        Ok(Self { socket, head })
    }

    /// Sends bytes as one message and reads the next message.
    ///
    /// # Errors
    /// When the socket closes.
    pub async fn echo(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        within("send", self.socket.send(Message::binary(bytes.to_vec()))).await?;
        let next = async { Ok::<_, Problem>(self.socket.next().await) };
        match within("the echo", next).await? {
            Some(message) => Ok(message?.into_data().to_vec()),
            None => Err(Problem::new("the socket closed")),
        }
    }

    /// Closes the socket with the handshake of the protocol.
    ///
    /// # Errors
    /// When it was closed already.
    pub async fn close(mut self) -> Result<()> {
        within("close", self.socket.close(None)).await
    }
}
