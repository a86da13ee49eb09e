use std::path::PathBuf;

use portcullis_config as config;
use rcgen::generate_simple_self_signed;

use super::{check_authorities, compile};

/// Writes a self-signed certificate for these names; gives certificate and key file.
fn issue(folder: &std::path::Path, file: &str, names: &[&str]) -> (PathBuf, PathBuf) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let issued = generate_simple_self_signed(names).unwrap();
    let (certificate, key) =
        (folder.join(format!("{file}.pem")), folder.join(format!("{file}.key")));
    std::fs::write(&certificate, issued.cert.pem()).unwrap();
    std::fs::write(&key, issued.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

fn tls(certificates: Vec<(PathBuf, PathBuf)>) -> config::ListenerTls {
    config::ListenerTls {
        certificates: certificates
            .into_iter()
            .map(|(certificate, key)| config::Certificate { certificate, key, hosts: Vec::new() })
            .collect(),
        alpn: vec![config::Alpn::Http2, config::Alpn::Http1],
        min_version: config::TlsVersion::Tls12,
    }
}

#[test]
fn the_most_exact_name_answers() {
    let folder = tempfile::tempdir().unwrap();
    let first = issue(folder.path(), "first", &["first.test"]);
    let shop = issue(folder.path(), "shop", &["shop.test", "*.shop.test"]);
    let api = issue(folder.path(), "api", &["api.shop.test"]);
    let compiled = compile(&tls(vec![first, shop, api]), "tls").unwrap();
    let found = |name: Option<&str>| compiled.certificates.find(name).cert[0].clone();
    let (first, shop, api) =
        (found(Some("first.test")), found(Some("shop.test")), found(Some("api.shop.test")));
    assert!(first != shop && shop != api && api != first);
    for (name, answers) in [
        (None, &first),
        (Some("unknown.test"), &first),
        (Some("SHOP.test."), &shop),
        (Some("www.shop.test"), &shop),
        (Some("a.b.shop.test"), &first),
    ] {
        assert_eq!(&found(name), answers, "{name:?}");
    }
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (a, _) = issue(folder.path(), "a", &["a.test"]);
    let (b, key) = issue(folder.path(), "b", &["b.test"]);
    let problems = compile(&tls(vec![(a, key), (b, "/nowhere".into())]), "tls").unwrap_err();
    let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["tls.certificates[0].key", "tls.certificates[1].key"]);
}

#[test]
fn authorities_are_checked_when_documents_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let (good, key) = issue(folder.path(), "authority", &["authority.test"]);
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing here").unwrap();
    let broken = folder.path().join("broken.pem");
    let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&broken, text).unwrap();
    for (file, usable) in
        [(good, true), (key, false), (empty, false), (broken, false), ("/nowhere".into(), false)]
    {
        assert_eq!(check_authorities(&file, "ca").is_none(), usable, "{}", file.display());
    }
}
