//! What broke other engines.

use super::{TYPE, flags, read, show};

/// Every part shows its own charset, so a harmless last part cannot hide an earlier one.
/// <https://nvd.nist.gov/vuln/detail/CVE-2026-21876>
#[test]
fn cve_2026_21876_charset_of_every_part() {
    let body = b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: text/plain; \
        charset=utf-7\r\n\r\n+ADw-script+AD4-\r\n--B\r\nContent-Disposition: form-data; \
        name=\"b\"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nx\r\n--B--\r\n";
    let multipart = read(TYPE, body);
    let charsets: Vec<_> = multipart.parts.iter().map(|p| p.charset.as_deref()).collect();
    assert_eq!(charsets, [Some(&b"utf-7"[..]), Some(b"utf-8")]);
    let types: Vec<_> = multipart.parts.iter().map(|part| part.headers[1].line.as_ref()).collect();
    assert_eq!(
        types,
        [
            &b"Content-Type: text/plain; charset=utf-7"[..],
            b"Content-Type: text/plain; charset=utf-8"
        ]
    );
}

/// Line breaks inside a value are part of it: without them two harmless words become another one, or a
/// line-anchored pattern no longer matches.
/// <https://nvd.nist.gov/vuln/detail/CVE-2026-52747>
#[test]
fn cve_2026_52747_line_breaks_stay() {
    for content in ["x\r\ny", "\r\n\r\nx", "x\n\ny\r\n", "\n", "\r", "a\r\n--C\r\nb", "x\r"] {
        let body = format!(
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{content}\r\n--B--\r\n"
        );
        let multipart = read(TYPE, body.as_bytes());
        assert_eq!(show(&multipart), [format!("a={content}")], "{content:?}");
    }
}

/// A file name in `filename*` is seen in whatever charset it claims.
/// <https://nvd.nist.gov/vuln/detail/CVE-2026-114101>
#[test]
fn cve_2026_114101_extended_file_name() {
    for (parameters, names) in [
        ("filename*=iso-8859-1''shell.php", "@shell.php"),
        ("filename*=ISO-8859-1'en'shell%2ephp", "@shell.php"),
        ("filename*=utf-8''shell.php; filename=cat.png", "@cat.png@shell.php"),
        ("filename=cat.png; filename*=windows-1252''shell.php", "@cat.png@shell.php"),
        ("filename*=shell.php", "@shell.php"),
        ("filename*=\"utf-8''shell.php\"", "@shell.php"),
        ("filename*=''shell.php", "@shell.php"),
        ("FileName*=x'y'shell.php", "@shell.php"),
    ] {
        let body = format!(
            "--B\r\nContent-Disposition: form-data; name=\"f\"; {parameters}\r\n\r\nx\r\n--B--\r\n"
        );
        let multipart = read(TYPE, body.as_bytes());
        assert_eq!(show(&multipart), [format!("f{names}=x")], "{parameters}");
        assert!(multipart.parts[0].may_be_file(), "{parameters}");
        // A server that ignores `filename*` takes the content for a value, so rules see it as one too.
        assert_eq!(multipart.parts[0].may_be_value(), !parameters.contains("cat.png"));
        let known = parameters.to_lowercase();
        let known = known.contains("iso-8859-1'") || known.contains("utf-8'");
        assert_eq!(flags(&multipart).is_empty(), known, "{parameters}");
    }
}
