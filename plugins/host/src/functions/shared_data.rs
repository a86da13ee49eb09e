//! Shared values.

use std::sync::Arc;

use wasmtime::{Caller, Linker};

use crate::abi::Status;
use crate::guest::{Out, Span, answer};
use crate::limits::NAME_BYTES;
use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_get_shared_data",
        |c: C<'_>, k: u32, kn: u32, p: u32, n: u32, cas: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let setup = Arc::clone(&state.setup);
                let name = Span(k, kn).of(memory)?;
                let found = setup.shared.data.value(&setup.spec.vm_id, name);
                let (value, number) = found.ok_or(Status::NotFound)?;
                guest.give(&value, Out(p, n))?;
                guest.write_u32(cas, number)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_set_shared_data",
        |c: C<'_>, k: u32, kn: u32, v: u32, vn: u32, cas: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let (name, value) = (Span(k, kn).of(memory)?, Span(v, vn).of(memory)?);
                if name.len() > NAME_BYTES {
                    return Err(Status::BadArgument.into());
                }
                let setup = &state.setup;
                setup.shared.data.set(&setup.spec.vm_id, name, value, cas)?;
                Ok(())
            })
        },
    )?;
    Ok(())
}
