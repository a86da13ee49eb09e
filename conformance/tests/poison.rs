//! What an upstream sends too much belongs to nobody: it is never taken for the answer to the next
//! request, whoever asks it. And a connection that an upstream closed while nobody used it is not
//! the caller's problem.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use portcullis_conformance::{Failures, HOST, Stage, browser_get, post};
use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::upstream::{Answer, Request, Step};

const POISON: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";

/// Answers with something behind what the head announces.
fn script(request: &Request) -> Answer {
    let with = |answer: &str| Answer::raw(format!("{answer}{POISON}"));
    match request.head.target() {
        "/length" => with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        "/chunked" => {
            with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
        }
        "/head" => with("HTTP/1.1 200 OK\r\nContent-Length: 71\r\n\r\n"),
        "/204" => with("HTTP/1.1 204 No Content\r\n\r\n"),
        "/304" => with("HTTP/1.1 304 Not Modified\r\n\r\n"),
        "/late" => Answer(vec![
            Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()),
            Step::Sleep(Duration::from_millis(100)),
            Step::Write(POISON.as_bytes().to_vec()),
        ]),
        "/close" => Answer::ok("ok").then_close(),
        "/close-late" => Answer(vec![
            Step::ReadBody,
            Step::Write(ok()),
            Step::Sleep(Duration::from_millis(20)),
            Step::Close,
        ]),
        "/switch" => {
            with("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        }
        _ => Answer::ok("clean"),
    }
}

fn ok() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()
}

#[tokio::test]
async fn bytes_behind_a_response_reach_nobody() {
    let stage = Stage::start("", script).await.unwrap();
    let mut failures = Failures::default();
    let cases = [
        ("GET", "/length"),
        ("GET", "/chunked"),
        ("HEAD", "/head"),
        ("GET", "/204"),
        ("GET", "/304"),
        ("GET", "/late"),
        ("GET", "/switch"),
    ];
    for (method, target) in cases {
        for pause in [0, 200] {
            if target == "/late" && pause == 0 {
                // What comes after the next request was sent cannot be told from its answer.
                continue;
            }
            let mut first = RawDownstream::connect(stage.http()).await.unwrap();
            let request = format!("{method} {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
            let answer = first.ask(&request).await;
            let poisoned = answer.as_ref().is_ok_and(|answer| answer.text().contains("poison"));
            failures.check(target, !poisoned, || format!("{answer:?}"));
            tokio::time::sleep(Duration::from_millis(pause)).await;
            for who in ["the same caller", "another caller"] {
                let case = format!("{target}, {pause} ms later, {who}");
                let answer = match who {
                    "the same caller" => first.ask(browser_get("/next", "")).await,
                    _ => ask(stage.http(), browser_get("/next", "")).await,
                };
                match answer {
                    Ok(answer) => failures.check(&case, answer.text() == "clean", || {
                        format!("{} {:?}", answer.status(), answer.text())
                    }),
                    // The gateway may close on the first caller, not on another one.
                    Err(problem) => {
                        failures.check(&case, who != "another caller", || problem.to_string());
                    }
                }
            }
        }
    }
    failures.finish(cases.len() * 4 - 2);
}

#[tokio::test]
async fn connections_that_an_upstream_closed_are_not_used_again() {
    let stage = Stage::start("", script).await.unwrap();
    let mut failures = Failures::default();
    for target in ["/close", "/close-late"] {
        let mut down = RawDownstream::connect(stage.http()).await.unwrap();
        for number in 0..40 {
            let request = match number % 2 {
                0 => browser_get(target, "").into_bytes(),
                _ => post(target, "text/plain", "", b"body"),
            };
            match down.ask(request).await {
                Ok(answer) => failures.check(target, answer.status() == 200, || {
                    format!("request {number}: {}", answer.status())
                }),
                Err(problem) => failures.note(target, problem),
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }
    failures.finish(80);
}

/// Heads of responses that must not pass, in whatever form.
const RESPONSES: &[(&str, &[u8])] = &[
    ("NUL in a value", b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
    ("bare CR in a value", b"HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: x=1\r\nContent-Length: 0\r\n\r\n"),
    ("folded line", b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 0\r\n\r\n"),
    ("space before the colon", b"HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 0\r\n\r\n"),
    ("negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    ("list of lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabcd"),
    ("length with a sign", b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc"),
    ("unknown coding", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    ("chunk size that is none", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"),
    ("chunk size that wraps", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("status of four digits", b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
    ("another protocol", b"ICY 200 OK\r\nContent-Length: 0\r\n\r\n"),
];

#[tokio::test]
async fn responses_that_can_be_read_in_two_ways_do_not_pass_as_whole() {
    let stage = Stage::start("", |request| {
        let number: Option<usize> = request.head.target().trim_start_matches('/').parse().ok();
        let case = number.and_then(|number| RESPONSES.get(number));
        case.map_or_else(|| Answer::ok("clean"), |(_, raw)| Answer::raw(*raw))
    })
    .await
    .unwrap();
    let mut failures = Failures::default();
    for (number, (name, _)) in RESPONSES.iter().enumerate() {
        let answer = ask(stage.http(), browser_get(&format!("/{number}"), "")).await;
        let passed = answer.as_ref().is_ok_and(|answer| answer.status() < 500);
        failures.check(name, !passed, || format!("{answer:?}"));
        let next = ask(stage.http(), browser_get("/next", "")).await;
        let clean = next.as_ref().is_ok_and(|answer| answer.text() == "clean");
        failures.check(name, clean, || format!("the next one got {next:?}"));
    }
    failures.finish(RESPONSES.len());
}
