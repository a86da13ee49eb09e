//! Every case file through the public API. A bug is a line in one of them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use portcullis_canonical::{
    EscapedSlashes, ForwardedSource, Framing, HeadLimits, Host, NonAscii, Path, Policy, Problem,
    RawHead, Spoof, SpoofList, TrustedProxies, canonicalise, forwarded, spoofable,
};

/// Runs a table: each line is `input => expected`. All failures are told, not the first.
fn check(name: &str, table: &str, at_least: usize, run: impl Fn(&str) -> String) {
    let mut failures = Vec::new();
    let mut count = 0;
    for (number, line) in table.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        let (input, expected) = line.split_once("=> ").expect("a case has `=> `");
        let input = input.strip_suffix(' ').unwrap_or(input);
        let actual = run(input);
        if actual != expected {
            let number = number + 1;
            failures.push(format!("{name}:{number}: {input}: {actual}, not {expected}"));
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= at_least, "{name} has lost cases: {count}");
}

/// `\xHH` is a byte, `\\` a backslash, `\e` nothing.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [b, after @ ..] = rest {
        rest = match (b, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let hex = [*high, *low];
                out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
                after
            }
            (b'\\', [b'\\', after @ ..]) => {
                out.push(b'\\');
                after
            }
            (b'\\', [b'e', after @ ..]) => after,
            _ => {
                out.push(*b);
                after
            }
        };
    }
    out
}

fn shown(problem: Problem) -> String {
    format!("!{}", portcullis_canonical::Malformed { problem }.name())
}

/// Headers written as `name: value && name: value`. None if the type refuses one, which a parser does on the wire.
fn headers(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in text.split(" && ").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        let value = value.strip_prefix(' ').unwrap_or(value);
        headers.append(
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_bytes(&bytes(value)).ok()?,
        );
    }
    Some(headers)
}

/// Takes `[word] ` off the front.
fn flag<'a>(input: &mut &'a str, accepted: impl Fn(&str) -> bool) -> Option<&'a str> {
    let (word, rest) = input.strip_prefix('[')?.split_once("] ")?;
    if !accepted(word) {
        return None;
    }
    *input = rest;
    Some(word)
}

#[test]
fn path() {
    check("path.txt", include_str!("cases/path.txt"), 130, |mut input| {
        let mut policy = Policy::default();
        match flag(&mut input, |_| true) {
            Some("keep") => policy.path.escaped_slashes = EscapedSlashes::Keep,
            Some("decode") => policy.path.escaped_slashes = EscapedSlashes::Decode,
            Some("no_merge") => policy.path.merge_slashes = false,
            Some("encode") => policy.path.non_ascii = NonAscii::Encode,
            Some(other) => panic!("unknown policy {other}"),
            None => {}
        }
        let (method, target) = match input.strip_prefix("OPTIONS ") {
            Some(target) => (Method::OPTIONS, target),
            None => (Method::GET, input),
        };
        let head = RawHead {
            method: &method,
            target: &bytes(target),
            authority: None,
            version: Version::HTTP_11,
            headers: &headers("host: a.test").unwrap(),
            tls: false,
        };
        match canonicalise(&head, &policy) {
            Ok(canonical) => canonical.path.path_and_query().to_owned(),
            Err(malformed) => shown(malformed.problem),
        }
    });
}

#[test]
fn host() {
    check("host.txt", include_str!("cases/host.txt"), 70, |mut input| {
        let known = |w: &str| matches!(w, "tls" | "1.0" | "2") || w.starts_with("2 ");
        let word = flag(&mut input, known).unwrap_or_default();
        let mut headers = HeaderMap::new();
        for value in input.split(" && ").filter(|value| *value != "-") {
            match HeaderValue::from_bytes(&bytes(value)) {
                Ok(value) => headers.append("host", value),
                Err(_) => panic!("{value} cannot be sent"),
            };
        }
        let head = RawHead {
            method: &Method::GET,
            target: b"/",
            authority: word.strip_prefix("2 "),
            version: match word.split(' ').next() {
                Some("2") => Version::HTTP_2,
                Some("1.0") => Version::HTTP_10,
                _ => Version::HTTP_11,
            },
            headers: &headers,
            tls: word == "tls",
        };
        match canonicalise(&head, &Policy::default()) {
            Ok(canonical) => {
                let (host, authority) = (canonical.host.as_str(), canonical.host.authority());
                let port = canonical.host.port().map(|port| format!(":{port}"));
                assert_eq!(format!("{host}{}", port.unwrap_or_default()), authority);
                authority.to_owned()
            }
            Err(malformed) => shown(malformed.problem),
        }
    });
}

