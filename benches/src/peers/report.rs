//! Medians, ratios, JSON and a table.

use serde_json::{Value, json};

use super::measure::Sample;
use super::{Group, Shape};
use crate::waf::bars::{self, Bar};
use crate::waf::report::median;

/// All samples of one gateway for one shape.
#[derive(Debug, Clone)]
pub struct Row {
    /// The gateway.
    pub name: &'static str,
    /// The comparison.
    pub group: Group,
    /// What was asked.
    pub shape: Shape,
    /// One sample a round.
    pub samples: Vec<Sample>,
}

impl Row {
    /// The median of a figure over the rounds.
    pub fn median(&self, figure: impl Fn(&Sample) -> f64) -> f64 {
        median(&self.samples.iter().map(figure).collect::<Vec<_>>())
    }
}

/// Rows of one comparison, and the first of them: the one that the others are held against.
fn tables(rows: &[Row]) -> Vec<(Group, Shape, Vec<&Row>)> {
    let mut tables: Vec<(Group, Shape, Vec<&Row>)> = Vec::new();
    for row in rows {
        match tables.iter_mut().find(|(g, s, _)| (*g, *s) == (row.group, row.shape)) {
            Some((_, _, list)) => list.push(row),
            None => tables.push((row.group, row.shape, vec![row])),
        }
    }
    tables
}

/// A Markdown page with a table a comparison.
pub fn markdown(rows: &[Row], bars: &[Bar], facts: &[(&str, String)]) -> String {
    let mut page = String::new();
    for (group, shape, list) in tables(rows) {
        let Some(first) = list.first() else { continue };
        let (own, own_cpu) = (first.median(|s| s.per_second), first.median(|s| s.cpu_micros));
        page.push_str(&format!(
            "### {}, {}\n\n| gateway | requests/s | {} : this | p99 ms | CPU µs/request | this : {} | \
             MiB | lowest-highest requests/s | its core busy % | others on it % |\n\
             |---|---:|---:|---:|---:|---:|---:|---|---:|---:|\n",
            shape.name(),
            group.name(),
            first.name,
            first.name,
        ));
        for row in list {
            let rate = row.median(|s| s.per_second);
            let cpu = row.median(|s| s.cpu_micros);
            let rates = row.samples.iter().map(|s| s.per_second);
            page.push_str(&format!(
                "| {} | {rate:.0} | {:.2} | {:.2} | {cpu:.1} | {:.2} | {:.0} | {:.0}-{:.0} | {:.0} | {:.0} |\n",
                row.name,
                own / rate,
                row.median(|s| s.p99_ms),
                cpu / own_cpu,
                row.median(|s| s.resident_mib),
                rates.clone().fold(f64::INFINITY, f64::min),
                rates.fold(0.0, f64::max),
                row.median(|s| s.busy_percent),
                row.median(|s| s.disturbed_percent),
            ));
        }
        page.push('\n');
    }
    page.push_str(&bars::table(bars));
    page.push('\n');
    for (name, value) in facts {
        page.push_str(&format!("- {name}: {value}\n"));
    }
    page
}

