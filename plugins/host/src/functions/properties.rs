//! Properties: facts about an exchange, values modules leave there, and the names that steer the host.

use wasmtime::{Caller, Linker};

use crate::abi::{Side, Status};
use crate::guest::{Answer, Guest, Out, Span, answer};
use crate::limits::{NAME_BYTES, PROPERTY_BYTES};
use crate::state::State;

/// Segments of a path beyond which there is no such property.
const SEGMENTS: usize = 16;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_get_property",
        |c: C<'_>, path: u32, path_n: u32, p: u32, n: u32| {
            answer(c, |guest| property(guest, Span(path, path_n), Out(p, n)))
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_set_property",
        |c: C<'_>, path: u32, path_n: u32, v: u32, vn: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let (path, value) = (Span(path, path_n).of(memory)?, Span(v, vn).of(memory)?);
                set(state, path, value)?;
                Ok(())
            })
        },
    )?;
    Ok(())
}

fn property(guest: &mut Guest<'_>, path: Span, out: Out) -> Answer {
    let memory_bytes = guest.memory_bytes()?;
    guest.produce(out, |memory, state, out| {
        let path = path.of(memory)?;
        let path = path.strip_suffix(&[0]).unwrap_or(path);
        let mut segments = [&[][..]; SEGMENTS];
        let mut count = 0;
        for segment in path.split(|b| *b == 0) {
            *segments.get_mut(count).ok_or(Status::NotFound)? = segment;
            count += 1;
        }
        let segments = segments.get(..count).unwrap_or_default();
        let spec = &state.setup.spec;
        let own = match segments {
            [b"plugin_name"] => Some(spec.name.as_bytes()),
            [b"plugin_root_id"] => Some(spec.root_id.as_bytes()),
            [b"plugin_vm_id"] => Some(spec.vm_id.as_bytes()),
            _ => None,
        };
        if let Some(own) = own {
            out.extend_from_slice(own);
            return Ok(());
        }
        if segments == [b"plugin_vm_memory"] {
            out.extend_from_slice(&(memory_bytes as u64).to_le_bytes());
            return Ok(());
        }
        let context = state.context().ok_or(Status::NotFound)?;
        context.stream.property(segments).ok_or(Status::NotFound)?.write(out);
        Ok(())
    })
}

fn set(state: &mut State, path: &[u8], value: &[u8]) -> Result<(), Status> {
    if path.len() > NAME_BYTES || value.len() > PROPERTY_BYTES {
        return Err(Status::BadArgument);
    }
    if control(state, path, value)? {
        return Ok(());
    }
    let context = state.context_mut().ok_or(Status::NotFound)?;
    if context.stream.set_property(path, value) { Ok(()) } else { Err(Status::InternalFailure) }
}

/// The names that steer the host; false for any other.
fn control(state: &mut State, path: &[u8], value: &[u8]) -> Result<bool, Status> {
    let raised = state.setup.spec.limits.raised_body_bytes;
    let limit = |side| -> Result<(Side, usize), Status> {
        let text = std::str::from_utf8(value).map_err(|_| Status::BadArgument)?;
        let bytes: usize = text.trim().parse().map_err(|_| Status::BadArgument)?;
        Ok((side, bytes.min(raised)))
    };
    let (side, bytes) = match path {
        b"wasm_need_rebuild" => {
            state.rebuild_wanted = value == b"true";
            return Ok(true);
        }
        b"clear_route_cache" => {
            state.context_mut().ok_or(Status::NotFound)?.keep_route = value == b"off";
            return Ok(true);
        }
        b"set_decoder_buffer_limit" => limit(Side::Request)?,
        b"set_encoder_buffer_limit" => limit(Side::Response)?,
        _ => return Ok(false),
    };
    state.context_mut().ok_or(Status::NotFound)?.half(side).limit = bytes;
    Ok(true)
}