#[test]
fn framing() {
    check("framing.txt", include_str!("cases/framing.txt"), 80, |input| {
        let mut words = input.splitn(3, ' ');
        let version = match words.next().unwrap() {
            "0.9" => Version::HTTP_09,
            "1.0" => Version::HTTP_10,
            "1.1" => Version::HTTP_11,
            "2" => Version::HTTP_2,
            _ => Version::HTTP_3,
        };
        let method: Method = words.next().unwrap().parse().unwrap();
        let Some(mut headers) = headers(words.next().unwrap_or_default()) else {
            return "!unsendable".to_owned();
        };
        headers.insert("host", HeaderValue::from_static("a.test"));
        let (headers, target) = (&headers, b"/");
        let head =
            RawHead { method: &method, target, authority: None, version, headers, tls: false };
        match canonicalise(&head, &Policy::default()).map(|canonical| canonical.framing) {
            Ok(Framing::None) => "none".to_owned(),
            Ok(Framing::Length(bytes)) => format!("length {bytes}"),
            Ok(Framing::Chunked) => "chunked".to_owned(),
            Ok(Framing::Stream) => "stream".to_owned(),
            Err(malformed) => shown(malformed.problem),
        }
    });
}

#[test]
fn client_ip() {
    check("client_ip.txt", include_str!("cases/client_ip.txt"), 45, |mut input| {
        let word = flag(&mut input, |_| true).unwrap_or_default();
        let mut parts = input.splitn(3, '|').map(str::trim);
        let nets = parts.next().unwrap();
        let nets = nets.split(", ").filter(|net| *net != "-").map(|net| net.parse().unwrap());
        let peer: IpAddr = parts.next().unwrap().parse().unwrap();
        let (source, own, other) = match word {
            "forwarded" => (ForwardedSource::Forwarded, "forwarded", "x-forwarded-for"),
            _ => (ForwardedSource::XForwardedFor, "x-forwarded-for", "forwarded"),
        };
        let mut headers = HeaderMap::new();
        headers.append(other, HeaderValue::from_static("198.51.100.66"));
        headers.append(other, HeaderValue::from_static("for=198.51.100.66"));
        for line in parts.next().unwrap().split(" && ").filter(|line| !line.is_empty()) {
            headers.append(own, HeaderValue::from_bytes(&bytes(line)).unwrap());
        }
        let hops = word.strip_prefix("hops ").map(|hops| hops.parse().unwrap());
        TrustedProxies::new(nets, source, hops).client_ip(peer, &headers).to_string()
    });
}

#[test]
fn alias() {
    let asserted = ["x-authenticated-user", "x-consumer"].map(HeaderName::from_static);
    let list = SpoofList::with_asserted(asserted);
    check("alias.txt", include_str!("cases/alias.txt"), 60, |input| {
        let name: HeaderName = input.parse().unwrap();
        let judged = list.judge(&name);
        if !input.contains("authenticated") && !input.contains("consumer") {
            assert_eq!(spoofable(&name), judged.is_some(), "{input}");
        }
        match judged {
            None => "pass",
            Some(Spoof::Forwarding) => "forwarding",
            Some(Spoof::Asserted) => "asserted",
            Some(Spoof::Alias) => "alias",
        }
        .to_owned()
    });
}

#[test]
fn forwarded_fields() {
    check("forwarded.txt", include_str!("cases/forwarded.txt"), 7, |input| {
        let (hop, lines) = input.split_once('|').unwrap();
        let mut hop = hop.split_whitespace();
        let peer = hop.next().unwrap().parse().unwrap();
        let words: Vec<_> = hop.collect();
        let tls = words.contains(&"tls");
        let host = Host::parse(b"a.test:81", tls).unwrap();
        let hop =
            forwarded::Hop { peer, host: &host, tls, forwarded: words.contains(&"forwarded") };
        let mut headers = headers(lines.trim()).unwrap();
        let set: Vec<_> = forwarded::fields(&headers, &hop)
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        forwarded::append(&mut headers, &hop);
        assert_eq!(headers.get_all("x-forwarded-for").iter().count(), 1);
        set.join(" && ")
    });
}

