use super::{Limits, Problem, inflate, is_encoded};
use std::io::Write as _;
use std::time::{Duration, Instant};

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn raw(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(data, 19).unwrap()
}

/// `hello hello hello hello`, from the reference encoder.
const BROTLI: &[u8] =
    b"\x1b\x16\x00\xf8\x8d\x94\x6e\xde\x44\x55\x86\x96\x6c\x20\x6f\x21\x4f\x1c\xe0\x38";

/// 64 MiB of the digit zero in 106 bytes.
const BROTLI_BOMB: &[u8] =
    b"\xcb\xff\xff\x3f\xf8\x25\x60\xe2\xb1\x40\x20\xf7\xfe\x8f\xff\xff\x7f\xf0\x4b\x00\
    \xc4\x61\x11\x80\xee\xfd\x1f\xff\xff\xff\xe0\x97\x00\x88\xc3\x02\x00\xdd\xfb\x3f\
    \xfe\xff\xff\xc1\x2f\x01\x10\x87\x05\x00\xba\xf7\x7f\xfc\xff\xff\x83\x5f\x02\x20\
    \x0e\x0b\x00\x74\xef\xff\xf8\xff\xff\x07\xbf\x04\x40\x1c\x16\x00\xe8\xde\xff\xf1\
    \xff\xff\x0f\x7e\x09\x80\x38\x2c\x00\xd0\xbd\xff\xe3\xff\xff\x1f\xfc\x12\x00\x71\
    \x58\x00\xa0\x7b\xff\x37";

const TEXT: &[u8] = b"hello hello hello hello";

#[test]
fn codings() {
    let cases: &[(&str, Vec<u8>)] = &[
        ("", TEXT.to_vec()),
        ("identity", TEXT.to_vec()),
        ("gzip", gzip(TEXT)),
        ("x-gzip", gzip(TEXT)),
        ("GZIP", gzip(TEXT)),
        ("identity, gzip", gzip(TEXT)),
        ("deflate", zlib(TEXT)),
        ("deflate", raw(TEXT)),
        ("br", BROTLI.to_vec()),
        ("zstd", zstd(TEXT)),
        ("gzip, deflate", zlib(&gzip(TEXT))),
        ("zstd , gzip", gzip(&zstd(TEXT))),
        ("deflate,zstd", zstd(&raw(TEXT))),
        ("gzip", [gzip(b"hello hello "), gzip(b"hello hello")].concat()),
    ];
    for (name, body) in cases {
        let inflated = inflate(name.as_bytes(), body, &Limits::default());
        assert_eq!(inflated.bytes, TEXT, "{name}");
        assert_eq!(inflated.problem, None, "{name}");
    }
}

#[test]
fn what_is_encoded() {
    for (value, expected) in
        [("", false), ("identity", false), (" Identity , ", false), ("gzip", true), ("x", true)]
    {
        assert_eq!(is_encoded(value.as_bytes()), expected, "{value}");
    }
}

#[test]
fn problems() {
    let gz = gzip(TEXT);
    let mut wrong_sum = gz.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 1;
    let cases: &[(&str, Vec<u8>, Problem)] = &[
        ("compress", TEXT.to_vec(), Problem::UnknownCoding),
        ("gzip, sdch", gz.clone(), Problem::UnknownCoding),
        ("gzip, gzip, gzip", gz.clone(), Problem::Codings),
        ("gzip", TEXT.to_vec(), Problem::Corrupt),
        ("gzip", gz[..gz.len() - 3].to_vec(), Problem::Corrupt),
        ("gzip", wrong_sum, Problem::Corrupt),
        ("gzip", [&gz[..], b"junk"].concat(), Problem::Corrupt),
        ("deflate", [&zlib(TEXT)[..], b"junk"].concat(), Problem::TrailingData),
        ("deflate", [&raw(TEXT)[..], b"junk"].concat(), Problem::TrailingData),
        ("deflate", zlib(TEXT)[..10].to_vec(), Problem::Corrupt),
        ("br", BROTLI[..10].to_vec(), Problem::Corrupt),
        ("br", [BROTLI, b"junk"].concat(), Problem::TrailingData),
        ("zstd", zstd(TEXT)[..10].to_vec(), Problem::Corrupt),
        ("zstd", [&zstd(TEXT)[..], b"junk"].concat(), Problem::Corrupt),
        ("gzip", Vec::new(), Problem::Corrupt),
    ];
    for (name, body, problem) in cases {
        let inflated = inflate(name.as_bytes(), body, &Limits::default());
        assert_eq!(inflated.problem, Some(*problem), "{name} {}", body.escape_ascii());
    }
}

