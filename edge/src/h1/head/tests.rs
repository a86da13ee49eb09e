//! Heads as they come on the wire, whole and byte by byte.

use bytes::BytesMut;

use super::{HeadBounds, HeadError, HeadScan, RequestHead, parse_request, parse_response};

const BOUNDS: HeadBounds = HeadBounds { bytes: 200, target_bytes: 40, lines: 4 };

/// The head and what is left behind it; none when it does not end.
fn read(wire: &[u8], step: usize) -> Result<Option<(RequestHead, usize)>, HeadError> {
    let (mut scan, mut input) = (HeadScan::default(), BytesMut::new());
    let mut read = 0;
    for piece in wire.chunks(step) {
        input.extend_from_slice(piece);
        read += piece.len();
        if let Some(end) = scan.find(&mut input, &BOUNDS)? {
            let left = input.len() - end + wire.len() - read;
            return parse_request(&input.split_to(end).freeze(), &BOUNDS).map(|h| Some((h, left)));
        }
    }
    Ok(None)
}

#[test]
fn accepted() {
    let cases: &[(&[u8], &str, &str, usize, usize)] = &[
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", 1, 0),
        (b"\r\n\r\nGET /x HTTP/1.0\r\nHost:a\r\n\r\nbody", "GET", "/x", 1, 4),
        (
            b"PURGE http://a/?q HTTP/1.1\r\nHost: a\r\nX: \t1\t \r\n\r\n",
            "PURGE",
            "http://a/?q",
            2,
            0,
        ),
        (b"get * HTTP/1.1\r\na: 1\r\nA: 2\r\na: \r\n\r\n", "get", "*", 3, 0),
        (b"GET / HTTP/1.1\r\n\r\nGET", "GET", "/", 0, 3),
    ];
    for (wire, method, target, lines, left) in cases {
        for step in [1, 7, wire.len()] {
            let shown = String::from_utf8_lossy(wire);
            let (head, got) = read(wire, step).unwrap().unwrap_or_else(|| panic!("{shown}"));
            assert_eq!(head.method.as_str(), *method, "{shown}");
            assert_eq!(head.target, target.as_bytes(), "{shown}");
            assert_eq!((head.headers.len(), got), (*lines, *left), "{shown}, step {step}");
        }
    }
}

#[test]
fn refused() {
    let long = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "x".repeat(200));
    let target = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(40));
    let cases: &[(&[u8], HeadError)] = &[
        (b"GET / HTTP/1.1\nHost: a\n\n", HeadError::BareLf),
        (b"GET / HTTP/1.1\r\nHost: a\n\r\n", HeadError::BareLf),
        (b"\nGET / HTTP/1.1\r\n\r\n", HeadError::BareLf),
        (b"GET /\r\n\r\n", HeadError::RequestLine),
        (b"GET  / HTTP/1.1\r\n\r\n", HeadError::RequestLine),
        (b"GET / x HTTP/1.1\r\n\r\n", HeadError::RequestLine),
        (b"G\0T / HTTP/1.1\r\n\r\n", HeadError::RequestLine),
        (b"GET /\0 HTTP/1.1\r\n\r\n", HeadError::RequestLine),
        (b"GET / HTTP/1.2\r\n\r\n", HeadError::Version),
        (b"GET / HTTP/2.0\r\n\r\n", HeadError::Version),
        (b"GET / http/1.1\r\n\r\n", HeadError::RequestLine),
        (b"GET / HTTP/0.9\r\n\r\n", HeadError::RequestLine),
        (b"GET / TEST\r\n\r\n", HeadError::RequestLine),
        (b"GET / HTTP/4.0\r\n\r\n", HeadError::Version),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", HeadError::Field),
        (b"GET / HTTP/1.1\r\n: a\r\n\r\n", HeadError::Field),
        (b"GET / HTTP/1.1\r\nHost\r\n\r\n", HeadError::Field),
        (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", HeadError::Field),
        (b"GET / HTTP/1.1\r\n A: b\r\n\r\n", HeadError::Field),
        (b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", HeadError::Field),
        (b"GET / HTTP/1.1\r\nA: b\0\r\n\r\n", HeadError::Field),
        (b"GET / HTTP/1.1\r\nA(): b\r\n\r\n", HeadError::Field),
        (b"GET / HTTP/1.1\r\na:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\n\r\n", HeadError::TooManyHeaders),
        (long.as_bytes(), HeadError::TooLarge),
        (target.as_bytes(), HeadError::TargetTooLong),
    ];
    for (wire, error) in cases {
        for step in [1, wire.len()] {
            let shown = String::from_utf8_lossy(wire);
            assert_eq!(read(wire, step).map(|_| ()), Err(*error), "{shown}, step {step}");
        }
    }
}

#[test]
fn responses() {
    let parse = |wire: &str| {
        let bytes = bytes::Bytes::copy_from_slice(wire.as_bytes());
        parse_response(&bytes, &BOUNDS)
    };
    for (wire, status, reason) in [
        ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 200, "OK"),
        ("HTTP/1.0 404 Gone Fishing\r\n\r\n", 404, "Gone Fishing"),
        ("HTTP/1.1 204 \r\n\r\n", 204, "No Content"),
    ] {
        let head = parse(wire).unwrap();
        assert_eq!((head.status.as_u16(), head.get_reason_phrase()), (status, Some(reason)));
    }
    for wire in
        ["HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA b\r\n\r\n"]
    {
        assert!(parse(wire).is_err(), "{wire}");
    }
}
