//! Runs scenarios through a subject and writes transcripts.

use std::net::SocketAddr;
use std::time::Duration;

use portcullis_testkit::message::{Body, Framing, read_chunk};
use portcullis_testkit::raw::RawDownstream;
use portcullis_testkit::upstream::{Answer, RecordingUpstream, Request, Step};
use portcullis_testkit::{Result, ports};

use crate::guest_log;
use crate::modules;
use crate::scenario::{Message, Scenario};
use crate::subject::{Entry, Running, Subject};
use crate::transcript::Transcript;

/// Host of every request.
const HOST: &str = "shop.example";
/// Between two pieces of a body, so that each is read on its own.
const PAUSE: Duration = Duration::from_millis(60);
/// The longest a client waits for the next bytes; what takes longer is told as no answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a plugin's log must be silent until it counts as complete, and how long that is waited for at most.
const SILENCE: Duration = Duration::from_millis(120);
const SILENCE_MOST: Duration = Duration::from_secs(3);

/// A scenario with the peers it needs.
struct Stage {
    scenario: Scenario,
    entry: Entry,
    upstream: RecordingUpstream,
    callee: RecordingUpstream,
}

/// Runs every scenario and tells what each did, in the same order. Those that the subject must refuse are started alone.
///
/// # Errors
/// When a peer cannot be had or the subject does not start.
pub async fn run(subject: &dyn Subject, scenarios: &[Scenario]) -> Result<Vec<Transcript>> {
    let mut stages = Vec::new();
    for scenario in scenarios {
        stages.push(stage(scenario).await?);
    }
    let mut running: Option<Box<dyn Running>> = None;
    let mut transcripts = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        if stage.scenario.refused {
            transcripts.push(match subject.start(std::slice::from_ref(&stage.entry)) {
                Ok(mut alone) => play(stage, alone.as_mut()).await?,
                Err(_) => Transcript(vec!["gateway> refuses the plugin".to_owned()]),
            });
            continue;
        }
        let own = match running.take() {
            Some(own) => own,
            None => subject.start(&together(stages.iter().skip(index)))?,
        };
        let own = running.insert(own);
        transcripts.push(play(stage, own.as_mut()).await?);
        if !own.alive() {
            running = None;
        }
    }
    Ok(transcripts)
}

/// The entries that are started together.
fn together<'a>(stages: impl Iterator<Item = &'a Stage>) -> Vec<Entry> {
    stages.filter(|stage| !stage.scenario.refused).map(|stage| stage.entry.clone()).collect()
}

async fn stage(scenario: &Scenario) -> Result<Stage> {
    let answer = scenario.answer.clone();
    let upstream = RecordingUpstream::start(move |_| told(&answer)).await?;
    let callee = RecordingUpstream::start(called).await?;
    let entry = Entry {
        name: scenario.name.clone(),
        vm: if scenario.shares_vm { scenario.plugin.clone() } else { scenario.name.clone() },
        module: modules::module(&scenario.plugin)?,
        configuration: with_names(&scenario.configuration, &scenario.name),
        listen: ports::free(),
        upstream: upstream.address(),
        callees: vec![
            (with_names("$CALLEE", &scenario.name), callee.address()),
            (with_names("$DEAD", &scenario.name), ports::free()),
        ],
        hold_headers: scenario.hold_headers,
        fail_open: scenario.fail_open,
    };
    Ok(Stage { scenario: scenario.clone(), entry, upstream, callee })
}

/// A text with the names that belong to a scenario alone, as all scenarios of a subject share it.
fn with_names(text: &str, name: &str) -> String {
    text.replace("$CALLEE", &format!("callee-{name}"))
        .replace("$DEAD", &format!("dead-{name}"))
        .replace("$NAME", &format!("of_{}", name.replace('-', "_")))
}

/// What the upstream answers: the pieces one by one.
fn told(answer: &Message) -> Answer {
    let mut steps = vec![Step::ReadBody, Step::Write(answer.answer_head().into_bytes())];
    for piece in answer.pieces() {
        steps.push(Step::Sleep(PAUSE));
        steps.push(Step::Write(piece));
    }
    Answer(steps)
}

/// What the callee answers, by path.
fn called(request: &Request) -> Answer {
    match request.head.target() {
        "/slow" => Answer::ok("too late").after(Duration::from_secs(2)),
        "/late" => Answer::ok("late").after(Duration::from_millis(250)),
        "/missing" => Answer::status("404 Not Found", &[("X-Callee", "no")], ""),
        "/trailers" => Answer::chunked(b"with trailers", 5, &[("X-End", "yes")]),
        "/reset" => Answer(vec![Step::ReadBody, Step::Reset]),
        _ => Answer::status("200 OK", &[("X-Callee", "yes")], "from the callee"),
    }
}

