//! Active health checks: each endpoint is asked from time to time.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use http::{HeaderValue, Method, header};
use pingora_http::RequestHeader;
use portcullis_config::ActiveHealth;
use portcullis_pipeline::Snapshot;
use portcullis_upstream::{Cluster, Endpoint, EndpointId};
use tokio::task::JoinHandle;

use crate::failure::{Failure, Kind};
use crate::message::{Frame, Length};
use crate::pool::ClusterPool;
use crate::session::Session;
use crate::worker::Worker;

/// The checks that run, by cluster.
#[derive(Default)]
pub(crate) struct HealthChecks {
    running: HashMap<usize, (Weak<Cluster>, JoinHandle<()>)>,
}

impl HealthChecks {
    /// Checks the clusters of a snapshot. Those that were checked before go on undisturbed, others end.
    pub(crate) fn check(&mut self, worker: &Arc<Worker>, snapshot: &Snapshot) {
        let current = |key: usize| snapshot.clusters.iter().any(|c| Arc::as_ptr(c) as usize == key);
        self.running.retain(|key, (cluster, task)| {
            let stays = current(*key) && cluster.strong_count() > 0;
            if !stays {
                task.abort();
            }
            stays
        });
        for cluster in &snapshot.clusters {
            let Some(rule) = &cluster.config().health.active else { continue };
            let key = Arc::as_ptr(cluster) as usize;
            let (worker, rule, weak) = (Arc::clone(worker), rule.clone(), Arc::downgrade(cluster));
            self.running
                .entry(key)
                .or_insert_with(|| (weak.clone(), tokio::spawn(run(worker, rule, weak))));
        }
    }
}

async fn run(worker: Arc<Worker>, rule: ActiveHealth, cluster: Weak<Cluster>) {
    let mut tick = tokio::time::interval(rule.interval.into());
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some(cluster) = cluster.upgrade() else { return };
        let pool = worker.pools.of(&cluster);
        let asked = cluster.endpoints().iter().map(|endpoint| {
            let (cluster, pool, rule) = (&cluster, &pool, &rule);
            async move {
                let ok = is_good(pool, endpoint, rule).await;
                cluster.checked(endpoint.id(), ok);
            }
        });
        futures_util::future::join_all(asked).await;
    }
}

async fn is_good(pool: &ClusterPool, endpoint: &Endpoint, rule: &ActiveHealth) -> bool {
    let wait: Duration = rule.timeout.into();
    match tokio::time::timeout(wait, ask(pool, endpoint, rule)).await {
        Ok(Ok(status)) => rule.expect.iter().any(|range| range.contains(status)),
        Ok(Err(failure)) => {
            tracing::debug!(endpoint = endpoint.label(), %failure, "A health check failed");
            false
        }
        Err(_) => false,
    }
}

async fn ask(pool: &ClusterPool, endpoint: &Endpoint, rule: &ActiveHealth) -> Result<u16, Failure> {
    let failed = |e| Failure::because(Kind::Internal, e);
    let mut head =
        RequestHeader::build_no_case(Method::GET, rule.path.as_bytes(), Some(2)).map_err(failed)?;
    let host = rule.host.clone().unwrap_or_else(|| endpoint.written().to_string());
    head.insert_header(header::HOST, host).map_err(failed)?;
    head.insert_header(header::USER_AGENT, HeaderValue::from_static("portcullis-health"))
        .map_err(failed)?;
    let EndpointId(index) = endpoint.id();
    let connected = pool.connect(index, true).await?;
    let mut session = Session::ask(connected, pool, &head, Length::None, None)?;
    let side = session.side();
    side.send(Frame::End)?;
    loop {
        let head = std::future::poll_fn(|cx| {
            if let std::task::Poll::Ready(Err(failure)) = side.poll_flush(cx) {
                return std::task::Poll::Ready(Err(failure));
            }
            side.poll_head(cx)
        })
        .await?;
        if !head.status.is_informational() {
            return Ok(head.status.as_u16());
        }
    }
}
