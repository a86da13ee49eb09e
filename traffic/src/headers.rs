//! The `headers` filter: sets, adds and removes headers of requests and responses.
//!
//! Names and values are checked when the filter is compiled. What belongs to the connection or frames the message is not
//! the operator's to change here: the edge writes it, and two opinions about framing are how requests are
//! smuggled (RFC 9112 section 11.2).

use async_trait::async_trait;
use http::{HeaderName, HeaderValue, header};
use pingora_http::{RequestHeader, ResponseHeader};
use portcullis_config::{self as config, Diagnostic, FilterKind};
use portcullis_filter::{Culprit, Exchange, Filter, FilterError, Flow, Interest};

/// Headers that belong to one connection (RFC 9110 section 7.6.1) or frame the message.
const CONNECTION: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "http2-settings",
    "expect",
];

/// Headers the edge writes after all filters; a change here would be lost.
const FORWARDED: &[&str] = &["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];

/// Most changes of one direction.
const CHANGES_MAX: usize = 256;

/// Longest value in bytes.
const VALUE_BYTES_MAX: usize = 8192;

/// Changes headers of requests and responses, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadersFilter {
    request: Changes,
    response: Changes,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Changes {
    remove: Box<[HeaderName]>,
    set: Box<[(HeaderName, HeaderValue)]>,
    add: Box<[(HeaderName, HeaderValue)]>,
}

/// Which message is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

impl HeadersFilter {
    /// Compiles what an operator wrote.
    ///
    /// # Errors
    /// Every name or value that cannot be used; paths begin at the filter: `request.set.host`.
    pub fn compile(config: &config::Headers) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let request = compile_changes(&config.request, Direction::Request, &mut problems);
        let response = compile_changes(&config.response, Direction::Response, &mut problems);
        if problems.is_empty() { Ok(Self { request, response }) } else { Err(problems) }
    }
}

#[async_trait]
impl Filter for HeadersFilter {
    fn name(&self) -> &'static str {
        FilterKind::Headers.as_str()
    }

    fn interest(&self) -> Interest {
        Interest {
            request_head: !self.request.is_empty(),
            response_head: !self.response.is_empty(),
            ..Interest::default()
        }
    }

    async fn request_head(
        &self,
        _ex: &mut Exchange,
        req: &mut RequestHeader,
    ) -> Result<Flow, FilterError> {
        for name in &self.request.remove {
            req.remove_header(name);
        }
        for (name, value) in &self.request.set {
            req.insert_header(name.clone(), value.clone()).map_err(cannot_store)?;
        }
        for (name, value) in &self.request.add {
            req.append_header(name.clone(), value.clone()).map_err(cannot_store)?;
        }
        Ok(Flow::Continue)
    }

    async fn response_head(
        &self,
        _ex: &mut Exchange,
        res: &mut ResponseHeader,
    ) -> Result<Flow, FilterError> {
        for name in &self.response.remove {
            res.remove_header(name);
        }
        for (name, value) in &self.response.set {
            res.insert_header(name.clone(), value.clone()).map_err(cannot_store)?;
        }
        for (name, value) in &self.response.add {
            res.append_header(name.clone(), value.clone()).map_err(cannot_store)?;
        }
        Ok(Flow::Continue)
    }
}

/// A head can hold a bounded number of headers only.
fn cannot_store(cause: impl std::error::Error + Send + Sync + 'static) -> FilterError {
    FilterError::new(Culprit::Internal, Box::new(cause))
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.set.is_empty() && self.add.is_empty()
    }
}

fn compile_changes(
    config: &config::HeaderChanges,
    direction: Direction,
    problems: &mut Vec<Diagnostic>,
) -> Changes {
    let at = direction.key();
    let count = config.set.len() + config.add.len() + config.remove.len();
    if count > CHANGES_MAX {
        problems.push(
            Diagnostic::error(at, format!("{count} header changes are too many"))
                .with_help(format!("at most {CHANGES_MAX} of a message")),
        );
        return Changes::default();
    }
    let mut remove = Vec::new();
    for (number, name) in config.remove.iter().enumerate() {
        match header_name(name, direction) {
            Ok(name) => remove.push(name),
            Err(problem) => problems.push(problem.at_path(format!("{at}.remove[{number}]"))),
        }
    }
    let mut pairs = |key: &str, written: &std::collections::BTreeMap<String, String>| {
        let mut compiled = Vec::new();
        for (name, value) in written {
            let pair = header_name(name, direction)
                .and_then(|checked| Ok((checked, header_value(name, value)?)));
            match pair {
                Ok(pair) => compiled.push(pair),
                Err(problem) => problems.push(problem.at_path(format!("{at}.{key}.{name}"))),
            }
        }
        compiled.into_boxed_slice()
    };
    let set = pairs("set", &config.set);
    let add = pairs("add", &config.add);
    Changes { remove: remove.into_boxed_slice(), set, add }
}

impl Direction {
    /// As written in a document.
    fn key(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// What is wrong with a name or a value, before it is known where it stands.
struct Problem {
    message: String,
    help: &'static str,
}

impl Problem {
    fn at_path(self, path: String) -> Diagnostic {
        Diagnostic::error(path, self.message).with_help(self.help)
    }
}

fn header_name(name: &str, direction: Direction) -> Result<HeaderName, Problem> {
    let refuse = |message: String, help| Err(Problem { message, help });
    if name.starts_with(':') {
        return refuse(
            format!("`{name}` is a pseudo-header of HTTP/2, not a header"),
            "use a route's `rewrite` to change host or path",
        );
    }
    let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
        return refuse(
            format!("`{name}` is not a header name"),
            "use letters, digits and hyphens, as in X-Frame-Options",
        );
    };
    if CONNECTION.contains(&parsed.as_str()) {
        return refuse(
            format!("`{name}` belongs to the connection or frames the message"),
            "remove it here: the gateway writes it for each connection",
        );
    }
    match direction {
        Direction::Request if parsed == header::HOST => refuse(
            "`host` cannot be changed by a filter".to_owned(),
            "use `rewrite: { host: ... }` on the route",
        ),
        Direction::Request if FORWARDED.contains(&parsed.as_str()) => refuse(
            format!("`{name}` is written by the gateway from what it knows of the connection"),
            "list the proxies in front of the gateway in `trusted_proxies`",
        ),
        Direction::Request | Direction::Response => Ok(parsed),
    }
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, Problem> {
    if value.len() > VALUE_BYTES_MAX {
        return Err(Problem {
            message: format!("the value of `{name}` has {} bytes", value.len()),
            help: "at most 8192 bytes",
        });
    }
    if value.trim_matches([' ', '\t']) != value {
        return Err(Problem {
            message: format!("the value of `{name}` begins or ends with a blank"),
            help: "remove the blanks: they are not part of a value (RFC 9110 section 5.5)",
        });
    }
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| Problem {
        message: format!("the value of `{name}` has a control character"),
        help: "a value is one line of text",
    })
}

#[cfg(test)]
mod tests;
