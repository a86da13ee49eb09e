//! Certificates of a listener, chosen by server name, compiled from files into what rustls needs.
//!
//! A name is looked up exactly, then as `*.parent`, then the listener's first certificate answers. A certificate
//! serves the names its configuration lists, or else the DNS names it carries itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

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
