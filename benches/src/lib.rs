//! Benchmarks a reviewer can trust.
