//! An HTTP/1.1 upstream that records exactly what arrives and answers as the test says.
//!
//! The script is asked as soon as a head is complete, so that it can answer before the body ends.
//! While an answer waits, the connection is read on, so that a close of the gateway is noticed at
//! once and recorded.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::message::{Body, Framing, Head, chunked, read_body, read_chunk};
use crate::wire::{Record, Stream, Wire};
use crate::{Problem, Result, eventually, websocket};

/// One request as it arrived.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Which connection of the upstream brought it, from 0.
    pub connection: usize,
    /// How many requests the connection brought before it.
    pub before: usize,
    /// The head.
    pub head: Head,
    /// The body; empty until it was read.
    pub body: Body,
}

/// One step of an answer.
#[derive(Debug, Clone)]
pub enum Step {
    /// Read the request's body to its end, after a 100 Continue where one is waited for.
    ReadBody,
    /// Write bytes.
    Write(Vec<u8>),
    /// Wait.
    Sleep(Duration),
    /// Write the whole body back with its length; after `ReadBody`.
    EchoBody,
    /// Write a chunked head and every chunk of the request back as it comes, trailers too.
    EchoChunks,
    /// Write Server-Sent Events `data: N MICROSECONDS`, one every `every`, `count` of them.
    Events {
        /// How many.
        count: usize,
        /// How often.
        every: Duration,
    },
    /// Accept the upgrade and echo WebSocket messages until the close.
    WebSocketEcho,
    /// Close the connection.
    Close,
    /// Reset the connection.
    Reset,
    /// Keep the connection open without a word until the gateway closes it.
    Hang,
}

/// What the upstream does about one request.
#[derive(Debug, Clone)]
pub struct Answer(pub Vec<Step>);

impl Answer {
    /// 200 with a body, after the request's body was read.
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::status("200 OK", &[], body)
    }

    /// A status line, fields and a body with its length, after the request's body was read.
    pub fn status(status: &str, fields: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {status}\r\n");
        for (name, value) in fields {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        bytes.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let mut bytes = bytes.into_bytes();
        bytes.extend_from_slice(body);
        Self::raw(bytes)
    }

    /// Exact bytes, after the request's body was read.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![Step::ReadBody, Step::Write(bytes.into())])
    }

    /// 200 chunked in pieces of `size`, with trailers.
    pub fn chunked(body: &[u8], size: usize, trailers: &[(&str, &str)]) -> Self {
        let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n".to_vec();
        if !trailers.is_empty() {
            let names: Vec<&str> = trailers.iter().map(|(name, _)| *name).collect();
            bytes.extend(format!("Trailer: {}\r\n", names.join(", ")).into_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend(chunked(body, size, trailers));
        Self::raw(bytes)
    }

    /// The request's body with its length.
    pub fn echo() -> Self {
        Self(vec![Step::ReadBody, Step::EchoBody])
    }

    /// Server-Sent Events.
    pub fn events(count: usize, every: Duration) -> Self {
        Self(vec![Step::ReadBody, Step::Events { count, every }])
    }

    /// The same answer after a wait.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.0.insert(0, Step::Sleep(wait));
        self
    }

    /// The same answer, then a close.
    #[must_use]
    pub fn then_close(mut self) -> Self {
        self.0.push(Step::Close);
        self
    }
}

type Script = dyn Fn(&Request) -> Answer + Send + Sync;

/// The upstream. It stops with the value.
pub struct RecordingUpstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    script: Box<Script>,
    connections: Mutex<Vec<Arc<Record>>>,
    requests: Mutex<Vec<Request>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for RecordingUpstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingUpstream").field("address", &self.address).finish_non_exhaustive()
    }
}

impl RecordingUpstream {
    /// An upstream on a port of the kernel's choice.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), None, script).await
    }

    /// An upstream that answers 200 with `ok` to everything.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn fixed() -> Result<Self> {
        Self::start(|_| Answer::ok("ok")).await
    }

    /// An upstream on an address, behind TLS where an acceptor is given.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start_at(
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script: Box::new(script),
            connections: Mutex::default(),
            requests: Mutex::default(),
            tasks: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, tls, Arc::clone(&shared)));
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every connection so far, in order.
    pub fn connections(&self) -> Vec<Arc<Record>> {
        self.shared.connections.lock().clone()
    }

    /// How many bytes arrived on all connections together.
    pub fn total_bytes(&self) -> usize {
        self.connections().iter().map(|record| record.len()).sum()
    }

    /// Every request whose head arrived, in order, with the bodies that were read.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().clone()
    }

    /// The last request.
    ///
    /// # Errors
    /// When there was none.
    pub fn last(&self) -> Result<Request> {
        let requests = self.shared.requests.lock();
        requests.last().cloned().ok_or_else(|| Problem::new("no request reached the upstream"))
    }

    /// Waits until every connection is closed.
    ///
    /// # Errors
    /// When one stays open.
    pub async fn all_closed(&self) -> Result<()> {
        eventually("connections to the upstream close", || {
            self.connections().iter().all(|record| record.is_closed()).then_some(())
        })
        .await
    }

    /// Stops listening and drops every connection at once.
    pub fn stop(&self) {
        self.accepting.abort();
        for task in self.shared.tasks.lock().drain(..) {
            task.abort();
        }
    }
}

