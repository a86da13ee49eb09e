//! Reads a response out of the bytes so far.

use crate::ftw::wire::chunks;

/// The most header lines of a response.
const MAX_HEADERS: usize = 200;

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// How far the bytes go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole response.
    Whole(Reply),
    /// More bytes are needed.
    More,
}

/// Reads what is there; `head` is for the answer to HEAD, `ended` when nothing follows.
pub(super) fn step(mut bytes: &[u8], head: bool, ended: bool) -> Result<Step, String> {
    loop {
        let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut lines);
        let length = match response.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(Step::More),
            Err(error) => return Err(format!("no HTTP response: {error}")),
        };
        let status = response.code.unwrap_or_default();
        let rest = bytes.get(length..).unwrap_or_default();
        if (100..200).contains(&status) && status != 101 {
            bytes = rest;
            continue;
        }
        let body = body(status, head, response.headers, rest, ended);
        return Ok(body.map_or(Step::More, |body| Step::Whole(Reply { status, body })));
    }
}

/// The body as its framing says (RFC 9112 section 6.3); none when it is not whole yet.
fn body(
    status: u16,
    head: bool,
    headers: &[httparse::Header<'_>],
    rest: &[u8],
    ended: bool,
) -> Option<Vec<u8>> {
    if head || matches!(status, 101 | 204 | 304) {
        return Some(Vec::new());
    }
    let value = |name: &str| {
        let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()
    };
    if value("transfer-encoding").is_some_and(|codings| codings.ends_with("chunked")) {
        let (body, whole) = chunks(rest);
        return (whole || ended).then_some(body);
    }
    match value("content-length").and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if rest.len() >= length => rest.get(..length).map(<[u8]>::to_vec),
        Some(_) | None => ended.then(|| rest.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes, whether they answer HEAD, whether nothing follows; the status and body that are read.
    type Case = (&'static str, bool, bool, Option<(u16, &'static str)>);

    #[test]
    fn responses_end_where_their_framing_says() {
        let cases: [Case; 9] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, false, Some((200, "ok"))),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", false, false, None),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", false, true, Some((200, "ok"))),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, false, Some((200, ""))),
            ("HTTP/1.1 403 No\r\n\r\nrest", false, false, None),
            ("HTTP/1.1 403 No\r\n\r\nrest", false, true, Some((403, "rest"))),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n", false, false, Some((204, ""))),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                false,
                false,
                Some((200, "ok")),
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
                false,
                false,
                None,
            ),
        ];
        for (bytes, head, ended, expected) in cases {
            let expected = expected.map_or(Step::More, |(status, body)| {
                Step::Whole(Reply { status, body: body.as_bytes().to_vec() })
            });
            assert_eq!(step(bytes.as_bytes(), head, ended).unwrap(), expected, "{bytes:?}");
        }
        assert!(step(b"<html>no status line", false, false).is_err());
    }
}
