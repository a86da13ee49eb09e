//! Benchmarks a reviewer can trust: ratios in one run, on pinned cores, with every status counted.

pub mod peers;