#[test]
fn truncation_keeps_what_was_decoded() {
    let text: Vec<u8> = (0..40_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
    for (name, body) in [("gzip", gzip(&text)), ("deflate", zlib(&text)), ("zstd", zstd(&text))] {
        let inflated = inflate(name.as_bytes(), &body[..body.len() - 20], &Limits::default());
        assert_eq!(inflated.problem, Some(Problem::Corrupt), "{name}");
        assert!(inflated.bytes.len() > 10_000, "{name} gave {}", inflated.bytes.len());
        assert!(text.starts_with(&inflated.bytes), "{name}");
    }
}

#[test]
fn exactly_at_the_limit_is_allowed() {
    let limits = Limits { output_bytes: TEXT.len(), ..Limits::default() };
    let inflated = inflate(b"gzip", &gzip(TEXT), &limits);
    assert_eq!((inflated.bytes.as_slice(), inflated.problem), (TEXT, None));
    let limits = Limits { output_bytes: TEXT.len() - 1, ..Limits::default() };
    let inflated = inflate(b"gzip", &gzip(TEXT), &limits);
    assert_eq!(inflated.bytes, TEXT[..TEXT.len() - 1]);
    assert_eq!(inflated.problem, Some(Problem::OutputBytes));
}

#[test]
fn bombs_stop_at_the_limit() {
    let zeros = vec![b'0'; 64 << 20];
    let limits = Limits { output_bytes: 1 << 20, ..Limits::default() };
    let bombs: &[(&str, Vec<u8>)] = &[
        ("gzip", gzip(&zeros)),
        ("deflate", raw(&zeros)),
        ("zstd", zstd(&zeros)),
        ("br", BROTLI_BOMB.to_vec()),
        ("gzip, gzip", gzip(&gzip(&zeros))),
    ];
    for (name, body) in bombs {
        let start = Instant::now();
        let inflated = inflate(name.as_bytes(), body, &limits);
        let took = start.elapsed();
        assert_eq!(inflated.bytes.len(), 1 << 20, "{name}");
        assert_eq!(inflated.problem, Some(Problem::OutputBytes), "{name}");
        // Generous, for a busy machine; the whole bomb takes several times as long.
        assert!(took < Duration::from_millis(200), "{name} took {took:?}");
    }
}

#[test]
fn ratio_stops_before_the_size_does() {
    let body = gzip(&vec![b'0'; 8 << 20]);
    let limits = Limits { ratio: 10, free_bytes: 64 << 10, ..Limits::default() };
    let inflated = inflate(b"gzip", &body, &limits);
    assert_eq!(inflated.problem, Some(Problem::Ratio));
    assert_eq!(inflated.bytes.len(), (body.len() * 10).max(64 << 10));
}

#[test]
fn a_bomb_between_two_codings_stops_too() {
    // The inner stream is empty gzip members without end: much work, no output at the far end.
    let members = gzip(b"").repeat(400_000);
    let limits = Limits { output_bytes: 1 << 20, ..Limits::default() };
    let inflated = inflate(b"gzip, gzip", &gzip(&members), &limits);
    assert_eq!(inflated.problem, Some(Problem::OutputBytes));
    assert!(inflated.bytes.is_empty());
}
