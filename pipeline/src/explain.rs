//! What would happen to a request, told by the same matcher and chain that traffic runs through.

use std::fmt;

use http::{HeaderMap, HeaderValue, Method, Version, header};
use portcullis_canonical::{RawHead, canonicalise};
use portcullis_matching::Query;

use crate::{Listener, Route, Snapshot};

/// A request to explain.
#[derive(Debug, Clone)]
pub struct Question {
    /// Method.
    pub method: Method,
    /// Whether it comes over TLS.
    pub tls: bool,
    /// Host header, with a port where the URL had one.
    pub authority: String,
    /// Path and query as the downstream would send them.
    pub target: String,
    /// Other headers.
    pub headers: HeaderMap,
    /// Name of the listener; none: the first that fits TLS and port.
    pub listener: Option<String>,
}

impl Question {
    /// Reads `GET https://host[:port]/path?query`; the method may be left out.
    ///
    /// # Errors
    /// What cannot be read, in words.
    pub fn parse(request: &str) -> Result<Self, String> {
        let (method, url) = request.trim().split_once(' ').unwrap_or(("GET", request.trim()));
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| format!("`{method}` is not a method"))?;
        let (scheme, rest) = url.split_once("://").ok_or_else(|| {
            format!("`{url}` has no scheme; write for example 'GET https://host/path'")
        })?;
        let tls = match scheme {
            "https" => true,
            "http" => false,
            other => return Err(format!("`{other}` is neither http nor https")),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let target = if target.starts_with('/') { target.into() } else { format!("/{target}") };
        let authority = authority.to_owned();
        Ok(Self { method, tls, authority, target, headers: HeaderMap::new(), listener: None })
    }

    fn port(&self) -> u16 {
        let written = self.authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        written.unwrap_or(if self.tls { 443 } else { 80 })
    }
}

/// What would happen, as lines of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    lines: Vec<(&'static str, String)>,
}

impl Explanation {
    fn say(&mut self, what: &'static str, value: impl Into<String>) {
        self.lines.push((what, value.into()));
    }

    /// The line of this name.
    #[must_use]
    pub fn line(&self, what: &str) -> Option<&str> {
        self.lines.iter().find(|(name, _)| *name == what).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, value) in &self.lines {
            writeln!(f, "{what:<10} {value}")?;
        }
        Ok(())
    }
}

/// Tells which listener, route, filters and clusters a request would meet.
#[must_use]
pub fn explain(snapshot: &Snapshot, question: &Question) -> Explanation {
    let mut told = Explanation { lines: Vec::new() };
    let Some(listener) = choose_listener(snapshot, question) else {
        let wanted = question.listener.as_deref().unwrap_or(if question.tls { "TLS" } else { "" });
        told.say("listener", format!("none {wanted}").trim_end());
        return told;
    };
    told.say("listener", format!("{} on {}", listener.name, listener.address));
    let mut headers = question.headers.clone();
    if let Ok(host) = HeaderValue::from_str(&question.authority)
        && !headers.contains_key(header::HOST)
    {
        headers.insert(header::HOST, host);
    }
    let head = RawHead {
        method: &question.method,
        target: question.target.as_bytes(),
        authority: None,
        version: Version::HTTP_11,
        headers: &headers,
        tls: listener.tls.is_some(),
    };
    let canonical = match canonicalise(&head, &listener.policy) {
        Ok(canonical) => canonical,
        Err(malformed) => {
            told.say("answer", format!("{} {malformed}", malformed.status()));
            return told;
        }
    };
    told.say("host", canonical.host.as_str());
    told.say("path", canonical.path.path_and_query());
    let query = Query {
        host: &canonical.host,
        path: &canonical.path,
        method: &question.method,
        headers: &headers,
    };
    let Some(routed) = listener.routes.find(&query) else {
        told.say("answer", "404 no route matches");
        return told;
    };
    told.say("route", &*routed.route.name);
    let names: Vec<_> = routed.chain.names().collect();
    told.say("filters", if names.is_empty() { "none".to_owned() } else { names.join(" -> ") });
    tell_upstream(&mut told, routed.route, &canonical);
    told
}

fn tell_upstream(
    told: &mut Explanation,
    route: &Route,
    canonical: &portcullis_canonical::Canonical,
) {
    let all: u32 = route.weights.iter().map(|(_, weight)| weight).sum();
    for (cluster, weight) in route.weights.iter() {
        let share = f64::from(weight) * 100.0 / f64::from(all.max(1));
        told.say("cluster", format!("{} ({share:.0} %)", cluster.name()));
    }
    if let Some(rewrite) = &route.rewrite {
        if let Some(path) = rewrite.path(&canonical.path) {
            told.say("sent as", path.path_and_query);
        }
        if let Some(host) = rewrite.host() {
            told.say("sent host", String::from_utf8_lossy(host.as_bytes()));
        }
    }
}

fn choose_listener<'a>(snapshot: &'a Snapshot, question: &Question) -> Option<&'a Listener> {
    if let Some(name) = &question.listener {
        return snapshot.listener(name).map(AsRef::as_ref);
    }
    let fits = |listener: &&std::sync::Arc<Listener>| listener.tls.is_some() == question.tls;
    let mut fitting = snapshot.listeners.iter().filter(fits);
    let by_port = fitting.clone().find(|listener| listener.address.port() == question.port());
    by_port.or_else(|| fitting.next()).map(AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::Question;

    #[test]
    fn requests_are_read() {
        for (text, method, tls, authority, target, port) in [
            ("GET https://a.test/x?y=1", "GET", true, "a.test", "/x?y=1", 443),
            ("http://a.test:8080", "GET", false, "a.test:8080", "/", 8080),
            ("POST http://a.test?q", "POST", false, "a.test", "/?q", 80),
        ] {
            let read = Question::parse(text).unwrap();
            assert_eq!(
                (read.method.as_str(), read.tls, &*read.authority, &*read.target, read.port()),
                (method, tls, authority, target, port)
            );
        }
        assert!(Question::parse("GET /x").is_err());
        assert!(Question::parse("GET ftp://a.test/").is_err());
    }
}
