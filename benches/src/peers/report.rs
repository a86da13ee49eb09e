//! Medians, ratios, JSON and a table.

use serde_json::{Value, json};

use super::measure::Sample;
use super::{Group, Shape};

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
        let mut all: Vec<f64> = self.samples.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        let middle = all.len() / 2;
        match (all.len() % 2, all.get(middle), middle.checked_sub(1).and_then(|at| all.get(at))) {
            (0, Some(high), Some(low)) => (high + low) / 2.0,
            (_, Some(value), _) => *value,
            _ => 0.0,
        }
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
pub fn markdown(rows: &[Row], facts: &[(&str, String)]) -> String {
    let mut page = String::new();
    for (group, shape, list) in tables(rows) {
        let Some(first) = list.first() else { continue };
        let (own, own_cpu) = (first.median(|s| s.per_second), first.median(|s| s.cpu_micros));
        page.push_str(&format!(
            "### {}, {}\n\n| gateway | requests/s | {} : this | p99 ms | CPU µs/request | this : {} | \
             MiB | lowest-highest requests/s | others on its core % |\n\
             |---|---:|---:|---:|---:|---:|---:|---|---:|\n",
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
                "| {} | {rate:.0} | {:.2} | {:.2} | {cpu:.1} | {:.2} | {:.0} | {:.0}-{:.0} | {:.0} |\n",
                row.name,
                own / rate,
                row.median(|s| s.p99_ms),
                cpu / own_cpu,
                row.median(|s| s.resident_mib),
                rates.clone().fold(f64::INFINITY, f64::min),
                rates.fold(0.0, f64::max),
                row.median(|s| s.disturbed_percent),
            ));
        }
        page.push('\n');
    }
    for (name, value) in facts {
        page.push_str(&format!("- {name}: {value}\n"));
    }
    page
}

/// Everything as JSON.
pub fn json(rows: &[Row], facts: &[(&str, String)]) -> Value {
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
                    "cpu_micros": s.cpu_micros, "disturbed_percent": s.disturbed_percent, "resident_mib": s.resident_mib,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let facts: serde_json::Map<String, Value> =
        facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({ "facts": facts, "rows": rows })
}

/// Which ratios the project asks for, and whether this run has them: against stock pingora-proxy
/// and against Envoy, without filters.
pub fn targets(rows: &[Row]) -> Vec<(String, bool)> {
    let rate = |name: &str| {
        rows.iter().find(|row| row.name == name).map(|row| row.median(|s| s.per_second))
    };
    [("stock-pingora", 1.4), ("envoy", 2.0)]
        .into_iter()
        .filter_map(|(peer, least)| {
            let ratio = rate("portcullis")? / rate(peer)?;
            Some((format!("portcullis : {peer} = {ratio:.2}, at least {least}"), ratio >= least))
        })
        .collect()
}
