//! An HTTP/2 upstream in the clear that records requests, for gRPC-like exchanges with trailers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::{HeaderMap, Request, Response};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::h2_client::{next_piece, send_all};
use crate::{Problem, Result};

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct H2Request {
    /// The head.
    pub head: http::request::Parts,
    /// The body; empty until it ended.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Option<HeaderMap>,
}

/// What the upstream answers, after the request's end.
#[derive(Debug, Clone)]
pub struct H2Answer {
    /// Head.
    pub head: Response<()>,
    /// Body in pieces, each a DATA frame, with a pause after each.
    pub pieces: Vec<Bytes>,
    /// The pause.
    pub pause: Duration,
    /// Trailers.
    pub trailers: Option<HeaderMap>,
}

impl H2Answer {
    /// 200 with pieces and trailers, without pauses.
    pub fn ok(pieces: Vec<Bytes>, trailers: Option<HeaderMap>) -> Self {
        Self { head: Response::new(()), pieces, pause: Duration::ZERO, trailers }
    }
}

type Script = dyn Fn(&H2Request) -> H2Answer + Send + Sync;

/// The upstream. It stops with the value.
pub struct H2Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    script: Box<Script>,
    connections: AtomicUsize,
    resets: AtomicUsize,
    requests: Mutex<Vec<H2Request>>,
}

impl std::fmt::Debug for H2Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("H2Upstream").field("address", &self.address).finish_non_exhaustive()
    }
}

impl H2Upstream {
    /// An upstream on a port of the kernel's choice.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(
        script: impl Fn(&H2Request) -> H2Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script: Box::new(script),
            connections: AtomicUsize::new(0),
            resets: AtomicUsize::new(0),
            requests: Mutex::default(),
        });
        let own = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                own.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&own)));
            }
        });
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many streams the gateway gave up before their end.
    pub fn resets(&self) -> usize {
        self.shared.resets.load(Ordering::SeqCst)
    }

    /// Every request that ended, in order.
    pub fn requests(&self) -> Vec<H2Request> {
        self.shared.requests.lock().clone()
    }
}

impl Drop for H2Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: tokio::net::TcpStream, shared: Arc<Shared>) {
    let mut builder = h2::server::Builder::new();
    builder.initial_window_size(1 << 20).initial_connection_window_size(8 << 20);
    let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            if exchange(request, respond, &shared).await.is_err() {
                shared.resets.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
}

async fn exchange(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    shared: &Shared,
) -> Result<()> {
    let (head, mut stream) = request.into_parts();
    let mut request = H2Request { head, body: Vec::new(), trailers: None };
    while let Some(piece) = next_piece(&mut stream).await? {
        request.body.extend_from_slice(&piece);
    }
    request.trailers = stream.trailers().await?;
    shared.requests.lock().push(request.clone());
    let answer = (shared.script)(&request);
    let end = answer.pieces.is_empty() && answer.trailers.is_none();
    let mut send = respond.send_response(answer.head, end)?;
    let last = answer.pieces.len().saturating_sub(1);
    for (index, piece) in answer.pieces.into_iter().enumerate() {
        send_all(&mut send, piece, index == last && answer.trailers.is_none()).await?;
        let gone = std::future::poll_fn(|cx| send.poll_reset(cx));
        if answer.pause > Duration::ZERO && tokio::time::timeout(answer.pause, gone).await.is_ok() {
            return Err(Problem::new("the gateway gave the stream up"));
        }
    }
    if let Some(trailers) = answer.trailers {
        send.send_trailers(trailers)?;
    }
    Ok(())
}
