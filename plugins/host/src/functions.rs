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

use wasmtime::{Engine, Linker, Module, Val, ValType};

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
        let results: Vec<ValType> = function.results().collect();
        // Refused where the name is taken, which is the test for it.
        let defined = linker.func_new(place, name, function, move |mut caller, _, answers| {
            for (answer, kind) in answers.iter_mut().zip(&results) {
                *answer = unimplemented(kind).ok_or_else(|| wasmtime::Error::msg(said.clone()))?;
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

/// What a function that is not there answers: nothing at all for a kind of value that knows no "unimplemented".
fn unimplemented(kind: &ValType) -> Option<Val> {
    let status = Status::Unimplemented as i32;
    match kind {
        ValType::I32 => Some(Val::I32(status)),
        ValType::I64 => Some(Val::I64(status.into())),
        ValType::F32 => Some(Val::F32(0)),
        ValType::F64 => Some(Val::F64(0)),
        ValType::V128 | ValType::Ref(_) => None,
    }
}
