//! Requests to servers and registries: bounded in time, in size and in redirects.

use std::path::Path;
use std::sync::Arc;

use portcullis_config::{ByteSize, defaults};
use ureq::http::Response;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use crate::FetchError;

/// Where distributions keep the authorities of the operating system.
const SYSTEM_AUTHORITIES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// A client of servers and registries, which trusts these authorities or else those of the system. It follows no proxy of
/// the environment, hands no credentials to where it is redirected, and is redirected to plain HTTP only where it began so.
pub(crate) fn agent(ca: Option<&Path>, plain: bool) -> Result<Agent, FetchError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
    let mut config = Agent::config_builder()
        .proxy(None)
        .https_only(!plain)
        .http_status_as_error(false)
        .max_redirects(defaults::PLUGIN_REDIRECTS)
        .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(defaults::PLUGIN_CONNECT.get()))
        .timeout_global(Some(defaults::PLUGIN_FETCH.get()));
    let pem = match ca {
        Some(ca) => Some(std::fs::read(ca).map_err(|error| {
            FetchError::new(format!(
                "the authorities in `{}` cannot be read: {error}",
                ca.display()
            ))
        })?),
        None => SYSTEM_AUTHORITIES.iter().find_map(|file| std::fs::read(file).ok()),
    };
    let certificates: Vec<_> = parse_pem(pem.as_deref().unwrap_or_default())
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            Ok(_) | Err(_) => None,
        })
        .collect();
    if ca.is_some() && certificates.is_empty() {
        return Err(FetchError::new("there is no certificate in the file of `ca`"));
    }
    // Without authorities nobody is trusted, and only plain HTTP works.
    config = config.tls_config(tls.root_certs(RootCerts::from(certificates)).build());
    Ok(config.build().new_agent())
}

/// Asks for a URL, with credentials if there are any.
pub(crate) fn ask(
    agent: &Agent,
    url: &str,
    headers: &[(&str, &str)],
) -> Result<Response<Body>, FetchError> {
    let mut request = agent.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.call().map_err(|error| {
        if matches!(error, ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed) {
            let most = defaults::PLUGIN_REDIRECTS;
            return FetchError::new(format!("{url} redirects more than {most} times"));
        }
        if matches!(error, ureq::Error::RequireHttpsOnly(_)) {
            return FetchError::new(format!("{url} redirects to where there is no TLS"));
        }
        FetchError::unanswered(format!("{url} cannot be reached: {error}"))
    })
}

/// The whole body, if it is not larger than this.
pub(crate) fn body(
    response: Response<Body>,
    url: &str,
    most: ByteSize,
) -> Result<Vec<u8>, FetchError> {
    // The client takes its limit for exceeded when it is reached.
    let limit = most.bytes() + 1;
    let read = response.into_body().into_with_config().limit(limit).read_to_vec();
    read.map_err(|error| {
        if matches!(error, ureq::Error::BodyExceedsLimit(_)) {
            return FetchError::new(format!("{url} is larger than {most}"));
        }
        FetchError::unanswered(format!("{url} was not read to its end: {error}"))
    })
}

/// What a status other than success means for whoever asked for a file.
pub(crate) fn refused(status: u16, url: &str) -> FetchError {
    match status {
        401 | 403 => FetchError::new(format!("{url} is answered {status}: it may not be read"))
            .with_help("give `pull_secret`, or look at what it allows"),
        404 => FetchError::new(format!("{url} is answered 404: it is not there"))
            .with_help("look at the name and the tag"),
        429 | 500..=599 => FetchError::unanswered(format!("{url} is answered {status}")),
        _ => FetchError::new(format!("{url} is answered {status}")),
    }
}
