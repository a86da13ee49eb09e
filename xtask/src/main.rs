//! House rules, executable: `cargo run -p xtask -- tidy` and `cargo run -p xtask -- codegen [--check]`.
//!
//! Reads the work tree and `cargo metadata`; needs no network. The same checks run as `cargo test -p xtask`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod codegen;
mod tidy;
mod tree;

use std::process::ExitCode;

use tree::Tree;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["tidy"] => Tree::read().and_then(|tree| tidy::report(&tree)),
        ["codegen"] => Tree::read().and_then(|tree| codegen::write(&tree)),
        ["codegen", "--check"] => Tree::read().and_then(|tree| codegen::check(&tree)),
        _ => Err("usage: cargo run -p xtask -- tidy | codegen [--check]".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
