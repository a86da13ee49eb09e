//! Certificates of a listener, chosen by server name, compiled from files into what rustls needs.
//!
//! A name is looked up exactly, then as `*.parent`, then the listener's first certificate answers. A certificate
//! serves the names its configuration lists, or else the DNS names it carries itself.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use portcullis_config as config;
use portcullis_config::Diagnostic;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::ListenerTls;

/// Certificates by server name.
pub struct Certificates {
    by_name: HashMap<Box<str>, Arc<CertifiedKey>>,
    default: Arc<CertifiedKey>,
}

impl Certificates {
    /// A resolver whose first certificate answers for unknown and absent names.
    #[must_use]
    pub fn new(default: Arc<CertifiedKey>) -> Self {
        Self { by_name: HashMap::new(), default }
    }

    /// Lets a certificate answer for a name, `shop.example.com` or `*.example.com`, lower case. The first one
    /// for a name stays.
    pub fn insert(&mut self, name: &str, key: Arc<CertifiedKey>) {
        self.by_name.entry(name.into()).or_insert(key);
    }

    /// The certificate for a server name.
    #[must_use]
    pub fn find(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        let Some(name) = name else { return Arc::clone(&self.default) };
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if let Some(key) = self.by_name.get(name.as_str()) {
            return Arc::clone(key);
        }
        if let Some((_, parent)) = name.split_once('.')
            && let Some(key) = self.by_name.get(format!("*.{parent}").as_str())
        {
            return Arc::clone(key);
        }
        Arc::clone(&self.default)
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates")
            .field("names", &self.by_name.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.find(hello.server_name()))
    }
}

/// Compiles the TLS of a listener: reads its PEM files, checks that keys belong to certificates, and builds what
/// rustls needs.
///
/// # Errors
/// Every certificate that cannot be used, with the file and the reason.
pub(crate) fn compile(
    written: &config::ListenerTls,
    at: &str,
) -> Result<ListenerTls, Vec<Diagnostic>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut problems = Vec::new();
    let mut certificates: Option<Certificates> = None;
    for (n, certificate) in written.certificates.iter().enumerate() {
        match load(certificate, &provider, &format!("{at}.certificates[{n}]")) {
            Ok((key, names)) => {
                let all = certificates.get_or_insert_with(|| Certificates::new(Arc::clone(&key)));
                for name in &names {
                    all.insert(name, Arc::clone(&key));
                }
            }
            Err(problem) => problems.push(*problem),
        }
    }
    let Some(certificates) = certificates.filter(|_| problems.is_empty()) else {
        return Err(problems);
    };
    let certificates = Arc::new(certificates);
    let versions: &[&'static rustls::SupportedProtocolVersion] = match written.min_version {
        config::TlsVersion::Tls12 => &[&rustls::version::TLS13, &rustls::version::TLS12],
        config::TlsVersion::Tls13 => &[&rustls::version::TLS13],
    };
    let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(&certificates) as _;
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|error| vec![Diagnostic::error(at, format!("TLS cannot be set up: {error}"))])?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    server.alpn_protocols = written
        .alpn
        .iter()
        .map(|protocol| match protocol {
            config::Alpn::Http2 => b"h2".to_vec(),
            config::Alpn::Http1 => b"http/1.1".to_vec(),
        })
        .collect();
    Ok(ListenerTls { server: Arc::new(server), certificates })
}

/// Checks that the file of authorities a cluster trusts can be used, so that a bad one is told when documents are
/// loaded and not with the first request.
pub(crate) fn check_authorities(file: &Path, at: &str) -> Option<Diagnostic> {
    let unusable = |error: &dyn fmt::Display| {
        Diagnostic::error(at, format!("{} cannot be used: {error}", file.display()))
            .with_help("a PEM file with the certificates of the authorities is needed")
    };
    let read = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<CertificateDer<'_>>, _>>);
    let authorities = match read {
        Ok(authorities) => authorities,
        Err(error) => return Some(unusable(&error)),
    };
    if authorities.is_empty() {
        return Some(unusable(&"it holds no certificate"));
    }
    let bad = authorities.iter().find_map(|der| webpki::anchor_from_trusted_cert(der).err());
    bad.map(|error| unusable(&error))
}

/// A certificate with its key, and the names it answers for.
fn load(
    written: &config::Certificate,
    provider: &CryptoProvider,
    at: &str,
) -> Result<(Arc<CertifiedKey>, Vec<String>), Box<Diagnostic>> {
    let problem = |part: &str, file: &Path, error: &dyn fmt::Display| {
        let message = format!("{} cannot be used: {error}", file.display());
        Box::new(Diagnostic::error(format!("{at}.{part}"), message))
    };
    let chain = CertificateDer::pem_file_iter(&written.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| problem("certificate", &written.certificate, &error))?;
    let Some(leaf) = chain.first() else {
        let help = "a PEM file with `-----BEGIN CERTIFICATE-----` is needed";
        let found = problem("certificate", &written.certificate, &"it holds no certificate");
        return Err(Box::new(found.with_help(help)));
    };
    let names = match written.hosts.is_empty() {
        true => {
            dns_names(leaf).map_err(|error| problem("certificate", &written.certificate, &error))?
        }
        false => written.hosts.iter().map(|host| host.as_str().to_owned()).collect(),
    };
    let key = PrivateKeyDer::from_pem_file(&written.key)
        .map_err(|error| problem("key", &written.key, &error))?;
    let key = CertifiedKey::from_der(chain, key, provider).map_err(|error| {
        let help = "the key has to be the one the certificate was issued for";
        Box::new(problem("key", &written.key, &error).with_help(help))
    })?;
    Ok((Arc::new(key), names))
}

/// The DNS names a certificate carries, lower case.
fn dns_names(leaf: &CertificateDer<'_>) -> Result<Vec<String>, webpki::Error> {
    let certificate = webpki::EndEntityCert::try_from(leaf)?;
    Ok(certificate.valid_dns_names().map(str::to_ascii_lowercase).collect())
}

#[cfg(test)]
mod tests;