async fn play(stage: &Stage, running: &mut dyn Running) -> Result<Transcript> {
    let name = &stage.scenario.name;
    let before = settled(running, name).await.len();
    let mut clients = Vec::new();
    for request in &stage.scenario.requests {
        match ask(stage.entry.listen, request).await {
            Ok(client) => clients.push(client),
            Err(_) => clients.push(Transcript(vec!["client> nobody listens".to_owned()])),
        }
    }
    tokio::time::sleep(Duration::from_millis(stage.scenario.linger_ms)).await;
    let log = settled(running, name).await;
    if !running.alive() {
        // How far it got is a matter of chance.
        return Ok(Transcript(vec!["gateway> has ended".to_owned()]));
    }
    let mut transcript = Transcript::default();
    for request in stage.upstream.requests() {
        transcript.head("upstream", &request.head);
        transcript.body("upstream", &request.body);
    }
    // Calls of one callback go out together: which of them comes first is a matter of chance.
    let mut called = stage.callee.requests();
    called.sort_by(|one, other| one.head.start.cmp(&other.head.start));
    for request in called {
        transcript.head("callee", &request.head);
        transcript.body("callee", &request.body);
    }
    transcript.0.extend(clients.into_iter().flat_map(|client| client.0));
    let told = guest_log::tell(&log, before);
    for (who, lines) in [
        ("start", told.start),
        ("guest", told.streams),
        ("later", told.later),
        ("plugin", told.plain),
    ] {
        lines.iter().for_each(|line| transcript.push(who, line));
    }
    for metric in &stage.scenario.metrics {
        let value = running
            .metric(name, &with_names(metric, name))
            .map_or("none".to_owned(), |value| value.to_string());
        transcript.push("metric", &format!("{metric} {value}"));
    }
    for line in &mut transcript.0 {
        *line = without_run(line, &stage.entry);
    }
    Ok(transcript)
}

/// The line without what belongs to this run: names of clusters and VMs, and ports.
fn without_run(line: &str, entry: &Entry) -> String {
    let name = &entry.name;
    let mut line = line.to_owned();
    for word in ["$CALLEE", "$DEAD", "$NAME"] {
        line = line.replace(&with_names(word, name), word);
    }
    for (address, word) in [(entry.listen, "LISTENER"), (entry.upstream, "UPSTREAM")] {
        line = line.replace(&address.to_string(), word);
    }
    // The client's port is of the kernel's choice.
    let Some(at) = line.find("127.0.0.1:") else { return line };
    let rest = line.get(at + "127.0.0.1:".len()..).unwrap_or_default();
    let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{}CLIENT{tail}", line.get(..at).unwrap_or_default())
}

/// The plugin's log once nothing more is added.
async fn settled(running: &dyn Running, name: &str) -> Vec<String> {
    let end = tokio::time::Instant::now() + SILENCE_MOST;
    let mut log = running.plugin_log(name);
    loop {
        tokio::time::sleep(SILENCE).await;
        let now = running.plugin_log(name);
        if now.len() == log.len() || tokio::time::Instant::now() > end {
            return now;
        }
        log = now;
    }
}

/// One request on a connection of its own; the client reads while it sends.
async fn ask(address: SocketAddr, request: &Message) -> Result<Transcript> {
    let mut transcript = Transcript::default();
    let mut down = RawDownstream::connect(address).await?;
    let mut sent = down.send(request.request_head(HOST)).await.is_ok();
    for piece in request.pieces() {
        tokio::time::sleep(PAUSE).await;
        sent = sent && down.send(piece).await.is_ok();
    }
    let method = if request.body.is_empty() { "GET" } else { "POST" };
    read(&mut down, request.method.as_deref().unwrap_or(method), &mut transcript).await;
    Ok(transcript)
}

/// Writes down what comes, also of a response that is cut.
async fn read(down: &mut RawDownstream, method: &str, transcript: &mut Transcript) {
    let head = match tokio::time::timeout(PATIENCE, down.read_head()).await {
        Err(_) => return transcript.push("client", "no answer"),
        Ok(Err(_)) => return transcript.push("client", "closed without an answer"),
        Ok(Ok(head)) => head,
    };
    transcript.head("client", &head);
    let mut body = Body::default();
    let wire = down.wire();
    let end = match Framing::of_response(&head, method) {
        Framing::None => "",
        Framing::Length(length) => match tokio::time::timeout(PATIENCE, wire.exact(length)).await {
            Ok(Ok(bytes)) => {
                body.bytes = bytes;
                ""
            }
            Ok(Err(_)) => "closed inside the body",
            Err(_) => "no end of the body",
        },
        Framing::Chunked => loop {
            match tokio::time::timeout(PATIENCE, read_chunk(wire, &mut body)).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => break "",
                Ok(Err(_)) => break "closed inside the body",
                Err(_) => break "no end of the body",
            }
        },
        Framing::UntilClose => match tokio::time::timeout(PATIENCE, wire.rest()).await {
            Ok(Ok(bytes)) => {
                body.bytes = bytes;
                "closed after the body"
            }
            Ok(Err(_)) => "reset inside the body",
            Err(_) => "no end of the body",
        },
    };
    transcript.body("client", &body);
    if !end.is_empty() {
        transcript.push("client", end);
    }
}
