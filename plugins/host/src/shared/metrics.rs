//! What modules count, and its Prometheus text.
//!
//! Names are the modules' own and may hold anything, so they stand in a label: `portcullis_plugin_counter_total`,
//! `portcullis_plugin_gauge` and `portcullis_plugin_histogram`, each with `plugin` and `name`.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use parking_lot::RwLock;
use rustc_hash::FxHashMap;

use crate::abi::{MetricKind, Status};

/// Upper bounds of the buckets of a histogram; modules record milliseconds, bytes and tokens.
const BUCKETS: [u64; 16] =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 600_000];

/// Metrics that modules have defined.
pub struct GuestMetrics {
    per_plugin: usize,
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    ids: FxHashMap<(String, MetricKind, Vec<u8>), u32>,
    metrics: Vec<Metric>,
    counts: FxHashMap<String, usize>,
}

struct Metric {
    plugin: String,
    name: String,
    cell: Cell,
}

enum Cell {
    Counter(AtomicU64),
    Gauge(AtomicI64),
    Histogram { buckets: [AtomicU64; BUCKETS.len()], count: AtomicU64, sum: AtomicU64 },
}

impl Cell {
    fn new(kind: MetricKind) -> Self {
        match kind {
            MetricKind::Counter => Self::Counter(AtomicU64::new(0)),
            MetricKind::Gauge => Self::Gauge(AtomicI64::new(0)),
            MetricKind::Histogram => Self::Histogram {
                buckets: Default::default(),
                count: AtomicU64::new(0),
                sum: AtomicU64::new(0),
            },
        }
    }
}

impl GuestMetrics {
    pub(crate) fn new(per_plugin: usize) -> Self {
        Self { per_plugin, inner: RwLock::default() }
    }

    /// The number of a metric; its two lowest bits are its kind. The same name is the same metric.
    pub(crate) fn define(
        &self,
        plugin: &str,
        kind: MetricKind,
        name: &[u8],
    ) -> Result<u32, Status> {
        let key = (plugin.to_owned(), kind, name.to_vec());
        if let Some(&id) = self.inner.read().ids.get(&key) {
            return Ok(id);
        }
        let mut inner = self.inner.write();
        if let Some(&id) = inner.ids.get(&key) {
            return Ok(id);
        }
        let count = inner.counts.entry(plugin.to_owned()).or_default();
        if *count >= self.per_plugin {
            return Err(Status::InternalFailure);
        }
        *count += 1;
        let index = u32::try_from(inner.metrics.len()).map_err(|_| Status::InternalFailure)?;
        let id = (index << 2) | kind as u32;
        let name = String::from_utf8_lossy(name).into_owned();
        inner.metrics.push(Metric { plugin: plugin.to_owned(), name, cell: Cell::new(kind) });
        inner.ids.insert(key, id);
        Ok(id)
    }

    fn with<T>(&self, id: u32, then: impl FnOnce(&Cell) -> Result<T, Status>) -> Result<T, Status> {
        let inner = self.inner.read();
        let metric = inner.metrics.get((id >> 2) as usize).ok_or(Status::NotFound)?;
        let kind = match metric.cell {
            Cell::Counter(_) => MetricKind::Counter,
            Cell::Gauge(_) => MetricKind::Gauge,
            Cell::Histogram { .. } => MetricKind::Histogram,
        };
        if id & 3 != kind as u32 {
            return Err(Status::NotFound);
        }
        then(&metric.cell)
    }

    pub(crate) fn increment(&self, id: u32, by: i64) -> Result<(), Status> {
        self.with(id, |cell| match cell {
            Cell::Counter(value) => {
                let by = u64::try_from(by).ok().filter(|by| *by > 0).ok_or(Status::BadArgument)?;
                value.fetch_add(by, Ordering::Relaxed);
                Ok(())
            }
            Cell::Gauge(value) => {
                value.fetch_add(by, Ordering::Relaxed);
                Ok(())
            }
            Cell::Histogram { .. } => Err(Status::BadArgument),
        })
    }

    pub(crate) fn record(&self, id: u32, recorded: u64) -> Result<(), Status> {
        self.with(id, |cell| match cell {
            Cell::Counter(value) => {
                value.fetch_add(recorded, Ordering::Relaxed);
                Ok(())
            }
            Cell::Gauge(value) => {
                value.store(recorded.cast_signed(), Ordering::Relaxed);
                Ok(())
            }
            Cell::Histogram { buckets, count, sum } => {
                if let Some(n) = BUCKETS.iter().position(|bound| recorded <= *bound)
                    && let Some(bucket) = buckets.get(n)
                {
                    bucket.fetch_add(1, Ordering::Relaxed);
                }
                count.fetch_add(1, Ordering::Relaxed);
                sum.fetch_add(recorded, Ordering::Relaxed);
                Ok(())
            }
        })
    }

