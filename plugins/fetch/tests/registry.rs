//! Images of a real registry (Debian's docker-registry, brought by `scripts/registry.sh`), in every layout, with and
//! without a login; and the token handshake, against a server of our own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{MODULE, Request, Server, listens, no_secrets, plugin, sha256};
use flate2::Compression;
use flate2::write::GzEncoder;
use portcullis_config::PullSecret;
use portcullis_plugin_fetch::Fetcher;

const WASM: &str = "application/vnd.module.wasm.content.layer.v1+wasm";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Name `u`, password `secret`, as bcrypt.
const LOGIN: &str = "u:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

struct Registry {
    child: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
    authorization: Option<&'static str>,
}

impl Registry {
    fn start(login: bool) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../.tools/registry/usr/bin/docker-registry");
        assert!(program.exists(), "there is no registry to test with: run scripts/registry.sh");
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let data = folder.path().join("data");
        let mut config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '{address}'}}\n",
            data.display()
        );
        if login {
            let file = folder.path().join("htpasswd");
            std::fs::write(&file, format!("{LOGIN}\n")).unwrap();
            config += &format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", file.display());
        }
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        let child = Command::new(program)
            .args(["serve".as_ref(), file.as_os_str()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while !listens(address) {
            assert!(began.elapsed() < Duration::from_secs(20), "the registry does not begin");
            std::thread::sleep(Duration::from_millis(20));
        }
        // u:secret
        Self { child, address, folder, authorization: login.then_some("Basic dTpzZWNyZXQ=") }
    }

    fn send(
        &self,
        put: bool,
        url: &str,
        kind: &str,
        body: &[u8],
    ) -> ureq::http::Response<ureq::Body> {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let request = if put { agent.put(url) } else { agent.post(url) };
        let mut request = request.header("content-type", kind);
        if let Some(authorization) = self.authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.send(body).unwrap();
        assert!(response.status().is_success(), "{url}: {}", response.status());
        response
    }

    /// Pushes a blob; its descriptor.
    fn blob(&self, repository: &str, media_type: &str, bytes: &[u8]) -> String {
        let base = format!("http://{}", self.address);
        let begun =
            self.send(false, &format!("{base}/v2/{repository}/blobs/uploads/"), "text/plain", b"");
        let location = begun.headers().get("location").unwrap().to_str().unwrap().to_owned();
        let digest = sha256(bytes);
        let joint = if location.contains('?') { '&' } else { '?' };
        let url = format!("{location}{joint}digest=sha256:{digest}");
        self.send(true, &url, "application/octet-stream", bytes);
        format!(
            r#"{{"mediaType": "{media_type}", "digest": "sha256:{digest}", "size": {}}}"#,
            bytes.len()
        )
    }

    /// Pushes an image; the digest of its manifest.
    fn push(&self, image: &str, manifest_type: &str, layers: &[(&str, &[u8])]) -> String {
        let (repository, tag) = image.split_once(':').unwrap();
        let config = match manifest_type {
            DOCKER => "application/vnd.docker.container.image.v1+json",
            _ => "application/vnd.oci.image.config.v1+json",
        };
        let config = self.blob(repository, config, b"{}");
        let layers: Vec<String> =
            layers.iter().map(|(kind, bytes)| self.blob(repository, kind, bytes)).collect();
        let manifest = format!(
            r#"{{"schemaVersion": 2, "mediaType": "{manifest_type}", "config": {config}, "layers": [{}]}}"#,
            layers.join(",")
        );
        self.put(repository, tag, manifest_type, &manifest)
    }

    fn put(&self, repository: &str, tag: &str, kind: &str, manifest: &str) -> String {
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.address);
        self.send(true, &url, kind, manifest.as_bytes());
        sha256(manifest.as_bytes())
    }

    fn image(&self, image: &str) -> String {
        format!("oci://{}/{image}", self.address)
    }

    fn fetcher(&self) -> Fetcher {
        Fetcher::new(self.folder.path().join("cache"))
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An archive with one file, compressed.
fn archive(name: &str, contents: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..136].copy_from_slice(format!("{:011o}\0", contents.len()).as_bytes());
    header[148..156].copy_from_slice(b"        ");
    header[156] = b'0';
    let sum: usize = header.iter().map(|byte| usize::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header.extend_from_slice(contents);
    header.resize(header.len().next_multiple_of(512) + 1024, 0);
    let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
    zipped.write_all(&header).unwrap();
    zipped.finish().unwrap()
}

/// A module of its own.
fn module(number: u8) -> Vec<u8> {
    [MODULE, &[0, 2, 0, number]].concat()
}

#[test]
fn every_layout_of_an_image() {
    let registry = Registry::start(false);
    let fetcher = registry.fetcher();
    let layer = archive("plugin.wasm", &module(2));
    registry.push("plugins/oras:1", OCI, &[(WASM, &module(1))]);
    registry.push("plugins/docker:1", DOCKER, &[(DOCKER_LAYER, &layer)]);
    let spec = ("application/vnd.module.wasm.spec.v1+yaml", &b"apiVersion: 1.0.0"[..]);
    let readme = ("application/vnd.module.wasm.doc.v1+markdown", &b"# Plugin"[..]);
    let zipped = archive("./plugin.wasm", &module(3));
    let digest = registry.push("plugins/hgctl:1", OCI, &[spec, readme, (OCI_LAYER, &zipped)]);
    let index = format!(
        r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{{"mediaType": "{OCI}", "digest": "sha256:{digest}", "size": 1, "platform": {{"architecture": "amd64", "os": "linux"}}}}]}}"#
    );
    registry.put("plugins/hgctl", "list", "application/vnd.oci.image.index.v1+json", &index);
    registry.push("plugins/none:1", OCI, &[readme]);
    for (image, number) in [("oras:1", 1), ("docker:1", 2), ("hgctl:1", 3), ("hgctl:list", 3)] {
        let plugin = plugin(&registry.image(&format!("plugins/{image}")), "");
        assert_eq!(fetcher.fetch(&plugin, &no_secrets()).unwrap().bytes, module(number), "{image}");
    }
    let by_digest = plugin(&registry.image(&format!("plugins/hgctl@sha256:{digest}")), "");
    assert_eq!(fetcher.fetch(&by_digest, &no_secrets()).unwrap().bytes, module(3));
    for (image, why) in [
        ("plugins/none:1", "there is no module in the image"),
        ("plugins/oras:2", "is answered 404"),
        ("plugins/absent:1", "is answered 404"),
    ] {
        let error = fetcher.fetch(&plugin(&registry.image(image), ""), &no_secrets()).unwrap_err();
        assert!(error.message.contains(why) && error.help.is_some(), "{error}");
    }
}

