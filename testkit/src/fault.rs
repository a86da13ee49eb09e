//! A TCP proxy between the gateway and an upstream that breaks connections as the test says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::Result;

/// What happens to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: bytes pass.
    None,
    /// Each piece towards the gateway is held back for this long.
    Delay(Duration),
    /// Reset as soon as the gateway has sent a byte.
    ResetOnFirstByte,
    /// Reset after this many bytes towards the gateway.
    ResetAfter(usize),
    /// Close towards the gateway, still reading, after this many bytes towards it.
    HalfCloseAfter(usize),
    /// Close both ways after this many bytes towards the gateway.
    TruncateAfter(usize),
    /// Accepted and never answered; the upstream sees nothing.
    BlackHole,
}

/// The proxy. It stops with the value.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    fault: Arc<Mutex<Fault>>,
    accepting: JoinHandle<()>,
}

impl FaultProxy {
    /// A proxy in front of `upstream`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(upstream: SocketAddr, fault: Fault) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let fault = Arc::new(Mutex::new(fault));
        let current = Arc::clone(&fault);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let fault = *current.lock();
                tokio::spawn(async move {
                    let _ = carry(stream, upstream, fault).await;
                });
            }
        });
        Ok(Self { address, fault, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the fault of connections to come.
    pub fn set(&self, fault: Fault) {
        *self.fault.lock() = fault;
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(gateway: TcpStream, upstream: SocketAddr, fault: Fault) -> Result<()> {
    gateway.set_nodelay(true)?;
    if fault == Fault::BlackHole {
        tokio::time::sleep(Duration::from_secs(120)).await;
        return Ok(());
    }
    if fault == Fault::ResetOnFirstByte {
        gateway.readable().await?;
        return reset(gateway);
    }
    if let Fault::ResetAfter(_) = fault {
        // With no time to linger, dropping the socket sends a reset.
        socket2::SockRef::from(&gateway).set_linger(Some(Duration::ZERO))?;
    }
    let upstream = TcpStream::connect(upstream).await?;
    upstream.set_nodelay(true)?;
    let (mut gateway_read, mut gateway_write) = gateway.into_split();
    let (mut upstream_read, mut upstream_write) = upstream.into_split();
    let up = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut gateway_read, &mut upstream_write).await;
        let _ = upstream_write.shutdown().await;
    });
    let mut passed = 0;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = upstream_read.read(&mut buffer).await?;
        if count == 0 {
            gateway_write.shutdown().await?;
            let _ = up.await;
            return Ok(());
        }
        let (allowed, over) = allowance(fault, passed, count);
        if let Fault::Delay(wait) = fault {
            tokio::time::sleep(wait).await;
        }
        gateway_write.write_all(buffer.get(..allowed).unwrap_or_default()).await?;
        passed += allowed;
        if !over {
            continue;
        }
        match fault {
            Fault::HalfCloseAfter(_) => {
                gateway_write.shutdown().await?;
                let _ = up.await;
            }
            Fault::ResetAfter(_)
            | Fault::TruncateAfter(_)
            | Fault::None
            | Fault::Delay(_)
            | Fault::ResetOnFirstByte
            | Fault::BlackHole => up.abort(),
        }
        return Ok(());
    }
}

/// How many of `count` bytes may still pass, and whether the fault comes after them.
fn allowance(fault: Fault, passed: usize, count: usize) -> (usize, bool) {
    match fault {
        Fault::ResetAfter(most) | Fault::HalfCloseAfter(most) | Fault::TruncateAfter(most) => {
            let left = most.saturating_sub(passed);
            (count.min(left), count >= left)
        }
        Fault::None | Fault::Delay(_) | Fault::ResetOnFirstByte | Fault::BlackHole => {
            (count, false)
        }
    }
}

fn reset(stream: TcpStream) -> Result<()> {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    drop(stream);
    Ok(())
}
