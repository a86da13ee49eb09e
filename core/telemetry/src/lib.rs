//! Events, metrics, logs.
