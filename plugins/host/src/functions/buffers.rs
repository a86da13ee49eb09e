//! Buffers: bodies, answers and configurations.

use bytes::BytesMut;
use wasmtime::{Caller, Linker};

use crate::abi::{Buffer, Status};
use crate::guest::{Answer, Guest, Out, Span, answer};
use crate::state::{InHand, Stage, State};

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_get_buffer_bytes",
        |c: C<'_>, buffer: u32, start: u32, max: u32, p: u32, n: u32| {
            answer(c, |guest| bytes(guest, buffer, start, max, Out(p, n)))
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_get_buffer_status",
        |c: C<'_>, buffer: u32, length: u32, flags: u32| {
            answer(c, |guest| {
                let bytes = readable(guest.state(), buffer)?.len();
                let bytes = u32::try_from(bytes).map_err(|_| Status::InternalFailure)?;
                guest.write_u32(length, bytes)?;
                guest.write_u32(flags, 0)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_set_buffer_bytes",
        |c: C<'_>, buffer: u32, start: u32, length: u32, p: u32, n: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                set(state, buffer, Span(start, length), Span(p, n).of(memory)?)
            })
        },
    )?;
    Ok(())
}

fn readable(state: &State, number: u32) -> Result<&[u8], Status> {
    let spec = &state.setup.spec;
    let bytes: Option<&[u8]> = match Buffer::of(number) {
        // A body that is not there now is an empty one; only the root has none at all.
        Some(Buffer::Body(side)) => state.context().map(|context| {
            let half = context.half_read(side);
            if half.body_open { half.body.as_ref() } else { &[][..] }
        }),
        Some(Buffer::HttpAnswer) => match &state.in_hand {
            Some(InHand::Http(http)) => Some(&http.body),
            _ => None,
        },
        Some(Buffer::GrpcMessage) => match &state.in_hand {
            Some(InHand::GrpcMessage(message)) => Some(message),
            _ => None,
        },
        Some(Buffer::RedisAnswer) => match &state.in_hand {
            Some(InHand::Redis(bytes)) => Some(bytes),
            _ => None,
        },
        Some(Buffer::VmConfiguration) => Some(&spec.vm_configuration),
        Some(Buffer::PluginConfiguration) => {
            (state.stage == Stage::Configuring).then_some(spec.configuration.as_ref())
        }
        Some(Buffer::Connection | Buffer::CallData) | None => None,
    };
    bytes.ok_or(Status::NotFound)
}

/// More than there is may be asked for: the Go SDK asks for the sum of the sizes it was told.
fn bytes(guest: &mut Guest<'_>, buffer: u32, start: u32, max: u32, out: Out) -> Answer {
    if start.checked_add(max).is_none() {
        return Err(Status::BadArgument.into());
    }
    guest.produce(out, |_, state, out| {
        let bytes = readable(state, buffer)?;
        let start = (start as usize).min(bytes.len());
        let end = (start + max as usize).min(bytes.len());
        out.extend_from_slice(bytes.get(start..end).unwrap_or_default());
        Ok(())
    })
}

/// As Envoy: at 0 the given bytes take the place of the first `length`, at or behind the end they are appended, and
/// in between there is nothing to be set.
fn set(state: &mut State, number: u32, place: Span, data: &[u8]) -> Answer {
    let Some(Buffer::Body(side)) = Buffer::of(number) else {
        readable(state, number)?;
        return Err(Status::BadArgument.into());
    };
    let longest = state.setup.spec.limits.raised_body_bytes;
    let context = state.context_mut().ok_or(Status::NotFound)?;
    let half = context.half(side);
    if !half.body_open {
        return Err(Status::BadArgument.into());
    }
    let (start, length) = (place.0 as usize, (place.1 as usize).min(half.body.len()));
    if half.body.len() + data.len() > longest.max(half.limit) {
        return Err(Status::InternalFailure.into());
    }
    if start == 0 {
        let rest = half.body.split_off(length);
        let mut whole = BytesMut::with_capacity(data.len() + rest.len());
        whole.extend_from_slice(data);
        whole.extend_from_slice(&rest);
        half.body = whole;
    } else if start >= half.body.len() {
        half.body.extend_from_slice(data);
    } else {
        return Err(Status::BadArgument.into());
    }
    Ok(())
}
