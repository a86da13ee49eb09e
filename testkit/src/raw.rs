//! A downstream that sends exactly the bytes it is told and reads what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::certificates::Authority;
use crate::message::{Body, Framing, Head, read_body};
use crate::wire::{Stream, Wire};
use crate::{Problem, Result, within};

/// A response with everything that was on the wire.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// Heads of status 1xx that came before.
    pub interim: Vec<Head>,
    /// The final head.
    pub head: Head,
    /// The body, unframed, with trailers.
    pub body: Body,
}

impl Response {
    /// The status of the final head.
    pub fn status(&self) -> u16 {
        self.head.status()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body.bytes).into_owned()
    }
}

/// A connection under the full control of the test.
#[derive(Debug)]
pub struct RawDownstream {
    wire: Wire,
}

impl RawDownstream {
    /// Over plain TCP.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = within("connect", TcpStream::connect(address)).await?;
        stream.set_nodelay(true)?;
        Ok(Self::over(stream))
    }

    /// Over TLS with HTTP/1.1.
    ///
    /// # Errors
    /// When nobody listens there or the handshake fails.
    pub async fn tls(authority: &Authority, address: SocketAddr, name: &str) -> Result<Self> {
        Ok(Self::over(authority.connect(address, name, &["http/1.1"]).await?))
    }

    /// Over any stream.
    pub fn over(stream: impl Stream + 'static) -> Self {
        Self { wire: Wire::new(stream) }
    }

    /// Writes the bytes in one piece.
    ///
    /// # Errors
    /// When the gateway has closed.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        within("send", self.wire.write(bytes.as_ref())).await
    }

    /// Writes the bytes in pieces of `size` with a pause after each.
    ///
    /// # Errors
    /// When the gateway has closed.
    pub async fn send_slowly(&mut self, bytes: &[u8], size: usize, pause: Duration) -> Result<()> {
        for piece in bytes.chunks(size.max(1)) {
            self.send(piece).await?;
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// Says that nothing more will be sent; reading goes on.
    ///
    /// # Errors
    /// When the gateway has closed.
    pub async fn half_close(&mut self) -> Result<()> {
        within("half close", self.wire.half_close()).await
    }

    /// Reads the next head, interim or final.
    ///
    /// # Errors
    /// When the gateway closes before it.
    pub async fn read_head(&mut self) -> Result<Head> {
        let raw = within("read the head", self.wire.until(b"\r\n\r\n")).await?;
        raw.map(Head::parse).ok_or_else(|| Problem::new("closed without an answer"))
    }

    /// Reads one whole response to a request of the given method.
    ///
    /// # Errors
    /// When the gateway closes before its end.
    pub async fn read(&mut self, method: &str) -> Result<Response> {
        let mut response = Response { head: self.read_head().await?, ..Response::default() };
        while response.head.status() < 200 && response.head.status() != 101 {
            response.interim.push(std::mem::take(&mut response.head));
            response.head = self.read_head().await?;
        }
        let framing = Framing::of_response(&response.head, method);
        let body = read_body(&mut self.wire, framing);
        response.body = within("read the body", body).await?;
        Ok(response)
    }

    /// Sends a request and reads its response. An error of sending is told only when there is no
    /// response, as a gateway may answer and close before everything was sent.
    ///
    /// # Errors
    /// When the gateway closes before the end of its response.
    pub async fn ask(&mut self, request: impl AsRef<[u8]>) -> Result<Response> {
        let request = request.as_ref();
        let method = request.split(|byte| *byte == b' ').next().unwrap_or_default();
        let sent = self.send(request).await;
        match self.read(&String::from_utf8_lossy(method)).await {
            Ok(response) => Ok(response),
            Err(problem) => Err(Problem::new(format!("{problem} (sent: {sent:?})"))),
        }
    }

    /// Reads until the gateway closes; what was read. A reset counts as a close.
    ///
    /// # Errors
    /// When it does not close within the deadline.
    pub async fn until_closed(&mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let read = tokio::time::timeout(crate::DEADLINE, self.wire.some(1 << 20)).await;
            match read {
                Ok(Ok(bytes)) if !bytes.is_empty() => all.extend(bytes),
                Ok(_) => return Ok(all),
                Err(_) => return Err(Problem::new("the gateway did not close")),
            }
        }
    }

    /// The wire itself, for protocols beyond request and response.
    pub fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// The wire itself, for good.
    pub fn into_wire(self) -> Wire {
        self.wire
    }
}

/// One request on one connection.
///
/// # Errors
/// When there is no connection or no whole response.
pub async fn ask(address: SocketAddr, request: impl AsRef<[u8]>) -> Result<Response> {
    RawDownstream::connect(address).await?.ask(request).await
}

/// A GET on one connection.
///
/// # Errors
/// When there is no connection or no whole response.
pub async fn get(address: SocketAddr, host: &str, target: &str) -> Result<Response> {
    ask(address, format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
        .await
}
