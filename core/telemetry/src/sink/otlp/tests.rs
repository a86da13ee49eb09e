use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use portcullis_config::Duration as Wait;
use serde_json::Value;

use super::super::{Destination, LogCounters, LogSink, SinkLimits};
use super::*;

const LONG: Duration = Duration::from_secs(10);

/// Head and body of every request; answers from a list, the last one for ever.
fn receiver(answers: &'static [&'static str]) -> (String, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/logs", listener.local_addr().unwrap());
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut number = 0;
        while let Ok((stream, _)) = listener.accept() {
            let mut reader = BufReader::new(stream);
            loop {
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if reader.read_line(&mut head).unwrap_or(0) == 0 {
                        break;
                    }
                }
                let lower = head.to_ascii_lowercase();
                let Some(length) = lower.split("content-length: ").nth(1) else { break };
                let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let answer = answers.get(number).or(answers.last()).unwrap();
                number += 1;
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
                tell.send((head, serde_json::from_slice(&body).unwrap())).unwrap();
            }
        }
    });
    (endpoint, told)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
const BAD: &str = "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n";
const PARTIAL: &str = "HTTP/1.1 200 OK\r\nContent-Length: 47\r\n\r\n\
                       {\"partialSuccess\":{\"rejectedLogRecords\": \"2\"}} ";

fn open(endpoint: String, batch: u32) -> (LogSink, LogCounters) {
    let headers = BTreeMap::from([("x-token".to_owned(), "abc".to_owned())]);
    let otlp = Otlp { endpoint, headers, ca: None, timeout: Wait::from_secs(5), batch };
    let counters = LogCounters::default();
    let to = Destination::Otlp(Box::new(otlp));
    (LogSink::open(to, SinkLimits::default(), counters.clone()).unwrap(), counters)
}

fn say(sink: &LogSink, count: usize) {
    for number in 0..count {
        sink.write(|out| out.extend_from_slice(format!("{{\"n\":{number}}}\n").as_bytes()));
    }
}

fn records(body: &Value) -> Vec<u64> {
    let records = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().unwrap();
    records.iter().map(|record| record["n"].as_u64().unwrap()).collect()
}

#[test]
fn records_are_posted_in_batches() {
    let (endpoint, told) = receiver(&[OK]);
    let (sink, counters) = open(endpoint, 10);
    say(&sink, 25);
    drop(sink);
    let mut seen = Vec::new();
    while seen.len() < 25 {
        let (head, body) = told.recv_timeout(LONG).unwrap();
        assert!(head.starts_with("POST /v1/logs HTTP/1.1\r\n"), "{head}");
        let lower = head.to_ascii_lowercase();
        assert!(lower.contains("content-type: application/json"), "{head}");
        assert!(lower.contains("x-token: abc"), "{head}");
        let name = &body["resourceLogs"][0]["resource"]["attributes"][0];
        assert_eq!(name["value"]["stringValue"], "portcullis");
        assert!(records(&body).len() <= 10);
        seen.extend(records(&body));
    }
    assert_eq!(seen, (0..25).collect::<Vec<u64>>());
    assert_eq!((counters.written.value(), counters.dropped.value()), (25, 0));
}

#[test]
fn a_busy_collector_is_asked_again_and_a_refusal_is_final() {
    let (endpoint, told) = receiver(&[BUSY, OK, BAD]);
    let (sink, counters) = open(endpoint, 100);
    say(&sink, 1);
    assert!(sink.flush(LONG));
    assert_eq!((counters.written.value(), counters.dropped.value()), (1, 0));
    say(&sink, 1);
    assert!(sink.flush(LONG));
    assert_eq!((counters.written.value(), counters.dropped.value()), (1, 1));
    assert_eq!(told.try_iter().count(), 3);
}

#[test]
fn what_a_collector_rejects_is_counted() {
    let (endpoint, _told) = receiver(&[PARTIAL]);
    let (sink, counters) = open(endpoint, 100);
    say(&sink, 3);
    assert!(sink.flush(LONG));
    drop(sink);
    assert_eq!(counters.written.value() + counters.dropped.value(), 3);
    assert!(counters.dropped.value() >= 2);
}

#[test]
fn a_collector_that_is_not_there_loses_records_and_never_blocks() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (sink, counters) = open(format!("http://{free}/v1/logs"), 100);
    let began = std::time::Instant::now();
    say(&sink, 1_000);
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(sink.flush(LONG * 3));
    assert_eq!((counters.written.value(), counters.dropped.value()), (0, 1_000));
}

#[test]
fn authorities_that_cannot_be_read_are_an_error() {
    for ca in ["/absent/ca.pem", "/dev/null"] {
        let otlp = Otlp {
            endpoint: "https://127.0.0.1:1/v1/logs".to_owned(),
            headers: BTreeMap::new(),
            ca: Some(ca.into()),
            timeout: Wait::from_secs(1),
            batch: 1,
        };
        assert!(Collector::new(&otlp).is_err(), "{ca}");
    }
}
