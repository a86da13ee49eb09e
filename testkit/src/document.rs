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

/// A plain listener, an h2c listener and, where certificates were written, a TLS listener; `more`
/// is further keys of each, `, key: value`.
pub fn listeners(place: &Place, more: &str) -> String {
    let [http, h2c, tls, _] = place.listen;
    let mut text = format!(
        "listeners:\n  - {{ name: http, address: \"{http}\"{more} }}\n  \
         - {{ name: h2c, address: \"{h2c}\", h2c: true{more} }}\n"
    );
    let certificate = place.folder.join("listener.pem");
    if certificate.is_file() {
        text.push_str(&format!(
            "  - {{ name: tls, address: \"{tls}\", tls: {{ certificates: [{{ certificate: {}, \
             key: {} }}] }}{more} }}\n",
            certificate.display(),
            place.folder.join("listener.key").display()
        ));
    }
    text
}

/// Telemetry, admin, listeners, one cluster `up` and one route `all`: everything goes to `endpoint`.
pub fn forward(place: &Place, endpoint: SocketAddr) -> String {
    let cluster = cluster("up", &[endpoint], "");
    format!("{}{}{cluster}{}", base(place), listeners(place, ""), route("all", "up"))
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
