//! Where a gateway listens, out of a URL.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;

use http::Uri;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

/// The URL is not the one of a gateway, or its certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(String);

/// A gateway's address.
#[derive(Clone)]
pub struct Target {
    url: String,
    /// At least one; tried in order.
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Target {
    /// Reads `http://host:port` or `https://host:port`. For https, `authorities` is a PEM file with the certificates that
    /// the gateway's must come from.
    ///
    /// # Errors
    /// Says which part of the URL or of the file is wrong.
    pub fn new(url: &str, authorities: Option<&Path>) -> Result<Target, TargetError> {
        let wrong = |what: &str| TargetError(format!("{url}: {what}"));
        let uri: Uri = url.parse().map_err(|_| wrong("no URL; http://host:port is one"))?;
        let secured = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err(wrong("expected http:// or https://")),
        };
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(wrong("a path has no meaning here: the tests bring their own"));
        }
        let host = uri.host().ok_or_else(|| wrong("no host"))?;
        let port = uri.port_u16().unwrap_or(if secured { 443 } else { 80 });
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = (bare, port).to_socket_addrs().map_err(|error| wrong(&error.to_string()))?;
        let addresses: Vec<SocketAddr> = found.collect();
        if addresses.is_empty() {
            return Err(wrong("the host has no address"));
        }
        let tls = match (secured, authorities) {
            (false, _) => None,
            (true, None) => {
                return Err(wrong("https needs --ca FILE, the authority of the gateway"));
            }
            (true, Some(file)) => {
                let name = ServerName::try_from(bare.to_owned())
                    .map_err(|_| wrong("no name that a certificate could be for"))?;
                Some((Arc::new(trusting(file)?), name))
            }
        };
        Ok(Target { url: url.to_owned(), addresses, tls })
    }
}

fn trusting(file: &Path) -> Result<ClientConfig, TargetError> {
    let wrong = |what: &dyn fmt::Display| TargetError(format!("{}: {what}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    if roots.is_empty() {
        return Err(wrong(&"holds no certificate"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({} at {:?})", self.url, self.addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_gateways() {
        let good = ["http://127.0.0.1:8080", "http://127.0.0.1", "http://[::1]:81/"];
        for url in good {
            assert!(Target::new(url, None).is_ok(), "{url}");
        }
        let bad = [
            ("ftp://127.0.0.1", "http://"),
            ("127.0.0.1:80", "http://"),
            ("http://127.0.0.1/path", "path"),
            ("https://127.0.0.1", "--ca"),
            ("not a url", "no URL"),
        ];
        for (url, word) in bad {
            let error = Target::new(url, None).unwrap_err().to_string();
            assert!(error.contains(word), "{url}: {error}");
        }
    }
}