/// Everything as JSON.
pub fn json(rows: &[Row], bars: &[Bar], facts: &[(&str, String)]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "gateway": row.name,
                "comparison": row.group.name(),
                "shape": row.shape.name(),
                "median_per_second": row.median(|s| s.per_second),
                "rounds": row.samples.iter().map(|s| json!({
                    "per_second": s.per_second, "p99_ms": s.p99_ms, "responses": s.responses,
                    "refused": s.refused, "errors": s.errors, "reached_upstream": s.reached,
                    "cpu_micros": s.cpu_micros, "busy_percent": s.busy_percent, "disturbed_percent": s.disturbed_percent, "resident_mib": s.resident_mib,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let facts: serde_json::Map<String, Value> =
        facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({ "facts": facts, "rows": rows, "bars": bars::json(bars) })
}

/// From this much idle time on its core on, not the gateway but the load was the limit.
const IDLE_PERCENT: f64 = 5.0;

/// The plain gateway beside those with rules, for what switching the rules on costs.
pub const WITHOUT: &str = "portcullis without filters";

/// The median over the rounds of a figure made of two gateways' samples of the same round.
fn between(
    rows: &[Row],
    shape: Shape,
    [one, other]: [&str; 2],
    figure: impl Fn(&Sample, &Sample) -> f64,
) -> Option<f64> {
    let find = |name: &str| rows.iter().find(|row| row.name == name && row.shape == shape);
    let (one, other) = (find(one)?, find(other)?);
    let all: Vec<f64> = one.samples.iter().zip(&other.samples).map(|(a, b)| figure(a, b)).collect();
    Some(median(&all))
}

/// What the project asks for, and whether this run has it: against stock pingora-proxy and Envoy without filters,
/// against nginx with ModSecurity on the same rules, and against the gateway's own rate without them.
pub fn bars(rows: &[Row]) -> Vec<Bar> {
    let ratio = |a: &Sample, b: &Sample| a.per_second / b.per_second;
    let ratios = [
        (Shape::Get, "portcullis", "stock-pingora", 1.4, 1.4),
        (Shape::Get, "portcullis", "envoy", 2.0, 2.0),
        (Shape::Get, "portcullis-waf", "nginx-modsecurity", 20.0, 35.0),
        (Shape::Form, "portcullis-waf", "nginx-modsecurity", 20.0, 35.0),
    ];
    let mut all: Vec<Bar> = ratios
        .into_iter()
        .filter_map(|(shape, own, peer, floor, aim)| {
            let reached = between(rows, shape, [own, peer], ratio)?;
            let what = format!("{}, requests/s of {own} : {peer}", shape.name());
            Some(Bar { what, unit: "x", floor, aim, reached, more: true })
        })
        .collect();
    let drop =
        |with: &Sample, without: &Sample| (1.0 - with.per_second / without.per_second) * 100.0;
    all.extend(between(rows, Shape::Get, ["portcullis-waf", WITHOUT], drop).map(|reached| Bar {
        what: "GET, drop of the gateway's own requests/s with CRS at paranoia level 1".to_owned(),
        unit: "%",
        floor: 45.0,
        aim: 30.0,
        reached,
        more: false,
    }));
    all
}

/// What the figures of a run have to be read with: the same comparisons by CPU time, which other work on the machine
/// hardly changes, and gateways that were not the limit.
pub fn remarks(rows: &[Row]) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let cost = |a: &Sample, b: &Sample| a.cpu_micros / b.cpu_micros;
    for shape in Shape::ALL {
        let peer = between(rows, shape, ["nginx-modsecurity", "portcullis-waf"], cost);
        let own = between(rows, shape, [WITHOUT, "portcullis-waf"], cost);
        if let Some((peer, own)) = peer.zip(own) {
            let drop = (1.0 - own) * 100.0;
            let text = format!(
                "{}: nginx-modsecurity takes {peer:.1} x the CPU time of portcullis-waf; with rules {drop:.0} % fewer \
                 requests a CPU second than without",
                shape.name()
            );
            all.push(("by CPU time a request", text));
        }
    }
    for row in rows {
        let idle = 100.0 - row.median(|s| s.busy_percent) - row.median(|s| s.disturbed_percent);
        if idle > IDLE_PERCENT {
            let text =
                format!("{}, {}: its core was idle for {idle:.0} %", row.name, row.shape.name());
            all.push(("the load was the limit", text));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_made_of_rounds() {
        let row = |name, group, rates: [f64; 3]| {
            let samples =
                rates.map(|per_second| Sample { per_second, ..Sample::default() }).to_vec();
            Row { name, group, shape: Shape::Get, samples }
        };
        let rows = [
            row("portcullis", Group::Plain, [100.0, 10.0, 100.0]),
            row("stock-pingora", Group::Plain, [50.0, 5.0, 80.0]),
            row("portcullis-waf", Group::Rules, [60.0, 6.0, 90.0]),
            row(WITHOUT, Group::Rules, [100.0, 10.0, 100.0]),
        ];
        let bars = bars(&rows);
        let reached: Vec<f64> = bars.iter().map(|bar| bar.reached).collect();
        assert_eq!(reached, [2.0, 40.0]);
        assert!(bars.iter().all(Bar::holds));
    }
}
