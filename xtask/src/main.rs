//! House rules, executable.
fn main() {}
