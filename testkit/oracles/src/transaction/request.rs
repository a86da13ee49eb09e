//! Requests made of fuzz bytes.

use crate::drive::Request;
use arbitrary::{Result, Unstructured};

const METHODS: &[&str] = &["GET", "POST", "PUT", "OPTIONS", "X"];
const HEADERS: &[&str] =
    &["Host", "User-Agent", "Cookie", "Referer", "X-A", "Content-Type", "Transfer-Encoding"];
const MEDIA: &[&str] = &[
    "application/x-www-form-urlencoded",
    "application/json",
    "text/xml",
    "multipart/form-data; boundary=b",
    "text/plain",
    "",
];

/// One request. Values take what rules take: short words of a small alphabet, so that they meet.
pub(super) fn request(bytes: &mut Unstructured<'_>) -> Result<Request> {
    if bytes.is_empty() {
        return Err(arbitrary::Error::NotEnoughData);
    }
    let mut uri = b"/".to_vec();
    uri.extend(value(bytes)?);
    for _ in 0..bytes.int_in_range(0..=3)? {
        uri.extend([b"&", b"?"][usize::from(!uri.contains(&b'?'))]);
        uri.extend(bytes.choose(&["a", "b", "id", "A", ""])?.bytes());
        uri.push(b'=');
        uri.extend(value(bytes)?);
    }
    let mut request =
        Request { method: bytes.choose(METHODS)?.as_bytes().to_vec(), uri, ..Request::default() };
    for _ in 0..bytes.int_in_range(0..=3)? {
        let name = *bytes.choose(HEADERS)?;
        let value = value(bytes)?;
        request = request.header(name, value);
    }
    let media = *bytes.choose(MEDIA)?;
    let inner = value(bytes)?;
    request.body = match media {
        "application/json" => [b"{\"a\":[\"", inner.as_slice(), b"\",1]}"].concat(),
        "text/xml" => [b"<a b=\"c\">", inner.as_slice(), b"</a>"].concat(),
        "application/x-www-form-urlencoded" => [b"a=", inner.as_slice(), b"&b=1"].concat(),
        "" | "text/plain" => inner,
        _ => [
            b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n",
            inner.as_slice(),
            b"\r\n--b--\r\n",
        ]
        .concat(),
    };
    Ok(if media.is_empty() { request } else { request.header("Content-Type", media) })
}

fn value(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"a",
        b"b",
        b"ab",
        b"abc",
        b"select",
        b"SELECT",
        b"1",
        b"<script>",
        b"'",
        b"%27",
        b"%u0061",
        b" ",
        b"/*",
        b"*/",
        b"../",
        b"\\x61",
        b"&#97;",
        b"\xC3\xA9",
        b"\xFF",
        b"\0",
        b"%00",
        b"+",
        b"YWJj",
        b"aaaaaaaaaa",
    ];
    let mut out = Vec::new();
    for _ in 0..bytes.int_in_range(0..=5)? {
        if bytes.ratio(1, 8)? {
            out.push(bytes.arbitrary()?);
        } else {
            out.extend_from_slice(bytes.choose(PIECES)?);
        }
    }
    Ok(out)
}
