//! Documents for gateways under test, as text: what an operator would write.

use std::net::SocketAddr;

use crate::gateway::Place;

/// Telemetry and admin of every document: logs into the place's folder.
pub fn base(place: &Place) -> String {
    format!(
        "admin: {{ address: \"{}\" }}\n\
         telemetry:\n  access_log: {{ to: {{ file: {} }} }}\n  waf_log: {{ to: {{ file: {} }} }}\n\
         \x20 log_level: info\n",
        place.admin,
        place.access_log().display(),
        place.waf_log().display(),
    )
}

/// A document with one plain listener, with h2c on a second one, and everything forwarded to one
/// HTTP/1.1 endpoint.
pub fn forward(place: &Place, endpoint: SocketAddr) -> String {
    format!(
        "{}{}{}{}",
        base(place),
        listeners(place),
        cluster("up", &[endpoint], ""),
        route("all", "up")
    )
}

/// A plain listener and an h2c listener.
pub fn listeners(place: &Place) -> String {
    format!(
        "listeners:\n  - {{ name: http, address: \"{}\" }}\n  \
         - {{ name: h2c, address: \"{}\", h2c: true }}\n",
        place.listen[0], place.listen[1]
    )
}

/// One cluster, as the whole list; `more` is further keys, a line each, indented by four.
pub fn cluster(name: &str, endpoints: &[SocketAddr], more: &str) -> String {
    let list: Vec<String> =
        endpoints.iter().map(|address| format!("{{ address: \"{address}\" }}")).collect();
    format!("clusters:\n  - name: {name}\n    endpoints: [{}]\n{more}", list.join(", "))
}

/// One route for everything, as the whole list.
pub fn route(name: &str, cluster: &str) -> String {
    format!(
        "routes:\n  - name: {name}\n    match: {{ path: {{ prefix: / }} }}\n    \
         cluster: {cluster}\n"
    )
}

/// CRS at paranoia level 1, blocking; `more` is further keys of the filter, `, key: value`.
pub fn waf(more: &str) -> String {
    format!("filters:\n  - waf: {{ ruleset: crs, mode: blocking, paranoia: 1{more} }}\n")
}
