//! Listeners: where downstreams connect.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files::InputFile;
use crate::{BindAddress, HostPattern, ListenerLimits};

/// A bound address with its TLS and limits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Name, unique among listeners; a label in metrics and logs.
    pub name: String,
    /// IP address and port to bind.
    pub address: BindAddress,
    /// Whether HTTP/2 without TLS is accepted, by prior knowledge (RFC 9113 section 3.3).
    #[serde(default)]
    pub h2c: bool,
    /// TLS; absent for cleartext.
    #[serde(default)]
    pub tls: Option<ListenerTls>,
    /// Limits of this listener that differ from the gateway's.
    #[serde(default)]
    pub limits: ListenerLimits,
}

/// TLS towards the downstream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenerTls {
    /// Certificates with their keys. The first one serves names that no other one covers.
    pub certificates: Vec<Certificate>,
    /// Protocols offered by ALPN, in order of preference.
    #[serde(default = "default_alpn")]
    pub alpn: Vec<Alpn>,
    /// Oldest TLS version accepted.
    #[serde(default)]
    pub min_version: TlsVersion,
}

fn default_alpn() -> Vec<Alpn> {
    vec![Alpn::Http2, Alpn::Http1]
}

/// A certificate chain and its private key, in PEM files. Relative paths start at the folder of the document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// PEM file with the certificate, followed by its intermediates.
    #[schemars(with = "InputFile")]
    pub certificate: PathBuf,
    /// PEM file with the private key (PKCS#8, PKCS#1 or SEC1).
    #[schemars(with = "InputFile")]
    pub key: PathBuf,
    /// Server names (SNI) this certificate serves; absent: the DNS names in the certificate.
    #[serde(default)]
    pub hosts: Vec<HostPattern>,
}

/// An application protocol offered by ALPN (RFC 7301).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Alpn {
    /// HTTP/2.
    #[serde(rename = "h2")]
    Http2,
    /// HTTP/1.1.
    #[serde(rename = "http/1.1")]
    Http1,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    #[default]
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3 (RFC 8446).
    #[serde(rename = "1.3")]
    Tls13,
}
