use portcullis_config::{Diagnostic, parse_str};
use portcullis_telemetry::metrics::{MetricLimits, ReloadOutcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

struct Served {
    address: SocketAddr,
    status: Arc<Status>,
}

async fn served() -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let status = Arc::new(Status::default());
    let metrics = Metrics::new(MetricLimits::default(), "test");
    let registry = Arc::new(Registry::new(Arc::clone(&metrics)));
    let admin = Admin { status: Arc::clone(&status), metrics, registry };
    tokio::spawn(serve(listener, admin));
    Served { address, status }
}

impl Served {
    async fn ask(&self, method: &str, path: &str, host: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        let status = response.split(' ').nth(1).unwrap().parse().unwrap();
        let body = response.split_once("\r\n\r\n").unwrap().1.to_owned();
        (status, body)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "127.0.0.1:9901").await
    }
}

#[tokio::test]
async fn every_page() {
    let admin = served().await;
    assert_eq!(admin.get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(admin.get("/readyz").await.0, 503);
    assert_eq!(admin.get("/nothing").await.0, 404);
    let (status, body) = admin.get("/diagnostics").await;
    let shown: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, &shown["revision"], &shown["last_change"]),
        (200, &Value::Null, &Value::Null)
    );

    let text = "listeners: [{name: http, address: '127.0.0.1:8080'}]\n\
                filters: [headers: {request: {set: {authorization: s3cret}}}]\n";
    let gateway = Arc::new(parse_str("a.yaml", text).unwrap().gateway);
    admin.status.applied(7, gateway, Vec::new());
    assert_eq!(admin.get("/readyz").await, (200, "ready\n".to_owned()));
    let (status, body) = admin.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(body.contains("# TYPE portcullis_"), "{body}");

    let (status, body) = admin.get("/waf/profile").await;
    assert_eq!(
        (status, &*body),
        (200, "No exchange was sampled yet; `profile_one_in` of the filter says how many are.\n")
    );

    let problem = Diagnostic::error("routes[0]", "wrong").at("a.yaml", 3, 4);
    admin.status.kept(ReloadOutcome::Refused, vec![problem]);
    let (_, body) = admin.get("/config").await;
    let shown: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(shown["revision"], 7);
    assert_eq!(shown["gateway"]["listeners"][0]["address"], "127.0.0.1:8080");
    assert_eq!(shown["gateway"]["limits"]["uri"], "16KiB");
    assert_eq!(shown["last_change"]["outcome"], "refused");
    assert_eq!(shown["last_change"]["diagnostics"][0]["line"], 3);
    assert!(shown["last_change"]["at"].as_str().unwrap().ends_with('Z'));
    assert!(!body.contains("s3cret"));

    admin.status.drain();
    assert_eq!(admin.get("/readyz").await.0, 503);
    assert_eq!(admin.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn nothing_but_reading() {
    let admin = served().await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"] {
        for path in ["/config", "/healthz", "/nothing"] {
            assert_eq!(admin.ask(method, path, "localhost").await.0, 405, "{method} {path}");
        }
    }
    assert_eq!(admin.ask("HEAD", "/healthz", "localhost").await.0, 200);
}

#[tokio::test]
async fn loopback_by_another_name_is_a_trick() {
    let admin = served().await;
    for (host, expected) in [
        ("localhost", 200),
        ("LOCALHOST:9901", 200),
        ("127.0.0.1", 200),
        ("[::1]:9901", 200),
        ("[::1]", 200),
        ("attacker.example.com", 421),
        ("attacker.example.com:9901", 421),
        ("127.0.0.1.example.com", 421),
        ("", 421),
    ] {
        assert_eq!(admin.ask("GET", "/config", host).await.0, expected, "{host}");
    }
}

#[tokio::test]
async fn connections_are_bounded() {
    let admin = served().await;
    let mut idle = Vec::new();
    for _ in 0..portcullis_config::defaults::ADMIN_CONNECTIONS {
        let mut stream = TcpStream::connect(admin.address).await.unwrap();
        stream.write_all(b"GET ").await.unwrap();
        idle.push(stream);
    }
    let wait = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(wait, admin.get("/healthz")).await.is_err());
    idle.pop();
    assert_eq!(admin.get("/healthz").await.0, 200);
}
