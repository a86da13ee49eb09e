use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use super::*;
use crate::ftw::parse_overrides;

#[test]
fn the_marker_is_the_last_line_of_the_head() {
    let cases = [
        (
            "GET / HTTP/1.1\r\nA: b\r\n\r\nbody\r\n\r\n",
            "GET / HTTP/1.1\r\nA: b\r\nM: 1\r\n\r\nbody\r\n\r\n",
        ),
        ("GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nM: 1\r\n\r\n"),
        ("GET / HTTP/1.1\nA: b\n\nx\r\n\r\n", "GET / HTTP/1.1\nA: b\nM: 1\r\n\nx\r\n\r\n"),
        ("GET /\r\nA: b", "GET /\r\nM: 1\r\nA: b"),
        ("GET /", "GET /"),
    ];
    for (wire, expected) in cases {
        assert_eq!(String::from_utf8(marked(wire.as_bytes(), "M: 1")).unwrap(), expected);
    }
}

/// A gateway of a few lines: it answers 200 to everything, and logs rule 1 for a target with `evil`.
struct Small {
    address: SocketAddr,
    log: PathBuf,
}

impl Small {
    fn start(name: &str, logs: fn(&str, &str) -> String) -> Small {
        let log = std::env::temp_dir().join(format!("ftw-{name}-{}.log", std::process::id()));
        let _ = std::fs::remove_file(&log);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let path = log.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = [0_u8; 4096];
                let read = stream.read(&mut bytes).unwrap();
                let request = String::from_utf8_lossy(&bytes[..read]).into_owned();
                if request.contains("/silent") {
                    continue;
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
                let marker = request.split_once("X-CRS-Test: ").map(|(_, rest)| rest);
                let marker = marker.and_then(|rest| rest.lines().next()).unwrap_or_default();
                let target = request.split(' ').nth(1).unwrap_or_default();
                let line = logs(target, marker);
                let mut file =
                    std::fs::OpenOptions::new().append(true).create(true).open(&path).unwrap();
                file.write_all(line.as_bytes()).unwrap();
            }
        });
        Small { address, log }
    }

    fn run(&self, tests: &str, overrides: &str) -> Result<Report, ThroughError> {
        let folder = self.log.with_extension("tests");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("1.yaml"), format!("rule_id: 1\ntests:\n{tests}")).unwrap();
        let suite = Suite::load(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let through = Through {
            target: Target::new(&format!("http://{}", self.address), None).unwrap(),
            log: self.log.clone(),
            upstream: None,
            timeouts: Timeouts::default(),
            log_timeout: Duration::from_millis(500),
        };
        let overrides = parse_overrides(overrides).unwrap();
        run(&suite, &Options { overrides, ..Options::default() }, &through)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.log);
    }
}

fn logging(target: &str, marker: &str) -> String {
    let rule = if target.contains("evil") || target.contains("probe") { "1" } else { "2" };
    format!(
        "[id \"999999\"] {marker} [unique_id \"{marker}\"]\n[id \"{rule}\"] [unique_id \"{marker}\"]\n"
    )
}

const TESTS: &str = "\
- { test_id: 1, stages: [{ input: { uri: /evil }, output: { status: 200, log: { expect_ids: [1] } } }] }
- { test_id: 2, stages: [{ input: { uri: /good }, output: { log: { no_expect_ids: [1] } } }] }
- { test_id: 3, stages: [{ input: { uri: /good }, output: { log: { expect_ids: [1] } } }] }
- { test_id: 4, stages: [{ input: { uri: /evil }, output: { isolated: true, log: { expect_ids: [1] } } }] }
- { test_id: 5, stages: [{ input: { uri: /silent }, output: { expect_error: true } }] }
- { test_id: 6, stages: [{ input: { uri: /good }, output: { expect_error: true } }] }
- { test_id: 7, stages: [{ input: { uri: /silent }, output: { log: { no_expect_ids: [1] } } }] }
- { test_id: 8, stages: [{ input: { uri: /good }, output: { response_contains: ^ok$ } }] }
- { test_id: 9, stages: [{ input: { uri: /good }, output: { status: 403 } }] }
- { test_id: 10, stages: [{ input: { uri: /good }, output: {} }, { input: { uri: /good }, output: { log: { match_regex: 'id \"1\"' } } }] }
";

