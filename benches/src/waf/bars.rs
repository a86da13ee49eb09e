//! What the project asks for, and whether a run has it.

use serde_json::{Value, json};

use super::driver::Peer;
use super::measure::{Measured, Row, Sets};
use super::report::{figure, median, ratios};

/// A figure with what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What is measured.
    pub what: String,
    /// In which unit; `x` for a ratio.
    pub unit: &'static str,
    /// The least that holds.
    pub floor: f64,
    /// What would be good.
    pub aim: f64,
    /// What this run has.
    pub reached: f64,
    /// Whether more is better.
    pub more: bool,
}

impl Bar {
    /// Whether the floor holds.
    pub fn holds(&self) -> bool {
        self.at(self.floor)
    }

    /// Whether the aim is reached.
    pub fn aimed(&self) -> bool {
        self.at(self.aim)
    }

    fn at(&self, bound: f64) -> bool {
        if self.more { self.reached >= bound } else { self.reached <= bound }
    }
}

/// A Markdown table of bars.
pub fn table(bars: &[Bar]) -> String {
    let mut text =
        "| what is asked for | floor | aim | reached | |\n|---|---:|---:|---:|---|\n".to_owned();
    for bar in bars {
        let said = match (bar.holds(), bar.aimed()) {
            (_, true) => "aim reached",
            (true, false) => "holds",
            (false, false) => "**missed**",
        };
        let Bar { what, unit, floor, aim, reached, .. } = bar;
        text.push_str(&format!(
            "| {what} | {floor} {unit} | {aim} {unit} | {} {unit} | {said} |\n",
            figure(*reached)
        ));
    }
    text
}

/// The bars as JSON.
pub fn json(bars: &[Bar]) -> Value {
    let one = |bar: &Bar| {
        json!({
            "what": bar.what, "unit": bar.unit, "floor": bar.floor, "aim": bar.aim, "reached": bar.reached,
            "holds": bar.holds(), "aim_reached": bar.aimed(),
        })
    };
    bars.iter().map(one).collect()
}

/// Shape, level, peer, floor and aim of the ratios peer : portcullis.
const RATIOS: [(&str, u8, Peer, f64, f64); 10] = [
    ("get-2", 1, Peer::Coraza, 40.0, 80.0),
    ("get-2", 1, Peer::ModSecurity, 40.0, 80.0),
    ("form-8", 1, Peer::Coraza, 50.0, 100.0),
    ("form-8", 1, Peer::ModSecurity, 50.0, 100.0),
    ("prose-sql", 1, Peer::Coraza, 100.0, 200.0),
    ("prose-sql", 1, Peer::ModSecurity, 20.0, 40.0),
    ("json-60", 1, Peer::Coraza, 30.0, 60.0),
    ("json-60", 1, Peer::ModSecurity, 30.0, 60.0),
    ("get-2", 4, Peer::Coraza, 40.0, 80.0),
    ("get-2", 4, Peer::ModSecurity, 40.0, 80.0),
];

/// The bars that this run has figures for.
pub fn bars(measured: &Measured) -> Vec<Bar> {
    let ratio = |(file, level, peer, floor, aim): (&str, u8, Peer, f64, f64)| {
        let row: &Row =
            measured.rows.iter().find(|row| row.shape.file == file && row.level == level)?;
        let reached = median(&ratios(row, peer));
        let what = format!("{}, PL{level}: {} : portcullis", row.shape.name, peer.name());
        Some(Bar { what, unit: "x", floor, aim, reached, more: true })
    };
    let mut all: Vec<Bar> = RATIOS.into_iter().filter_map(ratio).collect();
    if let Some(own) = measured.sets.iter().find(|sets| sets.peer == Peer::Portcullis) {
        all.push(Bar {
            what: "memory of a further rule set of the same rules".to_owned(),
            unit: "MB",
            floor: 1.0,
            aim: 0.2,
            reached: extra_mb(own),
            more: false,
        });
        all.push(Bar {
            what: "compiling the first rule set".to_owned(),
            unit: "ms",
            floor: 400.0,
            aim: 150.0,
            reached: median(&own.cold_ms),
            more: false,
        });
    }
    all
}

/// Resident memory that one further rule set adds, megabytes: over the second half of them, because the first ones live
/// in pages that compiling left behind.
pub fn extra_mb(sets: &Sets) -> f64 {
    let resident = &sets.more.resident_kib;
    let middle = resident.len() / 2;
    let (Some(first), Some(last)) = (resident.get(middle), resident.last()) else {
        return f64::NAN;
    };
    (last - first) * 1024.0 / 1e6 / resident.len().saturating_sub(middle + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waf::driver::More;

    #[test]
    fn a_figure_is_held_against_the_right_side() {
        let bar = |reached, more| Bar {
            what: String::new(),
            unit: "x",
            floor: 10.0,
            aim: if more { 20.0 } else { 5.0 },
            reached,
            more,
        };
        for (reached, more, holds, aimed) in [
            (9.9, true, false, false),
            (10.0, true, true, false),
            (20.0, true, true, true),
            (10.1, false, false, false),
            (10.0, false, true, false),
            (5.0, false, true, true),
            (f64::NAN, true, false, false),
            (f64::NAN, false, false, false),
        ] {
            let bar = bar(reached, more);
            assert_eq!((bar.holds(), bar.aimed()), (holds, aimed), "{bar:?}");
        }
    }

    #[test]
    fn memory_is_what_the_second_half_adds() {
        let sets = |resident_kib: &[f64]| Sets {
            peer: Peer::Portcullis,
            version: String::new(),
            cold_ms: Vec::new(),
            more: More { compile_ms: Vec::new(), resident_kib: resident_kib.to_vec() },
        };
        assert_eq!(extra_mb(&sets(&[90_000.0, 70_000.0, 70_000.0, 71_000.0, 72_000.0])), 1.024);
        assert!(extra_mb(&sets(&[])).is_nan());
    }
}
