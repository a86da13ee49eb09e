//! Body parsers: what goes in decides how much can come out.

use portcullis_waf_body::urlencoded;

/// A separator makes an argument; decoding never makes more bytes.
pub fn urlencoded(data: &[u8]) {
    let limits = urlencoded::Limits::default();
    let parsed = urlencoded::parse(data, b'&', &limits);
    assert!(parsed.arguments.len() <= limits.arguments);
    assert!(parsed.arguments.byte_len() <= data.len());
    assert_eq!(parsed, urlencoded::parse(data, b'&', &limits));
    let plain = !data.iter().any(|byte| matches!(byte, b'%' | b'+'));
    if plain && !parsed.over_limit {
        let pieces = data.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty());
        for (piece, (name, value)) in pieces.zip(parsed.arguments.iter()) {
            let mut sides = piece.splitn(2, |byte| *byte == b'=');
            assert_eq!(name, sides.next().unwrap_or_default());
            assert_eq!(value, sides.next().unwrap_or_default());
        }
        assert!(!parsed.invalid_escape);
    }
}
