//! Envoy's configuration: a listener with one Wasm filter for each entry, HTTP/1.1 with trailers on both sides.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::subject::Entry;

const HTTP: &str = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const ROUTER: &str = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
const OPTIONS: &str = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// The whole document.
pub(super) fn document(entries: &[Entry], admin: SocketAddr) -> Value {
    let mut clusters: Vec<Value> =
        entries.iter().map(|entry| cluster(&entry.name, entry.upstream)).collect();
    let mut named: Vec<&(String, SocketAddr)> =
        entries.iter().flat_map(|entry| &entry.callees).collect();
    named.sort();
    named.dedup();
    clusters.extend(named.into_iter().map(|(name, address)| cluster(name, *address)));
    json!({
        "admin": { "address": address(admin) },
        "static_resources": {
            "listeners": entries.iter().map(listener).collect::<Vec<_>>(),
            "clusters": clusters,
        },
        "layered_runtime": { "layers": [{ "name": "static", "static_layer": {
            "overload.global_downstream_max_connections": 10_000,
        } }] },
    })
}

fn address(address: SocketAddr) -> Value {
    json!({ "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } })
}

fn cluster(name: &str, endpoint: SocketAddr) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [
            { "endpoint": { "address": address(endpoint) } },
        ] }] },
        "typed_extension_protocol_options": { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": OPTIONS,
            "explicit_http_config": { "http_protocol_options": { "enable_trailers": true } },
        } },
    })
}

fn listener(entry: &Entry) -> Value {
    json!({
        "name": entry.name,
        "address": address(entry.listen),
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": HTTP,
                "stat_prefix": entry.name,
                "generate_request_id": false,
                "server_header_transformation": "PASS_THROUGH",
                "http_protocol_options": { "enable_trailers": true },
                "route_config": { "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": [
                    { "name": "route", "match": { "prefix": "/" }, "route": { "cluster": entry.name } },
                ] }] },
                "http_filters": [wasm(entry), { "name": "envoy.filters.http.router", "typed_config": {
                    "@type": ROUTER, "suppress_envoy_headers": true,
                } }],
            },
        }] }],
    })
}

fn wasm(entry: &Entry) -> Value {
    json!({ "name": "envoy.filters.http.wasm", "typed_config": { "@type": WASM, "config": {
        "name": entry.name,
        "failure_policy": if entry.fail_open { "FAIL_OPEN" } else { "FAIL_CLOSED" },
        "allow_on_headers_stop_iteration": entry.hold_headers,
        "vm_config": {
            "vm_id": entry.vm,
            "runtime": "envoy.wasm.runtime.v8",
            "code": { "local": { "filename": entry.module } },
        },
        "configuration": {
            "@type": "type.googleapis.com/google.protobuf.StringValue",
            "value": entry.configuration,
        },
    } } })
}
