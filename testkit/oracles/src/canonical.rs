//! Request heads: what is canonical has one form, and canonicalising it changes nothing more.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use portcullis_canonical::{
    Canonical, EscapedSlashes, MethodPolicy, NonAscii, Policy, RawHead, canonicalise,
};

/// The first byte chooses the policy and the protocol; then a head of lines: method and target, and header lines.
pub fn check(data: &[u8]) {
    let Some((choice, head)) = data.split_first() else { return };
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut words = lines.next().unwrap_or_default().splitn(2, |byte| *byte == b' ');
    let Ok(method) = Method::from_bytes(words.next().unwrap_or_default()) else { return };
    let target = words.next().unwrap_or_default();
    let mut headers = HeaderMap::new();
    for line in lines.take(60) {
        let mut sides = line.splitn(2, |byte| *byte == b':');
        let name = HeaderName::from_bytes(sides.next().unwrap_or_default());
        let value = HeaderValue::from_bytes(sides.next().unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let http2 = choice & 1 == 1;
    let version = if http2 { Version::HTTP_2 } else { Version::HTTP_11 };
    let authority = if choice & 2 == 2 { Some("shop.example.com") } else { None };
    let raw = RawHead {
        method: &method,
        target,
        authority,
        version,
        headers: &headers,
        tls: choice & 4 == 4,
    };
    let policy = policy(*choice);
    match canonicalise(&raw, &policy) {
        Ok(canonical) => one_form(&canonical, &raw, &policy),
        Err(malformed) => assert!((400..=505).contains(&malformed.status())),
    }
}

fn policy(choice: u8) -> Policy {
    let mut policy = Policy::default();
    policy.path.merge_slashes = choice & 8 == 0;
    policy.path.escaped_slashes = match choice >> 4 & 3 {
        0 | 1 => EscapedSlashes::Reject,
        2 => EscapedSlashes::Keep,
        _ => EscapedSlashes::Decode,
    };
    policy.path.non_ascii = if choice & 64 == 0 { NonAscii::Reject } else { NonAscii::Encode };
    policy.methods =
        MethodPolicy { trace: choice & 128 == 128, extended_connect: choice & 128 == 128 };
    policy
}

fn one_form(canonical: &Canonical, raw: &RawHead<'_>, policy: &Policy) {
    let host = canonical.host.as_str();
    assert!(
        !host.is_empty() && !host.bytes().any(|b| b.is_ascii_uppercase() || b <= b' '),
        "{host:?}"
    );
    let path = canonical.path.as_str();
    let whole = canonical.path.path_and_query();
    assert!(whole.bytes().all(|b| b.is_ascii_graphic()), "{whole:?}");
    if canonical.path.is_asterisk() {
        return;
    }
    assert!(path.starts_with('/'), "{path:?}");
    assert!(!policy.path.merge_slashes || !path.contains("//"), "{path:?}");
    for segment in path.split('/') {
        assert!(segment != "." && segment != "..", "{path:?}");
        let lower = segment.to_ascii_lowercase();
        assert!(!lower.contains("%2e") && !lower.contains("%00"), "{path:?}");
    }
    // What goes upstream, seen again, is the same: with no other host named, and nothing left to decide.
    let headers = HeaderMap::new();
    let again = RawHead {
        target: whole.as_bytes(),
        authority: Some(canonical.host.authority()),
        version: Version::HTTP_2,
        headers: &headers,
        ..*raw
    };
    let again = canonicalise(&again, policy).expect("canonical once, canonical again");
    assert_eq!(again.path.path_and_query(), whole);
    assert_eq!(again.host, canonical.host);
}
