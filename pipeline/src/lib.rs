//! Configuration to Snapshot to chains.
