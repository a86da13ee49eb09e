//! All series of one metric, bounded by construction, and their Prometheus text.
//!
//! Source of the text: Prometheus exposition formats, "Text-based format", version 0.0.4.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use super::cell::{Cell, Counter, Gauge, Histogram};
use super::name::{Kind, Name};

/// Longest label value in bytes; the rest is cut.
pub const LABEL_BYTES_MAX: usize = 128;

/// Label value of the series that takes what a full family has no room for.
pub const OVERFLOW: &str = "other";

/// The series of one metric, by their label values.
pub(super) struct Family<C> {
    name: Name,
    series_max: usize,
    make: fn(Kind) -> C,
    /// By rendered labels: `listener="web",route="shop"`.
    series: RwLock<HashMap<Box<str>, C>>,
    overflow: C,
    overflowed: AtomicBool,
}

impl<C: Cell> Family<C> {
    fn with(name: Name, series_max: usize, make: fn(Kind) -> C) -> Self {
        Self {
            name,
            series_max,
            make,
            series: RwLock::default(),
            overflow: make(name.kind()),
            overflowed: AtomicBool::new(false),
        }
    }

    /// The series of these label values, made at its first mention. A full family first forgets the
    /// series nobody holds a handle of, when `forget` allows it, and then answers with the overflow
    /// series.
    pub(super) fn series(&self, values: &[&str], forget: Forget) -> C {
        debug_assert_eq!(values.len(), self.name.labels().len(), "{}", self.name.as_str());
        let key = labels(self.name.labels(), values);
        if let Some(cell) = self.series.read().get(key.as_str()) {
            return cell.clone();
        }
        let mut series = self.series.write();
        if let Some(cell) = series.get(key.as_str()) {
            return cell.clone();
        }
        if series.len() >= self.series_max && forget == Forget::Unheld {
            series.retain(|_, cell| cell.handles() > 1);
        }
        if series.len() >= self.series_max {
            self.overflowed.store(true, Ordering::Relaxed);
            return self.overflow.clone();
        }
        let cell = (self.make)(self.name.kind());
        series.insert(key.into_boxed_str(), cell.clone());
        cell
    }

    /// Number of series, the overflow series not included.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.series.read().len()
    }

    fn render_with(&self, out: &mut String, write: impl Fn(&mut String, &str, &C)) {
        let series = self.series.read();
        let overflowed = self.overflowed.load(Ordering::Relaxed);
        if series.is_empty() && !overflowed {
            return;
        }
        let kind = match self.name.kind() {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let name = self.name.as_str();
        let _ = writeln!(out, "# HELP {name} {}\n# TYPE {name} {kind}", self.name.help());
        let mut sorted: Vec<_> = series.iter().collect();
        sorted.sort_unstable_by(|a, b| a.0.cmp(b.0));
        for (labels, cell) in sorted {
            write(out, labels, cell);
        }
        if overflowed {
            let names = self.name.labels();
            let other = labels(names, &vec![OVERFLOW; names.len()]);
            write(out, &other, &self.overflow);
        }
    }
}

/// Whether a full family may drop series without a handle to make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forget {
    /// Series are named by configuration, and whoever counts keeps a handle: one without belongs to a
    /// snapshot that is gone.
    Unheld,
    /// Series are looked up for each count.
    Never,
}

impl Family<Counter> {
    pub(super) fn counters(name: Name, series_max: usize) -> Self {
        debug_assert!(matches!(name.kind(), Kind::Counter), "{}", name.as_str());
        Self::with(name, series_max, |_| Counter::default())
    }

    pub(super) fn render(&self, out: &mut String) {
        let name = self.name.as_str();
        self.render_with(out, |out, labels, cell| sample(out, name, labels, cell.value()));
    }
}

impl Family<Gauge> {
    pub(super) fn gauges(name: Name, series_max: usize) -> Self {
        debug_assert!(matches!(name.kind(), Kind::Gauge), "{}", name.as_str());
        Self::with(name, series_max, |_| Gauge::default())
    }

    /// A gauge nobody holds speaks of something that is gone, such as an endpoint of an earlier snapshot, and
    /// would say for ever what was true last.
    pub(super) fn render(&self, out: &mut String, forget: Forget) {
        if forget == Forget::Unheld {
            self.series.write().retain(|_, gauge| gauge.handles() > 1);
        }
        let name = self.name.as_str();
        self.render_with(out, |out, labels, cell| sample(out, name, labels, cell.value()));
    }
}

impl Family<Histogram> {
    pub(super) fn histograms(name: Name, series_max: usize) -> Self {
        debug_assert!(matches!(name.kind(), Kind::Histogram(_)), "{}", name.as_str());
        Self::with(name, series_max, |kind| match kind {
            Kind::Histogram(buckets) => Histogram::new(buckets),
            Kind::Counter | Kind::Gauge => {
                Histogram::new(&super::name::Buckets { bounds: &[], per_unit: 1 })
            }
        })
    }

    pub(super) fn render(&self, out: &mut String) {
        let name = self.name.as_str();
        self.render_with(out, |out, labels, cell| histogram(out, name, labels, cell));
    }
}

/// `a="1",b="2"`, escaped, so that different values never give the same text.
fn labels(names: &[&str], values: &[&str]) -> String {
    let mut out = String::with_capacity(64);
    for (name, value) in names.iter().zip(values) {
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(name);
        out.push_str("=\"");
        escape(&mut out, value);
        out.push('"');
    }
    out
}

fn escape(out: &mut String, value: &str) {
    let value = value.get(..value.floor_char_boundary(LABEL_BYTES_MAX)).unwrap_or(value);
    for character in value.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}

fn sample(out: &mut String, name: &str, labels: &str, value: impl fmt::Display) {
    let _ = if labels.is_empty() {
        writeln!(out, "{name} {value}")
    } else {
        writeln!(out, "{name}{{{labels}}} {value}")
    };
}

fn histogram(out: &mut String, name: &str, labels: &str, cell: &Histogram) {
    let buckets = cell.buckets();
    let state = cell.distribution();
    let comma = if labels.is_empty() { "" } else { "," };
    let mut total = 0u64;
    for (at, count) in state.counts.iter().enumerate() {
        total = total.wrapping_add(*count);
        let _ = match buckets.bounds.get(at) {
            Some(bound) => {
                let bound = in_units(*bound, buckets.per_unit);
                writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {total}")
            }
            None => writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {total}"),
        };
    }
    sample(out, &format!("{name}_sum"), labels, in_units(state.sum, buckets.per_unit));
    sample(out, &format!("{name}_count"), labels, total);
}

/// The display of a double is the shortest text that reads back to it, never with an exponent.
fn in_units(value: u64, per_unit: u64) -> f64 {
    value as f64 / per_unit as f64
}
