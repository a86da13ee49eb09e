//! What a build without a host says of plugins.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use portcullis_config::parse_str;
use portcullis_pipeline::{Loaded, Registry, compile};
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::MetricLimits;

#[test]
fn a_plugin_is_refused_where_there_is_no_host() {
    let text = "clusters: [{name: a, endpoints: [{address: '127.0.0.1:1'}]}]\n\
                routes: [{name: r, cluster: a}]\n\
                plugins: [{name: p, url: 'oci://plugins.example.com/p:1'}]\n";
    let loaded = parse_str("a.yaml", text).unwrap();
    let registry = Registry::new(Metrics::new(MetricLimits::default(), "test"));
    let number = Loaded { revision: 1, closed_at: None };
    let mut problems = compile(Arc::new(loaded.gateway), &registry, number).unwrap_err();
    loaded.spans.locate(&mut problems);
    assert_eq!((problems.len(), problems[0].line), (1, 3), "{problems:?}");
    assert!(problems[0].message.contains("no host for plugins"), "{}", problems[0]);
}
