//! Verdicts of injection: the same every time, with a fingerprint of known letters.

use portcullis_waf_injection::{Fingerprint, sqli, xss};

/// Both detectors.
pub fn check(data: &[u8]) {
    let found = sqli(data);
    assert_eq!(found, sqli(data));
    if let Some(found) = found {
        let letters = found.as_str();
        assert!((1..=Fingerprint::LETTERS).contains(&letters.len()), "{letters:?}");
        assert!(letters.bytes().all(|b| b.is_ascii_graphic()), "{letters:?}");
        assert!(!data.is_empty());
    }
    assert_eq!(xss(data), xss(data));
    assert!(!(data.is_empty() && xss(data)));
}
