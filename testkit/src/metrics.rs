//! Prometheus text, taken apart.

use std::collections::BTreeMap;

/// One sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Name of the series.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Value.
    pub value: f64,
}

/// Everything one scrape showed.
#[derive(Debug, Clone, Default)]
pub struct Metrics(pub Vec<Sample>);

impl Metrics {
    /// Reads the text format; lines that are none are left out.
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect())
    }

    /// Sum over every sample of that name whose labels contain all of these.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.of(name)
            .filter(|sample| {
                labels.iter().all(|(k, v)| sample.labels.get(*k).is_some_and(|own| own == v))
            })
            .map(|sample| sample.value)
            .sum()
    }

    /// Every sample of that name.
    pub fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }

    /// Whether any series of that name is there.
    pub fn has(&self, name: &str) -> bool {
        self.of(name).next().is_some()
    }

    /// How many label sets each series has.
    pub fn cardinality(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for sample in &self.0 {
            *counts.entry(sample.name.clone()).or_insert(0) += 1;
        }
        counts
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (series, rest) = match line.find('{') {
        Some(open) => {
            let close = line.rfind('}')?;
            ((line.get(..open)?, line.get(open + 1..close)?), line.get(close + 1..)?)
        }
        None => {
            let (name, rest) = line.split_once(' ')?;
            ((name, ""), rest)
        }
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some(Sample { name: series.0.to_owned(), labels: labels(series.1), value })
}

fn labels(text: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut chars = after.char_indices();
        let mut end = after.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, other)) => value.push(other),
                    None => {}
                },
                other => value.push(other),
            }
        }
        all.insert(name.trim_matches([',', ' ']).to_owned(), value);
        rest = after.get(end..).unwrap_or_default();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_labels_with_escapes_and_plain_series() {
        let metrics = Metrics::parse(
            "# HELP x y\nx_total{a=\"1\",b=\"q\\\"{}\"} 3\nx_total{a=\"2\",b=\"\"} 4 1700\ny 2.5\n",
        );
        assert_eq!(metrics.sum("x_total", &[]), 7.0);
        assert_eq!(metrics.sum("x_total", &[("b", "q\"{}")]), 3.0);
        assert_eq!(metrics.sum("y", &[]), 2.5);
        assert_eq!(metrics.cardinality().get("x_total"), Some(&2));
    }
}
