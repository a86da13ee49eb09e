//! Names of endpoints become addresses when documents are loaded, never while requests wait.

use std::net::{SocketAddr, ToSocketAddrs};

use crate::{Diagnostic, Endpoint, Gateway, defaults};

/// Replaces every endpoint that has a name by one endpoint for each of its addresses, in their order, so that the same
/// answer in another order is no change.
pub(crate) fn resolve(gateway: &mut Gateway, problems: &mut Vec<Diagnostic>) {
    for (number, cluster) in gateway.clusters.iter_mut().enumerate() {
        let mut resolved = Vec::with_capacity(cluster.endpoints.len());
        for (index, endpoint) in cluster.endpoints.drain(..).enumerate() {
            if endpoint.address.socket().is_some() {
                resolved.push(endpoint);
                continue;
            }
            let path = format!("clusters[{number}].endpoints[{index}].address");
            match addresses(&endpoint) {
                Ok(sockets) => resolved.extend(sockets.into_iter().map(|socket| Endpoint {
                    address: endpoint.address.resolved(socket),
                    weight: endpoint.weight,
                })),
                Err(message) => problems.push(Diagnostic::error(path, message)),
            }
        }
        cluster.endpoints = resolved;
    }
}

fn addresses(endpoint: &Endpoint) -> Result<Vec<SocketAddr>, String> {
    let name = (endpoint.address.host(), endpoint.address.port());
    let found = name.to_socket_addrs();
    let found = found.map_err(|error| format!("`{}` has no address: {error}", endpoint.address))?;
    let mut sockets: Vec<SocketAddr> = found.collect();
    sockets.sort_unstable();
    sockets.dedup();
    match sockets.len() {
        0 => Err(format!("`{}` has no address", endpoint.address)),
        1..=defaults::RESOLVED_ADDRESSES => Ok(sockets),
        many => Err(format!(
            "`{}` has {many} addresses, more than {}",
            endpoint.address,
            defaults::RESOLVED_ADDRESSES
        )),
    }
}
