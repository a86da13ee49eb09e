//! Benchmarks a reviewer can trust: CPU time instead of the clock on the wall, ratios in one run, on
//! pinned cores, with every status counted.

pub mod awake;
pub mod machine;
pub mod options;
pub mod peers;
pub mod timing;
pub mod waf;