#[test]
fn pins_and_policies() {
    let mut registry = Registry::start(false);
    let fetcher = registry.fetcher();
    let manifest = registry.push("p:latest", OCI, &[(WASM, &module(1))]);
    let url = registry.image("p:latest");
    let fetch = |more: &str| fetcher.fetch(&plugin(&url, more), &no_secrets());
    let kept = ", pull_policy: if_not_present";
    assert_eq!(fetch(&format!(", sha256: {manifest}")).unwrap().bytes, module(1));
    assert_eq!(fetch(kept).unwrap().bytes, module(1));
    registry.push("p:latest", OCI, &[(WASM, &module(2))]);
    assert_eq!(fetch(kept).unwrap().bytes, module(1), "what was brought is used");
    let error = fetch(&format!(", sha256: {manifest}, pull_policy: always")).unwrap_err();
    assert!(error.message.contains("is another one than"), "{error}");
    assert_eq!(fetch("").unwrap().bytes, module(2), "the tag latest is asked for");
    assert_eq!(
        fetch(&format!(", sha256: {}", sha256(&module(1)))).unwrap().bytes,
        module(1),
        "by its digest, from the cache"
    );
    registry.child.kill().unwrap();
    registry.child.wait().unwrap();
    let offline = fetch("").unwrap();
    assert_eq!(offline.bytes, module(2));
    assert!(offline.stale.unwrap().message.contains("cannot be reached"));
    assert!(fetcher.fetch(&plugin(&registry.image("q:1"), ""), &no_secrets()).is_err());
}

