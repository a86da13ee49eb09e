//! The functions a module may import: one file a family.

mod buffers;
mod calls;
mod foreign;
mod grpc;
mod headers;
mod log;
mod metrics;
mod properties;
mod queues;
mod redis;
mod shared_data;
mod streams;
mod upstream;
mod wasi;

use wasmtime::{Engine, Linker, Module, Val};

use crate::abi::Status;
use crate::state::State;

/// Everything this host offers.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    log::link(&mut linker)?;
    headers::link(&mut linker)?;
    buffers::link(&mut linker)?;
    properties::link(&mut linker)?;
    shared_data::link(&mut linker)?;
    queues::link(&mut linker)?;
    metrics::link(&mut linker)?;
    calls::link(&mut linker)?;
    grpc::link(&mut linker)?;
    redis::link(&mut linker)?;
    streams::link(&mut linker)?;
    foreign::link(&mut linker)?;
    upstream::link(&mut linker)?;
    wasi::link(&mut linker)?;
    Ok(linker)
}

/// The same for one module: what it imports beside that says so in the log when it is called, and answers
/// "unimplemented".
pub(crate) fn linker_for(
    linker: &Linker<State>,
    module: &Module,
) -> wasmtime::Result<Linker<State>> {
    let mut linker = linker.clone();
    for import in module.imports() {
        let (place, name) = (import.module(), import.name());
        let Some(function) = import.ty().func().cloned() else { continue };
        let said = format!("{place}.{name} is not a function of this host");
        let answers = function.results().len();
        // Refused where the name is taken, which is the test for it.
        let defined = linker.func_new(place, name, function, move |mut caller, _, results| {
            if let Some(result) = results.get_mut(0)
                && answers == 1
                && matches!(result, Val::I32(_))
            {
                *result = Val::I32(Status::Unimplemented as i32);
            }
            log::line(caller.data_mut(), crate::LogLevel::Error, said.as_bytes());
            Ok(())
        });
        if defined.is_ok() {
            tracing::warn!(module = place, function = name, "A plugin imports an unknown function");
        }
    }
    Ok(linker)
}
