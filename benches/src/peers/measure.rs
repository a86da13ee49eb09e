//! One measurement: wrk against one gateway, everything counted.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::contender::Contender;
use super::{GATEWAY_CORE, LOAD_CORE, Result, Shape};

/// What one measurement showed.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Responses a second.
    pub per_second: f64,
    /// Latency of the 99th percentile, milliseconds.
    pub p99_ms: f64,
    /// Responses.
    pub responses: u64,
    /// Responses that were neither 2xx nor 3xx.
    pub refused: u64,
    /// Failed connections, reads, writes and time-outs.
    pub errors: u64,
    /// Requests that the upstream saw meanwhile.
    pub reached: u64,
    /// CPU time of the gateway a response, microseconds.
    pub cpu_micros: f64,
    /// Resident memory of the gateway afterwards, MiB.
    pub resident_mib: f64,
    /// Share of its core that the gateway used, percent: well below 100, and not it but the load was the limit.
    pub busy_percent: f64,
    /// What other programs took of the gateway's core meanwhile, percent: above a few, the requests a
    /// second say little, and the CPU time a response is the figure to look at.
    pub disturbed_percent: f64,
}

/// How wrk runs.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// How long.
    pub seconds: u32,
    /// Connections, all kept alive.
    pub connections: u32,
}

/// Measures one gateway once.
///
/// # Errors
/// When wrk cannot run, or an answer or a request is missing from the counts.
pub fn measure(
    gateway: &Contender,
    upstream: &Contender,
    load: Load,
    script: &Path,
) -> Result<Sample> {
    let start = Instant::now();
    let (reached, before, busy) = (upstream.count()?, gateway.cost(), core_ticks());
    let output = Command::new("taskset")
        .args(["-c", &LOAD_CORE.to_string(), "wrk", "-t1", "--latency"])
        .arg(format!("-c{}", load.connections))
        .arg(format!("-d{}s", load.seconds))
        .arg("-s")
        .arg(script)
        .arg(format!("http://{}/", gateway.address))
        .output()
        .map_err(|error| format!("wrk: {error} (apt-get install wrk)"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (after, busy_after, seconds) =
        (gateway.cost(), core_ticks(), start.elapsed().as_secs_f64());
    let mut sample = parse(&text)
        .ok_or_else(|| format!("wrk said {text} {}", String::from_utf8_lossy(&output.stderr)))?;
    // The second question for the count is itself a request that the upstream sees.
    sample.reached = upstream.count()?.saturating_sub(reached + 1);
    let ticks = after.cpu_ticks.saturating_sub(before.cpu_ticks);
    sample.busy_percent = ticks as f64 / seconds;
    sample.cpu_micros = ticks as f64 * 10_000.0 / sample.responses.max(1) as f64;
    let foreign = busy_after.saturating_sub(busy).saturating_sub(ticks);
    sample.disturbed_percent = foreign as f64 / seconds;
    sample.resident_mib = after.resident_pages as f64 / 256.0;
    if sample.refused + sample.errors > 0 || sample.reached < sample.responses {
        return Err(format!("{}: not every request passed: {sample:?}", gateway.name));
    }
    Ok(sample)
}

/// What programs have used of the gateway's core so far, in hundredths of a second.
fn core_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let name = format!("cpu{GATEWAY_CORE} ");
    let line = stat.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or_default();
    line.split(' ').take(3).filter_map(|word| word.parse::<u64>().ok()).sum()
}

/// Writes the script with which wrk sends all variants of a shape, one after the other.
///
/// # Errors
/// When it cannot be written.
pub fn script(shape: Shape, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(format!("{}.lua", shape.name().replace(' ', "-")));
    std::fs::write(&path, lua(shape)).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// The requests are made before wrk begins to measure: what is left is a look into a table.
fn lua(shape: Shape) -> String {
    let requests = shape.requests();
    let mut script = "local requests = {}\n".to_owned();
    for (at, request) in (1..).zip(&requests) {
        let bytes = request.wire("", "").replace('\r', "\\r").replace('\n', "\\n");
        script.push_str(&format!("requests[{at}] = \"{bytes}\"\n"));
    }
    let count = requests.len();
    script.push_str(&format!(
        "local at = 0\nrequest = function()\n    at = at % {count} + 1\n    return requests[at]\nend\n"
    ));
    script
}

/// Reads what wrk prints; `None` when it is something else.
fn parse(text: &str) -> Option<Sample> {
    let after =
        |mark: &str| text.lines().find_map(|line| line.trim().strip_prefix(mark)).map(str::trim);
    let responses = text.lines().find(|line| line.contains(" requests in "))?;
    let numbers = |line: &str| -> u64 {
        line.split(|c: char| !c.is_ascii_digit()).filter_map(|w| w.parse::<u64>().ok()).sum()
    };
    Some(Sample {
        per_second: after("Requests/sec:")?.parse().ok()?,
        p99_ms: milliseconds(after("99%")?)?,
        responses: responses.split_whitespace().next()?.parse().ok()?,
        refused: after("Non-2xx or 3xx responses:").map_or(0, numbers),
        errors: after("Socket errors:").map_or(0, numbers),
        ..Sample::default()
    })
}

fn milliseconds(text: &str) -> Option<f64> {
    for (unit, factor) in [("us", 0.001), ("ms", 1.0), ("s", 1000.0)] {
        if let Some(number) = text.strip_suffix(unit) {
            return Some(number.parse::<f64>().ok()? * factor);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_wrk_prints() {
        let text = "  Latency Distribution\n     99%    2.10ms\n  1234 requests in 4.00s, 1MB read\n\
                    \x20 Socket errors: connect 0, read 3, write 0, timeout 1\n\
                    \x20 Non-2xx or 3xx responses: 7\nRequests/sec:  308.50\n";
        let sample = parse(text).unwrap_or_default();
        assert_eq!((sample.responses, sample.refused, sample.errors), (1234, 7, 4));
        assert_eq!((sample.per_second, sample.p99_ms), (308.5, 2.1));
        assert_eq!(milliseconds("500.00us"), Some(0.5));
        assert!(parse("unable to connect").is_none());
    }
}
