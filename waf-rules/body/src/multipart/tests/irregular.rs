use super::{TYPE, flags, read, show};
use crate::multipart::Problem;

/// Content type, body with `|` for CR LF and `!` for LF, parts, flags, problem.
type Case =
    (&'static str, &'static str, &'static [&'static str], &'static [&'static str], Option<Problem>);

const A: &str = "--B|Content-Disposition: form-data; name=a||1|--B--|";

const BODIES: &[Case] = &[
    (TYPE, "", &[], &[], Some(Problem::NoParts)),
    // A form without fields.
    (TYPE, "--B--|", &[], &[], None),
    (
        TYPE,
        "--B--|x|--B|Content-Disposition: form-data; name=a||1|--B--|",
        &[],
        &["DATA_AFTER"],
        Some(Problem::BoundaryLine),
    ),
    (TYPE, "hello", &[], &["DATA_BEFORE"], Some(Problem::NoParts)),
    (
        TYPE,
        "pre|--B|Content-Disposition: form-data; name=a||1|--B--|",
        &["a=1"],
        &["DATA_BEFORE"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a||1|--B--|post",
        &["a=1"],
        &["DATA_AFTER"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a||1|--B--|--B|Content-Disposition: form-data; name=b||2|--B--|",
        &["a=1"],
        &["DATA_AFTER"],
        Some(Problem::BoundaryLine),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a||1",
        &["a=1"],
        &[],
        Some(Problem::FinalBoundaryMissing),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a||1|--B|",
        &["a=1"],
        &[],
        Some(Problem::Header),
    ),
    (TYPE, "--B|Content-Disposition: form-data; name=a", &["a="], &[], Some(Problem::Header)),
    (TYPE, "--B!Content-Disposition: form-data; name=a!!1!--B--!", &["a=1"], &["LF_LINE"], None),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a!|1|--B--|",
        &["a=1"],
        &["LF_LINE", "CRLF_LF_LINES"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data;| name=a||1|--B--|",
        &["a=1"],
        &["HEADER_FOLDING"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data;|\u{b}name=a||1|--B--|",
        &["a=1"],
        &["HEADER_FOLDING", "INVALID_HEADER_FOLDING"],
        Some(Problem::Header),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=\"a\u{b}b\"||1|--B--|",
        &["a\u{b}b=1"],
        &[],
        Some(Problem::Header),
    ),
    (
        TYPE,
        "--B| folded: x|Content-Disposition: form-data; name=a||1|--B--|",
        &["a=1"],
        &["HEADER_FOLDING", "INVALID_HEADER_FOLDING"],
        Some(Problem::Header),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a|Content-Transfer-Encoding: quoted-printable||=3C|--B--|",
        &["a==3C"],
        &[],
        Some(Problem::TransferEncoding),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a|Content-Transfer-Encoding: 8BIT||1|--B--|",
        &["a=1"],
        &[],
        None,
    ),
    // The boundary is none to a strict server.
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a||1!--B--|",
        &["a=1"],
        &["LF_LINE", "CRLF_LF_LINES"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a; filename,=x||1|--B--|",
        &["a=1"],
        &["INVALID_QUOTING"],
        None,
    ),
    // A file to some servers, a value to others.
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a; filename=\"\"||1|--B--|",
        &["a@=1"],
        &[],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a b||1|--B--|",
        &["a b=1"],
        &["INVALID_QUOTING"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a; b||1|--B--|",
        &["a=1"],
        &["INVALID_QUOTING"],
        None,
    ),
    ("multipart/form-data; x=; boundary=B", A, &["a=1"], &["INVALID_QUOTING"], None),
    (TYPE, "--B|Content-Disposition: form-data||1|--B--|", &["?=1"], &["INVALID_PART"], None),
    (TYPE, "--B||1|--B--|", &["?=1"], &["INVALID_PART"], Some(Problem::Disposition)),
    (
        TYPE,
        "--B|Content-Disposition: attachment; name=a||1|--B--|",
        &["a=1"],
        &[],
        Some(Problem::Disposition),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a; name=b||1|--B--|",
        &["a=1"],
        &[],
        Some(Problem::Repeated),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a; filename=x.txt; filename=y.php||1|--B--|",
        &["a@x.txt@y.php=1"],
        &[],
        Some(Problem::Repeated),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a|content-disposition: form-data; name=b; filename=y.php||1|--B--|",
        &["a@y.php=1"],
        &[],
        Some(Problem::Repeated),
    ),
    (
        TYPE,
        "--B|Content-Disposition : form-data; name=a||1|--B--|",
        &["a=1"],
        &[],
        Some(Problem::Header),
    ),
    (
        TYPE,
        "--B|nonsense|Content-Disposition: form-data; name=a||1|--B--|",
        &["a=1"],
        &[],
        Some(Problem::Header),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a\0||1|--B--|",
        &["a\0=1"],
        &[],
        Some(Problem::Header),
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name='a'||1|--B--|",
        &["'a'=1"],
        &["INVALID_QUOTING"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=\"a||1|--B--|",
        &["a=1"],
        &["INVALID_QUOTING"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=\"a\" filename=\"x.php\"||1|--B--|",
        &["a=1"],
        &["INVALID_QUOTING"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a; filename*0=x; filename*1*=%2ephp||1|--B--|",
        &["a@x.php=1"],
        &["INVALID_QUOTING"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a||1|--C|2|--B--|",
        &["a=1\r\n--C\r\n2"],
        &["UNMATCHED_BOUNDARY"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a||1|--Bx|2|--B--|",
        &["a=1\r\n--Bx\r\n2"],
        &[],
        Some(Problem::BoundaryLine),
    ),
    (
        TYPE,
        "--B |Content-Disposition: form-data; name=a||1|--B--|",
        &["a=1"],
        &["BOUNDARY_WHITESPACE"],
        None,
    ),
    (
        TYPE,
        "--B|Content-Disposition: form-data; name=a|--B--|",
        &["a="],
        &[],
        Some(Problem::Header),
    ),
    ("multipart/form-data; boundary=\"B\"", A, &["a=1"], &["BOUNDARY_QUOTED"], None),
    ("multipart/form-data; boundary =B", A, &["a=1"], &["BOUNDARY_WHITESPACE"], None),
    ("multipart/form-data boundary=B", A, &["a=1"], &["MISSING_SEMICOLON"], None),
    (
        "multipart/form-data; boundary='B'",
        A,
        &[],
        &["DATA_BEFORE", "INVALID_QUOTING", "UNMATCHED_BOUNDARY"],
        Some(Problem::NoParts),
    ),
    ("multipart/form-data", A, &[], &[], Some(Problem::Boundary)),
    ("multipart/form-data; boundary=", A, &[], &["INVALID_QUOTING"], Some(Problem::Boundary)),
    (
        "multipart/form-data; boundary=B; boundary=C",
        A,
        &["a=1"],
        &[],
        Some(Problem::BoundaryRepeated),
    ),
    (
        "multipart/form-data; boundary=B; boundary*=utf-8''C",
        A,
        &["a=1"],
        &[],
        Some(Problem::BoundaryRepeated),
    ),
    ("multipart/form-data; charset=utf-8; boundary=B", A, &["a=1"], &[], None),
    (
        "multipart/form-data; boundary=B@",
        "--B@|Content-Disposition: form-data; name=a||1|--B@--|",
        &["a=1"],
        &[],
        Some(Problem::BoundaryCharacters),
    ),
];

#[test]
fn irregular_bodies() {
    for &(content_type, body, parts, expected, problem) in BODIES {
        let body = body.replace('|', "\r\n").replace('!', "\n");
        let multipart = read(content_type, body.as_bytes());
        let context = format!("{content_type}\n{body}");
        assert_eq!(show(&multipart), parts, "{context}");
        assert_eq!(flags(&multipart), expected, "{context}");
        assert_eq!(multipart.problem, problem, "{context}");
        let lenient = ["UNMATCHED_BOUNDARY", "CRLF_LF_LINES"];
        let strict = problem.is_some() || expected.iter().any(|flag| !lenient.contains(flag));
        assert_eq!(multipart.strict_error(), strict, "{context}");
    }
}

#[test]
fn a_long_boundary_is_named() {
    let long = "x".repeat(71);
    let body =
        format!("--{long}\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--{long}--\r\n");
    let multipart = read(&format!("multipart/form-data; boundary={long}"), body.as_bytes());
    assert_eq!(
        (show(&multipart), multipart.problem),
        (vec!["a=1".to_owned()], Some(Problem::Boundary))
    );
}
