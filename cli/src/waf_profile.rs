//! `portcullis waf profile`: which rules take the time, in process or in a running gateway.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use portcullis_pipeline::Registry;
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::MetricLimits;
use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, embedded};
use portcullis_waf_tune::profile::Traffic;
use portcullis_waf_tune::{Setting, compile};

use crate::arguments::WafProfileArguments;
use crate::{check, fail};

/// How long the admin API may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of its answer.
const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;

/// Prints the profile that is asked for.
pub(crate) fn profile(arguments: &WafProfileArguments) -> ExitCode {
    let printed = match (&arguments.from, &arguments.config) {
        (Some(url), _) => of_gateway(url),
        (None, Some(config)) => of_configuration(config, arguments),
        (None, None) => of_stock(arguments),
    };
    match printed {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(problem) => fail(&problem),
    }
}

fn traffic(arguments: &WafProfileArguments) -> Result<Traffic, String> {
    match (&arguments.requests, &arguments.har) {
        (Some(folder), _) => Traffic::of_tests(folder),
        (None, Some(file)) => Traffic::of_recording(file),
        (None, None) => Traffic::ordinary(),
    }
}

fn of_stock(arguments: &WafProfileArguments) -> Result<String, String> {
    let package = embedded().ok_or(HOW_TO_BRING_ONE)?;
    let rules = compile(package, Setting::Stock).map_err(|error| error.to_string())?;
    traffic(arguments)?.run(&rules, arguments.rounds);
    let profile = rules.profile(arguments.top);
    Ok(format!("OWASP CRS {}, stock settings\n{profile}", package.version))
}

/// Every rule set that some route of the configuration uses.
fn of_configuration(config: &Path, arguments: &WafProfileArguments) -> Result<String, String> {
    let registry = Registry::new(Metrics::new(MetricLimits::default(), crate::VERSION));
    let compiled = crate::compile::snapshot_with(config, &registry).map_err(|problems| {
        check::print(&problems, false);
        "the configuration cannot be used".to_owned()
    });
    // Rule sets live as long as the snapshot that uses them.
    let (_snapshot, _warnings) = compiled?;
    let mut rulesets = registry.rulesets.in_use();
    if rulesets.is_empty() {
        return Err("no route of the configuration has a WAF".to_owned());
    }
    rulesets.sort_by(|a, b| a.0.cmp(&b.0));
    let traffic = traffic(arguments)?;
    let shown = |(name, rules): (String, Arc<_>)| {
        traffic.run(&rules, arguments.rounds);
        let version = rules.signatures().join(", ");
        format!("Rule set {name} ({version})\n{}\n", rules.profile(arguments.top))
    };
    Ok(rulesets.into_iter().map(shown).collect())
}

/// What the admin API of a gateway says. It speaks HTTP/1 without TLS, and closes after HTTP/1.0.
fn of_gateway(url: &str) -> Result<String, String> {
    let authority = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    let authority = authority
        .filter(|authority| !authority.is_empty() && !authority.contains('/'))
        .ok_or_else(|| format!("{url} is not http://host:port"))?;
    let answer = ask(authority).map_err(|error| format!("{url}: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    match status.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        _ => Err(format!("{url} answered {status}")),
    }
}

fn ask(authority: &str) -> std::io::Result<String> {
    let with_port = match authority.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => authority.to_owned(),
        Some(_) | None => format!("{authority}:80"),
    };
    let address = with_port.to_socket_addrs()?.next();
    let address = address.ok_or_else(|| std::io::Error::other("the name has no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let request = format!("GET /waf/profile HTTP/1.0\r\nHost: {authority}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(MAX_ANSWER_BYTES).read_to_string(&mut answer)?;
    Ok(answer)
}
