//! Makes modules for the differential runs: text to binary, and the ABI export renamed for Envoy.

use std::path::Path;
use std::process::ExitCode;

use portcullis_conformance_plugins::{modules, rename};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["assemble", from, to] => modules::assemble(Path::new(from), Path::new(to))
            .map(|written| println!("{written} modules assembled into {to}"))
            .map_err(|problem| problem.0),
        ["for-envoy", from, to] => for_envoy(from, to),
        _ => {
            Err("usage: plugin-modules assemble WAT-FOLDER TO-FOLDER | for-envoy IN.wasm OUT.wasm"
                .to_owned())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("plugin-modules: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn for_envoy(from: &str, to: &str) -> Result<(), String> {
    let module = std::fs::read(from).map_err(|error| format!("{from}: {error}"))?;
    let renamed = rename::export(&module, rename::HIGRESS_ABI, rename::ENVOY_ABI)
        .ok_or_else(|| format!("{from} has no export {}", rename::HIGRESS_ABI))?;
    std::fs::write(to, renamed).map_err(|error| format!("{to}: {error}"))
}
