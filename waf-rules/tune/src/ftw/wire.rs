//! Reads request bytes as a front that lets everything through would: the engine is to be judged, not a parser.
//!
//! Lenient on purpose and used by tests only. The framing is HTTP's: a body is what Content-Length or chunks say, and
//! without either there is none, however many bytes follow.

/// A request as it was received, nothing decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireRequest {
    /// Up to the first space that follows a method byte; leading white space belongs to it.
    pub method: Vec<u8>,
    /// Between method and version; may hold spaces.
    pub target: Vec<u8>,
    /// After the last space; `HTTP/0.9` for a line without version, as RFC 1945 section 4.1 has it.
    pub version: Vec<u8>,
    /// Header lines in order; values without surrounding white space.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl WireRequest {
    /// Reads one request.
    pub fn parse(wire: &[u8]) -> WireRequest {
        let mut request = WireRequest::default();
        let mut rest = wire;
        let line = take_line(&mut rest);
        request.request_line(line);
        loop {
            let line = take_line(&mut rest);
            if line.is_empty() {
                break;
            }
            request.header_line(line);
        }
        request.body = request.framed(rest);
        // What stands behind a front that goes on after both has only one of them (RFC 9112 section 6.3).
        if request.header("Transfer-Encoding").is_some() {
            request.headers.retain(|header| !header.0.eq_ignore_ascii_case(b"Content-Length"));
        }
        request
    }

    /// The first value of a header; names compare without case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|header| header.0.eq_ignore_ascii_case(name.as_bytes()))
            .map(|header| header.1.as_slice())
    }

    /// The target in origin form: an absolute form loses its scheme and authority.
    pub fn origin_form(&self) -> &[u8] {
        let target = self.target.as_slice();
        for scheme in [b"http://".as_slice(), b"https://"] {
            let Some(head) = target.get(..scheme.len()) else { continue };
            if head.eq_ignore_ascii_case(scheme) {
                let authority = target.get(scheme.len()..).unwrap_or_default();
                let path = authority.iter().position(|byte| matches!(byte, b'/' | b'?'));
                return path.and_then(|at| authority.get(at..)).unwrap_or(b"/");
            }
        }
        target
    }

    fn request_line(&mut self, line: &[u8]) {
        let blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
        let start = line.iter().position(|byte| !blank(byte)).unwrap_or(line.len());
        let end = line.iter().skip(start).position(blank).map_or(line.len(), |at| start + at);
        self.method = line.get(..end).unwrap_or_default().to_vec();
        let rest = line.get(end + 1..).unwrap_or_default();
        match rest.iter().rposition(|byte| *byte == b' ') {
            Some(at) => {
                self.target = rest.get(..at).unwrap_or_default().to_vec();
                self.version = rest.get(at + 1..).unwrap_or_default().to_vec();
            }
            None => self.target = rest.to_vec(),
        }
        if self.version.is_empty() {
            self.version = b"HTTP/0.9".to_vec();
        }
    }

    fn header_line(&mut self, line: &[u8]) {
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'))
            && let Some((_, value)) = self.headers.last_mut()
        {
            value.push(b' ');
            value.extend_from_slice(line.trim_ascii());
            return;
        }
        let at = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let name = line.get(..at).unwrap_or_default();
        let value = line.get(at + 1..).unwrap_or_default();
        self.headers.push((name.to_vec(), value.trim_ascii().to_vec()));
    }

    fn framed(&self, rest: &[u8]) -> Vec<u8> {
        if self.header("Transfer-Encoding").is_some_and(|value| value.ends_with(b"chunked")) {
            return chunks(rest).0;
        }
        let length =
            self.header("Content-Length").and_then(|value| std::str::from_utf8(value).ok());
        let length = length.and_then(|value| value.parse::<usize>().ok()).unwrap_or(0);
        rest.get(..length.min(rest.len())).unwrap_or_default().to_vec()
    }
}

/// The line up to LF, without its line end; the rest moves on.
fn take_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let whole = *rest;
    let end = whole.iter().position(|byte| *byte == b'\n');
    let line = whole.get(..end.unwrap_or(whole.len())).unwrap_or_default();
    *rest = end.and_then(|at| whole.get(at + 1..)).unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Chunks joined, and whether the last one was there; stops at the first that cannot be read.
pub(crate) fn chunks(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let line = take_line(&mut rest);
        let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let size =
            std::str::from_utf8(size).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let Some(chunk) = size.filter(|size| *size > 0).and_then(|size| rest.get(..size)) else {
            return (body, size == Some(0));
        };
        body.extend_from_slice(chunk);
        rest = rest.get(chunk.len()..).unwrap_or_default();
        take_line(&mut rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_lines_are_split_whatever_they_are() {
        let cases: [(&str, [&str; 3]); 6] = [
            ("GET / HTTP/1.1\r\n", ["GET", "/", "HTTP/1.1"]),
            ("\tGET /get HTTP/1.1\r\n", ["\tGET", "/get", "HTTP/1.1"]),
            ("     GET /get HTTP/1.1\r\n", ["     GET", "/get", "HTTP/1.1"]),
            ("GET /?a=<b c> HTTP/1.1\r\n", ["GET", "/?a=<b c>", "HTTP/1.1"]),
            ("GET / JUNK/1.0\n", ["GET", "/", "JUNK/1.0"]),
            ("GET / \r\n", ["GET", "/", "HTTP/0.9"]),
        ];
        for (line, [method, target, version]) in cases {
            let request = WireRequest::parse(line.as_bytes());
            assert_eq!(request.method, method.as_bytes(), "{line:?}");
            assert_eq!(request.target, target.as_bytes(), "{line:?}");
            assert_eq!(request.version, version.as_bytes(), "{line:?}");
        }
    }

    #[test]
    fn bodies_are_framed_by_http() {
        let cases = [
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcdef", "abc"),
            ("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", "abc"),
            ("POST / HTTP/1.1\r\n\r\nabc", ""),
            ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nabc", ""),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n",
                "abcde",
            ),
        ];
        for (wire, body) in cases {
            assert_eq!(WireRequest::parse(wire.as_bytes()).body, body.as_bytes(), "{wire:?}");
        }
    }

    #[test]
    fn headers_keep_what_they_hold() {
        let request = WireRequest::parse(
            b"GET http://h/p?q HTTP/1.1\r\nA:  b\r c \r\nD\r\nE: f\r\n g\r\n\r\n",
        );
        assert_eq!(request.header("a"), Some(b"b\r c".as_slice()));
        assert_eq!(request.header("d"), Some(b"".as_slice()));
        assert_eq!(request.header("e"), Some(b"f g".as_slice()));
        assert_eq!(request.origin_form(), b"/p?q");
    }
}
