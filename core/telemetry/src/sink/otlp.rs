//! A collector that takes records by OTLP/HTTP with JSON. Source: OpenTelemetry Protocol Specification 1.x, "OTLP/HTTP".

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use portcullis_config::Otlp;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::otlp::envelope;

/// Most bytes of records in one request: what collectors accept by default is 20 MiB, inflated.
const POST_BYTES_MAX: usize = 4 << 20;

/// How often a batch is tried when the collector asks for it or cannot be reached.
const TRIES: u32 = 4;

/// Pause before the second try; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);

/// Longest wait for the collector at the end of the process.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// Where distributions keep the authorities of the operating system.
const SYSTEM_AUTHORITIES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

pub(super) struct Collector {
    agent: Agent,
    otlp: Otlp,
}

impl Collector {
    pub(super) fn new(otlp: &Otlp) -> io::Result<Self> {
        let mut config = Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(otlp.timeout.get()));
        if otlp.endpoint.starts_with("https://") {
            config = config.tls_config(tls(otlp.ca.as_deref())?);
        }
        Ok(Self { agent: config.build().new_agent(), otlp: otlp.clone() })
    }

    /// Posts records in as many requests as needed. When some are lost tells how many were taken, and why.
    pub(super) fn post(
        &self,
        lines: &[u8],
        ends: &[usize],
        closing: bool,
    ) -> Result<(), (usize, io::Error)> {
        let (mut rest, mut start, mut taken) = (ends, 0, 0);
        let mut failure = None;
        let mut body = Vec::new();
        while !rest.is_empty() {
            let fitting = rest.partition_point(|end| end.saturating_sub(start) <= POST_BYTES_MAX);
            let count = fitting.clamp(1, (self.otlp.batch as usize).max(1)).min(rest.len());
            let (now, later) = rest.split_at(count);
            body.clear();
            let records = now.iter().map(|end| {
                let record = lines.get(start..*end).unwrap_or_default();
                start = *end;
                record.trim_ascii_end()
            });
            envelope(records, &mut body);
            rest = later;
            // A collector that took no batch is not waited for again with the next.
            let tries = if closing || failure.is_some() { 1 } else { TRIES };
            match self.deliver(&body, tries, closing) {
                Ok(0) => taken += count,
                Ok(rejected) => {
                    taken += count.saturating_sub(rejected);
                    failure = Some(io::Error::other("the collector rejected records"));
                }
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(()), |error| Err((taken, error)))
    }

    /// One request, tried again where that may help. The result is how many records the collector rejected.
    fn deliver(&self, body: &[u8], tries: u32, closing: bool) -> io::Result<usize> {
        let mut pause = PAUSE;
        let mut last = io::Error::other("never tried");
        for number in 0..tries {
            if number > 0 {
                thread::sleep(pause);
                pause *= 2;
            }
            match self.ask(body, closing) {
                Ok((200..=299, answer)) => return Ok(rejected(&answer)),
                // Those that the specification names as passing.
                Ok((status @ (429 | 502 | 503 | 504), _)) => last = answered(status),
                Ok((status, _)) => return Err(answered(status)),
                Err(error) => last = io::Error::other(error.to_string()),
            }
        }
        Err(last)
    }

    fn ask(&self, body: &[u8], closing: bool) -> Result<(u16, Vec<u8>), ureq::Error> {
        let timeout = self.otlp.timeout.get();
        let timeout = if closing { timeout.min(CLOSING_TIMEOUT) } else { timeout };
        let mut request = self.agent.post(&self.otlp.endpoint).content_type("application/json");
        for (name, value) in &self.otlp.headers {
            request = request.header(name, value);
        }
        let request = request.config().timeout_global(Some(timeout)).build();
        let mut answer = request.send(body)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        Ok((status, body.unwrap_or_default()))
    }
}

fn answered(status: u16) -> io::Error {
    io::Error::other(format!("the collector answered {status}"))
}

/// `partialSuccess.rejectedLogRecords` of an answer, a number or a text of one; 0 where it is not there.
fn rejected(answer: &[u8]) -> usize {
    const KEY: &[u8] = b"\"rejectedLogRecords\"";
    let found = answer.windows(KEY.len()).position(|window| window == KEY);
    let Some(rest) = found.and_then(|at| answer.get(at + KEY.len()..)) else { return 0 };
    let digit = |byte: &&u8| byte.is_ascii_digit();
    let blank = |byte: &&u8| matches!(byte, b':' | b' ' | b'"');
    rest.iter().skip_while(blank).take_while(digit).fold(0_usize, |number, digit| {
        number.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
    })
}

fn tls(ca: Option<&Path>) -> io::Result<TlsConfig> {
    let pem = match ca {
        Some(path) => fs::read(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?,
        None => {
            SYSTEM_AUTHORITIES.iter().find_map(|path| fs::read(path).ok()).ok_or_else(|| {
                io::Error::other("the operating system has no authorities; name `ca`")
            })?
        }
    };
    let authorities: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            Ok(_) | Err(_) => None,
        })
        .collect();
    if authorities.is_empty() {
        return Err(io::Error::other("there is no certificate among the authorities"));
    }
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&authorities))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build())
}

#[cfg(test)]
mod tests;
