//! From files to a snapshot for the commands that only look: the same way as `run`, without traffic.

use std::path::Path;
use std::sync::Arc;

use portcullis_config::{AuditTarget, Diagnostic, LogTarget};
use portcullis_pipeline::{Loaded, Registry, Snapshot, compile};
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::MetricLimits;

/// Loads and compiles a configuration; gives the warnings beside the snapshot.
///
/// # Errors
/// Every diagnostic.
pub(crate) fn snapshot(path: &Path) -> Result<(Snapshot, Vec<Diagnostic>), Vec<Diagnostic>> {
    snapshot_with(path, &Registry::new(Metrics::new(MetricLimits::default(), crate::VERSION)))
}

/// As [`snapshot`], in a registry that shows what was compiled.
///
/// # Errors
/// Every diagnostic.
pub(crate) fn snapshot_with(
    path: &Path,
    registry: &Registry,
) -> Result<(Snapshot, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut loaded = portcullis_plugin_documents::FOREIGN.load(path)?;
    // Whoever only looks must not open, and so create, the files the gateway would log to.
    loaded.gateway.telemetry.access_log.to = LogTarget::Off;
    loaded.gateway.telemetry.waf_log.to = LogTarget::Off;
    // An absent audit log is what rule text says, which may name a file.
    let audit_log = loaded.gateway.telemetry.audit_log.get_or_insert_default();
    audit_log.to = AuditTarget::Off;
    let made = Loaded { revision: 1, closed_at: None };
    match compile(Arc::new(loaded.gateway), registry, made) {
        Ok(snapshot) => {
            let mut warnings = snapshot.warnings.clone();
            loaded.spans.locate(&mut warnings);
            warnings.splice(..0, loaded.warnings);
            Ok((snapshot, warnings))
        }
        Err(mut problems) => {
            loaded.spans.locate(&mut problems);
            problems.extend(loaded.warnings);
            Err(problems)
        }
    }
}
