//! Requests whose cost is in the number and nesting of their parts.

use crate::drive::Request;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const XML: &str = "text/xml";
const MULTIPART: &str = "multipart/form-data; boundary=x";

/// Requests with `parts` parts or levels each, with their names.
pub fn requests(parts: usize) -> Vec<(&'static str, Request)> {
    let mut requests = bodies(parts);
    requests.extend(heads(parts));
    requests
}

fn text(parts: usize, part: impl Fn(usize) -> String) -> Vec<u8> {
    (0..parts).map(part).collect::<String>().into_bytes()
}

/// `open` and `close`, nested.
fn nested(parts: usize, open: &str, middle: &str, close: &str) -> Vec<u8> {
    [open.repeat(parts), middle.to_owned(), close.repeat(parts)].concat().into_bytes()
}

fn enclosed(open: &[u8], inner: Vec<u8>, close: &[u8]) -> Vec<u8> {
    [open, &inner, close].concat()
}

fn bodies(n: usize) -> Vec<(&'static str, Request)> {
    let multiparts = multiparts(n).into_iter().map(|(name, body)| (name, MULTIPART, body));
    texts(n)
        .into_iter()
        .chain(multiparts)
        .map(|(name, media, body)| (name, Request::post(media, body)))
        .collect()
}

fn texts(n: usize) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        ("arguments", FORM, text(n, |i| format!("p{i}=v{i}&"))),
        ("arguments, one name", FORM, text(n, |_| "a=1&".to_owned())),
        ("arguments, no value", FORM, text(n, |i| format!("{i}&"))),
        ("arguments, all attacks", FORM, text(n, |i| format!("p{i}=<x>' or 1=1;ls&"))),
        ("arguments, all escapes", FORM, text(n, |i| format!("p{i}=%252e%5cu002e%26%23x41;&"))),
        ("ampersands", FORM, text(n, |_| "&".to_owned())),
        ("JSON arrays, nested", JSON, nested(n, "[", "1", "]")),
        ("JSON objects, nested", JSON, nested(n, "{\"a\":", "1", "}")),
        ("JSON arrays, never closed", JSON, nested(n, "[", "", "")),
        ("JSON numbers", JSON, enclosed(b"[", text(n, |i| format!("{i},")), b"1]")),
        (
            "JSON members",
            JSON,
            enclosed(b"{", text(n, |i| format!("\"k{i}\":\"v\",")), b"\"z\":1}"),
        ),
        (
            "JSON, one member again and again",
            JSON,
            enclosed(b"{", text(n, |_| "\"a\":1,".to_owned()), b"\"a\":1}"),
        ),
        (
            "JSON, long key above many",
            JSON,
            enclosed(
                format!("{{\"{}\":[", "k".repeat(n)).as_bytes(),
                text(n / 4, |_| "1,".to_owned()),
                b"1]}",
            ),
        ),
        ("XML elements, nested", XML, nested(n, "<a>", "t", "</a>")),
        ("XML elements", XML, enclosed(b"<a>", text(n, |i| format!("<b>{i}</b>")), b"</a>")),
        ("XML attributes", XML, enclosed(b"<a ", text(n, |i| format!("a{i}=\"{i}\" ")), b"/>")),
        (
            "XML attribute elements",
            XML,
            enclosed(b"<a>", text(n, |i| format!("<b c=\"{i}\"/>")), b"</a>"),
        ),
        ("XML references", XML, enclosed(b"<a>", text(n, |_| "&lt;&#65;&e;".to_owned()), b"</a>")),
        ("XML comments", XML, enclosed(b"<a>", text(n, |_| "t<!---->".to_owned()), b"</a>")),
    ]
}

fn multiparts(n: usize) -> Vec<(&'static str, Vec<u8>)> {
    let part =
        |name: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nv\r\n");
    let file = |i: usize| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=f{i}; filename=\"{i}.php\"\r\n\r\n\r\n"
        )
    };
    let one_part = |headers: Vec<u8>| {
        enclosed(
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n",
            headers,
            b"\r\nv\r\n--x--\r\n",
        )
    };
    vec![
        ("parts", enclosed(b"", text(n, |i| part(&i.to_string())), b"--x--\r\n")),
        ("parts, one name", enclosed(b"", text(n, |_| part("a")), b"--x--\r\n")),
        ("parts, files", enclosed(b"", text(n, file), b"--x--\r\n")),
        ("boundaries only", text(n, |_| "--x\r\n".to_owned())),
        ("part headers", one_part(text(n, |i| format!("X-{i}: {i}\r\n")))),
        (
            "part header, folded",
            one_part(enclosed(b"X: a\r\n", text(n, |_| " b\r\n".to_owned()), b"")),
        ),
        (
            "part header, parameters",
            one_part(enclosed(
                b"Content-Disposition: form-data",
                text(n, |i| format!("; a{i}=b")),
                b"\r\n",
            )),
        ),
        ("almost boundaries", one_part(text(n, |_| "\r\n--y".to_owned()))),
    ]
}

fn heads(n: usize) -> Vec<(&'static str, Request)> {
    let cookies =
        |cookie: &dyn Fn(usize) -> String| Request::get("/").header("Cookie", text(n, cookie));
    let mut headers = Request::get("/");
    let mut same = Request::get("/");
    for i in 0..n {
        headers = headers.header(&format!("X-{i}"), "v");
        same = same.header("Accept", "text/html");
    }
    let query = text(n, |i| format!("p{i}=v&"));
    vec![
        ("cookies", cookies(&|i| format!("c{i}=v; "))),
        ("cookies, one name", cookies(&|_| "a=b;".to_owned())),
        ("headers", headers),
        ("headers, one name", same),
        ("query arguments", Request::get([b"/?".as_slice(), &query].concat())),
        ("path segments", Request::get(text(n, |_| "/a".to_owned()))),
        ("path, dot segments", Request::get(text(n, |_| "/a/..".to_owned()))),
        (
            "ranges",
            Request::get("/")
                .header("Range", enclosed(b"bytes=", text(n, |i| format!("{i}-{i},")), b"")),
        ),
        (
            "accepted types",
            Request::get("/").header("Accept", text(n, |i| format!("text/x{i};q=0.1,"))),
        ),
        (
            "charsets",
            Request::get("/")
                .header("Content-Type", text(n, |_| "text/xml; charset=utf-8;".to_owned())),
        ),
    ]
}
