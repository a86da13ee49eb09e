//! Foreign functions, by their names.

use bytes::Bytes;
use wasmtime::{Caller, Linker};

use super::streams::inject;
use crate::abi::Status;
use crate::guest::{Answer, Guest, Out, Span, answer};
use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_call_foreign_function",
        |c: C<'_>, name: u32, name_n: u32, arg: u32, arg_n: u32, p: u32, n: u32| {
            answer(c, |guest| call(guest, Span(name, name_n), Span(arg, arg_n), Out(p, n)))
        },
    )?;
    Ok(())
}

fn call(guest: &mut Guest<'_>, name: Span, arguments: Span, out: Out) -> Answer {
    let (memory, state) = guest.parts()?;
    let arguments = arguments.of(memory)?;
    match name.of(memory)? {
        // Higress' SDK asks before every line, to know whether to format it.
        b"get_log_level" => {
            let level = state.setup.services.log_level() as u32;
            if out.0 != 0 {
                guest.give(&level.to_le_bytes(), out)?;
            }
            return Ok(());
        }
        // How many requests a connection may bring in one turn of Envoy's loop; ours takes one.
        b"set_global_max_requests_per_io_cycle" => {
            if arguments.len() != 8 {
                return Err(Status::BadArgument.into());
            }
        }
        b"clear_route_cache" => {
            state.context_mut().ok_or(Status::BadArgument)?.stream.clear_route();
        }
        b"inject_encoded_data_to_filter_chain"
        | b"inject_encoded_data_to_filter_chain_on_header" => {
            let (bytes, end) = injection(arguments).ok_or(Status::BadArgument)?;
            inject(state, Bytes::copy_from_slice(bytes), end)?;
        }
        _ => return Err(Status::NotFound.into()),
    }
    if out.0 != 0 { guest.give(&[], out) } else { Ok(()) }
}

/// Reads the message `{ bytes body = 1; bool endstream = 2; }`.
fn injection(mut message: &[u8]) -> Option<(&[u8], bool)> {
    let (mut body, mut end) = (&[][..], false);
    while !message.is_empty() {
        match number(&mut message)? {
            0x0a => {
                let length = usize::try_from(number(&mut message)?).ok()?;
                (body, message) = message.split_at_checked(length)?;
            }
            0x10 => end = number(&mut message)? != 0,
            _ => return None,
        }
    }
    Some((body, end))
}

fn number(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::injection;

    #[test]
    fn a_message_is_read_field_by_field() {
        assert_eq!(injection(b"\x0a\x03abc\x10\x01"), Some((&b"abc"[..], true)));
        assert_eq!(injection(b"\x10\x00"), Some((&b""[..], false)));
        for bad in [
            &b"\x0a\x04abc"[..],
            b"\x0a",
            b"\x18\x01",
            b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(injection(bad), None, "{bad:?}");
        }
    }
}
