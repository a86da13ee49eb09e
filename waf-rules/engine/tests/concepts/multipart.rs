//! Every flag of a multipart body is really set, by a body that has nothing else wrong where that is possible.

use crate::harness::{GET, Request, run};

const DISPOSITION: &str = "Content-Disposition: form-data; name=\"a\"";

/// Flag, content type, body.
type Case = (&'static str, &'static str, String);

fn cases() -> Vec<Case> {
    let plain = "multipart/form-data; boundary=B";
    let whole = format!("--B\r\n{DISPOSITION}\r\n\r\nv\r\n--B--\r\n");
    let with = |headers: &str| format!("--B\r\n{headers}\r\n\r\nv\r\n--B--\r\n");
    vec![
        ("", plain, whole.clone()),
        ("MULTIPART_BOUNDARY_QUOTED", "multipart/form-data; boundary=\"B\"", whole.clone()),
        ("MULTIPART_BOUNDARY_WHITESPACE", "multipart/form-data; boundary= B", whole.clone()),
        ("MULTIPART_DATA_BEFORE", plain, format!("x\r\n{whole}")),
        ("MULTIPART_DATA_AFTER", plain, format!("{whole}x")),
        ("MULTIPART_HEADER_FOLDING", plain, with("Content-Disposition: form-data;\r\n name=\"a\"")),
        ("MULTIPART_LF_LINE", plain, whole.replace("\r\n", "\n")),
        ("MULTIPART_CRLF_LF_LINES", plain, whole.replacen("\r\n", "\n", 1)),
        ("MULTIPART_MISSING_SEMICOLON", "multipart/form-data boundary=B", whole.clone()),
        ("MULTIPART_SEMICOLON_MISSING", "multipart/form-data boundary=B", whole.clone()),
        ("MULTIPART_INVALID_QUOTING", plain, with("Content-Disposition: form-data; name='a'")),
        ("MULTIPART_INVALID_PART", plain, with("Content-Type: text/plain")),
        (
            "MULTIPART_INVALID_HEADER_FOLDING",
            plain,
            with("Content-Disposition: form-data;\r\n\u{b}name=\"a\""),
        ),
        ("MULTIPART_UNMATCHED_BOUNDARY", plain, with(DISPOSITION).replace("\r\nv", "\r\n--C\r\nv")),
        ("MULTIPART_STRICT_ERROR", plain, format!("x\r\n{whole}")),
    ]
}

const FLAGS: &[&str] = &[
    "MULTIPART_BOUNDARY_QUOTED",
    "MULTIPART_BOUNDARY_WHITESPACE",
    "MULTIPART_DATA_BEFORE",
    "MULTIPART_DATA_AFTER",
    "MULTIPART_HEADER_FOLDING",
    "MULTIPART_LF_LINE",
    "MULTIPART_CRLF_LF_LINES",
    "MULTIPART_MISSING_SEMICOLON",
    "MULTIPART_INVALID_QUOTING",
    "MULTIPART_INVALID_PART",
    "MULTIPART_INVALID_HEADER_FOLDING",
    "MULTIPART_UNMATCHED_BOUNDARY",
    "MULTIPART_FILE_LIMIT_EXCEEDED",
];

fn is_set(flag: &str, settings: &str, content_type: &str, body: &str) -> bool {
    let headers = [("Content-Type", content_type)];
    let request = Request { method: "POST", headers: &headers, body: body.as_bytes(), ..GET };
    let text = format!("{settings}\nSecRule {flag} \"@eq 1\" \"id:1\"");
    run(&text, request).ids == [1]
}

#[test]
fn flags() {
    for (flag, content_type, body) in cases() {
        if flag.is_empty() {
            for flag in FLAGS {
                assert!(!is_set(flag, "", content_type, &body), "{flag} of a plain body");
            }
        } else {
            assert!(is_set(flag, "", content_type, &body), "{flag}: {content_type}\n{body}");
        }
    }
}

#[test]
fn too_many_files() {
    let part = |name: u8| {
        format!(
            "--B\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\nv\r\n"
        )
    };
    let body = format!("{}{}{}--B--\r\n", part(1), part(2), part(3));
    let flag = "MULTIPART_FILE_LIMIT_EXCEEDED";
    let plain = "multipart/form-data; boundary=B";
    assert!(!is_set(flag, "", plain, &body));
    assert!(!is_set(flag, "SecUploadFileLimit 3", plain, &body));
    assert!(is_set(flag, "SecUploadFileLimit 2", plain, &body));
}
