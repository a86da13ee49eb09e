//! gRPC calls and streams.

use std::time::Duration;

use bytes::Bytes;
use wasmtime::{Caller, Linker};

use super::calls::{begin, owned};
use crate::abi::Status;
use crate::guest::{Answer, Guest, Span, answer};
use crate::services::{GrpcCall, GrpcCommand, NotBegun};
use crate::state::{Awaited, State};

/// Where a module has written what it opens.
struct Written {
    service: Span,
    name: Span,
    method: Span,
    metadata: Span,
    message: Option<Span>,
    timeout_ms: u32,
    token: u32,
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_grpc_call",
        |c: C<'_>,
         service: u32,
         service_n: u32,
         name: u32,
         name_n: u32,
         method: u32,
         method_n: u32,
         metadata: u32,
         metadata_n: u32,
         message: u32,
         message_n: u32,
         timeout_ms: u32,
         token: u32| {
            let written = Written {
                service: Span(service, service_n),
                name: Span(name, name_n),
                method: Span(method, method_n),
                metadata: Span(metadata, metadata_n),
                message: Some(Span(message, message_n)),
                timeout_ms,
                token,
            };
            answer(c, |guest| open(guest, &written))
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_grpc_stream",
        |c: C<'_>,
         service: u32,
         service_n: u32,
         name: u32,
         name_n: u32,
         method: u32,
         method_n: u32,
         metadata: u32,
         metadata_n: u32,
         token: u32| {
            let written = Written {
                service: Span(service, service_n),
                name: Span(name, name_n),
                method: Span(method, method_n),
                metadata: Span(metadata, metadata_n),
                message: None,
                timeout_ms: 0,
                token,
            };
            answer(c, |guest| open(guest, &written))
        },
    )?;
    link_commands(linker)
}

fn link_commands(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_grpc_send",
        |c: C<'_>, token: u32, p: u32, n: u32, end: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let message = Bytes::copy_from_slice(Span(p, n).of(memory)?);
                if awaited(state, token)? != Awaited::GrpcStream {
                    return Err(Status::BadArgument.into());
                }
                command(state, token, GrpcCommand::Send(message, end != 0));
                Ok(())
            })
        },
    )?;
    linker.func_wrap("env", "proxy_grpc_cancel", |c: C<'_>, token: u32| {
        answer(c, |guest| Ok(end(guest.state(), token, GrpcCommand::Cancel)?))
    })?;
    linker.func_wrap("env", "proxy_grpc_close", |c: C<'_>, token: u32| {
        answer(c, |guest| Ok(end(guest.state(), token, GrpcCommand::Close)?))
    })?;
    Ok(())
}

fn open(guest: &mut Guest<'_>, written: &Written) -> Answer {
    let (memory, state) = guest.parts()?;
    let call = GrpcCall {
        service: Bytes::copy_from_slice(written.service.of(memory)?),
        name: written.name.text(memory)?.to_owned(),
        method: written.method.text(memory)?.to_owned(),
        metadata: owned(written.metadata.of(memory)?),
        message: match written.message {
            Some(message) => Some(Bytes::copy_from_slice(message.of(memory)?)),
            None => None,
        },
        timeout: (written.timeout_ms > 0).then(|| Duration::from_millis(written.timeout_ms.into())),
    };
    let stream = call.message.is_none();
    let awaited = if stream { Awaited::GrpcStream } else { Awaited::GrpcCall };
    let mut kept = None;
    let token = begin(state, awaited, |setup, reply| {
        kept = Some(reply.handle());
        setup.services.grpc_open(call, reply)
    })
    .map_err(|why| match why {
        NotBegun::UnknownCluster => Status::ParseFailure,
        NotBegun::Failed => Status::InternalFailure,
    })?;
    if let Some(entry) = state.pending.get_mut(&token) {
        entry.1 = kept;
    }
    guest.write_u32(written.token, token)
}

fn awaited(state: &State, token: u32) -> Result<Awaited, Status> {
    match state.pending.get(&token) {
        None => Err(Status::NotFound),
        Some((Awaited::Http | Awaited::Redis, _)) => Err(Status::BadArgument),
        Some((awaited @ (Awaited::GrpcCall | Awaited::GrpcStream), _)) => Ok(*awaited),
    }
}

fn command(state: &State, token: u32, command: GrpcCommand) {
    if let Some((_, Some(reply))) = state.pending.get(&token) {
        state.setup.services.grpc_command(reply, command);
    }
}

/// A call that is closed or cancelled is not answered any more; a stream that is closed still is.
fn end(state: &mut State, token: u32, with: GrpcCommand) -> Result<(), Status> {
    let keep = awaited(state, token)? == Awaited::GrpcStream && with == GrpcCommand::Close;
    command(state, token, with);
    if !keep {
        state.pending.remove(&token);
    }
    Ok(())
}
