//! Headers a caller sends in the hope that an upstream takes them for ours.

use std::collections::HashSet;

use http::HeaderName;

/// Why a header does not go upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spoof {
    /// It tells of an earlier hop. Stripped unless the peer is a trusted proxy.
    Forwarding,
    /// Only this gateway sets it. Stripped whoever sent it.
    Asserted,
    /// It is another spelling of a header that matters: many upstreams (CGI, WSGI, PHP) turn every character
    /// that is no letter or digit into `_`, so `X_Forwarded_For` is `X-Forwarded-For` to them. Stripped whoever
    /// sent it.
    Alias,
}

/// Longest name that can be an alias, in bytes: an alias has the length of the name it stands for.
const ALIAS_BYTES: usize = 128;

/// The headers that are stripped, with those that filters of this gateway assert, such as the name of a consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpoofList {
    asserted: HashSet<Box<str>>,
}

impl SpoofList {
    /// The built-in list with further names that only this gateway sets.
    #[must_use]
    pub fn with_asserted(names: impl IntoIterator<Item = HeaderName>) -> Self {
        Self { asserted: names.into_iter().map(|name| folded(name.as_str()).into()).collect() }
    }

    /// What is wrong with a header of this name, if anything. Costs one scan of the name for nearly all.
    #[must_use]
    pub fn judge(&self, name: &HeaderName) -> Option<Spoof> {
        let name = name.as_str();
        if is_plain(name) {
            return self.judge_plain(name);
        }
        if name.len() > ALIAS_BYTES {
            return None;
        }
        let folded = folded(name);
        let matters = is_guarded(&folded) || self.judge_plain(&folded).is_some();
        matters.then_some(Spoof::Alias)
    }

    fn judge_plain(&self, name: &str) -> Option<Spoof> {
        if !self.asserted.is_empty() && self.asserted.contains(name) {
            return Some(Spoof::Asserted);
        }
        built_in(name)
    }
}

/// The built-in list. A `match` on the name, as it runs for every header of every request.
fn built_in(name: &str) -> Option<Spoof> {
    match name {
        // They tell of an earlier hop.
        "cf-connecting-ip"
        | "client-ip"
        | "cluster-client-ip"
        | "fastly-client-ip"
        | "forwarded"
        | "forwarded-for"
        | "front-end-https"
        | "true-client-ip"
        | "x-client-ip"
        | "x-cluster-client-ip"
        | "x-forwarded"
        | "x-original-forwarded-for"
        | "x-original-host"
        | "x-real-ip"
        | "x-url-scheme" => Some(Spoof::Forwarding),
        // The environment variable HTTP_PROXY of CGI: CVE-2016-5385.
        "proxy" => Some(Spoof::Asserted),
        // Another path than the one decided on: IIS, Symfony, CVE-2018-14773.
        "x-original-url" | "x-rewrite-url" => Some(Spoof::Asserted),
        // Skips the middleware of Next.js: CVE-2025-29927.
        "x-middleware-subrequest" => Some(Spoof::Asserted),
        // Internal to Envoy.
        "x-envoy-original-path" | "x-envoy-internal" => Some(Spoof::Asserted),
        _ if name.starts_with("x-forwarded-") => Some(Spoof::Forwarding),
        _ => None,
    }
}

/// Standard names whose aliases are stripped, as what we decided on one is void if an upstream reads the other.
fn is_guarded(name: &str) -> bool {
    matches!(
        name,
        "authorization"
            | "connection"
            | "content-encoding"
            | "content-length"
            | "content-type"
            | "cookie"
            | "expect"
            | "host"
            | "keep-alive"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Whether a header of this name is stripped from a request of an untrusted peer, by the built-in list.
#[must_use]
pub fn spoofable(name: &HeaderName) -> bool {
    SpoofList::default().judge(name).is_some()
}

/// A header name is a token in lower case by its type. What is left beside letters, digits and hyphens can alias them.
/// Without early exit: names are short, and a branch a byte costs more than reading to the end.
fn is_plain(name: &str) -> bool {
    !name.bytes().fold(false, |found, b| found | ALIASES[usize::from(b)])
}

/// The bytes that make a name an alias.
static ALIASES: [bool; 256] = {
    let mut table = [true; 256];
    let mut b = 0u8;
    while b < 128 {
        table[b as usize] = !(b.is_ascii_alphanumeric() || b == b'-');
        b += 1u8;
    }
    table
};

fn folded(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
