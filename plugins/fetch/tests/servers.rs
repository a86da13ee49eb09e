//! Modules from files and servers, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use common::{MODULE, Server, no_secrets, plugin, sha256, start_tls};
use portcullis_config::{PullSecret, defaults};
use portcullis_plugin_fetch::Fetcher;

fn fetcher() -> (tempfile::TempDir, Fetcher) {
    let folder = tempfile::tempdir().unwrap();
    let fetcher = Fetcher::new(folder.path().join("cache"));
    (folder, fetcher)
}

#[test]
fn a_file_is_read_and_checked() {
    let (folder, fetcher) = fetcher();
    let path = folder.path().join("a.wasm");
    std::fs::write(&path, MODULE).unwrap();
    let url = path.display().to_string();
    let module = fetcher.fetch(&plugin(&url, ""), &no_secrets()).unwrap();
    assert_eq!(
        (module.bytes, module.sha256, module.stale),
        (MODULE.to_vec(), sha256(MODULE), None)
    );
    let other = format!(", sha256: {}", sha256(b"other"));
    let pinned = plugin(&url, &other);
    let error = fetcher.fetch(&pinned, &no_secrets()).unwrap_err();
    assert!(error.message.contains("is another one than `sha256` says"), "{error}");
    assert_eq!(error.help, Some(format!("its SHA-256 is {}", sha256(MODULE))));
    let written = plugin(&url, "");
    std::fs::write(&path, b"ELF").unwrap();
    assert_eq!(
        fetcher.fetch(&written, &no_secrets()).unwrap_err().message,
        "it is no WebAssembly module"
    );
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(defaults::PLUGIN_MODULE.bytes() + 1).unwrap();
    assert!(
        fetcher.fetch(&written, &no_secrets()).unwrap_err().message.contains("larger than 128MiB")
    );
    std::fs::remove_file(&path).unwrap();
    assert!(fetcher.fetch(&written, &no_secrets()).unwrap_err().message.starts_with("cannot read"));
}

#[test]
fn a_pinned_module_is_brought_once() {
    let server = Server::start(|_| (200, Vec::new(), MODULE.to_vec()));
    let (_folder, fetcher) = fetcher();
    let pin = format!(", sha256: {}, pull_policy: always", sha256(MODULE));
    let pinned = plugin(&format!("http://{}/a.wasm", server.address), &pin);
    for _ in 0..3 {
        assert_eq!(fetcher.fetch(&pinned, &no_secrets()).unwrap().bytes, MODULE);
    }
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn what_is_not_pinned_is_asked_for_as_the_policy_says() {
    let status = Arc::new(AtomicU16::new(200));
    let says = Arc::clone(&status);
    let server =
        Server::start(move |_| (says.load(Ordering::Relaxed), Vec::new(), MODULE.to_vec()));
    let (_folder, fetcher) = fetcher();
    let url = format!("http://{}/a.wasm", server.address);
    let fetch = |policy: &str| {
        let plugin = plugin(&url, &format!(", danger_unpinned: true, pull_policy: {policy}"));
        fetcher.fetch(&plugin, &no_secrets())
    };
    fetch("if_not_present").unwrap();
    fetch("if_not_present").unwrap();
    assert_eq!(server.asked().len(), 1);
    fetch("always").unwrap();
    assert_eq!(server.asked().len(), 2);
    status.store(503, Ordering::Relaxed);
    let module = fetch("always").unwrap();
    assert!(module.stale.unwrap().message.contains("503"), "what was brought before will do");
    // Taken back is taken back.
    for gone in [404, 401] {
        status.store(gone, Ordering::Relaxed);
        assert!(fetch("always").unwrap_err().message.contains(&gone.to_string()));
    }
}

#[test]
fn nobody_there_and_nothing_kept_is_an_error() {
    let (_folder, fetcher) = fetcher();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plugin = plugin(&format!("http://{closed}/a.wasm"), ", danger_unpinned: true");
    let error = fetcher.fetch(&plugin, &no_secrets()).unwrap_err();
    assert!(error.message.contains("cannot be reached"), "{error}");
    let said = error.diagnostic("plugins[0].url");
    assert!(said.is_error() && said.path == "plugins[0].url");
}

#[test]
fn another_module_than_the_pinned_one_is_refused_and_not_kept() {
    let server = Server::start(|_| (200, Vec::new(), [MODULE, b"evil"].concat()));
    let (folder, fetcher) = fetcher();
    let pin = format!(", sha256: {}", sha256(MODULE));
    let pinned = plugin(&format!("http://{}/a.wasm", server.address), &pin);
    let error = fetcher.fetch(&pinned, &no_secrets()).unwrap_err();
    assert!(error.message.contains("is another one than"), "{error}");
    assert!(!folder.path().join("cache").exists());
}

#[test]
fn redirects_are_bounded_and_take_no_credentials_along() {
    let target = Server::start(|_| (200, Vec::new(), MODULE.to_vec()));
    let to = target.address;
    let server = Server::start(move |request| match request.path() {
        "/once" => (302, vec![format!("location: http://{to}/a.wasm")], Vec::new()),
        _ => (302, vec!["location: /again".to_owned()], Vec::new()),
    });
    let (folder, fetcher) = fetcher();
    let password = folder.path().join("password");
    std::fs::write(&password, "s3cret\n").unwrap();
    let secret = PullSecret {
        username: Some("n".to_owned()),
        password: Some(password),
        ..PullSecret::default()
    };
    let secrets = BTreeMap::from([("s".to_owned(), secret)]);
    let fetch = |path: &str| {
        let url = format!("http://{}{path}", server.address);
        let mut plugin = plugin(&url, ", danger_unpinned: true");
        plugin.pull_secret = Some("s".to_owned());
        fetcher.fetch(&plugin, &secrets)
    };
    assert_eq!(fetch("/once").unwrap().bytes, MODULE);
    assert!(server.asked()[0].header("authorization").unwrap().starts_with("Basic "));
    assert_eq!(target.asked()[0].header("authorization"), None);
    let error = fetch("/for-ever").unwrap_err();
    assert!(error.message.contains("redirects more than 5 times"), "{error}");
}

#[test]
fn a_module_that_does_not_end_is_cut() {
    let server = Server::start(|_| {
        let most = usize::try_from(defaults::PLUGIN_MODULE.bytes()).unwrap();
        (200, Vec::new(), vec![0; most + 1])
    });
    let (_folder, fetcher) = fetcher();
    let plugin = plugin(&format!("http://{}/a.wasm", server.address), ", danger_unpinned: true");
    let error = fetcher.fetch(&plugin, &no_secrets()).unwrap_err();
    assert!(error.message.contains("larger than 128MiB"), "{error}");
}

#[test]
fn a_server_is_proven_by_the_authorities_of_the_secret() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let address = start_tls(config, MODULE.to_vec());
    let (folder, fetcher) = fetcher();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, made.cert.pem()).unwrap();
    let url = format!("https://localhost:{}/a.wasm", address.port());
    let mut plugin = plugin(&url, ", danger_unpinned: true");
    let error = fetcher.fetch(&plugin, &no_secrets()).unwrap_err();
    assert!(error.message.contains("cannot be reached"), "{error}");
    plugin.pull_secret = Some("s".to_owned());
    let secret = PullSecret { ca: Some(ca), ..PullSecret::default() };
    let secrets = BTreeMap::from([("s".to_owned(), secret)]);
    assert_eq!(fetcher.fetch(&plugin, &secrets).unwrap().bytes, MODULE);
}
