//! An HTTP/2 client: over TLS by ALPN, or in the clear with prior knowledge.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, StatusCode};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::certificates::Authority;
use crate::wire::Stream;
use crate::{Problem, Result, within};

/// A whole response.
#[derive(Debug, Clone)]
pub struct H2Response {
    /// Status.
    pub status: StatusCode,
    /// Fields.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
    /// Trailers, where there are any.
    pub trailers: Option<HeaderMap>,
}

/// One connection.
#[derive(Debug)]
pub struct H2Client {
    send: SendRequest<Bytes>,
    driver: JoinHandle<()>,
}

impl Drop for H2Client {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl H2Client {
    /// In the clear, with prior knowledge.
    ///
    /// # Errors
    /// When nobody listens there or the handshake fails.
    pub async fn plain(address: SocketAddr) -> Result<Self> {
        let stream = within("connect", TcpStream::connect(address)).await?;
        stream.set_nodelay(true)?;
        Self::over(stream).await
    }

    /// Over TLS; the gateway must choose h2.
    ///
    /// # Errors
    /// When the handshake fails or ends without h2.
    pub async fn tls(authority: &Authority, address: SocketAddr, name: &str) -> Result<Self> {
        let stream = authority.connect(address, name, &["h2", "http/1.1"]).await?;
        let chosen = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        if chosen.as_deref() != Some(b"h2") {
            return Err(Problem::new(format!("ALPN chose {chosen:?}, not h2")));
        }
        Self::over(stream).await
    }

    async fn over(stream: impl Stream + 'static) -> Result<Self> {
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(1 << 20).initial_connection_window_size(8 << 20);
        let (send, connection) = within("h2 handshake", builder.handshake(stream)).await?;
        let driver = tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Self { send, driver })
    }

    /// Opens a stream; the request's head goes out now, its body is the caller's to send.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn open(
        &mut self,
        request: Request<()>,
        end: bool,
    ) -> Result<(ResponseFuture, SendStream<Bytes>)> {
        let ready = within("h2 ready", self.send.clone().ready()).await?;
        self.send = ready;
        Ok(self.send.send_request(request, end)?)
    }

    /// A request with a body in pieces and trailers, and its whole response.
    ///
    /// # Errors
    /// When the stream or connection is reset.
    pub async fn ask(
        &mut self,
        request: Request<()>,
        body: &[&[u8]],
        trailers: Option<HeaderMap>,
    ) -> Result<H2Response> {
        let end = body.is_empty() && trailers.is_none();
        let (response, mut stream) = self.open(request, end).await?;
        let sending = async {
            let last = body.len().saturating_sub(1);
            for (index, piece) in body.iter().enumerate() {
                let end = index == last && trailers.is_none();
                send_all(&mut stream, Bytes::copy_from_slice(piece), end).await?;
            }
            if let Some(trailers) = trailers {
                stream.send_trailers(trailers)?;
            }
            Ok::<(), Problem>(())
        };
        // An answer may come before everything was sent; then the rest need not be.
        let reading = read_response(response);
        tokio::pin!(sending, reading);
        let mut sent = end;
        loop {
            tokio::select! {
                result = &mut sending, if !sent => { sent = true; let _ = result; }
                response = &mut reading => return response,
            }
        }
    }

    /// A GET and its whole response.
    ///
    /// # Errors
    /// When the stream or connection is reset.
    pub async fn get(&mut self, uri: &str) -> Result<H2Response> {
        self.ask(Request::get(uri).body(())?, &[], None).await
    }
}

/// Sends a piece as fast as the window allows.
///
/// # Errors
/// When the stream is reset.
pub async fn send_all(stream: &mut SendStream<Bytes>, mut piece: Bytes, end: bool) -> Result<()> {
    if piece.is_empty() {
        stream.send_data(piece, end)?;
        return Ok(());
    }
    while !piece.is_empty() {
        stream.reserve_capacity(piece.len());
        let window = std::future::poll_fn(|cx| stream.poll_capacity(cx));
        let granted = async { Ok::<_, Problem>(window.await) };
        let Some(granted) = within("h2 window", granted).await? else {
            return Err(Problem::new("the stream is closed"));
        };
        let now = piece.split_to(granted?.min(piece.len()));
        let last = end && piece.is_empty();
        stream.send_data(now, last)?;
    }
    Ok(())
}

/// Reads a whole response.
///
/// # Errors
/// When the stream is reset.
pub async fn read_response(response: ResponseFuture) -> Result<H2Response> {
    let response = within("h2 response", response).await?;
    let (head, mut stream) = response.into_parts();
    let mut body = Vec::new();
    while let Some(piece) = next_piece(&mut stream).await? {
        body.extend_from_slice(&piece);
    }
    let trailers = within("h2 trailers", stream.trailers()).await?;
    Ok(H2Response { status: head.status, headers: head.headers, body, trailers })
}

/// The next piece of a body, with its window given back; `None` at the end.
///
/// # Errors
/// When the stream is reset.
pub async fn next_piece(stream: &mut RecvStream) -> Result<Option<Bytes>> {
    let next = async { Ok::<_, Problem>(stream.data().await) };
    match within("h2 data", next).await? {
        None => Ok(None),
        Some(piece) => {
            let piece = piece?;
            stream.flow_control().release_capacity(piece.len())?;
            Ok(Some(piece))
        }
    }
}