#[test]
fn a_registry_with_a_login() {
    let registry = Registry::start(true);
    let fetcher = registry.fetcher();
    registry.push("p:1", OCI, &[(WASM, &module(1))]);
    let mut plugin = plugin(&registry.image("p:1"), "");
    let error = fetcher.fetch(&plugin, &no_secrets()).unwrap_err();
    assert!(error.message.contains("401") && error.help.unwrap().contains("pull_secret"));
    plugin.pull_secret = Some("s".to_owned());
    let file = registry.folder.path().join("config.json");
    let secret = PullSecret { docker_config: Some(file.clone()), ..PullSecret::default() };
    let secrets = BTreeMap::from([("s".to_owned(), secret)]);
    for (auth, right) in [("dTp3cm9uZw==", false), ("dTpzZWNyZXQ=", true)] {
        std::fs::write(
            &file,
            format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, registry.address),
        )
        .unwrap();
        let fetched = fetcher.fetch(&plugin, &secrets);
        match right {
            true => assert_eq!(fetched.unwrap().bytes, module(1)),
            false => assert!(fetched.unwrap_err().message.contains("401")),
        }
    }
}

/// A registry that wants a token, as hosted ones do. `layer` is what it serves for the module's layer.
fn with_tokens(layer: Vec<u8>) -> Server {
    let manifest = format!(
        r#"{{"schemaVersion": 2, "layers": [{{"mediaType": "{WASM}", "digest": "sha256:{}", "size": {}}}]}}"#,
        sha256(MODULE),
        MODULE.len()
    );
    Server::start(move |request: &Request| {
        let host = request.header("host").unwrap();
        let path = request.path();
        if path.starts_with("/token") {
            let right = path == "/token?service=r%20s&scope=repository:a/p:pull"
                && request.header("authorization") == Some("Basic dTpzZWNyZXQ=");
            return match right {
                true => (200, Vec::new(), br#"{"token": "t0ken"}"#.to_vec()),
                false => (403, Vec::new(), Vec::new()),
            };
        }
        if request.header("authorization") != Some("Bearer t0ken") {
            let challenge =
                format!("www-authenticate: Bearer realm=\"http://{host}/token\",service=\"r s\"");
            return (401, vec![challenge], Vec::new());
        }
        match path {
            "/v2/a/p/manifests/1" => (200, Vec::new(), manifest.clone().into_bytes()),
            _ => (200, Vec::new(), layer.clone()),
        }
    })
}

#[test]
fn a_token_is_asked_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let fetch = |server: &Server, password: &str| {
        let file = folder.path().join("password");
        std::fs::write(&file, password).unwrap();
        let (username, password) = (Some("u".to_owned()), Some(file));
        let secret = PullSecret { username, password, ..PullSecret::default() };
        let mut plugin =
            plugin(&format!("oci://{}/a/p:1", server.address), ", pull_policy: always");
        plugin.pull_secret = Some("s".to_owned());
        Fetcher::new(folder.path().join("cache"))
            .fetch(&plugin, &BTreeMap::from([("s".to_owned(), secret)]))
    };
    let server = with_tokens(MODULE.to_vec());
    assert_eq!(fetch(&server, "secret").unwrap().bytes, MODULE);
    let asked: Vec<String> =
        server.asked().iter().map(|request| request.path().to_owned()).collect();
    assert_eq!(asked.len(), 4, "refused, token, manifest, layer: {asked:?}");
    let error = fetch(&with_tokens(MODULE.to_vec()), "wrong").unwrap_err();
    assert!(error.message.contains("403"), "{error}");
    let evil = [&MODULE[..MODULE.len() - 1], b"x"].concat();
    let error = fetch(&with_tokens(evil), "secret").unwrap_err();
    assert!(error.message.contains("a layer of another digest"), "{error}");
    let error = fetch(&with_tokens([MODULE, b"more"].concat()), "secret").unwrap_err();
    assert!(error.message.contains("is larger than 8B"), "{error}");
}
