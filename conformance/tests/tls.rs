//! TLS on listeners: the certificate that the name asks for, the versions and protocols configured,
//! and a renewed certificate without a restart.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use portcullis_testkit::certificates::{Authority, Pair};
use portcullis_testkit::gateway::{Gateway, Place};
use portcullis_testkit::h2_client::H2Client;
use portcullis_testkit::raw::RawDownstream;
use portcullis_testkit::upstream::RecordingUpstream;
use portcullis_testkit::{DEADLINE, document};

fn written(place: &Place, up: std::net::SocketAddr, pairs: &[(&str, &Pair)], more: &str) -> String {
    let list: Vec<String> = pairs
        .iter()
        .map(|(name, pair)| {
            let (certificate, key) = pair.write(&place.folder, name).unwrap();
            format!("{{ certificate: {}, key: {} }}", certificate.display(), key.display())
        })
        .collect();
    format!(
        "{}listeners:\n  - {{ name: tls, address: \"{}\", tls: {{ certificates: [{}]{more} }} }}\n{}{}",
        document::base(place),
        place.listen[2],
        list.join(", "),
        document::cluster("up", &[up], ""),
        document::route("all", "up")
    )
}

/// The certificate's bytes that a handshake for a name ends with.
async fn shown(authority: &Authority, gateway: &Gateway, name: &str) -> Option<Vec<u8>> {
    let stream = authority.connect(gateway.place().listen[2], name, &[]).await.ok()?;
    stream.get_ref().1.peer_certificates()?.first().map(|certificate| certificate.to_vec())
}

#[tokio::test]
async fn the_name_chooses_the_certificate() {
    let (one, two) = (Authority::new().unwrap(), Authority::new().unwrap());
    let first = one.issue(&["first.test"]).unwrap();
    let second = two.issue(&["second.test", "*.wild.test"]).unwrap();
    let upstream = RecordingUpstream::fixed().await.unwrap();
    let pairs = [("first", &first), ("second", &second)];
    let gateway =
        Gateway::start(|place| written(place, upstream.address(), &pairs, "")).await.unwrap();
    let cases = [
        ("first.test", true, false),
        ("second.test", false, true),
        ("a.wild.test", false, true),
        ("wild.test", false, false),
        ("a.b.wild.test", false, false),
        ("other.test", false, false),
    ];
    for (name, by_one, by_two) in cases {
        assert_eq!(shown(&one, &gateway, name).await.is_some(), by_one, "{name}");
        assert_eq!(shown(&two, &gateway, name).await.is_some(), by_two, "{name}");
    }
}

#[tokio::test]
async fn alpn_offers_what_is_configured() {
    let authority = Authority::new().unwrap();
    let pair = authority.issue(&["a.test"]).unwrap();
    let upstream = RecordingUpstream::fixed().await.unwrap();
    for (more, h2) in [("", true), (", alpn: [http/1.1]", false)] {
        let pairs = [("a", &pair)];
        let gateway =
            Gateway::start(|place| written(place, upstream.address(), &pairs, more)).await.unwrap();
        let address = gateway.place().listen[2];
        assert_eq!(H2Client::tls(&authority, address, "a.test").await.is_ok(), h2, "{more}");
        let mut down = RawDownstream::tls(&authority, address, "a.test").await.unwrap();
        let answer = down.ask("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_served_without_a_restart() {
    let authority = Authority::new().unwrap();
    let (old, new) = (authority.issue(&["a.test"]).unwrap(), authority.issue(&["a.test"]).unwrap());
    let upstream = RecordingUpstream::fixed().await.unwrap();
    let pairs = [("a", &old)];
    let gateway =
        Gateway::start(|place| written(place, upstream.address(), &pairs, "")).await.unwrap();
    let before = shown(&authority, &gateway, "a.test").await.unwrap();
    let mut kept =
        RawDownstream::tls(&authority, gateway.place().listen[2], "a.test").await.unwrap();
    let request = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    assert_eq!(kept.ask(request).await.unwrap().status(), 200);
    new.write(&gateway.place().folder, "a").unwrap();
    let end = tokio::time::Instant::now() + DEADLINE;
    while shown(&authority, &gateway, "a.test").await.is_none_or(|now| now == before) {
        assert!(tokio::time::Instant::now() < end, "the old certificate is still served");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(kept.ask(request).await.unwrap().status(), 200, "old connections go on");
}