#[test]
fn a_gateway_is_judged_by_its_answers_and_its_log() {
    let report = Small::start("judged", logging).run(TESTS, "test_overrides: []").unwrap();
    let failed: Vec<(&str, &str)> = report
        .failures
        .iter()
        .map(|failure| (&*failure.test, failure.reason.split(':').next().unwrap()))
        .collect();
    assert_eq!(
        failed,
        [
            ("1-10", "stage 2"),
            ("1-3", "did not match"),
            ("1-6", "the client was expected to see an error and got status 200"),
            ("1-7", "no answer"),
            ("1-9", "status 200 from the gateway, expected 403"),
        ]
    );
    assert_eq!(report.sum().passed, 5);
    assert_eq!(report.stages, 11);
}

#[test]
fn overrides_hold_over_sockets_too() {
    let overrides = "test_overrides:\n\
         - { rule_id: 1, test_ids: [9], reason: x, output: { status: 200 } }\n\
         - { rule_id: 1, test_ids: [2], reason: y, output: { status: 200 } }\n";
    let report = Small::start("overrides", logging).run(TESTS, overrides).unwrap();
    assert!(report.failures.iter().all(|failure| failure.test != "1-9"));
    assert_eq!(report.overridden.len(), 2);
    assert_eq!(report.stale, ["1-2 holds without its override: remove the override"]);
}

#[test]
fn a_log_that_does_not_tell_is_an_error_that_says_what_is_missing() {
    let silent = Small::start("silent", |_, _| "nothing of use\n".to_owned());
    let error = silent.run(TESTS, "test_overrides: []").unwrap_err().to_string();
    assert!(error.contains(MARKER_RULE), "{error}");
    let marker_only = Small::start("marker", |_, marker| format!("[id \"999999\"] {marker}\n"));
    let error = marker_only.run(TESTS, "test_overrides: []").unwrap_err().to_string();
    assert!(error.contains("ruleRemoveById"), "{error}");
    let nowhere = Small { address: "127.0.0.1:1".parse().unwrap(), log: PathBuf::from("none") };
    let error = nowhere.run(TESTS, "test_overrides: []").unwrap_err().to_string();
    assert!(error.contains("not connected"), "{error}");
}

#[test]
fn the_upstream_reflects_over_sockets() {
    let given: BTreeMap<u64, Response> =
        [(9, Response { status: Some(418), body: Some("tea".to_owned()), ..Response::default() })]
            .into();
    let upstream = Reflector::start("127.0.0.1:0".parse().unwrap(), Arc::new(given)).unwrap();
    let target = Target::new(&format!("http://{}", upstream.address()), None).unwrap();
    let cases = [
        ("GET /x HTTP/1.1\r\n\r\n", 200, ""),
        (
            "POST /reflect HTTP/1.1\r\nContent-Length: 30\r\n\r\n{\"status\": 501, \"body\": \"hey\"}",
            501,
            "hey",
        ),
        (
            "POST /reflect HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"body\": \"chu\"}\r\n0\r\n\r\n",
            200,
            "chu",
        ),
        ("HEAD /x HTTP/1.1\r\n\r\n", 200, ""),
        ("GET /x HTTP/1.1\r\nX-CRS-Test: ftw-1-9\r\n\r\n", 418, "tea"),
        ("GET /x HTTP/1.1\r\nConnection: close\r\n\r\n", 200, ""),
    ];
    for (wire, status, body) in cases {
        let reply = connection::exchange(&target, wire.as_bytes(), &Timeouts::default()).unwrap();
        assert_eq!(
            (reply.status, String::from_utf8(reply.body).unwrap().as_str()),
            (status, body),
            "{wire}"
        );
    }
}