/// Limits: at the limit a head passes, beyond it the status says which one.
#[test]
fn limits() {
    let limits = HeadLimits { uri_bytes: 10, headers_bytes: 40, headers_count: 3 };
    let policy = Policy { limits, ..Policy::default() };
    let status = |target: &str, lines: &str| {
        let headers = headers(&format!("host: a.test && {lines}")).unwrap();
        let (target, version) = (target.as_bytes(), Version::HTTP_11);
        let method = &Method::GET;
        let head =
            RawHead { method, target, authority: None, version, headers: &headers, tls: false };
        canonicalise(&head, &policy).map_or_else(|malformed| malformed.status(), |_| 200)
    };
    // `host: a.test` with its line end has 14 bytes.
    assert_eq!(status("/123456789", ""), 200);
    assert_eq!(status("/1234567890", ""), 414);
    assert_eq!(status("/", "a: 1 && b: 1"), 200);
    assert_eq!(status("/", "a: 1 && b: 1 && c: 1"), 431);
    assert_eq!(status("/", "cookie: a && cookie: b"), 200);
    assert_eq!(status("/", "cookie: a && cookie: b && cookie: c"), 431);
    assert_eq!(status("/", &format!("a: {}", "x".repeat(21))), 200);
    assert_eq!(status("/", &format!("a: {}", "x".repeat(22))), 431);
}

/// Every problem has a name and status of its own making, and names its section.
#[test]
fn problems() {
    let mut names: Vec<_> = Vec::new();
    for &problem in Problem::ALL {
        let malformed = portcullis_canonical::Malformed { problem };
        assert!((400..600).contains(&malformed.status()), "{malformed}");
        assert!(malformed.rfc().starts_with("RFC "), "{malformed}");
        assert!(
            malformed
                .name()
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
        );
        names.push(malformed.name());
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Problem::ALL.len());
}

/// A generator with a fixed seed (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// What canonicalisation let through it lets through unchanged, under every policy, and no path can be had that
/// policies and upstreams would read differently.
#[test]
fn canonical_is_a_fixed_point() {
    const PIECES: [&str; 34] = [
        "/", "/", "/", "//", ".", "..", "%2e", "%2E", "%2f", "%5c", "%5C", ";", "..;", "%3b", "a",
        "b", "Z", "~", "%7e", "%41", "%20", "%25", "%252e", "%c3%bc", "?", "x=1", "&", "<", "[",
        "\u{fc}", "%2F", "...", ".a", "%00",
    ];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut accepted = 0;
    for _ in 0..200_000 {
        let mut target = String::from("/");
        for _ in 0..random.below(12) {
            target.push_str(PIECES[random.below(PIECES.len())]);
        }
        let mut policy = Policy::default().path;
        policy.merge_slashes = random.below(2) == 0;
        policy.escaped_slashes =
            [EscapedSlashes::Reject, EscapedSlashes::Keep, EscapedSlashes::Decode][random.below(3)];
        policy.non_ascii = [NonAscii::Reject, NonAscii::Encode][random.below(2)];
        let Ok(path) = Path::parse(target.as_bytes(), &policy) else { continue };
        accepted += 1;
        let again = Path::parse(path.path_and_query().as_bytes(), &policy);
        assert_eq!(again.as_ref(), Ok(&path), "{target}");
        let text = path.as_str();
        assert!(text.starts_with('/'), "{target}");
        assert!(text.split('/').all(|segment| segment != "." && segment != ".."), "{target}");
        assert!(!policy.merge_slashes || !text.contains("//"), "{target}");
        let written_query = target.split_once('?').map(|(_, query)| query);
        if target.is_ascii() {
            let written_query = written_query.map(|query| query.replace('<', "%3C"));
            assert_eq!(path.query(), written_query.as_deref(), "{target}");
        }
    }
    assert!(accepted > 20_000, "the generator makes too few paths: {accepted}");
}

/// The same for hosts.
#[test]
fn canonical_host_is_a_fixed_point() {
    const PIECES: [&str; 16] =
        ["a", "B", ".", "-", "_", "1", ":", "80", "8080", "443", "[", "]", "::1", "test", "@", "*"];
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut accepted = 0;
    for _ in 0..200_000 {
        let mut text = String::new();
        for _ in 0..random.below(8) {
            text.push_str(PIECES[random.below(PIECES.len())]);
        }
        let tls = random.below(2) == 0;
        let Ok(host) = Host::parse(text.as_bytes(), tls) else { continue };
        accepted += 1;
        assert_eq!(Host::parse(host.authority().as_bytes(), tls).as_ref(), Ok(&host), "{text}");
        assert!(!host.as_str().bytes().any(|b| b.is_ascii_uppercase()), "{text}");
    }
    assert!(accepted > 10_000, "the generator makes too few hosts: {accepted}");
}
