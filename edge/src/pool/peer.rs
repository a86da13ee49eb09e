//! What pingora's connector is told about an endpoint.

use std::path::Path;

use pingora_core::connectors::{ConnectorOptions, TransportConnector};
use pingora_core::protocols::ALPN;
use pingora_core::upstreams::peer::HttpPeer;
use portcullis_config as config;
use portcullis_upstream::Endpoint;

/// The peer of an endpoint; none when it has no address.
///
/// Pingora takes an empty server name as a wish not to verify anything. It is never empty here: a name or an IP
/// address stands in every endpoint as written.
pub(super) fn of(endpoint: &Endpoint, cluster: &config::Cluster) -> Option<HttpPeer> {
    let address = endpoint.address()?;
    let written = endpoint.written();
    let sni = cluster.tls.as_ref().map(|tls| {
        tls.sni.clone().filter(|sni| !sni.is_empty()).unwrap_or_else(|| written.host().to_owned())
    });
    let mut peer = HttpPeer::new(address, sni.is_some(), sni.unwrap_or_default());
    let verify = cluster.tls.as_ref().is_some_and(|tls| !tls.danger_accept_invalid_certificates);
    let options = &mut peer.options;
    options.verify_cert = verify;
    options.verify_hostname = verify;
    options.connection_timeout = Some(cluster.timeouts.connect.into());
    options.total_connection_timeout = Some(cluster.timeouts.connect.into());
    options.read_timeout = Some(cluster.timeouts.read.into());
    options.write_timeout = Some(cluster.timeouts.write.into());
    options.idle_timeout = Some(cluster.timeouts.idle.into());
    options.alpn = match cluster.protocol {
        config::UpstreamProtocol::Http1 => ALPN::H1,
        config::UpstreamProtocol::Http2 => ALPN::H2,
    };
    Some(peer)
}

/// A connector that trusts the authorities in a file and no others.
pub(super) fn connector_trusting(ca: &Path) -> Result<TransportConnector, String> {
    let shown = ca.display();
    // Pingora panics where it cannot read the file, so it is read before.
    let file = std::fs::read(ca).map_err(|e| format!("{shown}: {e}"))?;
    let mut roots = rustls::RootCertStore::empty();
    use rustls::pki_types::pem::PemObject as _;
    for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(&file) {
        let certificate = certificate.map_err(|e| format!("{shown}: {e}"))?;
        roots.add(certificate).map_err(|e| format!("{shown}: {e}"))?;
    }
    if roots.is_empty() {
        return Err(format!("{shown}: there is no certificate in it"));
    }
    let path = ca.to_str().ok_or_else(|| format!("{shown}: the path is not UTF-8"))?;
    let mut options = ConnectorOptions::new(0);
    options.ca_file = Some(path.to_owned());
    Ok(TransportConnector::new(Some(options)))
}
