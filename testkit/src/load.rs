//! Closed-loop load: connections that ask again as soon as they were answered, and a tally of
//! every status and of every failure.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use crate::Problem;
use crate::h2_client::H2Client;
use crate::raw::RawDownstream;

/// How connections are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// HTTP/1.1, as many requests on a connection as the gateway allows.
    KeepAlive,
    /// HTTP/1.1, a connection for each request.
    Close,
    /// HTTP/2 in the clear, one connection with requests one after the other.
    H2c,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How many responses of each status came whole.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests that ended without a whole response, with the reason; the first hundred.
    pub failures: Vec<String>,
    /// How many requests failed.
    pub failed: u64,
    /// How many connections were made.
    pub connections: u64,
}

impl Tally {
    /// Requests that were answered.
    pub fn answered(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Adds another tally.
    pub fn add(&mut self, other: Self) {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_insert(0) += count;
        }
        self.failed += other.failed;
        self.connections += other.connections;
        self.failures.extend(other.failures);
        self.failures.truncate(100);
    }

    fn fail(&mut self, problem: &Problem) {
        self.failed += 1;
        if self.failures.len() < 100 {
            self.failures.push(problem.to_string());
        }
    }
}

/// Load that runs until it is stopped.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Tally>,
}

impl Load {
    /// Starts `connections` loops against `address`, each asking for the target that `target`
    /// makes of a running number.
    pub fn start(
        address: SocketAddr,
        mode: Mode,
        connections: usize,
        host: &str,
        target: impl Fn(u64) -> String + Clone + Send + Sync + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for _ in 0..connections {
            let worker = Worker { address, host: host.to_owned(), stop: Arc::clone(&stop) };
            let target = target.clone();
            tasks.spawn(async move {
                match mode {
                    Mode::H2c => worker.h2c(&target).await,
                    Mode::KeepAlive => worker.http1(&target, true).await,
                    Mode::Close => worker.http1(&target, false).await,
                }
            });
        }
        Self { stop, tasks }
    }

    /// Lets every running request end and tells what came of all.
    pub async fn stop(mut self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        let mut tally = Tally::default();
        while let Some(part) = self.tasks.join_next().await {
            match part {
                Ok(part) => tally.add(part),
                Err(error) => tally.fail(&Problem::new(error.to_string())),
            }
        }
        tally
    }
}

struct Worker {
    address: SocketAddr,
    host: String,
    stop: Arc<AtomicBool>,
}

impl Worker {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    async fn http1(&self, target: &(impl Fn(u64) -> String + Sync), keep: bool) -> Tally {
        let mut tally = Tally::default();
        let mut number = 0;
        let mut open: Option<RawDownstream> = None;
        let last = if keep { "" } else { "Connection: close\r\n" };
        while self.goes_on() {
            let mut down = match open.take() {
                Some(down) => down,
                None => match RawDownstream::connect(self.address).await {
                    Ok(down) => {
                        tally.connections += 1;
                        down
                    }
                    Err(problem) => {
                        tally.fail(&problem);
                        continue;
                    }
                },
            };
            let head =
                format!("GET {} HTTP/1.1\r\nHost: {}\r\n{last}\r\n", target(number), self.host);
            number += 1;
            match down.ask(head).await {
                Ok(response) => {
                    *tally.statuses.entry(response.status()).or_insert(0) += 1;
                    if keep && !response.head.names("connection", "close") {
                        open = Some(down);
                    }
                }
                Err(problem) => tally.fail(&problem),
            }
        }
        tally
    }

    async fn h2c(&self, target: &(impl Fn(u64) -> String + Sync)) -> Tally {
        let mut tally = Tally::default();
        let mut number = 0;
        let mut open: Option<H2Client> = None;
        while self.goes_on() {
            let mut client = match open.take() {
                Some(client) => client,
                None => match H2Client::plain(self.address).await {
                    Ok(client) => {
                        tally.connections += 1;
                        client
                    }
                    Err(problem) => {
                        tally.fail(&problem);
                        continue;
                    }
                },
            };
            let uri = format!("http://{}{}", self.host, target(number));
            number += 1;
            match client.get(&uri).await {
                Ok(response) => {
                    *tally.statuses.entry(response.status.as_u16()).or_insert(0) += 1;
                    open = Some(client);
                }
                Err(problem) => tally.fail(&problem),
            }
        }
        tally
    }
}
