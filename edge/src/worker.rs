//! A worker: one thread that accepts connections and serves them to their end.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use portcullis_canonical::SpoofList;
use portcullis_pipeline::{Snapshot, SnapshotHandle};
use portcullis_telemetry::Metrics;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

use crate::budget::Budget;
use crate::health::HealthChecks;
use crate::listener::{self, Gate};
use crate::pool::{Pools, SWEEP_INTERVAL};

/// Commands that wait for a worker: a listener each, and a snapshot.
const COMMANDS: usize = 1024;
/// Pause of whoever has more to tell.
const FULL_PAUSE: Duration = Duration::from_millis(1);

/// What connections and exchanges of a worker share.
pub(crate) struct Worker {
    pub(crate) handle: SnapshotHandle,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) pools: Pools,
    pub(crate) budget: Budget,
    pub(crate) spoofs: SpoofList,
    open: Arc<AtomicUsize>,
}

/// A connection that is being served.
pub(crate) struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl Worker {
    pub(crate) fn new(
        handle: SnapshotHandle,
        metrics: Arc<Metrics>,
        pools: Pools,
        budget: Budget,
        open: Arc<AtomicUsize>,
    ) -> Self {
        let spoofs = SpoofList::default();
        Self { handle, metrics, pools, budget, spoofs, open }
    }

    /// Counts a connection while it is served.
    pub(crate) fn running(&self) -> Running {
        self.open.fetch_add(1, Ordering::Relaxed);
        Running(Arc::clone(&self.open))
    }
}

/// What a worker is told.
pub(crate) enum Command {
    /// Accept on an address until it is drained.
    Accept(TcpListener, Arc<Gate>, watch::Receiver<bool>),
    /// Check the health of the clusters of a snapshot, and of no others.
    Check(Arc<Snapshot>),
}

/// A worker's thread. It ends when the handle is dropped.
pub(crate) struct WorkerThread {
    commands: mpsc::Sender<Command>,
}

impl WorkerThread {
    /// Starts a worker.
    pub(crate) fn start(number: usize, worker: Worker) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (commands, mut received) = mpsc::channel(COMMANDS);
        let worker = Arc::new(worker);
        thread::Builder::new().name(format!("edge-{number}")).spawn(move || {
            runtime.block_on(run(worker, &mut received));
            runtime.shutdown_background();
        })?;
        Ok(Self { commands })
    }

    /// Tells the worker something. A worker ends only with its handle.
    pub(crate) fn tell(&self, command: Command) {
        let mut command = command;
        while let Err(TrySendError::Full(back)) = self.commands.try_send(command) {
            command = back;
            thread::sleep(FULL_PAUSE);
        }
    }
}

async fn run(worker: Arc<Worker>, commands: &mut mpsc::Receiver<Command>) {
    let mut sweep = tokio::time::interval(SWEEP_INTERVAL);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut checks = HealthChecks::default();
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Accept(socket, gate, draining)) => {
                    tokio::spawn(listener::accept(Arc::clone(&worker), socket, gate, draining));
                }
                Some(Command::Check(snapshot)) => checks.check(&worker, &snapshot),
                None => return,
            },
            _ = sweep.tick() => worker.pools.sweep(),
        }
    }
}