    pub(crate) fn value(&self, id: u32) -> Result<u64, Status> {
        self.with(id, |cell| match cell {
            Cell::Counter(value) => Ok(value.load(Ordering::Relaxed)),
            Cell::Gauge(value) => Ok(value.load(Ordering::Relaxed).cast_unsigned()),
            Cell::Histogram { .. } => Err(Status::BadArgument),
        })
    }

    /// Prometheus text, version 0.0.4.
    pub fn render(&self, out: &mut String) {
        let inner = self.inner.read();
        for (family, kind, wanted) in [
            ("portcullis_plugin_counter_total", "counter", 0),
            ("portcullis_plugin_gauge", "gauge", 1),
            ("portcullis_plugin_histogram", "histogram", 2),
        ] {
            let mut first = true;
            for metric in inner.metrics.iter().filter(|m| m.cell.family() == wanted) {
                if std::mem::take(&mut first) {
                    let _ = writeln!(out, "# TYPE {family} {kind}");
                }
                metric.render(family, out);
            }
        }
    }
}

impl Cell {
    fn family(&self) -> u8 {
        match self {
            Self::Counter(_) => 0,
            Self::Gauge(_) => 1,
            Self::Histogram { .. } => 2,
        }
    }
}

impl Metric {
    fn render(&self, family: &str, out: &mut String) {
        let labels = format!("plugin=\"{}\",name=\"{}\"", escape(&self.plugin), escape(&self.name));
        // Writing to a String cannot fail.
        let _ = match &self.cell {
            Cell::Counter(value) => {
                writeln!(out, "{family}{{{labels}}} {}", value.load(Ordering::Relaxed))
            }
            Cell::Gauge(value) => {
                writeln!(out, "{family}{{{labels}}} {}", value.load(Ordering::Relaxed))
            }
            Cell::Histogram { buckets, count, sum } => {
                let mut below = 0;
                for (bound, bucket) in BUCKETS.iter().zip(buckets) {
                    below += bucket.load(Ordering::Relaxed);
                    let _ = writeln!(out, "{family}_bucket{{{labels},le=\"{bound}\"}} {below}");
                }
                let count = count.load(Ordering::Relaxed);
                let _ = writeln!(out, "{family}_bucket{{{labels},le=\"+Inf\"}} {count}");
                let _ = writeln!(out, "{family}_sum{{{labels}}} {}", sum.load(Ordering::Relaxed));
                writeln!(out, "{family}_count{{{labels}}} {count}")
            }
        };
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_takes_what_suits_it() {
        let metrics = GuestMetrics::new(3);
        let counter = metrics.define("p", MetricKind::Counter, b"c").unwrap();
        let gauge = metrics.define("p", MetricKind::Gauge, b"g").unwrap();
        let histogram = metrics.define("p", MetricKind::Histogram, b"h\"").unwrap();
        assert_eq!(metrics.define("p", MetricKind::Counter, b"c"), Ok(counter));
        assert_eq!(metrics.define("p", MetricKind::Counter, b"d"), Err(Status::InternalFailure));
        assert_eq!((counter & 3, gauge & 3, histogram & 3), (0, 1, 2));
        assert_eq!(metrics.increment(counter, 0), Err(Status::BadArgument));
        assert_eq!(metrics.increment(counter, -1), Err(Status::BadArgument));
        assert_eq!(metrics.increment(histogram, 1), Err(Status::BadArgument));
        assert_eq!(metrics.value(histogram), Err(Status::BadArgument));
        assert_eq!(metrics.increment(400, 1), Err(Status::NotFound));
        assert_eq!(metrics.increment(counter | 1, 1), Err(Status::NotFound), "of another kind");
        metrics.increment(counter, 2).unwrap();
        metrics.record(counter, 3).unwrap();
        metrics.record(gauge, 9).unwrap();
        metrics.increment(gauge, -4).unwrap();
        metrics.record(histogram, 7).unwrap();
        assert_eq!((metrics.value(counter), metrics.value(gauge)), (Ok(5), Ok(5)));
        let mut text = String::new();
        metrics.render(&mut text);
        for line in [
            "portcullis_plugin_counter_total{plugin=\"p\",name=\"c\"} 5\n",
            "portcullis_plugin_gauge{plugin=\"p\",name=\"g\"} 5\n",
            "portcullis_plugin_histogram_bucket{plugin=\"p\",name=\"h\\\"\",le=\"5\"} 0\n",
            "portcullis_plugin_histogram_bucket{plugin=\"p\",name=\"h\\\"\",le=\"10\"} 1\n",
            "portcullis_plugin_histogram_count{plugin=\"p\",name=\"h\\\"\"} 1\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
