//! The admin API: health, metrics, the running configuration and diagnostics. It reads and changes nothing, has no
//! authentication, and listens on loopback unless told otherwise.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use portcullis_pipeline::Registry;
use portcullis_telemetry::{Metrics, metrics};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::bounded::Bounded;
use crate::Status;

mod bounded;

/// What the admin API shows.
#[derive(Debug, Clone)]
pub struct Admin {
    /// What runs.
    pub status: Arc<Status>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What outlives a snapshot, compiled rule sets among it.
    pub registry: Arc<Registry>,
}

/// Serves the admin API on a bound socket until the future is dropped.
///
/// | Path | Answer |
/// |---|---|
/// | `/healthz` | 200 while the process works |
/// | `/readyz` | 200 when traffic can be taken, else 503 |
/// | `/metrics` | Prometheus text |
/// | `/config` | running configuration as JSON without secrets, its revision, what came of the last change |
/// | `/diagnostics` | what came of the last change, with every diagnostic |
/// | `/waf/profile` | which rules took the time of sampled exchanges, as text |
///
/// # Errors
/// The socket has no address.
pub async fn serve(listener: TcpListener, admin: Admin) -> io::Result<()> {
    let local = listener.local_addr()?;
    axum::serve(Bounded::new(listener), router(admin, local)).await
}

fn router(admin: Admin, local: SocketAddr) -> Router {
    let routes = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(prometheus))
        .route("/config", get(config))
        .route("/diagnostics", get(diagnostics))
        .route("/waf/profile", get(waf_profile))
        .with_state(admin)
        .layer(from_fn(only_get));
    match local.ip().is_loopback() {
        true => routes.layer(from_fn_with_state((), only_by_address)),
        false => routes,
    }
}

async fn only_get(request: Request, next: Next) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => next.run(request).await,
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// A page in an operator's browser can have its own name resolve to loopback, and then read what is here (DNS
/// rebinding). Nobody who means us calls loopback by another name than `localhost`.
async fn only_by_address(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    match host.is_some_and(is_address) {
        true => next.run(request).await,
        false => StatusCode::MISDIRECTED_REQUEST.into_response(),
    }
}

fn is_address(host: &str) -> bool {
    let name = host.parse::<SocketAddr>().map(|socket| socket.ip().to_string());
    let name = name.unwrap_or_else(|_| {
        let without_port = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        without_port.map_or(host, |(name, _)| name).to_owned()
    });
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

async fn ready(State(admin): State<Admin>) -> Response {
    match admin.status.is_ready() {
        true => "ready\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response(),
    }
}

async fn prometheus(State(admin): State<Admin>) -> Response {
    let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE))];
    (content_type, admin.metrics.render()).into_response()
}

async fn waf_profile(State(admin): State<Admin>) -> String {
    admin.registry.rulesets.profile()
}

async fn config(State(admin): State<Admin>) -> Response {
    let state = admin.status.state();
    let running = state.running.as_ref();
    let gateway = running.map(|(_, gateway)| gateway.redacted()).transpose();
    match gateway {
        Ok(gateway) => {
            let revision = running.map(|(revision, _)| *revision);
            as_json(
                json!({ "revision": revision, "gateway": gateway, "last_change": last(&admin) }),
            )
        }
        Err(error) => {
            tracing::error!(%error, "The configuration cannot be shown");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn diagnostics(State(admin): State<Admin>) -> Response {
    as_json(json!({ "revision": admin.status.revision(), "last_change": last(&admin) }))
}

/// What came of the last change.
fn last(admin: &Admin) -> Value {
    let state = admin.status.state();
    state.last.as_ref().map_or(Value::Null, |last| {
        let mut at = Vec::new();
        last.at.write_rfc3339(&mut at);
        json!({
            "outcome": last.outcome.as_str(),
            "at": String::from_utf8_lossy(&at),
            "diagnostics": last.diagnostics,
        })
    })
}

fn as_json(value: Value) -> Response {
    let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (content_type, format!("{value:#}\n")).into_response()
}

#[cfg(test)]
mod tests;
