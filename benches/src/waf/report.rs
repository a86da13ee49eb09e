//! Medians, ratios, JSON and Markdown.

use serde_json::{Value, json};

use super::bars::{self, Bar, extra_mb};
use super::driver::{Peer, Run};
use super::measure::{Measured, Row};

/// The middle of the values, `NaN` for none.
pub fn median(values: &[f64]) -> f64 {
    let mut all = values.to_vec();
    all.sort_by(f64::total_cmp);
    let middle = all.len() / 2;
    match (all.len() % 2, all.get(middle), middle.checked_sub(1).and_then(|at| all.get(at))) {
        (0, Some(high), Some(low)) => (high + low) / 2.0,
        (_, Some(value), _) => *value,
        _ => f64::NAN,
    }
}

fn spread(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    (least, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

fn turns(row: &Row, peer: Peer) -> &[Run] {
    row.turns
        .iter()
        .find(|(own, _)| *own == peer)
        .map(|(_, runs)| runs.as_slice())
        .unwrap_or_default()
}

fn micros(row: &Row, peer: Peer) -> Vec<f64> {
    turns(row, peer).iter().map(|run| run.micros).collect()
}

/// How many times as much CPU time as this engine the peer took, a value a round.
pub fn ratios(row: &Row, peer: Peer) -> Vec<f64> {
    let own = micros(row, Peer::Portcullis);
    micros(row, peer).iter().zip(own).map(|(theirs, own)| theirs / own).collect()
}

/// How requests of one engine ended, in a word or two.
fn ends(row: &Row, peer: Peer) -> String {
    let Some(run) = turns(row, peer).first() else { return String::new() };
    let all: u64 = run.ends.iter().map(|(_, n)| n).sum();
    let words: Vec<String> = run
        .ends
        .iter()
        .map(|(status, n)| {
            let status = if status == "0" { "passed" } else { status };
            if *n == all {
                status.to_owned()
            } else {
                format!("{status} {:.0} %", *n as f64 * 100.0 / all as f64)
            }
        })
        .collect();
    words.join(", ")
}

/// Three significant digits, as many as the rounds are good for.
pub(crate) fn figure(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A Markdown page: requests, rule sets, what is asked for.
pub fn markdown(measured: &Measured, bars: &[Bar], facts: &[(&str, String)]) -> String {
    let mut page = requests(measured);
    page.push_str(&rule_sets(measured));
    page.push_str(&bars::table(bars));
    page.push('\n');
    for (name, value) in facts {
        page.push_str(&format!("- {name}: {value}\n"));
    }
    page
}

/// A table a paranoia level.
fn requests(measured: &Measured) -> String {
    let mut page = String::new();
    let mut level = None;
    for row in &measured.rows {
        if level != Some(row.level) {
            level = Some(row.level);
            page.push_str(&format!(
                "{}| paranoia level {} |",
                if page.is_empty() { "" } else { "\n" },
                row.level
            ));
            for peer in Peer::ALL {
                page.push_str(&format!(" {} |", peer.name()));
            }
            page.push_str("\n|---|");
            page.push_str(&"---:|".repeat(Peer::ALL.len()));
            page.push('\n');
        }
        page.push_str(&format!("| {} |", row.shape.name));
        for peer in Peer::ALL {
            page.push_str(&format!(" {} µs", figure(median(&micros(row, peer)))));
            if peer != Peer::Portcullis {
                let all = ratios(row, peer);
                let (least, most) = spread(&all);
                page.push_str(&format!(
                    " = **{} x** ({}-{})",
                    figure(median(&all)),
                    figure(least),
                    figure(most)
                ));
            }
            page.push_str(&format!(", {} |", ends(row, peer)));
        }
        page.push('\n');
    }
    page.push('\n');
    page
}

fn rule_sets(measured: &Measured) -> String {
    let mut page = "| rule sets | compile, CPU ms (lowest-highest) | a further one, ms | memory of a further one, MB | process with one, MB |\n\
                    |---|---:|---:|---:|---:|\n"
        .to_owned();
    for sets in &measured.sets {
        let (least, most) = spread(&sets.cold_ms);
        page.push_str(&format!(
            "| {} | {} ({}-{}) | {} | {} | {} |\n",
            sets.version,
            figure(median(&sets.cold_ms)),
            figure(least),
            figure(most),
            figure(median(&sets.more.compile_ms)),
            figure(extra_mb(sets)),
            figure(sets.more.resident_kib.first().copied().unwrap_or(f64::NAN) * 1024.0 / 1e6),
        ));
    }
    page.push('\n');
    page
}

/// Everything as JSON.
pub fn json(measured: &Measured, bars: &[Bar], facts: &[(&str, String)]) -> Value {
    let engines = |row: &Row| -> serde_json::Map<String, Value> {
        let one = |peer: Peer| {
            let rounds: Vec<Value> = turns(row, peer)
                .iter()
                .map(|run| {
                    let ends: serde_json::Map<String, Value> =
                        run.ends.iter().map(|(status, n)| (status.clone(), json!(n))).collect();
                    json!({ "micros": run.micros, "ends": ends })
                })
                .collect();
            (
                peer.name().to_owned(),
                json!({ "median_micros": median(&micros(row, peer)), "rounds": rounds }),
            )
        };
        Peer::ALL.into_iter().map(one).collect()
    };
    let rows: Vec<Value> = measured
        .rows
        .iter()
        .map(|row| json!({ "shape": row.shape.name, "paranoia": row.level, "engines": engines(row) }))
        .collect();
    let sets: Vec<Value> = measured
        .sets
        .iter()
        .map(|sets| {
            json!({
                "engine": sets.version, "cold_compile_ms": sets.cold_ms, "further_compile_ms": sets.more.compile_ms,
                "resident_kib": sets.more.resident_kib, "extra_mb": extra_mb(sets),
            })
        })
        .collect();
    let facts: serde_json::Map<String, Value> =
        facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({ "facts": facts, "requests": rows, "rule_sets": sets, "bars": bars::json(bars) })
}
