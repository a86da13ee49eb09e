use std::net::SocketAddr;

use super::*;

const ROUTE: &str =
    "listeners: [{name: http, address: '127.0.0.1:8080'}]\nroutes: [{name: r, cluster: a}]\n";

#[test]
fn names_become_endpoints() {
    let text = format!(
        "{ROUTE}clusters: [{{name: a, endpoints: [{{address: 'localhost:81', weight: 3}}]}}]"
    );
    let loaded = parse_str("a.yaml", &text).unwrap();
    let endpoints = &loaded.gateway.clusters[0].endpoints;
    let four = SocketAddr::from(([127, 0, 0, 1], 81));
    assert!(endpoints.iter().any(|endpoint| endpoint.address.socket() == Some(four)));
    assert!(endpoints.iter().all(|endpoint| endpoint.weight == 3));
    assert_eq!(endpoints[0].address.to_string(), "localhost:81");
    assert_eq!(parse_str("a.yaml", &text).unwrap().gateway, loaded.gateway);

    let text = format!(
        "{ROUTE}clusters: [{{name: a, endpoints: [{{address: 'no-such-name.invalid:81'}}]}}]"
    );
    let problems = parse_str("a.yaml", &text).unwrap_err();
    assert_eq!((problems.len(), problems[0].line), (1, 3));
    assert!(problems[0].message.starts_with("`no-such-name.invalid:81` has no address"));
}

#[test]
fn folder_is_merged_and_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "10.yaml",
        "listeners: [{name: http, address: '127.0.0.1:8080'}]\nroutes: [{name: r, cluster: a}]\n",
    );
    write(
        "20.yml",
        "clusters: [{name: a, endpoints: [{address: '127.0.0.1:1'}]}]\nfilters: [waf: {rules: [own.conf]}]\n",
    );
    write("own.conf", "SecAction \"id:1,phase:1,pass\"");
    write(".hidden.yaml", "nonsense: 1");
    write("notes.txt", "nonsense");
    std::fs::create_dir(folder.path().join("sub.yaml")).unwrap();
    let loaded = load(folder.path()).unwrap();
    let names: Vec<_> =
        loaded.files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["10.yaml", "20.yml", "own.conf"]);
    assert_eq!(loaded.gateway.routes.len(), 1);
    assert!(loaded.warnings.is_empty());
    let (file, line, column) = loaded.spans.find("routes[0].cluster").unwrap();
    assert_eq!((file.ends_with("10.yaml"), line, column), (true, 2, 29));
    assert!(loaded.spans.find("clusters[0].name").unwrap().0.ends_with("20.yml"));
}

#[test]
fn renewed_authorities_make_another_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let cluster = || {
        let text =
            "clusters: [{name: a, endpoints: [{address: '127.0.0.1:1'}], tls: {ca: ca.pem}}]";
        parse_str(folder.path().join("a.yaml"), text).unwrap().gateway.clusters.remove(0)
    };
    std::fs::write(&ca, "one").unwrap();
    let one = cluster();
    assert_eq!(one, cluster());
    std::fs::write(&ca, "two").unwrap();
    assert_ne!(one, cluster());
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let message = |path: &Path| load(path).unwrap_err()[0].to_string();
    assert!(message(&folder.path().join("missing")).starts_with("error: cannot read it"));
    assert!(message(folder.path()).starts_with("error: there is no document"));
    let file = folder.path().join("a.yaml");
    std::fs::write(&file, b"# fine\nroutes: \xff\n").unwrap();
    assert!(message(&file).contains("a.yaml:2:1"), "{}", message(&file));
}

#[test]
fn a_document_cannot_make_us_work_without_end() {
    let bomb: String = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        let before = n - 1;
        text + &format!("a{n}: &a{n} [*a{before}, *a{before}, *a{before}]\n")
    });
    let nested = format!("routes: {}{}", "[".repeat(5000), "]".repeat(5000));
    for text in [bomb, nested] {
        let started = std::time::Instant::now();
        assert!(parse_str("a.yaml", &text).is_err());
        assert!(started.elapsed().as_secs() < 5);
    }
    let many: String = (0..500).map(|n| format!("key{n}: 1\n")).collect();
    let problems = parse_str("a.yaml", &many).unwrap_err();
    assert_eq!(problems.len(), defaults::DIAGNOSTICS + 1);
}
