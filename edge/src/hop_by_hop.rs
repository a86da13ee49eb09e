//! Fields that belong to one connection and are not forwarded.
//!
//! RFC 9110 section 7.6.1: a recipient removes Connection and every field it nominates. A request that nominates
//! a field that decides something has been refused by `canonical`. What else is nominated is removed before any
//! filter sees the request, so that a caller cannot have removed what a filter decided on or what we assert.

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{StatusCode, Version};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");

/// Fields of one connection, nominated or not.
const ALWAYS: [HeaderName; 6] =
    [CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE, HTTP2_SETTINGS];

/// And of a request.
const REQUEST_ONLY: [HeaderName; 4] = [TE, PROXY_AUTHORIZATION, PROXY_AUTHENTICATE, CONTENT_LENGTH];

/// Fields that a trailer section must not carry (RFC 9110 section 6.5.1): framing, routing, and what decides about
/// a request.
const NOT_IN_TRAILERS: [HeaderName; 14] = [
    CONNECTION,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    TRANSFER_ENCODING,
    UPGRADE,
    CONTENT_LENGTH,
    HOST,
    TE,
    TRAILER,
    EXPECT,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    http::header::AUTHORIZATION,
    http::header::COOKIE,
];

/// Whether a field of the connection is removed under its own name, after the filters have seen it.
pub(crate) fn is_known(name: &HeaderName) -> bool {
    ALWAYS.contains(name) || REQUEST_ONLY.contains(name)
}

/// Connection-specific facts of a request, taken before they are removed.
#[derive(Debug, Default, Clone)]
pub(crate) struct RequestFacts {
    /// The protocol an upgrade is asked to: WebSocket or none.
    pub(crate) upgrade: Option<HeaderValue>,
    /// Whether trailers are welcome.
    pub(crate) te_trailers: bool,
    /// Whether the body waits for 100 Continue.
    pub(crate) expects_continue: bool,
}

impl RequestFacts {
    /// What a request says about its connection.
    pub(crate) fn of(headers: &HeaderMap, version: Version) -> Self {
        let http11 = version == Version::HTTP_11;
        let upgrades = http11
            && headers.contains_key(UPGRADE)
            && names_option(headers, &CONNECTION, b"upgrade");
        // What a tunnel of another protocol would carry, nobody could inspect or bound.
        let known = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
        Self {
            upgrade: single(headers, &UPGRADE).filter(|value| upgrades && known(value)),
            te_trailers: names_option(headers, &TE, b"trailers"),
            expects_continue: version != Version::HTTP_10
                && names_option(headers, &EXPECT, b"100-continue"),
        }
    }
}

/// Removes the fields of the downstream connection from a request, and its length, which is written anew.
pub(crate) fn clean_request(headers: &mut HeaderMap) {
    for name in ALWAYS.iter().chain(&REQUEST_ONLY) {
        headers.remove(name);
    }
}

/// Names the fields of the upstream connection in a response, those it nominates included. An upgrade stays where
/// the status speaks of one (RFC 9110 sections 15.2.2 and 15.5.22).
pub(crate) fn response_fields(
    headers: &HeaderMap,
    status: StatusCode,
    mut found: impl FnMut(&HeaderName),
) {
    let upgrades = status == StatusCode::SWITCHING_PROTOCOLS || status.as_u16() == 426;
    for name in ALWAYS.iter().filter(|name| headers.contains_key(*name)) {
        if *name != UPGRADE || !upgrades {
            found(name);
        }
    }
    nominated(headers, found);
}

/// Names what Connection nominates, except what is judged by itself: framing, host and upgrade.
pub(crate) fn nominated(headers: &HeaderMap, mut found: impl FnMut(&HeaderName)) {
    for value in headers.get_all(CONNECTION) {
        for option in value.as_bytes().split(|b| *b == b',') {
            match HeaderName::from_bytes(option.trim_ascii()) {
                Ok(name) if name != UPGRADE && name != CONTENT_LENGTH && name != HOST => {
                    found(&name);
                }
                Ok(_) | Err(_) => {}
            }
        }
    }
}

/// Removes what a trailer section must not carry.
pub(crate) fn clean_trailers(fields: &mut HeaderMap) {
    for name in &NOT_IN_TRAILERS {
        fields.remove(name);
    }
}

fn single(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.clone())
}

fn names_option(headers: &HeaderMap, name: &HeaderName, option: &[u8]) -> bool {
    headers.get_all(name).iter().any(|value| {
        value.as_bytes().split(|b| *b == b',').any(|part| {
            let part = part.split(|b| *b == b';').next().unwrap_or_default();
            part.trim_ascii().eq_ignore_ascii_case(option)
        })
    })
}