impl Drop for RecordingUpstream {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let record = Arc::new(Record::default());
        let index = {
            let mut connections = shared.connections.lock();
            connections.push(Arc::clone(&record));
            connections.len() - 1
        };
        let own = Arc::clone(&shared);
        let tls = tls.clone();
        let task = tokio::spawn(async move {
            let stream: Box<dyn Stream> = match tls {
                None => Box::new(stream),
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => Box::new(stream),
                    Err(_) => return,
                },
            };
            let wire = Wire::recorded(stream, Arc::clone(&record));
            let mut connection = Connection { index, wire: Some(wire), shared: own };
            let _ = connection.serve().await;
            record.close();
        });
        shared.tasks.lock().push(task);
    }
}

struct Connection {
    index: usize,
    /// Gone after an upgrade.
    wire: Option<Wire>,
    shared: Arc<Shared>,
}

impl Connection {
    async fn serve(&mut self) -> Result<()> {
        let mut before = 0;
        while let Some(raw) = self.wire()?.until(b"\r\n\r\n").await? {
            let request = Request {
                connection: self.index,
                before,
                head: Head::parse(raw),
                body: Body::default(),
            };
            let place = {
                let mut requests = self.shared.requests.lock();
                requests.push(request.clone());
                requests.len() - 1
            };
            let Answer(steps) = (self.shared.script)(&request);
            for step in steps {
                if !self.step(place, &request.head, step).await? {
                    return Ok(());
                }
            }
            before += 1;
        }
        Ok(())
    }

    fn wire(&mut self) -> Result<&mut Wire> {
        self.wire.as_mut().ok_or_else(|| Problem::new("the connection was upgraded"))
    }

    /// Carries out one step; `false` when the connection is over.
    async fn step(&mut self, place: usize, head: &Head, step: Step) -> Result<bool> {
        match step {
            Step::ReadBody => {
                if head.names("expect", "100-continue") {
                    self.wire()?.write(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
                }
                let body = read_body(self.wire()?, Framing::of_request(head)).await?;
                self.note(place, body);
            }
            Step::Write(bytes) => self.wire()?.write(&bytes).await?,
            Step::Sleep(wait) => return self.pause(wait).await,
            Step::EchoBody => {
                let body = self.noted(place).bytes;
                let Answer(steps) = Answer::ok(body);
                for step in steps {
                    if let Step::Write(bytes) = step {
                        self.wire()?.write(&bytes).await?;
                    }
                }
            }
            Step::EchoChunks => self.echo_chunks(place).await?,
            Step::Events { count, every } => return self.events(count, every).await,
            Step::WebSocketEcho => {
                if let Some(wire) = self.wire.take() {
                    websocket::serve_echo(wire, head).await?;
                }
                return Ok(false);
            }
            Step::Close => return Ok(false),
            Step::Reset => {
                self.reset();
                return Ok(false);
            }
            Step::Hang => while self.pause(crate::DEADLINE).await? {},
        }
        Ok(true)
    }

    fn note(&self, place: usize, body: Body) {
        if let Some(request) = self.shared.requests.lock().get_mut(place) {
            request.body = body;
        }
    }

    fn noted(&self, place: usize) -> Body {
        self.shared.requests.lock().get(place).map(|r| r.body.clone()).unwrap_or_default()
    }

    /// Waits, and reads on meanwhile; `false` when the gateway closed.
    async fn pause(&mut self, wait: Duration) -> Result<bool> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            match tokio::time::timeout_at(end, self.wire()?.fill()).await {
                Err(_) => return Ok(true),
                Ok(Ok(0) | Err(_)) => return Ok(false),
                Ok(Ok(_)) => {}
            }
        }
    }

    async fn events(&mut self, count: usize, every: Duration) -> Result<bool> {
        self.wire()?
            .write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                  Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n",
            )
            .await?;
        for number in 0..count {
            let event = format!("data: {number} {}\n\n", crate::sse::micros_now());
            let chunk = format!("{:x}\r\n{event}\r\n", event.len());
            self.wire()?.write(chunk.as_bytes()).await?;
            if !self.pause(every).await? {
                return Ok(false);
            }
        }
        self.wire()?.write(b"0\r\n\r\n").await?;
        Ok(true)
    }

    async fn echo_chunks(&mut self, place: usize) -> Result<()> {
        let wire = self.wire()?;
        wire.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
        let mut body = Body::default();
        let mut sent = 0;
        while read_chunk(wire, &mut body).await? {
            let piece = body.bytes.get(sent..).unwrap_or_default();
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend_from_slice(piece);
            chunk.extend_from_slice(b"\r\n");
            wire.write(&chunk).await?;
            sent = body.bytes.len();
        }
        let mut end = b"0\r\n".to_vec();
        for (name, value) in &body.trailers {
            end.extend_from_slice(name.as_bytes());
            end.extend_from_slice(b": ");
            end.extend_from_slice(value);
            end.extend_from_slice(b"\r\n");
        }
        end.extend_from_slice(b"\r\n");
        wire.write(&end).await?;
        self.note(place, body);
        Ok(())
    }

    /// Drops the connection so that unread bytes make the kernel send a reset.
    fn reset(&mut self) {
        self.wire = None;
    }
}
