//! What a module does with an exchange: let it go on, end it, answer it.

use bytes::Bytes;
use wasmtime::{Caller, Linker};

use super::calls::owned;
use crate::abi::{Side, Status};
use crate::context::PluginReply;
use crate::guest::{Answer, Guest, Span, answer};
use crate::state::State;

/// Where a module has written its answer.
struct Written {
    status: u32,
    details: Span,
    body: Span,
    headers: Span,
    grpc_status: i32,
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap("env", "proxy_continue_stream", |c: C<'_>, stream: u32| {
        answer(c, |guest| Ok(go_on(guest.state(), stream)?))
    })?;
    linker.func_wrap("env", "proxy_continue_request", |c: C<'_>| {
        answer(c, |guest| Ok(go_on(guest.state(), 0)?))
    })?;
    linker.func_wrap("env", "proxy_continue_response", |c: C<'_>| {
        answer(c, |guest| Ok(go_on(guest.state(), 1)?))
    })?;
    linker.func_wrap("env", "proxy_close_stream", |c: C<'_>, stream: u32| {
        answer(c, |guest| {
            if stream > 3 {
                return Err(Status::BadArgument.into());
            }
            let state = guest.state();
            if let Some(context) = state.context_mut()
                && stream < 2
            {
                context.close();
            }
            state.stopped = true;
            Ok(())
        })
    })?;
    linker.func_wrap("env", "proxy_clear_route_cache", |c: C<'_>| {
        answer(c, |guest| {
            if let Some(context) = guest.state().context_mut() {
                context.stream.clear_route();
            }
            Ok(())
        })
    })?;
    linker.func_wrap(
        "env",
        "proxy_send_local_response",
        |c: C<'_>,
         status: u32,
         details: u32,
         details_n: u32,
         body: u32,
         body_n: u32,
         headers: u32,
         headers_n: u32,
         grpc_status: i32| {
            let written = Written {
                status,
                details: Span(details, details_n),
                body: Span(body, body_n),
                headers: Span(headers, headers_n),
                grpc_status,
            };
            answer(c, |guest| reply(guest, &written))
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_inject_encoded_data_to_filter_chain",
        |c: C<'_>, body: u32, body_n: u32, end: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let bytes = Bytes::copy_from_slice(Span(body, body_n).of(memory)?);
                Ok(inject(state, bytes, end != 0)?)
            })
        },
    )?;
    Ok(())
}

fn go_on(state: &mut State, stream: u32) -> Result<(), Status> {
    let side = match stream {
        0 => Side::Request,
        1 => Side::Response,
        // A TCP connection, of which there is none to hold.
        2 => return Ok(()),
        3 => return Err(Status::Unimplemented),
        _ => return Err(Status::BadArgument),
    };
    if let Some(context) = state.context_mut() {
        context.resume(side);
    }
    Ok(())
}

/// Bytes of the response past what is held.
pub(super) fn inject(state: &mut State, bytes: Bytes, end: bool) -> Result<(), Status> {
    let context = state.context_mut().ok_or(Status::BadArgument)?;
    if context.inject(bytes, end) { Ok(()) } else { Err(Status::InternalFailure) }
}

fn reply(guest: &mut Guest<'_>, written: &Written) -> Answer {
    let (memory, state) = guest.parts()?;
    let reply = PluginReply {
        status: written.status,
        details: String::from_utf8_lossy(written.details.of(memory)?).into_owned(),
        body: Bytes::copy_from_slice(written.body.of(memory)?),
        headers: owned(written.headers.of(memory)?),
        grpc_status: u32::try_from(written.grpc_status).ok(),
    };
    state.stopped = true;
    let first = state.context_mut().is_none_or(|context| context.reply(reply));
    if first { Ok(()) } else { Err(Status::BadArgument.into()) }
}
