//! Answers made by the gateway: what they look like to browsers, programs and gRPC clients.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use pingora_http::ResponseHeader;
use portcullis_filter::{ExchangeId, LocalReply};

use crate::failure::{Failure, Kind};
use crate::id;
use crate::message::{Downstream, Frame, Length};

/// The number of the exchange, shown to the caller and to the upstream.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Which form a caller reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A page for people.
    Html,
    /// An object for programs.
    Json,
    /// A status in the head that ends the stream at once.
    Grpc,
}

impl Form {
    /// What a request with these fields reads. Programs that take anything get JSON.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if is_grpc(headers) {
            return Self::Grpc;
        }
        let html = headers.get_all(ACCEPT).iter().any(|value| {
            let value = value.as_bytes();
            memchr::memmem::find(value, b"text/html").is_some()
        });
        if html { Self::Html } else { Self::Json }
    }
}

/// Whether a message is gRPC, whose silence is normal and whose errors are in trailers.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| {
        let value = value.as_bytes();
        value.len() >= 16 && value[..16].eq_ignore_ascii_case(b"application/grpc")
    })
}

/// How the answer is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audience {
    pub(crate) id: ExchangeId,
    pub(crate) form: Form,
    pub(crate) head_request: bool,
}

impl Audience {
    /// Of a request with this method and these fields.
    pub(crate) fn of(id: ExchangeId, method: &Method, headers: &HeaderMap) -> Self {
        Self { id, form: Form::of(headers), head_request: *method == Method::HEAD }
    }
}

/// Queues a local reply; returns the bytes of its body and the status that was sent.
pub(crate) fn send(
    down: &mut dyn Downstream,
    reply: LocalReply,
    audience: Audience,
) -> Result<(u64, u16), Failure> {
    let failed = |e| Failure::because(Kind::Internal, e);
    if audience.form == Form::Grpc {
        return send_grpc(down, &reply, audience);
    }
    let own_body = !reply.body.is_empty();
    let body = if own_body { reply.body } else { render(reply.status, reply.reason.0, audience) };
    let mut head = ResponseHeader::build_no_case(reply.status, Some(8)).map_err(failed)?;
    if !own_body && !body.is_empty() {
        head.insert_header(CONTENT_TYPE, media_type(audience.form)).map_err(failed)?;
        head.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store")).map_err(failed)?;
    }
    for (name, value) in reply.headers {
        head.append_header(name, value).map_err(failed)?;
    }
    head.insert_header(X_REQUEST_ID, &id::hex(audience.id)[..]).map_err(failed)?;
    let bodiless = reply.status == StatusCode::NO_CONTENT
        || reply.status == StatusCode::NOT_MODIFIED
        || reply.status.is_informational();
    if bodiless {
        down.respond(head, Length::None)?;
        return Ok((0, reply.status.as_u16()));
    }
    let length = body.len() as u64;
    if audience.head_request {
        head.insert_header(http::header::CONTENT_LENGTH, length).map_err(failed)?;
        down.respond(head, Length::None)?;
        return Ok((0, reply.status.as_u16()));
    }
    down.respond(head, Length::Exact(length))?;
    if length > 0 {
        down.send(Frame::Data(body))?;
    }
    down.send(Frame::End)?;
    Ok((length, reply.status.as_u16()))
}

/// Queues a 100 Continue.
pub(crate) fn send_continue(down: &mut dyn Downstream) -> Result<(), Failure> {
    let head = ResponseHeader::build_no_case(StatusCode::CONTINUE, Some(0));
    down.interim(&head.map_err(|e| Failure::because(Kind::Internal, e))?)
}

/// Trailers-only (gRPC over HTTP/2, "Responses"): status 200, the gRPC status in the head, the end.
fn send_grpc(
    down: &mut dyn Downstream,
    reply: &LocalReply,
    audience: Audience,
) -> Result<(u64, u16), Failure> {
    let failed = |e| Failure::because(Kind::Internal, e);
    let mut head = ResponseHeader::build_no_case(StatusCode::OK, Some(8)).map_err(failed)?;
    let media_type = HeaderValue::from_static("application/grpc");
    head.insert_header(CONTENT_TYPE, media_type).map_err(failed)?;
    head.insert_header(GRPC_STATUS, grpc_status(reply.status)).map_err(failed)?;
    head.insert_header(GRPC_MESSAGE, reply.reason.0).map_err(failed)?;
    head.insert_header(X_REQUEST_ID, &id::hex(audience.id)[..]).map_err(failed)?;
    down.respond(head, Length::Exact(0))?;
    down.send(Frame::End)?;
    Ok((0, 200))
}

/// The mapping of "HTTP to gRPC Status Code Mapping" in the documentation of gRPC.
fn grpc_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "13",
        401 => "16",
        403 => "7",
        404 => "12",
        413 | 431 => "8",
        429 | 502 | 503 | 504 => "14",
        _ => "2",
    }
}

fn media_type(form: Form) -> HeaderValue {
    HeaderValue::from_static(match form {
        Form::Html => "text/html; charset=utf-8",
        Form::Json | Form::Grpc => "application/json",
    })
}

/// What a caller is told for a status: what it means, and the number to quote.
fn render(status: StatusCode, reason: &str, audience: Audience) -> Bytes {
    let id = id::hex(audience.id);
    let title = status.canonical_reason().unwrap_or("Error");
    let mut out = BytesMut::with_capacity(640);
    match audience.form {
        Form::Html => {
            out.put_slice(
                b"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>",
            );
            put_title(&mut out, status, title);
            out.put_slice(b"</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em}code{word-break:break-all}</style></head>\n<body><h1>");
            put_title(&mut out, status, title);
            out.put_slice(b"</h1>\n<p>");
            out.put_slice(explain(status).as_bytes());
            out.put_slice(b"</p>\n<p>Event id: <code>");
            out.put_slice(&id);
            out.put_slice(b"</code></p></body></html>\n");
        }
        Form::Json | Form::Grpc => {
            out.put_slice(b"{\"status\":");
            out.put_slice(status.as_str().as_bytes());
            out.put_slice(b",\"error\":\"");
            out.put_slice(title.as_bytes());
            out.put_slice(b"\",\"reason\":\"");
            out.put_slice(reason.as_bytes());
            out.put_slice(b"\",\"message\":\"");
            out.put_slice(explain(status).as_bytes());
            out.put_slice(b"\",\"event_id\":\"");
            out.put_slice(&id);
            out.put_slice(b"\"}\n");
        }
    }
    out.freeze()
}

fn put_title(out: &mut BytesMut, status: StatusCode, title: &str) {
    out.put_slice(status.as_str().as_bytes());
    out.put_u8(b' ');
    out.put_slice(title.as_bytes());
}

fn explain(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => {
            "The request was stopped because it looks like an attack. If it was not meant as one, tell the operator of this site the event id."
        }
        404 => "Nothing is served under this address.",
        408 => "The request did not arrive in time.",
        413 => "The request is larger than allowed.",
        414 | 431 => "The head of the request is larger than allowed.",
        421 => "This connection does not serve the host asked for.",
        502 => "The application behind this gateway failed to answer.",
        503 => "The application behind this gateway is not available at the moment.",
        504 => "The application behind this gateway did not answer in time.",
        400..=499 => "The request could not be understood or is not allowed.",
        _ => "The gateway failed to answer.",
    }
}
